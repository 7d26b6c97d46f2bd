/* The log in memory keeps the log's contract. */
#include <criterion/criterion.h>

#include "outside/clock_os/clock_os.h"
#include "tests/support/log_suite.h"
#include "tests/support/memory_log.h"

enum { PARTITIONS = 2 };

static struct memory_log *memory;

static struct log_group join(void *self) {
    (void)self;
    const int32_t all[PARTITIONS] = {0, 1};
    const struct log_group group = memory_log_join(memory, &log_suite_topology);
    memory_log_assign(&group, all, PARTITIONS);
    return group;
}

static void append(void *self, const char *topic, int32_t partition,
                   const struct log_record *record) {
    (void)self;
    const struct memory_record given = {
        .key_null = record->key_null,
        .value_null = record->value_null,
        .key = record->key,
        .value = record->value,
        .headers = record->headers,
        .headers_count = record->headers_count,
    };
    memory_log_append(memory, topic, partition, &given);
}

static uint32_t read_all(void *self, const char *topic, int32_t partition,
                         struct log_record *records, uint32_t records_max) {
    (void)self;
    const uint32_t count = memory_log_visible(memory, topic, partition);
    for (uint32_t i = 0; i < count && i < records_max; i++) {
        records[i] = *memory_log_read(memory, topic, partition, i);
    }
    return count;
}

static void usurp(void *self, int32_t partition) {
    (void)self;
    const struct log_group other = memory_log_join(memory, &log_suite_topology);
    struct log_group_event event;
    struct error error;
    struct log log;
    memory_log_assign(&other, &partition, 1);
    cr_assert_eq(other.poll(other.self, 0, &event, &error), RESULT_OK);
    cr_assert_eq(other.lane_open(other.self, partition, &log, &error), RESULT_OK);
    cr_assert_eq(log.fence(log.self, 0, &error), RESULT_OK);
    log.close(log.self);
    other.close(other.self);
}

static struct log_world open_world(void) {
    static struct clock clock;
    clock = clock_os();
    memory = memory_log_open(PARTITIONS, &clock);
    return (struct log_world){
        .partitions = PARTITIONS,
        .deadline_ms = 1000,
        .join = join,
        .append = append,
        .read = read_all,
        .usurp = usurp,
    };
}

static void run(void (*suite)(const struct log_world *world)) {
    const struct log_world world = open_world();
    suite(&world);
    memory_log_close(memory);
}

Test(memory_log, begins_where_nothing_is) {
    run(log_suite_begins_where_nothing_is);
}

Test(memory_log, commits_records_and_offsets_together) {
    run(log_suite_commits_records_and_offsets_together);
}

Test(memory_log, shows_nothing_that_is_not_committed) {
    run(log_suite_shows_nothing_that_is_not_committed);
}

Test(memory_log, restores_committed_records_to_the_end) {
    run(log_suite_restores_committed_records_to_the_end);
}

Test(memory_log, delivers_what_was_written) {
    run(log_suite_delivers_what_was_written);
}

Test(memory_log, tells_where_an_input_ends_now) {
    run(log_suite_tells_where_an_input_ends_now);
}

Test(memory_log, delivers_in_order_as_many_as_asked) {
    run(log_suite_delivers_in_order_as_many_as_asked);
}

Test(memory_log, fences_the_older_owner) {
    run(log_suite_fences_the_older_owner);
}

Test(memory_log, wakes_who_waits) {
    run(log_suite_wakes_who_waits);
}

Test(memory_log, places_by_key) {
    run(log_suite_places_by_key);
}
