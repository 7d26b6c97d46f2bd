/* The rules of the business, told once more by somebody else than `domain/`. Reasons of one rank
 * stand together: which of them is named first is nobody's business. */
#include <assert.h>

#include "tests/simulate/auditor_inside.h"
#include "tests/simulate/workload.h"

#define BIT(reason) (UINT64_C(1) << MILLRACE_REASON_##reason)
#define BIT_IF(condition, reason) ((condition) ? BIT(reason) : 0)

static const int64_t quantity_most = INT64_C(4294967295);

/* ---- who is who ---- */

static bool is_issuer(struct text area, struct text name) {
    const struct rules *rules = workload_rules();
    for (uint32_t i = 0; i < rules->issuers_count; i++) {
        if (text_equal(rules->issuers[i].grid_area, area) &&
            text_equal(rules->issuers[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool is_registry(struct text name) {
    const struct rules *rules = workload_rules();
    for (uint32_t i = 0; i < rules->registries_count; i++) {
        if (text_equal(rules->registries[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool is_known_owner(struct text name) {
    const struct rules *rules = workload_rules();
    for (uint32_t i = 0; i < rules->owners_count; i++) {
        if (text_equal(rules->owners[i].name, name)) {
            return true; /* all that are named are well-formed */
        }
    }
    return false;
}

/* ---- issue, withdraw ---- */

static bool period_is_right(int64_t start, int64_t end) {
    return start >= 0 && end > start && start % 1000 == 0 && end % 1000 == 0 &&
           end - start >= 60 * 1000 && end - start <= 3600 * 1000;
}

static bool attributes_fit(const struct certificates_commands_issue_certificate *issue) {
    enum { ATTRIBUTES = 32, BYTES = 256 };
    for (uint32_t i = 0; i < issue->attributes_count; i++) {
        if (issue->attributes[i].key.length > BYTES || issue->attributes[i].value.length > BYTES) {
            return false;
        }
    }
    return issue->attributes_count <= ATTRIBUTES;
}

static uint64_t refuse_issue(const struct audit_model *model,
                             const struct certificates_commands_issue_certificate *issue) {
    if (model->issue != NULL) {
        return BIT(ALREADY_ISSUED);
    }
    if (!is_issuer(issue->grid_area, issue->requested_by)) {
        return BIT(NOT_ISSUER);
    }
    return BIT_IF(!is_registry(issue->registry), UNKNOWN_REGISTRY) |
           BIT_IF(!is_known_owner(issue->owner), UNKNOWN_OWNER) |
           BIT_IF(issue->quantity < 1 || issue->quantity > quantity_most, INVALID_QUANTITY) |
           BIT_IF(!period_is_right(issue->period_start, issue->period_end), INVALID_PERIOD) |
           BIT_IF(!attributes_fit(issue), TOO_LARGE);
}

static uint64_t refuse_withdrawal(const struct audit_model *model,
                                  const struct certificates_commands_withdraw_certificate *cmd) {
    return BIT_IF(!is_issuer(model->issue->grid_area, cmd->requested_by), NOT_ISSUER);
}

/* ---- slices ---- */

/* What stands against moving a slice: whose it is, where it stands, what holds it. */
static uint64_t refuse_slice(const struct audit_slice *slice, struct text by, bool names_one,
                             const struct uuid *reservation) {
    const uint64_t refusals = BIT_IF(!text_equal(slice->owner, by), NOT_OWNER);
    if (slice->state != MILLRACE_SLICE_STATE_AVAILABLE) {
        return refusals | BIT(SLICE_NOT_AVAILABLE);
    }
    if (slice->has_reservation) {
        const bool named = names_one && uuid_equal(&slice->reservation, reservation);
        return refusals | BIT_IF(!named, SLICE_RESERVED);
    }
    return refusals | BIT_IF(names_one, UNKNOWN_RESERVATION);
}

static uint64_t refuse_parts(const struct audit_model *model, const struct audit_slice *slice,
                             const struct certificates_commands_slice_certificate *slicing) {
    enum { PARTS_LEAST = 2, PARTS_MOST = 100, SLICES_MOST = 1000 };
    uint64_t refusals =
        BIT_IF(slicing->parts_count < PARTS_LEAST, INVALID_QUANTITY) |
        BIT_IF(slicing->parts_count > PARTS_MOST, TOO_MANY_SLICES) |
        BIT_IF(model->slices_count - 1 + slicing->parts_count > SLICES_MOST, TOO_MANY_SLICES);
    int64_t rest = slice->quantity;
    bool sums = true;
    for (uint32_t i = 0; i < slicing->parts_count; i++) {
        const struct certificates_commands_slice_part *part = &slicing->parts[i];
        if (part->quantity < 1 || part->quantity > quantity_most) {
            refusals |= BIT(INVALID_QUANTITY);
        }
        if (part->has_owner && !is_known_owner(part->owner)) {
            refusals |= BIT(UNKNOWN_OWNER);
        }
        sums = sums && part->quantity <= rest && part->quantity >= -quantity_most;
        rest -= sums ? part->quantity : 0;
    }
    return refusals | BIT_IF(!sums || rest != 0, QUANTITY_MISMATCH);
}

static uint64_t refuse_slicing(const struct audit_model *model,
                               const struct certificates_commands_slice_certificate *slicing) {
    const struct audit_slice *slice = audit_slice_find(model, &slicing->slice_id);
    if (slice == NULL) {
        return BIT(UNKNOWN_SLICE);
    }
    const uint64_t refusals = refuse_slice(slice, slicing->requested_by,
                                           slicing->has_reservation_id, &slicing->reservation_id);
    return refusals != 0 ? refusals : refuse_parts(model, slice, slicing);
}

static uint64_t refuse_transfer(const struct audit_model *model,
                                const struct certificates_commands_transfer_slice *transfer) {
    const struct audit_slice *slice = audit_slice_find(model, &transfer->slice_id);
    if (slice == NULL) {
        return BIT(UNKNOWN_SLICE);
    }
    const uint64_t refusals = refuse_slice(slice, transfer->requested_by, false, NULL);
    if (refusals != 0) {
        return refusals;
    }
    return BIT_IF(!is_known_owner(transfer->new_owner), UNKNOWN_OWNER) |
           BIT_IF(text_equal(transfer->new_owner, slice->owner), SAME_OWNER);
}

/* ---- reservations ---- */

static bool reservation_stands(const struct audit_model *model, const struct uuid *id,
                               struct text *owner) {
    for (uint32_t i = 0; i < model->slices_count; i++) {
        if (model->slices[i].has_reservation && uuid_equal(&model->slices[i].reservation, id)) {
            *owner = model->slices[i].owner;
            return true;
        }
    }
    return false;
}

static bool is_free(const struct audit_slice *slice, struct text owner) {
    return slice->state == MILLRACE_SLICE_STATE_AVAILABLE && !slice->has_reservation &&
           text_equal(slice->owner, owner);
}

static uint64_t refuse_reservation(const struct audit_model *model,
                                   const struct certificates_commands_reserve_slices *reserve) {
    struct text owner;
    int64_t there = 0;
    if (!text_equal(reserve->requested_by, reserve->owner)) {
        return BIT(NOT_OWNER);
    }
    for (uint32_t i = 0; i < model->slices_count; i++) {
        there += is_free(&model->slices[i], reserve->owner) ? model->slices[i].quantity : 0;
    }
    return BIT_IF(reserve->quantity < 1 || reserve->quantity > quantity_most, INVALID_QUANTITY) |
           BIT_IF(reservation_stands(model, &reserve->reservation_id, &owner), SLICE_RESERVED) |
           BIT_IF(there < reserve->quantity, NOT_ENOUGH);
}

static uint64_t refuse_release(const struct audit_model *model,
                               const struct certificates_commands_release_reservation *release) {
    struct text owner;
    if (!reservation_stands(model, &release->reservation_id, &owner)) {
        return BIT(UNKNOWN_RESERVATION);
    }
    return BIT_IF(!text_equal(owner, release->requested_by), NOT_OWNER);
}

/* An exact fit first, then the largest; the oldest of equals. `again`: what is still missing may be
 * fitted exactly as well. */
static bool picks_follow(struct audit *audit, const struct audit_model *model,
                         const struct certificates_commands_reserve_slices *reserve,
                         const struct uuid *picked, uint32_t picked_count, bool again) {
    int64_t missing = reserve->quantity;
    bool *taken = arena_take(&audit->arena, model->slices_count + 1);
    uint32_t i = 0;
    for (; i < picked_count && missing > 0; i++) {
        const bool exactly = again || i == 0;
        const struct audit_slice *best = NULL;
        for (uint32_t s = 0; s < model->slices_count; s++) {
            const struct audit_slice *slice = &model->slices[s];
            if (taken[s] || !is_free(slice, reserve->owner)) {
                continue;
            }
            const bool fits = exactly && slice->quantity == missing;
            if (best == NULL || (fits && best->quantity != missing) ||
                (slice->quantity > best->quantity && !(exactly && best->quantity == missing))) {
                best = slice;
            }
        }
        if (best == NULL || !uuid_equal(&best->id, &picked[i])) {
            return false;
        }
        taken[best - model->slices] = true;
        missing -= best->quantity;
    }
    return i == picked_count && missing <= 0;
}

bool audit_picks_right(struct audit *audit, const struct audit_model *model,
                       const struct certificates_commands_reserve_slices *reserve,
                       const struct uuid *picked, uint32_t picked_count) {
    return picks_follow(audit, model, reserve, picked, picked_count, false) ||
           picks_follow(audit, model, reserve, picked, picked_count, true);
}

/* ---- allocations ---- */

static bool allocation_was_used(const struct audit_model *model, const struct uuid *id) {
    for (uint32_t i = 0; i < model->slices_count; i++) {
        if (model->slices[i].state != MILLRACE_SLICE_STATE_AVAILABLE &&
            uuid_equal(&model->slices[i].allocation.id, id)) {
            return true;
        }
    }
    for (uint32_t i = 0; i < model->spent_count; i++) {
        if (uuid_equal(&model->spent[i], id)) {
            return true;
        }
    }
    return false;
}

static uint64_t refuse_allocation(const struct audit_model *model,
                                  const struct certificates_commands_allocate_slice *allocate) {
    const struct audit_slice *slice = audit_slice_find(model, &allocate->slice_id);
    if (slice == NULL) {
        return BIT(UNKNOWN_SLICE);
    }
    const uint64_t refusals = refuse_slice(slice, allocate->requested_by,
                                           allocate->has_reservation_id, &allocate->reservation_id);
    if (refusals != 0) {
        return refusals;
    }
    const bool to_itself =
        uuid_equal(&allocate->counterpart_certificate_id, &allocate->certificate_id);
    return BIT_IF(allocate->quantity != slice->quantity, QUANTITY_MISMATCH) |
           BIT_IF(allocation_was_used(model, &allocate->allocation_id), ALLOCATION_ID_IN_USE) |
           BIT_IF(!is_registry(allocate->counterpart_registry), UNKNOWN_REGISTRY) |
           BIT_IF(to_itself, UNKNOWN_CERTIFICATE);
}

/* A claim takes an allocated slice, an unclaiming a claimed one: by its very allocation. */
static uint64_t refuse_use(const struct audit_model *model, const struct uuid *slice_id,
                           struct text by, const struct uuid *allocation_id,
                           enum millrace_slice_state needed) {
    const struct audit_slice *slice = audit_slice_find(model, slice_id);
    if (slice == NULL) {
        return BIT(UNKNOWN_SLICE);
    }
    const bool allocated = slice->state != MILLRACE_SLICE_STATE_AVAILABLE;
    const bool by_it = allocated && uuid_equal(&slice->allocation.id, allocation_id);
    return BIT_IF(!text_equal(slice->owner, by), NOT_OWNER) | BIT_IF(!by_it, UNKNOWN_ALLOCATION) |
           BIT_IF(allocated && slice->state != needed, SLICE_NOT_AVAILABLE);
}

/* ---- all ---- */

/* 0: it must not exist, though an issue may have been suspended and resumed before. */
static bool version_is_expected(const struct audit_model *model,
                                const struct certificate_command_head *head) {
    const int64_t version =
        model->issue == NULL && head->expected_version == 0 ? 0 : model->version;
    return !head->has_expected_version || head->expected_version == version;
}

bool audit_is_too_large(const struct audit_command *command) {
    return command->item->value.length > 64 << 10;
}

uint64_t audit_refusals(const struct audit_model *model, const struct audit_command *command) {
    const void *body = command->item->message.body;
    const enum message_type type = command->item->message.type;
    const struct certificates_commands_claim_slice *claim = body;
    const struct certificates_commands_unclaim_slice *unclaim = body;
    if (audit_is_too_large(command)) {
        return BIT(TOO_LARGE);
    }
    if (!version_is_expected(model, &command->head)) {
        return BIT(VERSION_CONFLICT);
    }
    if (type == MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE) {
        return refuse_issue(model, body);
    }
    if (model->issue == NULL || model->withdrawn) {
        return model->issue == NULL ? BIT(UNKNOWN_CERTIFICATE) : BIT(WITHDRAWN);
    }
    switch ((int)type) {
    case MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE:
        return refuse_slicing(model, body);
    case MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE:
        return refuse_transfer(model, body);
    case MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES:
        return refuse_reservation(model, body);
    case MESSAGE_CERTIFICATES_COMMANDS_RELEASE_RESERVATION:
        return refuse_release(model, body);
    case MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE:
        return refuse_allocation(model, body);
    case MESSAGE_CERTIFICATES_COMMANDS_CLAIM_SLICE:
        return refuse_use(model, &claim->slice_id, claim->requested_by, &claim->allocation_id,
                          MILLRACE_SLICE_STATE_ALLOCATED);
    case MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE:
        return refuse_use(model, &unclaim->slice_id, unclaim->requested_by, &unclaim->allocation_id,
                          MILLRACE_SLICE_STATE_CLAIMED);
    default:
        assert(type == MESSAGE_CERTIFICATES_COMMANDS_WITHDRAW_CERTIFICATE);
        return refuse_withdrawal(model, body);
    }
}

static uint64_t refuse_realigned(
    const struct audit_model *model,
    const struct certificates_operations_realign_certificate *realign) {
    enum { SLICES_MOST = 1000 };
    uint64_t refusals = BIT_IF(realign->slices_count > SLICES_MOST, TOO_MANY_SLICES);
    int64_t sum = 0;
    for (uint32_t i = 0; i < realign->slices_count; i++) {
        const struct millrace_realigned_slice *slice = &realign->slices[i];
        const bool right = slice->quantity >= 1 && slice->quantity <= quantity_most;
        sum += right ? slice->quantity : 0;
        refusals |=
            BIT_IF(!right, INVALID_QUANTITY) |
            BIT_IF(!is_known_owner(slice->owner), UNKNOWN_OWNER) |
            BIT_IF((slice->state == MILLRACE_SLICE_STATE_AVAILABLE) != (slice->allocation == NULL),
                   MISALIGNED);
        for (uint32_t j = 0; j < i; j++) {
            const struct millrace_realigned_slice *other = &realign->slices[j];
            const bool twice =
                slice->allocation != NULL && other->allocation != NULL &&
                uuid_equal(&slice->allocation->allocation_id, &other->allocation->allocation_id);
            refusals |= BIT_IF(twice || uuid_equal(&slice->slice_id, &other->slice_id), MISALIGNED);
        }
    }
    return refusals | BIT_IF(sum != model->issue->quantity, QUANTITY_MISMATCH);
}

uint64_t audit_realign_refusals(const struct audit_model *model,
                                const struct audit_command *operation, bool in_flight) {
    const uint64_t state =
        BIT_IF(in_flight, OUTCOME_UNKNOWN) | BIT_IF(model->issue == NULL, UNKNOWN_CERTIFICATE) |
        BIT_IF(model->suspended == MILLRACE_SUSPENSION_CAUSE_OTHER, NOT_SUSPENDED);
    return state != 0 ? state : refuse_realigned(model, operation->item->message.body);
}
