/* The certificate as it must be: what each event must say of its command, and what it changes. */
#include <assert.h>

#include "tests/simulate/auditor_inside.h"
#include "tests/simulate/known_ids.h"

#define WRONG_UNLESS(condition, what) \
    do {                              \
        if (!(condition)) {           \
            return what;              \
        }                             \
    } while (0)

struct audit_slice *audit_slice_find(const struct audit_model *model, const struct uuid *id) {
    for (uint32_t i = 0; i < model->slices_count; i++) {
        if (uuid_equal(&model->slices[i].id, id)) {
            return &model->slices[i];
        }
    }
    return NULL;
}

/* One that must be there, since the command that names it was right. */
static struct audit_slice *slice_named(const struct audit_model *model, const struct uuid *id) {
    struct audit_slice *slice = audit_slice_find(model, id);
    assert(slice != NULL);
    return slice;
}

/* The slices but `without`, and room for `more`. */
static struct audit_slice *add_slices(struct audit *audit, struct audit_model *model,
                                      const struct audit_slice *without, uint32_t more) {
    struct audit_slice *slices =
        arena_take(&audit->arena, (model->slices_count + more + 1) * sizeof *slices);
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->slices_count; i++) {
        if (&model->slices[i] != without) {
            slices[count++] = model->slices[i];
        }
    }
    model->slices = slices;
    model->slices_count = count + more;
    return slices + count;
}

static void spend(struct audit *audit, struct audit_model *model, const struct uuid *allocation) {
    struct uuid *spent = arena_take(&audit->arena, (model->spent_count + 1) * sizeof *model->spent);
    if (model->spent_count > 0) {
        memcpy(spent, model->spent, model->spent_count * sizeof *spent);
    }
    spent[model->spent_count++] = *allocation;
    model->spent = spent;
}

static void name_slice(struct audit_slice *slice, const struct audit_names *names) {
    for (uint32_t i = 0; i < names->hashes_count; i++) {
        if (uuid_equal(&names->hashes[i].slice_id, &slice->id)) {
            slice->has_hash = true;
            slice->hash = names->hashes[i].registry_hash;
        }
    }
}

static bool says_slice(const struct millrace_slice *said, const struct audit_slice *slice) {
    return uuid_equal(&said->slice_id, &slice->id) && said->quantity == slice->quantity &&
           text_equal(said->owner, slice->owner) && said->has_registry_hash == slice->has_hash &&
           (!slice->has_hash || bytes_equal(said->registry_hash, slice->hash)) &&
           said->has_reservation_id == slice->has_reservation &&
           (!slice->has_reservation || uuid_equal(&said->reservation_id, &slice->reservation));
}

static bool says_attributes(const struct millrace_attribute *said, uint32_t said_count,
                            const struct millrace_attribute *asked, uint32_t asked_count) {
    for (uint32_t i = 0; i < said_count && i < asked_count; i++) {
        if (!text_equal(said[i].key, asked[i].key) || !text_equal(said[i].value, asked[i].value) ||
            said[i].kind != asked[i].kind) {
            return false;
        }
    }
    return said_count == asked_count;
}

static const char *issued(struct audit *audit, struct audit_model *model,
                          const struct certificates_commands_issue_certificate *issue,
                          const struct audit_names *names,
                          const struct certificates_events_certificate_issued *event) {
    model->issue = issue;
    struct audit_slice *slice = add_slices(audit, model, NULL, 1);
    *slice = (struct audit_slice){
        .id = known_slice_id(&issue->certificate_id, &issue->metadata.id, 0),
        .quantity = issue->quantity,
        .owner = issue->owner,
        .state = MILLRACE_SLICE_STATE_AVAILABLE,
    };
    name_slice(slice, names);
    WRONG_UNLESS(event->certificate_type == issue->certificate_type, "another type");
    WRONG_UNLESS(text_equal(event->grid_area, issue->grid_area), "another grid area");
    WRONG_UNLESS(event->period_start == issue->period_start, "another start");
    WRONG_UNLESS(event->period_end == issue->period_end, "another end");
    WRONG_UNLESS(event->quantity == issue->quantity, "another quantity");
    WRONG_UNLESS(text_equal(event->registry, issue->registry), "another registry");
    WRONG_UNLESS(event->has_asset_id == issue->has_asset_id &&
                     (!issue->has_asset_id || text_equal(event->asset_id, issue->asset_id)),
                 "another asset");
    WRONG_UNLESS(says_attributes(event->attributes, event->attributes_count, issue->attributes,
                                 issue->attributes_count),
                 "other attributes");
    WRONG_UNLESS(says_slice(&event->slice, slice), "another first slice");
    return NULL;
}

