/* The submission: queue, intend, send, settle; and what never happens. */
#include <criterion/criterion.h>
#include <signal.h>

#include "tests/support/ledger_story.h"

#define INTENDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED
#define NOT_SENT MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT
#define SENT MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT
#define SUCCEEDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED
#define REFUSED MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED
#define UNKNOWN MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN
#define RESOLVED MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED

Test(submission, a_command_is_queued_without_an_event) {
    struct ledger_story story;
    story_begin(&story);

    story_submit(&story, 1);

    cr_expect_eq(story.decision.verdict, SUBMISSION_VERDICT_CHANGED);
    cr_expect_eq(story.decision.events_count, 0, "the ledger has no event of what was not tried");
    cr_expect(submission_startable(&story.state));
    cr_expect_null(story.state.ledger.submission);
    cr_expect_eq(story.state.ledger.sequence, 0);
    const struct registry_state_queued_submission *queued = story.state.work.queued;
    cr_assert_not_null(queued);
    cr_expect_eq(queued->queued_at, story.context.now_ms);
    cr_expect_eq(queued->operation.transfer->quantity, 100);
}

Test(submission, an_intent_names_its_writer_and_keeps_the_bytes) {
    struct ledger_story story;
    story_begin(&story);
    story_queued(&story, 1);

    story_intend(&story);

    story_expect(&story, STORY_EVENTS(INTENDED), "an intent is written");
    const struct registry_events_submission_intended *event = story_event(&story, 0, INTENDED);
    cr_expect_eq(event->attempt, 1);
    cr_expect_eq(event->sequence, 1);
    cr_expect(uuid_equal(&event->incarnation, &story.context.incarnation));
    cr_expect_eq(event->writer.pid, 7);
    cr_expect(text_equal(event->registry, text_of("main")));
    cr_expect_eq(event->transaction.length, 6);
    cr_expect(uuid_equal(&event->metadata.parent_id, &story.state.work.queued->command_message_id),
              "its parent is the SubmitTransaction");
    cr_expect(
        uuid_equal(&event->metadata.correlation_id, &story.state.work.queued->correlation_id));
    cr_expect_not(submission_startable(&story.state), "one intent at a time");
    cr_expect_eq(story.state.ledger.submission->intended_at, event->metadata.timestamp);
}

