/* What must be true of a certificate whatever happens to it; written without the rules that decide,
 * so that it sees where they are wrong. */
#include "cli/verify/state.h"
#include "generated/c/certificates_state.h"

static const struct certificates_state_slice_model *slice_of(
    const struct certificates_state_certificate_model *model, const struct uuid *slice_id) {
    for (uint32_t i = 0; i < model->slices_count; i++) {
        if (uuid_equal(&model->slices[i].slice_id, slice_id)) {
            return &model->slices[i];
        }
    }
    return NULL;
}

static bool has_allocation(const struct certificates_state_slice_model *slice,
                           const struct uuid *allocation_id) {
    return slice != NULL && slice->allocation != NULL &&
           uuid_equal(&slice->allocation->allocation_id, allocation_id);
}

/* Was this allocation id ever used, on any slice of before? */
static bool was_used(const struct certificates_state_certificate_model *before,
                     const struct uuid *allocation_id) {
    for (uint32_t i = 0; i < before->slices_count; i++) {
        if (has_allocation(&before->slices[i], allocation_id)) {
            return true;
        }
    }
    for (uint32_t i = 0; i < before->spent_allocations_count; i++) {
        if (uuid_equal(&before->spent_allocations[i], allocation_id)) {
            return true;
        }
    }
    return false;
}

/* How many claimed slices are not what they were. */
static uint32_t claims_moved(const struct certificates_state_certificate_model *before,
                             const struct certificates_state_certificate_model *after) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < before->slices_count; i++) {
        const struct certificates_state_slice_model *was = &before->slices[i];
        if (was->state != MILLRACE_SLICE_STATE_CLAIMED) {
            continue;
        }
        const struct certificates_state_slice_model *is =
            i < after->slices_count && uuid_equal(&after->slices[i].slice_id, &was->slice_id)
                ? &after->slices[i]
                : slice_of(after, &was->slice_id);
        const bool same = is != NULL && is->state == MILLRACE_SLICE_STATE_CLAIMED &&
                          is->quantity == was->quantity && text_equal(is->owner, was->owner) &&
                          was->allocation != NULL &&
                          has_allocation(is, &was->allocation->allocation_id);
        count += same ? 0 : 1;
    }
    return count;
}

static bool allocation_reused(const struct certificates_state_certificate_model *before,
                              const struct certificates_state_certificate_model *after) {
    for (uint32_t i = 0; i < after->slices_count; i++) {
        const struct certificates_state_slice_model *is = &after->slices[i];
        if (is->allocation == NULL) {
            continue;
        }
        const struct uuid *id = &is->allocation->allocation_id;
        const struct certificates_state_slice_model *was =
            i < before->slices_count && uuid_equal(&before->slices[i].slice_id, &is->slice_id)
                ? &before->slices[i]
                : slice_of(before, &is->slice_id);
        if (!has_allocation(was, id) && was_used(before, id)) {
            return true;
        }
    }
    return false;
}

const char *verify_conservation(const void *before, const void *after, enum message_type type) {
    const struct certificates_state_certificate_model *was = before;
    const struct certificates_state_certificate_model *is = after;
    int64_t sum = 0;
    for (uint32_t i = 0; i < is->slices_count; i++) {
        if (is->slices[i].quantity < 1) {
            return "a slice holds nothing";
        }
        sum += is->slices[i].quantity;
    }
    if (sum != (is->issued == NULL ? 0 : is->issued->quantity)) {
        return "the slices no longer add up to what was issued";
    }
    if (type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED) {
        return NULL; /* the registry is the truth, whatever our books were */
    }
    const uint32_t unclaimed = type == MESSAGE_CERTIFICATES_EVENTS_SLICE_UNCLAIMED ? 1 : 0;
    if (claims_moved(was, is) > unclaimed) {
        return "a claimed slice has moved";
    }
    return allocation_reused(was, is) ? "an allocation id is used a second time" : NULL;
}