static const char *sliced(struct audit *audit, struct audit_model *model,
                          const struct certificates_commands_slice_certificate *slicing,
                          const struct audit_names *names,
                          const struct certificates_events_certificate_sliced *event) {
    const struct audit_slice *source = slice_named(model, &slicing->slice_id);
    const struct audit_slice whole = *source;
    struct audit_slice *parts = add_slices(audit, model, source, slicing->parts_count);
    WRONG_UNLESS(uuid_equal(&event->source_slice_id, &whole.id), "another source");
    WRONG_UNLESS(event->slices_count == slicing->parts_count, "not as many parts");
    for (uint32_t i = 0; i < slicing->parts_count; i++) {
        const struct certificates_commands_slice_part *part = &slicing->parts[i];
        const bool stays = !part->has_owner || text_equal(part->owner, whole.owner);
        parts[i] = (struct audit_slice){
            .id = known_slice_id(&slicing->certificate_id, &slicing->metadata.id, i),
            .quantity = part->quantity,
            .owner = part->has_owner ? part->owner : whole.owner,
            .state = MILLRACE_SLICE_STATE_AVAILABLE,
            .has_reservation = whole.has_reservation && stays,
            .reservation = whole.reservation,
        };
        name_slice(&parts[i], names);
        WRONG_UNLESS(says_slice(&event->slices[i], &parts[i]), "another part");
    }
    return NULL;
}

static const char *transferred(struct audit_model *model,
                               const struct certificates_commands_transfer_slice *transfer,
                               const struct certificates_events_slice_transferred *event) {
    struct audit_slice *slice = slice_named(model, &transfer->slice_id);
    WRONG_UNLESS(uuid_equal(&event->slice_id, &slice->id), "another slice");
    WRONG_UNLESS(text_equal(event->from_owner, slice->owner), "another owner before");
    WRONG_UNLESS(text_equal(event->to_owner, transfer->new_owner), "another new owner");
    slice->owner = transfer->new_owner;
    return NULL;
}

static const char *reserved(struct audit *audit, struct audit_model *model,
                            const struct certificates_commands_reserve_slices *reserve,
                            const struct certificates_events_slices_reserved *event) {
    WRONG_UNLESS(uuid_equal(&event->reservation_id, &reserve->reservation_id),
                 "another reservation");
    WRONG_UNLESS(audit_picks_right(audit, model, reserve, event->slices, event->slices_count),
                 "other slices than an exact fit, then the largest");
    for (uint32_t i = 0; i < event->slices_count; i++) {
        struct audit_slice *slice = slice_named(model, &event->slices[i]);
        slice->has_reservation = true;
        slice->reservation = reserve->reservation_id;
    }
    return NULL;
}

static const char *released(struct audit_model *model,
                            const struct certificates_commands_release_reservation *release,
                            const struct certificates_events_reservation_released *event) {
    WRONG_UNLESS(uuid_equal(&event->reservation_id, &release->reservation_id),
                 "another reservation");
    for (uint32_t i = 0; i < model->slices_count; i++) {
        struct audit_slice *slice = &model->slices[i];
        if (slice->has_reservation && uuid_equal(&slice->reservation, &release->reservation_id)) {
            slice->has_reservation = false;
        }
    }
    return NULL;
}

static const char *allocated(struct audit_model *model,
                             const struct certificates_commands_allocate_slice *allocate,
                             const struct certificates_events_slice_allocated *event) {
    struct audit_slice *slice = slice_named(model, &allocate->slice_id);
    slice->state = MILLRACE_SLICE_STATE_ALLOCATED;
    slice->has_reservation = false;
    slice->allocation = (struct audit_allocation){
        .id = allocate->allocation_id,
        .has_claim_id = allocate->has_claim_id,
        .claim_id = allocate->claim_id,
        .counterpart = allocate->counterpart_certificate_id,
    };
    WRONG_UNLESS(uuid_equal(&event->slice_id, &slice->id), "another slice");
    WRONG_UNLESS(uuid_equal(&event->allocation_id, &allocate->allocation_id), "another allocation");
    WRONG_UNLESS(event->has_claim_id == allocate->has_claim_id &&
                     (!event->has_claim_id || uuid_equal(&event->claim_id, &allocate->claim_id)),
                 "another claim");
    WRONG_UNLESS(
        uuid_equal(&event->counterpart_certificate_id, &allocate->counterpart_certificate_id),
        "another counterpart");
    return NULL;
}

