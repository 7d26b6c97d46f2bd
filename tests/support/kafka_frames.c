#include "tests/support/kafka_frames.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    API_METADATA = 3,
    API_FIND_COORDINATOR = 10,
    METADATA_VERSION_MAX = 8, /* later ones have another layout, which librdkafka 2.0 never asks */
    FIND_COORDINATOR_VERSION_MAX = 2,
};

void buffer_append(struct buffer *buffer, const void *data, size_t length) {
    if (buffer->length + length > buffer->capacity) {
        buffer->capacity = (buffer->length + length) * 2;
        buffer->data = realloc(buffer->data, buffer->capacity);
        assert(buffer->data != NULL);
    }
    memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
}

void buffer_drop_front(struct buffer *buffer, size_t length) {
    memmove(buffer->data, buffer->data + length, buffer->length - length);
    buffer->length -= length;
}

uint32_t u32_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

uint16_t u16_at(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put_u32(uint8_t *bytes, uint32_t value) {
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

size_t frame_length(const struct buffer *buffer) {
    if (buffer->length < 4) {
        return 0;
    }
    const size_t length = 4 + (size_t)u32_at(buffer->data);
    return buffer->length < length ? 0 : length;
}

/* A string's whole length, with its length field; a null one has only that. */
static size_t string_length(const uint8_t *bytes) {
    const int16_t length = (int16_t)u16_at(bytes);
    return 2 + (length > 0 ? (size_t)length : 0);
}

/* What is written in the place of a broker's address. */
struct address {
    const char *host;
    uint16_t port;
};

/* Copies a string that is a host and the port behind it, but writes ours. Returns what it read. */
static size_t replace_address(const struct address *address, const uint8_t *from,
                              struct buffer *to) {
    const size_t host_length = strlen(address->host);
    uint8_t field[4] = {0, (uint8_t)host_length};
    buffer_append(to, field, 2);
    buffer_append(to, address->host, host_length);
    put_u32(field, address->port);
    buffer_append(to, field, 4);
    return string_length(from) + 4;
}

static void replace_metadata(const struct address *address, int16_t version, const uint8_t *frame,
                             size_t length, struct buffer *to) {
    assert(version <= METADATA_VERSION_MAX);
    size_t at = 8 + (version >= 3 ? 4 : 0);
    const uint32_t brokers = u32_at(frame + at);
    at += 4;
    buffer_append(to, frame, at);
    for (uint32_t i = 0; i < brokers; i++) {
        buffer_append(to, frame + at, 4); /* its id */
        at += 4;
        at += replace_address(address, frame + at, to);
        if (version >= 1) {
            buffer_append(to, frame + at, string_length(frame + at)); /* its rack */
            at += string_length(frame + at);
        }
    }
    buffer_append(to, frame + at, length - at);
}

static void replace_coordinator(const struct address *address, int16_t version,
                                const uint8_t *frame, size_t length, struct buffer *to) {
    assert(version <= FIND_COORDINATOR_VERSION_MAX);
    size_t at = 8 + (version >= 1 ? 4 : 0) + 2;
    at += version >= 1 ? string_length(frame + at) : 0;
    at += 4; /* its id */
    buffer_append(to, frame, at);
    if ((int32_t)u32_at(frame + at - 4) >= 0) {
        at += replace_address(address, frame + at, to);
    }
    buffer_append(to, frame + at, length - at);
}

bool frame_readdress(int16_t api, int16_t version, const uint8_t *frame, size_t length,
                     const char *host, uint16_t port, struct buffer *to) {
    const struct address address = {host, port};
    switch (api) {
    case API_METADATA:
        replace_metadata(&address, version, frame, length, to);
        break;
    case API_FIND_COORDINATOR:
        replace_coordinator(&address, version, frame, length, to);
        break;
    default:
        return false;
    }
    put_u32(to->data, (uint32_t)to->length - 4);
    return true;
}
