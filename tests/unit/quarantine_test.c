/* The bookkeeping of quarantines by itself: what an answer of the brokers proves, and for whom. */
#include "registry_connector/quarantine.h"

#include <criterion/criterion.h>
#include <string.h>

enum { QUARANTINE_MS = 60000, OPERATIONS = 1 };

static struct {
    int64_t now_ms;
    struct options options;
    struct quarantines quarantines;
    bool writers_dead;
    uint32_t looks;
    enum result answer; /* of the brokers */
    int64_t end;
    uint32_t questions;
} desk;

static int64_t desk_ms(void *self) {
    (void)self;
    return desk.now_ms;
}

static bool proven_dead(void *self, const struct millrace_writer *writer) {
    (void)self;
    cr_assert_eq(writer->pid, 42);
    desk.looks++;
    return desk.writers_dead;
}

static enum result input_end_now(void *context, uint32_t input, int64_t *end, struct error *error) {
    (void)context;
    cr_assert_eq(input, OPERATIONS);
    desk.questions++;
    *end = desk.end;
    return desk.answer == RESULT_OK ? RESULT_OK : error_set(error, desk.answer, "not now");
}

static void open_desk(void) {
    const struct process process = {.proven_dead = proven_dead};
    const struct clock clock = {.monotonic_ms = desk_ms};
    const struct logger logger = logger_silent();
    desk.now_ms = 1000000;
    desk.options = options_default();
    desk.options.quarantine_ms = QUARANTINE_MS;
    quarantines_init(&desk.quarantines, &desk.options, &process, &clock, &logger);
}

static void close_desk(void) {
    quarantines_deinit(&desk.quarantines);
}

TestSuite(quarantine, .init = open_desk, .fini = close_desk);

static struct uuid certificate(uint8_t number) {
    return (struct uuid){.bytes = {[15] = number}};
}

static void follow(uint8_t number, enum registry_state_submission_state state) {
    struct registry_state_submission_model model = {
        .submission_id = {.bytes = {number, 1}},
        .state = state,
        .writer = {.host = text_of("there"), .pid = 42},
    };
    const struct registry_state_ledger_state ledger = {.certificate_id = certificate(number),
                                                       .ledger = {.submission = &model}};
    quarantines_follow(&desk.quarantines, &ledger, desk.now_ms);
}

static void becomes_unknown(uint8_t number) {
    follow(number, REGISTRY_STATE_SUBMISSION_STATE_UNKNOWN);
}

/* As a lane does: it ticks when it is due, and in between. */
static void pass(int64_t duration_ms) {
    const struct lane_identity identity = {.input_end_now = input_end_now};
    const int64_t end_ms = desk.now_ms + duration_ms;
    for (;;) {
        quarantines_tick(&desk.quarantines, &identity, OPERATIONS);
        const int64_t due_ms = quarantines_next_ms(&desk.quarantines);
        cr_assert_gt(due_ms, desk.now_ms, "it rests after a tick");
        if (due_ms > end_ms) {
            desk.now_ms = end_ms;
            return;
        }
        desk.now_ms = due_ms;
    }
}

/* Does a verdict at this offset count? */
static bool counts(uint8_t number, enum millrace_closing_rule rule, int64_t offset) {
    const struct uuid id = certificate(number);
    return quarantines_facts(&desk.quarantines, &id, rule, offset).written_after;
}

static bool risky_counts(uint8_t number, int64_t offset) {
    return counts(number, MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE, offset);
}

Test(quarantine, an_answer_serves_those_that_were_over_when_it_was_asked_for) {
    desk.answer = RESULT_AGAIN;
    desk.end = 7;
    becomes_unknown(1);
    pass(50);
    becomes_unknown(2);
    pass(QUARANTINE_MS); /* the first is over, then the second, and the question has no answer */
    cr_assert_gt(desk.questions, 0);
    cr_expect_not(risky_counts(1, 1000));
    desk.answer = RESULT_OK;
    pass(500);
    cr_expect(risky_counts(1, 7));
    cr_expect_not(risky_counts(1, 6));
    cr_expect_not(risky_counts(2, 1000), "it was not over yet when the question was first put");
    desk.end = 9;
    pass(2000);
    cr_expect(risky_counts(2, 9));
    cr_expect_not(risky_counts(2, 8));
    cr_expect(risky_counts(1, 7), "what is known once stays known");
}

Test(quarantine, a_question_that_gets_no_answer_is_put_anew_less_and_less_often) {
    desk.answer = RESULT_DENIED;
    becomes_unknown(1);
    pass(QUARANTINE_MS + 60000);
    cr_expect(desk.questions > 10 && desk.questions < 25, "%u questions", desk.questions);
    becomes_unknown(2);
    pass(QUARANTINE_MS);
    desk.answer = RESULT_OK;
    desk.end = 3;
    pass(6000);
    cr_expect(risky_counts(1, 3));
    cr_expect(risky_counts(2, 3), "a new question counts for all that are over");
}

Test(quarantine, writers_are_looked_at_calmly_and_one_look_serves_all_their_intents) {
    for (uint8_t i = 1; i <= 100; i++) {
        becomes_unknown(i);
    }
    pass(QUARANTINE_MS / 2);
    cr_expect_leq(desk.looks, 1 + QUARANTINE_MS / 2 / QUARANTINE_LOOK_MS);
    desk.writers_dead = true;
    pass(QUARANTINE_LOOK_MS);
    const uint32_t looks = desk.looks;
    desk.end = 5;
    pass(QUARANTINE_MS + 1);
    cr_expect_eq(desk.looks, looks, "the dead stay dead");
    for (uint8_t i = 1; i <= 100; i++) {
        cr_expect(counts(i, MILLRACE_CLOSING_RULE_WRITER_DEAD, 5));
    }
}

Test(quarantine, nothing_is_done_for_what_is_settled) {
    becomes_unknown(1);
    pass(1000);
    follow(1, REGISTRY_STATE_SUBMISSION_STATE_RESOLVED);
    const uint32_t looks = desk.looks;
    pass(2 * QUARANTINE_MS);
    cr_expect_eq(desk.questions, 0);
    cr_expect_eq(desk.looks, looks);
    cr_expect_eq(quarantines_next_ms(&desk.quarantines), INT64_MAX);
    cr_expect_not(risky_counts(1, 1000));
}