static const char *says_allocation(const struct audit_slice *slice, const struct uuid *slice_id,
                                   const struct uuid *allocation_id, bool has_claim_id,
                                   const struct uuid *claim_id, const struct uuid *counterpart) {
    const struct audit_allocation *allocation = &slice->allocation;
    WRONG_UNLESS(uuid_equal(slice_id, &slice->id), "another slice");
    WRONG_UNLESS(uuid_equal(allocation_id, &allocation->id), "another allocation");
    WRONG_UNLESS(has_claim_id == allocation->has_claim_id &&
                     (!has_claim_id || uuid_equal(claim_id, &allocation->claim_id)),
                 "another claim");
    WRONG_UNLESS(uuid_equal(counterpart, &allocation->counterpart), "another counterpart");
    return NULL;
}

static const char *claimed(struct audit_model *model,
                           const struct certificates_commands_claim_slice *claim,
                           const struct certificates_events_slice_claimed *event) {
    struct audit_slice *slice = slice_named(model, &claim->slice_id);
    slice->state = MILLRACE_SLICE_STATE_CLAIMED;
    return says_allocation(slice, &event->slice_id, &event->allocation_id, event->has_claim_id,
                           &event->claim_id, &event->counterpart_certificate_id);
}

static const char *unclaimed(struct audit *audit, struct audit_model *model,
                             const struct certificates_commands_unclaim_slice *unclaim,
                             const struct certificates_events_slice_unclaimed *event) {
    struct audit_slice *slice = slice_named(model, &unclaim->slice_id);
    slice->state = MILLRACE_SLICE_STATE_AVAILABLE;
    spend(audit, model, &slice->allocation.id);
    return says_allocation(slice, &event->slice_id, &event->allocation_id, event->has_claim_id,
                           &event->claim_id, &event->counterpart_certificate_id);
}

static const char *withdrawn(struct audit_model *model,
                             const struct certificates_commands_withdraw_certificate *withdraw,
                             const struct certificates_events_certificate_withdrawn *event) {
    model->withdrawn = true;
    WRONG_UNLESS(text_equal(event->reason, withdraw->reason), "another reason");
    return NULL;
}

