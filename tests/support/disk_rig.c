#include "tests/support/disk_rig.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEMORY_BYTES = 4 << 20 }; /* so small that few entries end a generation */

static void note(void *self, enum logger_level level, const char *component, int32_t lane,
                 const char *message, const struct logger_field *fields) {
    struct disk_rig *rig = self;
    (void)component;
    (void)lane;
    if (level != LOGGER_LEVEL_WARNING) {
        return;
    }
    rig->warnings++;
    (void)snprintf(rig->warned, sizeof rig->warned, "%s", message);
    for (; fields->name != NULL; fields++) {
        if (fields->kind == LOGGER_FIELD_ERROR) {
            (void)snprintf(rig->warned, sizeof rig->warned, "%s: %s", message, fields->error->text);
        }
    }
}

static void run(const char *command) {
    const int code = system(command);
    cr_assert_eq(code, 0, "%s", command);
}

void disk_rig_init(struct disk_rig *rig) {
    *rig = (struct disk_rig){.root = "/tmp/millrace-store-XXXXXX"};
    cr_assert_not_null(mkdtemp(rig->root));
}

void disk_rig_deinit(struct disk_rig *rig) {
    char command[DISK_RIG_PATH_MAX + 16];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", rig->root);
    run(command);
}

enum result disk_rig_try(struct disk_rig *rig, struct error *error) {
    const struct store_rocksdb_config config = {
        .directory = rig->root,
        .name = "test.suite",
        .memory_bytes = MEMORY_BYTES,
        .lanes_max = 4,
        .whole_bytes_max = rig->whole_bytes_max,
        .logger = {.self = rig, .write = note, .component = "test", .lane = -1},
    };
    const enum result result = stores_rocksdb_open(&config, &rig->opened, error);
    if (result == RESULT_OK) {
        rig->stores = stores_rocksdb_port(rig->opened);
    }
    return result;
}

void disk_rig_open(struct disk_rig *rig) {
    struct error error = {.text = ""};
    cr_assert_eq(disk_rig_try(rig, &error), RESULT_OK, "%s", error.text);
}

void disk_rig_close(struct disk_rig *rig) {
    stores_rocksdb_close(rig->opened);
}

/* --- The story. --- */

struct store disk_rig_store(struct disk_rig *rig) {
    struct store store;
    struct error error = {.text = ""};
    cr_assert_eq(rig->stores.lane_open(rig->stores.self, "suite", 0, DISK_RIG_TABLES,
                                       DISK_RIG_CHANGELOGS, &store, &error),
                 RESULT_OK, "%s", error.text);
    return store;
}

static struct bytes key_of(uint32_t number, char text[16]) {
    const int length = snprintf(text, 16, "%u", number);
    return (struct bytes){.data = (const uint8_t *)text, .length = (uint32_t)length};
}

/* Not to be pressed into nothing. */
static void fill(uint32_t number, uint32_t table, uint8_t value[DISK_RIG_VALUE_BYTES]) {
    uint32_t random = number * 2 + table;
    for (uint32_t i = 0; i < DISK_RIG_VALUE_BYTES; i++) {
        random = random * 1664525 + 1013904223;
        value[i] = (uint8_t)(random >> 24);
    }
}

enum result disk_rig_apply(const struct store *store, uint32_t number, struct error *error) {
    static uint8_t values[DISK_RIG_TABLES][DISK_RIG_VALUE_BYTES];
    struct store_write writes[DISK_RIG_TABLES];
    char key[16];
    for (uint32_t table = 0; table < DISK_RIG_TABLES; table++) {
        fill(number, table, values[table]);
        writes[table] =
            (struct store_write){.table = table,
                                 .key = key_of(number, key),
                                 .value = {.data = values[table], .length = DISK_RIG_VALUE_BYTES}};
    }
    const int64_t next[DISK_RIG_CHANGELOGS] = {number, 2 * (int64_t)number};
    return store->apply(store->self, writes, DISK_RIG_TABLES, next, error);
}

