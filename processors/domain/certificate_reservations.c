/* ReserveSlices and ReleaseReservation: promises within our own books, unknown to the registry. */
#include <assert.h>

#include "domain/certificate_steps.h"
#include "generated/c/certificates_commands.h"
#include "generated/c/certificates_events.h"

/* Which slices a reservation takes. */
struct pick {
    uint32_t *indices; /* into the model's slices */
    uint32_t count;
    int64_t quantity; /* Wh, of all of them */
};

static bool pickable(const struct certificates_state_slice_model *slice, struct text owner) {
    return slice->state == MILLRACE_SLICE_STATE_AVAILABLE && !slice->has_reservation_id &&
           text_equal(slice->owner, owner);
}

static void pick_add(struct pick *pick, const struct certificates_state_certificate_model *model,
                     uint32_t index) {
    pick->indices[pick->count++] = index;
    pick->quantity += model->slices[index].quantity;
}

/* One slice that is exactly right, the oldest of them. */
static bool pick_exact(struct pick *pick, const struct certificates_state_certificate_model *model,
                       struct text owner, int64_t quantity) {
    for (uint32_t i = 0; i < model->slices_count; i++) {
        if (model->slices[i].quantity == quantity && pickable(&model->slices[i], owner)) {
            pick_add(pick, model, i);
            return true;
        }
    }
    return false;
}

/* The largest first, of equal ones the oldest, until there is enough: few slices are touched and
 * the small ones stay free for an exact fit. */
static void pick_largest(struct pick *pick,
                         const struct certificates_state_certificate_model *model,
                         struct text owner, int64_t quantity, struct arena *arena) {
    bool *picked = arena_take(arena, model->slices_count * sizeof *picked);
    while (pick->quantity < quantity) {
        const struct certificates_state_slice_model *largest = NULL;
        for (uint32_t i = 0; i < model->slices_count; i++) {
            const struct certificates_state_slice_model *slice = &model->slices[i];
            if (!picked[i] && pickable(slice, owner) &&
                (largest == NULL || slice->quantity > largest->quantity)) {
                largest = slice;
            }
        }
        if (largest == NULL) {
            return;
        }
        const uint32_t index = (uint32_t)(largest - model->slices);
        picked[index] = true;
        pick_add(pick, model, index);
    }
}

static bool check_reserver(const struct certificate_step *step,
                           const struct certificates_commands_reserve_slices *command) {
    if (!text_equal(command->owner, step->requested_by)) {
        certificate_reject(
            step, MILLRACE_REASON_NOT_OWNER,
            PHRASES(say("\""), say_text(step->requested_by), say("\" cannot reserve slices of \""),
                    say_text(command->owner), say("\"")));
        return false;
    }
    const struct certificates_state_slice_model *held =
        certificate_reserved_slice(step->model, &command->reservation_id);
    if (held != NULL) {
        certificate_reject(
            step, MILLRACE_REASON_SLICE_RESERVED,
            PHRASES(say("reservation "), say_uuid(&command->reservation_id), say(" holds slice "),
                    say_uuid(&held->slice_id), say(" already: take another id")));
        return false;
    }
    return certificate_check_quantity(step, command->quantity);
}

void certificate_decide_reserve(const struct certificate_step *step, const void *body) {
    const struct certificates_commands_reserve_slices *command = body;
    if (!certificate_check_exists(step) || !certificate_check_not_expired(step) ||
        !check_reserver(step, command)) {
        return;
    }
    struct arena *arena = step->context->arena;
    struct pick pick = {.indices =
                            arena_take(arena, step->model->slices_count * sizeof *pick.indices)};
    if (!pick_exact(&pick, step->model, command->owner, command->quantity)) {
        pick_largest(&pick, step->model, command->owner, command->quantity, arena);
    }
    if (pick.quantity < command->quantity) {
        certificate_reject(
            step, MILLRACE_REASON_NOT_ENOUGH,
            PHRASES(say("\""), say_text(command->owner), say("\" has "), say_number(pick.quantity),
                    say(" Wh free, not "), say_number(command->quantity)));
        return;
    }
    struct certificates_events_slices_reserved *event =
        certificate_event_add(step, MESSAGE_CERTIFICATES_EVENTS_SLICES_RESERVED, sizeof *event);
    COMMAND_EVENT_OPENING(step, event);
    event->reservation_id = command->reservation_id;
    event->slices_count = pick.count;
    event->slices = arena_take(arena, pick.count * sizeof *event->slices);
    for (uint32_t i = 0; i < pick.count; i++) {
        event->slices[i] = step->model->slices[pick.indices[i]].slice_id;
    }
}

/* A reservation may be given back at any time before a withdrawal, by whose slices it holds. */
void certificate_decide_release(const struct certificate_step *step, const void *body) {
    const struct certificates_commands_release_reservation *command = body;
    if (!certificate_check_exists(step)) {
        return;
    }
    const struct certificates_state_slice_model *held =
        certificate_reserved_slice(step->model, &command->reservation_id);
    if (held == NULL) {
        certificate_reject(
            step, MILLRACE_REASON_UNKNOWN_RESERVATION,
            PHRASES(say("no slice is held by reservation "), say_uuid(&command->reservation_id)));
        return;
    }
    /* All slices of a reservation have one owner: it was made so, and they cannot be transferred.
     */
    if (!certificate_check_holder(step, held)) {
        return;
    }
    struct certificates_events_reservation_released *event = certificate_event_add(
        step, MESSAGE_CERTIFICATES_EVENTS_RESERVATION_RELEASED, sizeof *event);
    COMMAND_EVENT_OPENING(step, event);
    event->reservation_id = command->reservation_id;
}
