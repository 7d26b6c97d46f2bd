/* SliceCertificate and TransferSlice: parts of a certificate, and whose they are. */
#include <assert.h>

#include "domain/certificate_steps.h"
#include "domain/ids.h"
#include "domain/limits.h"
#include "generated/c/certificates_commands.h"
#include "generated/c/certificates_events.h"

/* A part without an owner stays with the slice's. */
static struct text part_owner(const struct certificates_commands_slice_part *part,
                              const struct certificates_state_slice_model *slice) {
    return part->has_owner ? part->owner : slice->owner;
}

static bool check_parts_count(const struct certificate_step *step, uint32_t count) {
    if (count < LIMIT_PARTS_MIN) {
        certificate_reject(step, MILLRACE_REASON_INVALID_QUANTITY,
                           PHRASES(say("a slicing has at least "), say_number(LIMIT_PARTS_MIN),
                                   say(" parts, this one has "), say_number(count)));
        return false;
    }
    if (count > LIMIT_PARTS_MAX) {
        certificate_reject(step, MILLRACE_REASON_TOO_MANY_SLICES,
                           PHRASES(say("a slicing has at most "), say_number(LIMIT_PARTS_MAX),
                                   say(" parts, this one has "), say_number(count)));
        return false;
    }
    if (step->model->slices_count - 1 + count > LIMIT_SLICES_MAX) {
        certificate_reject(
            step, MILLRACE_REASON_TOO_MANY_SLICES,
            PHRASES(say("the certificate has "), say_number(step->model->slices_count),
                    say(" slices already, at most "), say_number(LIMIT_SLICES_MAX)));
        return false;
    }
    return true;
}

static bool check_parts(const struct certificate_step *step,
                        const struct certificates_commands_slice_certificate *command,
                        const struct certificates_state_slice_model *slice) {
    if (!check_parts_count(step, command->parts_count)) {
        return false;
    }
    int64_t sum = 0;
    for (uint32_t i = 0; i < command->parts_count; i++) {
        const struct certificates_commands_slice_part *part = &command->parts[i];
        if (!certificate_check_quantity(step, part->quantity) ||
            (part->has_owner && !certificate_check_owner(step, part->owner))) {
            return false;
        }
        const struct uuid id = id_of_slice(step->certificate_id, step->command_id, i);
        if (certificate_slice(step->model, &id) != NULL) {
            /* Only a realignment can have brought it. */
            certificate_reject(step, MILLRACE_REASON_SLICE_NOT_AVAILABLE,
                               PHRASES(say("slice "), say_uuid(&id),
                                       say(" exists already: send the command with another id")));
            return false;
        }
        sum += part->quantity; /* at most 100 times 2^32: no overflow */
    }
    if (sum != slice->quantity) {
        certificate_reject(
            step, MILLRACE_REASON_QUANTITY_MISMATCH,
            PHRASES(say("slice "), say_uuid(&slice->slice_id), say(" has "),
                    say_number(slice->quantity), say(" Wh, the parts have "), say_number(sum)));
        return false;
    }
    return true;
}

void certificate_decide_slice(const struct certificate_step *step, const void *body) {
    const struct certificates_commands_slice_certificate *command = body;
    if (!certificate_check_exists(step) || !certificate_check_not_expired(step)) {
        return;
    }
    const struct certificates_state_slice_model *slice =
        certificate_check_slice(step, &command->slice_id);
    if (slice == NULL || !certificate_check_available(step, slice) ||
        !certificate_check_holder(step, slice) ||
        !certificate_check_reservation(step, slice, command->has_reservation_id,
                                       &command->reservation_id) ||
        !certificate_check_registry(step, step->model->issued->registry) ||
        !check_parts(step, command, slice)) {
        return;
    }
    struct arena *arena = step->context->arena;
    struct millrace_slice_operation *operation = arena_take(arena, sizeof *operation);
    *operation = (struct millrace_slice_operation){
        .slice_id = slice->slice_id,
        .quantity = slice->quantity,
        .owner = slice->owner,
        .has_registry_hash = slice->has_registry_hash,
        .registry_hash = slice->registry_hash,
        .has_blinding = slice->has_blinding,
        .blinding = slice->blinding,
        .parts = arena_take(arena, command->parts_count * sizeof *operation->parts),
        .parts_count = command->parts_count,
    };
    for (uint32_t i = 0; i < command->parts_count; i++) {
        operation->parts[i] = (struct millrace_operation_part){
            .slice_id = id_of_slice(step->certificate_id, step->command_id, i),
            .quantity = command->parts[i].quantity,
            .owner = part_owner(&command->parts[i], slice),
        };
    }
    certificate_submit(step, step->model->issued->registry);
    step->decision->operation.slice = operation;
}

