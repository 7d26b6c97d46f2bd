#include "domain/certificate_model.h"

#include <assert.h>

#include "domain/limits.h"

const struct certificates_state_slice_model *certificate_slice(
    const struct certificates_state_certificate_model *model, const struct uuid *slice_id) {
    assert(model != NULL && slice_id != NULL);
    for (uint32_t i = 0; i < model->slices_count; i++) {
        if (uuid_equal(&model->slices[i].slice_id, slice_id)) {
            return &model->slices[i];
        }
    }
    return NULL;
}

bool certificate_allocation_used(const struct certificates_state_certificate_model *model,
                                 const struct uuid *allocation_id) {
    for (uint32_t i = 0; i < model->slices_count; i++) {
        const struct millrace_allocation *allocation = model->slices[i].allocation;
        if (allocation != NULL && uuid_equal(&allocation->allocation_id, allocation_id)) {
            return true;
        }
    }
    for (uint32_t i = 0; i < model->spent_allocations_count; i++) {
        if (uuid_equal(&model->spent_allocations[i], allocation_id)) {
            return true;
        }
    }
    return false;
}

const struct certificates_state_slice_model *certificate_reserved_slice(
    const struct certificates_state_certificate_model *model, const struct uuid *reservation_id) {
    for (uint32_t i = 0; i < model->slices_count; i++) {
        const struct certificates_state_slice_model *slice = &model->slices[i];
        if (slice->has_reservation_id && uuid_equal(&slice->reservation_id, reservation_id)) {
            return slice;
        }
    }
    return NULL;
}

bool certificate_is_suspended(const struct certificates_state_certificate_model *model,
                              enum millrace_suspension_cause cause) {
    return model->suspension != NULL && model->suspension->cause == cause;
}

static bool slice_is_sound(const struct certificates_state_slice_model *slice) {
    if (slice->quantity < 1 || slice->quantity > LIMIT_QUANTITY_WH_MAX) {
        return false;
    }
    if (slice->state == MILLRACE_SLICE_STATE_AVAILABLE) {
        return slice->allocation == NULL;
    }
    return (slice->state == MILLRACE_SLICE_STATE_ALLOCATED ||
            slice->state == MILLRACE_SLICE_STATE_CLAIMED) &&
           slice->allocation != NULL && !slice->has_reservation_id;
}

bool certificate_is_sound(const struct certificates_state_certificate_model *model) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < model->slices_count; i++) {
        if (!slice_is_sound(&model->slices[i])) {
            return false;
        }
        sum += model->slices[i].quantity; /* at most 10,000 times 2^32: no overflow */
    }
    return sum == (model->issued == NULL ? 0 : model->issued->quantity);
}
