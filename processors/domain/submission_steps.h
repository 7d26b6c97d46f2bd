/* The parts of `submission_decide`, one a file; not for anyone else. */
#ifndef MILLRACE_DOMAIN_SUBMISSION_STEPS_H
#define MILLRACE_DOMAIN_SUBMISSION_STEPS_H

#include "domain/submission.h"

/* Everything that a part needs; the decision starts as "nothing happens". */
struct submission_step {
    const struct registry_state_ledger_state *state;
    const struct submission_context *context;
    struct submission_decision *decision;
};

void submission_step_evidence(const struct submission_step *step,
                              const struct registry_evidence_evidence_found *evidence);
void submission_step_resolve(const struct submission_step *step,
                             const struct registry_operations_resolve_submission *operation,
                             const struct submission_facts *facts);

void submission_step_want_stream(const struct submission_step *step,
                                 const struct registry_operations_read_stream *operation,
                                 struct text traceparent);
void submission_step_stream(const struct submission_step *step,
                            const struct submission_reading *reading);

/* Has an intent of this model no outcome yet: Intended or Sent? */
bool submission_in_flight(const struct registry_state_submission_model *model);
/* Has it its final outcome: Succeeded, Refused or Resolved? */
bool submission_settled(const struct registry_state_submission_model *model);

/* Add an event of `size` bytes, its metadata made from `parent`. Ordinals count within the parent.
 * The rest of the struct is zero and the caller's to fill. */
void *submission_event_add(const struct submission_step *step, enum message_type type, size_t size,
                           const struct millrace_metadata *parent, uint32_t ordinal);

/* Fill what all events about the last attempt begin with. The structs are generated one by one, so
 * this is a macro. */
#define ATTEMPT_EVENT_OPENING(step, event)                                        \
    do {                                                                          \
        (event)->submission_id = (step)->state->ledger.submission->submission_id; \
        (event)->certificate_id = (step)->state->certificate_id;                  \
        (event)->sequence = (step)->state->ledger.submission->sequence;           \
        (event)->attempt = (step)->state->ledger.submission->attempt;             \
    } while (0)

/* The same for an outcome, which names the registry's transaction. */
#define OUTCOME_EVENT_OPENING(step, event)                                          \
    do {                                                                            \
        ATTEMPT_EVENT_OPENING(step, event);                                         \
        (event)->has_transaction_id = true;                                         \
        (event)->transaction_id = (step)->state->ledger.submission->transaction_id; \
    } while (0)

/* The metadata of the SubmitTransaction, as far as its children need it. */
struct millrace_metadata submission_parent(const struct registry_state_queued_submission *queued);

/* The outcomes, about the model's submission. Succeeded, Refused and Resolved end the work. */
void submission_add_sent(const struct submission_step *step);
void submission_add_succeeded(const struct submission_step *step, struct text evidence);
void submission_add_refused(const struct submission_step *step, struct text message);

/* A verdict on an unknown outcome. */
struct submission_resolution {
    bool executed;
    struct text evidence;
    struct text by;
    bool has_quarantine_ms;
    int64_t quarantine_ms;
    enum millrace_closing_rule closing_rule;
};
void submission_add_resolved(const struct submission_step *step,
                             const struct submission_resolution *resolution);

#endif