void certificate_succeed_slice(const struct certificate_step *step, const void *body,
                               const struct certificate_success *success) {
    const struct certificates_commands_slice_certificate *command = body;
    const struct certificates_state_slice_model *source =
        certificate_slice(step->model, &command->slice_id);
    assert(source != NULL && source->state == MILLRACE_SLICE_STATE_AVAILABLE);
    struct certificates_events_certificate_sliced *event =
        certificate_event_add(step, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SLICED, sizeof *event);
    COMMAND_EVENT_OPENING(step, event);
    event->source_slice_id = command->slice_id;
    event->slices_count = command->parts_count;
    event->slices = arena_take(step->context->arena, event->slices_count * sizeof *event->slices);
    for (uint32_t i = 0; i < event->slices_count; i++) {
        struct millrace_slice *slice = &event->slices[i];
        slice->slice_id = id_of_slice(step->certificate_id, step->command_id, i);
        slice->quantity = command->parts[i].quantity;
        slice->owner = part_owner(&command->parts[i], source);
        if (source->has_reservation_id && text_equal(slice->owner, source->owner)) {
            slice->has_reservation_id = true;
            slice->reservation_id = source->reservation_id;
        }
        certificate_name_slice(slice, success);
    }
}

void certificate_decide_transfer(const struct certificate_step *step, const void *body) {
    const struct certificates_commands_transfer_slice *command = body;
    if (!certificate_check_exists(step) || !certificate_check_not_expired(step)) {
        return;
    }
    const struct certificates_state_slice_model *slice =
        certificate_check_slice(step, &command->slice_id);
    if (slice == NULL || !certificate_check_available(step, slice) ||
        !certificate_check_holder(step, slice) ||
        !certificate_check_reservation(step, slice, false, NULL) ||
        !certificate_check_registry(step, step->model->issued->registry) ||
        !certificate_check_owner(step, command->new_owner)) {
        return;
    }
    if (text_equal(command->new_owner, slice->owner)) {
        /* The registry would accept it, every time that it comes. */
        certificate_reject(
            step, MILLRACE_REASON_SAME_OWNER,
            PHRASES(say("slice "), say_uuid(&slice->slice_id), say(" is owned by \""),
                    say_text(slice->owner), say("\" already")));
        return;
    }
    struct millrace_transfer_operation *operation =
        arena_take(step->context->arena, sizeof *operation);
    *operation = (struct millrace_transfer_operation){
        .slice_id = slice->slice_id,
        .quantity = slice->quantity,
        .owner = slice->owner,
        .new_owner = command->new_owner,
        .has_registry_hash = slice->has_registry_hash,
        .registry_hash = slice->registry_hash,
    };
    certificate_submit(step, step->model->issued->registry);
    step->decision->operation.transfer = operation;
}

void certificate_succeed_transfer(const struct certificate_step *step, const void *body,
                                  const struct certificate_success *success) {
    (void)success; /* a transfer makes no slices */
    const struct certificates_commands_transfer_slice *command = body;
    const struct certificates_state_slice_model *slice =
        certificate_slice(step->model, &command->slice_id);
    assert(slice != NULL && slice->state == MILLRACE_SLICE_STATE_AVAILABLE);
    struct certificates_events_slice_transferred *event =
        certificate_event_add(step, MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED, sizeof *event);
    COMMAND_EVENT_OPENING(step, event);
    event->slice_id = command->slice_id;
    event->from_owner = slice->owner;
    event->to_owner = command->new_owner;
}
