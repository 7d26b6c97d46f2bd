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
#include "tests/support/kafka_cluster.h"
#include "tests/support/kafka_proxy.h"
#include "tests/support/lane_driver.h"

enum { CALL_MS = 10000, IMPATIENT_MS = 500, PARTITIONS = 1 };

static const struct log_topology topology = {
    .processor = "resumed",
    .inputs = {"commands"},
    .inputs_count = 1,
    .outputs = {"events"},
    .outputs_count = 1,
};

static struct kafka_cluster direct;  /* what others see */
static struct kafka_cluster proxied; /* the lane's way to the same broker */
static struct kafka_proxy *proxy;

static void open_all(void) {
    kafka_cluster_open(&direct);
    kafka_cluster_create_all(&direct, &topology, PARTITIONS);
    proxy = kafka_proxy_open(direct.bootstrap);
    kafka_cluster_share(&proxied, &direct, kafka_proxy_address(proxy), "a");
    /* The held request is not given up, and not repeated. */
    proxied.properties[proxied.config.properties_count++] =
        (struct kafka_property){"socket.timeout.ms", "30000", KAFKA_PROPERTY_PRODUCER};
}

static void close_all(void) {
    kafka_proxy_close(proxy);
    kafka_cluster_close(&proxied);
    kafka_cluster_close(&direct);
}

TestSuite(resumed_commit, .init = open_all, .fini = close_all, .timeout = 120);

Test(resumed_commit, a_caller_without_time_hears_of_the_commit_all_the_same) {
    struct log_group group;
    struct log_positions positions;
    struct error error;
    int32_t partitions;
    cr_assert_eq(kafka_group_open(&proxied.config, &topology, CALL_MS, &group, &partitions, &error),
                 RESULT_OK, "%s", error.text);
    cr_assert_eq(lane_driver_await(&group, LOG_GROUP_ASSIGNED, NULL), PARTITIONS);
    kafka_cluster_append_numbers(&direct, "commands", 0, "key", 0, 1);
    const struct log log = lane_driver_open(&group, 0, &positions);
    lane_driver_start(&log, positions.inputs);

    const struct log_staged record = lane_driver_record(0, 0, PARTITIONS, "event");
    kafka_proxy_arm(proxy, KAFKA_PROXY_END_TXN, KAFKA_PROXY_HOLD, 1);
    cr_assert_eq(log.commit_begin(log.self, &record, 1, (const int64_t[]){1}, &error), RESULT_OK);
    while (kafka_proxy_hits(proxy) == 0) {
        cr_assert_eq(log.commit_wait(log.self, 1000, &error), RESULT_AGAIN, "%s", error.text);
    }
    const int64_t begun_ms = lane_driver_now_ms();
    while (lane_driver_now_ms() < begun_ms + IMPATIENT_MS) {
        cr_assert_eq(log.commit_wait(log.self, 0, &error), RESULT_AGAIN, "%s", error.text);
    }
    cr_assert_eq(kafka_proxy_release(proxy, CALL_MS), 0, "it is held, and nothing else happened");
    /* Whoever reads it reads it later than the client its answer. */
    cr_expect_eq(kafka_cluster_read(&direct, "events", 0, NULL, 0), 1);
    cr_expect_eq(lane_driver_wait(&log, &error), RESULT_OK, "%s", error.text);
    log.close(log.self);
    group.close(group.self);
}
