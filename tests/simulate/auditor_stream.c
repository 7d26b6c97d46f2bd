/* What must come of a StreamRead: the certificate follows the registry where each slice of the
 * stream is one of ours and belongs to somebody whose key we know; else a person has to look. */
#include <assert.h>

#include "tests/simulate/auditor_replay.h"
#include "tests/simulate/workload.h"

/* What a reading brings to a certificate that has nothing at the registry. */
struct consequence {
    bool suspends;
    bool realigns;
    bool resumes;
    struct audit_realigned books; /* if it realigns */
};

static const struct registry_events_stream_read *body_of(const struct audit_item *item) {
    return item->message.body;
}

bool replay_is_stream(const struct audit_item *item) {
    return item != NULL && item->message.type == MESSAGE_REGISTRY_EVENTS_STREAM_READ;
}

/* ---- comparing ---- */

/* Whose key it is, and whether we know any of this owner. */
static const struct rules_owner *owner_with(struct bytes key) {
    const struct rules *rules = workload_rules();
    for (uint32_t i = 0; i < rules->owners_count; i++) {
        if (rules->owners[i].key.length > 0 && bytes_equal(rules->owners[i].key, key)) {
            return &rules->owners[i];
        }
    }
    return NULL;
}

static bool has_key(struct text name) {
    const struct rules *rules = workload_rules();
    for (uint32_t i = 0; i < rules->owners_count; i++) {
        if (text_equal(rules->owners[i].name, name)) {
            return rules->owners[i].key.length > 0;
        }
    }
    return false;
}

static const struct audit_slice *slice_called(const struct audit_model *model, struct bytes name) {
    for (uint32_t i = 0; i < model->slices_count; i++) {
        if (model->slices[i].has_hash && bytes_equal(model->slices[i].hash, name)) {
            return &model->slices[i];
        }
    }
    return NULL;
}

static bool same_allocation(const struct audit_slice *ours,
                            const struct registry_events_stream_slice *theirs) {
    return ours->state == MILLRACE_SLICE_STATE_AVAILABLE
               ? !theirs->has_allocation_id
               : theirs->has_allocation_id &&
                     uuid_equal(&ours->allocation.id, &theirs->allocation_id);
}

static bool same_owner(const struct audit_slice *ours, const struct rules_owner *theirs) {
    return theirs != NULL ? text_equal(theirs->name, ours->owner) : !has_key(ours->owner);
}

static struct millrace_realigned_slice opened(struct audit *audit, const struct audit_slice *ours,
                                              const struct registry_events_stream_slice *theirs,
                                              struct text owner) {
    struct millrace_realigned_slice slice = {
        .slice_id = ours->id,
        .quantity = ours->quantity,
        .owner = owner,
        .has_registry_hash = true,
        .registry_hash = ours->hash,
        .has_blinding = ours->has_blinding,
        .blinding = ours->blinding,
        .state = theirs->state,
    };
    if (theirs->state != MILLRACE_SLICE_STATE_AVAILABLE) {
        struct millrace_allocation *allocation = arena_take(&audit->arena, sizeof *allocation);
        *allocation = (struct millrace_allocation){
            .allocation_id = theirs->allocation_id,
            .counterpart_certificate_id = theirs->counterpart_certificate_id,
        };
        if (same_allocation(ours, theirs)) { /* a registry knows nothing of claims */
            allocation->has_claim_id = ours->allocation.has_claim_id;
            allocation->claim_id = ours->allocation.claim_id;
        }
        slice.allocation = allocation;
    }
    return slice;
}

static struct consequence consequence_of(struct audit *audit, const struct audit_model *model,
                                         const struct registry_events_stream_read *stream) {
    bool differs =
        stream->slices_count != model->slices_count || stream->withdrawn != model->withdrawn;
    bool opens = stream->slices_count == model->slices_count;
    struct millrace_realigned_slice *slices =
        arena_take(&audit->arena, (stream->slices_count + 1) * sizeof *slices);
    if (model->issue == NULL) {
        return (struct consequence){.suspends = false};
    }
    for (uint32_t i = 0; i < model->slices_count; i++) {
        if (!model->slices[i].has_hash) {
            return (struct consequence){.suspends = false}; /* nothing to compare by */
        }
    }
    for (uint32_t i = 0; i < stream->slices_count; i++) {
        const struct registry_events_stream_slice *theirs = &stream->slices[i];
        const struct audit_slice *ours = slice_called(model, theirs->registry_hash);
        const struct rules_owner *owner = owner_with(theirs->owner_key);
        differs = differs || ours == NULL || ours->state != theirs->state ||
                  !same_allocation(ours, theirs) || !same_owner(ours, owner);
        opens = opens && ours != NULL && owner != NULL;
        if (opens) {
            slices[i] = opened(audit, ours, theirs, owner->name);
        }
    }
    const bool misaligned = model->suspended == MILLRACE_SUSPENSION_CAUSE_MISALIGNED;
    return (struct consequence){
        .suspends = differs && !misaligned,
        .realigns = differs && opens,
        .resumes = opens && (differs || misaligned),
        .books = {slices, stream->slices_count, stream->withdrawn},
    };
}

/* ---- the walk ---- */

