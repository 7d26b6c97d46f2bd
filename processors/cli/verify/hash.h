/* 32 bits to tell apart what is too long to be remembered: equal things are always equal, different
 * ones look equal once in four thousand million. */
#ifndef MILLRACE_CLI_VERIFY_HASH_H
#define MILLRACE_CLI_VERIFY_HASH_H

#include <stdint.h>

#include "domain/values.h"

/* FNV-1a with a last mix; `seed`: 0, or the hash of what came before. */
static inline uint32_t hash_bytes(uint32_t seed, const void *data, uint32_t length) {
    const uint8_t *bytes = data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ ((uint64_t)seed << 16) ^ length;
    for (uint32_t i = 0; i < length; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    hash ^= hash >> 32;
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32);
}

static inline uint32_t hash_uuid(uint32_t seed, const struct uuid *id) {
    return hash_bytes(seed, id->bytes, sizeof id->bytes);
}

static inline uint32_t hash_text(uint32_t seed, struct text text) {
    return hash_bytes(seed, text.data, text.length);
}

#endif
