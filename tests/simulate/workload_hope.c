/* What a team hopes of its certificates. */
#include <stdio.h>

#include "tests/simulate/known_ids.h"
#include "tests/simulate/workload_inside.h"

const char *const hope_owners[HOPE_OWNERS] = {"alice", "bob", "carol", "dave:eu.1", "erin_2-x"};
const struct hope_area hope_areas[HOPE_AREAS] = {{"DK1", "issuer.dk1"}, {"DK2", "issuer.dk2"}};

static void hope_identify(struct workload *workload, struct hope *hope) {
    if (!hope->has_asset) {
        hope->id = workload_id(workload);
        return;
    }
    (void)snprintf(hope->asset, sizeof hope->asset, "meter-%u",
                   chance_below(&workload->chance, 1000000));
    const bool production = hope->type == MILLRACE_CERTIFICATE_TYPE_PRODUCTION;
    hope->id = known_certificate_id(hope_areas[hope->area].name, hope->asset, hope->period_start_ms,
                                    hope->period_start_ms + (int64_t)3600 * 1000,
                                    production ? "Production" : "Consumption");
}

void hope_init(struct workload *workload, struct hope *hope, uint32_t number) {
    struct chance *chance = &workload->chance;
    const int32_t partitions = workload->setup.partitions;
    *hope = (struct hope){
        .has_asset = chance_permille(chance, 300),
        .type = chance_permille(chance, 500) ? MILLRACE_CERTIFICATE_TYPE_PRODUCTION
                                             : MILLRACE_CERTIFICATE_TYPE_CONSUMPTION,
        .area = chance_below(chance, HOPE_AREAS),
        .period_start_ms =
            (TIMELINE_WALL_OFFSET_S / 3600 - (int64_t)chance_below(chance, 1000)) * 3600 * 1000,
        .quantity = chance_between(chance, 1, 1000000),
        .other_registry = chance_permille(chance, 300),
    };
    do { /* one partition after the other */
        hope_identify(workload, hope);
    } while (known_place_of(&hope->id, partitions) != (int32_t)number % partitions);
}

struct hope_slice *hope_slice_in(struct workload *workload, struct hope *hope,
                                 enum hope_state state) {
    uint32_t found = 0;
    struct hope_slice *chosen = NULL;
    for (uint32_t i = 0; i < hope->slices_count; i++) {
        if (hope->slices[i].state == state && chance_below(&workload->chance, ++found) == 0) {
            chosen = &hope->slices[i];
        }
    }
    return chosen;
}

static struct hope_slice *hope_slice_by_id(struct hope *hope, const struct uuid *id) {
    for (uint32_t i = 0; i < hope->slices_count; i++) {
        if (uuid_equal(&hope->slices[i].id, id)) {
            return &hope->slices[i];
        }
    }
    return NULL;
}

static uint32_t owner_named(struct text name) {
    uint32_t owner = 0;
    while (owner < HOPE_OWNERS - 1 && !text_equal(name, text_of(hope_owners[owner]))) {
        owner++;
    }
    return owner;
}

static void follow_issue(struct hope *hope,
                         const struct certificates_commands_issue_certificate *issue) {
    if (hope->issued) {
        return;
    }
    hope->issued = true;
    hope->slices[hope->slices_count++] = (struct hope_slice){
        .id = known_slice_id(&hope->id, &issue->metadata.id, 0),
        .quantity = issue->quantity,
        .owner = owner_named(issue->owner),
    };
}

static void follow_slicing(struct hope *hope,
                           const struct certificates_commands_slice_certificate *slicing) {
    struct hope_slice *source = hope_slice_by_id(hope, &slicing->slice_id);
    if (source == NULL || hope->slices_count + slicing->parts_count > HOPE_SLICES_MAX) {
        return;
    }
    const struct hope_slice whole = *source;
    *source = hope->slices[--hope->slices_count];
    for (uint32_t i = 0; i < slicing->parts_count; i++) {
        struct hope_slice part = whole;
        part.id = known_slice_id(&hope->id, &slicing->metadata.id, i);
        part.quantity = slicing->parts[i].quantity;
        if (slicing->parts[i].has_owner) {
            part.owner = owner_named(slicing->parts[i].owner);
        }
        part.state = part.owner == whole.owner ? whole.state : HOPE_FREE;
        hope->slices[hope->slices_count++] = part;
    }
}

static void hold(struct hope_slice *slice, const struct uuid *reservation_id) {
    slice->state = HOPE_RESERVED;
    slice->reservation_id = *reservation_id;
}

/* An exact fit first, then the largest, until there is enough. */
static void follow_reservation(struct hope *hope,
                               const struct certificates_commands_reserve_slices *reserve) {
    const uint32_t owner = owner_named(reserve->owner);
    for (int64_t missing = reserve->quantity; missing > 0;) {
        struct hope_slice *best = NULL;
        for (uint32_t i = 0; i < hope->slices_count; i++) {
            struct hope_slice *slice = &hope->slices[i];
            const bool better = best == NULL || slice->quantity == missing ||
                                (best->quantity != missing && slice->quantity > best->quantity);
            if (slice->state == HOPE_FREE && slice->owner == owner && better) {
                best = slice;
            }
        }
        if (best == NULL) {
            return;
        }
        hold(best, &reserve->reservation_id);
        missing -= best->quantity;
    }
}

static void follow_release(struct hope *hope, const struct uuid *reservation_id) {
    for (uint32_t i = 0; i < hope->slices_count; i++) {
        struct hope_slice *slice = &hope->slices[i];
        if (slice->state == HOPE_RESERVED && uuid_equal(&slice->reservation_id, reservation_id)) {
            slice->state = HOPE_FREE;
        }
    }
}

static void follow_slice(struct hope *hope, const struct uuid *slice_id, enum hope_state state,
                         const struct uuid *allocation_id) {
    struct hope_slice *slice = hope_slice_by_id(hope, slice_id);
    if (slice != NULL) {
        slice->state = state;
        slice->allocation_id = *allocation_id;
    }
}

void hope_follow(struct hope *hope, const struct asked *asked) {
    struct hope_slice *slice;
    switch ((int)asked->type) {
    case MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE:
        follow_issue(hope, &asked->body.issue);
        break;
    case MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE:
        follow_slicing(hope, &asked->body.slice);
        break;
    case MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE:
        slice = hope_slice_by_id(hope, &asked->body.transfer.slice_id);
        if (slice != NULL) {
            slice->owner = owner_named(asked->body.transfer.new_owner);
        }
        break;
    case MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES:
        follow_reservation(hope, &asked->body.reserve);
        break;
    case MESSAGE_CERTIFICATES_COMMANDS_RELEASE_RESERVATION:
        follow_release(hope, &asked->body.release.reservation_id);
        break;
    case MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE:
        follow_slice(hope, &asked->body.allocate.slice_id, HOPE_ALLOCATED,
                     &asked->body.allocate.allocation_id);
        break;
    case MESSAGE_CERTIFICATES_COMMANDS_CLAIM_SLICE:
        follow_slice(hope, &asked->body.claim.slice_id, HOPE_CLAIMED,
                     &asked->body.claim.allocation_id);
        break;
    case MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE:
        follow_slice(hope, &asked->body.unclaim.slice_id, HOPE_FREE,
                     &asked->body.unclaim.allocation_id);
        break;
    default:
        hope->withdrawn = true;
        break;
    }
    hope->version++;
}
