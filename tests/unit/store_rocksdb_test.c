/* State on disk: what outlives its process, and what is thrown away because it is damaged. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/disk_rig.h"

enum { ENTRIES = 700 }; /* some generations, and the beginning of one */

static struct disk_rig rig;
static char files[DISK_RIG_FILES_MAX][DISK_RIG_PATH_MAX];

static void make_rig(void) {
    disk_rig_init(&rig);
}

static void remove_rig(void) {
    disk_rig_deinit(&rig);
}

TestSuite(store_rocksdb_damage, .init = make_rig, .fini = remove_rig);

/* Open it as a lane does, and once more where it says that it must be; returns how far it is. */
static uint32_t open_again(uint32_t entries_max) {
    uint32_t entries = 0;
    disk_rig_open(&rig);
    struct store store = disk_rig_store(&rig);
    enum result result = disk_rig_check(&store, entries_max, &entries);
    if (result == RESULT_DOUBTFUL) {
        store.close(store.self);
        cr_expect_geq(rig.warnings, 1, "damage is told");
        store = disk_rig_store(&rig);
        result = disk_rig_check(&store, entries_max, &entries);
        cr_expect_eq(entries, 0, "what was damaged is built anew");
    }
    cr_assert_eq(result, RESULT_OK);
    /* Whatever it was, it works from now on. */
    struct error error;
    cr_expect_eq(disk_rig_apply(&store, entries + 1, &error), RESULT_OK);
    store.close(store.self);
    disk_rig_close(&rig);
    return entries;
}

Test(store_rocksdb_damage, everything_outlives_a_kill) {
    disk_rig_write_and_die(&rig, ENTRIES);
    disk_rig_write_and_die(&rig, 1);
    cr_expect_geq(disk_rig_files(&rig, "", ".sst", files), 4);
    cr_expect_eq(open_again(ENTRIES + 1), ENTRIES + 1);
    cr_expect_eq(open_again(ENTRIES + 2), ENTRIES + 2);
    cr_expect_eq(rig.warnings, 0, "%s", rig.warned);
}

static int64_t whole(int64_t size) {
    (void)size;
    return 0;
}

static int64_t half(int64_t size) {
    return size / 2;
}

static int64_t almost_nothing(int64_t size) {
    return size - 1;
}

enum { CUT, FLIP, DELETE };

static const struct {
    const char *name;
    const char *begin;
    const char *end;
    int what;
    int64_t (*where)(int64_t size);
    bool rebuilt; /* else it may also be as it was a moment ago */
} damages[] = {
    {"an SST cut by one byte", "", ".sst", CUT, almost_nothing, true},
    {"an SST cut in half", "", ".sst", CUT, half, true},
    {"an empty SST", "", ".sst", CUT, whole, true},
    {"a bit of an SST", "", ".sst", FLIP, half, true},
    {"an SST that is gone", "", ".sst", DELETE, NULL, true},
    {"a manifest cut in half", "MANIFEST-", "", CUT, half, true},
    {"an empty manifest", "MANIFEST-", "", CUT, whole, true},
    {"a bit of the manifest", "MANIFEST-", "", FLIP, half, true},
    {"a manifest that is gone", "MANIFEST-", "", DELETE, NULL, true},
    {"an empty CURRENT", "CURRENT", "", CUT, whole, true},
    {"a bit of CURRENT", "CURRENT", "", FLIP, half, true},
    {"a CURRENT that is gone", "CURRENT", "", DELETE, NULL, true},
    {"a bit of the write-ahead log", "", ".log", FLIP, half, true},
    {"a write-ahead log cut in half", "", ".log", CUT, half, false},
    {"a write-ahead log that is gone", "", ".log", DELETE, NULL, false},
};

static void do_damage(size_t row, const char *path) {
    switch (damages[row].what) {
    case CUT:
        disk_rig_cut(path, damages[row].where(disk_rig_size(path)));
        break;
    case FLIP:
        disk_rig_flip(path, damages[row].where(disk_rig_size(path)));
        break;
    default:
        cr_assert_eq(unlink(path), 0);
        break;
    }
}

