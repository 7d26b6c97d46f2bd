#include "outside/registry_project_origin/slices.h"

#include <assert.h>
#include <string.h>

#include "generated/project_origin/electricity.pb-c.h"
#include "generated/project_origin/registry.pb-c.h"
#include "outside/registry_project_origin/commitment.h"

#define ELECTRICITY(name) ProjectOrigin__Electricity__V1__##name

/* False: it is no commitment. */
static bool name_slice(const struct uuid *slice_id, const ELECTRICITY(Commitment) * commitment,
                       struct arena *arena, struct millrace_slice_hash *named) {
    struct point point;
    if (commitment == NULL || commitment->content.len != sizeof point.bytes) {
        return false;
    }
    memcpy(point.bytes, commitment->content.data, sizeof point.bytes);
    struct slice_hash *hash = arena_take(arena, sizeof *hash);
    commitment_slice_hash(&point, hash);
    *named = (struct millrace_slice_hash){
        .slice_id = *slice_id,
        .registry_hash = {.data = hash->bytes, .length = sizeof hash->bytes},
    };
    return true;
}

static uint32_t of_issued(const struct millrace_issue_operation *issue, ProtobufCBinaryData payload,
                          struct arena *arena, struct millrace_slice_hash *hashes) {
    ELECTRICITY(IssuedEvent) *event =
        project_origin__electricity__v1__issued_event__unpack(NULL, payload.len, payload.data);
    if (event == NULL) {
        return 0;
    }
    const bool named = name_slice(&issue->slice_id, event->quantity_commitment, arena, hashes);
    project_origin__electricity__v1__issued_event__free_unpacked(event, NULL);
    return named ? 1 : 0;
}

static uint32_t of_sliced(const struct millrace_slice_operation *slice, ProtobufCBinaryData payload,
                          struct arena *arena, struct millrace_slice_hash *hashes) {
    ELECTRICITY(SlicedEvent) *event =
        project_origin__electricity__v1__sliced_event__unpack(NULL, payload.len, payload.data);
    if (event == NULL) {
        return 0;
    }
    bool named = event->n_new_slices == slice->parts_count;
    for (uint32_t i = 0; named && i < slice->parts_count; i++) {
        named = name_slice(&slice->parts[i].slice_id, event->new_slices[i]->quantity, arena,
                           &hashes[i]);
    }
    project_origin__electricity__v1__sliced_event__free_unpacked(event, NULL);
    return named ? slice->parts_count : 0;
}

uint32_t slices_of_transaction(const struct millrace_operation *operation, struct bytes transaction,
                               struct arena *arena, struct millrace_slice_hash **hashes) {
    assert(operation != NULL && arena != NULL && hashes != NULL);
    const uint32_t most = operation->issue != NULL   ? 1
                          : operation->slice != NULL ? operation->slice->parts_count
                                                     : 0;
    *hashes = NULL;
    if (most == 0) {
        return 0;
    }
    ProjectOrigin__Registry__V1__Transaction *sent =
        project_origin__registry__v1__transaction__unpack(NULL, transaction.length,
                                                          transaction.data);
    if (sent == NULL) {
        return 0;
    }
    *hashes = arena_take(arena, most * sizeof **hashes);
    const uint32_t count = operation->issue != NULL
                               ? of_issued(operation->issue, sent->payload, arena, *hashes)
                               : of_sliced(operation->slice, sent->payload, arena, *hashes);
    project_origin__registry__v1__transaction__free_unpacked(sent, NULL);
    return count;
}
