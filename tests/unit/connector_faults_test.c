/* The connector through crashes, doubtful commits, lost partitions and hand-overs: never a second
 * send, and nothing ends in silence. The rig's registry aborts the test on a second send, and on
 * one without a committed intent. */
#include <criterion/criterion.h>

#include "domain/submission.h"
#include "registry_connector/registry_connector.h"
#include "tests/support/connector_rig.h"

#define INTENDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED
#define NOT_SENT MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT
#define SENT MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT
#define SUCCEEDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED
#define REFUSED MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED
#define UNKNOWN MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN
#define RESOLVED MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED
#define RESOLUTION_REFUSED MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED
#define CONTRADICTS MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS

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

Test(connector_faults, a_reply_in_hand_becomes_evidence_when_its_commit_fails) {
    submit(cert(1));
    submit(cert(2));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    (void)then_ledger_event(INTENDED, cert(2));
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    the_registry_answers(1, REGISTRY_REPLY_REFUSED);
    the_next_commit_is(MEMORY_FAULT_DOUBTFUL_ABORTED);
    run_for(100);
    cr_assert(the_lane_ended());
    no_more_events();
    for (uint32_t i = 0; i < 2; i++) {
        const struct registry_evidence_evidence_found *evidence = then_evidence();
        cr_expect_eq(evidence->kind, MILLRACE_EVIDENCE_KIND_REPLY);
        cr_expect(evidence->has_executed);
        const struct uuid refused = cert(2);
        cr_expect_eq(evidence->executed, !uuid_equal(&evidence->certificate_id, &refused));
        cr_expect_eq(evidence->has_message, !evidence->executed);
    }
    no_more_evidence();
    another_takes_over();
    run_for(10);
    cr_expect_eq(events_of(SUCCEEDED), 1, "within the time of holding");
    cr_expect_eq(events_of(REFUSED), 1);
    run_for(600000);
    cr_expect_eq(events_of(UNKNOWN), 0);
    cr_expect_eq(calls_started(), 2);
}

Test(connector_faults, an_outcome_that_was_committed_and_testified_too_is_no_incident) {
    submit(cert(1));
    run_for(10);
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    the_next_commit_is(MEMORY_FAULT_DOUBTFUL_COMMITTED);
    run_for(100);
    (void)then_evidence();
    another_takes_over();
    run_for(600000);
    (void)then_ledger_event(INTENDED, cert(1));
    (void)then_ledger_event(SUCCEEDED, cert(1));
    no_more_events();
}

Test(connector_faults, a_lost_partitions_late_reply_settles_it_at_the_next_owner) {
    submit(cert(1));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    the_lane_is_lost();
    late_replies_are_collected();
    no_more_evidence();
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    late_replies_are_collected();
    const struct registry_evidence_evidence_found *evidence = then_evidence();
    const struct registry_state_ledger_state ledger = ledger_of(cert(1));
    cr_expect(uuid_equal(&evidence->incarnation, &ledger.ledger.submission->incarnation));
    cr_expect(text_equal(evidence->transaction_id, ledger.ledger.submission->transaction_id));
    cr_expect(text_equal(evidence->observed_by, text_of("millrace-registry-connector on here")));
    another_takes_over();
    run_for(10);
    (void)then_ledger_event(SUCCEEDED, cert(1));
    no_more_events();
    cr_expect_eq(calls_started(), 1);
}

Test(connector_faults, a_lane_that_has_ended_puts_nothing_on_the_wire) {
    the_registry()->keeps_unsent = true;
    submit(cert(1));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    cr_assert_eq(the_registry()->calls[0].stage, FAKE_CALL_UNSENT);
    the_lane_is_lost();
    late_replies_are_collected();
    fake_registry_take(the_registry());
    cr_expect_eq(the_registry()->calls[0].stage, FAKE_CALL_WITHDRAWN);
    no_more_evidence();
    another_takes_over();
    run_for(600000);
    (void)then_ledger_event(UNKNOWN, cert(1));
    no_more_events();
    cr_expect_eq(calls_started(), 1);
}

