/* AllocateSlice, ClaimSlice and UnclaimSlice: a slice and its counterpart on another certificate.
 */
#include <assert.h>

#include "domain/certificate_steps.h"
#include "domain/limits.h"
#include "generated/c/certificates_commands.h"
#include "generated/c/certificates_events.h"

static bool check_allocation_unused(const struct certificate_step *step,
                                    const struct uuid *allocation_id) {
    if (!certificate_allocation_used(step->model, allocation_id)) {
        return true;
    }
    certificate_reject(step, MILLRACE_REASON_ALLOCATION_ID_IN_USE,
                       PHRASES(say("allocation id "), say_uuid(allocation_id),
                               say(" was used before on this certificate")));
    return false;
}

static bool check_counterpart(const struct certificate_step *step,
                              const struct uuid *counterpart_certificate_id) {
    if (!uuid_equal(counterpart_certificate_id, step->certificate_id)) {
        return true;
    }
    certificate_reject(step, MILLRACE_REASON_UNKNOWN_CERTIFICATE,
                       PHRASES(say("a slice cannot be allocated to its own certificate")));
    return false;
}

void certificate_decide_allocate(const struct certificate_step *step, const void *body) {
    const struct certificates_commands_allocate_slice *command = body;
    if (!certificate_check_exists(step) || !certificate_check_not_expired(step)) {
        return;
    }
    const struct certificates_state_issued_certificate *issued = step->model->issued;
    const struct certificates_state_slice_model *slice =
        certificate_check_slice(step, &command->slice_id);
    if (slice == NULL || !certificate_check_available(step, slice) ||
        !certificate_check_holder(step, slice) ||
        !certificate_check_reservation(step, slice, command->has_reservation_id,
                                       &command->reservation_id) ||
        !certificate_check_registry(step, issued->registry) ||
        !certificate_check_registry(step, command->counterpart_registry) ||
        !check_counterpart(step, &command->counterpart_certificate_id) ||
        !check_allocation_unused(step, &command->allocation_id)) {
        return;
    }
    if (command->quantity != slice->quantity) {
        certificate_reject(
            step, MILLRACE_REASON_QUANTITY_MISMATCH,
            PHRASES(say("slice "), say_uuid(&slice->slice_id), say(" has "),
                    say_number(slice->quantity), say(" Wh, not "), say_number(command->quantity),
                    say(": a whole slice is allocated, slice it first")));
        return;
    }
    struct millrace_allocate_operation *operation =
        arena_take(step->context->arena, sizeof *operation);
    *operation = (struct millrace_allocate_operation){
        .allocation_id = command->allocation_id,
        .certificate_type = issued->certificate_type,
        .grid_area = issued->grid_area,
        .slice_id = slice->slice_id,
        .quantity = slice->quantity,
        .owner = slice->owner,
        .has_registry_hash = slice->has_registry_hash,
        .registry_hash = slice->registry_hash,
        .has_blinding = slice->has_blinding,
        .blinding = slice->blinding,
        .counterpart_certificate_id = command->counterpart_certificate_id,
        .counterpart_registry = command->counterpart_registry,
        .counterpart_slice_id = command->counterpart_slice_id,
        .has_counterpart_registry_hash = command->has_counterpart_registry_hash,
        .counterpart_registry_hash = command->counterpart_registry_hash,
    };
    certificate_submit(step, issued->registry);
    step->decision->operation.allocate = operation;
}

void certificate_succeed_allocate(const struct certificate_step *step, const void *body,
                                  const struct certificate_success *success) {
    (void)success; /* an allocation makes no slices */
    const struct certificates_commands_allocate_slice *command = body;
    struct certificates_events_slice_allocated *event =
        certificate_event_add(step, MESSAGE_CERTIFICATES_EVENTS_SLICE_ALLOCATED, sizeof *event);
    COMMAND_EVENT_OPENING(step, event);
    event->slice_id = command->slice_id;
    event->allocation_id = command->allocation_id;
    event->has_claim_id = command->has_claim_id;
    event->claim_id = command->claim_id;
    event->counterpart_certificate_id = command->counterpart_certificate_id;
}

/* The slice that is allocated (or claimed: `state`) under this very id. NULL: the decision is a
 * rejection now. */
static const struct certificates_state_slice_model *check_allocated(
    const struct certificate_step *step, const struct uuid *slice_id,
    const struct uuid *allocation_id, enum millrace_slice_state state) {
    const struct certificates_state_slice_model *slice = certificate_check_slice(step, slice_id);
    if (slice == NULL || !certificate_check_holder(step, slice)) {
        return NULL;
    }
    if (slice->allocation == NULL ||
        !uuid_equal(&slice->allocation->allocation_id, allocation_id)) {
        certificate_reject(step, MILLRACE_REASON_UNKNOWN_ALLOCATION,
                           PHRASES(say("slice "), say_uuid(slice_id), say(" has no allocation "),
                                   say_uuid(allocation_id)));
        return NULL;
    }
    if (slice->state != state) {
        certificate_reject(step, MILLRACE_REASON_SLICE_NOT_AVAILABLE,
                           PHRASES(say("slice "), say_uuid(slice_id),
                                   say(slice->state == MILLRACE_SLICE_STATE_CLAIMED
                                           ? " is claimed already"
                                           : " is allocated but not claimed")));
        return NULL;
    }
    return slice;
}

