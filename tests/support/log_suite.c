#include "tests/support/log_suite.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "domain/placement.h"
#include "outside/clock_os/clock_os.h"

enum { READ_MAX = 16, CALL_MS = 1000 };

const struct log_topology log_suite_topology = {
    .processor = "suite",
    .inputs = {"suite.urgent", "suite.commands"},
    .inputs_count = 2,
    .outputs = {[LOG_SUITE_EVENTS] = "suite.events", [LOG_SUITE_STATE] = "suite.state"},
    .outputs_count = 2,
    .changelogs = {"suite.state"},
    .changelogs_count = 1,
};

enum { COMMANDS = 1, PARTITION = 1 };

static struct bytes bytes_from(const char *string) {
    return (struct bytes){.data = (const uint8_t *)string, .length = (uint32_t)strlen(string)};
}

static int64_t now_ms(void) {
    const struct clock clock = clock_os();
    return clock.monotonic_ms(clock.self);
}

static bool is(struct bytes bytes, const char *string) {
    return bytes_equal(bytes, bytes_from(string));
}

/* The `number`th key that belongs to a partition. */
static struct bytes key_in(const struct log_world *world, int32_t partition, uint32_t number,
                           char key[32]) {
    for (uint32_t i = 0;; i++) {
        snprintf(key, 32, "key %u", i);
        if (placement_partition(bytes_from(key), world->partitions) == partition && number-- == 0) {
            return bytes_from(key);
        }
    }
}

static struct log_group join(const struct log_world *world) {
    const struct log_group group = world->join(world->self);
    const int64_t deadline_ms = now_ms() + world->deadline_ms;
    uint32_t partitions = 0;
    while (partitions < (uint32_t)world->partitions) {
        struct log_group_event event;
        struct error error;
        cr_assert_eq(group.poll(group.self, CALL_MS, &event, &error), RESULT_OK, "%s", error.text);
        cr_assert(event.kind == LOG_GROUP_NOTHING || event.kind == LOG_GROUP_ASSIGNED);
        partitions += event.partitions_count;
        cr_assert(now_ms() < deadline_ms, "nothing was assigned in time");
    }
    return group;
}

/* A lane that is fenced and stands at its positions. */
static struct log open_lane(const struct log_world *world, const struct log_group *group,
                            struct log_positions *positions) {
    struct log log;
    struct error error;
    const int64_t deadline_ms = now_ms() + world->deadline_ms;
    cr_assert_eq(group->lane_open(group->self, PARTITION, &log, &error), RESULT_OK, "%s",
                 error.text);
    enum result result;
    do {
        result = log.fence(log.self, CALL_MS, &error);
        cr_assert(now_ms() < deadline_ms, "not fenced in time");
    } while (result == RESULT_AGAIN);
    cr_assert_eq(result, RESULT_OK, "%s", error.text);
    cr_assert(log.owned(log.self));
    do {
        result = log.positions(log.self, CALL_MS, positions, &error);
        cr_assert(now_ms() < deadline_ms, "no positions in time");
    } while (result == RESULT_AGAIN);
    cr_assert_eq(result, RESULT_OK, "%s", error.text);
    const char *origin = positions->origin;
    cr_assert_str_not_empty(origin, "it says where it is");
    return log;
}

static struct log start_lane(const struct log_world *world, const struct log_group *group) {
    struct log_positions positions;
    const struct log log = open_lane(world, group, &positions);
    struct error error;
    enum result result;
    do {
        result = log.start(log.self, positions.inputs, CALL_MS, &error);
    } while (result == RESULT_AGAIN);
    cr_assert_eq(result, RESULT_OK, "%s", error.text);
    return log;
}

/* The next batch of an input that is not empty. */
static struct log_batch poll_some(const struct log_world *world, const struct log *log,
                                  uint32_t input, uint32_t count_max) {
    const int64_t deadline_ms = now_ms() + world->deadline_ms;
    for (;;) {
        struct log_batch batch;
        struct error error;
        cr_assert_eq(log->poll(log->self, input, count_max, &batch, &error), RESULT_OK, "%s",
                     error.text);
        if (batch.count > 0) {
            return batch;
        }
        log->release(log->self, &batch);
        cr_assert(now_ms() < deadline_ms, "nothing arrived in time");
    }
}

