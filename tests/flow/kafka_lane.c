/* One lane on Kafka beyond the contract: what it reads, what it refuses, when it is worn. */
#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "outside/kafka/kafka_group.h"
#include "outside/kafka/kafka_plain.h"
#include "tests/support/kafka_cluster.h"
#include "tests/support/lane_driver.h"

enum { PARTITIONS = 2, CALL_MS = 10000, INPUTS = 2, EVENTS = 0, STATE = 1 };

static const struct log_topology topology = {
    .processor = "lane",
    .inputs = {"urgent", "commands"},
    .inputs_count = INPUTS,
    .outputs = {"events", "state"},
    .outputs_count = 2,
    .changelogs = {"state"},
    .changelogs_count = 1,
};

static struct kafka_cluster cluster;

static void open_cluster(void) {
    kafka_cluster_open(&cluster);
    kafka_cluster_create_all(&cluster, &topology, PARTITIONS);
}

static void close_cluster(void) {
    kafka_cluster_close(&cluster);
}

static struct log_group join(void) {
    const struct log_group group = kafka_cluster_join(&cluster, &topology, PARTITIONS, CALL_MS);
    cr_assert_eq(lane_driver_await(&group, LOG_GROUP_ASSIGNED, NULL), PARTITIONS);
    return group;
}

TestSuite(kafka_lane, .init = open_cluster, .fini = close_cluster);

/* --- What is read. --- */

/* Keeps writing to every partition of every input, so that values are offsets. */
struct writer {
    pthread_t thread;
    atomic_bool stop;
    atomic_uint written; /* records in each partition, at least */
};

static void *write_on(void *argument) {
    enum { AT_ONCE = 250 };
    struct writer *writer = argument;
    for (uint32_t first = 0; !atomic_load(&writer->stop); first += AT_ONCE) {
        for (uint32_t input = 0; input < INPUTS; input++) {
            for (int32_t partition = 0; partition < PARTITIONS; partition++) {
                kafka_cluster_append_numbers(&cluster, topology.inputs[input], partition, "key",
                                             first, AT_ONCE);
            }
        }
        atomic_store(&writer->written, first + AT_ONCE);
    }
    return NULL;
}

/* Takes records of one input, which must go on at `*next`. Returns how many came. */
static uint32_t take_in_order(const struct log *log, uint32_t input, int64_t *next) {
    struct log_batch batch;
    struct error error;
    cr_assert_eq(log->poll(log->self, input, 100, &batch, &error), RESULT_OK, "%s", error.text);
    for (uint32_t i = 0; i < batch.count; i++) {
        char value[16] = "";
        cr_assert_eq(batch.records[i].offset, *next, "input %u: offset %lld where %lld was due",
                     input, (long long)batch.records[i].offset, (long long)*next);
        memcpy(value, batch.records[i].value.data, batch.records[i].value.length);
        cr_assert_eq(strtoll(value, NULL, 10), *next);
        (*next)++;
    }
    const uint32_t count = batch.count;
    log->release(log->self, &batch);
    return count;
}

/* A lane from its fence to its end, that reads `count` records of each input from `from` on. */
static void live(const struct log_group *group, int32_t partition, int64_t from, uint32_t count) {
    const struct log log = lane_driver_open(group, partition, NULL);
    const int64_t begun_ms = lane_driver_now_ms();
    int64_t inputs[INPUTS] = {from, from};
    lane_driver_start(&log, inputs);
    while (inputs[0] < from + count || inputs[1] < from + count) {
        for (uint32_t input = 0; input < INPUTS; input++) {
            (void)take_in_order(&log, input, &inputs[input]);
        }
        cr_assert(lane_driver_now_ms() - begun_ms < LANE_DRIVER_DEADLINE_MS,
                  "records are missing: stands at %lld and %lld", (long long)inputs[0],
                  (long long)inputs[1]);
    }
    log.close(log.self);
}

