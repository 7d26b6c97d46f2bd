/* 32 bits to tell apart what is too long to be remembered: equal things are always equal, different
 * ones look equal once in four thousand million. */
#ifndef MILLRACE_CLI_VERIFY_HASH_H
#define MILLRACE_CLI_VERIFY_HASH_H

#include <stdint.h>

#include "domain/values.h"

/* `seed`: 0, or the hash of what came before. */
static inline uint32_t hash_bytes(uint32_t seed, const void *data, uint32_t length) {
    return (uint32_t)(bytes_hash(seed, (struct bytes){.data = data, .length = length}) >> 32);
}

static inline uint32_t hash_uuid(uint32_t seed, const struct uuid *id) {
    return hash_bytes(seed, id->bytes, sizeof id->bytes);
}

static inline uint32_t hash_text(uint32_t seed, struct text text) {
    return hash_bytes(seed, text.data, text.length);
}

#endif
