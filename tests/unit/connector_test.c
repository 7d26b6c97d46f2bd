/* The connector's daily work: queue, intend, send, settle; slots, order, outages, hand-overs. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/connector_rig.h"

#define INTENDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED
#define NOT_SENT MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT
#define SENT MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT
#define SUCCEEDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED
#define REFUSED MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED
#define UNKNOWN MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN
#define RESOLVED MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED

TestSuite(connector, .init = connector_open, .fini = connector_close);

Test(connector, a_submission_is_intended_then_sent_then_settled) {
    submit(cert(1));
    run_for(10);
    const struct registry_events_submission_intended *intended =
        then_ledger_event(INTENDED, cert(1));
    cr_expect_eq(intended->attempt, 1);
    cr_expect_eq(intended->writer.pid, 42);
    cr_expect(text_equal(intended->metadata.channel, text_of("cli")));
    no_more_events();
    cr_assert_eq(calls_started(), 1, "sent once the intent is committed");
    cr_expect_eq(the_registry()->calls[0].deadline_ms - the_registry()->calls[0].started_ms,
                 the_options()->call_timeout_ms);
    cr_expect_eq(commands_committed(), 1);
    run_for(5000);
    no_more_events();

    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    run_for(10);
    const struct registry_events_submission_succeeded *succeeded =
        then_ledger_event(SUCCEEDED, cert(1));
    cr_expect(text_equal(succeeded->evidence, text_of("yes")));
    cr_expect(text_equal(succeeded->transaction_id, intended->transaction_id));
    no_more_events();
    const struct registry_state_ledger_state ledger = ledger_of(cert(1));
    cr_expect_null(ledger.work.queued);
    cr_expect_eq(ledger.ledger.submission->state, REGISTRY_STATE_SUBMISSION_STATE_SUCCEEDED);
    no_more_evidence();
}

Test(connector, every_kind_of_reply_is_written_down) {
    const struct {
        enum registry_reply_kind kind;
        enum message_type event;
    } rows[] = {
        {REGISTRY_REPLY_SUCCEEDED, SUCCEEDED},
        {REGISTRY_REPLY_REFUSED, REFUSED},
        {REGISTRY_REPLY_ACCEPTED, SENT},
    };
    const uint32_t count = sizeof rows / sizeof rows[0];
    for (uint32_t i = 0; i < count; i++) {
        submit(cert(i + 1));
        run_for(10);
        (void)then_ledger_event(INTENDED, cert(i + 1));
        the_registry_answers(i, rows[i].kind);
        run_for(10);
        (void)then_ledger_event(rows[i].event, cert(i + 1));
    }
    the_registry_answers(count - 1, REGISTRY_REPLY_REFUSED);
    run_for(10);
    (void)then_ledger_event(REFUSED, cert(count));
    no_more_events();
}

/* The one slice is called by the bytes of this call. */
static void expect_named_by(uint32_t call, const struct millrace_slice_hash *hashes,
                            uint32_t count) {
    const struct fake_call *sent = &the_registry()->calls[call];
    cr_assert_eq(count, 1);
    cr_expect(bytes_equal(hashes->registry_hash,
                          (struct bytes){sent->transaction.bytes, sent->transaction.length}));
}

/* Sent by a process that then dies; its heir would build other bytes. */
static void leave_unknown(struct uuid certificate_id) {
    submit(certificate_id);
    run_for(10);
    (void)then_ledger_event(INTENDED, certificate_id);
    the_connector_dies();
    the_registry()->edition++;
    writers_are_dead(true);
    another_takes_over();
    run_for(the_options()->unknown_after_ms + 10);
    (void)then_ledger_event(UNKNOWN, certificate_id);
}

Test(connector, what_was_executed_tells_the_registrys_names_of_its_slices) {
    the_registry()->names_slices = true;
    the_options()->quarantine_ms = 2 * the_options()->call_timeout_ms;
    submit(cert(1));
    run_for(10);
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    const struct registry_events_submission_succeeded *succeeded =
        then_ledger_event(SUCCEEDED, cert(1));
    expect_named_by(0, succeeded->slice_hashes, succeeded->slice_hashes_count);
    leave_unknown(cert(2));
    resolve(cert(2), 1, true, MILLRACE_CLOSING_RULE_NONE, "seen");
    run_for(10);
    const struct registry_events_submission_resolved *resolved =
        then_ledger_event(RESOLVED, cert(2));
    expect_named_by(1, resolved->slice_hashes, resolved->slice_hashes_count);
    leave_unknown(cert(3));
    run_for(the_options()->quarantine_ms + 10);
    resolve(cert(3), 1, false, MILLRACE_CLOSING_RULE_WRITER_DEAD, "not there");
    run_for(10);
    resolved = then_ledger_event(RESOLVED, cert(3));
    cr_expect_not(resolved->executed);
    cr_expect_eq(resolved->slice_hashes_count, 0);
}