/* Records are fetched ahead all the time; what an older lane left behind must never be seen. */
Test(kafka_lane, reads_from_where_it_is_told_whatever_lanes_were_before, .timeout = 180) {
    enum { LIVES = 25 };
    struct writer writer = {0};
    const struct log_group group = join();
    cr_assert_eq(pthread_create(&writer.thread, NULL, write_on, &writer), 0);
    const int64_t until_ms = lane_driver_now_ms() + LANE_DRIVER_DEADLINE_MS;
    while (atomic_load(&writer.written) < 1000) {
        cr_assert_lt(lane_driver_now_ms(), until_ms, "the writer does not come on");
        usleep(1000);
    }
    unsigned chance = 1;
    for (uint32_t i = 0; i < LIVES; i++) {
        const int32_t partition = (int32_t)(i % PARTITIONS);
        const uint32_t end = atomic_load(&writer.written);
        live(&group, partition, (int64_t)((unsigned)rand_r(&chance) % end), 300);
    }
    /* Both at once, over everything that there is by now, and then back to the beginning. */
    const struct log logs[] = {lane_driver_open(&group, 0, NULL),
                               lane_driver_open(&group, 1, NULL)};
    const int64_t end = atomic_load(&writer.written);
    int64_t next[PARTITIONS][INPUTS] = {{0}};
    uint64_t count = 0;
    for (int32_t i = 0; i < PARTITIONS; i++) {
        lane_driver_start(&logs[i], next[i]);
    }
    while (next[0][0] < end || next[0][1] < end || next[1][0] < end || next[1][1] < end) {
        for (int32_t i = 0; i < PARTITIONS * INPUTS; i++) {
            count += take_in_order(&logs[i / 2], (uint32_t)(i % 2), &next[i / 2][i % 2]);
        }
    }
    for (int32_t i = 0; i < PARTITIONS; i++) {
        logs[i].close(logs[i].self);
    }
    atomic_store(&writer.stop, true);
    (void)pthread_join(writer.thread, NULL);
    printf("%d lanes one after the other, then %llu records in order by two at once\n", LIVES,
           (unsigned long long)count);
    group.close(group.self);
}

/* A wake-up that is lost once in a hundred is found by a few hundred rounds. */
Test(kafka_lane, wakes_for_each_record_that_finds_the_queues_empty, .timeout = 120) {
    enum { ROUNDS = 300 };
    const struct log_group group = join();
    const struct log log = lane_driver_open(&group, 0, NULL);
    int64_t next[INPUTS] = {0, 0};
    lane_driver_start(&log, next);
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    cr_assert_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, log.wait_fd(log.self), &event), 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const uint32_t input = round % INPUTS;
        while (take_in_order(&log, 0, &next[0]) + take_in_order(&log, 1, &next[1]) > 0) {
        }
        kafka_cluster_append_numbers(&cluster, topology.inputs[input], 0, "key",
                                     (uint32_t)next[input], 1);
        const int64_t due = next[input] + 1;
        while (next[input] < due) {
            cr_assert_eq(epoll_wait(epoll, &event, 1, 5000), 1, "nobody was woken, round %u",
                         round);
            (void)take_in_order(&log, 0, &next[0]);
            (void)take_in_order(&log, 1, &next[1]);
        }
    }
    (void)close(epoll);
    log.close(log.self);
    group.close(group.self);
}

/* The rest of what a stranger sends along is not kept. */
Test(kafka_lane, keeps_as_many_headers_as_the_port_says, .timeout = 60) {
    struct log_header headers[LOG_HEADERS_MAX + 8];
    for (uint32_t i = 0; i < LOG_HEADERS_MAX + 8; i++) {
        headers[i] = (struct log_header){text_of("name"), {(const uint8_t *)&headers, i}};
    }
    const struct log_record record = {.key_null = true,
                                      .value_null = true,
                                      .headers = headers,
                                      .headers_count = LOG_HEADERS_MAX + 8};
    const struct log_group group = join();
    const struct log log = lane_driver_open(&group, 0, NULL);
    (void)kafka_cluster_append(&cluster, "commands", 0, &record);
    lane_driver_start(&log, (const int64_t[INPUTS]){0, 0});
    struct log_batch batch = lane_driver_poll(&log, 1, 1);
    cr_assert_eq(batch.records[0].headers_count, LOG_HEADERS_MAX);
    cr_expect_eq(batch.records[0].headers[LOG_HEADERS_MAX - 1].value.length, LOG_HEADERS_MAX - 1);
    log.release(log.self, &batch);
    log.close(log.self);
    group.close(group.self);
}

