/* Commands that are right where the hope is. */
#include "tests/simulate/known_ids.h"
#include "tests/simulate/workload_inside.h"

enum { PARTS_USUAL_MAX = 4, HOUR_MS = 3600 * 1000 };

static void begin(struct workload *workload, const struct hope *hope, enum message_type type,
                  const char *by, struct asked *asked) {
    struct chance *chance = &workload->chance;
    static const char *const channels[] = {"kafka", "http", "cli"};
    *asked = (struct asked){.type = type};
    struct asked_head *head = &asked->body.head;
    head->metadata = (struct millrace_metadata){
        .id = workload_id(workload),
        .timestamp =
            workload->setup.timeline->now_ms + (int64_t)TIMELINE_WALL_OFFSET_S * INT64_C(1000),
        .source = {.name = text_of("team"), .version = text_of("2.1")},
        .has_channel = chance_permille(chance, 500),
    };
    if (head->metadata.has_channel) {
        head->metadata.channel = text_of(channels[chance_below(chance, 3)]);
    }
    head->certificate_id = hope->id;
    head->requested_by = text_of(by);
    if (chance_permille(chance, 60)) {
        head->has_expected_version = true;
        head->expected_version = hope->version;
    }
    if (chance_permille(chance, 150)) {
        head->has_claim_id = true;
        head->claim_id = workload_id(workload);
    }
}

static const char *owner_of(const struct hope_slice *slice) {
    return hope_owners[slice->owner];
}

static const char *another_owner(struct workload *workload, const struct hope_slice *slice) {
    const uint32_t step = 1 + chance_below(&workload->chance, HOPE_OWNERS - 1);
    return hope_owners[(slice->owner + step) % HOPE_OWNERS];
}

static void add_attributes(struct workload *workload,
                           struct certificates_commands_issue_certificate *issue) {
    struct chance *chance = &workload->chance;
    issue->attributes_count = chance_below(chance, 3);
    issue->attributes =
        arena_take(&workload->arena, (issue->attributes_count + 1) * sizeof *issue->attributes);
    for (uint32_t i = 0; i < issue->attributes_count; i++) {
        issue->attributes[i] = (struct millrace_attribute){
            .key = text_of(i == 0 ? "TechCode" : "FuelCode"),
            .value = text_of("T070000"),
            .kind = chance_permille(chance, 500) ? MILLRACE_ATTRIBUTE_KIND_CLEAR_TEXT
                                                 : MILLRACE_ATTRIBUTE_KIND_HASHED,
        };
    }
}

void ask_issue(struct workload *workload, const struct hope *hope, struct asked *asked) {
    begin(workload, hope, MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE,
          hope_areas[hope->area].issuer, asked);
    struct certificates_commands_issue_certificate *issue = &asked->body.issue;
    if (chance_permille(&workload->chance, 200)) { /* it must not exist */
        issue->has_expected_version = true;
        issue->expected_version = 0;
    }
    issue->certificate_type = hope->type;
    issue->grid_area = text_of(hope_areas[hope->area].name);
    issue->period_start = hope->period_start_ms;
    issue->period_end = hope->period_start_ms + HOUR_MS;
    issue->quantity = hope->quantity;
    issue->owner = text_of(hope_owners[chance_below(&workload->chance, HOPE_OWNERS)]);
    issue->registry = text_of(hope->other_registry ? "other" : "main");
    issue->has_asset_id = hope->has_asset;
    issue->asset_id = text_of(hope->asset);
    add_attributes(workload, issue);
}

