/* Submissions whose outcome is open are asked for where a registry can be asked: by whoever owns
 * the partition, never by sending, and never settled by "not found". The rig's registry aborts the
 * test on a second send. */
#include <criterion/criterion.h>

#include "registry_connector/asking.h"
#include "tests/support/connector_rig.h"

#define INTENDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED
#define SUCCEEDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED
#define REFUSED MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED
#define UNKNOWN MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN
#define RESOLVED MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED
#define CONTRADICTS MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS

static void open_all(void) {
    the_registry()->capabilities = REGISTRY_CAPABILITY_STATUS;
    connector_open();
}

TestSuite(connector_asking, .init = open_all, .fini = connector_close);

static uint32_t questions(void) {
    return the_registry()->questions_count;
}

static const struct fake_question *question(uint32_t number) {
    cr_assert_lt(number, questions());
    return &the_registry()->questions[number];
}

/* And what was learnt is written down; it comes in with what is read next. */
static void the_registry_tells(uint32_t number, enum registry_reply_kind kind,
                               enum registry_learnt learnt) {
    fake_registry_tell(the_registry(), number, kind, learnt);
    run_for(1);
}

/* The first certificate's submission was sent, by a process that is gone. */
static void given_it_was_sent_by_another(void) {
    submit(cert(1));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    cr_assert_eq(calls_started(), 1);
    the_connector_dies();
    another_takes_over();
    run_for(10);
}

Test(connector_asking, an_earlier_owners_intent_is_asked_for_at_once_with_its_own_bytes) {
    given_it_was_sent_by_another();
    cr_assert_eq(questions(), 1);
    const struct fake_question *asked = question(0);
    const struct fake_call *sent = &the_registry()->calls[0];
    cr_expect(uuid_equal(&asked->call.submission_id, &sent->call.submission_id));
    cr_expect_eq(asked->call.attempt, 1);
    cr_expect_str_eq(asked->transaction.id, sent->transaction.id);
    cr_assert_eq(asked->transaction.length, sent->transaction.length);
    cr_expect_arr_eq(asked->transaction.bytes, sent->transaction.bytes, sent->transaction.length);
    cr_expect_eq(asked->deadline_ms - asked->asked_ms, the_options()->call_timeout_ms);
    no_more_events();
    cr_expect_eq(calls_started(), 1, "asking is not sending");
}

Test(connector_asking, what_the_registry_knows_settles_what_is_held) {
    static const struct {
        enum registry_reply_kind kind;
        enum registry_learnt learnt;
        enum millrace_evidence_kind evidence;
        enum message_type event;
    } rows[] = {
        {REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STATUS, MILLRACE_EVIDENCE_KIND_STATUS,
         SUCCEEDED},
        {REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STREAM, MILLRACE_EVIDENCE_KIND_STREAM,
         SUCCEEDED},
        {REGISTRY_REPLY_REFUSED, REGISTRY_LEARNT_BY_STATUS, MILLRACE_EVIDENCE_KIND_STATUS, REFUSED},
    };
    const uint32_t count = sizeof rows / sizeof rows[0];
    for (uint32_t i = 0; i < count; i++) {
        submit(cert(i + 1));
        run_for(10);
        (void)then_ledger_event(INTENDED, cert(i + 1));
    }
    the_connector_dies();
    another_takes_over();
    run_for(10);
    cr_assert_eq(questions(), count);
    for (uint32_t i = 0; i < count; i++) {
        const struct uuid about = question(i)->call.certificate_id;
        const struct registry_state_ledger_state before = ledger_of(about);
        the_registry_tells(i, rows[i].kind, rows[i].learnt);
        run_for(10);
        const struct registry_evidence_evidence_found *evidence = then_evidence();
        cr_expect_eq((int)evidence->kind, (int)rows[i].evidence, "row %u", i);
        cr_expect(uuid_equal(&evidence->incarnation, &before.ledger.submission->incarnation),
                  "row %u: in the name of who sent it", i);
        cr_expect(uuid_equal(&evidence->submission_id, &before.ledger.submission->submission_id));
        cr_expect(text_equal(evidence->transaction_id, before.ledger.submission->transaction_id));
        (void)then_ledger_event(rows[i].event, about);
    }
    run_for(600000);
    no_more_events();
    no_more_evidence();
    cr_expect_eq(questions(), count, "what is settled is not asked for any more");
    cr_expect_eq(calls_started(), count);
}