/* Somebody has seen that the certificate's first submission was executed. */
static struct registry_evidence_evidence_found executed_says_another(struct uuid certificate_id) {
    const struct registry_state_ledger_state ledger = ledger_of(certificate_id);
    return (struct registry_evidence_evidence_found){
        .metadata = {.id = cert(9), .source = {text_of("elsewhere"), text_of("1")}},
        .submission_id = submission_of(certificate_id, 1),
        .certificate_id = certificate_id,
        .incarnation = ledger.ledger.submission->incarnation,
        .transaction_id = ledger.ledger.submission->transaction_id,
        .kind = MILLRACE_EVIDENCE_KIND_REPLY,
        .has_executed = true,
        .executed = true,
        .observed_by = text_of("elsewhere"),
    };
}

Test(connector_faults, evidence_that_is_faster_than_the_reply_frees_the_slot) {
    submit(cert(1));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    const struct registry_evidence_evidence_found evidence = executed_says_another(cert(1));
    const struct uuid key = cert(1);
    write_message(MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND, &key, &evidence);
    run_for(10);
    (void)then_ledger_event(SUCCEEDED, cert(1));
    submit_next(cert(1), 2, "main");
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    the_registry_answers(1, REGISTRY_REPLY_SUCCEEDED);
    run_for(10);
    (void)then_ledger_event(SUCCEEDED, cert(1));
    the_lane_drains(DRAIN_REVOKED, 20000);
    run_for(100);
    cr_expect(the_lane_ended(), "nothing is out any more");
    no_more_events();
}

Test(connector_faults, evidence_that_comes_after_the_unknown_resolves_it) {
    submit(cert(1));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    struct registry_evidence_evidence_found evidence = executed_says_another(cert(1));
    the_connector_dies();
    another_takes_over();
    run_for(the_options()->unknown_after_ms + 100);
    (void)then_ledger_event(UNKNOWN, cert(1));
    const struct uuid key = cert(1);
    write_message(MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND, &key, &evidence);
    run_for(10);
    const struct registry_events_submission_resolved *resolved =
        then_ledger_event(RESOLVED, cert(1));
    cr_expect(resolved->executed);
    evidence.metadata.id = cert(10);
    evidence.executed = false;
    evidence.has_message = true;
    evidence.message = text_of("no, after all");
    write_message(MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND, &key, &evidence);
    run_for(10);
    (void)then_ledger_event(CONTRADICTS, cert(1));
    no_more_events();
}

Test(connector_faults, a_reply_against_an_operators_verdict_is_an_incident) {
    the_options()->quarantine_ms = 1000;
    submit(cert(1));
    run_for(the_options()->call_timeout_ms + 2000);
    (void)then_ledger_event(INTENDED, cert(1));
    (void)then_ledger_event(UNKNOWN, cert(1));
    resolve(cert(1), 1, false, MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE, "looked at it");
    run_for(100);
    (void)then_ledger_event(RESOLVED, cert(1));
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    run_for(100);
    (void)then_evidence();
    run_for(100);
    const struct registry_events_evidence_contradicts *event =
        then_ledger_event(CONTRADICTS, cert(1));
    cr_expect(event->evidence_executed);
    cr_expect_not(event->ledger_executed);
    no_more_events();
}

Test(connector_faults, an_answer_to_an_older_submission_does_not_touch_the_next) {
    submit(cert(1));
    run_for(the_options()->call_timeout_ms + 100);
    resolve(cert(1), 1, true, MILLRACE_CLOSING_RULE_NONE, "seen there");
    submit_next(cert(1), 2, "main");
    run_for(100);
    cr_assert_eq(calls_started(), 2);
    the_registry_answers(0, REGISTRY_REPLY_REFUSED);
    run_for(100);
    cr_expect_eq(events_of(REFUSED), 0);
    the_lane_drains(DRAIN_REVOKED, 20000);
    run_for(100);
    cr_expect_not(the_lane_ended(), "the second is still out");
    the_registry_answers(1, REGISTRY_REPLY_SUCCEEDED);
    run_for(100);
    cr_expect_eq(events_of(SUCCEEDED), 1);
    cr_expect(the_lane_ended());
}

