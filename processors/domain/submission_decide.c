#include <assert.h>
#include <string.h>

#include "domain/metadata.h"
#include "domain/submission.h"
#include "domain/submission_steps.h"

void *submission_event_add(const struct submission_step *step, enum message_type type, size_t size,
                           const struct millrace_metadata *parent, uint32_t ordinal) {
    struct submission_decision *decision = step->decision;
    assert(decision->events_count < SUBMISSION_EVENTS_MAX);
    void *body = arena_take(step->context->arena, size);
    const struct millrace_metadata metadata =
        metadata_child(parent, &step->state->certificate_id, text_of(message_types[type].full_name),
                       ordinal, step->context->now_ms, &step->context->source);
    assert(message_types[type].has_metadata);
    memcpy(body, &metadata, sizeof metadata);
    decision->events[decision->events_count++] = (struct message){.type = type, .body = body};
    decision->verdict = SUBMISSION_VERDICT_CHANGED;
    return body;
}

struct millrace_metadata submission_parent(const struct registry_state_queued_submission *queued) {
    assert(queued != NULL);
    return (struct millrace_metadata){
        .id = queued->command_message_id,
        .has_correlation_id = queued->has_correlation_id,
        .correlation_id = queued->correlation_id,
        .has_channel = queued->has_channel,
        .channel = queued->channel,
    };
}

/* An event about the last attempt. Each attempt has its own ordinal, so that no two have one id. */
static void *attempt_event(const struct submission_step *step, enum message_type type,
                           size_t size) {
    const struct registry_state_submission_model *model = step->state->ledger.submission;
    assert(model != NULL && model->attempt >= 1);
    const struct millrace_metadata parent = submission_parent(step->state->work.queued);
    return submission_event_add(step, type, size, &parent, (uint32_t)(model->attempt - 1));
}

struct millrace_metadata submission_intended(const struct registry_state_ledger_state *state) {
    const struct registry_state_submission_model *model = state->ledger.submission;
    const struct registry_state_queued_submission *queued = state->work.queued;
    assert(model != NULL && queued != NULL && model->attempt >= 1);
    assert(uuid_equal(&model->submission_id, &queued->submission_id));
    const struct millrace_source nobody = {.name = text_of("")};
    const struct millrace_metadata parent = submission_parent(queued);
    const enum message_type type = MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED;
    return metadata_child(&parent, &state->certificate_id, text_of(message_types[type].full_name),
                          (uint32_t)(model->attempt - 1), 0, &nobody);
}

/* Nothing is under way any more, and what was held is used or useless. */
static void end_work(const struct submission_step *step) {
    step->decision->work.queued = NULL;
    step->decision->work.evidence = NULL;
    step->decision->work.evidence_count = 0;
}

void submission_add_sent(const struct submission_step *step) {
    struct registry_events_submission_sent *event =
        attempt_event(step, MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT, sizeof *event);
    ATTEMPT_EVENT_OPENING(step, event);
}

void submission_add_succeeded(const struct submission_step *step, struct text evidence) {
    struct registry_events_submission_succeeded *event =
        attempt_event(step, MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED, sizeof *event);
    OUTCOME_EVENT_OPENING(step, event);
    event->evidence = evidence;
    end_work(step);
}

void submission_add_refused(const struct submission_step *step, struct text message) {
    struct registry_events_submission_refused *event =
        attempt_event(step, MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED, sizeof *event);
    OUTCOME_EVENT_OPENING(step, event);
    event->message = message;
    end_work(step);
}

void submission_add_resolved(const struct submission_step *step,
                             const struct submission_resolution *resolution) {
    const struct registry_state_submission_model *model = step->state->ledger.submission;
    assert(model->state == REGISTRY_STATE_SUBMISSION_STATE_UNKNOWN && model->has_unknown_id);
    /* A closing rule is for a verdict "not executed", and never without a quarantine. */
    assert(resolution->closing_rule == MILLRACE_CLOSING_RULE_NONE ||
           (!resolution->executed && resolution->has_quarantine_ms));
    struct millrace_metadata parent = submission_parent(step->state->work.queued);
    parent.id = model->unknown_id;
    struct registry_events_submission_resolved *event = submission_event_add(
        step, MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED, sizeof *event, &parent, 0);
    OUTCOME_EVENT_OPENING(step, event);
    event->executed = resolution->executed;
    event->evidence = resolution->evidence;
    event->by = resolution->by;
    event->has_quarantine_ms = resolution->has_quarantine_ms;
    event->quarantine_ms = resolution->quarantine_ms;
    event->closing_rule = resolution->closing_rule;
    end_work(step);
}

static void add_not_sent(const struct submission_step *step, const struct submission_reply *reply) {
    struct registry_events_submission_not_sent *event =
        attempt_event(step, MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT, sizeof *event);
    ATTEMPT_EVENT_OPENING(step, event);
    event->cause = reply->not_sent_cause;
    event->has_detail = reply->words.length > 0;
    event->detail = reply->words;
}

