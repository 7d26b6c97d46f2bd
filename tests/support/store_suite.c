#include "tests/support/store_suite.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { CHANGELOGS = 2 };

static struct bytes bytes_from(const char *string) {
    return (struct bytes){.data = (const uint8_t *)string, .length = (uint32_t)strlen(string)};
}

static struct store open_store(const struct stores *stores, int32_t partition, uint32_t tables) {
    struct store store;
    struct error error = {.text = ""};
    cr_assert_eq(
        stores->lane_open(stores->self, "suite", partition, tables, CHANGELOGS, &store, &error),
        RESULT_OK, "%s", error.text);
    return store;
}

static void apply(const struct store *store, const struct store_write *writes, uint32_t count,
                  int64_t next) {
    struct error error;
    const int64_t changelogs_next[CHANGELOGS] = {next, next + 1};
    cr_assert_eq(store->apply(store->self, writes, count, changelogs_next, &error), RESULT_OK);
}

static void put(const struct store *store, uint32_t table, const char *key, const char *value) {
    const struct store_write write = {
        .table = table, .key = bytes_from(key), .value = bytes_from(value)};
    apply(store, &write, 1, 1);
}

static void expect(const struct store *store, uint32_t table, const char *key, const char *value) {
    struct error error;
    struct bytes found;
    const enum result result = store->get(store->self, table, bytes_from(key), &found, &error);
    if (value == NULL) {
        cr_expect_eq(result, RESULT_NOT_FOUND, "key %s", key);
    } else {
        cr_assert_eq(result, RESULT_OK, "key %s", key);
        cr_expect(bytes_equal(found, bytes_from(value)), "key %s", key);
    }
}

void store_suite_keeps_what_was_applied(const struct stores *stores) {
    struct error error;
    int64_t next[CHANGELOGS] = {-1, -1};
    const struct store store = open_store(stores, 0, 1);
    cr_assert_eq(store.positions(store.self, next, &error), RESULT_OK);
    cr_expect(next[0] == 0 && next[1] == 0, "an empty store stands at the beginning");
    expect(&store, 0, "a", NULL);
    const struct store_write writes[] = {
        {.table = 0, .key = bytes_from("a"), .value = bytes_from("1")},
        {.table = 0, .key = bytes_from("b"), .value = bytes_from("")},
        {.table = 0, .key = bytes_from(""), .value = bytes_from("3")},
        {.table = 0, .key = bytes_from("a"), .value = bytes_from("the last one counts")},
    };
    apply(&store, writes, 4, 70);
    expect(&store, 0, "a", "the last one counts");
    expect(&store, 0, "b", "");
    expect(&store, 0, "", "3");
    cr_assert_eq(store.positions(store.self, next, &error), RESULT_OK);
    cr_expect(next[0] == 70 && next[1] == 71);
    const struct store_write removals[] = {
        {.table = 0, .remove = true, .key = bytes_from("a")},
        {.table = 0, .remove = true, .key = bytes_from("never there")},
    };
    apply(&store, removals, 2, 71);
    expect(&store, 0, "a", NULL);
    expect(&store, 0, "b", "");
    store.close(store.self);
}

void store_suite_keeps_tables_apart(const struct stores *stores) {
    const struct store store = open_store(stores, 0, STORE_TABLES_MAX);
    const struct store other = open_store(stores, 1, 1);
    put(&store, 0, "a", "first");
    put(&store, STORE_TABLES_MAX - 1, "a", "last");
    expect(&store, 0, "a", "first");
    expect(&store, STORE_TABLES_MAX - 1, "a", "last");
    expect(&store, 1, "a", NULL);
    expect(&other, 0, "a", NULL);
    other.close(other.self);
    store.close(store.self);
}

struct visited {
    uint32_t count;
    uint32_t count_max;
    uint32_t sum;
};

static bool visit(void *context, struct bytes key, struct bytes value) {
    struct visited *visited = context;
    uint32_t number;
    cr_assert_eq(value.length, sizeof number);
    cr_expect(key.length > 0);
    memcpy(&number, value.data, sizeof number);
    visited->sum += number;
    visited->count++;
    return visited->count < visited->count_max;
}