const char *audit_apply(struct audit *audit, struct audit_model *model,
                        const struct audit_command *command, const struct audit_names *names,
                        const struct message *event) {
    static const enum message_type made[][2] = {
#define MADE(command, event) \
    {MESSAGE_CERTIFICATES_COMMANDS_##command, MESSAGE_CERTIFICATES_EVENTS_##event}
        MADE(ISSUE_CERTIFICATE, CERTIFICATE_ISSUED),
        MADE(SLICE_CERTIFICATE, CERTIFICATE_SLICED),
        MADE(TRANSFER_SLICE, SLICE_TRANSFERRED),
        MADE(RESERVE_SLICES, SLICES_RESERVED),
        MADE(RELEASE_RESERVATION, RESERVATION_RELEASED),
        MADE(ALLOCATE_SLICE, SLICE_ALLOCATED),
        MADE(CLAIM_SLICE, SLICE_CLAIMED),
        MADE(UNCLAIM_SLICE, SLICE_UNCLAIMED),
        MADE(WITHDRAW_CERTIFICATE, CERTIFICATE_WITHDRAWN),
#undef MADE
    };
    const void *body = command->item->message.body;
    uint32_t i = 0;
    while (made[i][0] != command->item->message.type) {
        i++;
    }
    WRONG_UNLESS(event->type == made[i][1], "no event of this command");
    switch ((int)made[i][0]) {
    case MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE:
        return issued(audit, model, body, names, event->body);
    case MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE:
        return sliced(audit, model, body, names, event->body);
    case MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE:
        return transferred(model, body, event->body);
    case MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES:
        return reserved(audit, model, body, event->body);
    case MESSAGE_CERTIFICATES_COMMANDS_RELEASE_RESERVATION:
        return released(model, body, event->body);
    case MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE:
        return allocated(model, body, event->body);
    case MESSAGE_CERTIFICATES_COMMANDS_CLAIM_SLICE:
        return claimed(model, body, event->body);
    case MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE:
        return unclaimed(audit, model, body, event->body);
    default:
        return withdrawn(model, body, event->body);
    }
}

/* ---- what was set right ---- */

static struct audit_slice realigned_slice(const struct millrace_realigned_slice *said) {
    struct audit_slice slice = {
        .id = said->slice_id,
        .quantity = said->quantity,
        .owner = said->owner,
        .state = said->state,
        .has_hash = said->has_registry_hash,
        .hash = said->registry_hash,
        .has_blinding = said->has_blinding,
        .blinding = said->blinding,
    };
    if (said->allocation != NULL) {
        slice.allocation = (struct audit_allocation){
            .id = said->allocation->allocation_id,
            .has_claim_id = said->allocation->has_claim_id,
            .claim_id = said->allocation->claim_id,
            .counterpart = said->allocation->counterpart_certificate_id,
        };
    }
    return slice;
}

static bool same_allocation(const struct millrace_allocation *one,
                            const struct millrace_allocation *other) {
    if (one == NULL || other == NULL) {
        return one == other;
    }
    return uuid_equal(&one->allocation_id, &other->allocation_id) &&
           one->has_claim_id == other->has_claim_id &&
           (!one->has_claim_id || uuid_equal(&one->claim_id, &other->claim_id)) &&
           uuid_equal(&one->counterpart_certificate_id, &other->counterpart_certificate_id);
}

static bool same_realigned(const struct millrace_realigned_slice *one,
                           const struct millrace_realigned_slice *other) {
    return uuid_equal(&one->slice_id, &other->slice_id) && one->quantity == other->quantity &&
           text_equal(one->owner, other->owner) && one->state == other->state &&
           one->has_registry_hash == other->has_registry_hash &&
           (!one->has_registry_hash || bytes_equal(one->registry_hash, other->registry_hash)) &&
           one->has_blinding == other->has_blinding &&
           (!one->has_blinding || bytes_equal(one->blinding, other->blinding)) &&
           same_allocation(one->allocation, other->allocation);
}

static bool allocation_stays(const struct audit_realigned *books, const struct uuid *id) {
    for (uint32_t i = 0; i < books->slices_count; i++) {
        const struct millrace_allocation *allocation = books->slices[i].allocation;
        if (allocation != NULL && uuid_equal(&allocation->allocation_id, id)) {
            return true;
        }
    }
    return false;
}

const char *audit_realign(struct audit *audit, struct audit_model *model,
                          const struct audit_realigned *books, const struct message *event) {
    const struct certificates_events_certificate_realigned *said = event->body;
    const struct audit_model before = *model;
    WRONG_UNLESS(said->slices_count == books->slices_count, "other slices than were said");
    WRONG_UNLESS(said->withdrawn == books->withdrawn, "not what was said of withdrawal");
    model->slices_count = 0;
    model->spent_count = 0;
    struct audit_slice *slices = add_slices(audit, model, NULL, books->slices_count);
    for (uint32_t i = 0; i < books->slices_count; i++) {
        WRONG_UNLESS(same_realigned(&said->slices[i], &books->slices[i]),
                     "another slice than was said");
        slices[i] = realigned_slice(&books->slices[i]);
    }
    for (uint32_t i = 0; i < before.spent_count; i++) {
        if (!allocation_stays(books, &before.spent[i])) {
            spend(audit, model, &before.spent[i]);
        }
    }
    for (uint32_t i = 0; i < before.slices_count; i++) {
        const struct audit_slice *slice = &before.slices[i];
        if (slice->state != MILLRACE_SLICE_STATE_AVAILABLE &&
            !allocation_stays(books, &slice->allocation.id)) {
            spend(audit, model, &slice->allocation.id);
        }
    }
    model->withdrawn = books->withdrawn;
    return NULL;
}

/* ---- looking at the whole ---- */

const char *audit_conserved(const struct audit_model *model) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < model->slices_count; i++) {
        WRONG_UNLESS(model->slices[i].quantity > 0, "a slice without energy");
        sum += model->slices[i].quantity;
    }
    WRONG_UNLESS(sum == (model->issue == NULL ? 0 : model->issue->quantity),
                 "the slices do not sum to what was issued");
    return NULL;
}

