/* Kafka goes away and comes back: calls stay within their bounds, nothing is lost, none twice. */
#include <criterion/criterion.h>
#include <string.h>

#include "outside/kafka/kafka_group.h"
#include "tests/support/kafka_detour.h"
#include "tests/support/lane_driver.h"

enum { CALL_MS = 1000, CALL_MAX_MS = 11000, END_MAX_MS = 15000, PARTITIONS = 1 };

static const struct log_topology topology = {
    .processor = "away",
    .inputs = {"commands"},
    .inputs_count = 1,
    .outputs = {"events", "state"},
    .outputs_count = 2,
    .changelogs = {"state"},
    .changelogs_count = 1,
};

static struct kafka_detour detour;

static void open_all(void) {
    kafka_detour_open(&detour, &topology, PARTITIONS);
}

static void close_all(void) {
    kafka_detour_close(&detour);
}

TestSuite(kafka_away, .init = open_all, .fini = close_all, .timeout = 180);

static struct log_group join(void) {
    const struct log_group group =
        kafka_cluster_join(&detour.proxied, &topology, PARTITIONS, CALL_MS);
    cr_assert_eq(lane_driver_await(&group, LOG_GROUP_ASSIGNED, NULL), PARTITIONS);
    return group;
}

static void expect_bounded(int64_t begun_ms, int64_t bound_ms, const char *what) {
    const int64_t took_ms = lane_driver_now_ms() - begun_ms;
    cr_expect_lt(took_ms, bound_ms, "%s took %lld ms", what, (long long)took_ms);
}

/* For three seconds Kafka is away; what lanes and groups then hear is AGAIN and NOTHING. */
static void be_away(const struct log_group *group, const struct log *log) {
    const int64_t until_ms = lane_driver_now_ms() + 3000;
    while (lane_driver_now_ms() < until_ms) {
        struct log_group_event event;
        struct log_batch batch;
        struct error error;
        cr_assert_eq(group->poll(group->self, 100, &event, &error), RESULT_OK, "%s", error.text);
        cr_assert_eq(event.kind, LOG_GROUP_NOTHING);
        cr_assert_eq(log->poll(log->self, 0, 10, &batch, &error), RESULT_OK, "%s", error.text);
        cr_assert_eq(batch.count, 0);
    }
}

Test(kafka_away, a_lane_reads_on_where_it_was) {
    detour.proxied.options.session_timeout_ms =
        30000; /* it is not lost, however busy this machine is */
    const struct log_group group = join();
    const struct log log = lane_driver_open(&group, 0, NULL);
    int64_t next = 0;
    lane_driver_start(&log, &next);
    kafka_cluster_append_numbers(&detour.direct, "commands", 0, "key", 0, 5);
    while (next < 10) {
        struct log_batch batch = lane_driver_poll(&log, 0, 10);
        for (uint32_t i = 0; i < batch.count; i++) {
            cr_assert_eq(batch.records[i].offset, next++);
        }
        log.release(log.self, &batch);
        if (next == 5) {
            kafka_proxy_away(detour.proxy, true);
            kafka_cluster_append_numbers(&detour.direct, "commands", 0, "key", 5, 5);
            be_away(&group, &log);
            kafka_proxy_away(detour.proxy, false);
        }
    }
    cr_expect(log.owned(log.self));
    log.close(log.self);
    group.close(group.self);
}

Test(kafka_away, a_commit_ends_when_kafka_is_back) {
    const struct log_group group = join();
    struct log log = lane_driver_open(&group, 0, NULL);
    const struct log_staged record = lane_driver_record(0, 0, PARTITIONS, "event");
    struct error error;
    kafka_cluster_append_numbers(&detour.direct, "commands", 0, "key", 0, 2);
    lane_driver_start(&log, (const int64_t[]){0});
    cr_assert_eq(lane_driver_commit(&log, &record, 1, (const int64_t[]){1}, &error), RESULT_OK);
    cr_assert_eq(log.commit_begin(log.self, &record, 1, (const int64_t[]){2}, &error), RESULT_OK);
    kafka_proxy_away(detour.proxy, true);
    const int64_t begun_ms = lane_driver_now_ms();
    enum result result = log.commit_wait(log.self, CALL_MS, &error);
    expect_bounded(begun_ms, CALL_MAX_MS, "a commit");
    kafka_proxy_away(detour.proxy, false);
    if (result == RESULT_AGAIN) {
        result = lane_driver_wait(&log, &error);
    }
    cr_expect(result != RESULT_OK || log.worn(log.self), "connections broke");
    log.close(log.self);
    struct log_positions positions;
    log = lane_driver_open(&group, 0, &positions);
    /* Whatever it was told: records and offsets are there together, or neither is. */
    cr_expect(result != RESULT_OK || positions.inputs[0] == 2);
    cr_expect_eq(kafka_cluster_read(&detour.direct, "events", 0, NULL, 0), positions.inputs[0]);
    log.close(log.self);
    group.close(group.self);
}