static bool suspends(struct replay *replay, const struct audit_item *stream) {
    const struct audit_item *item = replay->event;
    if (!replay_event(replay, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED, NULL,
                      &body_of(stream)->metadata.id, replay->model->version + 1)) {
        return false;
    }
    const struct certificates_events_certificate_suspended *event = item->message.body;
    if (event->cause != MILLRACE_SUSPENSION_CAUSE_MISALIGNED || event->has_submission_id) {
        audit_violation(replay->audit, "event", replay->certificate, NULL, item,
                        "suspended for another cause than what was read");
        return false;
    }
    replay->model->version++;
    replay->model->suspended = MILLRACE_SUSPENSION_CAUSE_MISALIGNED;
    replay->model->has_suspended_by = false;
    replay->model->suspended_by = (struct uuid){{0}};
    return true;
}

static bool realigns(struct replay *replay, const struct audit_item *stream,
                     const struct audit_realigned *books) {
    const struct audit_item *item = replay->event;
    if (!replay_event(replay, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED, NULL,
                      &body_of(stream)->metadata.id, replay->model->version + 1)) {
        return false;
    }
    const char *wrong = audit_realign(replay->audit, replay->model, books, &item->message);
    wrong = wrong != NULL ? wrong : audit_conserved(replay->model);
    if (wrong != NULL) {
        audit_violation(replay->audit, "event", replay->certificate, NULL, item, "says %s", wrong);
        return false;
    }
    replay->model->version++;
    return true;
}

static bool apply(struct replay *replay, const struct audit_item *stream) {
    const struct consequence consequence =
        consequence_of(replay->audit, replay->model, body_of(stream));
    const struct uuid *parent_id = &body_of(stream)->metadata.id;
    if (body_of(stream)->transactions > replay->transactions) {
        replay->transactions = body_of(stream)->transactions;
    }
    replay_begin(replay, &replay->nobodys, parent_id);
    if ((consequence.suspends && !suspends(replay, stream)) ||
        (consequence.realigns && !realigns(replay, stream, &consequence.books)) ||
        (consequence.resumes && !replay_resumption(replay, NULL, parent_id, NULL))) {
        return false;
    }
    replay->certificate->was_read = replay_is_misaligned(replay);
    return true;
}

static bool comes_of(const struct audit_item *event, const struct audit_item *stream) {
    const struct certificate_event_head head = replay_event_head(event);
    return head.metadata->has_parent_id &&
           uuid_equal(&head.metadata->parent_id, &body_of(stream)->metadata.id);
}

static bool brings_nothing(const struct replay *replay, const struct audit_item *stream) {
    struct arena *arena = &replay->audit->arena;
    const size_t mark = arena->used;
    const struct consequence consequence =
        consequence_of(replay->audit, replay->model, body_of(stream));
    arena->used = mark; /* it is asked again and again */
    const bool before = body_of(stream)->sequence < replay->certificate->sequence;
    return before || replay->certificate->current != NULL ||
           (!consequence.suspends && !consequence.resumes);
}

/* The reading that the next event comes of; NULL: of none. Where all was read again, it may be one
 * that was used before, unless a newer one has shown more, or a command has been at the registry
 * since. */
static const struct audit_item *cause_of_event(const struct replay *replay) {
    const struct audit_item *cause = NULL;
    if (replay->event == NULL || replay->certificate->current != NULL) {
        return NULL;
    }
    if (replay_is_stream(replay->registry) && comes_of(replay->event, replay->registry) &&
        !brings_nothing(replay, replay->registry)) {
        return replay->registry;
    }
    const struct audit_item *item = replay->certificate->registry.first;
    for (; replay->audit->setup->readings > 1 && item != replay->registry; item = item->next) {
        if (replay_is_stream(item) && comes_of(replay->event, item) &&
            body_of(item)->transactions >= replay->transactions && !brings_nothing(replay, item)) {
            cause = item;
        }
    }
    return cause;
}

bool replay_stream_is_next(const struct replay *replay) {
    return cause_of_event(replay) != NULL;
}

bool replay_take_stream(struct replay *replay) {
    const struct audit_item *cause = cause_of_event(replay);
    assert(cause != NULL);
    if (cause == replay->registry) {
        replay->registry = cause->next;
    }
    return apply(replay, cause);
}

/* A ReadStream that is read again leads to one more StreamRead of the same id. */
static bool comes_again(const struct audit_item *stream) {
    for (const struct audit_item *item = stream->next; item != NULL; item = item->next) {
        if (replay_is_stream(item) &&
            uuid_equal(&body_of(item)->metadata.id, &body_of(stream)->metadata.id)) {
            return true;
        }
    }
    return false;
}

bool replay_stream_is_silent(const struct replay *replay) {
    if (!replay_is_stream(replay->registry) || !brings_nothing(replay, replay->registry)) {
        return false;
    }
    if (comes_again(replay->registry)) {
        return true;
    }
    for (const struct audit_item *item = replay->event; item != NULL; item = item->next) {
        if (comes_of(item, replay->registry)) {
            return false; /* its time will come */
        }
    }
    return true;
}

bool replay_pass_stream(struct replay *replay) {
    if (!replay_is_stream(replay->registry) || !brings_nothing(replay, replay->registry)) {
        return false;
    }
    const struct audit_item *stream = replay->registry;
    replay->registry = stream->next;
    return replay->certificate->current != NULL ||
           body_of(stream)->sequence < replay->certificate->sequence || apply(replay, stream);
}