static enum result wait_commit(const struct log_world *world, const struct log *log,
                               struct error *error) {
    const int64_t deadline_ms = now_ms() + world->deadline_ms;
    enum result result;
    do {
        result = log->commit_wait(log->self, CALL_MS, error);
        cr_assert(now_ms() < deadline_ms, "no end of the commit in time");
    } while (result == RESULT_AGAIN);
    return result;
}

static void begin(const struct log *log, const struct log_staged *records, uint32_t count,
                  int64_t next) {
    struct error error;
    const int64_t inputs[] = {0, next};
    cr_assert_eq(log->commit_begin(log->self, records, count, inputs, &error), RESULT_OK, "%s",
                 error.text);
}

static void commit(const struct log_world *world, const struct log *log,
                   const struct log_staged *records, uint32_t count, int64_t next) {
    struct error error;
    begin(log, records, count, next);
    cr_assert_eq(wait_commit(world, log, &error), RESULT_OK, "%s", error.text);
}

static void append(const struct log_world *world, const char *topic, const char *value) {
    char key[32];
    const struct log_record record = {.key = key_in(world, PARTITION, 0, key),
                                      .value = bytes_from(value)};
    world->append(world->self, topic, PARTITION, &record);
}

static void close_all(const struct log *log, const struct log_group *group) {
    log->close(log->self);
    group->close(group->self);
}

void log_suite_begins_where_nothing_is(const struct log_world *world) {
    const struct log_group group = join(world);
    struct log_positions positions;
    const struct log log = open_lane(world, &group, &positions);
    cr_expect_eq(positions.inputs[0], 0);
    cr_expect_eq(positions.inputs[COMMANDS], 0);
    cr_expect_eq(positions.changelog_starts[0], 0);
    cr_expect_eq(positions.changelog_ends[0], 0);
    cr_expect_not(log.worn(log.self));
    close_all(&log, &group);
}

void log_suite_commits_records_and_offsets_together(const struct log_world *world) {
    const struct log_group group = join(world);
    const struct log log = start_lane(world, &group);
    char key[32];
    const struct log_header headers[] = {{text_of("name"), bytes_from("value")},
                                         {text_of("empty"), bytes_from("")}};
    const struct log_staged staged[] = {
        {.output = LOG_SUITE_EVENTS,
         .key = key_in(world, PARTITION, 0, key),
         .value = bytes_from("event"),
         .headers = headers,
         .headers_count = 2},
        {.output = LOG_SUITE_STATE, .key = bytes_from(key), .value = bytes_from("state")},
        {.output = LOG_SUITE_EVENTS, .key = bytes_from(key), .value_null = true},
    };
    append(world, "suite.commands", "command");
    struct log_batch batch = poll_some(world, &log, COMMANDS, 10);
    log.release(log.self, &batch);
    commit(world, &log, staged, 3, 1);
    struct log_record records[READ_MAX];
    cr_assert_eq(world->read(world->self, "suite.events", PARTITION, records, READ_MAX), 2);
    cr_expect(is(records[0].key, key) && is(records[0].value, "event"));
    cr_assert_eq(records[0].headers_count, 2);
    cr_expect(text_equal(records[0].headers[0].name, text_of("name")));
    cr_expect(is(records[0].headers[0].value, "value"));
    cr_expect(is(records[0].headers[1].value, ""));
    cr_expect(records[1].value_null);
    cr_expect_eq(world->read(world->self, "suite.state", PARTITION, records, READ_MAX), 1);
    log.close(log.self);
    struct log_positions positions;
    const struct log next = open_lane(world, &group, &positions);
    cr_expect_eq(positions.inputs[COMMANDS], 1);
    cr_expect(positions.changelog_ends[0] >= 1);
    close_all(&next, &group);
}

void log_suite_shows_nothing_that_is_not_committed(const struct log_world *world) {
    const struct log_group group = join(world);
    const struct log log = start_lane(world, &group);
    char key[32];
    const struct log_staged staged = {.output = LOG_SUITE_EVENTS,
                                      .key = key_in(world, PARTITION, 0, key),
                                      .value = bytes_from("event")};
    append(world, "suite.commands", "command");
    begin(&log, &staged, 1, 1);
    log.close(log.self);
    struct log_record records[READ_MAX];
    cr_expect_eq(world->read(world->self, "suite.events", PARTITION, records, READ_MAX), 0);
    struct log_positions positions;
    const struct log next = open_lane(world, &group, &positions);
    cr_expect_eq(positions.inputs[COMMANDS], 0);
    cr_expect_eq(world->read(world->self, "suite.events", PARTITION, records, READ_MAX), 0);
    close_all(&next, &group);
}

