/* What an owner does with a slice and its counterpart: it is allocated, claimed, and set free. */
#include "domain/uuid.h"
#include "outside/registry_project_origin/event_building.h"

/* One side of an allocation. */
struct allocation_side {
    COMMON(FederatedStreamId) * stream;
    struct opening opening;
};

static enum result own_side(const struct building *building,
                            const struct millrace_allocate_operation *allocate,
                            struct allocation_side *side) {
    const struct opening_clues clues = {
        .certificate_id = building->certificate_id,
        .slice_id = &allocate->slice_id,
        .quantity = allocate->quantity,
        .hash = allocate->registry_hash,
        .blinding = allocate->blinding,
    };
    side->stream = building_own_stream(building);
    return building_open(building, &clues, &side->opening);
}

static enum result other_side(const struct building *building,
                              const struct millrace_allocate_operation *allocate,
                              struct allocation_side *side) {
    const struct opening_clues clues = {
        .certificate_id = &allocate->counterpart_certificate_id,
        .slice_id = &allocate->counterpart_slice_id,
        .quantity = allocate->quantity,
        .hash = allocate->counterpart_registry_hash,
    };
    const struct origin_means *means = building->means;
    for (uint32_t i = 0; i < means->names_count; i++) {
        if (text_equal(means->names[i].configured, allocate->counterpart_registry)) {
            side->stream = building_stream(building, means->names[i].own, clues.certificate_id);
            return building_open(building, &clues, &side->opening);
        }
    }
    return error_set(building->error, RESULT_INVALID,
                     "the counterpart's registry \"%.*s\" is none that is spoken to in this "
                     "protocol; see registries in the configuration",
                     (int)allocate->counterpart_registry.length,
                     allocate->counterpart_registry.data);
}

static enum result prove_equal(const struct building *building,
                               const struct millrace_allocate_operation *allocate,
                               const struct allocation_side *production,
                               const struct allocation_side *consumption,
                               ProtobufCBinaryData *bytes) {
    char label[UUID_CHARACTERS];
    uuid_to_text(&allocate->allocation_id, label);
    struct equality_proof *proof = arena_take(building->arena, sizeof *proof);
    *bytes = packing_binary(proof->bytes, sizeof proof->bytes);
    return equality_proof_make((struct text){label, sizeof label}, &production->opening.side,
                               &consumption->opening.side, proof)
               ? RESULT_OK
               : error_set(building->error, RESULT_INVALID,
                           "the two slices do not hold the same quantity, which cannot be proven");
}

/* Both certificates get the same bytes, each from its own lane. */
static enum result make_allocated(const struct building *building,
                                  const struct millrace_allocate_operation *allocate,
                                  const struct allocation_side *production,
                                  const struct allocation_side *consumption,
                                  struct origin_event *event) {
    ELECTRICITY(AllocatedEvent)
    message = PROJECT_ORIGIN__ELECTRICITY__V1__ALLOCATED_EVENT__INIT;
    message.allocation_id = building_uuid(building, &allocate->allocation_id);
    message.production_certificate_id = production->stream;
    message.consumption_certificate_id = consumption->stream;
    message.production_source_slice_hash = building_hash(building, &production->opening.hash);
    message.consumption_source_slice_hash = building_hash(building, &consumption->opening.hash);
    const enum result result =
        prove_equal(building, allocate, production, consumption, &message.equality_proof);
    event->message = building_copy(building, &message, sizeof message);
    return result;
}

enum result building_allocated(const struct building *building,
                               const struct millrace_allocate_operation *allocate,
                               struct origin_event *event) {
    struct allocation_side own = {.stream = NULL};
    struct allocation_side other = {.stream = NULL};
    enum result result = building_owner(building, allocate->owner, event);
    if (result == RESULT_OK) {
        result = own_side(building, allocate, &own);
    }
    if (result == RESULT_OK) {
        result = other_side(building, allocate, &other);
    }
    if (result == RESULT_OK) {
        const bool production = allocate->certificate_type == MILLRACE_CERTIFICATE_TYPE_PRODUCTION;
        result = make_allocated(building, allocate, production ? &own : &other,
                                production ? &other : &own, event);
    }
    opening_wipe(&own.opening);
    opening_wipe(&other.opening);
    return result;
}

enum result building_claimed(const struct building *building,
                             const struct millrace_claim_operation *claim,
                             struct origin_event *event) {
    ELECTRICITY(ClaimedEvent) message = PROJECT_ORIGIN__ELECTRICITY__V1__CLAIMED_EVENT__INIT;
    message.certificate_id = building_own_stream(building);
    message.allocation_id = building_uuid(building, &claim->allocation_id);
    event->message = building_copy(building, &message, sizeof message);
    return building_owner(building, claim->owner, event);
}

enum result building_unclaimed(const struct building *building,
                               const struct millrace_unclaim_operation *unclaim,
                               struct origin_event *event) {
    ELECTRICITY(UnclaimedEvent)
    message = PROJECT_ORIGIN__ELECTRICITY__V1__UNCLAIMED_EVENT__INIT;
    message.allocation_id = building_uuid(building, &unclaim->allocation_id);
    event->message = building_copy(building, &message, sizeof message);
    return building_owner(building, unclaim->owner, event);
}