void store_suite_visits_every_entry_once(const struct stores *stores) {
    enum { ENTRIES = 1000 };
    struct error error;
    const struct store store = open_store(stores, 0, 2);
    for (uint32_t i = 1; i <= ENTRIES; i++) {
        char key[16];
        snprintf(key, sizeof key, "key %u", i);
        const struct store_write write = {
            .table = 1,
            .key = bytes_from(key),
            .value = {.data = (const uint8_t *)&i, .length = sizeof i}};
        apply(&store, &write, 1, i);
    }
    struct visited visited = {.count_max = UINT32_MAX};
    cr_assert_eq(store.each(store.self, 1, visit, &visited, &error), RESULT_OK);
    cr_expect_eq(visited.count, ENTRIES);
    cr_expect_eq(visited.sum, ENTRIES * (ENTRIES + 1) / 2);
    visited = (struct visited){.count_max = 3};
    cr_assert_eq(store.each(store.self, 1, visit, &visited, &error), RESULT_OK);
    cr_expect_eq(visited.count, 3);
    visited = (struct visited){.count_max = UINT32_MAX};
    cr_assert_eq(store.each(store.self, 0, visit, &visited, &error), RESULT_OK);
    cr_expect_eq(visited.count, 0);
    store.close(store.self);
}

void store_suite_forgets_all_when_cleared(const struct stores *stores) {
    struct error error;
    int64_t next[CHANGELOGS] = {-1, -1};
    const struct store store = open_store(stores, 0, 2);
    put(&store, 0, "a", "1");
    put(&store, 1, "b", "2");
    cr_assert_eq(store.clear(store.self, &error), RESULT_OK);
    expect(&store, 0, "a", NULL);
    expect(&store, 1, "b", NULL);
    cr_assert_eq(store.positions(store.self, next, &error), RESULT_OK);
    cr_expect(next[0] == 0 && next[1] == 0);
    put(&store, 0, "a", "again");
    expect(&store, 0, "a", "again");
    store.close(store.self);
}

/* A store may forget when it is closed, but it never keeps one half. */
void store_suite_keeps_both_or_nothing(const struct stores *stores) {
    struct error error;
    int64_t next[CHANGELOGS] = {-1, -1};
    struct store store = open_store(stores, 2, 2);
    const struct store_write writes[] = {
        {.table = 0, .key = bytes_from("a"), .value = bytes_from("1")},
        {.table = 1, .key = bytes_from("a"), .value = bytes_from("2")},
    };
    apply(&store, writes, 2, 70);
    store.close(store.self);
    store = open_store(stores, 2, 2);
    cr_assert_eq(store.positions(store.self, next, &error), RESULT_OK);
    const bool kept = next[0] != 0;
    cr_expect(kept ? next[0] == 70 && next[1] == 71 : next[1] == 0);
    expect(&store, 0, "a", kept ? "1" : NULL);
    expect(&store, 1, "a", kept ? "2" : NULL);
    store.close(store.self);
}

/* Many puts, growing and shrinking values, and removals over few keys, against a plain array. */
void store_suite_does_what_a_model_does(const struct stores *stores) {
    enum { KEYS = 200, STEPS = 20000, LENGTH_MAX = 3000 };
    static struct {
        uint32_t length;
        uint8_t fill; /* every byte of the value; 0: not there */
    } model[KEYS];
    static uint8_t value[LENGTH_MAX];
    struct error error;
    const struct store store = open_store(stores, 0, 1);
    uint32_t random = 12345;
    for (uint32_t step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        const uint32_t which = (random >> 8) % KEYS;
        char key[16];
        snprintf(key, sizeof key, "%u", which);
        model[which].fill = random % 3 == 0 ? 0 : (uint8_t)(1 + step % 255);
        model[which].length = model[which].fill == 0 ? 0 : (random >> 16) % LENGTH_MAX;
        memset(value, model[which].fill, sizeof value);
        const struct store_write write = {.table = 0,
                                          .remove = model[which].fill == 0,
                                          .key = bytes_from(key),
                                          .value = {.data = value, .length = model[which].length}};
        apply(&store, &write, 1, step);
    }
    for (uint32_t which = 0; which < KEYS; which++) {
        char key[16];
        struct bytes found;
        snprintf(key, sizeof key, "%u", which);
        const enum result result = store.get(store.self, 0, bytes_from(key), &found, &error);
        cr_assert_eq(result, model[which].fill == 0 ? RESULT_NOT_FOUND : RESULT_OK, "%s", key);
        if (result == RESULT_OK) {
            memset(value, model[which].fill, sizeof value);
            cr_assert_eq(found.length, model[which].length);
            cr_assert_arr_eq(found.data, value, found.length);
        }
    }
    store.close(store.self);
}