Test(connector_asking, evidence_follows_from_the_intent_like_a_late_reply) {
    submit(cert(1));
    run_for(10);
    const struct registry_events_submission_intended *intended =
        then_ledger_event(INTENDED, cert(1));
    the_connector_dies();
    another_takes_over();
    run_for(10);
    the_registry_tells(0, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STATUS);
    run_for(10);
    const struct registry_evidence_evidence_found *evidence = then_evidence();
    cr_expect(evidence->metadata.has_parent_id &&
              uuid_equal(&evidence->metadata.parent_id, &intended->metadata.id));
    cr_expect(uuid_equal(&evidence->metadata.correlation_id, &intended->metadata.correlation_id));
    cr_expect(text_equal(evidence->metadata.channel, text_of("cli")));
}

Test(connector_asking, not_found_settles_nothing_however_often_it_is_said) {
    given_it_was_sent_by_another();
    const int64_t unknown_after_ms = the_options()->unknown_after_ms;
    uint32_t told = 0;
    for (int64_t passed_ms = 10; passed_ms < unknown_after_ms - 200; passed_ms += 100) {
        for (; told < questions(); told++) {
            the_registry_tells(told, REGISTRY_REPLY_UNKNOWN, REGISTRY_LEARNT_BY_REPLY);
        }
        run_for(100);
    }
    cr_expect_geq(told, 6, "asked %u times", told);
    cr_expect_leq(told, 7, "asked %u times", told);
    no_more_events();
    run_for(300);
    const struct registry_events_submission_unknown *unknown = then_ledger_event(UNKNOWN, cert(1));
    cr_expect_eq(unknown->cause, MILLRACE_UNKNOWN_CAUSE_FOREIGN_INTENT);
    for (uint32_t i = 0; i < 6000; i++) {
        for (; told < questions(); told++) {
            the_registry_tells(told, REGISTRY_REPLY_UNKNOWN, REGISTRY_LEARNT_BY_REPLY);
        }
        run_for(100);
    }
    no_more_events();
    no_more_evidence();
    cr_expect_leq(told, 7 + 600 / 64 + 1, "less and less often: %u", told);
    cr_expect_eq(calls_started(), 1);

    /* The one who was to send it wakes up and does: a later question finds it. */
    run_for(64000);
    cr_assert_gt(questions(), told);
    the_registry_tells(told, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STREAM);
    run_for(10);
    const struct registry_events_submission_resolved *resolved =
        then_ledger_event(RESOLVED, cert(1));
    cr_expect(resolved->executed);
    cr_expect_eq(resolved->closing_rule, MILLRACE_CLOSING_RULE_NONE);
    cr_expect_not(resolved->has_quarantine_ms);
}

Test(connector_asking, what_was_unknown_before_is_asked_for_by_every_owner) {
    submit(cert(1));
    run_for(the_options()->call_timeout_ms + 100);
    (void)then_ledger_event(INTENDED, cert(1));
    (void)then_ledger_event(UNKNOWN, cert(1));
    cr_expect_eq(questions(), 0, "its own adapter still listens for a while");
    run_for(64000);
    cr_expect_eq(questions(), 1, "but not for ever");
    for (uint32_t owner = 1; owner <= 2; owner++) {
        the_connector_dies();
        another_takes_over();
        run_for(10);
        cr_expect_eq(questions(), 1 + owner);
    }
    the_registry_tells(2, REGISTRY_REPLY_REFUSED, REGISTRY_LEARNT_BY_STATUS);
    run_for(10);
    const struct registry_events_submission_resolved *resolved =
        then_ledger_event(RESOLVED, cert(1));
    cr_expect_not(resolved->executed);
    cr_expect(text_equal(resolved->evidence, text_of("no, never")));
    submit_next(cert(1), 2, "main");
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    cr_expect_eq(calls_started(), 2, "the certificate goes on");
}

Test(connector_asking, an_own_call_is_not_asked_for_while_its_reply_may_come) {
    submit(cert(1));
    run_for(the_options()->call_timeout_ms - 100);
    cr_expect_eq(questions(), 0);
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    run_for(600000);
    cr_expect_eq(questions(), 0);
}

