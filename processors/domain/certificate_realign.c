/* RealignCertificate and StreamRead: how books that differ from the registry's are set right. The
 * registry is the truth. */
#include <assert.h>

#include "domain/certificate_evolve.h"
#include "domain/certificate_steps.h"
#include "domain/limits.h"
#include "generated/c/certificates_events.h"
#include "generated/c/certificates_operations.h"

/* ---- CertificateRealigned ---- */

/* Is a slice whole in itself, and unlike those before it? */
static bool slice_fits(const struct millrace_realigned_slice *slices, uint32_t index) {
    const struct millrace_realigned_slice *slice = &slices[index];
    if (slice->state == MILLRACE_SLICE_STATE_OTHER ||
        (slice->state == MILLRACE_SLICE_STATE_AVAILABLE) != (slice->allocation == NULL)) {
        return false;
    }
    for (uint32_t i = 0; i < index; i++) {
        if (uuid_equal(&slices[i].slice_id, &slice->slice_id)) {
            return false;
        }
        if (slice->allocation != NULL && slices[i].allocation != NULL &&
            uuid_equal(&slices[i].allocation->allocation_id, &slice->allocation->allocation_id)) {
            return false;
        }
    }
    return true;
}

static int64_t quantity_of(const struct millrace_realigned_slice *slices, uint32_t count) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        assert(slices[i].quantity <= LIMIT_QUANTITY_WH_MAX);
        sum += slices[i].quantity; /* at most 10,000 times 2^32: no overflow */
    }
    return sum;
}

bool certificate_realignment_fits(const struct certificates_state_certificate_model *model,
                                  const struct millrace_realigned_slice *slices, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (slices[i].quantity < 1 || slices[i].quantity > LIMIT_QUANTITY_WH_MAX ||
            !slice_fits(slices, i)) {
            return false;
        }
    }
    return model->issued != NULL && quantity_of(slices, count) == model->issued->quantity;
}

static bool realigned_follows(const struct certificates_state_certificate_model *model,
                              const void *body) {
    const struct certificates_events_certificate_realigned *event = body;
    return certificate_is_suspended(model, MILLRACE_SUSPENSION_CAUSE_MISALIGNED) &&
           certificate_realignment_fits(model, event->slices, event->slices_count);
}

static bool carries_allocation(const struct millrace_realigned_slice *slices, uint32_t count,
                               const struct uuid *allocation_id) {
    for (uint32_t i = 0; i < count; i++) {
        if (slices[i].allocation != NULL &&
            uuid_equal(&slices[i].allocation->allocation_id, allocation_id)) {
            return true;
        }
    }
    return false;
}

/* Allocation ids that were used, here or before, and are on none of the new slices. */
static void spent_evolve(struct certificates_state_certificate_model *model,
                         const struct certificates_events_certificate_realigned *event,
                         struct arena *arena) {
    struct uuid *spent = arena_take(
        arena, (model->spent_allocations_count + model->slices_count + 1) * sizeof *spent);
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->spent_allocations_count; i++) {
        if (!carries_allocation(event->slices, event->slices_count, &model->spent_allocations[i])) {
            spent[count++] = model->spent_allocations[i];
        }
    }
    for (uint32_t i = 0; i < model->slices_count; i++) {
        const struct millrace_allocation *allocation = model->slices[i].allocation;
        if (allocation != NULL &&
            !carries_allocation(event->slices, event->slices_count, &allocation->allocation_id)) {
            spent[count++] = allocation->allocation_id;
        }
    }
    model->spent_allocations = spent;
    model->spent_allocations_count = count;
}

static void realigned_evolve(struct certificates_state_certificate_model *model, const void *body,
                             struct arena *arena) {
    const struct certificates_events_certificate_realigned *event = body;
    spent_evolve(model, event, arena);
    model->withdrawn = event->withdrawn;
    model->slices_count = event->slices_count;
    model->slices = arena_take(arena, event->slices_count * sizeof *model->slices);
    for (uint32_t i = 0; i < event->slices_count; i++) {
        const struct millrace_realigned_slice *slice = &event->slices[i];
        model->slices[i] = (struct certificates_state_slice_model){
            .slice_id = slice->slice_id,
            .quantity = slice->quantity,
            .owner = slice->owner,
            .has_registry_hash = slice->has_registry_hash,
            .registry_hash = slice->registry_hash,
            .has_blinding = slice->has_blinding,
            .blinding = slice->blinding,
            .state = slice->state,
            .allocation = slice->allocation,
        };
    }
}

