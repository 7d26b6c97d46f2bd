/* What the connector wrote down about submissions, and what it means for the certificate. */
#include <assert.h>
#include <inttypes.h>

#include "certificates/lane.h"
#include "generated/c/registry_events.h"

/* What an event is to the certificate. */
enum relevance {
    RELEVANCE_NONE,       /* a step on the way, or about a submission that is settled long since */
    RELEVANCE_IN_FLIGHT,  /* about the command that is at the registry */
    RELEVANCE_BOOKS,      /* about the certificate itself: an incident, a reading of its stream */
    RELEVANCE_IMPOSSIBLE, /* about a submission that was never asked for */
};

static bool is_step(enum message_type type) {
    return type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED ||
           type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT ||
           type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT ||
           type == MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED;
}

static enum relevance stream_relevance(const struct certificates_state_certificate_work *work,
                                       const struct registry_events_stream_read *event) {
    /* A reading from before something that was used already shows too little. */
    if (work->current != NULL || event->transactions < work->stream_transactions) {
        return RELEVANCE_NONE;
    }
    return RELEVANCE_BOOKS;
}

static enum relevance relevance_of(const struct handling *handling, const struct message *event,
                                   const struct certificate_registry_head *head) {
    const struct certificates_state_certificate_work *work = &handling->state.work;
    if (event->type == MESSAGE_REGISTRY_EVENTS_STREAM_READ) {
        return stream_relevance(work, event->body);
    }
    if (is_step(event->type)) {
        return RELEVANCE_NONE;
    }
    if (head->sequence > work->sequence) {
        return RELEVANCE_IMPOSSIBLE;
    }
    if (event->type == MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS) {
        return RELEVANCE_BOOKS;
    }
    if (work->current == NULL || head->sequence < work->current->sequence) {
        return RELEVANCE_NONE;
    }
    assert(head->submission_id != NULL);
    return uuid_equal(head->submission_id, &work->current->submission_id) ? RELEVANCE_IN_FLIGHT
                                                                          : RELEVANCE_IMPOSSIBLE;
}

static void note_stream(struct handling *handling, const struct message *event) {
    if (event->type == MESSAGE_REGISTRY_EVENTS_STREAM_READ) {
        const struct registry_events_stream_read *body = event->body;
        handling->state.work.stream_requested = false;
        handling->state.work.stream_transactions = body->transactions;
        handling->changed = true;
    }
}

static enum result apply(struct handling *handling, const struct message *event,
                         struct error *error) {
    struct work_ahead ahead;
    const enum result result = work_look_ahead(handling, &ahead, error);
    if (result != RESULT_OK) {
        return result;
    }
    note_stream(handling, event);
    const struct certificate_context context = work_context(handling);
    const struct certificate_input input = {
        .message = *event, .in_flight = ahead.in_flight == NULL ? NULL : &ahead.in_flight->message};
    struct certificate_decision decision;
    certificate_decide(&handling->state.model, &input, &context, &decision);
    work_settle(handling, event, ahead.in_flight, &decision);
    work_drain_mailbox(handling, &ahead);
    handling_save(handling);
    return RESULT_OK;
}

enum result outcome_handle(struct handling *handling, struct error *error) {
    struct message event;
    enum result result =
        own_decode(handling->lane, handling->record, handling->turn, &event, error);
    if (result != RESULT_OK) {
        return result;
    }
    struct certificate_registry_head head;
    const bool known = certificate_registry_head(&event, &head);
    assert(known); /* the namespace of every other type is another topic */
    (void)known;
    result = handling_load(handling, head.certificate_id, error);
    if (result != RESULT_OK) {
        return result;
    }
    switch (relevance_of(handling, &event, &head)) {
    case RELEVANCE_NONE:
        return RESULT_OK;
    case RELEVANCE_IN_FLIGHT:
    case RELEVANCE_BOOKS:
        return apply(handling, &event, error);
    case RELEVANCE_IMPOSSIBLE:
        break;
    }
    const struct log_record *record = handling->record;
    return error_set(error, RESULT_INVALID,
                     "%s/%" PRId32 "/%" PRId64
                     ", key %.*s, is about a submission that this "
                     "processor never asked for (sequence %" PRId64
                     "): its state and the ledger "
                     "do not belong together; run `millrace verify`",
                     record->topic, record->partition, record->offset, (int)record->key.length,
                     (const char *)record->key.data, head.sequence);
}
