/* The store on disk keeps the store's contract. */
#include <criterion/criterion.h>

#include "tests/support/disk_rig.h"
#include "tests/support/store_suite.h"

static struct disk_rig rig;

static void open_rig(void) {
    disk_rig_init(&rig);
    disk_rig_open(&rig);
}

static void close_rig(void) {
    disk_rig_close(&rig);
    disk_rig_deinit(&rig);
}

TestSuite(store_rocksdb, .init = open_rig, .fini = close_rig);

Test(store_rocksdb, keeps_what_was_applied) {
    store_suite_keeps_what_was_applied(&rig.stores);
}

Test(store_rocksdb, keeps_tables_apart) {
    store_suite_keeps_tables_apart(&rig.stores);
}

Test(store_rocksdb, visits_every_entry_once) {
    store_suite_visits_every_entry_once(&rig.stores);
}

Test(store_rocksdb, forgets_all_when_cleared) {
    store_suite_forgets_all_when_cleared(&rig.stores);
}

Test(store_rocksdb, keeps_both_or_nothing) {
    store_suite_keeps_both_or_nothing(&rig.stores);
}

Test(store_rocksdb, does_what_a_model_does) {
    store_suite_does_what_a_model_does(&rig.stores);
}
