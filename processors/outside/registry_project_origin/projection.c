/* The rules are those of the verifier's model of a certificate, as schemas/project_origin/ has the
 * events: slices are named by the hash of their commitment while they are available, and by their
 * allocation afterwards. Nothing is verified here: proofs and signatures were the registry's. */
#include "outside/registry_project_origin/projection.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "domain/uuid.h"
#include "generated/project_origin/electricity.pb-c.h"
#include "generated/project_origin/registry.pb-c.h"
#include "outside/registry_project_origin/commitment.h"
#include "outside/registry_project_origin/questions.h"
#include "outside/registry_project_origin/slice_index.h"

#define ELECTRICITY(name) ProjectOrigin__Electricity__V1__##name

enum { OWNER_KEY_BYTES_MAX = 256, CAPACITY_FIRST = 16 };

struct projection {
    const struct uuid *certificate_id;
    struct arena *arena;
    struct registry_stream *stream;
    uint32_t capacity;        /* of the stream's slices */
    struct slice_index index; /* of all of them */
    bool is_issued;
    bool is_production; /* else a consumption */
};

/* NULL, or what is wrong with the event. */
typedef const char *projection_fold(struct projection *projection, const ProtobufCMessage *event);

/* --- Values. --- */

/* Other clients may write their UUIDs in upper case. */
static bool read_uuid(const ProjectOrigin__Common__V1__Uuid *from, struct uuid *uuid) {
    char text[UUID_CHARACTERS];
    if (from == NULL || strlen(from->value) != sizeof text) {
        return false;
    }
    for (size_t i = 0; i < sizeof text; i++) {
        const char c = from->value[i];
        text[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
    }
    return uuid_from_text((struct text){text, sizeof text}, uuid);
}

static bool read_stream_id(const ProjectOrigin__Common__V1__FederatedStreamId *from,
                           struct uuid *uuid) {
    return from != NULL && read_uuid(from->stream_id, uuid);
}

static struct bytes keep(const struct projection *projection, const void *data, uint32_t length) {
    void *kept = arena_take(projection->arena, length);
    memcpy(kept, data, length);
    return (struct bytes){.data = kept, .length = length};
}

/* --- Slices. --- */

static struct registry_events_stream_slice *named(const struct projection *projection,
                                                  const struct slice_name name) {
    uint32_t at;
    if (!slice_index_find(&projection->index, &name, &at)) {
        return NULL;
    }
    assert(at < projection->stream->slices_count);
    return &projection->stream->slices[at];
}

static struct registry_events_stream_slice *available(const struct projection *projection,
                                                      struct bytes hash) {
    return named(projection, slice_name_available(hash));
}

static struct registry_events_stream_slice *source(const struct projection *projection,
                                                   ProtobufCBinaryData hash) {
    return hash.len == SLICE_HASH_BYTES
               ? available(projection, (struct bytes){hash.data, (uint32_t)hash.len})
               : NULL;
}

static struct registry_events_stream_slice *with_allocation(const struct projection *projection,
                                                            enum millrace_slice_state state,
                                                            const struct uuid *allocation_id) {
    return named(projection, slice_name_with_allocation(state, allocation_id));
}

static void name_it(struct projection *projection,
                    const struct registry_events_stream_slice *slice) {
    const struct slice_name name = slice_name_of(slice);
    slice_index_put(&projection->index, &name, (uint32_t)(slice - projection->stream->slices));
}

static void forget_name(struct projection *projection,
                        const struct registry_events_stream_slice *slice) {
    const struct slice_name name = slice_name_of(slice);
    slice_index_remove(&projection->index, &name);
}

/* The new state has no name that another slice has. */
static void become(struct projection *projection, struct registry_events_stream_slice *slice,
                   const struct registry_events_stream_slice *now) {
    forget_name(projection, slice);
    *slice = *now;
    name_it(projection, slice);
}

static const char *give(const struct projection *projection,
                        struct registry_events_stream_slice *slice,
                        const ELECTRICITY(PublicKey) * owner) {
    if (owner == NULL || owner->content.len == 0 || owner->content.len > OWNER_KEY_BYTES_MAX) {
        return "an owner's key is none";
    }
    slice->owner_key = keep(projection, owner->content.data, (uint32_t)owner->content.len);
    return NULL;
}

static struct registry_events_stream_slice *room(struct projection *projection) {
    struct registry_stream *stream = projection->stream;
    assert(stream->slices_count <= projection->capacity);
    if (stream->slices_count == projection->capacity) {
        projection->capacity =
            projection->capacity == 0 ? CAPACITY_FIRST : projection->capacity * 2;
        struct registry_events_stream_slice *slices =
            arena_take(projection->arena, projection->capacity * sizeof *slices);
        if (stream->slices_count > 0) {
            assert(stream->slices != NULL);
            memcpy(slices, stream->slices, stream->slices_count * sizeof *slices);
        }
        stream->slices = slices;
    }
    return &stream->slices[stream->slices_count];
}

static const char *add(struct projection *projection, const ELECTRICITY(Commitment) * commitment,
                       const ELECTRICITY(PublicKey) * owner) {
    struct point point;
    if (commitment == NULL || commitment->content.len != sizeof point.bytes) {
        return "a commitment is none";
    }
    if (projection->stream->slices_count == REGISTRY_STREAM_SLICES_MAX) {
        return "there are more slices than are read of a certificate";
    }
    memcpy(point.bytes, commitment->content.data, sizeof point.bytes);
    struct slice_hash hash;
    commitment_slice_hash(&point, &hash);
    if (available(projection, (struct bytes){hash.bytes, sizeof hash.bytes}) != NULL) {
        return "two slices have one commitment, with which no registry can go on";
    }
    struct registry_events_stream_slice *slice = room(projection);
    *slice = (struct registry_events_stream_slice){
        .registry_hash = keep(projection, hash.bytes, sizeof hash.bytes),
        .state = MILLRACE_SLICE_STATE_AVAILABLE,
    };
    const char *wrong = give(projection, slice, owner);
    if (wrong == NULL) {
        projection->stream->slices_count++;
        name_it(projection, slice);
    }
    return wrong;
}

/* The last one comes into its place. */
static void drop(struct projection *projection, struct registry_events_stream_slice *slice) {
    struct registry_stream *stream = projection->stream;
    assert(slice >= stream->slices && slice < stream->slices + stream->slices_count);
    forget_name(projection, slice);
    const struct registry_events_stream_slice *last = &stream->slices[--stream->slices_count];
    if (slice != last) {
        *slice = *last;
        name_it(projection, slice);
    }
}

/* --- Events. --- */

static const char no_slice[] = "it is about a slice that is not there";
static const char no_allocation[] = "it is about an allocation that is not there";
static const char no_uuid[] = "an id in it is no UUID";

static const char *issued(struct projection *projection, const ProtobufCMessage *message) {
    const ELECTRICITY(IssuedEvent) *event = (const void *)message;
    if (projection->is_issued) {
        return "the certificate is issued a second time";
    }
    projection->is_issued = true;
    projection->is_production =
        event->type == PROJECT_ORIGIN__ELECTRICITY__V1__GRANULAR_CERTIFICATE_TYPE__PRODUCTION;
    return add(projection, event->quantity_commitment, event->owner_public_key);
}

static const char *transferred(struct projection *projection, const ProtobufCMessage *message) {
    const ELECTRICITY(TransferredEvent) *event = (const void *)message;
    struct registry_events_stream_slice *slice = source(projection, event->source_slice_hash);
    return slice == NULL ? no_slice : give(projection, slice, event->new_owner);
}

static const char *sliced(struct projection *projection, const ProtobufCMessage *message) {
    const ELECTRICITY(SlicedEvent) *event = (const void *)message;
    struct registry_events_stream_slice *slice = source(projection, event->source_slice_hash);
    if (slice == NULL) {
        return no_slice;
    }
    drop(projection, slice);
    const char *wrong = NULL;
    for (size_t i = 0; wrong == NULL && i < event->n_new_slices; i++) {
        wrong = add(projection, event->new_slices[i]->quantity, event->new_slices[i]->new_owner);
    }
    return wrong;
}

static const char *allocated(struct projection *projection, const ProtobufCMessage *message) {
    const ELECTRICITY(AllocatedEvent) *event = (const void *)message;
    const bool production = projection->is_production;
    struct uuid allocation_id;
    struct uuid counterpart_id;
    if (!read_uuid(event->allocation_id, &allocation_id) ||
        !read_stream_id(
            production ? event->consumption_certificate_id : event->production_certificate_id,
            &counterpart_id)) {
        return no_uuid;
    }
    struct registry_events_stream_slice *slice =
        source(projection, production ? event->production_source_slice_hash
                                      : event->consumption_source_slice_hash);
    if (slice == NULL) {
        return no_slice;
    }
    if (with_allocation(projection, MILLRACE_SLICE_STATE_ALLOCATED, &allocation_id) != NULL) {
        return "an allocation is there twice, with which no registry can go on";
    }
    const struct registry_events_stream_slice now = {
        .registry_hash = slice->registry_hash,
        .owner_key = slice->owner_key,
        .state = MILLRACE_SLICE_STATE_ALLOCATED,
        .has_allocation_id = true,
        .allocation_id = allocation_id,
        .has_counterpart_certificate_id = true,
        .counterpart_certificate_id = counterpart_id,
    };
    become(projection, slice, &now);
    return NULL;
}

static const char *claimed(struct projection *projection, const ProtobufCMessage *message) {
    const ELECTRICITY(ClaimedEvent) *event = (const void *)message;
    struct uuid allocation_id;
    if (!read_uuid(event->allocation_id, &allocation_id)) {
        return no_uuid;
    }
    struct registry_events_stream_slice *slice =
        with_allocation(projection, MILLRACE_SLICE_STATE_ALLOCATED, &allocation_id);
    if (slice == NULL) {
        return no_allocation;
    }
    if (with_allocation(projection, MILLRACE_SLICE_STATE_CLAIMED, &allocation_id) != NULL) {
        return "an allocation is claimed twice, with which no registry can go on";
    }
    struct registry_events_stream_slice now = *slice;
    now.state = MILLRACE_SLICE_STATE_CLAIMED;
    become(projection, slice, &now);
    return NULL;
}

static const char *unclaimed(struct projection *projection, const ProtobufCMessage *message) {
    const ELECTRICITY(UnclaimedEvent) *event = (const void *)message;
    struct uuid allocation_id;
    if (!read_uuid(event->allocation_id, &allocation_id)) {
        return no_uuid;
    }
    struct registry_events_stream_slice *slice =
        with_allocation(projection, MILLRACE_SLICE_STATE_CLAIMED, &allocation_id);
    if (slice == NULL) {
        return no_allocation;
    }
    if (available(projection, slice->registry_hash) != NULL) {
        return "two slices have one commitment, with which no registry can go on";
    }
    const struct registry_events_stream_slice now = {
        .registry_hash = slice->registry_hash,
        .owner_key = slice->owner_key,
        .state = MILLRACE_SLICE_STATE_AVAILABLE,
    };
    become(projection, slice, &now);
    return NULL;
}

static const char *withdrawn(struct projection *projection, const ProtobufCMessage *message) {
    (void)message;
    projection->stream->withdrawn = true;
    return NULL;
}

static const struct {
    const ProtobufCMessageDescriptor *descriptor;
    projection_fold *fold;
} events[] = {
    {&project_origin__electricity__v1__issued_event__descriptor, issued},
    {&project_origin__electricity__v1__transferred_event__descriptor, transferred},
    {&project_origin__electricity__v1__sliced_event__descriptor, sliced},
    {&project_origin__electricity__v1__allocated_event__descriptor, allocated},
    {&project_origin__electricity__v1__claimed_event__descriptor, claimed},
    {&project_origin__electricity__v1__unclaimed_event__descriptor, unclaimed},
    {&project_origin__electricity__v1__withdrawn_event__descriptor, withdrawn},
};

/* --- Transactions. --- */

static const char *take_event(struct projection *projection, const char *type,
                              ProtobufCBinaryData payload) {
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (strcmp(type, events[i].descriptor->name) != 0) {
            continue;
        }
        if (!projection->is_issued && events[i].fold != issued) {
            return "the certificate is not issued before it";
        }
        ProtobufCMessage *event =
            protobuf_c_message_unpack(events[i].descriptor, NULL, payload.len, payload.data);
        if (event == NULL) {
            return "its payload is not what its type says";
        }
        const char *wrong = events[i].fold(projection, event);
        protobuf_c_message_free_unpacked(event, NULL);
        return wrong;
    }
    return "its type is none that is known here";
}