Test(connector_asking, a_registry_that_cannot_be_asked_is_not) {
    the_connector_dies();
    the_registry()->capabilities = 0;
    another_takes_over();
    given_it_was_sent_by_another();
    run_for(600000);
    cr_expect_eq(questions(), 0);
    (void)then_ledger_event(UNKNOWN, cert(1));
    no_more_events();
}

Test(connector_asking, a_drain_does_not_wait_for_questions) {
    given_it_was_sent_by_another();
    cr_assert_eq(questions(), 1);
    the_lane_drains(DRAIN_REVOKED, 20000);
    run_for(10);
    cr_expect(the_lane_ended());
    another_takes_over();
    run_for(10);
    cr_expect_eq(questions(), 2, "the next owner asks by itself");
    cr_expect_null(question(0)->connection, "nobody waits for the first");
    the_registry_tells(1, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STATUS);
    run_for(10);
    (void)then_ledger_event(SUCCEEDED, cert(1));
}

Test(connector_asking, an_answer_outlives_the_lane_that_heard_it) {
    given_it_was_sent_by_another();
    fake_registry_tell(the_registry(), 0, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STATUS);
    the_next_commit_is(MEMORY_FAULT_DOUBTFUL_ABORTED);
    submit(cert(2));
    run_for(100);
    cr_assert(the_lane_ended());
    (void)then_evidence();
    another_takes_over();
    run_for(10);
    cr_expect_eq(events_of(SUCCEEDED), 1);
}

Test(connector_asking, an_answer_that_comes_when_the_lane_has_ended_becomes_evidence) {
    for (uint32_t i = 1; i <= 2; i++) {
        submit(cert(i));
        run_for(10);
        (void)then_ledger_event(INTENDED, cert(i));
    }
    the_connector_dies();
    another_takes_over();
    run_for(10);
    cr_assert_eq(questions(), 2);
    const struct uuid writer = ledger_of(cert(1)).ledger.submission->incarnation;
    the_lane_is_lost();
    late_replies_are_collected();
    no_more_evidence();
    fake_registry_tell(the_registry(), 1, REGISTRY_REPLY_REFUSED, REGISTRY_LEARNT_BY_STATUS);
    fake_registry_tell(the_registry(), 0, REGISTRY_REPLY_UNKNOWN, REGISTRY_LEARNT_BY_REPLY);
    late_replies_are_collected();
    const struct registry_evidence_evidence_found *evidence = then_evidence();
    cr_expect(uuid_equal(&evidence->submission_id, &question(1)->call.submission_id));
    cr_expect(uuid_equal(&evidence->incarnation, &writer), "in the name of who sent it");
    cr_expect_eq((int)evidence->kind, (int)MILLRACE_EVIDENCE_KIND_STATUS);
    no_more_evidence();
    another_takes_over();
    run_for(10);
    (void)then_ledger_event(REFUSED, question(1)->call.certificate_id);
    cr_expect_eq(calls_started(), 2);
}

/* Its own call is unknown and still listened for; after a minute it is asked for too. */
Test(connector_asking, a_late_reply_that_is_also_the_answer_to_a_question_is_told_once) {
    the_options()->call_timeout_ms = 600000; /* so long a question may be out */
    submit(cert(1));
    run_for(the_options()->call_timeout_ms + 100);
    (void)then_ledger_event(INTENDED, cert(1));
    (void)then_ledger_event(UNKNOWN, cert(1));
    run_for(64000);
    cr_assert_eq(questions(), 1);
    the_lane_is_lost();
    fake_registry_tell(the_registry(), 0, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STATUS);
    late_replies_are_collected();
    (void)then_evidence();
    no_more_evidence();
}

Test(connector_asking, a_process_that_dies_while_it_asks_leaves_nothing_behind) {
    given_it_was_sent_by_another();
    for (uint32_t life = 1; life <= 3; life++) {
        cr_assert_eq(questions(), life);
        the_connector_dies();
        another_takes_over();
        run_for(10);
    }
    no_more_events();
    no_more_evidence();
    the_registry_tells(3, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STATUS);
    run_for(10);
    (void)then_ledger_event(SUCCEEDED, cert(1));
    no_more_events();
    cr_expect_eq(calls_started(), 1);
}

