/* A lane whose store cannot be relied on, or has no room: it begins anew with what the log says,
 * and nothing is lost or done twice. */
#include <criterion/criterion.h>
#include <string.h>

#include "outside/store_memory/store_memory.h"
#include "tests/support/toy.h"

enum { P = 1 };

static struct toy_world all_of_it;
static struct toy_world *const world = &all_of_it;
static struct toy_member member;
static struct lane *lane;

/* What the store answers instead of doing it; OK: it does it. Each counts once. */
static enum result at_open;
static enum result at_get;
static enum result at_apply;
static uint32_t opened;
static struct store kept; /* outlives its lanes */

static enum result take(enum result *planned, struct error *error) {
    const enum result result = *planned;
    *planned = RESULT_OK;
    return result == RESULT_OK ? RESULT_OK : error_set(error, result, "the store says no");
}

static enum result get(void *self, uint32_t table, struct bytes key, struct bytes *value,
                       struct error *error) {
    const enum result result = take(&at_get, error);
    return result == RESULT_OK ? kept.get(self, table, key, value, error) : result;
}

static enum result apply(void *self, const struct store_write *writes, uint32_t count,
                         const int64_t *changelogs_next, struct error *error) {
    const enum result result = take(&at_apply, error);
    return result == RESULT_OK ? kept.apply(self, writes, count, changelogs_next, error) : result;
}

static void close_nothing(void *self) {
    (void)self;
}