Test(kafka_lane, knows_where_inputs_end, .timeout = 60) {
    const struct log_group group = join();
    const struct log log = lane_driver_open(&group, 1, NULL);
    const int64_t inputs[INPUTS] = {0, 0};
    kafka_cluster_append_numbers(&cluster, "commands", 1, "key", 0, 7);
    lane_driver_start(&log, inputs);
    struct log_batch batch = lane_driver_poll(&log, 1, 1);
    log.release(log.self, &batch);
    cr_expect_eq(log.input_end(log.self, 1), 7);
    log.close(log.self);
    group.close(group.self);
}

/* --- What is refused. --- */

/* Commit that `offset` is the next to be read from "commands". */
static void commit_position(const struct log_group *group, int32_t partition, int64_t offset) {
    const struct log log = lane_driver_open(group, partition, NULL);
    const int64_t inputs[INPUTS] = {0, offset};
    struct error error;
    lane_driver_start(&log, (const int64_t[INPUTS]){0, 0});
    cr_assert_eq(lane_driver_commit(&log, NULL, 0, inputs, &error), RESULT_OK, "%s", error.text);
    log.close(log.self);
}

/* The positions of a lane that must be refused. */
static struct error refused_positions(const struct log_group *group, int32_t partition) {
    struct log log;
    struct error error;
    struct log_positions positions;
    cr_assert_eq(group->lane_open(group->self, partition, &log, &error), RESULT_OK);
    cr_assert_eq(log.fence(log.self, CALL_MS, &error), RESULT_OK, "%s", error.text);
    cr_expect_eq(log.positions(log.self, CALL_MS, &positions, &error), RESULT_INVALID);
    log.close(log.self);
    return error;
}

Test(kafka_lane, never_skips_what_was_deleted_unread, .timeout = 60) {
    const struct log_group group = join();
    kafka_cluster_append_numbers(&cluster, "commands", 1, "key", 0, 20);
    commit_position(&group, 1, 5);
    const struct log log = lane_driver_open(&group, 1, NULL);
    kafka_cluster_delete_records(&cluster, "commands", 1, 10);

    struct log_batch batch;
    struct error error;
    lane_driver_start(&log, (const int64_t[INPUTS]){0, 5});
    const int64_t begun_ms = lane_driver_now_ms();
    enum result result;
    while ((result = log.poll(log.self, 1, 10, &batch, &error)) == RESULT_OK) {
        cr_assert_eq(batch.count, 0, "offset %lld was delivered",
                     (long long)batch.records[0].offset);
        cr_assert(lane_driver_now_ms() - begun_ms < CALL_MS, "nothing was said");
    }
    cr_expect_eq(result, RESULT_INVALID);
    cr_expect_not_null(strstr(error.text, "offset 5 of "), "%s", error.text);
    cr_expect_not_null(strstr(error.text, "deleted before they were read"), "%s", error.text);
    log.close(log.self);

    error = refused_positions(&group, 1);
    cr_expect_not_null(strstr(error.text, "5 records from offset 5 on were deleted"), "%s",
                       error.text);
    group.close(group.self);
}

/* As after a restore from an older copy. (Kafka itself forgets offsets of a deleted topic.) */
Test(kafka_lane, refuses_a_topic_that_ends_before_what_was_read, .timeout = 60) {
    const struct log_group group = join();
    kafka_cluster_append_numbers(&cluster, "commands", 1, "key", 0, 20);
    commit_position(&group, 1, 25);
    const struct error error = refused_positions(&group, 1);
    cr_expect_not_null(strstr(error.text, "ends at 20, but was read up to 25"), "%s", error.text);
    group.close(group.self);
}

/* Whatever takes the records: the client's own limit, or the topic's by a delivery report. */
Test(kafka_lane, a_record_that_is_too_large_spoils_its_transaction, .timeout = 60) {
    static const uint32_t sizes[] = {3 << 20, 1500 << 10};
    const struct log_group group = join();
    for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const struct log log = lane_driver_open(&group, 0, NULL);
        struct log_staged records[2] = {lane_driver_record(EVENTS, 0, PARTITIONS, "small"),
                                        lane_driver_record(EVENTS, 0, PARTITIONS, "")};
        uint8_t *value = calloc(1, sizes[i]);
        records[1].value = (struct bytes){.data = value, .length = sizes[i]};
        struct error error;
        lane_driver_start(&log, (const int64_t[INPUTS]){0, 0});
        cr_expect_eq(lane_driver_commit(&log, records, 2, (const int64_t[INPUTS]){0, 1}, &error),
                     RESULT_INVALID, "%u bytes: %s", sizes[i], error.text);
        cr_expect_not_null(strstr(error.text, "events"), "%s", error.text);
        log.close(log.self);
        free(value);
    }
    struct log_positions positions;
    const struct log log = lane_driver_open(&group, 0, &positions);
    cr_expect_eq(positions.inputs[1], 0);
    cr_expect_eq(kafka_cluster_read(&cluster, "events", 0, NULL, 0), 0);
    log.close(log.self);
    group.close(group.self);
}

