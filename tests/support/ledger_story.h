/* Tells the story of one certificate's ledger: each step decides, checks and applies, so that a
 * test reads as given, when, then. */
#ifndef MILLRACE_TESTS_LEDGER_STORY_H
#define MILLRACE_TESTS_LEDGER_STORY_H

#include "domain/submission.h"

/* One lane's life: the same process with another incarnation is another lane. */
enum story_lane { STORY_LANE_FIRST = 1, STORY_LANE_SECOND = 2 };

struct ledger_story {
    _Alignas(16) uint8_t memory[1 << 18];
    struct arena arena;
    struct registry_state_ledger_state state;
    struct submission_context context;
    struct submission_decision decision; /* of the last step */
    struct registry_evidence_evidence_found evidence;
};

/* An empty ledger, decided on by the first lane. */
void story_begin(struct ledger_story *story);
/* From now on the lane with this incarnation decides. */
void story_take_over(struct ledger_story *story, enum story_lane lane);

/* The steps. Submission `n` has sequence n. Each leaves its decision in `story->decision`. */
void story_submit(struct ledger_story *story, int64_t n);
void story_intend(struct ledger_story *story);
/* No transaction can be made of what is queued. */
void story_refuse(struct ledger_story *story);
void story_reply(struct ledger_story *story, int64_t n, int32_t attempt,
                 enum submission_reply_kind kind);
void story_hold_over(struct ledger_story *story);
void story_resolve(struct ledger_story *story, int64_t n, bool executed,
                   enum millrace_closing_rule rule, const struct submission_facts *facts);
/* Change `story->evidence`, which starts as a reply "executed" for submission n, before. */
void story_evidence_about(struct ledger_story *story, int64_t n, enum story_lane lane);
void story_evidence(struct ledger_story *story);

/* Everything up to a point: submission n is ... */
void story_queued(struct ledger_story *story, int64_t n);
void story_intended(struct ledger_story *story, int64_t n);
void story_sent(struct ledger_story *story, int64_t n);
void story_not_sent(struct ledger_story *story, int64_t n);
void story_unknown(struct ledger_story *story, int64_t n);
void story_succeeded(struct ledger_story *story, int64_t n);
void story_resolved(struct ledger_story *story, int64_t n); /* as executed, by an operator */

/* What the last step did: exactly these events, ended by -1; or nothing at all. */
#define STORY_EVENTS(...) ((const int[]){__VA_ARGS__, -1})
void story_expect(const struct ledger_story *story, const int *types, const char *why);
void story_expect_nothing(const struct ledger_story *story, const char *why);
void story_expect_state(const struct ledger_story *story,
                        enum registry_state_submission_state state, const char *why);
/* The struct of the last step's event number `index`. */
const void *story_event(const struct ledger_story *story, uint32_t index, enum message_type type);

struct uuid story_uuid(uint8_t fill);
struct uuid story_certificate(void);
struct uuid story_submission(int64_t n);

#endif
