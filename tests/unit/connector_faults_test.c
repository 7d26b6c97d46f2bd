/* The connector through crashes and doubtful commits, and before what it cannot work on: never a
 * second send, and nothing ends in silence. The rig's registry aborts the test on a second send,
 * and on one without a committed intent. */
#include <criterion/criterion.h>

#include "domain/submission.h"
#include "registry_connector/registry_connector.h"
#include "tests/support/connector_rig.h"

#define INTENDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED
#define NOT_SENT MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT
#define SUCCEEDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED
#define REFUSED MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED
#define UNKNOWN MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN
#define RESOLVED MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED

TestSuite(connector_faults, .init = connector_open, .fini = connector_close);

/* Held for `unknown_after`, then unknown, and never sent again. */
static void expect_held_then_unknown(uint32_t calls) {
    run_for(the_options()->unknown_after_ms - 100);
    no_more_events();
    run_for(200);
    const struct registry_events_submission_unknown *unknown = then_ledger_event(UNKNOWN, cert(1));
    cr_expect_eq(unknown->cause, MILLRACE_UNKNOWN_CAUSE_FOREIGN_INTENT);
    run_for(600000);
    no_more_events();
    cr_expect_eq(calls_started(), calls);
}

Test(connector_faults, a_crash_after_the_send_ends_in_unknown) {
    submit(cert(1));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    cr_assert_eq(calls_started(), 1);
    the_connector_dies();
    another_takes_over();
    expect_held_then_unknown(1);
}

Test(connector_faults, no_jump_of_the_wall_clock_moves_a_deadline) {
    enum { DAY_MS = 86400000 };
    submit(cert(1));
    submit(cert(2));
    run_for(10);
    the_connector_dies();
    another_takes_over();
    (void)then_ledger_event(INTENDED, cert(1));
    (void)then_ledger_event(INTENDED, cert(2));
    submit(cert(3));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(3));
    the_wall_clock_jumps(DAY_MS);
    run_for(10);
    no_more_events();
    the_wall_clock_jumps(-2 * (int64_t)DAY_MS);
    run_for(the_options()->call_timeout_ms);
    (void)then_ledger_event(UNKNOWN, cert(3));
    run_for(the_options()->unknown_after_ms);
    cr_expect_eq(events_of(UNKNOWN), 3);
}

Test(connector_faults, a_crash_before_the_commit_leaves_it_to_the_next) {
    submit(cert(1));
    the_next_commit_is(MEMORY_FAULT_HANGING);
    run_for(100);
    cr_expect_eq(calls_started(), 0, "nothing is sent before the commit is known");
    the_connector_dies();
    the_next_commit_is(MEMORY_FAULT_NONE);
    another_takes_over();
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    no_more_events();
    cr_expect_eq(calls_started(), 1);
}

Test(connector_faults, a_doubtful_commit_sends_nothing_whatever_became_of_it) {
    const struct {
        enum memory_fault fault;
        bool committed;
    } rows[] = {
        {MEMORY_FAULT_DOUBTFUL_COMMITTED, true},
        {MEMORY_FAULT_DOUBTFUL_ABORTED, false},
        {MEMORY_FAULT_DOUBTFUL_OPEN, false},
        {MEMORY_FAULT_FAILED, false},
        {MEMORY_FAULT_FENCED, false},
    };
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint32_t before = calls_started();
        const uint32_t unknown = events_of(UNKNOWN);
        submit(cert(i + 1));
        the_next_commit_is(rows[i].fault);
        run_for(100);
        cr_assert(the_lane_ended(), "fault %d", (int)rows[i].fault);
        cr_expect_eq(calls_started(), before, "fault %d: nothing is sent", (int)rows[i].fault);
        another_takes_over();
        run_for(the_options()->unknown_after_ms + 100);
        cr_expect_eq(calls_started(), before + (rows[i].committed ? 0 : 1), "fault %d",
                     (int)rows[i].fault);
        /* What was sent is unanswered for longer than a call may take. */
        cr_expect_eq(events_of(UNKNOWN), unknown + 1, "fault %d", (int)rows[i].fault);
        if (!rows[i].committed) {
            the_registry_answers(before, REGISTRY_REPLY_SUCCEEDED);
            run_for(100);
        }
    }
    cr_expect_eq(events_of(RESOLVED), 4, "late answers");
}

