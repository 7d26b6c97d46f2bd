/* When an operator's "not executed" counts: after a quarantine that begins when nobody can send any
 * more, and only if it was written down after that quarantine's end. */
#include <criterion/criterion.h>

#include "tests/support/connector_rig.h"

#define INTENDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED
#define UNKNOWN MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN
#define RESOLVED MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED
#define RESOLUTION_REFUSED MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED
#define WRITER_DEAD MILLRACE_CLOSING_RULE_WRITER_DEAD
#define MAY_EXECUTE_TWICE MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE

enum { QUARANTINE_MS = 90000, NOTICED_MS = 5100 };

TestSuite(connector_quarantine, .init = connector_open, .fini = connector_close);

/* Its writer stands still, another has taken over, and says that the outcome is unknown. */
static void given_an_unknown_of_another(void) {
    the_options()->quarantine_ms = QUARANTINE_MS;
    submit(cert(1));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    the_connector_dies();
    another_takes_over();
    run_for(the_options()->unknown_after_ms + 100);
    (void)then_ledger_event(UNKNOWN, cert(1));
}

/* This lane's own call was not answered in time. */
static void given_an_own_unknown(uint32_t number) {
    the_options()->quarantine_ms = QUARANTINE_MS;
    submit(cert(number));
    run_for(the_options()->call_timeout_ms + 100);
    (void)then_ledger_event(INTENDED, cert(number));
    (void)then_ledger_event(UNKNOWN, cert(number));
}

static void say_not_executed(uint32_t number, enum millrace_closing_rule rule) {
    resolve(cert(number), 1, false, rule, "it is not in the registry's list");
}

static void expect_not_over(uint32_t number) {
    const struct registry_events_resolution_refused *event =
        then_ledger_event(RESOLUTION_REFUSED, cert(number));
    cr_expect_eq(event->reason, MILLRACE_RESOLUTION_REFUSAL_QUARANTINE_NOT_OVER);
}

static const struct registry_events_submission_resolved *expect_resolved(uint32_t number) {
    run_for(10);
    const struct registry_events_submission_resolved *event =
        then_ledger_event(RESOLVED, cert(number));
    cr_expect_not(event->executed);
    cr_expect_geq(event->quarantine_ms, QUARANTINE_MS);
    return event;
}

/* ---- Since when. ---- */

Test(connector_quarantine, begins_when_the_writer_is_proven_dead) {
    given_an_unknown_of_another();
    run_for(2 * QUARANTINE_MS);
    writers_are_dead(true); /* it has woken, sent its one request, and died */
    say_not_executed(1, WRITER_DEAD);
    run_for(10);
    expect_not_over(1);
    run_for(QUARANTINE_MS - 1000);
    say_not_executed(1, WRITER_DEAD);
    run_for(10);
    expect_not_over(1);
    run_for(1000);
    say_not_executed(1, WRITER_DEAD);
    cr_expect_lt(expect_resolved(1)->quarantine_ms, QUARANTINE_MS + 1000);
}

Test(connector_quarantine, a_death_is_noticed_before_anybody_gives_a_verdict) {
    given_an_unknown_of_another();
    run_for(2 * QUARANTINE_MS);
    writers_are_dead(true);
    run_for(QUARANTINE_MS + NOTICED_MS);
    say_not_executed(1, WRITER_DEAD);
    (void)expect_resolved(1);
    no_more_events();
}

Test(connector_quarantine, is_not_counted_from_before_the_unknown) {
    the_options()->quarantine_ms = QUARANTINE_MS;
    writers_are_dead(true);
    submit(cert(1));
    run_for(10);
    the_connector_dies();
    another_takes_over();
    run_for(the_options()->unknown_after_ms + 100);
    (void)then_ledger_event(INTENDED, cert(1));
    (void)then_ledger_event(UNKNOWN, cert(1));
    run_for(QUARANTINE_MS - 1000);
    say_not_executed(1, WRITER_DEAD);
    say_not_executed(1, MAY_EXECUTE_TWICE);
    run_for(10);
    expect_not_over(1);
    expect_not_over(1);
    run_for(1000);
    say_not_executed(1, WRITER_DEAD);
    (void)expect_resolved(1);
}

Test(connector_quarantine, of_who_takes_the_risk_is_counted_from_the_unknown) {
    given_an_unknown_of_another();
    run_for(QUARANTINE_MS);
    writers_are_dead(true);
    say_not_executed(1, MAY_EXECUTE_TWICE);
    (void)expect_resolved(1);
}

Test(connector_quarantine, a_death_found_by_an_older_owner_is_found_anew) {
    given_an_unknown_of_another();
    writers_are_dead(true);
    run_for(QUARANTINE_MS);
    the_connector_dies();
    another_takes_over();
    run_for(QUARANTINE_MS - 1000);
    say_not_executed(1, WRITER_DEAD);
    run_for(10);
    expect_not_over(1);
    run_for(1000);
    say_not_executed(1, WRITER_DEAD);
    (void)expect_resolved(1);
}

/* ---- What was said before its end. ---- */

