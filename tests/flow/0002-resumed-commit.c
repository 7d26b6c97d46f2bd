/* Regression 0002: a commit that is waited for again ends the process.
 *
 * When a call of librdkafka 2.0.2 to commit is repeated, since the answer was not there in time,
 * and its own thread does not take the repeated call up within that call's time, the client forgets
 * that a commit is under way: it takes the answer, which comes next, for that of an abort, and
 * aborts the process by an assertion. Seen under load when a broker died with a transaction open.
 * So each of these calls gets the seconds in which that thread takes it up, however little time the
 * caller has in mind; with no time at all, about every third run of this fails. */
#include <criterion/criterion.h>

#include "outside/kafka/kafka_group.h"
#include "tests/support/kafka_detour.h"
#include "tests/support/lane_driver.h"

enum { CALL_MS = 10000, IMPATIENT_MS = 500, PARTITIONS = 1 };

static const struct log_topology topology = {
    .processor = "resumed",
    .inputs = {"commands"},
    .inputs_count = 1,
    .outputs = {"events"},
    .outputs_count = 1,
};

static struct kafka_detour detour;

static void open_all(void) {
    kafka_detour_open(&detour, &topology, PARTITIONS);
    /* The held request is not given up, and not repeated. */
    kafka_detour_set_producers(&detour, "socket.timeout.ms", "30000");
}

static void close_all(void) {
    kafka_detour_close(&detour);
}

TestSuite(resumed_commit, .init = open_all, .fini = close_all, .timeout = 120);

Test(resumed_commit, a_caller_without_time_hears_of_the_commit_all_the_same) {
    const struct log_group group =
        kafka_cluster_join(&detour.proxied, &topology, PARTITIONS, CALL_MS);
    struct log_positions positions;
    struct error error;
    cr_assert_eq(lane_driver_await(&group, LOG_GROUP_ASSIGNED, NULL), PARTITIONS);
    kafka_cluster_append_numbers(&detour.direct, "commands", 0, "key", 0, 1);
    const struct log log = lane_driver_open(&group, 0, &positions);
    lane_driver_start(&log, positions.inputs);

    const struct log_staged record = lane_driver_record(0, 0, PARTITIONS, "event");
    kafka_proxy_arm(detour.proxy, KAFKA_PROXY_END_TXN, KAFKA_PROXY_HOLD, 1);
    cr_assert_eq(log.commit_begin(log.self, &record, 1, (const int64_t[]){1}, &error), RESULT_OK);
    while (kafka_proxy_hits(detour.proxy) == 0) {
        cr_assert_eq(log.commit_wait(log.self, 1000, &error), RESULT_AGAIN, "%s", error.text);
    }
    const int64_t begun_ms = lane_driver_now_ms();
    while (lane_driver_now_ms() < begun_ms + IMPATIENT_MS) {
        cr_assert_eq(log.commit_wait(log.self, 0, &error), RESULT_AGAIN, "%s", error.text);
    }
    cr_assert_eq(kafka_proxy_release(detour.proxy, CALL_MS), 0,
                 "it is held, and nothing else happened");
    /* Whoever reads it reads it later than the client its answer. */
    cr_expect_eq(kafka_cluster_read(&detour.direct, "events", 0, NULL, 0), 1);
    cr_expect_eq(lane_driver_wait(&log, &error), RESULT_OK, "%s", error.text);
    log.close(log.self);
    group.close(group.self);
}