static void add_unknown(const struct submission_step *step, enum millrace_unknown_cause cause,
                        struct text detail) {
    struct registry_events_submission_unknown *event =
        attempt_event(step, MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN, sizeof *event);
    OUTCOME_EVENT_OPENING(step, event);
    event->cause = cause;
    event->has_detail = detail.length > 0;
    event->detail = detail;
}

static bool has_one_operation(const struct millrace_operation *operation) {
    const bool set[] = {
        operation->issue != NULL,    operation->slice != NULL, operation->transfer != NULL,
        operation->allocate != NULL, operation->claim != NULL, operation->unclaim != NULL,
        operation->withdraw != NULL,
    };
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) {
        count += set[i] ? 1 : 0;
    }
    return count == 1;
}

/* Symbols that we do not know, in what is to be signed. */
static bool has_unknown_symbol(const struct millrace_operation *operation) {
    if (operation->allocate != NULL) {
        return operation->allocate->certificate_type == MILLRACE_CERTIFICATE_TYPE_OTHER;
    }
    if (operation->issue == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < operation->issue->attributes_count; i++) {
        if (operation->issue->attributes[i].kind == MILLRACE_ATTRIBUTE_KIND_OTHER) {
            return true;
        }
    }
    return operation->issue->certificate_type == MILLRACE_CERTIFICATE_TYPE_OTHER;
}

static void break_lane(const struct submission_step *step, enum submission_breach breach) {
    step->decision->verdict = SUBMISSION_VERDICT_BROKEN;
    step->decision->breach = breach;
}

static void decide_submit(const struct submission_step *step,
                          const struct registry_commands_submit_transaction *command,
                          struct text traceparent) {
    const struct registry_state_submission_model *model = step->state->ledger.submission;
    const struct registry_state_queued_submission *queued = step->state->work.queued;
    const int64_t last = queued != NULL ? queued->sequence : step->state->ledger.sequence;
    assert(uuid_equal(&command->certificate_id, &step->state->certificate_id));
    assert(last >= step->state->ledger.sequence);

    if (command->sequence == last && last > 0) {
        const struct uuid *known = queued != NULL ? &queued->submission_id : &model->submission_id;
        if (!uuid_equal(known, &command->submission_id)) {
            break_lane(step, SUBMISSION_BREACH_SEQUENCE_REUSED);
        }
        return;
    }
    if (command->sequence > 0 && command->sequence < last) {
        return; /* a replay; what it was about is settled long since */
    }
    if (command->sequence != last + 1) {
        break_lane(step, SUBMISSION_BREACH_SEQUENCE_GAP);
        return;
    }
    if (queued != NULL) {
        break_lane(step, SUBMISSION_BREACH_STILL_OPEN);
        return;
    }
    if (!has_one_operation(&command->operation) || has_unknown_symbol(&command->operation)) {
        break_lane(step, SUBMISSION_BREACH_NOT_ONE_OPERATION);
        return;
    }
    struct registry_state_queued_submission *entry =
        arena_take(step->context->arena, sizeof *entry);
    *entry = (struct registry_state_queued_submission){
        .submission_id = command->submission_id,
        .sequence = command->sequence,
        .registry = command->registry,
        .operation = command->operation,
        .command_message_id = command->metadata.id,
        .has_correlation_id = command->metadata.has_correlation_id,
        .correlation_id = command->metadata.correlation_id,
        .has_channel = command->metadata.has_channel,
        .channel = command->metadata.channel,
        .queued_at = step->context->now_ms,
        .has_traceparent = traceparent.length > 0,
        .traceparent = traceparent,
    };
    step->decision->work.queued = entry;
    step->decision->verdict = SUBMISSION_VERDICT_CHANGED;
}

static void decide_intend(const struct submission_step *step, struct text transaction_id,
                          struct bytes transaction) {
    assert(submission_startable(step->state));
    const struct registry_state_queued_submission *queued = step->state->work.queued;
    const struct registry_state_submission_model *model = step->state->ledger.submission;
    struct text stored_id;
    struct bytes stored;
    int32_t attempt = 1;
    if (submission_prepared(step->state, &stored_id, &stored)) {
        /* Half of a pair: the connector takes the stored bytes, and here is where it is checked. */
        assert(text_equal(stored_id, transaction_id) && bytes_equal(stored, transaction));
        attempt = model->attempt + 1;
    }
    const struct millrace_metadata parent = submission_parent(queued);
    struct registry_events_submission_intended *event =
        submission_event_add(step, MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED, sizeof *event,
                             &parent, (uint32_t)(attempt - 1));
    event->submission_id = queued->submission_id;
    event->certificate_id = step->state->certificate_id;
    event->sequence = queued->sequence;
    event->attempt = attempt;
    event->registry = queued->registry;
    event->incarnation = step->context->incarnation;
    event->writer = step->context->writer;
    event->transaction_id = transaction_id;
    event->transaction = transaction;
}

