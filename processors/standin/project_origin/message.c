#include "standin/project_origin/message.h"

#include <assert.h>

enum mimic_grpc mimic_message_read(const uint8_t *body, size_t size, const uint8_t **message,
                                   size_t *length) {
    if (size < MIMIC_PREFIX_BYTES) {
        return MIMIC_GRPC_INTERNAL;
    }
    if (body[0] != 0) {
        return MIMIC_GRPC_UNIMPLEMENTED; /* compressed */
    }
    *length = (size_t)body[1] << 24 | (size_t)body[2] << 16 | (size_t)body[3] << 8 | body[4];
    *message = body + MIMIC_PREFIX_BYTES;
    return *length == size - MIMIC_PREFIX_BYTES ? MIMIC_GRPC_OK : MIMIC_GRPC_INTERNAL;
}

void mimic_message_prefix(size_t length, uint8_t prefix[MIMIC_PREFIX_BYTES]) {
    assert(length <= UINT32_MAX);
    prefix[0] = 0;
    for (int i = 0; i < 4; i++) {
        prefix[1 + i] = (uint8_t)(length >> (8 * (3 - i)));
    }
}

void mimic_percent_encode(const char *text, char *out, size_t size) {
    static const char digits[] = "0123456789ABCDEF";
    char *end = out + size - 1;
    for (; *text != '\0'; text++) {
        const uint8_t byte = (uint8_t)*text;
        if (byte >= ' ' && byte <= '~' && byte != '%') {
            if (out == end) {
                break;
            }
            *out++ = (char)byte;
        } else {
            if (end - out < 3) {
                break;
            }
            *out++ = '%';
            *out++ = digits[byte >> 4];
            *out++ = digits[byte & 15];
        }
    }
    *out = '\0';
}
