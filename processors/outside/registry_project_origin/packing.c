#include "outside/registry_project_origin/packing.h"

#include <assert.h>

#include "domain/uuid.h"

struct bytes packing_bytes(const ProtobufCMessage *message, struct arena *arena) {
    const size_t length = protobuf_c_message_get_packed_size(message);
    uint8_t *data = arena_take(arena, length + 1);
    const size_t packed = protobuf_c_message_pack(message, data);
    assert(packed == length && length <= UINT32_MAX);
    return (struct bytes){.data = data, .length = (uint32_t)length};
}

char *packing_uuid(const struct uuid *id, struct arena *arena) {
    char *text = arena_take(arena, UUID_CHARACTERS + 1);
    uuid_to_text(id, text);
    return text;
}

ProtobufCBinaryData packing_binary(const void *data, size_t length) {
    assert(data != NULL || length == 0);
    return (ProtobufCBinaryData){.data = (uint8_t *)data, .len = length};
}