Test(submission, replies_settle_the_call_they_are_about) {
    const struct {
        char name[48];
        enum submission_reply_kind kind;
        bool from_sent;
        int event;
        enum registry_state_submission_state state;
        bool work_ends;
    } rows[] = {
        {"accepted", SUBMISSION_REPLY_ACCEPTED, false, SENT, REGISTRY_STATE_SUBMISSION_STATE_SENT,
         false},
        {"succeeded", SUBMISSION_REPLY_SUCCEEDED, false, SUCCEEDED,
         REGISTRY_STATE_SUBMISSION_STATE_SUCCEEDED, true},
        {"refused", SUBMISSION_REPLY_REFUSED, false, REFUSED,
         REGISTRY_STATE_SUBMISSION_STATE_REFUSED, true},
        {"not sent", SUBMISSION_REPLY_NOT_SENT, false, NOT_SENT,
         REGISTRY_STATE_SUBMISSION_STATE_NOT_SENT, false},
        {"unknown", SUBMISSION_REPLY_UNKNOWN, false, UNKNOWN,
         REGISTRY_STATE_SUBMISSION_STATE_UNKNOWN, false},
        {"sent, then succeeded", SUBMISSION_REPLY_SUCCEEDED, true, SUCCEEDED,
         REGISTRY_STATE_SUBMISSION_STATE_SUCCEEDED, true},
        {"sent, then refused", SUBMISSION_REPLY_REFUSED, true, REFUSED,
         REGISTRY_STATE_SUBMISSION_STATE_REFUSED, true},
        {"sent, then unknown", SUBMISSION_REPLY_UNKNOWN, true, UNKNOWN,
         REGISTRY_STATE_SUBMISSION_STATE_UNKNOWN, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ledger_story story;
        story_begin(&story);
        (rows[i].from_sent ? story_sent : story_intended)(&story, 1);

        story_reply(&story, 1, 1, rows[i].kind);

        story_expect(&story, STORY_EVENTS(rows[i].event), rows[i].name);
        story_expect_state(&story, rows[i].state, rows[i].name);
        cr_expect_eq(story.state.work.queued == NULL, rows[i].work_ends, "%s", rows[i].name);
        const struct registry_state_submission_model *model = story.state.ledger.submission;
        cr_expect_eq(model->has_transaction, !rows[i].work_ends, "%s: bytes", rows[i].name);
        cr_expect_eq(model->has_executed, rows[i].work_ends, "%s: executed", rows[i].name);
    }
}

Test(submission, accepted_twice_is_said_once) {
    struct ledger_story story;
    story_begin(&story);
    story_sent(&story, 1);
    story_reply(&story, 1, 1, SUBMISSION_REPLY_ACCEPTED);
    story_expect_nothing(&story, "accepted again");
}

Test(submission, what_was_not_sent_is_queued_again_with_the_same_bytes_and_any_owner_may_try) {
    struct ledger_story story;
    story_begin(&story);
    story_not_sent(&story, 1);
    cr_expect(submission_startable(&story.state));
    struct text id;
    struct bytes bytes;
    cr_assert(submission_prepared(&story.state, &id, &bytes), "they are stored");
    story_take_over(&story, STORY_LANE_SECOND);
    story.context.writer.pid = 8;

    story_intend(&story);

    const struct registry_events_submission_intended *event = story_event(&story, 0, INTENDED);
    cr_expect_eq(event->attempt, 2);
    cr_expect(bytes_equal(event->transaction, bytes));
    cr_expect(text_equal(event->transaction_id, id));
    cr_expect(uuid_equal(&event->incarnation, &story.context.incarnation), "the new writer");
    cr_expect_eq(story.state.ledger.submission->writer.pid, 8,
                 "whose death counts is who may still send");
}

Test(submission, an_open_intents_id_and_root_can_be_told_again) {
    struct ledger_story story;
    story_begin(&story);
    story_intended(&story, 1);
    story_reply(&story, 1, 1, SUBMISSION_REPLY_NOT_SENT);
    story_intend(&story);
    const struct registry_events_submission_intended *event = story_event(&story, 0, INTENDED);
    const struct millrace_metadata intended = event->metadata;
    for (uint32_t i = 0; i < 3; i++) {
        const struct millrace_metadata again = submission_intended(&story.state);
        cr_expect(uuid_equal(&again.id, &intended.id), "step %u", i);
        cr_expect(uuid_equal(&again.correlation_id, &intended.correlation_id), "step %u", i);
        cr_expect_eq(again.has_channel, intended.has_channel);
        cr_expect(!again.has_channel || text_equal(again.channel, intended.channel));
        story_reply(&story, 1, 2, i == 0 ? SUBMISSION_REPLY_ACCEPTED : SUBMISSION_REPLY_UNKNOWN);
    }
}

Test(submission, attempts_have_events_with_ids_of_their_own) {
    struct ledger_story story;
    story_begin(&story);
    story_intended(&story, 1);
    const struct registry_events_submission_intended *first = story_event(&story, 0, INTENDED);
    story_reply(&story, 1, 1, SUBMISSION_REPLY_NOT_SENT);
    story_intend(&story);
    const struct registry_events_submission_intended *second = story_event(&story, 0, INTENDED);
    cr_expect_not(uuid_equal(&first->metadata.id, &second->metadata.id));
    static const struct {
        enum submission_reply_kind kind;
        enum message_type type;
    } rows[] = {{SUBMISSION_REPLY_ACCEPTED, SENT},
                {SUBMISSION_REPLY_NOT_SENT, NOT_SENT},
                {SUBMISSION_REPLY_SUCCEEDED, SUCCEEDED},
                {SUBMISSION_REPLY_REFUSED, REFUSED},
                {SUBMISSION_REPLY_UNKNOWN, UNKNOWN}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uuid ids[2];
        for (int32_t attempt = 1; attempt <= 2; attempt++) {
            story_begin(&story);
            story_intended(&story, 1);
            if (attempt == 2) {
                story_reply(&story, 1, 1, SUBMISSION_REPLY_NOT_SENT);
                story_intend(&story);
            }
            story_reply(&story, 1, attempt, rows[i].kind);
            const struct millrace_metadata *metadata = story_event(&story, 0, rows[i].type);
            ids[attempt - 1] = metadata->id;
        }
        cr_expect_not(uuid_equal(&ids[0], &ids[1]), "row %zu", i);
    }
}

Test(submission, other_bytes_for_a_later_attempt_are_a_bug, .signal = SIGABRT) {
    struct ledger_story story;
    story_begin(&story);
    story_not_sent(&story, 1);
    struct submission_input input = {
        .kind = SUBMISSION_INPUT_INTEND,
        .intend = {.transaction_id = text_of("tx"),
                   .transaction = {.data = (const uint8_t *)"forged", .length = 6}}};
    submission_decide(&story.state, &input, &story.context, &story.decision);
}

Test(submission, an_intent_over_an_open_intent_is_a_bug, .signal = SIGABRT) {
    struct ledger_story story;
    story_begin(&story);
    story_intended(&story, 1);
    story_intend(&story);
}

Test(submission, a_replay_does_nothing_wherever_the_submission_stands) {
    void (*const given[])(struct ledger_story *, int64_t) = {
        story_queued, story_intended, story_sent, story_not_sent, story_unknown, story_succeeded,
    };
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        struct ledger_story story;
        story_begin(&story);
        given[i](&story, 1);
        story_submit(&story, 1);
        story_expect_nothing(&story, "the same SubmitTransaction again");
    }
    struct ledger_story story;
    story_begin(&story);
    story_succeeded(&story, 1);
    story_succeeded(&story, 2);
    story_submit(&story, 1);
    story_expect_nothing(&story, "an older one again");
}

