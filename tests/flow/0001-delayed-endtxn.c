/* Regression 0001: a delayed EndTxn ends the next transaction.
 *
 * librdkafka repeats an EndTxn by itself when its connection breaks or its answer is late, and the
 * first one may still be on its way. Arriving later, it ends whatever the same producer has open
 * then: the first tests show on this very cluster that it really does. So a lane's producer is worn
 * after such a commit, and ends; the next one's fence makes the broker refuse the late request. */
#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

#include "outside/kafka/kafka_group.h"
#include "tests/support/kafka_detour.h"
#include "tests/support/lane_driver.h"

enum { CALL_MS = 10000, LATE_MS = 20000, PARTITIONS = 1 };

static const struct log_topology topology = {
    .processor = "late",
    .inputs = {"commands"},
    .inputs_count = 1,
    .outputs = {"events"},
    .outputs_count = 1,
};

static struct kafka_detour detour;

static void open_all(void) {
    kafka_detour_open(&detour, &topology, PARTITIONS);
    /* A held request is given up after this, and repeated. */
    kafka_detour_set_producers(&detour, "socket.timeout.ms", "2000");
    detour.proxied.options.transaction_timeout_ms = 20000;
}

static void close_all(void) {
    kafka_detour_close(&detour);
}

TestSuite(delayed_endtxn, .init = open_all, .fini = close_all, .timeout = 120);

static uint32_t visible(struct log_record *records, uint32_t records_max) {
    return kafka_cluster_read(&detour.direct, "events", 0, records, records_max);
}

static bool is(struct bytes bytes, const char *text) {
    return bytes.length == strlen(text) && memcmp(bytes.data, text, bytes.length) == 0;
}

/* --- The fault is real: a producer as everybody uses it. --- */

static rd_kafka_t *raw_producer(void) {
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char id[128];
    (void)snprintf(id, sizeof id, "%sraw", detour.direct.prefix);
    cr_assert(rd_kafka_conf_set(conf, "bootstrap.servers", detour.proxied.bootstrap, reason,
                                sizeof reason) == RD_KAFKA_CONF_OK &&
              rd_kafka_conf_set(conf, "transactional.id", id, reason, sizeof reason) ==
                  RD_KAFKA_CONF_OK &&
              rd_kafka_conf_set(conf, "socket.timeout.ms", "2000", reason, sizeof reason) ==
                  RD_KAFKA_CONF_OK);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    cr_assert_not_null(producer, "%s", reason);
    cr_assert_null(rd_kafka_init_transactions(producer, CALL_MS));
    return producer;
}

