#include "outside/grpc/output.h"

#include <assert.h>
#include <string.h>

struct grpc_frame_head grpc_frame_head(const uint8_t bytes[GRPC_FRAME_HEAD_BYTES]) {
    return (struct grpc_frame_head){
        .length = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2],
        .type = bytes[3],
        .stream_id = (int32_t)((uint32_t)(bytes[5] & 0x7f) << 24 | (uint32_t)bytes[6] << 16 |
                               (uint32_t)bytes[7] << 8 | bytes[8]),
    };
}

bool grpc_output_has_room(const struct grpc_output *output) {
    return sizeof output->bytes - output->length >= GRPC_FRAME_BYTES_MAX;
}

void grpc_output_add(struct grpc_output *output, const uint8_t *bytes, size_t length) {
    assert(length <= sizeof output->bytes - output->length);
    memcpy(output->bytes + output->length, bytes, length);
    output->length += (uint32_t)length;
    output->made += length;
}

void grpc_output_taken(struct grpc_output *output, size_t count) {
    assert(count <= output->length - output->sent);
    output->sent += (uint32_t)count;
    if (output->sent == output->length) {
        output->sent = 0;
        output->length = 0;
    }
}

uint64_t grpc_output_handed(const struct grpc_output *output, uint32_t in_record) {
    const uint32_t unsent = output->length - output->sent;
    assert(in_record <= unsent);
    return output->made - unsent + in_record;
}

uint32_t grpc_output_drop(struct grpc_output *output, uint32_t in_record, int32_t stream_first,
                          int32_t stream_last) {
    const uint32_t handed = output->sent + in_record;
    uint32_t kept = 0;
    for (uint32_t at = 0; at < output->length;) {
        assert(output->length - at >= GRPC_FRAME_HEAD_BYTES);
        const struct grpc_frame_head head = grpc_frame_head(output->bytes + at);
        const uint32_t length = GRPC_FRAME_HEAD_BYTES + head.length;
        assert(length <= output->length - at);
        if (at < handed || head.stream_id < stream_first || head.stream_id > stream_last) {
            memmove(output->bytes + kept, output->bytes + at, length);
            kept += length;
        }
        at += length;
    }
    const uint32_t dropped = output->length - kept;
    assert(kept >= handed);
    output->length = kept;
    output->made -= dropped;
    grpc_output_taken(output, 0); /* perhaps nothing is left */
    return dropped;
}
