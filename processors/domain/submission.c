#include "domain/submission.h"

#include <assert.h>
#include <string.h>

#include "domain/submission_steps.h"

void submission_init(struct registry_state_ledger_state *state, const struct uuid *certificate_id) {
    assert(state != NULL && certificate_id != NULL);
    *state = (struct registry_state_ledger_state){
        .format_version = SUBMISSION_FORMAT_VERSION,
        .certificate_id = *certificate_id,
    };
}

bool submission_in_flight(const struct registry_state_submission_model *model) {
    return model->state == REGISTRY_STATE_SUBMISSION_STATE_INTENDED ||
           model->state == REGISTRY_STATE_SUBMISSION_STATE_SENT;
}

bool submission_settled(const struct registry_state_submission_model *model) {
    return model->state == REGISTRY_STATE_SUBMISSION_STATE_SUCCEEDED ||
           model->state == REGISTRY_STATE_SUBMISSION_STATE_REFUSED ||
           model->state == REGISTRY_STATE_SUBMISSION_STATE_RESOLVED;
}

bool submission_open(const struct registry_state_ledger_state *state) {
    return state->work.queued != NULL;
}

bool submission_startable(const struct registry_state_ledger_state *state) {
    assert(state != NULL);
    const struct registry_state_queued_submission *queued = state->work.queued;
    const struct registry_state_submission_model *model = state->ledger.submission;
    if (queued == NULL) {
        return false;
    }
    if (model == NULL || !uuid_equal(&model->submission_id, &queued->submission_id)) {
        /* Its first attempt; what came before it is settled, or it would not be queued. */
        assert(model == NULL || submission_settled(model));
        return true;
    }
    return model->state == REGISTRY_STATE_SUBMISSION_STATE_NOT_SENT;
}

bool submission_prepared(const struct registry_state_ledger_state *state,
                         struct text *transaction_id, struct bytes *transaction) {
    assert(submission_startable(state));
    const struct registry_state_submission_model *model = state->ledger.submission;
    if (model == NULL || model->state != REGISTRY_STATE_SUBMISSION_STATE_NOT_SENT) {
        return false;
    }
    assert(model->has_transaction);
    *transaction_id = model->transaction_id;
    *transaction = model->transaction;
    return true;
}

const struct registry_state_submission_model *submission_held(
    const struct registry_state_ledger_state *state, const struct uuid *incarnation) {
    assert(state != NULL && incarnation != NULL);
    const struct registry_state_submission_model *model = state->ledger.submission;
    if (model == NULL || !submission_in_flight(model) ||
        uuid_equal(&model->incarnation, incarnation)) {
        return NULL;
    }
    return model;
}

/* Is the event about the model's last attempt? */
static bool is_about(const struct registry_state_submission_model *model, const struct uuid *id,
                     int64_t sequence, int32_t attempt) {
    return model != NULL && uuid_equal(&model->submission_id, id) && model->sequence == sequence &&
           model->attempt == attempt;
}

static bool intended_follows(const struct registry_state_ledger_model *ledger,
                             const struct registry_events_submission_intended *event) {
    const struct registry_state_submission_model *model = ledger->submission;
    if (event->sequence != ledger->sequence) {
        return event->sequence == ledger->sequence + 1 && event->attempt == 1 &&
               (model == NULL || submission_settled(model));
    }
    return is_about(model, &event->submission_id, event->sequence, event->attempt - 1) &&
           model->state == REGISTRY_STATE_SUBMISSION_STATE_NOT_SENT &&
           text_equal(model->registry, event->registry) &&
           text_equal(model->transaction_id, event->transaction_id) &&
           bytes_equal(model->transaction, event->transaction);
}

/* The one outcome without an intent, and so of attempt 0: nothing was ever to be sent. */
static bool refused_unsent_follows(const struct registry_state_ledger_model *ledger,
                                   const struct registry_events_submission_refused *event) {
    return event->attempt == 0 && !event->has_transaction_id &&
           event->sequence == ledger->sequence + 1 &&
           (ledger->submission == NULL || submission_settled(ledger->submission));
}

