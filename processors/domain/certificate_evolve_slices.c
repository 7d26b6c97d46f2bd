/* Events about slices: where they come from, whose they are, what they are promised to. */
#include <assert.h>

#include "domain/certificate_evolve.h"
#include "domain/certificate_model.h"
#include "generated/c/certificates_events.h"

struct certificates_state_slice_model certificate_new_slice(const struct millrace_slice *slice) {
    return (struct certificates_state_slice_model){
        .slice_id = slice->slice_id,
        .quantity = slice->quantity,
        .owner = slice->owner,
        .has_registry_hash = slice->has_registry_hash,
        .registry_hash = slice->registry_hash,
        .state = MILLRACE_SLICE_STATE_AVAILABLE,
        .has_reservation_id = slice->has_reservation_id,
        .reservation_id = slice->reservation_id,
    };
}

/* The slices anew, in memory of their own, with room for `more`. */
static void slices_copy(struct certificates_state_certificate_model *model, uint32_t more,
                        struct arena *arena) {
    struct certificates_state_slice_model *slices =
        arena_take(arena, (model->slices_count + more) * sizeof *slices);
    if (model->slices_count > 0) {
        memcpy(slices, model->slices, model->slices_count * sizeof *slices);
    }
    model->slices = slices;
}

/* A slice that may be changed: the slices were copied before. */
static struct certificates_state_slice_model *slice_of(
    struct certificates_state_certificate_model *model, const struct uuid *slice_id) {
    const struct certificates_state_slice_model *slice = certificate_slice(model, slice_id);
    assert(slice != NULL);
    return &model->slices[slice - model->slices];
}

static bool slice_has_state(const struct certificates_state_certificate_model *model,
                            const struct uuid *slice_id, enum millrace_slice_state state) {
    const struct certificates_state_slice_model *slice = certificate_slice(model, slice_id);
    return slice != NULL && slice->state == state;
}

/* ---- CertificateSliced ---- */

static bool sliced_follows(const struct certificates_state_certificate_model *model,
                           const void *body) {
    const struct certificates_events_certificate_sliced *event = body;
    const struct certificates_state_slice_model *source =
        certificate_slice(model, &event->source_slice_id);
    if (source == NULL || source->state != MILLRACE_SLICE_STATE_AVAILABLE) {
        return false;
    }
    int64_t sum = 0;
    for (uint32_t i = 0; i < event->slices_count; i++) {
        const struct millrace_slice *slice = &event->slices[i];
        if (slice->quantity < 1 || slice->quantity > source->quantity ||
            certificate_slice(model, &slice->slice_id) != NULL) {
            return false;
        }
        sum += slice->quantity;
    }
    return sum == source->quantity;
}

static void sliced_evolve(struct certificates_state_certificate_model *model, const void *body,
                          struct arena *arena) {
    const struct certificates_events_certificate_sliced *event = body;
    slices_copy(model, event->slices_count, arena);
    struct certificates_state_slice_model *source = slice_of(model, &event->source_slice_id);
    const uint32_t index = (uint32_t)(source - model->slices);
    memmove(source, source + 1, (model->slices_count - index - 1) * sizeof *source);
    model->slices_count--;
    for (uint32_t i = 0; i < event->slices_count; i++) {
        model->slices[model->slices_count++] = certificate_new_slice(&event->slices[i]);
    }
}

const struct certificate_evolution certificate_sliced_evolution = {sliced_follows, sliced_evolve};

/* ---- SliceTransferred ---- */

static bool transferred_follows(const struct certificates_state_certificate_model *model,
                                const void *body) {
    const struct certificates_events_slice_transferred *event = body;
    const struct certificates_state_slice_model *slice = certificate_slice(model, &event->slice_id);
    return slice != NULL && slice->state == MILLRACE_SLICE_STATE_AVAILABLE &&
           text_equal(slice->owner, event->from_owner);
}

static void transferred_evolve(struct certificates_state_certificate_model *model, const void *body,
                               struct arena *arena) {
    const struct certificates_events_slice_transferred *event = body;
    slices_copy(model, 0, arena);
    slice_of(model, &event->slice_id)->owner = event->to_owner;
}

const struct certificate_evolution certificate_transferred_evolution = {transferred_follows,
                                                                        transferred_evolve};

/* ---- SlicesReserved, ReservationReleased ---- */

static bool reserved_follows(const struct certificates_state_certificate_model *model,
                             const void *body) {
    const struct certificates_events_slices_reserved *event = body;
    for (uint32_t i = 0; i < event->slices_count; i++) {
        const struct certificates_state_slice_model *slice =
            certificate_slice(model, &event->slices[i]);
        if (slice == NULL || slice->state != MILLRACE_SLICE_STATE_AVAILABLE ||
            slice->has_reservation_id) {
            return false;
        }
    }
    return event->slices_count > 0;
}