Test(connector_faults, an_answer_to_an_older_submission_is_written_down_even_so) {
    the_options()->quarantine_ms = 1000;
    submit(cert(1));
    run_for(the_options()->call_timeout_ms + 2000);
    resolve(cert(1), 1, false, MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE, "looked at it");
    submit_next(cert(1), 2, "main");
    run_for(100);
    cr_assert_eq(calls_started(), 2);
    no_more_evidence();
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    run_for(100);
    const struct registry_evidence_evidence_found *evidence = then_evidence();
    const struct uuid first = submission_of(cert(1), 1);
    cr_expect(uuid_equal(&evidence->submission_id, &first));
    cr_expect(evidence->executed, "against the verdict: whoever looks must find it");
    no_more_evidence();
    cr_expect_eq(events_of(SUCCEEDED), 0);
    the_registry_answers(1, REGISTRY_REPLY_SUCCEEDED);
    run_for(100);
    cr_expect_eq(events_of(SUCCEEDED), 1);
    no_more_evidence();
}

/* ---- Draining. ---- */

Test(connector_faults, a_calm_hand_over_ends_without_unknowns) {
    submit(cert(1));
    submit(cert(2));
    run_for(10);
    the_registry()->keeps_unsent = true;
    submit(cert(3));
    run_for(10);
    submit_next(cert(4), 1, "other");
    cr_assert_eq(calls_started(), 3);
    the_lane_drains(DRAIN_REVOKED, 20000);
    run_for(1000);
    cr_expect_not(the_lane_ended(), "two calls are out");
    cr_expect_eq(events_of(NOT_SENT), 1);
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    the_registry_answers(1, REGISTRY_REPLY_REFUSED);
    run_for(100);
    cr_assert(the_lane_ended(), "nothing is out any more");
    cr_expect_eq(events_of(SUCCEEDED), 1);
    cr_expect_eq(events_of(REFUSED), 1);
    cr_expect_eq(the_registry()->calls[2].stage, FAKE_CALL_WITHDRAWN);

    the_registry()->keeps_unsent = false;
    the_registry()->edition = 2;
    another_takes_over();
    run_for(10);
    cr_expect_eq(calls_started(), 5, "what was not sent, and what came meanwhile");
    cr_expect_eq(the_registry()->calls[3].call.attempt, 2);
    cr_expect_arr_eq(the_registry()->calls[3].transaction.bytes,
                     the_registry()->calls[2].transaction.bytes,
                     the_registry()->calls[2].transaction.length);
    run_for(20000);
    cr_expect_eq(events_of(UNKNOWN), 0);
    no_more_evidence();
}

Test(connector_faults, the_cause_of_not_sent_is_why_the_lane_drained) {
    the_registry()->keeps_unsent = true;
    submit(cert(1));
    run_for(10);
    the_lane_drains(DRAIN_STOPPING, 20000);
    run_for(100);
    (void)then_ledger_event(INTENDED, cert(1));
    const struct registry_events_submission_not_sent *event = then_ledger_event(NOT_SENT, cert(1));
    cr_expect_eq(event->cause, MILLRACE_NOT_SENT_CAUSE_SHUTTING_DOWN);
    cr_expect(the_lane_ended());
}

Test(connector_faults, an_intent_whose_commit_meets_the_drain_is_not_sent) {
    submit(cert(1));
    the_next_commit_is(MEMORY_FAULT_HANGING);
    run_for(50);
    the_lane_drains(DRAIN_REVOKED, 20000);
    the_next_commit_is(MEMORY_FAULT_NONE);
    run_for(1000);
    cr_expect_eq(calls_started(), 0, "the last look");
    (void)then_ledger_event(INTENDED, cert(1));
    (void)then_ledger_event(NOT_SENT, cert(1));
    cr_expect(the_lane_ended());
    another_takes_over();
    run_for(10);
    cr_expect_eq(calls_started(), 1);
}

