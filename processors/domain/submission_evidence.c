/* What was found out about a submission by other ways than our own call. */
#include <assert.h>
#include <string.h>

#include "domain/submission_steps.h"

/* What a piece of evidence shows beyond doubt. */
enum finding {
    FINDING_NOTHING,  /* "not found", a person's word: they settle nothing */
    FINDING_ACCEPTED, /* the registry has it; the outcome is still to come */
    FINDING_EXECUTED,
    FINDING_REFUSED, /* the registry refused it, in its own words */
};

static enum finding finding_of(const struct registry_evidence_evidence_found *evidence) {
    if (evidence->kind != MILLRACE_EVIDENCE_KIND_REPLY &&
        evidence->kind != MILLRACE_EVIDENCE_KIND_STATUS &&
        evidence->kind != MILLRACE_EVIDENCE_KIND_STREAM) {
        return FINDING_NOTHING;
    }
    if (!evidence->has_executed) {
        return FINDING_ACCEPTED;
    }
    if (evidence->executed) {
        return FINDING_EXECUTED;
    }
    /* A stream shows what is in it; what is not may still come. */
    return evidence->has_message && evidence->kind != MILLRACE_EVIDENCE_KIND_STREAM
               ? FINDING_REFUSED
               : FINDING_NOTHING;
}

static struct text words_of(const struct registry_evidence_evidence_found *evidence) {
    if (evidence->has_message && evidence->message.length > 0) {
        return evidence->message;
    }
    switch (evidence->kind) {
    case MILLRACE_EVIDENCE_KIND_REPLY:
        return text_of("late reply of the registry");
    case MILLRACE_EVIDENCE_KIND_STATUS:
        return text_of("status of the transaction at the registry");
    case MILLRACE_EVIDENCE_KIND_STREAM:
        return text_of("the certificate's stream at the registry");
    case MILLRACE_EVIDENCE_KIND_OPERATOR:
    case MILLRACE_EVIDENCE_KIND_OTHER:
        break;
    }
    assert(false); /* such evidence settles nothing */
    return text_of("");
}

static void contradict(const struct submission_step *step,
                       const struct registry_evidence_evidence_found *evidence,
                       bool ledger_executed, const char *detail) {
    struct registry_events_evidence_contradicts *event = submission_event_add(
        step, MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS, sizeof *event, &evidence->metadata, 0);
    ATTEMPT_EVENT_OPENING(step, event);
    event->evidence_id = evidence->metadata.id;
    event->kind = evidence->kind;
    event->evidence_executed = evidence->executed;
    event->ledger_executed = ledger_executed;
    event->has_detail = true;
    event->detail = text_of(detail);
}

/* Keep it for people, who see it beside the open submission. The same piece once. */
static void hold(const struct submission_step *step,
                 const struct registry_evidence_evidence_found *evidence) {
    const struct registry_state_ledger_work *work = &step->state->work;
    for (uint32_t i = 0; i < work->evidence_count; i++) {
        if (uuid_equal(&work->evidence[i].message_id, &evidence->metadata.id)) {
            return;
        }
    }
    const uint32_t dropped = work->evidence_count < SUBMISSION_EVIDENCE_HELD_MAX
                                 ? 0
                                 : work->evidence_count - SUBMISSION_EVIDENCE_HELD_MAX + 1;
    const uint32_t kept = work->evidence_count - dropped;
    struct registry_state_evidence_held *held =
        arena_take(step->context->arena, (kept + 1) * sizeof *held);
    if (kept > 0) {
        memcpy(held, work->evidence + dropped, kept * sizeof *held);
    }
    held[kept] = (struct registry_state_evidence_held){
        .message_id = evidence->metadata.id,
        .submission_id = evidence->submission_id,
        .incarnation = evidence->incarnation,
        .transaction_id = evidence->transaction_id,
        .kind = evidence->kind,
        .has_executed = evidence->has_executed,
        .executed = evidence->executed,
        .has_message = evidence->has_message,
        .message = evidence->message,
        .observed_at = evidence->observed_at,
        .observed_by = evidence->observed_by,
    };
    step->decision->work.evidence = held;
    step->decision->work.evidence_count = kept + 1;
    step->decision->verdict = SUBMISSION_VERDICT_CHANGED;
}

