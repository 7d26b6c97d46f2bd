#include "domain/placement.h"

#include <assert.h>

enum {
    MURMUR2_SHIFT = 24,
    WORD_BYTES = 4,
};

static const uint32_t murmur2_factor = 0x5bd1e995;
static const uint32_t murmur2_seed = 0x9747b28c;

/* Four bytes as a number, least significant first, on every machine. */
static uint32_t word_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

uint32_t placement_murmur2(struct bytes key) {
    assert(key.length == 0 || key.data != NULL);
    uint32_t hash = murmur2_seed ^ key.length;
    const uint32_t words = key.length / WORD_BYTES;
    for (uint32_t i = 0; i < words; i++) {
        uint32_t word = word_at(key.data + (size_t)i * WORD_BYTES);
        word *= murmur2_factor;
        word ^= word >> MURMUR2_SHIFT;
        word *= murmur2_factor;
        hash = hash * murmur2_factor ^ word;
    }
    const uint32_t rest = key.length % WORD_BYTES;
    for (uint32_t i = rest; i > 0; i--) {
        hash ^= (uint32_t)key.data[key.length - rest + i - 1] << (8 * (i - 1));
    }
    if (rest > 0) {
        hash *= murmur2_factor;
    }
    hash ^= hash >> 13;
    hash *= murmur2_factor;
    hash ^= hash >> 15;
    return hash;
}

int32_t placement_partition(struct bytes key, int32_t partitions) {
    assert(partitions >= 1);
    /* The Java clients clear the sign bit; they do not take the absolute value. */
    return (int32_t)(placement_murmur2(key) & 0x7fffffff) % partitions;
}

int32_t placement_partition_crc32(struct bytes key, int32_t partitions) {
    assert(partitions >= 1);
    uint32_t crc = UINT32_MAX;
    for (uint32_t i = 0; i < key.length; i++) {
        crc ^= key.data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (UINT32_C(0xEDB88320) & (0U - (crc & 1U)));
        }
    }
    return (int32_t)(~crc % (uint32_t)partitions);
}
