#include "tests/simulate/lying_stream.h"

#include <assert.h>
#include <stdlib.h>

/* Words that a real registry has; they mean that the other side's books are wrong. */
static const char no_certificate[] = "Certificate does not exist";
static const char no_slice[] = "Slice not found";
static const char no_source[] = "Certificate slice does not exist";
static const char no_allocation[] = "Allocation does not exist";
static const char no_claim[] = "Certificate claim does not exist";
static const char not_its_owner[] = "Invalid signature for slice";

/* NULL: no slice goes by this name. */
static struct lying_slice *slice_named(const struct lying_stream *stream, struct bytes name) {
    for (uint32_t i = 0; i < stream->slices_count && name.length == LYING_NAME_BYTES; i++) {
        if (memcmp(stream->slices[i].name, name.data, LYING_NAME_BYTES) == 0) {
            return &stream->slices[i];
        }
    }
    return NULL;
}

/* NULL: none in this state is promised by this allocation. */
static struct lying_slice *slice_promised(const struct lying_stream *stream,
                                          const struct uuid *allocation_id,
                                          enum millrace_slice_state state) {
    for (uint32_t i = 0; i < stream->slices_count; i++) {
        if (stream->slices[i].state == state &&
            uuid_equal(&stream->slices[i].allocation_id, allocation_id)) {
            return &stream->slices[i];
        }
    }
    return NULL;
}

static bool is_promised(const struct lying_stream *stream, const struct uuid *allocation_id) {
    return slice_promised(stream, allocation_id, MILLRACE_SLICE_STATE_ALLOCATED) != NULL ||
           slice_promised(stream, allocation_id, MILLRACE_SLICE_STATE_CLAIMED) != NULL;
}

static struct text owner_of(const struct lying_slice *slice) {
    return (struct text){slice->owner, slice->owner_length};
}

static void give(struct lying_slice *slice, struct text owner) {
    assert(owner.length <= LYING_OWNER_MAX);
    memcpy(slice->owner, owner.data, owner.length);
    slice->owner_length = owner.length;
}

/* ---- what stands against it ---- */

static const char *refuses_moving(const struct lying_stream *stream, struct bytes name,
                                  struct text owner, const char *unknown) {
    const struct lying_slice *slice = slice_named(stream, name);
    if (slice == NULL || slice->state != MILLRACE_SLICE_STATE_AVAILABLE) {
        return unknown;
    }
    return text_equal(owner_of(slice), owner) ? NULL : not_its_owner;
}

const char *lying_stream_refuses(const struct lying_stream *stream,
                                 const struct lying_transaction *transaction) {
    const struct millrace_operation *operation = transaction->operation;
    if (operation->issue != NULL) {
        return stream->issued ? "it is there already" : NULL;
    }
    if (!stream->issued) {
        return no_certificate;
    }
    if (stream->withdrawn) {
        return operation->withdraw != NULL ? "Certificate is already withdrawn"
                                           : "Certificate is withdrawn";
    }
    if (operation->slice != NULL) {
        return refuses_moving(stream, operation->slice->registry_hash, operation->slice->owner,
                              no_source);
    }
    if (operation->transfer != NULL) {
        return refuses_moving(stream, operation->transfer->registry_hash,
                              operation->transfer->owner, no_slice);
    }
    if (operation->allocate != NULL) {
        return is_promised(stream, &operation->allocate->allocation_id)
                   ? "that allocation is there already"
                   : refuses_moving(stream, operation->allocate->registry_hash,
                                    operation->allocate->owner, no_slice);
    }
    if (operation->claim != NULL) {
        return slice_promised(stream, &operation->claim->allocation_id,
                              MILLRACE_SLICE_STATE_ALLOCATED) == NULL
                   ? no_allocation
                   : NULL;
    }
    if (operation->unclaim != NULL) {
        return slice_promised(stream, &operation->unclaim->allocation_id,
                              MILLRACE_SLICE_STATE_CLAIMED) == NULL
                   ? no_claim
                   : NULL;
    }
    return NULL;
}

/* ---- what it brings about ---- */

static void add(struct lying_stream *stream, const struct uuid *submission_id, uint32_t number,
                const struct millrace_operation_part *part) {
    stream->slices = realloc(stream->slices, (stream->slices_count + 1) * sizeof *stream->slices);
    assert(stream->slices != NULL);
    struct lying_slice *slice = &stream->slices[stream->slices_count++];
    *slice = (struct lying_slice){
        .id = part->slice_id, .quantity = part->quantity, .state = MILLRACE_SLICE_STATE_AVAILABLE};
    lying_name_of(submission_id, number, slice->name);
    give(slice, part->owner);
}