Test(submission, a_topic_of_ours_that_breaks_its_rules_stops_the_lane) {
    struct ledger_story story;
    struct submission_input input = {.kind = SUBMISSION_INPUT_SUBMIT};
    struct millrace_transfer_operation transfer = {.quantity = 1};
    struct millrace_withdraw_operation withdraw = {.grid_area = text_of("DK1")};
    struct millrace_issue_operation issue = {.certificate_type = MILLRACE_CERTIFICATE_TYPE_OTHER};
    const struct millrace_operation one = {.transfer = &transfer};
    const struct {
        char name[40];
        void (*given)(struct ledger_story *, int64_t);
        int64_t sequence;
        uint8_t submission;
        struct millrace_operation operation;
        enum submission_breach breach;
    } rows[] = {
        {"reused while queued", story_queued, 1, 0x77, one, SUBMISSION_BREACH_SEQUENCE_REUSED},
        {"reused after its end", story_succeeded, 1, 0x77, one, SUBMISSION_BREACH_SEQUENCE_REUSED},
        {"gap", story_succeeded, 3, 0x77, one, SUBMISSION_BREACH_SEQUENCE_GAP},
        {"zero", story_succeeded, 0, 0x77, one, SUBMISSION_BREACH_SEQUENCE_GAP},
        {"next while queued", story_queued, 2, 0x77, one, SUBMISSION_BREACH_STILL_OPEN},
        {"next while unknown", story_unknown, 2, 0x77, one, SUBMISSION_BREACH_STILL_OPEN},
        {"no operation",
         story_succeeded,
         2,
         0x77,
         {.issue = NULL},
         SUBMISSION_BREACH_NOT_ONE_OPERATION},
        {"two operations",
         story_succeeded,
         2,
         0x77,
         {.transfer = &transfer, .withdraw = &withdraw},
         SUBMISSION_BREACH_NOT_ONE_OPERATION},
        {"type unknown to us",
         story_succeeded,
         2,
         0x77,
         {.issue = &issue},
         SUBMISSION_BREACH_NOT_ONE_OPERATION},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        story_begin(&story);
        rows[i].given(&story, 1);
        const struct registry_commands_submit_transaction command = {
            .submission_id = story_uuid(rows[i].submission),
            .certificate_id = story_certificate(),
            .sequence = rows[i].sequence,
            .registry = text_of("main"),
            .operation = rows[i].operation,
        };
        input.submit.command = &command;
        submission_decide(&story.state, &input, &story.context, &story.decision);
        cr_expect_eq(story.decision.verdict, SUBMISSION_VERDICT_BROKEN, "%s", rows[i].name);
        cr_expect_eq(story.decision.breach, rows[i].breach, "%s", rows[i].name);
        cr_expect_eq(story.decision.events_count, 0, "%s: and nothing else", rows[i].name);
    }
}

