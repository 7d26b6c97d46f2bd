/* What the connector wrote down about submissions, and what it means for the certificate. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

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

/* A reading is of no use while a submission is open, nor when it shows less than was used before.
 * One from before the last submission is here again: our books are newer than it. */
static bool stream_is_stale(const struct certificates_state_certificate_work *work,
                            const struct registry_events_stream_read *event) {
    return work->current != NULL || event->sequence < work->sequence ||
           event->transactions < work->stream_transactions;
}

/* The ledger contradicts only the submission that is its newest: what is about an older one than
 * was contradicted since is here again, and so is what is remembered. */
static bool is_contradiction_known(const struct certificates_state_certificate_work *work,
                                   const struct certificate_registry_head *head) {
    const struct certificates_state_contradicted_submission *contradicted = work->contradicted;
    if (contradicted == NULL || head->sequence != contradicted->sequence) {
        return contradicted != NULL && head->sequence < contradicted->sequence;
    }
    for (uint32_t i = 0; i < contradicted->message_ids_count; i++) {
        if (uuid_equal(&contradicted->message_ids[i], &head->metadata->id)) {
            return true;
        }
    }
    return false;
}

static enum relevance relevance_of(const struct handling *handling, const struct message *event,
                                   const struct certificate_registry_head *head) {
    const struct certificates_state_certificate_work *work = &handling->state.work;
    if (event->type == MESSAGE_REGISTRY_EVENTS_STREAM_READ) {
        return stream_is_stale(work, event->body) ? RELEVANCE_NONE : RELEVANCE_BOOKS;
    }
    if (head->sequence > work->sequence) {
        return RELEVANCE_IMPOSSIBLE;
    }
    if (event->type == MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS) {
        return is_contradiction_known(work, head) ? RELEVANCE_NONE : RELEVANCE_BOOKS;
    }
    if (work->current == NULL || head->sequence < work->current->sequence) {
        return RELEVANCE_NONE;
    }
    assert(head->submission_id != NULL);
    return uuid_equal(head->submission_id, &work->current->submission_id) ? RELEVANCE_IN_FLIGHT
                                                                          : RELEVANCE_IMPOSSIBLE;
}

/* A reading came, of use or not: the next one may be asked for. */
static void note_stream(struct handling *handling,
                        const struct registry_events_stream_read *event) {
    struct certificates_state_certificate_work *work = &handling->state.work;
    if (work->stream_requested) {
        work->stream_requested = false;
        handling->changed = true;
    }
    if (!stream_is_stale(work, event) && event->transactions > work->stream_transactions) {
        work->stream_transactions = event->transactions;
        handling->changed = true;
    }
}

/* A contradiction came, whether or not anything comes of it: it is known from now on. */
static void note_contradiction(struct handling *handling,
                               const struct certificate_registry_head *head) {
    struct certificates_state_certificate_work *work = &handling->state.work;
    struct arena *arena = turn_arena(handling->turn);
    const struct certificates_state_contradicted_submission *before = work->contradicted;
    const bool more = before != NULL && before->sequence == head->sequence;
    const uint32_t known = more ? before->message_ids_count : 0;
    const uint32_t forgotten =
        known < CERTIFICATES_CONTRADICTIONS_MAX ? 0 : known - CERTIFICATES_CONTRADICTIONS_MAX + 1;
    const uint32_t kept = known - forgotten;
    struct uuid *ids = arena_take(arena, (kept + 1) * sizeof *ids);
    if (kept > 0) {
        memcpy(ids, before->message_ids + forgotten, kept * sizeof *ids);
    }
    ids[kept] = head->metadata->id;
    work->contradicted = arena_take(arena, sizeof *work->contradicted);
    *work->contradicted = (struct certificates_state_contradicted_submission){
        .sequence = head->sequence, .message_ids = ids, .message_ids_count = kept + 1};
    handling->changed = true;
}

/* Is it a reading that cannot be made out: a slice in a state that this version does not know? */
static bool is_unreadable_stream(const struct message *event) {
    char field[DECODE_FIELD_MAX];
    return event->type == MESSAGE_REGISTRY_EVENTS_STREAM_READ &&
           decode_find_other(message_types[event->type].record, event->body, field);
}

/* Books that would be too large are left as they are, and a person has to look. */
static void leave_what_is_too_large(struct handling *handling,
                                    struct certificate_decision *decision) {
    if (work_has_room_for_events(handling, decision)) {
        return;
    }
    const bool suspends =
        decision->events_count > 0 &&
        decision->events[0].type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED;
    decision->events_count = suspends ? 1 : 0;
}

static enum result apply(struct handling *handling, const struct message *event,
                         struct error *error) {
    struct work_ahead ahead;
    const enum result result = work_look_ahead(handling, &ahead, error);
    if (result != RESULT_OK) {
        return result;
    }
    const struct certificate_context context = work_context(handling);
    const struct certificate_input input = {
        .message = *event, .in_flight = ahead.in_flight == NULL ? NULL : &ahead.in_flight->message};
    struct certificate_decision decision;
    certificate_decide(&handling->state.model, &input, &context, &decision);
    if (event->type == MESSAGE_REGISTRY_EVENTS_STREAM_READ) {
        leave_what_is_too_large(handling, &decision);
    }
    work_settle(handling, event, ahead.in_flight, &decision);
    work_drain_mailbox(handling, &ahead);
    return RESULT_OK;
}

static enum result handle_event(struct handling *handling, const struct message *event,
                                const struct certificate_registry_head *head, struct error *error) {
    const struct log_record *record = handling->record;
    switch (relevance_of(handling, event, head)) {
    case RELEVANCE_NONE:
        return RESULT_OK;
    case RELEVANCE_BOOKS:
        if (event->type == MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS) {
            note_contradiction(handling, head);
        }
        return apply(handling, event, error);
    case RELEVANCE_IN_FLIGHT:
        return apply(handling, event, error);
    case RELEVANCE_IMPOSSIBLE:
        break;
    }
    return error_set(error, RESULT_INVALID,
                     "%s/%" PRId32 "/%" PRId64
                     ", key %.*s, is about a submission that this "
                     "processor never asked for (sequence %" PRId64
                     "): its state and the ledger "
                     "do not belong together; run `millrace verify`",
                     record->topic, record->partition, record->offset, (int)record->key.length,
                     (const char *)record->key.data, head->sequence);
}

enum result outcome_handle(struct handling *handling, struct error *error) {
    const struct log_record *record = handling->record;
    struct message event;
    enum result result = own_decode(handling->lane, record, false, handling->turn, &event, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (is_step(event.type)) {
        return RESULT_OK;
    }
    if (is_unreadable_stream(&event)) {
        return error_set(error, RESULT_INVALID,
                         "%s/%" PRId32 "/%" PRId64
                         ", key %.*s, has a slice in a state that this version does not know: "
                         "start the newer version",
                         record->topic, record->partition, record->offset, (int)record->key.length,
                         (const char *)record->key.data);
    }
    struct certificate_registry_head head;
    const bool known = certificate_registry_head(&event, &head);
    assert(known); /* the namespace of every other type is another topic */
    (void)known;
    result = handling_load(handling, head.certificate_id, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (event.type == MESSAGE_REGISTRY_EVENTS_STREAM_READ) {
        note_stream(handling, event.body);
    }
    result = handle_event(handling, &event, &head, error);
    if (result == RESULT_OK) {
        handling_save(handling);
    }
    return result;
}
