/* Commands that our rules refuse. */
#include <string.h>

#include "tests/simulate/workload_inside.h"

static const char *const impossible_names[] = {
#define IMPOSSIBLE_NAME(name) #name,
    IMPOSSIBLES(IMPOSSIBLE_NAME)
#undef IMPOSSIBLE_NAME
};

const char *impossible_name(enum impossible impossible) {
    return impossible_names[impossible];
}

static const char *somebody_else(const struct hope_slice *slice) {
    return hope_owners[(slice->owner + 1) % HOPE_OWNERS];
}

enum {
    LARGE_BYTES = 300,    /* of a value: more than we take */
    LARGEST_BYTES = 1000, /* nearly as much as can be read at all */
    LARGE_COMMAND_BYTES = 64 << 10,
};

static void add_attributes(struct workload *workload,
                           struct certificates_commands_issue_certificate *issue, uint32_t count,
                           uint32_t bytes) {
    char *value = arena_take(&workload->arena, bytes);
    memset(value, 'v', bytes);
    issue->attributes_count = count;
    issue->attributes = arena_take(&workload->arena, count * sizeof *issue->attributes);
    for (uint32_t i = 0; i < count; i++) {
        issue->attributes[i] = (struct millrace_attribute){
            .key = text_of("k"),
            .value = {value, bytes},
            .kind = MILLRACE_ATTRIBUTE_KIND_CLEAR_TEXT,
        };
    }
}

static bool wrong_issue(struct workload *workload, const struct hope *hope,
                        enum impossible impossible, struct asked *asked) {
    struct chance *chance = &workload->chance;
    ask_issue(workload, hope, asked);
    struct certificates_commands_issue_certificate *issue = &asked->body.issue;
    switch ((int)impossible) {
    case IMPOSSIBLE_NOT_ISSUER:
        issue->requested_by = text_of(hope_areas[(hope->area + 1) % HOPE_AREAS].issuer);
        break;
    case IMPOSSIBLE_BAD_PERIOD:
        issue->period_end = issue->period_start + (chance_permille(chance, 500) ? 59000 : 3601000);
        issue->period_start += chance_permille(chance, 300) ? 1 : 0;
        break;
    case IMPOSSIBLE_BAD_QUANTITY:
        issue->quantity = chance_permille(chance, 500) ? 0 : INT64_C(4294967296);
        break;
    case IMPOSSIBLE_BAD_OWNER:
        issue->owner = text_of(chance_permille(chance, 500) ? "mallory" : "not well formed");
        break;
    case IMPOSSIBLE_UNKNOWN_REGISTRY:
        issue->registry = text_of("nowhere");
        break;
    case IMPOSSIBLE_LARGE_ATTRIBUTE:
        add_attributes(workload, issue, 1, LARGE_BYTES);
        break;
    case IMPOSSIBLE_MANY_ATTRIBUTES:
        add_attributes(workload, issue, 33, 1);
        break;
    case IMPOSSIBLE_LARGE_COMMAND:
        add_attributes(workload, issue, 1 + LARGE_COMMAND_BYTES / LARGEST_BYTES, LARGEST_BYTES);
        break;
    default: /* ISSUED_ALREADY: as it is */
        break;
    }
    return true;
}

static void no_parts_like_these(struct workload *workload, enum impossible impossible,
                                struct certificates_commands_slice_certificate *slicing) {
    enum { MANY = 101 };
    switch ((int)impossible) {
    case IMPOSSIBLE_WRONG_SUM:
        slicing->parts[0].quantity += chance_permille(&workload->chance, 500) ? 1 : -1;
        break;
    case IMPOSSIBLE_NEGATIVE_PART:
        slicing->parts[1].quantity += slicing->parts[0].quantity + 5;
        slicing->parts[0].quantity = -5;
        break;
    case IMPOSSIBLE_ONE_PART:
        slicing->parts_count = 1;
        break;
    default:
        slicing->parts_count = MANY;
        slicing->parts = arena_take(&workload->arena, MANY * sizeof *slicing->parts);
        for (uint32_t i = 0; i < MANY; i++) {
            slicing->parts[i].quantity = 1;
        }
        break;
    }
}

