/* What the connector's lanes count, and what they show of themselves. */
#include <criterion/criterion.h>

#include "registry_connector/circuit.h"
#include "tests/support/connector_rig.h"

TestSuite(metrics_connector, .init = connector_open, .fini = connector_close);

static uint64_t requests(enum metric_request_verdict verdict) {
    const struct metric_label *operations = &metrics_table[METRIC_REGISTRY_REQUESTS].labels[0];
    uint64_t sum = 0;
    for (uint32_t i = 0; i < operations->values_count; i++) {
        sum += counts_value(connector_counts(), METRIC_REGISTRY_REQUESTS, i, (uint32_t)verdict);
    }
    return sum;
}

static uint64_t transactions(enum metric_transaction_result result) {
    return counts_value(connector_counts(), METRIC_TRANSACTIONS, (uint32_t)result, 0);
}

static uint64_t rebuilt(enum metric_rebuilt_cause cause) {
    return counts_value(connector_counts(), METRIC_PRODUCERS_REBUILT, (uint32_t)cause, 0);
}

Test(metrics_connector, a_call_counts_once_when_it_ends) {
    submit(cert(1));
    submit(cert(2));
    run_for(10);
    const struct connector_gauges *gauges = the_lanes_gauges();
    cr_expect_eq(gauges->open, 2);
    cr_expect_eq(gauges->registries[0].calls_out, 2);
    run_for(2000);
    the_registry_answers(0, REGISTRY_REPLY_ACCEPTED);
    run_for(10);
    cr_expect_eq(requests(METRIC_REQUEST_SUCCEEDED), 0, "it has not ended");
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    the_registry_answers(1, REGISTRY_REPLY_REFUSED);
    run_for(10);
    cr_expect_eq(requests(METRIC_REQUEST_SUCCEEDED), 1);
    cr_expect_eq(requests(METRIC_REQUEST_REFUSED), 1);
    cr_expect_eq(counts_bucket(connector_counts(), METRIC_REGISTRY_REQUEST_DURATION, 8), 2,
                 "between one and two and a half seconds");
    cr_expect_eq(gauges->open, 0);
    cr_expect_eq(gauges->registries[0].calls_out, 0);
    cr_expect_geq(transactions(METRIC_TRANSACTION_COMMITTED), 3);
}

Test(metrics_connector, an_unknown_outcome_shows_until_it_is_settled) {
    submit(cert(1));
    run_for(10);
    the_registry_answers(0, REGISTRY_REPLY_UNKNOWN);
    run_for(10);
    const struct connector_gauges *gauges = the_lanes_gauges();
    const int64_t since = gauges->oldest_unknown_at;
    cr_expect_eq(gauges->unknown, 1);
    cr_expect_eq(gauges->open, 1, "it has no outcome yet");
    cr_expect_gt(since, 0);
    cr_expect_eq(requests(METRIC_REQUEST_UNKNOWN), 1);

    run_for(5000);
    submit(cert(2));
    run_for(10);
    the_registry_answers(1, REGISTRY_REPLY_UNKNOWN);
    run_for(10);
    cr_expect_eq(gauges->unknown, 2);
    cr_expect_eq(gauges->oldest_unknown_at, since);

    the_connector_dies();
    another_takes_over();
    run_for(10);
    cr_expect_eq(gauges->unknown, 2, "the next owner shows them too");
    cr_expect_eq(gauges->open, 2);
    cr_expect_eq(gauges->oldest_unknown_at, since, "and since when they really are");

    resolve(cert(1), 1, true, MILLRACE_CLOSING_RULE_NONE, "seen in the registry's books");
    run_for(10);
    cr_expect_eq(gauges->unknown, 1);
    cr_expect_eq(gauges->open, 1);
    cr_expect_geq(gauges->oldest_unknown_at, since + 5000);
    resolve(cert(2), 1, true, MILLRACE_CLOSING_RULE_NONE, "seen in the registry's books");
    run_for(10);
    cr_expect_eq(gauges->unknown, 0);
    cr_expect_eq(gauges->oldest_unknown_at, 0);
}

Test(metrics_connector, a_late_reply_is_not_counted_again) {
    submit(cert(1));
    run_for(the_options()->call_timeout_ms + 100);
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    run_for(10);
    cr_expect_eq(events_of(MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED), 1);
    cr_expect_eq(requests(METRIC_REQUEST_UNKNOWN), 1);
    cr_expect_eq(requests(METRIC_REQUEST_SUCCEEDED), 0);
}

static struct connector_gauges *reading_gauges(void) {
    the_connector_dies();
    the_registry()->capabilities = REGISTRY_CAPABILITY_STREAM;
    another_takes_over();
    return (struct connector_gauges *)the_lanes_gauges();
}

static void order_reading(uint8_t number, struct uuid certificate_id) {
    const struct registry_operations_read_stream order = {
        .metadata = {.id = {{0xaa, number}}, .source = {text_of("x"), text_of("1")}},
        .certificate_id = certificate_id,
        .registry = text_of("main"),
    };
    write_message(MESSAGE_REGISTRY_OPERATIONS_READ_STREAM, &certificate_id, &order);
    run_for(10);
}