/* Read a changelog from `from` to `end`; returns how many records there were. */
static uint32_t restore(const struct log_world *world, const struct log *log, int64_t from,
                        int64_t end, const char *last) {
    const int64_t deadline_ms = now_ms() + world->deadline_ms;
    uint32_t count = 0;
    bool last_is_last = false;
    while (from < end) {
        struct log_batch batch;
        struct error error;
        cr_assert_eq(log->restore(log->self, 0, from, CALL_MS, &batch, &from, &error), RESULT_OK,
                     "%s", error.text);
        count += batch.count;
        if (batch.count > 0) {
            last_is_last = is(batch.records[batch.count - 1].value, last);
        }
        log->release(log->self, &batch);
        cr_assert(now_ms() < deadline_ms, "not restored in time");
    }
    cr_expect(count == 0 || last_is_last);
    return count;
}

void log_suite_restores_committed_records_to_the_end(const struct log_world *world) {
    const struct log_group group = join(world);
    char key[32];
    struct log_staged staged = {.output = LOG_SUITE_STATE,
                                .key = key_in(world, PARTITION, 0, key),
                                .value = bytes_from("committed")};
    struct log log = start_lane(world, &group);
    commit(world, &log, &staged, 1, 0);
    int64_t changelogs_next[LOG_TOPICS_MAX] = {0};
    log.changelogs_next(log.self, changelogs_next);
    cr_expect_eq(changelogs_next[0], 1);
    staged.value = bytes_from("aborted");
    begin(&log, &staged, 1, 0);
    log.close(log.self);

    log = start_lane(world, &group);
    staged.value = bytes_from("later");
    commit(world, &log, &staged, 1, 0);
    log.changelogs_next(log.self, changelogs_next);
    log.close(log.self);

    struct log_positions positions;
    log = open_lane(world, &group, &positions);
    cr_expect(positions.changelog_ends[0] > changelogs_next[0], "a marker is behind the record");
    cr_expect_eq(restore(world, &log, 0, positions.changelog_ends[0], "later"), 2);
    cr_expect_eq(restore(world, &log, changelogs_next[0], positions.changelog_ends[0], "none"), 0);
    close_all(&log, &group);
}

void log_suite_delivers_what_was_written(const struct log_world *world) {
    const struct log_group group = join(world);
    const struct log log = start_lane(world, &group);
    const struct log_header headers[] = {{text_of("traceparent"), bytes_from("00-1-2-3")}};
    const struct log_record records[] = {
        {.key = bytes_from("key"),
         .value = bytes_from("value"),
         .headers = headers,
         .headers_count = 1},
        {.key = bytes_from("key"), .value_null = true},
        {.key_null = true, .value = bytes_from("")},
    };
    for (uint32_t i = 0; i < 3; i++) {
        world->append(world->self, "suite.commands", PARTITION, &records[i]);
        struct log_batch batch = poll_some(world, &log, COMMANDS, 1);
        cr_assert_eq(batch.count, 1);
        const struct log_record *found = &batch.records[0];
        cr_expect_str_eq(found->topic, "suite.commands");
        cr_expect_eq(found->partition, PARTITION);
        cr_expect_eq(found->offset, i);
        cr_expect_eq(found->key_null, records[i].key_null);
        cr_expect_eq(found->value_null, records[i].value_null);
        cr_expect(bytes_equal(found->key, records[i].key));
        cr_expect(bytes_equal(found->value, records[i].value));
        cr_assert_eq(found->headers_count, records[i].headers_count);
        cr_expect(i > 0 || is(found->headers[0].value, "00-1-2-3"));
        log.release(log.self, &batch);
    }
    cr_expect_geq(log.input_end(log.self, COMMANDS), 3);
    close_all(&log, &group);
}

static int64_t input_end_now(const struct log_world *world, const struct log *log, uint32_t input) {
    const int64_t deadline_ms = now_ms() + world->deadline_ms;
    struct error error;
    int64_t end = -1;
    enum result result;
    do {
        result = log->input_end_now(log->self, input, CALL_MS, &end, &error);
        cr_assert(now_ms() < deadline_ms, "no end of an input in time");
    } while (result == RESULT_AGAIN);
    cr_assert_eq(result, RESULT_OK, "%s", error.text);
    return end;
}