static bool wrong_move(struct workload *workload, struct hope *hope, enum impossible impossible,
                       struct asked *asked) {
    const struct hope_slice *slice = hope_slice_in(workload, hope, HOPE_FREE);
    if (slice == NULL) {
        return false;
    }
    struct certificates_commands_transfer_slice *transfer = &asked->body.transfer;
    if (impossible == IMPOSSIBLE_WRONG_SUM || impossible == IMPOSSIBLE_NEGATIVE_PART ||
        impossible == IMPOSSIBLE_ONE_PART || impossible == IMPOSSIBLE_MANY_PARTS) {
        ask_slicing(workload, hope, slice, asked);
        no_parts_like_these(workload, impossible, &asked->body.slice);
        return true;
    }
    if (impossible == IMPOSSIBLE_WRONG_RESERVATION) {
        ask_slicing(workload, hope, slice, asked);
        asked->body.slice.has_reservation_id = true;
        asked->body.slice.reservation_id = workload_id(workload);
        return true;
    }
    ask_transfer(workload, hope, slice, asked);
    switch ((int)impossible) {
    case IMPOSSIBLE_UNKNOWN_SLICE:
        transfer->slice_id = workload_id(workload);
        break;
    case IMPOSSIBLE_NOT_OWNER:
        transfer->requested_by = text_of(somebody_else(slice));
        break;
    case IMPOSSIBLE_TO_ONESELF:
        transfer->new_owner = transfer->requested_by;
        break;
    case IMPOSSIBLE_TO_NOBODY:
        transfer->new_owner = text_of(chance_permille(&workload->chance, 500) ? "" : "mallory");
        break;
    default: /* WRONG_VERSION */
        transfer->has_expected_version = true;
        transfer->expected_version =
            hope->version + chance_between(&workload->chance, -2, 20) + 1000;
        break;
    }
    return true;
}

static bool wrong_reservation(struct workload *workload, struct hope *hope,
                              enum impossible impossible, struct asked *asked) {
    const bool held = impossible == IMPOSSIBLE_RESERVED_SLICE ||
                      impossible == IMPOSSIBLE_RELEASE_BY_ANOTHER ||
                      impossible == IMPOSSIBLE_RESERVATION_AGAIN;
    const struct hope_slice *slice =
        hope_slice_in(workload, hope, held ? HOPE_RESERVED : HOPE_FREE);
    if (slice == NULL) {
        return false;
    }
    switch ((int)impossible) {
    case IMPOSSIBLE_RESERVED_SLICE:
        ask_transfer(workload, hope, slice, asked);
        break;
    case IMPOSSIBLE_RELEASE_BY_ANOTHER:
        ask_release(workload, hope, slice, asked);
        asked->body.release.requested_by = text_of(somebody_else(slice));
        break;
    case IMPOSSIBLE_RESERVATION_AGAIN:
        ask_reservation(workload, hope, slice, asked);
        asked->body.reserve.reservation_id = slice->reservation_id;
        break;
    case IMPOSSIBLE_UNKNOWN_RESERVATION:
        ask_release(workload, hope, slice, asked);
        asked->body.release.reservation_id = workload_id(workload);
        break;
    default: /* NOT_ENOUGH */
        ask_reservation(workload, hope, slice, asked);
        asked->body.reserve.quantity = hope->quantity + 1;
        break;
    }
    return true;
}

static bool wrong_allocation(struct workload *workload, struct hope *hope,
                             enum impossible impossible, struct asked *asked) {
    const struct hope_slice *slice = hope_slice_in(workload, hope, HOPE_FREE);
    if (slice == NULL) {
        return false;
    }
    ask_allocation(workload, hope, slice, asked);
    struct certificates_commands_allocate_slice *allocate = &asked->body.allocate;
    const struct hope_slice *used;
    switch ((int)impossible) {
    case IMPOSSIBLE_WRONG_ALLOCATED_QUANTITY:
        allocate->quantity += 1;
        break;
    case IMPOSSIBLE_ALLOCATION_TO_ITSELF:
        allocate->counterpart_certificate_id = hope->id;
        break;
    case IMPOSSIBLE_ALLOCATION_IN_NO_REGISTRY:
        allocate->counterpart_registry = text_of("nowhere");
        break;
    case IMPOSSIBLE_ALLOCATION_AGAIN:
        used =
            hope_slice_in(workload, hope,
                          chance_permille(&workload->chance, 500) ? HOPE_CLAIMED : HOPE_ALLOCATED);
        if (used == NULL) {
            return false;
        }
        allocate->allocation_id = used->allocation_id;
        break;
    default: /* CLAIM_OF_FREE_SLICE */
        ask_claim(workload, hope, slice, asked);
        break;
    }
    return true;
}

