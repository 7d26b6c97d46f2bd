/* Avro's primitive values out of a bounded input: every length is checked before it is used. */
#ifndef MILLRACE_WIRE_READER_H
#define MILLRACE_WIRE_READER_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What can be wrong with the bytes of a message. The text completes "field x: ...". */
#define DECODE_REASONS(X)                                                       \
    X(DECODE_OK, "nothing is wrong")                                            \
    X(DECODE_TRUNCATED, "the bytes end within it")                              \
    X(DECODE_NUMBER, "number longer than its type")                             \
    X(DECODE_BOOLEAN, "boolean that is neither 0 nor 1")                        \
    X(DECODE_LENGTH_NEGATIVE, "negative length")                                \
    X(DECODE_TOO_LONG, "longer than its limit")                                 \
    X(DECODE_TOO_MANY, "more items than its limit")                             \
    X(DECODE_UTF8, "text that is not UTF-8")                                    \
    X(DECODE_UUID, "not a UUID")                                                \
    X(DECODE_UUID_NOT_CANONICAL, "UUID that is not in lower case")              \
    X(DECODE_ENUM, "enum index out of range")                                   \
    X(DECODE_UNION, "union branch out of range")                                \
    X(DECODE_UNION_UNREADABLE, "union branch of a type that we do not have")    \
    X(DECODE_BLOCK, "array block whose size in bytes is not that of its items") \
    X(DECODE_ARENA, "more than fits into the memory for one batch")             \
    X(DECODE_TRAILING, "bytes behind the end of the record")

enum decode_reason {
#define DECODE_REASON_MEMBER(name, text) name,
    DECODE_REASONS(DECODE_REASON_MEMBER)
#undef DECODE_REASON_MEMBER
};

const char *decode_reason_text(enum decode_reason reason);

struct reader {
    const uint8_t *at; /* next byte */
    const uint8_t *end;
};

static inline size_t reader_left(const struct reader *reader) {
    return (size_t)(reader->end - reader->at);
}

/* A zigzag varint of at most 64 bits. Bits beyond them are refused, not dropped. */
static inline enum decode_reason reader_long(struct reader *reader, int64_t *value) {
    uint64_t bits = 0;
    if (reader->at != reader->end && *reader->at < 0x80) { /* nearly always */
        bits = *reader->at++;
        *value = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
        return DECODE_OK;
    }
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (reader->at == reader->end) {
            return DECODE_TRUNCATED;
        }
        const uint8_t byte = *reader->at++;
        if (shift == 63 && (byte & 0xfe) != 0) {
            return DECODE_NUMBER;
        }
        bits |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *value = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
            return DECODE_OK;
        }
    }
    return DECODE_NUMBER;
}

static inline enum decode_reason reader_int(struct reader *reader, int32_t *value) {
    int64_t wide;
    const enum decode_reason reason = reader_long(reader, &wide);
    if (reason != DECODE_OK) {
        return reason;
    }
    if (wide < INT32_MIN || wide > INT32_MAX) {
        return DECODE_NUMBER;
    }
    *value = (int32_t)wide;
    return DECODE_OK;
}

static inline enum decode_reason reader_boolean(struct reader *reader, bool *value) {
    if (reader->at == reader->end) {
        return DECODE_TRUNCATED;
    }
    if (*reader->at > 1) {
        return DECODE_BOOLEAN;
    }
    *value = *reader->at++ == 1;
    return DECODE_OK;
}

/* `length` bytes that are surely there; they stay where they are in the input. */
static inline enum decode_reason reader_fixed(struct reader *reader, size_t length,
                                              const uint8_t **data) {
    if (length > reader_left(reader)) {
        return DECODE_TRUNCATED;
    }
    *data = reader->at;
    reader->at += length;
    return DECODE_OK;
}

/* A string or bytes: a length, then as many bytes, at most `length_max`. */
static inline enum decode_reason reader_bytes(struct reader *reader, uint32_t length_max,
                                              const uint8_t **data, uint32_t *length) {
    int64_t wide;
    const enum decode_reason reason = reader_long(reader, &wide);
    if (reason != DECODE_OK) {
        return reason;
    }
    if (wide < 0) {
        return DECODE_LENGTH_NEGATIVE;
    }
    if ((uint64_t)wide > reader_left(reader)) {
        return DECODE_TRUNCATED;
    }
    if (wide > (int64_t)length_max) {
        return DECODE_TOO_LONG;
    }
    *length = (uint32_t)wide;
    return reader_fixed(reader, *length, data);
}

/* The head of one block of an array or map. `count` 0 is the end of all blocks. */
struct reader_block {
    uint64_t count;     /* items */
    bool sized;         /* the writer said how many bytes the items take */
    const uint8_t *end; /* where they end, if sized; within the input */
};

static inline enum decode_reason reader_block(struct reader *reader, struct reader_block *block) {
    int64_t count;
    enum decode_reason reason = reader_long(reader, &count);
    if (reason != DECODE_OK) {
        return reason;
    }
    block->sized = count < 0;
    block->end = reader->at;
    block->count = count < 0 ? 0 - (uint64_t)count : (uint64_t)count;
    if (!block->sized) {
        return DECODE_OK;
    }
    int64_t size;
    reason = reader_long(reader, &size);
    if (reason != DECODE_OK) {
        return reason;
    }
    if (size < 0) {
        return DECODE_LENGTH_NEGATIVE;
    }
    if ((uint64_t)size > reader_left(reader)) {
        return DECODE_TRUNCATED;
    }
    block->end = reader->at + size;
    return DECODE_OK;
}

#endif