Test(store_rocksdb_damage, is_found_and_told) {
    disk_rig_write_and_die(&rig, ENTRIES);
    disk_rig_keep(&rig);
    for (size_t row = 0; row < sizeof damages / sizeof damages[0]; row++) {
        const uint32_t count = disk_rig_files(&rig, damages[row].begin, damages[row].end, files);
        cr_assert_geq(count, 1, "%s", damages[row].name);
        do_damage(row, files[count / 2]);
        rig.warnings = 0;
        const uint32_t entries = open_again(ENTRIES);
        if (damages[row].rebuilt) {
            cr_expect_eq(entries, 0, "%s", damages[row].name);
            cr_expect(rig.warnings >= 1 && strstr(rig.warned, "built anew") != NULL, "%s: %s",
                      damages[row].name, rig.warned);
        } else {
            cr_expect_lt(entries, ENTRIES, "%s", damages[row].name);
        }
        disk_rig_bring_back(&rig);
    }
}

/* Whoever looks for what is not there, or elsewhere, does not meet the damage; a compaction would,
 * and there are too few files for one. */
Test(store_rocksdb_damage, of_a_small_store_shows_at_once) {
    disk_rig_write_and_die(&rig, ENTRIES / 3);
    const uint32_t count = disk_rig_files(&rig, "", ".sst", files);
    cr_assert_geq(count, 2);
    disk_rig_flip(files[count - 1], disk_rig_size(files[count - 1]) / 3);
    for (uint32_t i = 0; i < 2; i++) {
        rig.whole_bytes_max = i == 0 ? 0 : 32 << 20;
        disk_rig_open(&rig);
        const struct store store = disk_rig_store(&rig);
        store.close(store.self);
        disk_rig_close(&rig);
        cr_expect_eq(rig.warnings, i, "%s", rig.warned);
    }
}

/* Each file cut and changed at many places: nothing wrong is ever read. */
Test(store_rocksdb_damage, never_gives_a_wrong_answer) {
    enum { PLACES = 5 };
    uint32_t random = 1;
    disk_rig_write_and_die(&rig, ENTRIES);
    disk_rig_keep(&rig);
    uint32_t count = disk_rig_files(&rig, "", ".sst", files);
    count += disk_rig_files(&rig, "", ".log", files + count);
    count += disk_rig_files(&rig, "MANIFEST-", "", files + count);
    count += disk_rig_files(&rig, "CURRENT", "", files + count);
    for (uint32_t i = 0; i < count; i++) {
        const int64_t size = disk_rig_size(files[i]);
        for (uint32_t j = 0; j < 2 * PLACES && size > 0; j++) {
            random = random * 1664525 + 1013904223;
            /* Half of them near the end, where the newest writes are. */
            const int64_t reach = j % 4 < 2 || size < 400 ? size : 400;
            const int64_t where = size - 1 - (int64_t)(random >> 4) % reach;
            if (j % 2 == 0) {
                disk_rig_cut(files[i], where);
            } else {
                disk_rig_flip(files[i], where);
            }
            (void)open_again(ENTRIES);
            disk_rig_bring_back(&rig);
        }
    }
}

/* A generation in the middle is missing, and everything else is whole: what a manifest that lost
 * its end looks like when a later write-ahead log is there. */
Test(store_rocksdb_damage, a_hole_in_the_middle_shows) {
    /* Too few for a compaction, after which other files would be missing as well. */
    enum { FEW = ENTRIES / 2 };
    char manifest[DISK_RIG_FILES_MAX][DISK_RIG_PATH_MAX];
    disk_rig_write_and_die(&rig, FEW);
    const uint32_t count = disk_rig_files(&rig, "MANIFEST-", "", manifest);
    cr_assert_eq(count, 1);
    const int64_t size = disk_rig_size(manifest[0]);
    /* RocksDB removes logs of finished generations when it finds the time. */
    const uint32_t logs = disk_rig_files(&rig, "", ".log", files);
    for (uint32_t i = 0; i + 1 < logs; i++) {
        cr_assert_eq(unlink(files[i]), 0);
    }
    disk_rig_keep(&rig);
    uint32_t holes = 0;
    for (int64_t cut = 1; cut < size; cut += 19) {
        disk_rig_cut(manifest[0], size - cut);
        rig.warnings = 0;
        const uint32_t entries = open_again(FEW);
        cr_expect(entries == 0 || rig.warnings == 0);
        holes += strstr(rig.warned, "some of its writes is missing") != NULL;
        rig.warned[0] = '\0';
        disk_rig_bring_back(&rig);
    }
    cr_expect_geq(holes, 1, "nothing but our own marks notices that");
}