static void raw_begin(rd_kafka_t *producer, const char *value) {
    char topic[128];
    (void)snprintf(topic, sizeof topic, "%sevents", detour.direct.prefix);
    cr_assert_null(rd_kafka_begin_transaction(producer));
    cr_assert_eq(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                                   RD_KAFKA_V_VALUE((void *)value, strlen(value)),
                                   RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
                 RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq(rd_kafka_flush(producer, CALL_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void show_the_fault(enum kafka_proxy_fault fault) {
    rd_kafka_t *producer = raw_producer();
    kafka_proxy_arm(detour.proxy, KAFKA_PROXY_END_TXN, fault, 1);
    raw_begin(producer, "committed");
    rd_kafka_error_t *error = rd_kafka_commit_transaction(producer, LATE_MS);
    cr_assert_null(error, "%s", rd_kafka_error_string(error));
    cr_assert_eq(kafka_proxy_hits(detour.proxy), 1, "no commit was delayed");
    cr_assert_eq(visible(NULL, 0), 1);

    raw_begin(producer, "never committed");
    cr_expect_eq(kafka_proxy_release(detour.proxy, CALL_MS), 0, "the late request was refused");
    error = rd_kafka_abort_transaction(producer, CALL_MS);
    if (error != NULL) {
        rd_kafka_error_destroy(error);
    }
    rd_kafka_destroy(producer);
    struct log_record records[2];
    cr_assert_eq(visible(records, 2), 2,
                 "an aborted transaction stays invisible: where a broker "
                 "refuses late requests, this rule may go");
    cr_expect(is(records[1].value, "never committed"));
}

Test(delayed_endtxn, the_fault_is_real_when_the_answer_is_late) {
    show_the_fault(KAFKA_PROXY_HOLD);
}

Test(delayed_endtxn, the_fault_is_real_when_the_connection_is_reset) {
    show_the_fault(KAFKA_PROXY_CUT);
}

/* --- Our lanes. --- */

static struct log_group join(void) {
    const struct log_group group =
        kafka_cluster_join(&detour.proxied, &topology, PARTITIONS, CALL_MS);
    cr_assert_eq(lane_driver_await(&group, LOG_GROUP_ASSIGNED, NULL), PARTITIONS);
    return group;
}

static struct log start(const struct log_group *group, int64_t expected) {
    struct log_positions positions;
    const struct log log = lane_driver_open(group, 0, &positions);
    cr_assert_eq(positions.inputs[0], expected);
    lane_driver_start(&log, positions.inputs);
    return log;
}

static void hold_down(enum kafka_proxy_fault fault) {
    const struct log_group group = join();
    const struct log_staged first = lane_driver_record(0, 0, PARTITIONS, "committed");
    const struct log_staged second = lane_driver_record(0, 0, PARTITIONS, "never committed");
    struct error error;
    kafka_cluster_append_numbers(&detour.direct, "commands", 0, "key", 0, 2);
    struct log log = start(&group, 0);
    kafka_proxy_arm(detour.proxy, KAFKA_PROXY_END_TXN, fault, 1);
    cr_assert_eq(lane_driver_commit(&log, &first, 1, (const int64_t[]){1}, &error), RESULT_OK, "%s",
                 error.text);
    cr_assert_eq(kafka_proxy_hits(detour.proxy), 1, "no commit was delayed");
    cr_assert(log.worn(log.self), "the lane would go on with this producer");
    log.close(log.self);

    /* The lane starts anew. Its transaction is complete but for its end when the late one comes. */
    log = start(&group, 1);
    kafka_proxy_arm(detour.proxy, KAFKA_PROXY_END_TXN, KAFKA_PROXY_HOLD, UINT32_MAX);
    cr_assert_eq(log.commit_begin(log.self, &second, 1, (const int64_t[]){2}, &error), RESULT_OK);
    while (kafka_proxy_hits(detour.proxy) == 1) {
        cr_assert_eq(log.commit_wait(log.self, 100, &error), RESULT_AGAIN, "%s", error.text);
    }
    cr_expect_neq(kafka_proxy_release(detour.proxy, CALL_MS), 0,
                  "the late request was not refused");
    kafka_proxy_forget(detour.proxy);
    log.close(log.self);
    kafka_proxy_arm(detour.proxy, KAFKA_PROXY_END_TXN, KAFKA_PROXY_HOLD, 0);

    log = start(&group, 1);
    struct log_record records[2];
    cr_assert_eq(visible(records, 2), 1);
    cr_expect(is(records[0].value, "committed"));
    log.close(log.self);
    group.close(group.self);
}

Test(delayed_endtxn, is_fenced_after_a_late_answer) {
    hold_down(KAFKA_PROXY_HOLD);
}

Test(delayed_endtxn, is_fenced_after_a_reset_connection) {
    hold_down(KAFKA_PROXY_CUT);
}

/* No answer ever: it is not known what happened, and the lane's end says so. */
static void never_answered(enum kafka_proxy_fault fault, uint32_t records_visible) {
    detour.proxied.options.transaction_timeout_ms = 6000;
    const struct log_group group = join();
    const struct log_staged record = lane_driver_record(0, 0, PARTITIONS, "event");
    struct error error;
    kafka_cluster_append_numbers(&detour.direct, "commands", 0, "key", 0, 1);
    struct log log = start(&group, 0);
    kafka_proxy_arm(detour.proxy, KAFKA_PROXY_END_TXN, fault, UINT32_MAX);
    const enum result result = lane_driver_commit(&log, &record, 1, (const int64_t[]){1}, &error);
    cr_expect_eq(result, RESULT_DOUBTFUL, "%d: %s", result, error.text);
    cr_assert_gt(kafka_proxy_hits(detour.proxy), 0);
    log.close(log.self);
    kafka_proxy_arm(detour.proxy, KAFKA_PROXY_END_TXN, fault, 0);

    /* Reading anew tells. What comes later changes nothing. */
    log = start(&group, records_visible);
    cr_expect_eq(visible(NULL, 0), records_visible);
    if (fault == KAFKA_PROXY_HOLD) {
        cr_expect_neq(kafka_proxy_release(detour.proxy, CALL_MS), 0,
                      "the late request was not refused");
    }
    cr_expect_eq(visible(NULL, 0), records_visible);
    log.close(log.self);
    group.close(group.self);
}

Test(delayed_endtxn, a_commit_that_never_arrives_is_doubtful) {
    never_answered(KAFKA_PROXY_HOLD, 0);
}

Test(delayed_endtxn, a_commit_whose_answer_never_comes_is_doubtful) {
    never_answered(KAFKA_PROXY_SWALLOW, 1);
}

/* The same for the other requests of a transaction: none may be left behind unseen. The lane's
 * calls stay within their bounds meanwhile. */
Test(delayed_endtxn, is_worn_by_any_request_without_an_answer) {
    enum { CALL_MAX_MS = 11000 };
    static const struct {
        enum kafka_proxy_api api;
        enum kafka_proxy_fault fault;
    } rows[] = {
        {KAFKA_PROXY_PRODUCE, KAFKA_PROXY_SWALLOW},
        {KAFKA_PROXY_ADD_PARTITIONS_TO_TXN, KAFKA_PROXY_SWALLOW},
        {KAFKA_PROXY_ADD_OFFSETS_TO_TXN, KAFKA_PROXY_SWALLOW},
        {KAFKA_PROXY_ADD_OFFSETS_TO_TXN, KAFKA_PROXY_HOLD},
        {KAFKA_PROXY_TXN_OFFSET_COMMIT, KAFKA_PROXY_SWALLOW},
        {KAFKA_PROXY_TXN_OFFSET_COMMIT, KAFKA_PROXY_HOLD},
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    const struct log_group group = join();
    kafka_cluster_append_numbers(&detour.direct, "commands", 0, "key", 0, 2 * ROWS);
    for (uint32_t i = 0; i < ROWS; i++) {
        const struct log_staged record = lane_driver_record(0, 0, PARTITIONS, "event");
        struct error error;
        const struct log log = start(&group, 2 * i);
        cr_assert_eq(lane_driver_commit(&log, &record, 1, (const int64_t[]){2 * i + 1}, &error),
                     RESULT_OK, "%s", error.text);
        cr_expect_not(log.worn(log.self), "nothing happened");
        kafka_proxy_arm(detour.proxy, rows[i].api, rows[i].fault, 1);
        cr_assert_eq(log.commit_begin(log.self, &record, 1, (const int64_t[]){2 * i + 2}, &error),
                     RESULT_OK);
        enum result result = RESULT_AGAIN;
        while (result == RESULT_AGAIN) {
            const int64_t begun_ms = lane_driver_now_ms();
            result = log.commit_wait(log.self, 1000, &error);
            cr_expect_lt(lane_driver_now_ms() - begun_ms, CALL_MAX_MS, "row %u", i);
        }
        cr_expect_eq(result, RESULT_OK, "row %u: %s", i, error.text);
        cr_assert_eq(kafka_proxy_hits(detour.proxy), i + 1, "row %u", i);
        cr_expect(log.worn(log.self), "row %u", i);
        log.close(log.self);
        kafka_proxy_forget(detour.proxy);
    }
    cr_expect_eq(visible(NULL, 0), 2 * ROWS);
    group.close(group.self);
}
