/* ReadStream and what comes of it: one reading at a time, and none of use while a submission was
 * open. */
#include <criterion/criterion.h>

#include "tests/support/ledger_story.h"

static struct submission_decision decide_read(struct ledger_story *story, uint8_t number,
                                              const char *registry) {
    static struct registry_operations_read_stream order;
    order = (struct registry_operations_read_stream){
        .metadata = {.id = {{0xaa, number}}},
        .certificate_id = story->state.certificate_id,
        .registry = text_of(registry),
    };
    const struct submission_input input = {
        .kind = SUBMISSION_INPUT_READ,
        .read = {.operation = &order, .traceparent = text_of("00-trace")}};
    struct submission_decision decision;
    submission_decide(&story->state, &input, &story->context, &decision);
    if (decision.verdict == SUBMISSION_VERDICT_CHANGED) {
        submission_apply(&story->state, &decision, &story->arena);
    }
    return decision;
}

static struct submission_decision decide_stream(struct ledger_story *story, int64_t sequence,
                                                int64_t transactions) {
    const struct submission_input input = {
        .kind = SUBMISSION_INPUT_STREAM,
        .stream = {.sequence = sequence, .transactions = transactions}};
    struct submission_decision decision;
    submission_decide(&story->state, &input, &story->context, &decision);
    if (decision.verdict == SUBMISSION_VERDICT_CHANGED) {
        submission_apply(&story->state, &decision, &story->arena);
    }
    return decision;
}

Test(submission_stream, a_reading_is_kept_until_it_has_brought_something) {
    struct ledger_story story;
    story_begin(&story);
    story_succeeded(&story, 1);
    cr_expect_not(submission_readable(&story.state), "nobody wants it");
    cr_expect_eq(decide_read(&story, 1, "main").verdict, SUBMISSION_VERDICT_CHANGED);
    cr_assert(submission_readable(&story.state));
    cr_expect(text_equal(story.state.work.stream_read->traceparent, text_of("00-trace")));
    cr_expect_eq(decide_read(&story, 2, "main").verdict, SUBMISSION_VERDICT_NOTHING,
                 "one at a time");
    cr_expect_eq(story.state.work.stream_read->message_id.bytes[1], 1);

    const struct submission_decision decision = decide_stream(&story, 1, 4);

    cr_assert_eq(decision.events_count, 1);
    const struct registry_events_stream_read *event = decision.events[0].body;
    cr_expect_eq(event->metadata.parent_id.bytes[0], 0xaa);
    cr_expect_eq(event->sequence, 1);
    cr_expect_eq(event->transactions, 4);
    cr_expect_null(story.state.work.stream_read);
    cr_expect_eq(decide_stream(&story, 1, 4).verdict, SUBMISSION_VERDICT_NOTHING,
                 "nobody wants it any more");
}

Test(submission_stream, a_reading_shows_nothing_where_a_submission_was_open) {
    struct ledger_story story;
    story_begin(&story);
    story_succeeded(&story, 1);
    (void)decide_read(&story, 1, "main");
    story_submit(&story, 2);
    cr_expect_not(submission_readable(&story.state), "another has begun");
    cr_expect_eq(decide_stream(&story, 1, 4).verdict, SUBMISSION_VERDICT_NOTHING);
    cr_expect_not_null(story.state.work.stream_read, "it is tried again");
    story_intend(&story);
    story_reply(&story, 2, 1, SUBMISSION_REPLY_SUCCEEDED);
    cr_assert(submission_readable(&story.state));
    cr_expect_eq(decide_stream(&story, 1, 4).verdict, SUBMISSION_VERDICT_NOTHING,
                 "it had begun before");
    cr_expect_eq(decide_stream(&story, 2, 4).verdict, SUBMISSION_VERDICT_CHANGED);
}

Test(submission_stream, a_reading_that_goes_back_is_ignored) {
    struct ledger_story story;
    story_begin(&story);
    (void)decide_read(&story, 1, "main");
    (void)decide_stream(&story, 0, 4);
    (void)decide_read(&story, 2, "main");
    cr_expect_eq(decide_stream(&story, 0, 3).verdict, SUBMISSION_VERDICT_NOTHING);
    cr_expect(submission_readable(&story.state), "and read again");
    cr_expect_eq(decide_stream(&story, 0, 4).verdict, SUBMISSION_VERDICT_CHANGED);
}

Test(submission_stream, a_reading_of_another_registry_ends_when_the_own_one_is_known) {
    struct ledger_story story;
    story_begin(&story);
    (void)decide_read(&story, 1, "another");
    story_succeeded(&story, 1);

    const struct submission_decision decision = decide_stream(&story, 1, 0);

    cr_expect_eq(decision.verdict, SUBMISSION_VERDICT_CHANGED);
    cr_expect_eq(decision.events_count, 0, "what a stranger does not have says nothing");
    cr_expect_null(story.state.work.stream_read, "and it is not tried again");
}

Test(submission_stream, only_the_certificates_own_registry_is_read) {
    struct ledger_story story;
    story_begin(&story);
    cr_expect_eq(decide_read(&story, 1, "another").verdict, SUBMISSION_VERDICT_CHANGED,
                 "nobody knows which it is");
    story_succeeded(&story, 1);
    const struct submission_decision decision = decide_read(&story, 2, "another");
    cr_expect_eq(decision.verdict, SUBMISSION_VERDICT_MALFORMED);
    cr_expect_str_eq(decision.field, "registry");
    cr_expect_eq(decide_read(&story, 3, "main").verdict, SUBMISSION_VERDICT_CHANGED,
                 "it takes the place of the one that was wrong");
    cr_expect_eq(story.state.work.stream_read->message_id.bytes[1], 3);
}
