/* How an unknown outcome is settled: by evidence, or by an operator who can close it. */
#include <criterion/criterion.h>

#include "tests/support/ledger_story.h"

#define SENT MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT
#define SUCCEEDED MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED
#define REFUSED MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED
#define RESOLVED MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED
#define RESOLUTION_REFUSED MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED
#define CONTRADICTS MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS

static const struct submission_facts nothing_known = {.writer_dead = false};
static const struct submission_facts all_closed = {.quarantine_set = true,
                                                   .writer_dead = true,
                                                   .quarantine_over = true,
                                                   .quarantined_ms = 90000,
                                                   .written_after = true};

Test(resolution, executed_needs_evidence_and_nothing_more) {
    struct ledger_story story;
    story_begin(&story);
    story_unknown(&story, 1);
    const struct uuid unknown_id = story.state.ledger.submission->unknown_id;
    story_resolve(&story, 1, true, MILLRACE_CLOSING_RULE_NONE, &nothing_known);
    story_expect(&story, STORY_EVENTS(RESOLVED), "an operator saw it there");
    const struct registry_events_submission_resolved *event = story_event(&story, 0, RESOLVED);
    cr_expect(event->executed);
    cr_expect(text_equal(event->by, text_of("olga")));
    cr_expect(text_equal(event->evidence, text_of("looked at its ledger")));
    cr_expect_not(event->has_quarantine_ms);
    cr_expect_eq(event->closing_rule, MILLRACE_CLOSING_RULE_NONE);
    cr_expect(uuid_equal(&event->metadata.parent_id, &unknown_id));
    cr_expect(story.state.ledger.submission->executed);
}

