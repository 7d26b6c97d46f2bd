/* A connector's lane that ends, in calm or not: what is out is waited for or left to the collector,
 * and nothing is put on the wire any more. */
#include <criterion/criterion.h>

#include "tests/support/connector_rig.h"

#define INTENDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED
#define NOT_SENT MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT
#define SUCCEEDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED
#define REFUSED MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED
#define UNKNOWN MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN

TestSuite(connector_drain, .init = connector_open, .fini = connector_close);

Test(connector_drain, a_calm_hand_over_ends_without_unknowns) {
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

Test(connector_drain, the_cause_of_not_sent_is_why_the_lane_drained) {
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

Test(connector_drain, an_intent_whose_commit_meets_the_drain_is_not_sent) {
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

Test(connector_drain, what_the_last_look_withheld_is_tried_again_by_the_lane_that_lives_on) {
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

Test(connector_drain, a_drain_that_gets_impatient_leaves_calls_to_the_collector) {
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

Test(connector_drain, a_lane_that_has_ended_puts_nothing_on_the_wire) {
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