void disk_rig_write_and_die(struct disk_rig *rig, uint32_t applies) {
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        disk_rig_open(rig);
        const struct store store = disk_rig_store(rig);
        int64_t next[DISK_RIG_CHANGELOGS];
        struct error error;
        cr_assert_eq(store.positions(store.self, next, &error), RESULT_OK);
        for (uint32_t i = 1; i <= applies; i++) {
            cr_assert_eq(disk_rig_apply(&store, (uint32_t)next[0] + i, &error), RESULT_OK);
        }
        (void)raise(SIGKILL);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

enum result disk_rig_check(const struct store *store, uint32_t entries_max, uint32_t *entries) {
    static uint8_t value[DISK_RIG_VALUE_BYTES];
    int64_t next[DISK_RIG_CHANGELOGS];
    struct error error;
    cr_assert_eq(store->positions(store->self, next, &error), RESULT_OK);
    cr_assert_eq(next[1], 2 * next[0]);
    cr_assert_leq(next[0], entries_max);
    *entries = (uint32_t)next[0];
    for (uint32_t number = 1; number <= entries_max; number++) {
        for (uint32_t table = 0; table < DISK_RIG_TABLES; table++) {
            char key[16];
            struct bytes found;
            const enum result result =
                store->get(store->self, table, key_of(number, key), &found, &error);
            if (result == RESULT_DOUBTFUL) {
                return result;
            }
            cr_assert_eq(result, number <= *entries ? RESULT_OK : RESULT_NOT_FOUND,
                         "entry %u of %u", number, *entries);
            if (result == RESULT_OK) {
                fill(number, table, value);
                cr_assert_eq(found.length, DISK_RIG_VALUE_BYTES);
                cr_assert_arr_eq(found.data, value, DISK_RIG_VALUE_BYTES);
            }
        }
    }
    return RESULT_OK;
}

/* --- Files. --- */

static void place_of(const struct disk_rig *rig, char path[DISK_RIG_PATH_MAX]) {
    (void)snprintf(path, DISK_RIG_PATH_MAX, "%.200s/test.suite/0", rig->root);
}

static int by_name(const void *a, const void *b) {
    return strcmp(a, b);
}

uint32_t disk_rig_files(const struct disk_rig *rig, const char *begin, const char *end,
                        char paths[][DISK_RIG_PATH_MAX]) {
    char place[DISK_RIG_PATH_MAX];
    uint32_t count = 0;
    place_of(rig, place);
    DIR *directory = opendir(place);
    cr_assert_not_null(directory);
    for (const struct dirent *entry = readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        const size_t length = strlen(entry->d_name);
        if (entry->d_type == DT_REG && strncmp(entry->d_name, begin, strlen(begin)) == 0 &&
            length >= strlen(end) && strcmp(entry->d_name + length - strlen(end), end) == 0) {
            cr_assert_lt(count, DISK_RIG_FILES_MAX);
            (void)snprintf(paths[count++], DISK_RIG_PATH_MAX, "%.100s/%.100s", place,
                           entry->d_name);
        }
    }
    (void)closedir(directory);
    qsort(paths, count, DISK_RIG_PATH_MAX, by_name);
    return count;
}

int64_t disk_rig_size(const char *path) {
    struct stat status;
    cr_assert_eq(stat(path, &status), 0, "%s", path);
    return status.st_size;
}

void disk_rig_cut(const char *path, int64_t length) {
    cr_assert_eq(truncate(path, length), 0, "%s", path);
}

void disk_rig_flip(const char *path, int64_t offset) {
    uint8_t byte;
    const int fd = open(path, O_RDWR);
    cr_assert_geq(fd, 0);
    cr_assert_eq(pread(fd, &byte, 1, offset), 1);
    byte ^= 0x10;
    cr_assert_eq(pwrite(fd, &byte, 1, offset), 1);
    (void)close(fd);
}

void disk_rig_keep(const struct disk_rig *rig) {
    char command[4 * DISK_RIG_PATH_MAX];
    char place[DISK_RIG_PATH_MAX];
    place_of(rig, place);
    (void)snprintf(command, sizeof command, "rm -rf '%s/kept' && cp -r '%s' '%s/kept'", rig->root,
                   place, rig->root);
    run(command);
}

void disk_rig_bring_back(const struct disk_rig *rig) {
    char command[4 * DISK_RIG_PATH_MAX];
    char place[DISK_RIG_PATH_MAX];
    place_of(rig, place);
    (void)snprintf(command, sizeof command, "rm -rf '%s' && cp -r '%s/kept' '%s'", place, rig->root,
                   place);
    run(command);
}