Test(submission, a_reply_about_an_older_attempt_never_settles_a_newer_one) {
    for (int kind = SUBMISSION_REPLY_ACCEPTED; kind <= SUBMISSION_REPLY_UNKNOWN; kind++) {
        struct ledger_story story;
        story_begin(&story);
        story_not_sent(&story, 1);
        story_intend(&story);
        story_reply(&story, 1, 1, (enum submission_reply_kind)kind);
        story_expect_nothing(&story, "attempt 1 while attempt 2 is open");
        story_expect_state(&story, REGISTRY_STATE_SUBMISSION_STATE_INTENDED, "attempt 2");
        story_reply(&story, 7, 2, (enum submission_reply_kind)kind);
        story_expect_nothing(&story, "another submission's");
    }
}

Test(submission, a_reply_in_another_lane_is_nobodys) {
    struct ledger_story story;
    story_begin(&story);
    story_intended(&story, 1);
    story_take_over(&story, STORY_LANE_SECOND);
    story_reply(&story, 1, 1, SUBMISSION_REPLY_NOT_SENT);
    story_expect_nothing(&story, "NotSent only by the intent's writer");
    story_reply(&story, 1, 1, SUBMISSION_REPLY_SUCCEEDED);
    story_expect_nothing(&story, "it comes as evidence");
}

Test(submission, a_late_answer_settles_the_unknown) {
    struct ledger_story story;
    for (int executed = 0; executed <= 1; executed++) {
        story_begin(&story);
        story_unknown(&story, 1);
        const struct uuid unknown_id = story.state.ledger.submission->unknown_id;

        story_reply(&story, 1, 1, executed ? SUBMISSION_REPLY_SUCCEEDED : SUBMISSION_REPLY_REFUSED);

        story_expect(&story, STORY_EVENTS(RESOLVED), "late, but complete");
        const struct registry_events_submission_resolved *event = story_event(&story, 0, RESOLVED);
        cr_expect_eq(event->executed, executed != 0);
        cr_expect_eq(event->closing_rule, MILLRACE_CLOSING_RULE_NONE);
        cr_expect(uuid_equal(&event->metadata.parent_id, &unknown_id), "it closes the unknown");
        cr_expect(text_equal(event->by, text_of("millrace-registry-connector")));
        cr_expect_null(story.state.work.queued);
    }
    story_begin(&story);
    story_unknown(&story, 1);
    story_reply(&story, 1, 1, SUBMISSION_REPLY_ACCEPTED);
    story_expect_nothing(&story, "that it has it is no outcome");
    story_reply(&story, 1, 1, SUBMISSION_REPLY_UNKNOWN);
    story_expect_nothing(&story, "unknown again");
}

Test(submission, a_late_answer_against_a_verdict_is_written_down_as_evidence) {
    struct ledger_story story;
    const struct submission_facts facts = {.writer_dead = false};
    story_begin(&story);
    story_unknown(&story, 1);
    story_resolve(&story, 1, true, MILLRACE_CLOSING_RULE_NONE, &facts);
    story_reply(&story, 1, 1, SUBMISSION_REPLY_REFUSED);
    cr_expect_eq(story.decision.verdict, SUBMISSION_VERDICT_TESTIFY);
    cr_expect_eq(story.decision.events_count, 0, "nothing is rewritten");
    story_reply(&story, 1, 1, SUBMISSION_REPLY_SUCCEEDED);
    story_expect_nothing(&story, "one that agrees");
}