void certificate_decide_claim(const struct certificate_step *step, const void *body) {
    const struct certificates_commands_claim_slice *command = body;
    if (!certificate_check_exists(step) || !certificate_check_not_expired(step)) {
        return;
    }
    const struct certificates_state_slice_model *slice = check_allocated(
        step, &command->slice_id, &command->allocation_id, MILLRACE_SLICE_STATE_ALLOCATED);
    if (slice == NULL || !certificate_check_registry(step, step->model->issued->registry)) {
        return;
    }
    struct millrace_claim_operation *operation =
        arena_take(step->context->arena, sizeof *operation);
    *operation = (struct millrace_claim_operation){
        .allocation_id = command->allocation_id,
        .slice_id = slice->slice_id,
        .quantity = slice->quantity,
        .owner = slice->owner,
        .has_registry_hash = slice->has_registry_hash,
        .registry_hash = slice->registry_hash,
        .counterpart_certificate_id = slice->allocation->counterpart_certificate_id,
    };
    certificate_submit(step, step->model->issued->registry);
    step->decision->operation.claim = operation;
}

void certificate_succeed_claim(const struct certificate_step *step, const void *body,
                               const struct certificate_success *success) {
    (void)success; /* a claim makes no slices */
    const struct certificates_commands_claim_slice *command = body;
    const struct certificates_state_slice_model *slice =
        certificate_slice(step->model, &command->slice_id);
    assert(slice != NULL && slice->allocation != NULL);
    struct certificates_events_slice_claimed *event =
        certificate_event_add(step, MESSAGE_CERTIFICATES_EVENTS_SLICE_CLAIMED, sizeof *event);
    COMMAND_EVENT_OPENING(step, event);
    event->slice_id = command->slice_id;
    event->allocation_id = command->allocation_id;
    event->has_claim_id = slice->allocation->has_claim_id;
    event->claim_id = slice->allocation->claim_id;
    event->counterpart_certificate_id = slice->allocation->counterpart_certificate_id;
}

/* Whether the counterpart was withdrawn, without which no claim is undone, only the registry can
 * tell: the counterpart is another certificate, perhaps of another registry. An expired certificate
 * may still get back what it never should have lost. */
void certificate_decide_unclaim(const struct certificate_step *step, const void *body) {
    const struct certificates_commands_unclaim_slice *command = body;
    if (!certificate_check_exists(step)) {
        return;
    }
    const struct certificates_state_slice_model *slice = check_allocated(
        step, &command->slice_id, &command->allocation_id, MILLRACE_SLICE_STATE_CLAIMED);
    if (slice == NULL || !certificate_check_registry(step, step->model->issued->registry)) {
        return;
    }
    if (step->model->spent_allocations_count >= LIMIT_SPENT_ALLOCATIONS_MAX) {
        certificate_reject(
            step, MILLRACE_REASON_TOO_LARGE,
            PHRASES(say("the certificate remembers "), say_number(LIMIT_SPENT_ALLOCATIONS_MAX),
                    say(" used allocation ids already")));
        return;
    }
    struct millrace_unclaim_operation *operation =
        arena_take(step->context->arena, sizeof *operation);
    *operation = (struct millrace_unclaim_operation){
        .allocation_id = command->allocation_id,
        .slice_id = slice->slice_id,
        .quantity = slice->quantity,
        .owner = slice->owner,
        .has_registry_hash = slice->has_registry_hash,
        .registry_hash = slice->registry_hash,
        .counterpart_certificate_id = slice->allocation->counterpart_certificate_id,
    };
    certificate_submit(step, step->model->issued->registry);
    step->decision->operation.unclaim = operation;
}

void certificate_succeed_unclaim(const struct certificate_step *step, const void *body,
                                 const struct certificate_success *success) {
    (void)success; /* the slice was there all the time */
    const struct certificates_commands_unclaim_slice *command = body;
    const struct certificates_state_slice_model *slice =
        certificate_slice(step->model, &command->slice_id);
    assert(slice != NULL && slice->allocation != NULL);
    struct certificates_events_slice_unclaimed *event =
        certificate_event_add(step, MESSAGE_CERTIFICATES_EVENTS_SLICE_UNCLAIMED, sizeof *event);
    COMMAND_EVENT_OPENING(step, event);
    event->slice_id = command->slice_id;
    event->allocation_id = command->allocation_id;
    event->has_claim_id = slice->allocation->has_claim_id;
    event->claim_id = slice->allocation->claim_id;
    event->counterpart_certificate_id = slice->allocation->counterpart_certificate_id;
}