const struct certificate_evolution certificate_realigned_evolution = {realigned_follows,
                                                                      realigned_evolve};

/* ---- RealignCertificate ---- */

void certificate_realign(const struct certificate_step *step,
                         const struct certificate_realignment *realignment) {
    struct certificates_events_certificate_realigned *event = certificate_event_add(
        step, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED, sizeof *event);
    EVENT_OPENING(step, event);
    event->has_command_id = step->command_id != NULL;
    if (step->command_id != NULL) {
        event->command_id = *step->command_id;
    }
    event->slices = realignment->slices;
    event->slices_count = realignment->slices_count;
    event->withdrawn = realignment->withdrawn;
    event->evidence = realignment->evidence;
    certificate_resume(step, NULL);
}

/* Only a certificate that is misaligned, with no submission open, can be realigned. */
static bool check_misaligned(const struct certificate_step *step) {
    if (step->model->issued == NULL) {
        return certificate_check_exists(step);
    }
    if (step->in_flight ||
        certificate_is_suspended(step->model, MILLRACE_SUSPENSION_CAUSE_OUTCOME_UNKNOWN)) {
        certificate_reject(
            step, MILLRACE_REASON_OUTCOME_UNKNOWN,
            PHRASES(say("a submission is open: its outcome has to be settled first")));
        return false;
    }
    if (step->model->suspension == NULL) {
        certificate_reject(step, MILLRACE_REASON_NOT_SUSPENDED,
                           PHRASES(say("the certificate is not suspended as Misaligned")));
        return false;
    }
    return true;
}

static bool check_slices(const struct certificate_step *step,
                         const struct certificates_operations_realign_certificate *operation) {
    if (operation->slices_count > LIMIT_SLICES_MAX) {
        certificate_reject(step, MILLRACE_REASON_TOO_MANY_SLICES,
                           PHRASES(say_number(operation->slices_count), say(" slices, at most "),
                                   say_number(LIMIT_SLICES_MAX)));
        return false;
    }
    for (uint32_t i = 0; i < operation->slices_count; i++) {
        const struct millrace_realigned_slice *slice = &operation->slices[i];
        if (!certificate_check_quantity(step, slice->quantity) ||
            !certificate_check_owner(step, slice->owner)) {
            return false;
        }
        if (!slice_fits(operation->slices, i)) {
            certificate_reject(step, MILLRACE_REASON_MISALIGNED,
                               PHRASES(say("slice "), say_uuid(&slice->slice_id),
                                       say(" cannot be so at the registry: ids and allocation ids "
                                           "stand once, and only what is Allocated or Claimed has "
                                           "an allocation")));
            return false;
        }
    }
    const int64_t sum = quantity_of(operation->slices, operation->slices_count);
    if (sum != step->model->issued->quantity) {
        certificate_reject(
            step, MILLRACE_REASON_QUANTITY_MISMATCH,
            PHRASES(say("the certificate has "), say_number(step->model->issued->quantity),
                    say(" Wh, the slices have "), say_number(sum)));
        return false;
    }
    return true;
}

/* Whatever was done with such a slice, the registry would refuse. */
static bool check_openings(const struct certificate_step *step) {
    if (step->unopened == NULL) {
        return true;
    }
    certificate_reject(step, MILLRACE_REASON_MISALIGNED,
                       PHRASES(say("quantity and blinding of slice "), say_uuid(step->unopened),
                               say(" do not open what the registry has by its registryHash")));
    return false;
}

void certificate_decide_realign(const struct certificate_step *step, const void *body) {
    const struct certificates_operations_realign_certificate *operation = body;
    if (!check_misaligned(step) || !check_slices(step, operation) || !check_openings(step)) {
        return;
    }
    certificate_realign(step,
                        &(struct certificate_realignment){.slices = operation->slices,
                                                          .slices_count = operation->slices_count,
                                                          .withdrawn = operation->withdrawn,
                                                          .evidence = operation->evidence});
}
