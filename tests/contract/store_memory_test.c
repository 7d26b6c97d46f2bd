/* The store in memory keeps the store's contract. */
#include <criterion/criterion.h>

#include "outside/store_memory/store_memory.h"
#include "tests/support/store_suite.h"

Test(store_memory, keeps_what_was_applied) {
    const struct stores stores = stores_memory();
    store_suite_keeps_what_was_applied(&stores);
}

Test(store_memory, keeps_tables_apart) {
    const struct stores stores = stores_memory();
    store_suite_keeps_tables_apart(&stores);
}

Test(store_memory, visits_every_entry_once) {
    const struct stores stores = stores_memory();
    store_suite_visits_every_entry_once(&stores);
}

Test(store_memory, forgets_all_when_cleared) {
    const struct stores stores = stores_memory();
    store_suite_forgets_all_when_cleared(&stores);
}

Test(store_memory, does_what_a_model_does) {
    const struct stores stores = stores_memory();
    store_suite_does_what_a_model_does(&stores);
}

Test(store_memory, keeps_both_or_nothing) {
    const struct stores stores = stores_memory();
    store_suite_keeps_both_or_nothing(&stores);
}
