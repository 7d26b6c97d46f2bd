/* Where a stream's slices are, by the name that each has at the time: the hash of its commitment
 * while it is available, and its allocation afterwards. Whoever writes the stream chooses the
 * names, so it is a balanced tree: each call takes as many comparisons as the number of slices has
 * bits. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_SLICE_INDEX_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_SLICE_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"
#include "generated/c/registry_events.h"
#include "outside/registry_project_origin/commitment.h"

struct slice_name {
    uint8_t state;
    uint8_t id[SLICE_HASH_BYTES]; /* an allocation's has zeroes behind it */
};

/* All zeroes is empty. */
struct slice_index {
    void *root;
};

/* `hash` has SLICE_HASH_BYTES. */
struct slice_name slice_name_available(struct bytes hash);
struct slice_name slice_name_with_allocation(enum millrace_slice_state state,
                                             const struct uuid *allocation_id);
struct slice_name slice_name_of(const struct registry_events_stream_slice *slice);

bool slice_index_find(const struct slice_index *index, const struct slice_name *name, uint32_t *at);
/* A name that is there already is somewhere else from now on. */
void slice_index_put(struct slice_index *index, const struct slice_name *name, uint32_t at);
/* Only what is there. */
void slice_index_remove(struct slice_index *index, const struct slice_name *name);
void slice_index_deinit(struct slice_index *index);

#endif
