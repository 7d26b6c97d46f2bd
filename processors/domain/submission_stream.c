/* ReadStream, and what comes of it: one reading of a certificate at a time, and only of use where
 * no submission was open from its beginning to its end. */
#include <assert.h>

#include "domain/submission.h"
#include "domain/submission_steps.h"

bool submission_readable(const struct registry_state_ledger_state *state) {
    assert(state != NULL);
    return state->work.stream_read != NULL && !submission_open(state);
}

/* The registry where the certificate's last submission went; empty: there was none, or it was
 * refused before it went anywhere. */
static struct text registry_of(const struct registry_state_ledger_state *state) {
    const struct registry_state_submission_model *model = state->ledger.submission;
    return state->work.queued != NULL ? state->work.queued->registry
           : model != NULL            ? model->registry
                                      : (struct text){.data = NULL};
}

void submission_step_want_stream(const struct submission_step *step,
                                 const struct registry_operations_read_stream *operation,
                                 struct text traceparent) {
    assert(uuid_equal(&operation->certificate_id, &step->state->certificate_id));
    const struct text registry = registry_of(step->state);
    if (registry.length > 0 && !text_equal(registry, operation->registry)) {
        /* What another registry knows of it, nothing most likely, says nothing about our books. */
        step->decision->verdict = SUBMISSION_VERDICT_MALFORMED;
        step->decision->field = "registry";
        return;
    }
    const struct registry_state_queued_read *under_way = step->state->work.stream_read;
    if (under_way != NULL && text_equal(under_way->registry, operation->registry)) {
        return; /* what it will show is newer than whatever was known when this was asked for */
    }
    struct registry_state_queued_read *read = arena_take(step->context->arena, sizeof *read);
    *read = (struct registry_state_queued_read){
        .message_id = operation->metadata.id,
        .registry = operation->registry,
        .has_correlation_id = operation->metadata.has_correlation_id,
        .correlation_id = operation->metadata.correlation_id,
        .has_channel = operation->metadata.has_channel,
        .channel = operation->metadata.channel,
        .has_traceparent = traceparent.length > 0,
        .traceparent = traceparent,
    };
    step->decision->work.stream_read = read;
    step->decision->verdict = SUBMISSION_VERDICT_CHANGED;
}

void submission_step_stream(const struct submission_step *step,
                            const struct submission_reading *reading) {
    const struct registry_state_ledger_model *ledger = &step->state->ledger;
    if (!submission_readable(step->state) || ledger->sequence != reading->sequence ||
        reading->transactions < ledger->stream_transactions) {
        return; /* it may have been read before something that we know of, and is read again */
    }
    const struct registry_state_queued_read *read = step->state->work.stream_read;
    const struct text registry = registry_of(step->state);
    if (registry.length > 0 && !text_equal(registry, read->registry)) {
        /* It was asked for before anybody knew where the certificate would be. */
        step->decision->work.stream_read = NULL;
        step->decision->verdict = SUBMISSION_VERDICT_CHANGED;
        return;
    }
    const struct registry_state_submission_model *model = ledger->submission;
    assert(model == NULL || submission_settled(model));
    const struct millrace_metadata parent = {
        .id = read->message_id,
        .has_correlation_id = read->has_correlation_id,
        .correlation_id = read->correlation_id,
        .has_channel = read->has_channel,
        .channel = read->channel,
    };
    struct registry_events_stream_read *event =
        submission_event_add(step, MESSAGE_REGISTRY_EVENTS_STREAM_READ, sizeof *event, &parent, 0);
    event->certificate_id = step->state->certificate_id;
    if (model != NULL) {
        event->has_submission_id = true;
        event->submission_id = model->submission_id;
        event->sequence = model->sequence;
        event->attempt = model->attempt;
    }
    event->slices = reading->slices;
    event->slices_count = reading->slices_count;
    event->withdrawn = reading->withdrawn;
    event->transactions = reading->transactions;
    step->decision->work.stream_read = NULL;
}
