#include "tests/support/ledger_story.h"

#include <criterion/criterion.h>

static struct millrace_transfer_operation transfer = {
    .quantity = 100,
    .owner = {"alice", 5},
    .new_owner = {"bob", 3},
};

struct uuid story_uuid(uint8_t fill) {
    struct uuid uuid;
    memset(uuid.bytes, fill, sizeof uuid.bytes);
    return uuid;
}

struct uuid story_certificate(void) {
    return story_uuid(0xcc);
}

struct uuid story_submission(int64_t n) {
    return story_uuid((uint8_t)(0x50 + n));
}

void story_begin(struct ledger_story *story) {
    memset(story, 0, sizeof *story);
    arena_init(&story->arena, story->memory, sizeof story->memory);
    const struct uuid certificate_id = story_certificate();
    submission_init(&story->state, &certificate_id);
    story->context = (struct submission_context){
        .writer = {.host = text_of("here"), .boot_id = story_uuid(0xb0), .pid = 7, .start_time = 9},
        .source = {.name = text_of("millrace-registry-connector"), .version = text_of("0")},
        .now_ms = 1000,
        .arena = &story->arena,
    };
    story_take_over(story, STORY_LANE_FIRST);
}

void story_take_over(struct ledger_story *story, enum story_lane lane) {
    story->context.incarnation = story_uuid((uint8_t)(0xa0 + lane));
}

static void step(struct ledger_story *story, const struct submission_input *input) {
    story->context.now_ms++;
    submission_decide(&story->state, input, &story->context, &story->decision);
    if (story->decision.verdict == SUBMISSION_VERDICT_CHANGED) {
        submission_apply(&story->state, &story->decision, &story->arena);
    }
}

void story_submit(struct ledger_story *story, int64_t n) {
    struct registry_commands_submit_transaction *command =
        arena_take(&story->arena, sizeof *command);
    command->metadata.id = story_uuid((uint8_t)(0x10 + n));
    command->metadata.has_correlation_id = true;
    command->metadata.correlation_id = story_uuid((uint8_t)(0x20 + n));
    command->submission_id = story_submission(n);
    command->certificate_id = story_certificate();
    command->sequence = n;
    command->registry = text_of("main");
    command->operation.transfer = &transfer;
    step(story, &(struct submission_input){.kind = SUBMISSION_INPUT_SUBMIT,
                                           .submit = {.command = command}});
}

void story_intend(struct ledger_story *story) {
    struct text id = text_of("tx");
    struct bytes bytes = {.data = (const uint8_t *)"signed", .length = 6};
    (void)submission_prepared(&story->state, &id, &bytes);
    step(story, &(struct submission_input){.kind = SUBMISSION_INPUT_INTEND,
                                           .intend = {.transaction_id = id, .transaction = bytes}});
}

void story_refuse(struct ledger_story *story) {
    step(story, &(struct submission_input){.kind = SUBMISSION_INPUT_REFUSE,
                                           .refuse = text_of("too many bytes")});
}

void story_reply(struct ledger_story *story, int64_t n, int32_t attempt,
                 enum submission_reply_kind kind) {
    step(story, &(struct submission_input){
                    .kind = SUBMISSION_INPUT_REPLY,
                    .reply = {.submission_id = story_submission(n),
                              .attempt = attempt,
                              .kind = kind,
                              .not_sent_cause = MILLRACE_NOT_SENT_CAUSE_CONNECT_FAILED,
                              .unknown_cause = MILLRACE_UNKNOWN_CAUSE_TIMEOUT,
                              .words = text_of("words of the registry")}});
}

void story_hold_over(struct ledger_story *story) {
    step(story, &(struct submission_input){.kind = SUBMISSION_INPUT_HOLD_OVER});
}

void story_resolve(struct ledger_story *story, int64_t n, bool executed,
                   enum millrace_closing_rule rule, const struct submission_facts *facts) {
    struct registry_operations_resolve_submission *operation =
        arena_take(&story->arena, sizeof *operation);
    operation->metadata.id = story_uuid(0x0e);
    operation->submission_id = story_submission(n);
    operation->certificate_id = story_certificate();
    operation->executed = executed;
    operation->evidence = text_of("looked at its ledger");
    operation->operator= text_of("olga");
    operation->closing_rule = rule;
    step(story, &(struct submission_input){.kind = SUBMISSION_INPUT_RESOLVE,
                                           .resolve = {.operation = operation, .facts = *facts}});
}