Test(submission, anothers_intent_is_held_and_then_unknown_and_never_startable) {
    struct ledger_story story;
    story_begin(&story);
    story_intended(&story, 1);
    cr_expect_null(submission_held(&story.state, &story.context.incarnation), "our own");
    story_hold_over(&story);
    story_expect_nothing(&story, "our own intent is not held");

    story_take_over(&story, STORY_LANE_SECOND);
    cr_expect_not(submission_startable(&story.state), "only its writer may send it");
    cr_expect_not_null(submission_held(&story.state, &story.context.incarnation));
    story_hold_over(&story);
    story_expect(&story, STORY_EVENTS(UNKNOWN), "held long enough");
    const struct registry_events_submission_unknown *event = story_event(&story, 0, UNKNOWN);
    cr_expect_eq(event->cause, MILLRACE_UNKNOWN_CAUSE_FOREIGN_INTENT);
    cr_expect(text_equal(event->transaction_id, text_of("tx")));
    cr_expect_not(submission_startable(&story.state));
    story_hold_over(&story);
    story_expect_nothing(&story, "again");
}

Test(submission, what_the_registry_has_and_never_tells_is_unknown_for_that_reason) {
    struct ledger_story story;
    story_begin(&story);
    story_sent(&story, 1);
    story_take_over(&story, STORY_LANE_SECOND);
    story_hold_over(&story);
    const struct registry_events_submission_unknown *event = story_event(&story, 0, UNKNOWN);
    cr_expect_eq(event->cause, MILLRACE_UNKNOWN_CAUSE_NO_OUTCOME);
}

Test(submission, nothing_follows_a_settled_submission_but_the_next_one) {
    struct ledger_story story;
    story_begin(&story);
    story_succeeded(&story, 1);
    cr_expect_not(submission_startable(&story.state));
    story_hold_over(&story);
    story_expect_nothing(&story, "time");
    story_reply(&story, 1, 1, SUBMISSION_REPLY_NOT_SENT);
    story_expect_nothing(&story, "a reply that comes after the end");
    story_intended(&story, 2);
    cr_expect_eq(story.state.ledger.sequence, 2);
    cr_expect_eq(story.state.ledger.submission->attempt, 1);
}

Test(submission, the_ledger_is_the_fold_of_its_events) {
    struct ledger_story story;
    story_begin(&story);
    struct message events[16];
    uint32_t count = 0;
    const enum submission_reply_kind replies[2][3] = {
        {SUBMISSION_REPLY_ACCEPTED, SUBMISSION_REPLY_SUCCEEDED, 0},
        {SUBMISSION_REPLY_NOT_SENT, SUBMISSION_REPLY_UNKNOWN, SUBMISSION_REPLY_SUCCEEDED},
    };
    for (int64_t n = 1; n <= 2; n++) {
        story_queued(&story, n);
        int32_t attempt = 0;
        for (uint32_t i = 0; i < (n == 1 ? 2u : 3u); i++) {
            if (submission_startable(&story.state)) {
                story_intend(&story);
                events[count++] = story.decision.events[0];
                attempt++;
            }
            story_reply(&story, n, attempt, replies[n - 1][i]);
            cr_assert_eq(story.decision.events_count, 1);
            events[count++] = story.decision.events[0];
        }
    }
    cr_assert_eq(count, 8);
    struct registry_state_ledger_model rebuilt = {.sequence = 0};
    for (uint32_t i = 0; i < count; i++) {
        cr_assert(submission_follows(&rebuilt, &events[i]), "event %u", i);
        submission_evolve(&rebuilt, &events[i], &story.arena);
    }
    const struct registry_state_submission_model *a = rebuilt.submission;
    const struct registry_state_submission_model *b = story.state.ledger.submission;
    cr_expect_eq(rebuilt.sequence, 2);
    cr_expect_eq(a->state, b->state);
    cr_expect_eq(a->attempt, 2);
    cr_expect(uuid_equal(&a->unknown_id, &b->unknown_id));
    cr_expect_eq(a->unknown_at, b->unknown_at);
    cr_expect(a->executed && b->executed);
}