void ask_slicing(struct workload *workload, const struct hope *hope, const struct hope_slice *slice,
                 struct asked *asked) {
    struct chance *chance = &workload->chance;
    begin(workload, hope, MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE, owner_of(slice), asked);
    struct certificates_commands_slice_certificate *slicing = &asked->body.slice;
    slicing->slice_id = slice->id;
    slicing->has_reservation_id = slice->state == HOPE_RESERVED;
    slicing->reservation_id = slice->reservation_id;
    slicing->parts_count = 2 + chance_below(chance, PARTS_USUAL_MAX - 1);
    if (slice->quantity < slicing->parts_count) {
        slicing->parts_count = 2;
    }
    slicing->parts = arena_take(&workload->arena, slicing->parts_count * sizeof *slicing->parts);
    int64_t rest = slice->quantity;
    for (uint32_t i = 0; i < slicing->parts_count; i++) {
        const int64_t parts_after = slicing->parts_count - 1 - i;
        const int64_t most = rest - parts_after > 1 ? rest - parts_after : 1;
        slicing->parts[i].quantity = parts_after == 0 ? rest : chance_between(chance, 1, most);
        rest -= slicing->parts[i].quantity;
        if (chance_permille(chance, 400)) {
            slicing->parts[i].has_owner = true;
            slicing->parts[i].owner = text_of(hope_owners[chance_below(chance, HOPE_OWNERS)]);
        }
    }
}

void ask_transfer(struct workload *workload, const struct hope *hope,
                  const struct hope_slice *slice, struct asked *asked) {
    begin(workload, hope, MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE, owner_of(slice), asked);
    asked->body.transfer.slice_id = slice->id;
    asked->body.transfer.new_owner = text_of(another_owner(workload, slice));
}

void ask_reservation(struct workload *workload, const struct hope *hope,
                     const struct hope_slice *slice, struct asked *asked) {
    begin(workload, hope, MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES, owner_of(slice), asked);
    struct certificates_commands_reserve_slices *reserve = &asked->body.reserve;
    reserve->reservation_id = workload_id(workload);
    reserve->owner = text_of(owner_of(slice));
    reserve->quantity = slice->quantity; /* just this slice, or less, or some more beside it */
    if (chance_permille(&workload->chance, 300)) {
        reserve->quantity = chance_between(&workload->chance, 1, slice->quantity);
    } else if (chance_permille(&workload->chance, 300)) {
        int64_t all = 0;
        for (uint32_t i = 0; i < hope->slices_count; i++) {
            const struct hope_slice *other = &hope->slices[i];
            all += other->state == HOPE_FREE && other->owner == slice->owner ? other->quantity : 0;
        }
        if (all > slice->quantity) {
            reserve->quantity = chance_between(&workload->chance, slice->quantity, all);
        }
    }
}

void ask_release(struct workload *workload, const struct hope *hope, const struct hope_slice *slice,
                 struct asked *asked) {
    begin(workload, hope, MESSAGE_CERTIFICATES_COMMANDS_RELEASE_RESERVATION, owner_of(slice),
          asked);
    asked->body.release.reservation_id = slice->reservation_id;
}

void ask_allocation(struct workload *workload, const struct hope *hope,
                    const struct hope_slice *slice, struct asked *asked) {
    begin(workload, hope, MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE, owner_of(slice), asked);
    struct certificates_commands_allocate_slice *allocate = &asked->body.allocate;
    allocate->slice_id = slice->id;
    allocate->has_reservation_id = slice->state == HOPE_RESERVED;
    allocate->reservation_id = slice->reservation_id;
    allocate->counterpart_certificate_id = workload_id(workload);
    allocate->counterpart_registry = text_of("main");
    allocate->counterpart_slice_id = workload_id(workload);
    /* Half of those who ask know the registry's name for it. */
    if (allocate->counterpart_slice_id.bytes[0] % 2 == 0) {
        static const uint8_t name[] = {'i', 't', 's', ' ', 'n', 'a', 'm', 'e'};
        allocate->has_counterpart_registry_hash = true;
        allocate->counterpart_registry_hash = (struct bytes){name, sizeof name};
    }
    allocate->quantity = slice->quantity;
    allocate->allocation_id =
        allocate->has_claim_id
            ? known_allocation_id(&allocate->claim_id, &slice->id, &allocate->counterpart_slice_id)
            : workload_id(workload);
}