void story_evidence_about(struct ledger_story *story, int64_t n, enum story_lane lane) {
    story->evidence = (struct registry_evidence_evidence_found){
        .metadata = {.id = story_uuid(0xe1)},
        .submission_id = story_submission(n),
        .certificate_id = story_certificate(),
        .incarnation = story_uuid((uint8_t)(0xa0 + lane)),
        .transaction_id = text_of("tx"),
        .kind = MILLRACE_EVIDENCE_KIND_REPLY,
        .has_executed = true,
        .executed = true,
        .observed_at = 5,
        .observed_by = text_of("collector on elsewhere"),
    };
}

void story_evidence(struct ledger_story *story) {
    struct registry_evidence_evidence_found *evidence = arena_take(&story->arena, sizeof *evidence);
    *evidence = story->evidence;
    step(story,
         &(struct submission_input){.kind = SUBMISSION_INPUT_EVIDENCE, .evidence = evidence});
}

void story_queued(struct ledger_story *story, int64_t n) {
    story_submit(story, n);
    cr_assert_eq(story->decision.verdict, SUBMISSION_VERDICT_CHANGED);
    cr_assert(submission_startable(&story->state));
}

void story_intended(struct ledger_story *story, int64_t n) {
    story_queued(story, n);
    story_intend(story);
    story_expect_state(story, REGISTRY_STATE_SUBMISSION_STATE_INTENDED, "given");
}

void story_sent(struct ledger_story *story, int64_t n) {
    story_intended(story, n);
    story_reply(story, n, 1, SUBMISSION_REPLY_ACCEPTED);
    story_expect_state(story, REGISTRY_STATE_SUBMISSION_STATE_SENT, "given");
}

void story_not_sent(struct ledger_story *story, int64_t n) {
    story_intended(story, n);
    story_reply(story, n, 1, SUBMISSION_REPLY_NOT_SENT);
    story_expect_state(story, REGISTRY_STATE_SUBMISSION_STATE_NOT_SENT, "given");
}

void story_unknown(struct ledger_story *story, int64_t n) {
    story_intended(story, n);
    story_reply(story, n, 1, SUBMISSION_REPLY_UNKNOWN);
    story_expect_state(story, REGISTRY_STATE_SUBMISSION_STATE_UNKNOWN, "given");
}

void story_succeeded(struct ledger_story *story, int64_t n) {
    story_intended(story, n);
    story_reply(story, n, 1, SUBMISSION_REPLY_SUCCEEDED);
    story_expect_state(story, REGISTRY_STATE_SUBMISSION_STATE_SUCCEEDED, "given");
}

void story_resolved(struct ledger_story *story, int64_t n) {
    const struct submission_facts facts = {.writer_dead = false};
    story_unknown(story, n);
    story_resolve(story, n, true, MILLRACE_CLOSING_RULE_NONE, &facts);
    story_expect_state(story, REGISTRY_STATE_SUBMISSION_STATE_RESOLVED, "given");
}

void story_expect(const struct ledger_story *story, const int *types, const char *why) {
    uint32_t count = 0;
    cr_expect_eq(story->decision.verdict, SUBMISSION_VERDICT_CHANGED, "%s", why);
    for (; types[count] != -1; count++) {
        cr_assert_lt(count, story->decision.events_count, "%s: an event is missing", why);
        cr_expect_eq((int)story->decision.events[count].type, types[count], "%s: not %s", why,
                     message_types[story->decision.events[count].type].full_name);
    }
    cr_expect_eq(story->decision.events_count, count, "%s: and nothing else", why);
}

void story_expect_nothing(const struct ledger_story *story, const char *why) {
    cr_expect_eq(story->decision.verdict, SUBMISSION_VERDICT_NOTHING, "%s: nothing happens", why);
    cr_expect_eq(story->decision.events_count, 0, "%s: no event", why);
}

void story_expect_state(const struct ledger_story *story,
                        enum registry_state_submission_state state, const char *why) {
    cr_assert_not_null(story->state.ledger.submission, "%s", why);
    cr_expect_eq(story->state.ledger.submission->state, state, "%s: state %d", why,
                 (int)story->state.ledger.submission->state);
}

const void *story_event(const struct ledger_story *story, uint32_t index, enum message_type type) {
    cr_assert_lt(index, story->decision.events_count);
    cr_assert_eq(story->decision.events[index].type, type);
    return story->decision.events[index].body;
}