static void reserved_evolve(struct certificates_state_certificate_model *model, const void *body,
                            struct arena *arena) {
    const struct certificates_events_slices_reserved *event = body;
    slices_copy(model, 0, arena);
    for (uint32_t i = 0; i < event->slices_count; i++) {
        struct certificates_state_slice_model *slice = slice_of(model, &event->slices[i]);
        slice->has_reservation_id = true;
        slice->reservation_id = event->reservation_id;
    }
}

static void reservation_end(struct certificates_state_slice_model *slice) {
    slice->has_reservation_id = false;
    slice->reservation_id = (struct uuid){{0}};
}

static bool released_follows(const struct certificates_state_certificate_model *model,
                             const void *body) {
    const struct certificates_events_reservation_released *event = body;
    return certificate_reserved_slice(model, &event->reservation_id) != NULL;
}

static void released_evolve(struct certificates_state_certificate_model *model, const void *body,
                            struct arena *arena) {
    const struct certificates_events_reservation_released *event = body;
    slices_copy(model, 0, arena);
    for (uint32_t i = 0; i < model->slices_count; i++) {
        struct certificates_state_slice_model *slice = &model->slices[i];
        if (slice->has_reservation_id &&
            uuid_equal(&slice->reservation_id, &event->reservation_id)) {
            reservation_end(slice);
        }
    }
}

const struct certificate_evolution certificate_reserved_evolution = {reserved_follows,
                                                                     reserved_evolve};
const struct certificate_evolution certificate_released_evolution = {released_follows,
                                                                     released_evolve};

/* ---- SliceAllocated, SliceClaimed, SliceUnclaimed ---- */

static bool allocated_follows(const struct certificates_state_certificate_model *model,
                              const void *body) {
    const struct certificates_events_slice_allocated *event = body;
    return slice_has_state(model, &event->slice_id, MILLRACE_SLICE_STATE_AVAILABLE) &&
           !certificate_allocation_used(model, &event->allocation_id);
}

static void allocated_evolve(struct certificates_state_certificate_model *model, const void *body,
                             struct arena *arena) {
    const struct certificates_events_slice_allocated *event = body;
    slices_copy(model, 0, arena);
    struct certificates_state_slice_model *slice = slice_of(model, &event->slice_id);
    slice->state = MILLRACE_SLICE_STATE_ALLOCATED;
    reservation_end(slice);
    slice->allocation = arena_take(arena, sizeof *slice->allocation);
    *slice->allocation = (struct millrace_allocation){
        .allocation_id = event->allocation_id,
        .has_claim_id = event->has_claim_id,
        .claim_id = event->claim_id,
        .counterpart_certificate_id = event->counterpart_certificate_id,
    };
}

static bool slice_has_allocation(const struct certificates_state_certificate_model *model,
                                 const struct uuid *slice_id, enum millrace_slice_state state,
                                 const struct uuid *allocation_id) {
    return slice_has_state(model, slice_id, state) &&
           uuid_equal(&certificate_slice(model, slice_id)->allocation->allocation_id,
                      allocation_id);
}

static bool claimed_follows(const struct certificates_state_certificate_model *model,
                            const void *body) {
    const struct certificates_events_slice_claimed *event = body;
    return slice_has_allocation(model, &event->slice_id, MILLRACE_SLICE_STATE_ALLOCATED,
                                &event->allocation_id);
}

static void claimed_evolve(struct certificates_state_certificate_model *model, const void *body,
                           struct arena *arena) {
    const struct certificates_events_slice_claimed *event = body;
    slices_copy(model, 0, arena);
    slice_of(model, &event->slice_id)->state = MILLRACE_SLICE_STATE_CLAIMED;
}

static bool unclaimed_follows(const struct certificates_state_certificate_model *model,
                              const void *body) {
    const struct certificates_events_slice_unclaimed *event = body;
    return slice_has_allocation(model, &event->slice_id, MILLRACE_SLICE_STATE_CLAIMED,
                                &event->allocation_id);
}

static void unclaimed_evolve(struct certificates_state_certificate_model *model, const void *body,
                             struct arena *arena) {
    const struct certificates_events_slice_unclaimed *event = body;
    slices_copy(model, 0, arena);
    struct certificates_state_slice_model *slice = slice_of(model, &event->slice_id);
    slice->state = MILLRACE_SLICE_STATE_AVAILABLE;
    slice->allocation = NULL;
    const uint32_t count = model->spent_allocations_count;
    struct uuid *spent = arena_take(arena, (count + 1) * sizeof *spent);
    if (count > 0) {
        memcpy(spent, model->spent_allocations, count * sizeof *spent);
    }
    spent[count] = event->allocation_id;
    model->spent_allocations = spent;
    model->spent_allocations_count = count + 1;
}

const struct certificate_evolution certificate_allocated_evolution = {allocated_follows,
                                                                      allocated_evolve};
const struct certificate_evolution certificate_claimed_evolution = {claimed_follows,
                                                                    claimed_evolve};
const struct certificate_evolution certificate_unclaimed_evolution = {unclaimed_follows,
                                                                      unclaimed_evolve};