static void decide_in_flight(const struct submission_step *step,
                             const struct registry_evidence_evidence_found *evidence) {
    const struct registry_state_submission_model *model = step->state->ledger.submission;
    switch (finding_of(evidence)) {
    case FINDING_EXECUTED:
        submission_add_succeeded(step, words_of(evidence));
        return;
    case FINDING_REFUSED:
        submission_add_refused(step, words_of(evidence));
        return;
    case FINDING_ACCEPTED:
        if (model->state == REGISTRY_STATE_SUBMISSION_STATE_INTENDED) {
            submission_add_sent(step);
        }
        return;
    case FINDING_NOTHING:
        hold(step, evidence);
        return;
    }
}

static void decide_unknown(const struct submission_step *step,
                           const struct registry_evidence_evidence_found *evidence) {
    const enum finding finding = finding_of(evidence);
    if (finding != FINDING_EXECUTED && finding != FINDING_REFUSED) {
        hold(step, evidence);
        return;
    }
    submission_add_resolved(step, &(struct submission_resolution){
                                      .executed = finding == FINDING_EXECUTED,
                                      .evidence = words_of(evidence),
                                      .by = step->context->source.name,
                                      .closing_rule = MILLRACE_CLOSING_RULE_NONE,
                                  });
}

/* The ledger says that nothing was sent. Whoever promised that was wrong, so this is an incident;
 * but since the registry has executed it, sending it again would be the second time. */
static void decide_not_sent(const struct submission_step *step,
                            const struct registry_evidence_evidence_found *evidence) {
    if (finding_of(evidence) != FINDING_EXECUTED) {
        return;
    }
    contradict(step, evidence, false, "it was executed although the ledger has NotSent");
    submission_add_succeeded(step, words_of(evidence));
}

static void decide_settled(const struct submission_step *step,
                           const struct registry_evidence_evidence_found *evidence) {
    const struct registry_state_submission_model *model = step->state->ledger.submission;
    const enum finding finding = finding_of(evidence);
    if (finding == FINDING_EXECUTED && !model->executed) {
        contradict(step, evidence, false, "it was executed although the ledger says it was not");
    } else if (finding == FINDING_REFUSED && model->executed) {
        contradict(step, evidence, true, "it was refused although the ledger says it was executed");
    }
}

/* Evidence about an attempt that ended as NotSent. It never settles a newer one. */
static void decide_older_attempt(const struct submission_step *step,
                                 const struct registry_evidence_evidence_found *evidence) {
    const struct registry_state_submission_model *model = step->state->ledger.submission;
    if (model->state == REGISTRY_STATE_SUBMISSION_STATE_NOT_SENT) {
        decide_not_sent(step, evidence);
    } else if (finding_of(evidence) == FINDING_EXECUTED) {
        contradict(step, evidence, false,
                   "an earlier attempt was executed although the ledger has NotSent for it");
    }
}

void submission_step_evidence(const struct submission_step *step,
                              const struct registry_evidence_evidence_found *evidence) {
    const struct registry_state_submission_model *model = step->state->ledger.submission;
    assert(uuid_equal(&evidence->certificate_id, &step->state->certificate_id));
    if (model == NULL || !uuid_equal(&model->submission_id, &evidence->submission_id) ||
        !text_equal(model->transaction_id, evidence->transaction_id)) {
        return; /* about an older submission, whose outcome the certificate has used long since */
    }
    if (!uuid_equal(&model->incarnation, &evidence->incarnation)) {
        decide_older_attempt(step, evidence);
        return;
    }
    switch (model->state) {
    case REGISTRY_STATE_SUBMISSION_STATE_INTENDED:
    case REGISTRY_STATE_SUBMISSION_STATE_SENT:
        decide_in_flight(step, evidence);
        return;
    case REGISTRY_STATE_SUBMISSION_STATE_UNKNOWN:
        decide_unknown(step, evidence);
        return;
    case REGISTRY_STATE_SUBMISSION_STATE_NOT_SENT:
        decide_not_sent(step, evidence);
        return;
    case REGISTRY_STATE_SUBMISSION_STATE_SUCCEEDED:
    case REGISTRY_STATE_SUBMISSION_STATE_REFUSED:
    case REGISTRY_STATE_SUBMISSION_STATE_RESOLVED:
        decide_settled(step, evidence);
        return;
    case REGISTRY_STATE_SUBMISSION_STATE_OTHER:
        break;
    }
    assert(false); /* nobody writes it, and a state that is read with it stops the lane */
}