void ask_claim(struct workload *workload, const struct hope *hope, const struct hope_slice *slice,
               struct asked *asked) {
    begin(workload, hope, MESSAGE_CERTIFICATES_COMMANDS_CLAIM_SLICE, owner_of(slice), asked);
    asked->body.claim.slice_id = slice->id;
    asked->body.claim.allocation_id = slice->allocation_id;
}

void ask_unclaim(struct workload *workload, const struct hope *hope, const struct hope_slice *slice,
                 struct asked *asked) {
    begin(workload, hope, MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE, owner_of(slice), asked);
    asked->body.unclaim.slice_id = slice->id;
    asked->body.unclaim.allocation_id = slice->allocation_id;
}

void ask_withdrawal(struct workload *workload, const struct hope *hope, struct asked *asked) {
    begin(workload, hope, MESSAGE_CERTIFICATES_COMMANDS_WITHDRAW_CERTIFICATE,
          hope_areas[hope->area].issuer, asked);
    asked->body.withdraw.reason = text_of("the meter was wrong");
}

static bool ask_of_free(struct workload *workload, const struct hope *hope,
                        const struct hope_slice *slice, uint32_t draw, struct asked *asked) {
    if (draw < 30 && hope->slices_count + PARTS_USUAL_MAX <= HOPE_SLICES_MAX &&
        slice->quantity >= 2) {
        ask_slicing(workload, hope, slice, asked);
    } else if (draw < 60) {
        ask_transfer(workload, hope, slice, asked);
    } else if (draw < 80) {
        ask_reservation(workload, hope, slice, asked);
    } else {
        ask_allocation(workload, hope, slice, asked);
    }
    return true;
}

static bool ask_of(struct workload *workload, struct hope *hope, enum hope_state state,
                   struct asked *asked) {
    const uint32_t draw = chance_below(&workload->chance, 100);
    const struct hope_slice *slice = hope_slice_in(workload, hope, state);
    if (slice == NULL) {
        return false;
    }
    switch (state) {
    case HOPE_FREE:
        return ask_of_free(workload, hope, slice, draw, asked);
    case HOPE_RESERVED:
        if (draw < 40) {
            ask_release(workload, hope, slice, asked);
        } else if (draw < 60 && hope->slices_count + PARTS_USUAL_MAX <= HOPE_SLICES_MAX &&
                   slice->quantity >= 2) {
            ask_slicing(workload, hope, slice, asked);
        } else {
            ask_allocation(workload, hope, slice, asked);
        }
        return true;
    case HOPE_ALLOCATED:
        ask_claim(workload, hope, slice, asked);
        return true;
    case HOPE_CLAIMED:
        ask_unclaim(workload, hope, slice, asked);
        return true;
    }
    return false;
}

void ask_something(struct workload *workload, struct hope *hope, struct asked *asked) {
    static const struct {
        uint32_t below; /* of a thousand */
        enum hope_state state;
    } wishes[] = {
        {600, HOPE_FREE},      {800, HOPE_RESERVED}, {940, HOPE_ALLOCATED},
        {985, HOPE_CLAIMED},   {1000, HOPE_FREE}, /* what cannot be wished for is replaced by what
                                                     can */
        {1000, HOPE_RESERVED}, {1000, HOPE_CLAIMED}, {1000, HOPE_ALLOCATED},
    };
    const uint32_t draw = chance_below(&workload->chance, 1000);
    if (!hope->issued || draw < 30) { /* or another team does not know that it was */
        ask_issue(workload, hope, asked);
        return;
    }
    if (draw < 40) {
        ask_withdrawal(workload, hope, asked);
        return;
    }
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        if (draw < wishes[i].below && ask_of(workload, hope, wishes[i].state, asked)) {
            return;
        }
    }
}