static bool same_slice(const struct audit_slice *slice,
                       const struct certificates_state_slice_model *state) {
    const bool same =
        uuid_equal(&slice->id, &state->slice_id) && slice->quantity == state->quantity &&
        text_equal(slice->owner, state->owner) && slice->state == state->state &&
        slice->has_hash == state->has_registry_hash &&
        (!slice->has_hash || bytes_equal(slice->hash, state->registry_hash)) &&
        slice->has_blinding == state->has_blinding &&
        (!slice->has_blinding || bytes_equal(slice->blinding, state->blinding)) &&
        slice->has_reservation == state->has_reservation_id &&
        (!slice->has_reservation || uuid_equal(&slice->reservation, &state->reservation_id));
    if (!same || (slice->state == MILLRACE_SLICE_STATE_AVAILABLE) != (state->allocation == NULL)) {
        return false;
    }
    return state->allocation == NULL ||
           says_allocation(slice, &state->slice_id, &state->allocation->allocation_id,
                           state->allocation->has_claim_id, &state->allocation->claim_id,
                           &state->allocation->counterpart_certificate_id) == NULL;
}

static bool has_spent(const struct certificates_state_certificate_model *state,
                      const struct uuid *id) {
    for (uint32_t i = 0; i < state->spent_allocations_count; i++) {
        if (uuid_equal(&state->spent_allocations[i], id)) {
            return true;
        }
    }
    return false;
}

static const char *same_issue(const struct certificates_commands_issue_certificate *issue,
                              const struct certificates_state_issued_certificate *state) {
    WRONG_UNLESS((issue == NULL) == (state == NULL), "issued, or not");
    if (issue == NULL) {
        return NULL;
    }
    WRONG_UNLESS(issue->certificate_type == state->certificate_type, "another type");
    WRONG_UNLESS(text_equal(issue->grid_area, state->grid_area), "another grid area");
    WRONG_UNLESS(issue->period_start == state->period_start, "another start");
    WRONG_UNLESS(issue->period_end == state->period_end, "another end");
    WRONG_UNLESS(issue->quantity == state->quantity, "another quantity");
    WRONG_UNLESS(text_equal(issue->registry, state->registry), "another registry");
    WRONG_UNLESS(issue->has_asset_id == state->has_asset_id &&
                     (!issue->has_asset_id || text_equal(issue->asset_id, state->asset_id)),
                 "another asset");
    WRONG_UNLESS(says_attributes(state->attributes, state->attributes_count, issue->attributes,
                                 issue->attributes_count),
                 "other attributes");
    return NULL;
}

const char *audit_same_model(const struct audit_model *model,
                             const struct certificates_state_certificate_model *state) {
    const enum millrace_suspension_cause suspended =
        state->suspension == NULL ? MILLRACE_SUSPENSION_CAUSE_OTHER : state->suspension->cause;
    WRONG_UNLESS(state->version == model->version, "another version");
    const char *wrong = same_issue(model->issue, state->issued);
    if (wrong != NULL) {
        return wrong;
    }
    WRONG_UNLESS(state->withdrawn == model->withdrawn, "withdrawn, or not");
    WRONG_UNLESS(suspended == model->suspended, "another suspension");
    WRONG_UNLESS(state->suspension == NULL ||
                     (state->suspension->has_submission_id == model->has_suspended_by &&
                      uuid_equal(&state->suspension->submission_id, &model->suspended_by)),
                 "suspended by another submission");
    WRONG_UNLESS(state->slices_count == model->slices_count, "not as many slices");
    for (uint32_t i = 0; i < model->slices_count; i++) {
        WRONG_UNLESS(same_slice(&model->slices[i], &state->slices[i]), "another slice");
    }
    WRONG_UNLESS(state->spent_allocations_count == model->spent_count,
                 "not as many spent allocations");
    for (uint32_t i = 0; i < model->spent_count; i++) {
        WRONG_UNLESS(has_spent(state, &model->spent[i]), "another spent allocation");
    }
    return NULL;
}
