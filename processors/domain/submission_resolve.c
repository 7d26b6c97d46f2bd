/* An operator's verdict on an unknown outcome. */
#include <assert.h>

#include "domain/submission_steps.h"

static void refuse(const struct submission_step *step,
                   const struct registry_operations_resolve_submission *operation,
                   enum millrace_resolution_refusal reason, const char *detail) {
    const struct registry_state_submission_model *model = step->state->ledger.submission;
    struct registry_events_resolution_refused *event = submission_event_add(
        step, MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED, sizeof *event, &operation->metadata, 0);
    const bool known =
        model != NULL && uuid_equal(&model->submission_id, &operation->submission_id);
    event->submission_id = operation->submission_id;
    event->certificate_id = step->state->certificate_id;
    event->sequence = known ? model->sequence : 0;
    event->attempt = known ? model->attempt : 0;
    event->reason = reason;
    event->has_detail = true;
    event->detail = text_of(detail);
}

static const char *malformed_field(const struct registry_operations_resolve_submission *operation) {
    if (operation->evidence.length == 0) {
        return "evidence";
    }
    if (operation->operator.length == 0) {
        return "operator";
    }
    if (operation->closing_rule == MILLRACE_CLOSING_RULE_OTHER) {
        return "closingRule";
    }
    return NULL;
}

/* "Not executed" frees the certificate while the request may still be on its way. So it needs a
 * reason why none can follow, a time in which every request that was ever sent has ended, and a
 * look at the registry after that. */
static void decide_not_executed(const struct submission_step *step,
                                const struct registry_operations_resolve_submission *operation,
                                const struct submission_facts *facts) {
    const bool proven =
        operation->closing_rule == MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE ||
        (operation->closing_rule == MILLRACE_CLOSING_RULE_WRITER_DEAD && facts->writer_dead);
    if (!proven) {
        refuse(
            step, operation, MILLRACE_RESOLUTION_REFUSAL_CLOSING_RULE_NOT_PROVEN,
            operation->closing_rule == MILLRACE_CLOSING_RULE_WRITER_DEAD
                ? "the process that wrote the intent is not proven dead: it must have run on the "
                  "host of the connector that has the partition now, and have ended"
                : "'not executed' needs a closing rule: WriterDead, or MayExecuteTwice for who "
                  "takes the risk");
        return;
    }
    if (!facts->quarantine_over) {
        refuse(
            step, operation, MILLRACE_RESOLUTION_REFUSAL_QUARANTINE_NOT_OVER,
            facts->quarantine_set
                ? "a request may still be under way: look again when the quarantine is over, and "
                  "repeat it then; it begins anew when the partition gets a new owner"
                : "no quarantine is configured (loop.quarantine.ms), so none is ever over");
        return;
    }
    if (!facts->written_after) {
        refuse(
            step, operation, MILLRACE_RESOLUTION_REFUSAL_QUARANTINE_NOT_OVER,
            "it was written before the quarantine was over, and so was what it rests on: look at "
            "the registry again, and repeat it");
        return;
    }
    submission_add_resolved(step, &(struct submission_resolution){
                                      .executed = false,
                                      .evidence = operation->evidence,
                                      .by = operation->operator,
                                      .has_quarantine_ms = true,
                                      .quarantine_ms = facts->quarantined_ms,
                                      .closing_rule = operation->closing_rule,
                                  });
}

void submission_step_resolve(const struct submission_step *step,
                             const struct registry_operations_resolve_submission *operation,
                             const struct submission_facts *facts) {
    const struct registry_state_submission_model *model = step->state->ledger.submission;
    const struct registry_state_queued_submission *queued = step->state->work.queued;
    assert(uuid_equal(&operation->certificate_id, &step->state->certificate_id));
    assert(facts->quarantine_set || !facts->quarantine_over);
    assert(facts->quarantine_over || !facts->written_after);

    step->decision->field = malformed_field(operation);
    if (step->decision->field != NULL) {
        step->decision->verdict = SUBMISSION_VERDICT_MALFORMED;
        return;
    }
    if (model == NULL || !uuid_equal(&model->submission_id, &operation->submission_id)) {
        const bool waiting =
            queued != NULL && uuid_equal(&queued->submission_id, &operation->submission_id);
        refuse(step, operation,
               waiting ? MILLRACE_RESOLUTION_REFUSAL_NOT_UNKNOWN
                       : MILLRACE_RESOLUTION_REFUSAL_UNKNOWN_SUBMISSION,
               waiting ? "it was not sent yet" : "it is not the certificate's last submission");
        return;
    }
    if (model->state != REGISTRY_STATE_SUBMISSION_STATE_UNKNOWN) {
        refuse(step, operation, MILLRACE_RESOLUTION_REFUSAL_NOT_UNKNOWN,
               submission_settled(model) ? "its outcome is known" : "its outcome is still awaited");
        return;
    }
    if (!operation->executed) {
        decide_not_executed(step, operation, facts);
        return;
    }
    submission_add_resolved(step, &(struct submission_resolution){
                                      .executed = true,
                                      .evidence = operation->evidence,
                                      .by = operation->operator,
                                      .closing_rule = MILLRACE_CLOSING_RULE_NONE,
                                  });
}