Test(submission, an_event_out_of_order_does_not_follow) {
    struct ledger_story story;
    story_begin(&story);
    story_intended(&story, 1);
    const struct message intended = story.decision.events[0];
    cr_expect_not(submission_follows(&story.state.ledger, &intended), "the same intent again");
    story_reply(&story, 1, 1, SUBMISSION_REPLY_UNKNOWN);
    const struct message unknown = story.decision.events[0];
    cr_expect_not(submission_follows(&story.state.ledger, &unknown), "unknown twice");
    cr_expect_not(submission_follows(&story.state.ledger, &intended), "an intent after unknown");
    struct registry_state_ledger_model empty = {.sequence = 0};
    cr_expect_not(submission_follows(&empty, &unknown), "an outcome without an intent");
    const struct message command = {.type = MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION};
    cr_expect_not(submission_follows(&empty, &command), "no event of the ledger at all");
}

/* Which event may come next where: rows are events, columns are where the submission stands. */
Test(submission, the_table_of_states) {
    enum { STANDS = 7 };
    void (*const given[STANDS])(struct ledger_story *, int64_t) = {
        NULL,          story_intended,  story_sent,     story_not_sent,
        story_unknown, story_succeeded, story_resolved,
    };
    struct registry_events_submission_not_sent not_sent = {.sequence = 1, .attempt = 1};
    struct registry_events_submission_sent sent = {.sequence = 1, .attempt = 1};
    struct registry_events_submission_succeeded succeeded = {.sequence = 1, .attempt = 1};
    struct registry_events_submission_refused refused = {.sequence = 1, .attempt = 1};
    struct registry_events_submission_unknown unknown = {.sequence = 1, .attempt = 1};
    struct registry_events_submission_resolved resolved = {.sequence = 1, .attempt = 1};
    struct registry_events_evidence_contradicts contradicts = {.sequence = 1, .attempt = 1};
    struct registry_events_resolution_refused refusal = {.sequence = 0};
    struct registry_events_submission_intended next = {
        .submission_id = story_submission(2), .sequence = 2, .attempt = 1};
    struct registry_events_submission_intended again = {
        .sequence = 1,
        .attempt = 2,
        .registry = text_of("main"),
        .transaction_id = text_of("tx"),
        .transaction = {.data = (const uint8_t *)"signed", .length = 6}};
    struct registry_events_stream_read read = {.transactions = 1};
    not_sent.submission_id = sent.submission_id = succeeded.submission_id = story_submission(1);
    refused.submission_id = unknown.submission_id = resolved.submission_id = story_submission(1);
    contradicts.submission_id = again.submission_id = story_submission(1);
    const struct {
        char name[24];
        struct message event;
        char follows[STANDS + 1]; /* none intended sent notsent unknown succeeded resolved */
    } rows[] = {
        {"NotSent", {NOT_SENT, &not_sent}, ".x....."},
        {"Sent", {SENT, &sent}, ".x....."},
        {"Succeeded", {SUCCEEDED, &succeeded}, ".xxx..."},
        {"Refused", {REFUSED, &refused}, ".xx...."},
        {"Unknown", {UNKNOWN, &unknown}, ".xx...."},
        {"Resolved", {RESOLVED, &resolved}, "....x.."},
        {"Intended, next", {INTENDED, &next}, ".....xx"},
        {"Intended, again", {INTENDED, &again}, "...x..."},
        {"EvidenceContradicts",
         {MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS, &contradicts},
         ".xxxxxx"},
        {"ResolutionRefused", {MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED, &refusal}, "xxxxxxx"},
        {"StreamRead", {MESSAGE_REGISTRY_EVENTS_STREAM_READ, &read}, "x....xx"},
    };
    for (uint32_t stand = 0; stand < STANDS; stand++) {
        struct ledger_story story;
        story_begin(&story);
        if (given[stand] != NULL) {
            given[stand](&story, 1);
        }
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            cr_expect_eq(submission_follows(&story.state.ledger, &rows[i].event),
                         rows[i].follows[stand] == 'x', "%s in column %u", rows[i].name, stand);
        }
    }
}