Test(resolution, not_executed_needs_a_quarantine_and_a_closing_rule) {
    const struct {
        char name[40];
        enum millrace_closing_rule rule;
        struct submission_facts facts;
        int refusal; /* 0: resolved */
    } rows[] = {
        {"no rule", MILLRACE_CLOSING_RULE_NONE, all_closed,
         MILLRACE_RESOLUTION_REFUSAL_CLOSING_RULE_NOT_PROVEN},
        {"writer not proven dead",
         MILLRACE_CLOSING_RULE_WRITER_DEAD,
         {.quarantine_set = true, .quarantine_over = true, .written_after = true},
         MILLRACE_RESOLUTION_REFUSAL_CLOSING_RULE_NOT_PROVEN},
        {"writer dead, quarantine not over",
         MILLRACE_CLOSING_RULE_WRITER_DEAD,
         {.quarantine_set = true, .writer_dead = true},
         MILLRACE_RESOLUTION_REFUSAL_QUARANTINE_NOT_OVER},
        {"risk taken, no quarantine configured", MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE,
         nothing_known, MILLRACE_RESOLUTION_REFUSAL_QUARANTINE_NOT_OVER},
        {"writer dead, said before its end",
         MILLRACE_CLOSING_RULE_WRITER_DEAD,
         {.quarantine_set = true, .writer_dead = true, .quarantine_over = true},
         MILLRACE_RESOLUTION_REFUSAL_QUARANTINE_NOT_OVER},
        {"risk taken, said before its end",
         MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE,
         {.quarantine_set = true, .quarantine_over = true},
         MILLRACE_RESOLUTION_REFUSAL_QUARANTINE_NOT_OVER},
        {"writer dead, quarantine over", MILLRACE_CLOSING_RULE_WRITER_DEAD, all_closed, 0},
        {"risk taken, quarantine over",
         MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE,
         {.quarantine_set = true,
          .quarantine_over = true,
          .quarantined_ms = 90000,
          .written_after = true},
         0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ledger_story story;
        story_begin(&story);
        story_unknown(&story, 1);
        story_resolve(&story, 1, false, rows[i].rule, &rows[i].facts);
        if (rows[i].refusal != 0) {
            const struct registry_events_resolution_refused *event =
                story_event(&story, 0, RESOLUTION_REFUSED);
            cr_expect_eq((int)event->reason, rows[i].refusal, "%s", rows[i].name);
            cr_expect(event->has_detail && event->detail.length > 0, "%s", rows[i].name);
            cr_expect_eq(event->sequence, 1, "%s", rows[i].name);
            story_expect_state(&story, REGISTRY_STATE_SUBMISSION_STATE_UNKNOWN, rows[i].name);
            cr_expect_not_null(story.state.work.queued, "%s: still open", rows[i].name);
            continue;
        }
        const struct registry_events_submission_resolved *event = story_event(&story, 0, RESOLVED);
        cr_expect_not(event->executed, "%s", rows[i].name);
        cr_expect_eq(event->closing_rule, rows[i].rule, "%s", rows[i].name);
        cr_expect(event->has_quarantine_ms && event->quarantine_ms == 90000, "%s", rows[i].name);
        story_expect_state(&story, REGISTRY_STATE_SUBMISSION_STATE_RESOLVED, rows[i].name);
        cr_expect_not(submission_startable(&story.state), "%s: never sent again", rows[i].name);
    }
}

Test(resolution, only_an_unknown_outcome_can_be_resolved) {
    const struct {
        char name[32];
        void (*given)(struct ledger_story *, int64_t);
        int64_t about;
        enum millrace_resolution_refusal reason;
    } rows[] = {
        {"queued", story_queued, 1, MILLRACE_RESOLUTION_REFUSAL_NOT_UNKNOWN},
        {"intended", story_intended, 1, MILLRACE_RESOLUTION_REFUSAL_NOT_UNKNOWN},
        {"sent", story_sent, 1, MILLRACE_RESOLUTION_REFUSAL_NOT_UNKNOWN},
        {"not sent", story_not_sent, 1, MILLRACE_RESOLUTION_REFUSAL_NOT_UNKNOWN},
        {"succeeded", story_succeeded, 1, MILLRACE_RESOLUTION_REFUSAL_NOT_UNKNOWN},
        {"another", story_unknown, 9, MILLRACE_RESOLUTION_REFUSAL_UNKNOWN_SUBMISSION},
        {"none yet", NULL, 1, MILLRACE_RESOLUTION_REFUSAL_UNKNOWN_SUBMISSION},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ledger_story story;
        story_begin(&story);
        if (rows[i].given != NULL) {
            rows[i].given(&story, 1);
        }
        story_resolve(&story, rows[i].about, true, MILLRACE_CLOSING_RULE_NONE, &all_closed);
        story_expect(&story, STORY_EVENTS(RESOLUTION_REFUSED), rows[i].name);
        const struct registry_events_resolution_refused *event =
            story_event(&story, 0, RESOLUTION_REFUSED);
        cr_expect_eq(event->reason, rows[i].reason, "%s", rows[i].name);
    }
}

Test(resolution, twice_is_refused_the_second_time) {
    struct ledger_story story;
    story_begin(&story);
    story_unknown(&story, 1);
    story_resolve(&story, 1, true, MILLRACE_CLOSING_RULE_NONE, &nothing_known);
    story_resolve(&story, 1, false, MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE, &all_closed);
    story_expect(&story, STORY_EVENTS(RESOLUTION_REFUSED), "a verdict is never rewritten");
    cr_expect(story.state.ledger.submission->executed);
}

Test(resolution, what_cannot_be_worked_on_is_malformed) {
    struct ledger_story story;
    story_begin(&story);
    story_unknown(&story, 1);
    struct registry_operations_resolve_submission operation = {
        .submission_id = story_submission(1),
        .certificate_id = story_certificate(),
        .executed = true,
        .operator= text_of("olga"),
        .closing_rule = MILLRACE_CLOSING_RULE_NONE,
    };
    struct submission_input input = {.kind = SUBMISSION_INPUT_RESOLVE,
                                     .resolve = {.operation = &operation}};
    submission_decide(&story.state, &input, &story.context, &story.decision);
    cr_expect_eq(story.decision.verdict, SUBMISSION_VERDICT_MALFORMED);
    cr_expect_str_eq(story.decision.field, "evidence");
    operation.evidence = text_of("seen");
    operation.operator= text_of("");
    submission_decide(&story.state, &input, &story.context, &story.decision);
    cr_expect_str_eq(story.decision.field, "operator");
    operation.operator= text_of("olga");
    operation.closing_rule = MILLRACE_CLOSING_RULE_OTHER;
    submission_decide(&story.state, &input, &story.context, &story.decision);
    cr_expect_str_eq(story.decision.field, "closingRule");
    cr_expect_eq(story.decision.events_count, 0);
}

/* What evidence can say. */
enum said { SAID_EXECUTED, SAID_REFUSED, SAID_ACCEPTED, SAID_NOT_FOUND };

static void say(struct ledger_story *story, enum millrace_evidence_kind kind, enum said said) {
    story->evidence.kind = kind;
    story->evidence.has_executed = said != SAID_ACCEPTED;
    story->evidence.executed = said == SAID_EXECUTED;
    story->evidence.has_message = said == SAID_REFUSED;
    story->evidence.message = said == SAID_REFUSED ? text_of("no") : text_of("");
    story_evidence(story);
}

Test(evidence, only_what_is_positive_settles) {
    const struct {
        char name[40];
        void (*given)(struct ledger_story *, int64_t);
        enum millrace_evidence_kind kind;
        enum said said;
        int event; /* -1: held */
    } rows[] = {
        {"reply: executed", story_intended, MILLRACE_EVIDENCE_KIND_REPLY, SAID_EXECUTED, SUCCEEDED},
        {"reply: refused", story_intended, MILLRACE_EVIDENCE_KIND_REPLY, SAID_REFUSED, REFUSED},
        {"reply: accepted", story_intended, MILLRACE_EVIDENCE_KIND_REPLY, SAID_ACCEPTED, SENT},
        {"status: executed", story_sent, MILLRACE_EVIDENCE_KIND_STATUS, SAID_EXECUTED, SUCCEEDED},
        {"status: refused", story_sent, MILLRACE_EVIDENCE_KIND_STATUS, SAID_REFUSED, REFUSED},
        {"status: not found", story_sent, MILLRACE_EVIDENCE_KIND_STATUS, SAID_NOT_FOUND, -1},
        {"stream: executed", story_intended, MILLRACE_EVIDENCE_KIND_STREAM, SAID_EXECUTED,
         SUCCEEDED},
        {"stream: not in it", story_intended, MILLRACE_EVIDENCE_KIND_STREAM, SAID_NOT_FOUND, -1},
        {"stream: not in it, with words", story_intended, MILLRACE_EVIDENCE_KIND_STREAM,
         SAID_REFUSED, -1},
        {"a person's word", story_intended, MILLRACE_EVIDENCE_KIND_OPERATOR, SAID_EXECUTED, -1},
        {"unknown, executed", story_unknown, MILLRACE_EVIDENCE_KIND_REPLY, SAID_EXECUTED, RESOLVED},
        {"unknown, refused", story_unknown, MILLRACE_EVIDENCE_KIND_REPLY, SAID_REFUSED, RESOLVED},
        {"unknown, status: executed", story_unknown, MILLRACE_EVIDENCE_KIND_STATUS, SAID_EXECUTED,
         RESOLVED},
        {"unknown, status: refused", story_unknown, MILLRACE_EVIDENCE_KIND_STATUS, SAID_REFUSED,
         RESOLVED},
        {"unknown, stream: executed", story_unknown, MILLRACE_EVIDENCE_KIND_STREAM, SAID_EXECUTED,
         RESOLVED},
        {"unknown, stream: not in it", story_unknown, MILLRACE_EVIDENCE_KIND_STREAM, SAID_REFUSED,
         -1},
        {"unknown, accepted", story_unknown, MILLRACE_EVIDENCE_KIND_STATUS, SAID_ACCEPTED, -1},
        {"unknown, not found", story_unknown, MILLRACE_EVIDENCE_KIND_STATUS, SAID_NOT_FOUND, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ledger_story story;
        story_begin(&story);
        rows[i].given(&story, 1);
        story_take_over(&story, STORY_LANE_SECOND);
        story_evidence_about(&story, 1, STORY_LANE_FIRST);
        say(&story, rows[i].kind, rows[i].said);
        if (rows[i].event >= 0) {
            story_expect(&story, STORY_EVENTS(rows[i].event), rows[i].name);
        } else {
            story_expect(&story, STORY_EVENTS(-1), rows[i].name);
            cr_expect_eq(story.state.work.evidence_count, 1, "%s: held", rows[i].name);
            cr_expect_not_null(story.state.work.queued, "%s: open", rows[i].name);
        }
    }
}

Test(evidence, that_was_asked_for_needs_neither_quarantine_nor_closing_rule) {
    static const enum said said[] = {SAID_EXECUTED, SAID_REFUSED};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        struct ledger_story story;
        story_begin(&story);
        story_unknown(&story, 1);
        const struct uuid unknown_id = story.state.ledger.submission->unknown_id;
        story_take_over(&story, STORY_LANE_SECOND);
        story_evidence_about(&story, 1, STORY_LANE_FIRST);
        say(&story, MILLRACE_EVIDENCE_KIND_STATUS, said[i]);
        story_expect(&story, STORY_EVENTS(RESOLVED), "the registry said what became of it");
        const struct registry_events_submission_resolved *event = story_event(&story, 0, RESOLVED);
        cr_expect_eq(event->executed, said[i] == SAID_EXECUTED);
        cr_expect_eq(event->closing_rule, MILLRACE_CLOSING_RULE_NONE);
        cr_expect_not(event->has_quarantine_ms);
        cr_expect(uuid_equal(&event->metadata.parent_id, &unknown_id));
        cr_expect(text_equal(event->by, story.context.source.name), "and nobody had to");
        cr_expect_null(story.state.work.queued);
    }
}

Test(evidence, that_is_held_is_held_once_and_bounded_and_gone_with_the_outcome) {
    struct ledger_story story;
    story_begin(&story);
    story_unknown(&story, 1);
    story_evidence_about(&story, 1, STORY_LANE_FIRST);
    for (unsigned i = 0; i < SUBMISSION_EVIDENCE_HELD_MAX + 3; i++) {
        story.evidence.metadata.id = story_uuid((uint8_t)i);
        say(&story, MILLRACE_EVIDENCE_KIND_STATUS, SAID_NOT_FOUND);
    }
    cr_expect_eq(story.state.work.evidence_count, SUBMISSION_EVIDENCE_HELD_MAX);
    const struct uuid oldest = story_uuid(3);
    cr_expect(uuid_equal(&story.state.work.evidence[0].message_id, &oldest), "oldest first");
    say(&story, MILLRACE_EVIDENCE_KIND_STATUS, SAID_NOT_FOUND);
    story_expect_nothing(&story, "the same piece again");
    say(&story, MILLRACE_EVIDENCE_KIND_STATUS, SAID_EXECUTED);
    story_expect(&story, STORY_EVENTS(RESOLVED), "at last");
    cr_expect_eq(story.state.work.evidence_count, 0);
}

Test(evidence, about_something_else_does_nothing) {
    struct ledger_story story;
    story_begin(&story);
    story_evidence_about(&story, 1, STORY_LANE_FIRST);
    story_evidence(&story);
    story_expect_nothing(&story, "nothing was ever submitted");
    story_intended(&story, 1);
    story_evidence_about(&story, 9, STORY_LANE_FIRST);
    story_evidence(&story);
    story_expect_nothing(&story, "another submission");
    story_evidence_about(&story, 1, STORY_LANE_FIRST);
    story.evidence.transaction_id = text_of("other");
    story_evidence(&story);
    story_expect_nothing(&story, "another transaction");
}

Test(evidence, against_a_verdict_is_an_incident_and_rewrites_nothing) {
    const struct {
        char name[32];
        bool executed;
        enum said said;
        bool contradicts;
    } rows[] = {
        {"executed, then refused", true, SAID_REFUSED, true},
        {"executed, then executed", true, SAID_EXECUTED, false},
        {"executed, then not found", true, SAID_NOT_FOUND, false},
        {"not executed, then executed", false, SAID_EXECUTED, true},
        {"not executed, then refused", false, SAID_REFUSED, false},
        {"not executed, then accepted", false, SAID_ACCEPTED, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ledger_story story;
        story_begin(&story);
        story_unknown(&story, 1);
        story_resolve(&story, 1, rows[i].executed, MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE,
                      &all_closed);
        story_expect_state(&story, REGISTRY_STATE_SUBMISSION_STATE_RESOLVED, rows[i].name);
        story_evidence_about(&story, 1, STORY_LANE_FIRST);
        say(&story, MILLRACE_EVIDENCE_KIND_REPLY, rows[i].said);
        if (!rows[i].contradicts) {
            story_expect_nothing(&story, rows[i].name);
            continue;
        }
        const struct registry_events_evidence_contradicts *event =
            story_event(&story, 0, CONTRADICTS);
        cr_expect_eq(event->ledger_executed, rows[i].executed, "%s", rows[i].name);
        cr_expect_eq(event->evidence_executed, !rows[i].executed, "%s", rows[i].name);
        cr_expect(uuid_equal(&event->evidence_id, &story.evidence.metadata.id), "%s", rows[i].name);
        cr_expect_eq(story.state.ledger.submission->executed, rows[i].executed, "%s", rows[i].name);
    }
}

Test(evidence, about_an_older_attempt_never_settles_a_newer_one) {
    struct ledger_story story;
    story_begin(&story);
    story_not_sent(&story, 1);
    story_take_over(&story, STORY_LANE_SECOND);
    story_intend(&story);
    story_evidence_about(&story, 1, STORY_LANE_FIRST);
    say(&story, MILLRACE_EVIDENCE_KIND_REPLY, SAID_REFUSED);
    story_expect_nothing(&story, "an old refusal does not close a new request");
    say(&story, MILLRACE_EVIDENCE_KIND_REPLY, SAID_EXECUTED);
    story_expect(&story, STORY_EVENTS(CONTRADICTS), "NotSent was a promise");
    story_expect_state(&story, REGISTRY_STATE_SUBMISSION_STATE_INTENDED, "still open");
}

Test(evidence, that_the_unsent_was_executed_ends_it_so_that_it_is_not_sent_again) {
    struct ledger_story story;
    story_begin(&story);
    story_not_sent(&story, 1);
    story_take_over(&story, STORY_LANE_SECOND);
    story_evidence_about(&story, 1, STORY_LANE_FIRST);
    say(&story, MILLRACE_EVIDENCE_KIND_REPLY, SAID_REFUSED);
    story_expect_nothing(&story, "a refusal agrees with NotSent");
    cr_expect(submission_startable(&story.state));
    say(&story, MILLRACE_EVIDENCE_KIND_REPLY, SAID_EXECUTED);
    story_expect(&story, STORY_EVENTS(CONTRADICTS, SUCCEEDED), "an incident, and the end");
    cr_expect_not(submission_startable(&story.state));
}