Test(connector_asking, what_an_operator_has_closed_is_not_asked_for) {
    the_options()->quarantine_ms = 1000;
    given_it_was_sent_by_another();
    run_for(the_options()->unknown_after_ms + 2000);
    (void)then_ledger_event(UNKNOWN, cert(1));
    const uint32_t asked = questions();
    resolve(cert(1), 1, false, MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE, "looked at it");
    run_for(10);
    (void)then_ledger_event(RESOLVED, cert(1));
    the_connector_dies();
    another_takes_over();
    run_for(600000);
    cr_expect_eq(questions(), asked);
    no_more_events();
}

Test(connector_asking, an_answer_that_comes_after_the_verdict_is_written_down) {
    the_options()->quarantine_ms = 1000;
    the_options()->call_timeout_ms = 600000; /* so long a question may be out */
    given_it_was_sent_by_another();
    run_for(the_options()->unknown_after_ms + 2000);
    (void)then_ledger_event(UNKNOWN, cert(1));
    resolve(cert(1), 1, false, MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE, "looked at it");
    run_for(10);
    (void)then_ledger_event(RESOLVED, cert(1));
    cr_assert_eq(questions(), 1);
    the_registry_tells(0, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STATUS);
    run_for(10);
    (void)then_evidence();
    const struct registry_events_evidence_contradicts *event =
        then_ledger_event(CONTRADICTS, cert(1));
    cr_expect_eq(event->kind, MILLRACE_EVIDENCE_KIND_STATUS);
    cr_expect(event->evidence_executed);
}

/* So many at once that they have to wait for each other. */
Test(connector_asking, questions_are_bounded_in_number_and_rate) {
    enum { CERTIFICATES = 500 };
    for (uint32_t i = 1; i <= CERTIFICATES; i++) {
        submit(cert(i));
    }
    run_for(1000);
    cr_assert_eq(calls_started(), CERTIFICATES);
    the_connector_dies();
    another_takes_over();
    run_for(10);
    cr_expect_eq(questions(), ASKING_OUT_MAX, "at once");
    run_for(5000);
    cr_expect_eq(questions(), ASKING_OUT_MAX, "and no more before they are answered");
    uint32_t told = 0;
    for (int64_t second = 1; events_of(SUCCEEDED) < CERTIFICATES; second++) {
        cr_assert_leq(second, 20, "%u of them", events_of(SUCCEEDED));
        const uint32_t before = questions();
        for (uint32_t i = 0; i < 20; i++) {
            for (; told < questions(); told++) {
                the_registry_tells(told, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STATUS);
            }
            run_for(50);
        }
        cr_expect_leq(questions() - before, 2 * ASKING_AT_A_TIME_MAX, "in a second");
    }
    cr_expect_eq(questions(), CERTIFICATES, "each once");
    cr_expect_eq(calls_started(), CERTIFICATES);
    cr_expect_eq(events_of(UNKNOWN), 0);
}

Test(connector_asking, a_registry_that_answers_no_questions_delays_no_calls) {
    given_it_was_sent_by_another();
    submit(cert(2));
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(2));
    cr_expect_eq(calls_started(), 2);
    the_registry_answers(1, REGISTRY_REPLY_SUCCEEDED);
    run_for(10);
    (void)then_ledger_event(SUCCEEDED, cert(2));
    run_for(the_options()->call_timeout_ms + 1100);
    cr_expect_eq(questions(), 2, "asked again when the first had its time");
}

Test(connector_asking, answers_are_counted) {
    static const enum registry_reply_kind kinds[] = {REGISTRY_REPLY_UNKNOWN,
                                                     REGISTRY_REPLY_SUCCEEDED};
    given_it_was_sent_by_another();
    for (uint32_t i = 0; i < 2; i++) {
        the_registry_tells(i, kinds[i], REGISTRY_LEARNT_BY_STATUS);
        run_for(1100);
    }
    static const uint64_t expected[] = {[METRIC_QUESTION_EXECUTED] = 1,
                                        [METRIC_QUESTION_REFUSED] = 0,
                                        [METRIC_QUESTION_NOTHING] = 1};
    for (uint32_t i = 0; i < 3; i++) {
        cr_expect_eq(counts_value(connector_counts(), METRIC_REGISTRY_QUESTIONS, i, 0), expected[i],
                     "answer %u", i);
    }
}
