/* What an owner does with a slice. */
#include <assert.h>
#include <inttypes.h>

#include "domain/limits.h"
#include "domain/uuid.h"
#include "outside/registry_project_origin/event_building.h"

/* A transfer proves nothing about its slice: where the slice's name is known, no blinding is
 * needed, and one of a secret that is lost can still be given away. */
static enum result take_hash(const struct building *building, const struct opening_clues *clues,
                             ProtobufCBinaryData *hash) {
    struct opening opening;
    if (clues->hash.length > 0) {
        if (clues->hash.length != SLICE_HASH_BYTES) {
            return error_set(building->error, RESULT_INVALID,
                             "the slice's name at the registry has %" PRIu32 " bytes, not %d",
                             clues->hash.length, SLICE_HASH_BYTES);
        }
        *hash = packing_binary(clues->hash.data, clues->hash.length);
        return RESULT_OK;
    }
    const enum result result = building_open(building, clues, &opening);
    if (result == RESULT_OK) {
        *hash = building_hash(building, &opening.hash);
        opening_wipe(&opening);
    }
    return result;
}

enum result building_transferred(const struct building *building,
                                 const struct millrace_transfer_operation *transfer,
                                 struct origin_event *event) {
    ELECTRICITY(TransferredEvent)
    message = PROJECT_ORIGIN__ELECTRICITY__V1__TRANSFERRED_EVENT__INIT;
    const struct opening_clues clues = {
        .certificate_id = building->certificate_id,
        .slice_id = &transfer->slice_id,
        .quantity = transfer->quantity,
        .hash = transfer->registry_hash,
    };
    if (text_equal(transfer->owner, transfer->new_owner)) {
        return error_set(building->error, RESULT_INVALID,
                         "a transfer to oneself, which the registry would repeat as often as it is "
                         "given it");
    }
    message.certificate_id = building_own_stream(building);
    enum result result = building_owner(building, transfer->owner, event);
    if (result == RESULT_OK) {
        result = building_recipient(building, transfer->new_owner, &message.new_owner);
    }
    if (result == RESULT_OK) {
        result = take_hash(building, &clues, &message.source_slice_hash);
    }
    event->message = building_copy(building, &message, sizeof message);
    return result;
}

/* --- Slicing. --- */

/* All that a slicing makes, and what it makes it of. */
struct cut {
    struct opening source;
    uint32_t parts_count;
    struct equality_side parts[LIMIT_PARTS_MAX];
    struct slice_hash hashes[LIMIT_PARTS_MAX];
};

/* Two slices with one commitment would be one to the registry, which then reads this certificate
 * never again. */
static enum result check_hash_is_new(const struct building *building, const struct cut *cut,
                                     const struct slice_hash *hash) {
    bool known = memcmp(hash, &cut->source.hash, sizeof *hash) == 0;
    for (uint32_t i = 0; i < cut->parts_count; i++) {
        known = known || memcmp(hash, &cut->hashes[i], sizeof *hash) == 0;
    }
    return known ? error_set(building->error, RESULT_INVALID,
                             "two slices would have one commitment, and the registry could never "
                             "work with the certificate again")
                 : RESULT_OK;
}

static enum result cut_part(const struct building *building,
                            const struct millrace_operation_part *part, struct cut *cut,
                            ELECTRICITY(SlicedEvent__Slice) * *made) {
    ELECTRICITY(SlicedEvent__Slice)
    slice = PROJECT_ORIGIN__ELECTRICITY__V1__SLICED_EVENT__SLICE__INIT;
    struct opening opening;
    enum result result = building_recipient(building, part->owner, &slice.new_owner);
    if (result == RESULT_OK) {
        result =
            building_commit(building, &part->slice_id, part->quantity, &opening, &slice.quantity);
    }
    if (result == RESULT_OK) {
        result = check_hash_is_new(building, cut, &opening.hash);
    }
    if (result == RESULT_OK) {
        cut->hashes[cut->parts_count] = opening.hash;
        cut->parts[cut->parts_count++] = opening.side;
        *made = building_copy(building, &slice, sizeof slice);
    }
    opening_wipe(&opening);
    return result;
}

static enum result prove_sum(const struct building *building, const struct cut *cut,
                             ProtobufCBinaryData *sum_proof) {
    struct equality_proof *proof = arena_take(building->arena, sizeof *proof);
    *sum_proof = packing_binary(proof->bytes, sizeof proof->bytes);
    return sum_proof_make(text_of(building->certificate_text), &cut->source.side, cut->parts,
                          cut->parts_count, proof)
               ? RESULT_OK
               : error_set(building->error, RESULT_INVALID,
                           "the parts do not add up to the slice, which cannot be proven");
}

static enum result cut_all(const struct building *building,
                           const struct millrace_slice_operation *slice, struct cut *cut,
                           ELECTRICITY(SlicedEvent) * message) {
    const struct opening_clues clues = {
        .certificate_id = building->certificate_id,
        .slice_id = &slice->slice_id,
        .quantity = slice->quantity,
        .hash = slice->registry_hash,
        .blinding = slice->blinding,
    };
    enum result result = building_open(building, &clues, &cut->source);
    for (uint32_t i = 0; i < slice->parts_count && result == RESULT_OK; i++) {
        result = cut_part(building, &slice->parts[i], cut, &message->new_slices[i]);
    }
    if (result == RESULT_OK) {
        message->source_slice_hash = building_hash(building, &cut->source.hash);
        result = prove_sum(building, cut, &message->sum_proof);
    }
    return result;
}

enum result building_sliced(const struct building *building,
                            const struct millrace_slice_operation *slice,
                            struct origin_event *event) {
    ELECTRICITY(SlicedEvent) message = PROJECT_ORIGIN__ELECTRICITY__V1__SLICED_EVENT__INIT;
    assert(slice->parts_count <= LIMIT_PARTS_MAX);
    struct cut cut = {.parts_count = 0};
    message.certificate_id = building_own_stream(building);
    message.n_new_slices = slice->parts_count;
    message.new_slices = arena_take(building->arena, slice->parts_count * sizeof(void *) + 1);
    enum result result = building_owner(building, slice->owner, event);
    if (result == RESULT_OK) {
        result = cut_all(building, slice, &cut, &message);
    }
    opening_wipe(&cut.source);
    for (uint32_t i = 0; i < cut.parts_count; i++) {
        scalar_wipe(&cut.parts[i].blinding);
    }
    event->message = building_copy(building, &message, sizeof message);
    return result;
}
