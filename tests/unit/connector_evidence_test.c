/* What is heard of a call on another way than by its reply in time: at a lost partition, by
 * somebody else, too late, or against a verdict. */
#include <criterion/criterion.h>

#include "tests/support/connector_rig.h"

#define INTENDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED
#define SUCCEEDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED
#define REFUSED MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED
#define UNKNOWN MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN
#define RESOLVED MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED
#define CONTRADICTS MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS

TestSuite(connector_evidence, .init = connector_open, .fini = connector_close);

Test(connector_evidence, a_reply_in_hand_becomes_evidence_when_its_commit_fails) {
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

Test(connector_evidence, an_outcome_that_was_committed_and_testified_too_is_no_incident) {
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

Test(connector_evidence, a_lost_partitions_late_reply_settles_it_at_the_next_owner) {
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

Test(connector_evidence, evidence_that_is_faster_than_the_reply_frees_the_slot) {
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

Test(connector_evidence, evidence_that_comes_after_the_unknown_resolves_it) {
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

Test(connector_evidence, a_reply_against_an_operators_verdict_is_an_incident) {
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

Test(connector_evidence, an_answer_to_an_older_submission_does_not_touch_the_next) {
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

Test(connector_evidence, an_answer_to_an_older_submission_is_written_down_even_so) {
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