Test(connector, the_same_submission_again_is_not_sent_again) {
    submit(cert(1));
    submit(cert(1));
    run_for(10);
    submit(cert(1));
    run_for(10);
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    submit(cert(1));
    run_for(10);
    submit(cert(1));
    run_for(10000);
    cr_expect_eq(calls_started(), 1);
    (void)then_ledger_event(INTENDED, cert(1));
    (void)then_ledger_event(SUCCEEDED, cert(1));
    no_more_events();
    cr_expect_eq(commands_committed(), 5);
}

Test(connector, silence_is_unknown_and_a_late_answer_resolves_it) {
    submit(cert(1));
    run_for(the_options()->call_timeout_ms + 100);
    (void)then_ledger_event(INTENDED, cert(1));
    const struct registry_events_submission_unknown *unknown = then_ledger_event(UNKNOWN, cert(1));
    cr_expect_eq(unknown->cause, MILLRACE_UNKNOWN_CAUSE_TIMEOUT);
    run_for(600000);
    no_more_events();
    cr_expect_eq(calls_started(), 1, "never again");
    the_registry_answers(0, REGISTRY_REPLY_SUCCEEDED);
    run_for(10);
    const struct registry_events_submission_resolved *resolved =
        then_ledger_event(RESOLVED, cert(1));
    cr_expect(resolved->executed);
    submit_next(cert(1), 2, "main");
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    cr_expect_eq(calls_started(), 2, "the certificate goes on");
}

Test(connector, what_was_not_sent_is_tried_again_with_the_same_bytes_but_not_in_a_hurry) {
    the_registry()->refuses = true;
    submit(cert(1));
    run_for(60000);
    const uint32_t attempts = calls_started();
    cr_expect(attempts >= 10 && attempts <= 25, "%u attempts in a minute", attempts);
    for (uint32_t i = 0; i < attempts; i++) {
        const struct registry_events_submission_intended *intended =
            then_ledger_event(INTENDED, cert(1));
        cr_expect_eq(intended->attempt, (int32_t)i + 1);
        const struct fake_call *call = &the_registry()->calls[i];
        cr_expect_eq(call->transaction.length, the_registry()->calls[0].transaction.length);
        cr_expect_arr_eq(call->transaction.bytes, the_registry()->calls[0].transaction.bytes,
                         call->transaction.length);
        const struct registry_events_submission_not_sent *not_sent =
            then_ledger_event(NOT_SENT, cert(1));
        cr_expect_eq(not_sent->cause, MILLRACE_NOT_SENT_CAUSE_CONNECT_FAILED);
        cr_expect_eq(not_sent->attempt, (int32_t)i + 1);
    }
    no_more_events();
    the_registry()->refuses = false;
    run_for(6000);
    cr_assert_eq(calls_started(), attempts + 1);
    the_registry_answers(attempts, REGISTRY_REPLY_SUCCEEDED);
    run_for(10);
    (void)then_ledger_event(INTENDED, cert(1));
    (void)then_ledger_event(SUCCEEDED, cert(1));
    no_more_events();
}

Test(connector, a_registry_that_is_down_is_tried_by_one) {
    the_registry()->refuses = true;
    for (uint32_t i = 1; i <= 50; i++) {
        submit(cert(i));
    }
    run_for(10);
    cr_expect_eq(calls_started(), 50, "nobody knew");
    run_for(60000);
    cr_expect_lt(calls_started(), 50 + 25, "then one at a time: %u", calls_started() - 50);
    the_registry()->refuses = false;
    run_for(5100);
    const uint32_t before = calls_started();
    the_registry_answers(before - 1, REGISTRY_REPLY_REFUSED);
    run_for(10);
    cr_expect_eq(calls_started(), before + 49, "all the others at once when it is back");
}