static void take_apart(struct lying_stream *stream, const struct uuid *submission_id,
                       const struct millrace_slice_operation *operation) {
    const struct lying_slice *source = slice_named(stream, operation->registry_hash);
    for (uint32_t i = (uint32_t)(source - stream->slices); i + 1 < stream->slices_count; i++) {
        stream->slices[i] = stream->slices[i + 1];
    }
    stream->slices_count--;
    for (uint32_t i = 0; i < operation->parts_count; i++) {
        add(stream, submission_id, i, &operation->parts[i]);
    }
}

static void fold(struct lying_stream *stream, const struct lying_transaction *transaction) {
    const struct millrace_operation *operation = transaction->operation;
    if (operation->issue != NULL) {
        stream->issued = true;
        add(stream, &transaction->submission_id, 0,
            &(struct millrace_operation_part){.slice_id = operation->issue->slice_id,
                                              .quantity = operation->issue->quantity,
                                              .owner = operation->issue->owner});
    } else if (operation->slice != NULL) {
        take_apart(stream, &transaction->submission_id, operation->slice);
    } else if (operation->transfer != NULL) {
        give(slice_named(stream, operation->transfer->registry_hash),
             operation->transfer->new_owner);
    } else if (operation->allocate != NULL) {
        struct lying_slice *slice = slice_named(stream, operation->allocate->registry_hash);
        slice->state = MILLRACE_SLICE_STATE_ALLOCATED;
        slice->allocation_id = operation->allocate->allocation_id;
        slice->counterpart = operation->allocate->counterpart_certificate_id;
    } else if (operation->claim != NULL) {
        slice_promised(stream, &operation->claim->allocation_id, MILLRACE_SLICE_STATE_ALLOCATED)
            ->state = MILLRACE_SLICE_STATE_CLAIMED;
    } else if (operation->unclaim != NULL) {
        slice_promised(stream, &operation->unclaim->allocation_id, MILLRACE_SLICE_STATE_CLAIMED)
            ->state = MILLRACE_SLICE_STATE_AVAILABLE;
    } else {
        assert(operation->withdraw != NULL);
        stream->withdrawn = true;
    }
}

/* ---- as it is shown ---- */

struct bytes lying_key_of(struct text owner, struct arena *arena) {
    static const char prefix[] = "key of ";
    uint8_t *key = arena_take(arena, sizeof prefix - 1 + owner.length);
    memcpy(key, prefix, sizeof prefix - 1);
    memcpy(key + sizeof prefix - 1, owner.data, owner.length);
    return (struct bytes){key, (uint32_t)sizeof prefix - 1 + owner.length};
}

struct registry_stream lying_stream_show(const struct lying_stream *stream, struct arena *arena) {
    struct registry_events_stream_slice *slices =
        arena_take(arena, (stream->slices_count + 1) * sizeof *slices);
    for (uint32_t i = 0; i < stream->slices_count; i++) {
        const struct lying_slice *slice = &stream->slices[i];
        const bool promised = slice->state != MILLRACE_SLICE_STATE_AVAILABLE;
        const struct bytes name = {slice->name, LYING_NAME_BYTES};
        slices[i] = (struct registry_events_stream_slice){
            .registry_hash = arena_bytes(arena, name),
            .owner_key = lying_key_of(owner_of(slice), arena),
            .state = slice->state,
            .has_allocation_id = promised,
            .has_counterpart_certificate_id = promised,
        };
        if (promised) {
            slices[i].allocation_id = slice->allocation_id;
            slices[i].counterpart_certificate_id = slice->counterpart;
        }
    }
    return (struct registry_stream){
        .certificate_id = stream->certificate_id,
        .is_read = true,
        .transactions = stream->transactions,
        .slices = slices,
        .slices_count = stream->slices_count,
        .withdrawn = stream->withdrawn,
    };
}

static uint64_t mixed(uint64_t digest, const void *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        digest = (digest ^ ((const uint8_t *)data)[i]) * UINT64_C(1099511628211);
    }
    return digest;
}