/* What was allocated moves no more, and is claimed and unclaimed in this order only. */
static bool wrong_use(struct workload *workload, struct hope *hope, enum impossible impossible,
                      struct asked *asked) {
    const struct hope_slice *allocated = hope_slice_in(workload, hope, HOPE_ALLOCATED);
    const struct hope_slice *claimed = hope_slice_in(workload, hope, HOPE_CLAIMED);
    const struct hope_slice *slice = allocated;
    if (impossible == IMPOSSIBLE_SPENT_SLICE && claimed != NULL) {
        slice = claimed;
    }
    if (slice == NULL) {
        return false;
    }
    switch ((int)impossible) {
    case IMPOSSIBLE_SPENT_SLICE:
        ask_transfer(workload, hope, slice, asked);
        break;
    case IMPOSSIBLE_UNKNOWN_ALLOCATION:
        ask_claim(workload, hope, slice, asked);
        asked->body.claim.allocation_id = workload_id(workload);
        break;
    default: /* UNCLAIM_OF_UNCLAIMED */
        ask_unclaim(workload, hope, slice, asked);
        break;
    }
    return true;
}

bool ask_impossible(struct workload *workload, struct hope *hope, enum impossible impossible,
                    struct asked *asked) {
    if (impossible == IMPOSSIBLE_UNKNOWN_CERTIFICATE) {
        const bool nobodys = !hope->issued;
        ask_withdrawal(workload, hope, asked);
        return nobodys;
    }
    if (!hope->issued) { /* only an issue can be wrong in more than that */
        return impossible > IMPOSSIBLE_ISSUED_ALREADY && impossible <= IMPOSSIBLE_LARGE_COMMAND &&
               wrong_issue(workload, hope, impossible, asked);
    }
    switch (impossible) {
    case IMPOSSIBLE_ISSUED_ALREADY:
        return wrong_issue(workload, hope, impossible, asked);
    case IMPOSSIBLE_UNKNOWN_SLICE:
    case IMPOSSIBLE_NOT_OWNER:
    case IMPOSSIBLE_TO_ONESELF:
    case IMPOSSIBLE_TO_NOBODY:
    case IMPOSSIBLE_WRONG_RESERVATION:
    case IMPOSSIBLE_WRONG_SUM:
    case IMPOSSIBLE_NEGATIVE_PART:
    case IMPOSSIBLE_ONE_PART:
    case IMPOSSIBLE_MANY_PARTS:
    case IMPOSSIBLE_WRONG_VERSION:
        return wrong_move(workload, hope, impossible, asked);
    case IMPOSSIBLE_RESERVED_SLICE:
    case IMPOSSIBLE_NOT_ENOUGH:
    case IMPOSSIBLE_RESERVATION_AGAIN:
    case IMPOSSIBLE_UNKNOWN_RESERVATION:
    case IMPOSSIBLE_RELEASE_BY_ANOTHER:
        return wrong_reservation(workload, hope, impossible, asked);
    case IMPOSSIBLE_WRONG_ALLOCATED_QUANTITY:
    case IMPOSSIBLE_ALLOCATION_TO_ITSELF:
    case IMPOSSIBLE_ALLOCATION_IN_NO_REGISTRY:
    case IMPOSSIBLE_ALLOCATION_AGAIN:
    case IMPOSSIBLE_CLAIM_OF_FREE_SLICE:
        return wrong_allocation(workload, hope, impossible, asked);
    case IMPOSSIBLE_SPENT_SLICE:
    case IMPOSSIBLE_UNKNOWN_ALLOCATION:
    case IMPOSSIBLE_UNCLAIM_OF_UNCLAIMED:
        return wrong_use(workload, hope, impossible, asked);
    case IMPOSSIBLE_WITHDRAWAL_BY_OWNER:
        ask_withdrawal(workload, hope, asked);
        asked->body.withdraw.requested_by = text_of(hope_owners[0]);
        return true;
    case IMPOSSIBLE_UNKNOWN_CERTIFICATE:
    case IMPOSSIBLE_NOT_ISSUER:
    case IMPOSSIBLE_BAD_PERIOD:
    case IMPOSSIBLE_BAD_QUANTITY:
    case IMPOSSIBLE_BAD_OWNER:
    case IMPOSSIBLE_UNKNOWN_REGISTRY:
    case IMPOSSIBLE_LARGE_ATTRIBUTE:
    case IMPOSSIBLE_MANY_ATTRIBUTES:
    case IMPOSSIBLE_LARGE_COMMAND:
    case IMPOSSIBLES_COUNT:
        break;
    }
    return false;
}