static const char *take_transaction(struct projection *projection, struct bytes bytes) {
    if (bytes.length > PROJECTION_TRANSACTION_BYTES_MAX) {
        return "it is larger than is read of one";
    }
    ProjectOrigin__Registry__V1__Transaction *transaction =
        project_origin__registry__v1__transaction__unpack(NULL, bytes.length, bytes.data);
    if (transaction == NULL) {
        return "it is none of the registry's contract";
    }
    const ProjectOrigin__Registry__V1__TransactionHeader *header = transaction->header;
    struct uuid stream_id;
    const char *wrong = header == NULL ||
                                !read_stream_id(header->federated_stream_id, &stream_id) ||
                                !uuid_equal(&stream_id, projection->certificate_id)
                            ? "it is of another certificate"
                            : take_event(projection, header->payload_type, transaction->payload);
    project_origin__registry__v1__transaction__free_unpacked(transaction, NULL);
    return wrong;
}

static enum result fold_answer(struct projection *projection, struct bytes answer,
                               struct error *error) {
    struct registry_stream *stream = projection->stream;
    if (answer.length > PROJECTION_ANSWER_BYTES_MAX) {
        return error_set(error, RESULT_INVALID,
                         "the certificate's stream has %" PRIu32 " bytes; at most %d are read",
                         answer.length, PROJECTION_ANSWER_BYTES_MAX);
    }
    struct bytes transaction;
    uint32_t at = 0;
    while (answer_stream_next(answer, &at, &transaction)) {
        const char *wrong = stream->transactions == PROJECTION_TRANSACTIONS_MAX
                                ? "it is one more than are read"
                                : take_transaction(projection, transaction);
        if (wrong != NULL) {
            return error_set(error, RESULT_INVALID,
                             "transaction %" PRId64
                             " of the certificate's stream cannot be read: "
                             "%s",
                             stream->transactions + 1, wrong);
        }
        stream->transactions++;
    }
    if (at < answer.length) {
        return error_set(error, RESULT_INVALID, "the registry's answer is not one of its contract");
    }
    assert(stream->slices_count <= REGISTRY_STREAM_SLICES_MAX);
    return RESULT_OK;
}

enum result projection_make(struct bytes answer, const struct uuid *certificate_id,
                            struct arena *arena, struct registry_stream *stream,
                            struct error *error) {
    assert(certificate_id != NULL && stream != NULL);
    assert(arena->capacity - arena->used >= PROJECTION_ARENA_BYTES);
    *stream = (struct registry_stream){.certificate_id = *certificate_id};
    struct projection projection = {
        .certificate_id = certificate_id, .arena = arena, .stream = stream};
    const enum result result = fold_answer(&projection, answer, error);
    slice_index_deinit(&projection.index);
    return result;
}