Test(store_rocksdb_damage, another_format_is_built_anew) {
    struct store store;
    struct error error;
    disk_rig_write_and_die(&rig, 3);
    disk_rig_open(&rig);
    cr_assert_eq(rig.stores.lane_open(rig.stores.self, "suite", 0, DISK_RIG_TABLES + 1,
                                      DISK_RIG_CHANGELOGS, &store, &error),
                 RESULT_OK);
    uint32_t entries;
    cr_expect_eq(disk_rig_check(&store, 3, &entries), RESULT_OK);
    cr_expect_eq(entries, 0);
    cr_expect(strstr(rig.warned, "its format is \"millrace store 1, 2 tables") != NULL, "%s",
              rig.warned);
    store.close(store.self);
    disk_rig_close(&rig);
}

Test(store_rocksdb_damage, another_process_has_it) {
    struct error error;
    disk_rig_open(&rig);
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        struct disk_rig other = rig;
        const bool refused = disk_rig_try(&other, &error) == RESULT_FAILED &&
                             strstr(error.text, "is used by another process (pid ") != NULL &&
                             strstr(error.text, "give each process a state.dir of its own") != NULL;
        _exit(refused ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    disk_rig_close(&rig);
    disk_rig_open(&rig); /* nothing of it stays */
    disk_rig_close(&rig);
}

Test(store_rocksdb_damage, one_store_is_opened_once) {
    struct error error;
    struct store second;
    disk_rig_open(&rig);
    const struct store store = disk_rig_store(&rig);
    cr_expect_eq(rig.stores.lane_open(rig.stores.self, "suite", 0, DISK_RIG_TABLES,
                                      DISK_RIG_CHANGELOGS, &second, &error),
                 RESULT_FAILED);
    cr_expect_not_null(strstr(error.text, "open in another process"), "%s", error.text);
    cr_expect_eq(disk_rig_apply(&store, 1, &error), RESULT_OK, "and the first does not notice");
    store.close(store.self);
    disk_rig_close(&rig);
}

/* No file of this process may grow beyond this. */
static void limit_files(rlim_t bytes) {
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(store_rocksdb_damage, a_full_disk_loses_nothing) {
    struct error error = {.text = ""};
    struct store store;
    uint32_t entries = 0;
    uint32_t written = 0;
    (void)signal(SIGXFSZ, SIG_IGN);
    disk_rig_open(&rig);
    store = disk_rig_store(&rig);
    limit_files(500000);
    while (written < ENTRIES && disk_rig_apply(&store, written + 1, &error) == RESULT_OK) {
        written++;
    }
    cr_expect(written > 0 && written < ENTRIES, "it was full after %u", written);
    cr_expect_eq(error.result, RESULT_DOUBTFUL);
    cr_expect_not_null(strstr(error.text, "the disk is full"), "%s", error.text);
    cr_expect_not_null(strstr(error.text, "free space there"), "%s", error.text);
    store.close(store.self);
    cr_expect_eq(rig.stores.lane_open(rig.stores.self, "suite", 0, DISK_RIG_TABLES,
                                      DISK_RIG_CHANGELOGS, &store, &error),
                 RESULT_AGAIN, "it waits for room");
    cr_expect_not_null(strstr(error.text, "free space there"), "%s", error.text);
    limit_files(RLIM_INFINITY);
    store = disk_rig_store(&rig);
    cr_expect_eq(disk_rig_check(&store, ENTRIES, &entries), RESULT_OK);
    cr_expect(entries == written || entries == written + 1, "%u of %u", entries, written);
    cr_expect_eq(rig.warnings, 0, "a full disk is no damage: %s", rig.warned);
    store.close(store.self);
    disk_rig_close(&rig);
}