Test(connector_faults, what_the_last_look_withheld_is_tried_again_by_the_lane_that_lives_on) {
    submit(cert(1));
    submit(cert(2));
    the_next_commit_is(MEMORY_FAULT_HANGING);
    run_for(50);
    the_group_is_unheard(true);
    the_next_commit_is(MEMORY_FAULT_NONE);
    run_for(1000);
    cr_expect_eq(calls_started(), 0, "the last look");
    cr_expect_eq(events_of(INTENDED), 2, "and no intent that it would not let go either");
    cr_expect_eq(events_of(NOT_SENT), 2);
    the_group_is_unheard(false);
    run_for(1000);
    cr_assert_eq(calls_started(), 2);
    cr_expect_eq(the_registry()->calls[0].call.attempt, 2);
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    the_registry_answers(1, REGISTRY_REPLY_SUCCEEDED);
    run_for(100);
    cr_expect_eq(events_of(SUCCEEDED), 2);
    cr_expect_not(the_lane_ended());
}

Test(connector_faults, a_drain_that_gets_impatient_leaves_calls_to_the_collector) {
    submit(cert(1));
    run_for(10);
    the_lane_drains(DRAIN_REVOKED, 5000);
    run_for(6000);
    cr_assert(the_lane_ended());
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    the_lane_is_gone();
    late_replies_are_collected();
    (void)then_evidence();
    another_takes_over();
    run_for(10);
    cr_expect_eq(events_of(SUCCEEDED), 1);
}

/* ---- The operator. ---- */

static enum millrace_resolution_refusal refusal(void) {
    run_for(10);
    const struct registry_events_resolution_refused *event =
        then_ledger_event(RESOLUTION_REFUSED, cert(1));
    return event->reason;
}

Test(connector_faults, not_executed_takes_a_quarantine_on_this_lanes_clock_and_a_proof) {
    the_options()->quarantine_ms = 90000;
    submit(cert(1));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    the_connector_dies();
    another_takes_over();
    resolve(cert(1), 1, false, MILLRACE_CLOSING_RULE_WRITER_DEAD, "not there");
    cr_expect_eq(refusal(), MILLRACE_RESOLUTION_REFUSAL_NOT_UNKNOWN);
    run_for(the_options()->unknown_after_ms);
    (void)then_ledger_event(UNKNOWN, cert(1));

    resolve(cert(1), 1, false, MILLRACE_CLOSING_RULE_WRITER_DEAD, "not there");
    cr_expect_eq(refusal(), MILLRACE_RESOLUTION_REFUSAL_CLOSING_RULE_NOT_PROVEN);
    writers_are_dead(true);
    resolve(cert(1), 1, false, MILLRACE_CLOSING_RULE_WRITER_DEAD, "not there");
    cr_expect_eq(refusal(), MILLRACE_RESOLUTION_REFUSAL_QUARANTINE_NOT_OVER);
    the_connector_dies();
    another_takes_over();
    run_for(89000);
    resolve(cert(1), 1, false, MILLRACE_CLOSING_RULE_WRITER_DEAD, "not there");
    cr_expect_eq(refusal(), MILLRACE_RESOLUTION_REFUSAL_QUARANTINE_NOT_OVER,
                 "it begins anew with each owner");
    run_for(1000);
    resolve(cert(1), 1, false, MILLRACE_CLOSING_RULE_WRITER_DEAD, "not there");
    run_for(10);
    const struct registry_events_submission_resolved *event = then_ledger_event(RESOLVED, cert(1));
    cr_expect_not(event->executed);
    cr_expect_geq(event->quarantine_ms, 90000);
    cr_expect_eq(event->closing_rule, MILLRACE_CLOSING_RULE_WRITER_DEAD);
    run_for(600000);
    no_more_events();
    cr_expect_eq(calls_started(), 1, "never sent again");
}

Test(connector_faults, an_own_unknown_is_in_quarantine_since_it_became_unknown) {
    the_options()->quarantine_ms = 5000;
    submit(cert(1));
    run_for(the_options()->call_timeout_ms + 4000);
    (void)then_ledger_event(INTENDED, cert(1));
    (void)then_ledger_event(UNKNOWN, cert(1));
    resolve(cert(1), 1, false, MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE, "not there");
    cr_expect_eq(refusal(), MILLRACE_RESOLUTION_REFUSAL_QUARANTINE_NOT_OVER);
    run_for(1000);
    resolve(cert(1), 1, false, MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE, "not there");
    run_for(10);
    (void)then_ledger_event(RESOLVED, cert(1));
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