Test(connector_faults, a_slow_commit_sends_and_its_lane_starts_anew) {
    submit(cert(1));
    the_next_commit_is(MEMORY_FAULT_SLOW);
    run_for(the_options()->commit_slow_ms + 1000);
    const uint32_t sent = calls_started();
    cr_expect(the_lane_ended());
    another_takes_over();
    run_for(10);
    cr_expect_eq(calls_started(), sent, "not again");
    (void)then_ledger_event(INTENDED, cert(1));
    no_more_events();
}

/* ---- What cannot be worked on. ---- */

Test(connector_faults, operations_that_cannot_be_worked_on_are_dead_letters) {
    const struct uuid key = cert(1);
    const struct registry_operations_read_stream read_stream = {
        .metadata = {.id = cert(9), .source = {text_of("x"), text_of("1")}},
        .certificate_id = cert(1),
        .registry = text_of("main"),
    };
    write_message(MESSAGE_REGISTRY_OPERATIONS_READ_STREAM, &key, &read_stream);
    run_for(10);
    then_operation_dead("registry-not-readable");
    resolve(cert(1), 1, true, MILLRACE_CLOSING_RULE_NONE, "");
    run_for(10);
    then_operation_dead("missing-value");
    resolve(cert(1), 1, true, MILLRACE_CLOSING_RULE_OTHER, "seen");
    run_for(10);
    then_operation_dead("unsupported-value");
    write_record("registry.operations", &key, (struct bytes){(const uint8_t *)"hello", 5});
    run_for(10);
    then_operation_dead("not-confluent-framed");
    const struct uuid other = cert(2);
    write_message(MESSAGE_REGISTRY_OPERATIONS_READ_STREAM, &other, &read_stream);
    run_for(10);
    then_operation_dead("wrong-key");
    no_more_events();
    submit(cert(3));
    run_for(10);
    cr_expect_eq(calls_started(), 1, "the lane goes on");
}

static void expect_stopped(const char *with) {
    run_for(1000);
    const struct lane_status status = the_connectors_lane();
    cr_expect_eq(status.state, LANE_STATE_STOPPED, "%s", with);
    cr_expect_not_null(strstr(status.reason, with), "\"%s\" does not say \"%s\"", status.reason,
                       with);
}

Test(connector_faults, a_topic_of_ours_that_cannot_be_read_stops_the_lane_after_what_was_out) {
    const struct uuid key = cert(1);
    submit(cert(2));
    run_for(10);
    write_record("registry.commands", &key, (struct bytes){(const uint8_t *)"hello", 5});
    expect_stopped("registry.commands/1/1");
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    run_for(1000);
    cr_expect_eq(events_of(SUCCEEDED), 1, "the call that was out is still settled");
}

Test(connector_faults, an_unknown_registry_stops_the_lane) {
    submit_next(cert(1), 1, "nobody");
    expect_stopped("registry \"nobody\" is not configured");
    cr_expect_eq(commands_committed(), -1, "its offset stays where it is");
}

Test(connector_faults, a_sequence_that_is_used_twice_stops_the_lane) {
    submit(cert(1));
    run_for(10);
    struct millrace_transfer_operation transfer = {
        .quantity = 1, .owner = text_of("a"), .new_owner = text_of("b")};
    const struct registry_commands_submit_transaction command = {
        .metadata = {.id = cert(9), .source = {text_of("x"), text_of("1")}},
        .submission_id = cert(7),
        .certificate_id = cert(1),
        .sequence = 1,
        .registry = text_of("main"),
        .operation = {.transfer = &transfer},
    };
    const struct uuid key = cert(1);
    write_message(MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION, &key, &command);
    expect_stopped("this sequence was used by another submission");
}

