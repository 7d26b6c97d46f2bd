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

/* Text from a literal or any other NUL-terminated string that outlives the result. */
static inline struct text text_of(const char *string) {
    return (struct text){.data = string, .length = (uint32_t)strlen(string)};
}

#endif