/* No transaction can be made of it, now or later: nothing was sent and nothing ever will be. */
static void decide_refuse(const struct submission_step *step, struct text words) {
    const struct registry_state_queued_submission *queued = step->state->work.queued;
    struct text id;
    struct bytes bytes;
    assert(submission_startable(step->state) && !submission_prepared(step->state, &id, &bytes));
    const struct millrace_metadata parent = submission_parent(queued);
    struct registry_events_submission_refused *event = submission_event_add(
        step, MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED, sizeof *event, &parent, 0);
    event->submission_id = queued->submission_id;
    event->certificate_id = step->state->certificate_id;
    event->sequence = queued->sequence;
    event->attempt = 0;
    event->message = words;
    end_work(step);
}

/* A reply to a call whose outcome is not awaited any more. */
static void decide_late_reply(const struct submission_step *step,
                              const struct submission_reply *reply) {
    const struct registry_state_submission_model *model = step->state->ledger.submission;
    const bool executed = reply->kind == SUBMISSION_REPLY_SUCCEEDED;
    if (!executed && reply->kind != SUBMISSION_REPLY_REFUSED) {
        return;
    }
    if (model->state == REGISTRY_STATE_SUBMISSION_STATE_UNKNOWN) {
        /* The one request that there was got its complete answer after all: no doubt is left, so
         * a refusal needs neither quarantine nor closing rule. */
        submission_add_resolved(step, &(struct submission_resolution){
                                          .executed = executed,
                                          .evidence = reply->words,
                                          .by = step->context->source.name,
                                          .closing_rule = MILLRACE_CLOSING_RULE_NONE,
                                      });
    } else if (submission_settled(model) && model->executed != executed) {
        step->decision->verdict = SUBMISSION_VERDICT_TESTIFY;
    }
}

static void decide_reply(const struct submission_step *step, const struct submission_reply *reply) {
    const struct registry_state_submission_model *model = step->state->ledger.submission;
    if (model == NULL || !uuid_equal(&model->submission_id, &reply->submission_id) ||
        model->attempt != reply->attempt ||
        !uuid_equal(&model->incarnation, &step->context->incarnation)) {
        return; /* it is about an older attempt and must not settle a newer one */
    }
    if (!submission_in_flight(model)) {
        decide_late_reply(step, reply);
        return;
    }
    switch (reply->kind) {
    case SUBMISSION_REPLY_ACCEPTED:
        if (model->state == REGISTRY_STATE_SUBMISSION_STATE_INTENDED) {
            submission_add_sent(step);
        }
        return;
    case SUBMISSION_REPLY_SUCCEEDED:
        submission_add_succeeded(step, reply->words);
        return;
    case SUBMISSION_REPLY_REFUSED:
        submission_add_refused(step, reply->words);
        return;
    case SUBMISSION_REPLY_NOT_SENT:
        /* Once the registry said that it has it, nobody can take that back. */
        assert(model->state == REGISTRY_STATE_SUBMISSION_STATE_INTENDED);
        add_not_sent(step, reply);
        return;
    case SUBMISSION_REPLY_UNKNOWN:
        add_unknown(step, reply->unknown_cause, reply->words);
        return;
    }
}

static void decide_hold_over(const struct submission_step *step) {
    const struct registry_state_submission_model *model =
        submission_held(step->state, &step->context->incarnation);
    if (model == NULL) {
        return; /* evidence settled it meanwhile */
    }
    add_unknown(step,
                model->state == REGISTRY_STATE_SUBMISSION_STATE_SENT
                    ? MILLRACE_UNKNOWN_CAUSE_NO_OUTCOME
                    : MILLRACE_UNKNOWN_CAUSE_FOREIGN_INTENT,
                (struct text){.data = NULL});
}

void submission_decide(const struct registry_state_ledger_state *state,
                       const struct submission_input *input,
                       const struct submission_context *context,
                       struct submission_decision *decision) {
    assert(state != NULL && input != NULL && context != NULL && decision != NULL);
    *decision = (struct submission_decision){.work = state->work};
    const struct submission_step step = {state, context, decision};
    switch (input->kind) {
    case SUBMISSION_INPUT_SUBMIT:
        decide_submit(&step, input->submit.command, input->submit.traceparent);
        return;
    case SUBMISSION_INPUT_INTEND:
        decide_intend(&step, input->intend.transaction_id, input->intend.transaction);
        return;
    case SUBMISSION_INPUT_REFUSE:
        decide_refuse(&step, input->refuse);
        return;
    case SUBMISSION_INPUT_REPLY:
        decide_reply(&step, &input->reply);
        return;
    case SUBMISSION_INPUT_HOLD_OVER:
        decide_hold_over(&step);
        return;
    case SUBMISSION_INPUT_RESOLVE:
        submission_step_resolve(&step, input->resolve.operation, &input->resolve.facts);
        return;
    case SUBMISSION_INPUT_EVIDENCE:
        submission_step_evidence(&step, input->evidence);
        return;
    case SUBMISSION_INPUT_READ:
        submission_step_want_stream(&step, input->read.operation, input->read.traceparent);
        return;
    case SUBMISSION_INPUT_STREAM:
        submission_step_stream(&step, &input->stream);
        return;
    }
}