Test(connector_faults, what_cannot_be_made_into_a_transaction_is_refused_and_stops_nobody) {
    the_registry()->impossible = true;
    submit(cert(1));
    run_for(10);
    const struct registry_events_submission_refused *refused = then_ledger_event(REFUSED, cert(1));
    cr_expect(text_equal(refused->message,
                         text_of("it was never sent: this cannot be done at this registry")),
              "%.*s", (int)refused->message.length, refused->message.data);
    cr_expect_eq(refused->attempt, 0, "there was no intent");
    cr_expect_not(refused->has_transaction_id);
    no_more_events();
    cr_expect_eq(calls_started(), 0);

    /* A new process knows it from the ledger: the same order again is nothing, the next one goes.
     */
    the_connector_dies();
    another_takes_over();
    the_registry()->impossible = false;
    submit(cert(1));
    run_for(10);
    no_more_events();
    submit_next(cert(1), 2, "main");
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    cr_expect_eq(calls_started(), 1);
}

Test(connector_faults, what_was_prepared_once_is_sent_whatever_the_adapter_says_later) {
    submit(cert(1));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    the_registry_answers(0, REGISTRY_REPLY_NOT_SENT);
    the_registry()->impossible = true;
    run_for(60000);
    (void)then_ledger_event(NOT_SENT, cert(1));
    (void)then_ledger_event(INTENDED, cert(1));
    cr_expect_eq(events_of(REFUSED), 0);
}

Test(connector_faults, a_state_of_a_newer_version_stops_the_lane) {
    submit(cert(1));
    run_for(10);
    struct registry_state_ledger_state state = ledger_of(cert(1));
    state.format_version = 2;
    const struct uuid key = cert(1);
    write_message(MESSAGE_REGISTRY_STATE_LEDGER_STATE, &key, &state);
    the_connector_dies();
    another_takes_over();
    expect_stopped("start the newer version again");
}

Test(connector_faults, a_store_with_a_newer_ledger_stops_the_lane_when_it_is_met) {
    struct registry_state_ledger_state state = ledger_of(cert(1));
    state.format_version = 2;
    the_store_has_ledger(&state);
    submit(cert(1));
    expect_stopped("registry.state, partition 1: the ledger of certificate ");
    expect_stopped("has format 2, this version knows up to 1: start the newer version again");
    cr_expect_eq(events_of(INTENDED), 0);
    cr_expect_eq(commands_committed(), -1, "its offset stays where it is");
}

Test(connector_faults, a_ledger_of_an_older_format_is_raised_when_it_is_written) {
    struct registry_state_ledger_state state = ledger_of(cert(1));
    state.format_version = 0;
    the_store_has_ledger(&state);
    submit(cert(1));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    cr_expect_eq(ledger_of(cert(1)).format_version, SUBMISSION_FORMAT_VERSION);
}

Test(connector_faults, configurations_that_cannot_work_are_refused) {
    static struct fake_registry fake;
    const struct registry_adapter adapter = fake_registry_adapter(&fake);
    static const struct {
        struct registry_config registries[2];
        uint32_t count;
        const char *says;
    } rows[] = {
        {{{.name = NULL}}, 0, "no registry is configured"},
        {{{"a", "fake", "here", 0}}, 1, "in_flight_max is 0"},
        {{{"a", "fake", "here", 1}, {"a", "fake", "here", 1}}, 2, "configured twice"},
        {{{"a", "grpc", "here", 1}}, 1, "no such adapter"},
        {{{"a", "fake", "nowhere", 1}}, 1, "is no address"},
    };
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct registry_connector_config config = {
            .registries = rows[i].registries,
            .registries_count = rows[i].count,
            .adapters = &adapter,
            .adapters_count = 1,
        };
        struct error error;
        cr_expect_eq(registry_connector_check(&config, &error), RESULT_INVALID, "row %u", i);
        cr_expect_not_null(strstr(error.text, rows[i].says), "\"%s\"", error.text);
    }
    cr_expect_eq(fake.connections, 0);
}
