/* What several commands ask before they are accepted, each with its reason and its sentence. */
#include <assert.h>

#include "domain/certificate_steps.h"
#include "domain/limits.h"

bool certificate_check_exists(const struct certificate_step *step) {
    if (step->model->issued == NULL) {
        certificate_reject(
            step, MILLRACE_REASON_UNKNOWN_CERTIFICATE,
            PHRASES(say("certificate "), say_uuid(step->certificate_id), say(" was never issued")));
        return false;
    }
    if (step->model->withdrawn) {
        certificate_reject(step, MILLRACE_REASON_WITHDRAWN,
                           PHRASES(say("the certificate was withdrawn, for good")));
        return false;
    }
    return true;
}

bool certificate_check_not_expired(const struct certificate_step *step) {
    assert(step->model->issued != NULL);
    const struct certificate_context *context = step->context;
    if (!rules_is_expired(context->rules, step->model->issued->period_end, context->now_ms)) {
        return true;
    }
    certificate_reject(step, MILLRACE_REASON_EXPIRED,
                       PHRASES(say("its period ended more than "),
                               say_number(context->rules->expiry_days), say(" days ago")));
    return false;
}

bool certificate_check_owner(const struct certificate_step *step, struct text name) {
    if (rules_is_owner(step->context->rules, name)) {
        return true;
    }
    certificate_reject(step, MILLRACE_REASON_UNKNOWN_OWNER,
                       PHRASES(say("\""), say_text(name),
                               say("\" is no owner that is known here; an owner is 1 to "),
                               say_number(LIMIT_OWNER_BYTES_MAX), say(" of A-Z a-z 0-9 . _ : -")));
    return false;
}

bool certificate_check_registry(const struct certificate_step *step, struct text name) {
    if (rules_registry_find(step->context->rules, name) != NULL) {
        return true;
    }
    certificate_reject(step, MILLRACE_REASON_UNKNOWN_REGISTRY,
                       PHRASES(say("no registry \""), say_text(name), say("\" is configured")));
    return false;
}

bool certificate_check_quantity(const struct certificate_step *step, int64_t quantity) {
    if (quantity >= 1 && quantity <= LIMIT_QUANTITY_WH_MAX) {
        return true;
    }
    certificate_reject(step, MILLRACE_REASON_INVALID_QUANTITY,
                       PHRASES(say_number(quantity), say(" Wh is not within 1 to "),
                               say_number(LIMIT_QUANTITY_WH_MAX)));
    return false;
}

const struct certificates_state_slice_model *certificate_check_slice(
    const struct certificate_step *step, const struct uuid *slice_id) {
    const struct certificates_state_slice_model *slice = certificate_slice(step->model, slice_id);
    if (slice == NULL) {
        certificate_reject(step, MILLRACE_REASON_UNKNOWN_SLICE,
                           PHRASES(say("the certificate has no slice "), say_uuid(slice_id)));
    }
    return slice;
}

bool certificate_check_available(const struct certificate_step *step,
                                 const struct certificates_state_slice_model *slice) {
    if (slice->state == MILLRACE_SLICE_STATE_AVAILABLE) {
        return true;
    }
    certificate_reject(
        step, MILLRACE_REASON_SLICE_NOT_AVAILABLE,
        PHRASES(say("slice "), say_uuid(&slice->slice_id),
                say(slice->state == MILLRACE_SLICE_STATE_CLAIMED ? " is claimed by allocation "
                                                                 : " is allocated by allocation "),
                say_uuid(&slice->allocation->allocation_id)));
    return false;
}

bool certificate_check_holder(const struct certificate_step *step,
                              const struct certificates_state_slice_model *slice) {
    if (text_equal(slice->owner, step->requested_by)) {
        return true;
    }
    certificate_reject(
        step, MILLRACE_REASON_NOT_OWNER,
        PHRASES(say("slice "), say_uuid(&slice->slice_id), say(" is not owned by \""),
                say_text(step->requested_by), say("\"")));
    return false;
}

bool certificate_check_reservation(const struct certificate_step *step,
                                   const struct certificates_state_slice_model *slice,
                                   bool has_reservation_id, const struct uuid *reservation_id) {
    if (slice->has_reservation_id) {
        if (has_reservation_id && uuid_equal(&slice->reservation_id, reservation_id)) {
            return true;
        }
        certificate_reject(
            step, MILLRACE_REASON_SLICE_RESERVED,
            PHRASES(say("slice "), say_uuid(&slice->slice_id), say(" is held by reservation "),
                    say_uuid(&slice->reservation_id)));
        return false;
    }
    if (has_reservation_id) {
        certificate_reject(step, MILLRACE_REASON_UNKNOWN_RESERVATION,
                           PHRASES(say("slice "), say_uuid(&slice->slice_id),
                                   say(" is not held by reservation "), say_uuid(reservation_id)));
        return false;
    }
    return true;
}