void log_suite_tells_where_an_input_ends_now(const struct log_world *world) {
    enum { RECORDS = 5 };
    const struct log_group group = join(world);
    append(world, "suite.commands", "before");
    append(world, "suite.urgent", "another input");
    append(world, "suite.urgent", "another input");
    const struct log log = start_lane(world, &group);
    /* What was written last counts at once, read or not. */
    for (int64_t i = 1; i <= RECORDS; i++) {
        cr_assert_eq(input_end_now(world, &log, COMMANDS), i);
        append(world, "suite.commands", "after");
    }
    cr_expect_eq(input_end_now(world, &log, 0), 2);
    close_all(&log, &group);
}

void log_suite_delivers_in_order_as_many_as_asked(const struct log_world *world) {
    enum { RECORDS = 25, AT_ONCE = 10 };
    const struct log_group group = join(world);
    for (uint32_t i = 0; i < RECORDS; i++) {
        append(world, "suite.commands", "command");
        append(world, "suite.urgent", "urgent");
    }
    const struct log log = start_lane(world, &group);
    for (uint32_t input = 0; input < 2; input++) {
        for (int64_t next = 0; next < RECORDS;) {
            struct log_batch batch = poll_some(world, &log, input, AT_ONCE);
            cr_assert_leq(batch.count, AT_ONCE);
            for (uint32_t i = 0; i < batch.count; i++) {
                cr_assert_eq(batch.records[i].offset, next++);
                cr_assert(is(batch.records[i].value, input == 0 ? "urgent" : "command"));
            }
            log.release(log.self, &batch);
        }
    }
    close_all(&log, &group);
}

void log_suite_fences_the_older_owner(const struct log_world *world) {
    const struct log_group group = join(world);
    const struct log log = start_lane(world, &group);
    char key[32];
    const struct log_staged staged = {.output = LOG_SUITE_EVENTS,
                                      .key = key_in(world, PARTITION, 0, key),
                                      .value = bytes_from("event")};
    commit(world, &log, &staged, 1, 0);
    world->usurp(world->self, PARTITION);
    struct error error;
    const int64_t inputs[] = {0, 1};
    enum result result = log.commit_begin(log.self, &staged, 1, inputs, &error);
    if (result == RESULT_OK) {
        result = wait_commit(world, &log, &error);
    }
    cr_expect_eq(result, RESULT_FENCED, "%s", error.text);
    log.close(log.self);
    struct log_record records[READ_MAX];
    cr_expect_eq(world->read(world->self, "suite.events", PARTITION, records, READ_MAX), 1);
    struct log_positions positions;
    const struct log next = open_lane(world, &group, &positions);
    cr_expect_eq(positions.inputs[COMMANDS], 0);
    close_all(&next, &group);
}

void log_suite_wakes_who_waits(const struct log_world *world) {
    const struct log_group group = join(world);
    const struct log log = start_lane(world, &group);
    struct log_batch batch;
    struct error error;
    for (uint32_t input = 0; input < 2; input++) {
        cr_assert_eq(log.poll(log.self, input, 1, &batch, &error), RESULT_OK);
        cr_assert_eq(batch.count, 0);
        log.release(log.self, &batch);
    }
    append(world, "suite.commands", "command");
    struct pollfd waited = {.fd = log.wait_fd(log.self), .events = POLLIN};
    cr_expect_eq(poll(&waited, 1, world->deadline_ms), 1, "nobody was woken");
    batch = poll_some(world, &log, COMMANDS, 1);
    log.release(log.self, &batch);
    close_all(&log, &group);
}

/* Dead letters keep the keys of others, which may belong anywhere, or have none. */
void log_suite_places_by_key(const struct log_world *world) {
    const struct log_group group = join(world);
    const struct log log = start_lane(world, &group);
    char key[32];
    const struct log_staged staged[] = {
        {.output = LOG_SUITE_EVENTS, .key = key_in(world, 0, 0, key), .value = bytes_from("a")},
        {.output = LOG_SUITE_EVENTS, .key_null = true, .value = bytes_from("b")},
    };
    commit(world, &log, staged, 2, 0);
    struct log_record records[READ_MAX];
    cr_assert_eq(world->read(world->self, "suite.events", 0, records, READ_MAX), 1);
    cr_expect(is(records[0].value, "a"));
    cr_assert_eq(world->read(world->self, "suite.events", PARTITION, records, READ_MAX), 1);
    cr_expect(is(records[0].value, "b") && records[0].key_null);
    close_all(&log, &group);
}
