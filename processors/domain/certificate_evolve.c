/* The fold of a certificate's events. */
#include <assert.h>

#include "domain/certificate.h"
#include "domain/certificate_evolve.h"
#include "domain/certificate_model.h"
#include "generated/c/certificates_events.h"

void certificate_init(struct certificates_state_certificate_model *model) {
    assert(model != NULL);
    *model = (struct certificates_state_certificate_model){.version = 0};
}

/* ---- CertificateIssued ---- */

static bool issued_follows(const struct certificates_state_certificate_model *model,
                           const void *body) {
    const struct certificates_events_certificate_issued *event = body;
    return model->issued == NULL && event->quantity > 0 && event->slice.quantity == event->quantity;
}

static void issued_evolve(struct certificates_state_certificate_model *model, const void *body,
                          struct arena *arena) {
    const struct certificates_events_certificate_issued *event = body;
    model->issued = arena_take(arena, sizeof *model->issued);
    *model->issued = (struct certificates_state_issued_certificate){
        .certificate_type = event->certificate_type,
        .grid_area = event->grid_area,
        .period_start = event->period_start,
        .period_end = event->period_end,
        .quantity = event->quantity,
        .registry = event->registry,
        .has_asset_id = event->has_asset_id,
        .asset_id = event->asset_id,
        .attributes = event->attributes,
        .attributes_count = event->attributes_count,
    };
    model->slices = arena_take(arena, sizeof *model->slices);
    model->slices[0] = certificate_new_slice(&event->slice);
    model->slices_count = 1;
}

const struct certificate_evolution certificate_issued_evolution = {issued_follows, issued_evolve};

/* ---- CertificateWithdrawn, -Suspended, -Resumed ---- */

static bool withdrawn_follows(const struct certificates_state_certificate_model *model,
                              const void *body) {
    (void)body;
    return model->issued != NULL && !model->withdrawn;
}

static void withdrawn_evolve(struct certificates_state_certificate_model *model, const void *body,
                             struct arena *arena) {
    (void)body;
    (void)arena;
    model->withdrawn = true;
}

static bool suspended_follows(const struct certificates_state_certificate_model *model,
                              const void *body) {
    const struct certificates_events_certificate_suspended *event = body;
    return event->cause != MILLRACE_SUSPENSION_CAUSE_OTHER &&
           !certificate_is_suspended(model, event->cause);
}

static void suspended_evolve(struct certificates_state_certificate_model *model, const void *body,
                             struct arena *arena) {
    const struct certificates_events_certificate_suspended *event = body;
    model->suspension = arena_take(arena, sizeof *model->suspension);
    *model->suspension = (struct certificates_state_suspension){
        .cause = event->cause,
        .has_submission_id = event->has_submission_id,
        .submission_id = event->submission_id,
    };
}

static bool resumed_follows(const struct certificates_state_certificate_model *model,
                            const void *body) {
    (void)body;
    return model->suspension != NULL;
}

static void resumed_evolve(struct certificates_state_certificate_model *model, const void *body,
                           struct arena *arena) {
    (void)body;
    (void)arena;
    model->suspension = NULL;
}

const struct certificate_evolution certificate_withdrawn_evolution = {withdrawn_follows,
                                                                      withdrawn_evolve};
const struct certificate_evolution certificate_suspended_evolution = {suspended_follows,
                                                                      suspended_evolve};
const struct certificate_evolution certificate_resumed_evolution = {resumed_follows,
                                                                    resumed_evolve};

/* ---- all of them ---- */

static const struct certificate_evolution *const evolutions[MESSAGE_TYPES_COUNT] = {
    [MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED] = &certificate_issued_evolution,
    [MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SLICED] = &certificate_sliced_evolution,
    [MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED] = &certificate_transferred_evolution,
    [MESSAGE_CERTIFICATES_EVENTS_SLICES_RESERVED] = &certificate_reserved_evolution,
    [MESSAGE_CERTIFICATES_EVENTS_RESERVATION_RELEASED] = &certificate_released_evolution,
    [MESSAGE_CERTIFICATES_EVENTS_SLICE_ALLOCATED] = &certificate_allocated_evolution,
    [MESSAGE_CERTIFICATES_EVENTS_SLICE_CLAIMED] = &certificate_claimed_evolution,
    [MESSAGE_CERTIFICATES_EVENTS_SLICE_UNCLAIMED] = &certificate_unclaimed_evolution,
    [MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_WITHDRAWN] = &certificate_withdrawn_evolution,
    [MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED] = &certificate_suspended_evolution,
    [MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED] = &certificate_resumed_evolution,
    [MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED] = &certificate_realigned_evolution,
};

bool certificate_follows(const struct certificates_state_certificate_model *model,
                         const struct message *event) {
    assert(model != NULL && event != NULL);
    struct certificate_event_head head;
    if (!certificate_event_head(event, &head)) {
        return false;
    }
    if (event->type == MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED) {
        return head.version == model->version;
    }
    assert(evolutions[event->type] != NULL);
    return head.version == model->version + 1 &&
           evolutions[event->type]->follows(model, event->body);
}

void certificate_evolve(struct certificates_state_certificate_model *model,
                        const struct message *event, struct arena *arena) {
    assert(certificate_follows(model, event));
    if (event->type == MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED) {
        return; /* nothing of the certificate changed */
    }
    evolutions[event->type]->evolve(model, event->body, arena);
    model->version++;
    assert(certificate_is_sound(model));
}
