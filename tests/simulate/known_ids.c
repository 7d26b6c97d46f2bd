#include "tests/simulate/known_ids.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <uuid/uuid.h>

enum { NAME_BYTES = 512 };

void known_id_text(const struct uuid *id, char text[KNOWN_ID_CHARACTERS + 1]) {
    static const char digits[] = "0123456789abcdef";
    uint32_t at = 0;
    for (uint32_t i = 0; i < sizeof id->bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text[at++] = '-';
        }
        text[at++] = digits[id->bytes[i] >> 4];
        text[at++] = digits[id->bytes[i] & 15];
    }
    text[at] = '\0';
}

__attribute__((format(printf, 2, 3))) static struct uuid derived(const struct uuid *space,
                                                                 const char *format, ...) {
    char name[NAME_BYTES];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    assert(length > 0 && length < NAME_BYTES);
    struct uuid id;
    uuid_generate_sha1(id.bytes, space->bytes, name, (size_t)length);
    return id;
}

struct uuid known_slice_id(const struct uuid *certificate_id, const struct uuid *command_id,
                           uint32_t index) {
    char command[KNOWN_ID_CHARACTERS + 1];
    known_id_text(command_id, command);
    return derived(certificate_id, "%s/slice/%u", command, index);
}

struct uuid known_submission_id(const struct uuid *certificate_id, const struct uuid *command_id) {
    char command[KNOWN_ID_CHARACTERS + 1];
    known_id_text(command_id, command);
    return derived(certificate_id, "%s", command);
}

struct uuid known_allocation_id(const struct uuid *claim_id, const struct uuid *production_slice,
                                const struct uuid *consumption_slice) {
    char production[KNOWN_ID_CHARACTERS + 1];
    char consumption[KNOWN_ID_CHARACTERS + 1];
    known_id_text(production_slice, production);
    known_id_text(consumption_slice, consumption);
    return derived(claim_id, "%s/%s", production, consumption);
}

struct uuid known_certificate_id(const char *grid_area, const char *asset, int64_t start_ms,
                                 int64_t end_ms, const char *type) {
    static const struct uuid space = {{0xdc, 0x81, 0x78, 0xf1, 0xb1, 0x84, 0x46, 0x03, 0xbb, 0x7a,
                                       0xae, 0x7a, 0x5a, 0x3b, 0x31, 0x0d}};
    return derived(&space, "%s/%s/%lld/%lld/%s", grid_area, asset, (long long)start_ms,
                   (long long)end_ms, type);
}

struct uuid known_message_id(const struct uuid *key, const struct uuid *parent, const char *type,
                             uint32_t ordinal) {
    char text[KNOWN_ID_CHARACTERS + 1];
    known_id_text(parent, text);
    return derived(key, "%s/%s/%u", text, type, ordinal);
}

/* MurmurHash2, 32 bits, little-endian, with the seed of the Java client. */
static uint32_t murmur2(struct bytes key) {
    const uint32_t m = 0x5bd1e995;
    uint32_t h = 0x9747b28c ^ key.length;
    uint32_t at = 0;
    for (; key.length - at >= 4; at += 4) {
        uint32_t k = (uint32_t)key.data[at] | (uint32_t)key.data[at + 1] << 8 |
                     (uint32_t)key.data[at + 2] << 16 | (uint32_t)key.data[at + 3] << 24;
        k *= m;
        k ^= k >> 24;
        h = (h * m) ^ (k * m);
    }
    if (at < key.length) {
        for (uint32_t i = key.length; i > at; i--) {
            h ^= (uint32_t)key.data[i - 1] << 8 * (i - 1 - at);
        }
        h *= m;
    }
    h ^= h >> 13;
    h *= m;
    return h ^ h >> 15;
}

int32_t known_place(struct bytes key, int32_t partitions) {
    assert(partitions > 0);
    return (int32_t)((murmur2(key) & 0x7fffffff) % (uint32_t)partitions);
}

int32_t known_place_of(const struct uuid *id, int32_t partitions) {
    char text[KNOWN_ID_CHARACTERS + 1];
    known_id_text(id, text);
    return known_place((struct bytes){(const uint8_t *)text, KNOWN_ID_CHARACTERS}, partitions);
}
