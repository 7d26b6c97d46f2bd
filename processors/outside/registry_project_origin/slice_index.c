#include "outside/registry_project_origin/slice_index.h"

#include <assert.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* A node of the tree, as `tsearch` hands it out, begins with the pointer to its entry. */
struct slice_entry {
    struct slice_name name; /* first: who is looked for is a name alone */
    uint32_t at;
};

static int compare(const void *one, const void *other) {
    return memcmp(one, other, sizeof(struct slice_name));
}

static struct slice_entry *entry_of(void *node) {
    return *(struct slice_entry **)node;
}

struct slice_name slice_name_available(struct bytes hash) {
    struct slice_name name = {.state = MILLRACE_SLICE_STATE_AVAILABLE};
    assert(hash.length == sizeof name.id);
    memcpy(name.id, hash.data, sizeof name.id);
    return name;
}

struct slice_name slice_name_with_allocation(enum millrace_slice_state state,
                                             const struct uuid *allocation_id) {
    assert(state != MILLRACE_SLICE_STATE_AVAILABLE);
    struct slice_name name = {.state = (uint8_t)state};
    memcpy(name.id, allocation_id->bytes, sizeof allocation_id->bytes);
    return name;
}

struct slice_name slice_name_of(const struct registry_events_stream_slice *slice) {
    return slice->state == MILLRACE_SLICE_STATE_AVAILABLE
               ? slice_name_available(slice->registry_hash)
               : slice_name_with_allocation(slice->state, &slice->allocation_id);
}

bool slice_index_find(const struct slice_index *index, const struct slice_name *name,
                      uint32_t *at) {
    void *node = tfind(name, &index->root, compare);
    if (node != NULL) {
        *at = entry_of(node)->at;
    }
    return node != NULL;
}

void slice_index_put(struct slice_index *index, const struct slice_name *name, uint32_t at) {
    struct slice_entry *entry = malloc(sizeof *entry);
    assert(entry != NULL);
    *entry = (struct slice_entry){.name = *name, .at = at};
    void *node = tsearch(entry, &index->root, compare);
    assert(node != NULL);
    if (entry_of(node) != entry) {
        entry_of(node)->at = at;
        free(entry);
    }
}

void slice_index_remove(struct slice_index *index, const struct slice_name *name) {
    void *node = tfind(name, &index->root, compare);
    assert(node != NULL);
    struct slice_entry *entry = entry_of(node);
    (void)tdelete(entry, &index->root, compare);
    free(entry);
}

void slice_index_deinit(struct slice_index *index) {
    tdestroy(index->root, free);
    index->root = NULL;
}