static void show_stream(uint32_t number, bool is_read, int64_t transactions) {
    fake_registry_show(
        the_registry(), number,
        &(struct registry_stream){
            .is_read = is_read, .words = text_of("not now"), .transactions = transactions});
    run_for(10);
}

static void expect_readings(const struct connector_gauges *gauges, uint64_t read, uint64_t failed,
                            uint64_t useless) {
    cr_expect_eq(gauges->registries[0].readings[METRIC_READING_READ], read);
    cr_expect_eq(gauges->registries[0].readings[METRIC_READING_FAILED], failed);
    cr_expect_eq(gauges->registries[0].readings[METRIC_READING_USELESS], useless);
    cr_expect_eq(gauges->registries[1].readings[METRIC_READING_READ], 0);
}

static uint64_t reading_durations(uint32_t bound) {
    return counts_bucket(connector_counts(), METRIC_REGISTRY_READING_DURATION, bound);
}

Test(metrics_connector, a_reading_is_open_until_its_stream_was_read) {
    const struct connector_gauges *gauges = reading_gauges();
    order_reading(1, cert(1));
    order_reading(2, cert(2));
    cr_expect_eq(gauges->registries[0].readings_open, 2);
    cr_expect_eq(gauges->registries[1].readings_open, 0);
    expect_readings(gauges, 0, 0, 0);
    run_for(2000);
    show_stream(0, false, 0);
    expect_readings(gauges, 0, 1, 0);
    cr_expect_eq(gauges->registries[0].readings_open, 2, "it is tried again");
    show_stream(1, true, 3);
    expect_readings(gauges, 1, 1, 0);
    cr_expect_eq(gauges->registries[0].readings_open, 1);
    cr_expect_eq(reading_durations(8), 2, "between one and two and a half seconds");
    run_for(2000);
    show_stream(2, true, 1);
    expect_readings(gauges, 2, 1, 0);
    cr_expect_eq(gauges->registries[0].readings_open, 0);

    order_reading(3, cert(2));
    show_stream(3, true, 2);
    expect_readings(gauges, 2, 2, 0);
    cr_expect_eq(gauges->registries[0].readings_open, 1, "fewer transactions than it had once");
    the_lane_is_lost();
    cr_expect_eq(gauges->registries[0].readings_open, 0, "no lane, nothing to show");
    expect_readings(gauges, 2, 2, 0);
}

Test(metrics_connector, a_reading_beside_a_submission_is_of_no_use) {
    const struct connector_gauges *gauges = reading_gauges();
    order_reading(1, cert(1));
    submit(cert(1));
    run_for(10);
    show_stream(0, true, 1);
    expect_readings(gauges, 0, 0, 1);
    cr_expect_eq(gauges->registries[0].readings_open, 1, "it is read again");
}

Test(metrics_connector, a_registry_that_is_down_shows) {
    const struct connector_gauges *gauges = the_lanes_gauges();
    submit(cert(1));
    run_for(10);
    cr_expect_eq(gauges->registries[0].circuit, CIRCUIT_CLOSED);
    the_registry_answers(0, REGISTRY_REPLY_NOT_SENT);
    run_for(10);
    cr_expect_eq(gauges->registries[0].circuit, CIRCUIT_OPEN);
    cr_expect_eq(gauges->registries[1].circuit, CIRCUIT_CLOSED);
    cr_expect_eq(requests(METRIC_REQUEST_NOT_SENT), 1);
    cr_expect_eq(counts_bucket(connector_counts(), METRIC_REGISTRY_REQUEST_DURATION, 0), 0,
                 "what was never sent took no time");
    the_lane_is_lost();
    cr_expect_eq(gauges->registries[0].circuit, CIRCUIT_CLOSED, "no lane, nothing to show");
    cr_expect_eq(gauges->open, 0);
}

Test(metrics_connector, a_turn_that_is_not_committed_counts_nothing) {
    static const struct {
        enum memory_fault fault;
        enum metric_transaction_result result;
        enum metric_rebuilt_cause cause;
    } rows[] = {
        {MEMORY_FAULT_DOUBTFUL_ABORTED, METRIC_TRANSACTION_DOUBTFUL, METRIC_REBUILT_DOUBTFUL},
        {MEMORY_FAULT_FAILED, METRIC_TRANSACTION_FAILED, METRIC_REBUILT_FAILED},
        {MEMORY_FAULT_SLOW, METRIC_TRANSACTION_COMMITTED, METRIC_REBUILT_WORN},
    };
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint64_t before = transactions(rows[i].result);
        const struct uuid key = cert(i + 1);
        write_record("registry.operations", &key,
                     (struct bytes){(const uint8_t *)"in plain text", 13});
        the_next_commit_is(rows[i].fault);
        run_for(10);
        cr_assert(the_lane_ended(), "row %u", i);
        cr_expect_eq(transactions(rows[i].result), before + 1, "row %u", i);
        cr_expect_eq(rebuilt(rows[i].cause), 1, "row %u", i);
        const uint64_t letters = counts_value(connector_counts(), METRIC_DEAD_LETTERS,
                                              metric_dead_letter_reason("not-confluent-framed"), 0);
        cr_expect_eq(letters, i == 2 ? i + 1 : i, "row %u: %lu", i, letters);
        the_lane_is_gone();
        another_takes_over();
        run_for(10);
    }
}
