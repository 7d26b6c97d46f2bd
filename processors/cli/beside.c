#include "cli/beside.h"

/* NULL: it has none of this name. */
static const json_t *slice_named(const json_t *slices, const json_t *hash) {
    size_t index;
    const json_t *slice;
    json_array_foreach(slices, index, slice) {
        if (json_is_string(hash) && json_equal(json_object_get(slice, "registryHash"), hash) == 1) {
            return slice;
        }
    }
    return NULL;
}

static void put(json_t *entry, const char *name, const json_t *slice, const char *member) {
    const json_t *value = json_object_get(slice, member);
    json_object_set_new(entry, name, value == NULL ? json_null() : json_deep_copy(value));
}

static json_t *entry_of(const json_t *here, const json_t *there) {
    json_t *entry = json_object();
    put(entry, "registryHash", here != NULL ? here : there, "registryHash");
    put(entry, "sliceId", here, "sliceId");
    put(entry, "here", here, "state");
    put(entry, "there", there, "state");
    put(entry, "owner", here, "owner");
    put(entry, "ownerKey", there, "ownerKey");
    put(entry, "allocationId", there, "allocationId");
    return entry;
}

json_t *beside_of(const json_t *slices, const json_t *stream) {
    if (stream == NULL) {
        return json_null();
    }
    const json_t *read = json_object_get(stream, "slices");
    json_t *beside = json_array();
    size_t index;
    const json_t *slice;
    json_array_foreach(slices, index, slice) {
        json_array_append_new(
            beside, entry_of(slice, slice_named(read, json_object_get(slice, "registryHash"))));
    }
    json_array_foreach(read, index, slice) {
        if (slice_named(slices, json_object_get(slice, "registryHash")) == NULL) {
            json_array_append_new(beside, entry_of(NULL, slice));
        }
    }
    return beside;
}