Test(connector_quarantine, a_verdict_from_within_does_not_count_after_it) {
    given_an_own_unknown(1);
    run_for(QUARANTINE_MS / 2);
    the_connectors_schemas()->away = true; /* so nobody can read it yet */
    say_not_executed(1, MAY_EXECUTE_TWICE);
    run_for(QUARANTINE_MS);
    no_more_events();
    the_connectors_schemas()->away = false;
    run_for(NOTICED_MS);
    expect_not_over(1);
    say_not_executed(1, MAY_EXECUTE_TWICE);
    (void)expect_resolved(1);
}

Test(connector_quarantine, a_verdict_counts_only_once_its_end_was_seen_by_the_brokers) {
    given_an_own_unknown(1);
    run_for(QUARANTINE_MS / 2);
    memory_log_away(connector_log(), true);
    run_for(QUARANTINE_MS);
    say_not_executed(1, MAY_EXECUTE_TWICE);
    memory_log_away(connector_log(), false);
    run_for(NOTICED_MS);
    expect_not_over(1);
    say_not_executed(1, MAY_EXECUTE_TWICE);
    (void)expect_resolved(1);
}

Test(connector_quarantine, each_unknown_has_its_own) {
    given_an_own_unknown(1);
    run_for(QUARANTINE_MS / 2);
    given_an_own_unknown(2);
    run_for(QUARANTINE_MS / 2);
    the_connectors_schemas()->away = true;
    say_not_executed(1, MAY_EXECUTE_TWICE);
    say_not_executed(2, MAY_EXECUTE_TWICE);
    run_for(QUARANTINE_MS);
    the_connectors_schemas()->away = false;
    run_for(NOTICED_MS);
    (void)then_ledger_event(RESOLVED, cert(1));
    expect_not_over(2);
    say_not_executed(2, MAY_EXECUTE_TWICE);
    (void)expect_resolved(2);
    no_more_events();
}

Test(connector_quarantine, none_is_over_where_none_is_set) {
    given_an_own_unknown(1);
    the_options()->quarantine_ms = 0;
    run_for(2 * QUARANTINE_MS);
    say_not_executed(1, MAY_EXECUTE_TWICE);
    run_for(10);
    expect_not_over(1);
}

/* ---- What else it takes. ---- */

static enum millrace_resolution_refusal refusal(void) {
    run_for(10);
    const struct registry_events_resolution_refused *event =
        then_ledger_event(RESOLUTION_REFUSED, cert(1));
    return event->reason;
}

Test(connector_quarantine, not_executed_takes_a_quarantine_on_this_lanes_clock_and_a_proof) {
    the_options()->quarantine_ms = QUARANTINE_MS;
    submit(cert(1));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    the_connector_dies();
    another_takes_over();
    resolve(cert(1), 1, false, WRITER_DEAD, "not there");
    cr_expect_eq(refusal(), MILLRACE_RESOLUTION_REFUSAL_NOT_UNKNOWN);
    run_for(the_options()->unknown_after_ms);
    (void)then_ledger_event(UNKNOWN, cert(1));

    resolve(cert(1), 1, false, WRITER_DEAD, "not there");
    cr_expect_eq(refusal(), MILLRACE_RESOLUTION_REFUSAL_CLOSING_RULE_NOT_PROVEN);
    writers_are_dead(true);
    resolve(cert(1), 1, false, WRITER_DEAD, "not there");
    cr_expect_eq(refusal(), MILLRACE_RESOLUTION_REFUSAL_QUARANTINE_NOT_OVER);
    the_connector_dies();
    another_takes_over();
    run_for(QUARANTINE_MS - 1000);
    resolve(cert(1), 1, false, WRITER_DEAD, "not there");
    cr_expect_eq(refusal(), MILLRACE_RESOLUTION_REFUSAL_QUARANTINE_NOT_OVER,
                 "it begins anew with each owner");
    run_for(1000);
    resolve(cert(1), 1, false, WRITER_DEAD, "not there");
    run_for(10);
    const struct registry_events_submission_resolved *event = then_ledger_event(RESOLVED, cert(1));
    cr_expect_not(event->executed);
    cr_expect_geq(event->quarantine_ms, QUARANTINE_MS);
    cr_expect_eq(event->closing_rule, WRITER_DEAD);
    run_for(600000);
    no_more_events();
    cr_expect_eq(calls_started(), 1, "never sent again");
}

Test(connector_quarantine, an_own_unknown_is_in_quarantine_since_it_became_unknown) {
    the_options()->quarantine_ms = 5000;
    submit(cert(1));
    run_for(the_options()->call_timeout_ms + 4000);
    (void)then_ledger_event(INTENDED, cert(1));
    (void)then_ledger_event(UNKNOWN, cert(1));
    resolve(cert(1), 1, false, MAY_EXECUTE_TWICE, "not there");
    cr_expect_eq(refusal(), MILLRACE_RESOLUTION_REFUSAL_QUARANTINE_NOT_OVER);
    run_for(1000);
    resolve(cert(1), 1, false, MAY_EXECUTE_TWICE, "not there");
    run_for(10);
    (void)then_ledger_event(RESOLVED, cert(1));
}