bool submission_follows(const struct registry_state_ledger_model *ledger,
                        const struct message *event) {
    assert(ledger != NULL && event != NULL);
    const struct registry_state_submission_model *model = ledger->submission;
    const bool intended = model != NULL && model->state == REGISTRY_STATE_SUBMISSION_STATE_INTENDED;
    switch ((int)event->type) {
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED:
        return intended_follows(ledger, event->body);
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT: {
        const struct registry_events_submission_not_sent *e = event->body;
        return intended && is_about(model, &e->submission_id, e->sequence, e->attempt);
    }
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT: {
        const struct registry_events_submission_sent *e = event->body;
        return intended && is_about(model, &e->submission_id, e->sequence, e->attempt);
    }
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED: {
        /* After NotSent only beside an EvidenceContradicts: see submission_evidence.c. */
        const struct registry_events_submission_succeeded *e = event->body;
        return is_about(model, &e->submission_id, e->sequence, e->attempt) &&
               (submission_in_flight(model) ||
                model->state == REGISTRY_STATE_SUBMISSION_STATE_NOT_SENT);
    }
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED: {
        const struct registry_events_submission_refused *e = event->body;
        return refused_unsent_follows(ledger, e) ||
               (is_about(model, &e->submission_id, e->sequence, e->attempt) &&
                submission_in_flight(model));
    }
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN: {
        const struct registry_events_submission_unknown *e = event->body;
        return is_about(model, &e->submission_id, e->sequence, e->attempt) &&
               submission_in_flight(model);
    }
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED: {
        const struct registry_events_submission_resolved *e = event->body;
        return is_about(model, &e->submission_id, e->sequence, e->attempt) &&
               model->state == REGISTRY_STATE_SUBMISSION_STATE_UNKNOWN;
    }
    case MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS: {
        const struct registry_events_evidence_contradicts *e = event->body;
        return is_about(model, &e->submission_id, e->sequence, e->attempt);
    }
    case MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED:
        return true;
    case MESSAGE_REGISTRY_EVENTS_STREAM_READ: {
        const struct registry_events_stream_read *e = event->body;
        return e->transactions >= ledger->stream_transactions &&
               (model == NULL || submission_settled(model));
    }
    default:
        return false; /* not of registry.events */
    }
}

static void evolve_intended(struct registry_state_ledger_model *ledger,
                            const struct registry_events_submission_intended *event,
                            struct arena *arena) {
    struct registry_state_submission_model *model = arena_take(arena, sizeof *model);
    *model = (struct registry_state_submission_model){
        .submission_id = event->submission_id,
        .sequence = event->sequence,
        .attempt = event->attempt,
        .state = REGISTRY_STATE_SUBMISSION_STATE_INTENDED,
        .registry = event->registry,
        .incarnation = event->incarnation,
        .writer = event->writer,
        .transaction_id = event->transaction_id,
        .has_transaction = true,
        .transaction = event->transaction,
        .intended_at = event->metadata.timestamp,
    };
    ledger->sequence = event->sequence;
    ledger->submission = model;
}

/* What an intent would have said is empty: nobody was to send anything. */
static struct registry_state_submission_model *evolve_refused_unsent(
    struct registry_state_ledger_model *ledger,
    const struct registry_events_submission_refused *event, struct arena *arena) {
    struct registry_state_submission_model *model = arena_take(arena, sizeof *model);
    *model = (struct registry_state_submission_model){
        .submission_id = event->submission_id,
        .sequence = event->sequence,
        .registry = text_of(""),
        .writer = {.host = text_of("")},
        .transaction_id = text_of(""),
    };
    ledger->sequence = event->sequence;
    ledger->submission = model;
    return model;
}

static void settle(struct registry_state_submission_model *model,
                   enum registry_state_submission_state state, bool executed) {
    model->state = state;
    model->has_transaction = false;
    model->transaction = (struct bytes){.data = NULL};
    model->has_executed = true;
    model->executed = executed;
}

void submission_evolve(struct registry_state_ledger_model *ledger, const struct message *event,
                       struct arena *arena) {
    assert(submission_follows(ledger, event));
    struct registry_state_submission_model *model = ledger->submission;
    switch ((int)event->type) {
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED:
        evolve_intended(ledger, event->body, arena);
        return;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT:
        model->state = REGISTRY_STATE_SUBMISSION_STATE_NOT_SENT;
        return;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT:
        model->state = REGISTRY_STATE_SUBMISSION_STATE_SENT;
        return;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED:
        settle(model, REGISTRY_STATE_SUBMISSION_STATE_SUCCEEDED, true);
        return;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED: {
        const struct registry_events_submission_refused *e = event->body;
        settle(e->attempt == 0 ? evolve_refused_unsent(ledger, e, arena) : model,
               REGISTRY_STATE_SUBMISSION_STATE_REFUSED, false);
        return;
    }
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN: {
        const struct registry_events_submission_unknown *e = event->body;
        model->state = REGISTRY_STATE_SUBMISSION_STATE_UNKNOWN;
        model->has_unknown_id = true;
        model->unknown_id = e->metadata.id;
        model->has_unknown_at = true;
        model->unknown_at = e->metadata.timestamp;
        return;
    }
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED: {
        const struct registry_events_submission_resolved *e = event->body;
        settle(model, REGISTRY_STATE_SUBMISSION_STATE_RESOLVED, e->executed);
        return;
    }
    case MESSAGE_REGISTRY_EVENTS_STREAM_READ: {
        const struct registry_events_stream_read *e = event->body;
        ledger->stream_transactions = e->transactions;
        return;
    }
    default: /* EvidenceContradicts and ResolutionRefused change nothing: they are for people */
        return;
    }
}

void submission_apply(struct registry_state_ledger_state *state,
                      const struct submission_decision *decision, struct arena *arena) {
    assert(decision->verdict == SUBMISSION_VERDICT_CHANGED);
    for (uint32_t i = 0; i < decision->events_count; i++) {
        submission_evolve(&state->ledger, &decision->events[i], arena);
    }
    state->work = decision->work;
    /* What is under way is what has no final outcome. */
    assert(state->work.queued != NULL || state->ledger.submission == NULL ||
           submission_settled(state->ledger.submission));
}