Test(submission, what_no_transaction_can_be_made_of_is_refused_without_an_intent) {
    struct ledger_story story;
    story_begin(&story);
    story_queued(&story, 1);
    const struct uuid order = story.state.work.queued->command_message_id;

    story_refuse(&story);

    story_expect(&story, STORY_EVENTS(REFUSED), "it is refused");
    story_expect_state(&story, REGISTRY_STATE_SUBMISSION_STATE_REFUSED, "and settled");
    const struct registry_events_submission_refused *event = story_event(&story, 0, REFUSED);
    cr_expect(uuid_equal(&event->submission_id, &story.state.ledger.submission->submission_id));
    cr_expect(uuid_equal(&event->metadata.parent_id, &order), "its parent is the order");
    cr_expect_eq(event->sequence, 1);
    cr_expect_eq(event->attempt, 0);
    cr_expect_not(event->has_transaction_id, "nothing was intended");
    cr_expect(text_equal(event->message, text_of("too many bytes")));
    cr_expect_null(story.state.work.queued);
    cr_expect_eq(story.state.ledger.sequence, 1);
    cr_expect(story.state.ledger.submission->has_executed &&
              !story.state.ledger.submission->executed);
    cr_expect_not(submission_startable(&story.state));

    story_submit(&story, 1);
    story_expect_nothing(&story, "the same order again");
    story_intended(&story, 2);
    cr_expect_eq(story.state.ledger.sequence, 2, "the next one has its turn");
}

Test(submission, evidence_about_what_no_transaction_was_made_of_is_nothing) {
    struct ledger_story story;
    story_begin(&story);
    story_queued(&story, 1);
    story_refuse(&story);
    story_evidence_about(&story, 1, STORY_LANE_FIRST);

    story_evidence(&story);

    story_expect_nothing(&story, "it names a transaction that was never ours");
}

Test(submission, a_refusal_without_an_intent_follows_only_where_nothing_is_under_way) {
    struct ledger_story story;
    story_begin(&story);
    story_intended(&story, 1);
    struct registry_events_submission_refused refused = {
        .submission_id = story_submission(2), .sequence = 2, .message = text_of("")};
    const struct message event = {REFUSED, &refused};
    cr_expect_not(submission_follows(&story.state.ledger, &event), "the first is under way");
    story_reply(&story, 1, 1, SUBMISSION_REPLY_SUCCEEDED);
    cr_expect(submission_follows(&story.state.ledger, &event));
    refused.sequence = 3;
    cr_expect_not(submission_follows(&story.state.ledger, &event), "one is missing");
    refused.sequence = 1;
    refused.submission_id = story_submission(1);
    cr_expect_not(submission_follows(&story.state.ledger, &event), "that one was intended");
}

Test(submission, a_refusal_after_an_attempt_is_a_bug, .signal = SIGABRT) {
    struct ledger_story story;
    story_begin(&story);
    story_not_sent(&story, 1);
    story_refuse(&story);
}

Test(submission, a_reading_of_the_stream_that_goes_back_does_not_follow) {
    struct ledger_story story;
    story_begin(&story);
    struct registry_events_stream_read read = {.transactions = 3};
    const struct message event = {MESSAGE_REGISTRY_EVENTS_STREAM_READ, &read};
    submission_evolve(&story.state.ledger, &event, &story.arena);
    cr_expect_eq(story.state.ledger.stream_transactions, 3);
    cr_expect(submission_follows(&story.state.ledger, &event), "as many is fine");
    read.transactions = 2;
    cr_expect_not(submission_follows(&story.state.ledger, &event), "fewer is an older one");
}