Test(connector, a_connection_that_breaks_makes_unknown_and_is_a_reason_to_wait) {
    submit(cert(1));
    submit(cert(2));
    run_for(10);
    fake_registry_break(the_registry(), 0);
    submit(cert(3));
    submit(cert(4));
    run_for(50);
    cr_expect_eq(events_of(UNKNOWN), 2);
    cr_expect_eq(calls_started(), 2, "not while it is down");
    run_for(100);
    cr_expect_eq(calls_started(), 3, "one to see");
    the_registry_answers(2, REGISTRY_REPLY_SUCCEEDED);
    run_for(10);
    cr_expect_eq(calls_started(), 4);
}

Test(connector, a_dead_registry_delays_nobody_else) {
    the_registry()->refuses = true;
    submit(cert(1));
    run_for(10);
    the_registry()->refuses = false;
    submit_next(cert(2), 1, "other");
    run_for(10);
    cr_assert_eq(calls_started(), 2);
    cr_expect_str_eq(the_registry()->calls[1].registry, "other");
    the_registry_answers(1, REGISTRY_REPLY_SUCCEEDED);
    run_for(10);
    cr_expect_eq(events_of(SUCCEEDED), 1);
}

static int in_order_of_bytes(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct uuid));
}

Test(connector, thousands_of_certificates_at_once_and_one_call_for_each) {
    enum { CERTIFICATES = 2000, SLOTS = CONNECTOR_IN_FLIGHT_MAX / CONNECTOR_PARTITIONS };
    for (uint32_t i = 1; i <= CERTIFICATES; i++) {
        submit(cert(i));
    }
    run_for(1000);
    cr_assert_eq(calls_started(), SLOTS, "as many as there are slots");
    /* They are answered in an order that has nothing to do with theirs. */
    uint32_t answered = 0;
    for (uint32_t round = 0; answered < CERTIFICATES; round++) {
        cr_assert_lt(round, 100);
        const uint32_t started = calls_started();
        for (uint32_t i = started; i > 0; i--) {
            if (the_registry()->calls[i - 1].stage == FAKE_CALL_SENT && (i + round) % 3 != 0) {
                the_registry_answers(i - 1, REGISTRY_REPLY_SUCCEEDED);
                answered++;
            }
        }
        run_for(200);
    }
    cr_expect_eq(calls_started(), CERTIFICATES);
    cr_expect_eq(events_of(INTENDED), CERTIFICATES);
    cr_expect_eq(events_of(SUCCEEDED), CERTIFICATES);
    static struct uuid ids[CERTIFICATES];
    for (uint32_t i = 0; i < CERTIFICATES; i++) {
        ids[i] = the_registry()->calls[i].call.certificate_id;
    }
    qsort(ids, CERTIFICATES, sizeof ids[0], in_order_of_bytes);
    for (uint32_t i = 1; i < CERTIFICATES; i++) {
        cr_assert(!uuid_equal(&ids[i - 1], &ids[i]), "one certificate had two calls");
    }
}

Test(connector, the_oldest_comes_first_also_after_a_restart) {
    enum { WAITING = 20 };
    the_registry()->refuses = true;
    for (uint32_t i = 1; i <= WAITING; i++) {
        submit(cert(WAITING + 1 - i));
        run_for(10);
    }
    the_connector_dies();
    const uint32_t before = calls_started();
    the_registry()->refuses = false;
    another_takes_over();
    run_for(10);
    cr_assert_eq(calls_started(), before + WAITING);
    for (uint32_t i = 0; i < WAITING; i++) {
        const struct uuid expected = cert(WAITING - i);
        cr_expect(uuid_equal(&the_registry()->calls[before + i].call.certificate_id, &expected),
                  "call %u", i);
    }
}

Test(connector, the_schema_registry_is_away_and_everything_waits) {
    the_connectors_schemas()->away = true;
    submit(cert(1));
    run_for(3000);
    cr_expect_eq(calls_started(), 0);
    cr_expect_eq(the_connectors_lane().state, LANE_STATE_WAITING);
    the_connectors_schemas()->away = false;
    run_for(6000);
    cr_expect_eq(calls_started(), 1);
    cr_expect_eq(the_connectors_lane().state, LANE_STATE_WORKING);
}