Test(kafka_away, a_lane_that_starts_waits_within_bounds) {
    const struct log_group group = join();
    struct log log;
    struct log_positions positions;
    struct error error;
    kafka_proxy_away(detour.proxy, true);
    cr_assert_eq(group.lane_open(group.self, 0, &log, &error), RESULT_OK);
    int64_t begun_ms = lane_driver_now_ms();
    cr_expect_eq(log.fence(log.self, CALL_MS, &error), RESULT_AGAIN, "%s", error.text);
    expect_bounded(begun_ms, CALL_MS + 500, "a fence");
    kafka_proxy_away(detour.proxy, false);
    enum result result;
    while ((result = log.fence(log.self, CALL_MS, &error)) == RESULT_AGAIN) {
        expect_bounded(begun_ms, LANE_DRIVER_DEADLINE_MS, "the fence");
    }
    cr_assert_eq(result, RESULT_OK, "%s", error.text);
    kafka_proxy_away(detour.proxy, true);
    begun_ms = lane_driver_now_ms();
    while ((result = log.positions(log.self, CALL_MS, &positions, &error)) == RESULT_OK) {
        expect_bounded(begun_ms, CALL_MAX_MS, "being away");
    }
    cr_expect_eq(result, RESULT_AGAIN, "%s", error.text);
    struct log_batch batch;
    int64_t next;
    begun_ms = lane_driver_now_ms();
    cr_expect_eq(log.restore(log.self, 0, 0, CALL_MS, &batch, &next, &error), RESULT_OK, "%s",
                 error.text);
    cr_expect_eq(batch.count, 0);
    expect_bounded(begun_ms, CALL_MS + 500, "a restore");
    kafka_proxy_away(detour.proxy, false);
    while ((result = log.positions(log.self, CALL_MS, &positions, &error)) == RESULT_AGAIN) {
        expect_bounded(begun_ms, LANE_DRIVER_DEADLINE_MS, "the positions");
    }
    cr_expect_eq(result, RESULT_OK, "%s", error.text);
    log.close(log.self);
    group.close(group.self);
}

/* The leader of one partition stands still, as it does before it is found dead. */
Test(kafka_away, a_broker_that_is_silent_is_asked_again) {
    const struct log_group group = join();
    struct log log;
    struct log_positions positions;
    struct error error;
    cr_assert_eq(group.lane_open(group.self, 0, &log, &error), RESULT_OK);
    enum result result;
    int64_t begun_ms = lane_driver_now_ms();
    while ((result = log.fence(log.self, CALL_MS, &error)) == RESULT_AGAIN) {
        expect_bounded(begun_ms, LANE_DRIVER_DEADLINE_MS, "the fence");
    }
    cr_assert_eq(result, RESULT_OK, "%s", error.text);
    kafka_proxy_arm(detour.proxy, KAFKA_PROXY_LIST_OFFSETS, KAFKA_PROXY_HOLD, UINT32_MAX);
    for (uint32_t i = 0; i < 2; i++) {
        begun_ms = lane_driver_now_ms();
        cr_expect_eq(log.positions(log.self, CALL_MS, &positions, &error), RESULT_AGAIN, "%s",
                     error.text);
        expect_bounded(begun_ms, CALL_MAX_MS, "the positions");
    }
    cr_assert_gt(kafka_proxy_hits(detour.proxy), 0, "nobody asked for offsets");
    kafka_proxy_arm(detour.proxy, KAFKA_PROXY_LIST_OFFSETS, KAFKA_PROXY_HOLD, 0);
    kafka_proxy_forget(detour.proxy);
    begun_ms = lane_driver_now_ms();
    while ((result = log.positions(log.self, CALL_MS, &positions, &error)) == RESULT_AGAIN) {
        expect_bounded(begun_ms, LANE_DRIVER_DEADLINE_MS, "the positions");
    }
    cr_expect_eq(result, RESULT_OK, "%s", error.text);
    log.close(log.self);
    group.close(group.self);
}

Test(kafka_away, everything_ends_without_kafka) {
    const struct log_group group = join();
    const struct log log = lane_driver_open(&group, 0, NULL);
    const struct log_staged record = lane_driver_record(0, 0, PARTITIONS, "event");
    struct error error;
    lane_driver_start(&log, (const int64_t[]){0});
    cr_assert_eq(log.commit_begin(log.self, &record, 1, (const int64_t[]){1}, &error), RESULT_OK);
    kafka_proxy_away(detour.proxy, true);
    int64_t begun_ms = lane_driver_now_ms();
    log.close(log.self);
    expect_bounded(begun_ms, END_MAX_MS, "the end of a lane");
    begun_ms = lane_driver_now_ms();
    group.close(group.self);
    expect_bounded(begun_ms, END_MAX_MS, "the end of a group");
}

Test(kafka_away, partitions_come_back_after_a_lost_session) {
    const struct log_group group = join();
    struct log log = lane_driver_open(&group, 0, NULL);
    lane_driver_start(&log, (const int64_t[]){0});
    kafka_proxy_away(detour.proxy, true);
    cr_assert_eq(lane_driver_await(&group, LOG_GROUP_LOST, NULL), PARTITIONS);
    cr_expect_not(log.owned(log.self));
    log.close(log.self);
    group.revoke_done(group.self);
    kafka_proxy_away(detour.proxy, false);
    cr_assert_eq(lane_driver_await(&group, LOG_GROUP_ASSIGNED, NULL), PARTITIONS);
    const struct log_staged record = lane_driver_record(0, 0, PARTITIONS, "event");
    struct error error;
    log = lane_driver_open(&group, 0, NULL);
    lane_driver_start(&log, (const int64_t[]){0});
    cr_expect_eq(lane_driver_commit(&log, &record, 1, (const int64_t[]){0}, &error), RESULT_OK,
                 "%s", error.text);
    log.close(log.self);
    group.close(group.self);
}
