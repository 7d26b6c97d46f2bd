/* The plain values that every message is made of: ids, text, bytes; they own nothing. */
#ifndef MILLRACE_DOMAIN_VALUES_H
#define MILLRACE_DOMAIN_VALUES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A UUID as its 16 bytes in network order; on the wire it is lower-case canonical text. */
struct uuid {
    uint8_t bytes[16];
};

/* UTF-8 text, not NUL-terminated. `data` points into somebody else's memory: the input that was
 * decoded, or an arena. Empty text has length 0 and any pointer. */
struct text {
    const char *data;
    uint32_t length; /* bytes */
};

/* Opaque bytes, with the same ownership as `struct text`. */
struct bytes {
    const uint8_t *data;
    uint32_t length; /* bytes */
};

static inline bool uuid_equal(const struct uuid *a, const struct uuid *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static inline bool text_equal(struct text a, struct text b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool bytes_equal(struct bytes a, struct bytes b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* For tables, and to tell contents apart: nothing that an adversary may choose rests on it. Eight
 * bytes at a time; the upper half is the better one. `seed`: 0, or the hash of what came before. */
static inline uint64_t bytes_hash(uint64_t seed, struct bytes bytes) {
    static const uint64_t odd = 0x9e3779b97f4a7c15u; /* of the golden ratio: its bits are mixed */
    uint64_t hash = seed ^ bytes.length;
    uint64_t word = 0;
    uint32_t at = 0;
    for (; bytes.length - at >= sizeof word; at += sizeof word) {
        memcpy(&word, bytes.data + at, sizeof word);
        hash = (hash ^ word) * odd;
        hash ^= hash >> 32;
    }
    word = 0;
    if (at < bytes.length) {
        memcpy(&word, bytes.data + at, bytes.length - at);
    }
    hash = (hash ^ word) * odd;
    return (hash ^ hash >> 29) * odd;
}

/* Text from a literal or any other NUL-terminated string that outlives the result. */
static inline struct text text_of(const char *string) {
    return (struct text){.data = string, .length = (uint32_t)strlen(string)};
}

#endif