static enum result open_store(void *self, const char *processor, int32_t partition, uint32_t tables,
                              uint32_t changelogs, struct store *store, struct error *error) {
    const struct stores stores = stores_memory();
    (void)self;
    const enum result result = take(&at_open, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (kept.self == NULL) {
        cr_assert_eq(
            stores.lane_open(stores.self, processor, partition, tables, changelogs, &kept, error),
            RESULT_OK);
    }
    opened++;
    *store = kept;
    store->get = get;
    store->apply = apply;
    store->close = close_nothing;
    return RESULT_OK;
}

static void open_all(void) {
    const int32_t all[] = {0, 1, 2, 3};
    toy_world_open(world);
    world->stores = (struct stores){.lane_open = open_store};
    toy_member_open(&member, world);
    toy_member_assign(&member, all, TOY_PARTITIONS);
}

static void close_all(void) {
    lane_close(lane);
    kept.close(kept.self);
    toy_member_close(&member);
    toy_world_close(world);
}

TestSuite(lane_store, .init = open_all, .fini = close_all);

static int64_t now_ms(void) {
    return world->now_ms;
}

static void work(const char *command) {
    toy_command(world, P, command);
    toy_run(world, lane, 10);
}

static void open_lane(void) {
    lane = toy_lane_open(&member, P);
    toy_run(world, lane, 10);
}

static void expect_anew(void) {
    cr_assert(lane_ended(lane), "it goes on");
    cr_expect_eq(toy_status(lane).end, LANE_END_ANEW, "%s", toy_status(lane).reason);
    lane_close(lane);
    open_lane();
    cr_expect_eq(toy_status(lane).state, LANE_STATE_WORKING, "%s", toy_status(lane).reason);
}

/* What was sent, and for how much of it the reply is left to who collects late ones. */
static void expect_sent(const char *values, int32_t left) {
    const char *sent = world->toy.sent;
    cr_expect_str_eq(sent, values);
    cr_expect_eq(world->toy.out_when_closed, left);
}

static void expect_restored(uint32_t records) {
    cr_expect_eq(world->toy.restored, records);
}

static void expect_all(const char *state, const char *events) {
    cr_expect_str_eq(toy_state(world, P), state);
    cr_expect_str_eq(toy_events(world, P), events);
}

Test(lane_store, begins_anew_when_it_cannot_keep_what_was_committed) {
    open_lane();
    work("a");
    at_apply = RESULT_DOUBTFUL;
    work("send b");
    expect_sent("send b ", 1); /* it is committed, and nobody else would send it */
    expect_anew();
    expect_restored(1); /* what the store does not have */
    work("c");
    expect_all("a send b c", "a send b c ");
}

Test(lane_store, begins_anew_when_it_cannot_read) {
    open_lane();
    work("a");
    at_get = RESULT_DOUBTFUL;
    work("b");
    expect_anew();
    toy_run(world, lane, 10);
    expect_all("a b", "a b ");
}

Test(lane_store, begins_anew_when_it_cannot_be_restored) {
    open_lane();
    work("a");
    lane_close(lane);
    lane = toy_lane_open(&member, P);
    at_apply = RESULT_DOUBTFUL;
    toy_run(world, lane, 10);
    expect_anew();
    work("b");
    expect_all("a b", "a b ");
}

Test(lane_store, waits_for_room_and_fences_nobody_meanwhile) {
    const int64_t second_ms = 1000;
    at_open = RESULT_AGAIN;
    lane = toy_lane_open(&member, P);
    (void)lane_step(lane);
    cr_expect_eq(toy_status(lane).state, LANE_STATE_OPENING);
    cr_expect_str_eq(toy_status(lane).reason, "the store says no");
    cr_expect_gt(lane_due_ms(lane), now_ms(), "it does not go round");
    cr_expect_eq(opened, 0);
    toy_run(world, lane, second_ms);
    cr_expect_eq(toy_status(lane).state, LANE_STATE_WORKING);
    cr_expect_str_eq(toy_status(lane).reason, "");
    work("a");
    expect_all("a", "a ");
}

/* --- Whose log it is. --- */

static void close_lane(void) {
    lane_close(lane);
    world->toy.restored = 0;
}

static void log_of(const char *origin) {
    memory_log_origin(world->log, origin);
}

Test(lane_store, of_this_log_is_kept) {
    open_lane();
    work("a");
    close_lane();
    open_lane();
    expect_restored(0);
    work("b");
    expect_all("a b", "a b ");
}

Test(lane_store, of_another_cluster_is_built_anew) {
    open_lane();
    work("a");
    close_lane();
    log_of("another cluster");
    open_lane();
    expect_restored(1);
    work("b");
    expect_all("a b", "a b ");
}

/* The same names, as many records, and other ones: a topic that was deleted and made again. */
Test(lane_store, of_a_topic_that_was_made_anew_is_built_anew) {
    open_lane();
    work("a");
    work("b");
    close_lane();
    toy_member_close(&member);
    toy_world_close(world);
    toy_world_open(world);
    toy_member_open(&member, world);
    const int32_t all[] = {0, 1, 2, 3};
    toy_member_assign(&member, all, TOY_PARTITIONS);

    const struct store first = kept;
    kept = (struct store){.self = NULL};
    world->stores = stores_memory();
    open_lane();
    work("x");
    work("y");
    work("z");
    close_lane();
    kept = first;
    world->stores = (struct stores){.lane_open = open_store};
    open_lane();
    expect_restored(3);
    work("w");
    expect_all("x y z w", "x y z w ");
}

static void compact(void) {
    cr_assert_gt(memory_log_compact(world->log, "toy.state"), 0);
}

static const struct bytes ghost = {.data = (const uint8_t *)"ghost", .length = 5};

/* Something that stays in the store until it is built anew. */
static void haunt(void) {
    struct error error;
    int64_t next[1];
    const struct store_write write = {.table = 0, .key = ghost, .value = ghost};
    cr_assert_eq(kept.positions(kept.self, next, &error), RESULT_OK);
    cr_assert_eq(kept.apply(kept.self, &write, 1, next, &error), RESULT_OK);
}

Test(lane_store, that_nothing_proves_is_built_anew) {
    const struct store none = {.self = NULL};
    open_lane();
    work("a");
    close_lane();
    haunt();
    const struct store old = kept;
    kept = none;
    open_lane();
    work("b");
    close_lane();
    kept.close(kept.self);
    kept = old;
    compact();
    open_lane();
    struct bytes found;
    struct error error;
    cr_expect_eq(kept.get(kept.self, 0, ghost, &found, &error), RESULT_NOT_FOUND);
    work("c");
    expect_all("a b c", "a b c ");
}