uint64_t lying_stream_digest(const struct registry_events_stream_slice *slices,
                             uint32_t slices_count, bool withdrawn) {
    uint64_t digest = mixed(UINT64_C(14695981039346656037), &withdrawn, sizeof withdrawn);
    for (uint32_t i = 0; i < slices_count; i++) {
        const struct registry_events_stream_slice *slice = &slices[i];
        digest = mixed(digest, slice->registry_hash.data, slice->registry_hash.length);
        digest = mixed(digest, slice->owner_key.data, slice->owner_key.length);
        digest = mixed(digest, &slice->state, sizeof slice->state);
        if (slice->has_allocation_id) {
            digest = mixed(digest, &slice->allocation_id, sizeof slice->allocation_id);
        }
        if (slice->has_counterpart_certificate_id) {
            digest = mixed(digest, &slice->counterpart_certificate_id, sizeof(struct uuid));
        }
    }
    return digest;
}

/* ---- what is executed ---- */

static void note(struct lying_stream *stream, const struct lying_deed *deed, struct arena *arena) {
    const struct registry_stream shown = lying_stream_show(stream, arena);
    stream->deeds =
        realloc(stream->deeds, (size_t)(stream->transactions + 1) * sizeof *stream->deeds);
    assert(stream->deeds != NULL);
    struct lying_deed *noted = &stream->deeds[stream->transactions++];
    *noted = *deed;
    noted->digest = lying_stream_digest(shown.slices, shown.slices_count, shown.withdrawn);
}

void lying_stream_execute(struct lying_stream *stream, const struct lying_transaction *transaction,
                          int64_t now_ms, struct arena *arena) {
    assert(lying_stream_refuses(stream, transaction) == NULL);
    fold(stream, transaction);
    note(stream, &(struct lying_deed){.at_ms = now_ms, .submission_id = transaction->submission_id},
         arena);
}

/* ---- what others do ---- */

enum {
    STRANGER_TAKES_APART_PERMILLE = 150,
    STRANGER_WITHDRAWS_PERMILLE = 50,
};

static struct uuid fresh_id(struct chance *chance) {
    struct uuid id;
    for (uint32_t i = 0; i < sizeof id.bytes; i++) {
        id.bytes[i] = (uint8_t)chance_below(chance, 256);
    }
    return id;
}

static struct lying_slice *some_free_slice(const struct lying_stream *stream,
                                           struct chance *chance) {
    const uint32_t from = chance_below(chance, stream->slices_count + 1);
    for (uint32_t i = 0; i < stream->slices_count; i++) {
        struct lying_slice *slice = &stream->slices[(from + i) % stream->slices_count];
        if (slice->state == MILLRACE_SLICE_STATE_AVAILABLE) {
            return slice;
        }
    }
    return NULL;
}

/* In two, with names and ids that nobody else knows. */
static void halve(struct lying_stream *stream, const struct lying_slice *slice,
                  struct chance *chance) {
    struct lying_slice whole = *slice;
    const struct uuid submission_id = fresh_id(chance);
    const int64_t half = whole.quantity / 2;
    struct millrace_operation_part parts[] = {
        {.slice_id = fresh_id(chance), .quantity = half, .owner = owner_of(&whole)},
        {.slice_id = fresh_id(chance),
         .quantity = whole.quantity - half,
         .owner = owner_of(&whole)},
    };
    const struct millrace_slice_operation operation = {
        .registry_hash = {whole.name, LYING_NAME_BYTES}, .parts = parts, .parts_count = 2};
    take_apart(stream, &submission_id, &operation);
}

bool lying_stream_is_changed(struct lying_stream *stream, struct chance *chance, int64_t now_ms,
                             struct arena *arena) {
    static const char *const owners[] = {"alice", "bob", "carol", "dave:eu.1", "erin_2-x"};
    struct lying_slice *slice = some_free_slice(stream, chance);
    const bool withdraws = chance_permille(chance, STRANGER_WITHDRAWS_PERMILLE);
    const bool halves = chance_permille(chance, STRANGER_TAKES_APART_PERMILLE);
    const struct text owner =
        text_of(owners[chance_below(chance, sizeof owners / sizeof owners[0])]);
    if (slice == NULL || stream->withdrawn) {
        return false;
    }
    if (withdraws) {
        stream->withdrawn = true;
    } else if (halves && slice->quantity > 1) {
        halve(stream, slice, chance);
    } else {
        give(slice, owner); /* perhaps to whom it belongs already: that is a transaction too */
    }
    note(stream, &(struct lying_deed){.at_ms = now_ms, .by_stranger = true}, arena);
    return true;
}

void lying_stream_deinit(struct lying_stream *stream) {
    free(stream->slices);
    free(stream->deeds);
    stream->slices = NULL;
    stream->slices_count = 0;
    stream->deeds = NULL;
}