/* --- When a lane is worn or no longer trusts itself: with a clock that can be put forward. --- */

static _Atomic int64_t ahead_ms;

static int64_t shifted_ms(void *self) {
    (void)self;
    return lane_driver_now_ms() + atomic_load(&ahead_ms);
}

Test(kafka_lane, is_worn_after_a_slow_commit, .timeout = 60) {
    cluster.config.clock.monotonic_ms = shifted_ms;
    const struct log_group group = join();
    const struct log_staged record = lane_driver_record(EVENTS, 0, PARTITIONS, "event");
    const int64_t inputs[INPUTS] = {0, 1};
    const struct log log = lane_driver_open(&group, 0, NULL);
    struct error error;
    lane_driver_start(&log, (const int64_t[INPUTS]){0, 0});
    cr_assert_eq(lane_driver_commit(&log, &record, 1, inputs, &error), RESULT_OK);
    cr_expect_not(log.worn(log.self), "an ordinary commit");
    cr_assert_eq(log.commit_begin(log.self, &record, 1, inputs, &error), RESULT_OK);
    atomic_fetch_add(&ahead_ms, cluster.options.commit_slow_ms + 1);
    cr_assert_eq(lane_driver_wait(&log, &error), RESULT_OK);
    cr_expect(log.worn(log.self), "a slow commit");
    log.close(log.self);
    group.close(group.self);
}

Test(kafka_lane, owns_nothing_while_the_group_is_not_polled, .timeout = 60) {
    cluster.config.clock.monotonic_ms = shifted_ms;
    const struct log_group group = join();
    const struct log log = lane_driver_open(&group, 0, NULL);
    struct log_group_event event;
    struct error error;
    cr_expect(log.owned(log.self));
    atomic_fetch_add(&ahead_ms, cluster.options.session_timeout_ms + 1);
    cr_expect_not(log.owned(log.self), "stopped for longer than a session");
    cr_assert_eq(group.poll(group.self, 0, &event, &error), RESULT_OK);
    cr_expect(log.owned(log.self), "polled again, and nothing was heard");
    log.close(log.self);
    group.close(group.self);
}

/* --- The producer without transactions. --- */

Test(kafka_lane, plain_records_are_placed_and_awaited, .timeout = 60) {
    struct log_plain plain;
    struct error error;
    cr_assert_eq(kafka_plain_open(&cluster.config, "lane", PARTITIONS, &plain, &error), RESULT_OK,
                 "%s", error.text);
    const struct log_header header = {text_of("name"), {(const uint8_t *)"value", 5}};
    for (int32_t partition = 0; partition < PARTITIONS; partition++) {
        const struct log_staged record = lane_driver_record(0, partition, PARTITIONS, "evidence");
        cr_assert_eq(
            plain.write(plain.self, "events", record.key, record.value, &header, 1, &error),
            RESULT_OK, "%s", error.text);
    }
    cr_assert_eq(plain.flush(plain.self, CALL_MS, &error), RESULT_OK, "%s", error.text);
    for (int32_t partition = 0; partition < PARTITIONS; partition++) {
        struct log_record record;
        cr_assert_eq(kafka_cluster_read(&cluster, "events", partition, &record, 1), 1);
        cr_expect(text_equal(record.headers[0].name, text_of("name")));
    }
    enum { TOO_LARGE = 1500 << 10 }; /* for the topic, not for the client */
    const struct log_staged lost = lane_driver_record(0, 0, PARTITIONS, "");
    const struct bytes value = {.data = calloc(1, TOO_LARGE), .length = TOO_LARGE};
    cr_assert_eq(plain.write(plain.self, "events", lost.key, value, NULL, 0, &error), RESULT_OK);
    free((void *)value.data);
    enum result result;
    while ((result = plain.flush(plain.self, CALL_MS, &error)) == RESULT_AGAIN) {
    }
    cr_expect_eq(result, RESULT_FAILED, "what was lost is told");
    plain.close(plain.self);
}
