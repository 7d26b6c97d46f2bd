/* Avro's primitive values into a buffer that may be too small: all bytes count, those that fit
 * stay.
 */
#ifndef MILLRACE_WIRE_WRITER_H
#define MILLRACE_WIRE_WRITER_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct writer {
    uint8_t *buffer; /* may be NULL when `capacity` is 0 */
    size_t capacity; /* bytes */
    size_t length;   /* bytes so far, kept or not */
};

static inline void writer_raw(struct writer *writer, const void *data, size_t length) {
    if (length > 0 && writer->length <= writer->capacity &&
        length <= writer->capacity - writer->length) {
        memcpy(writer->buffer + writer->length, data, length);
    }
    writer->length += length;
}

static inline void writer_byte(struct writer *writer, uint8_t byte) {
    writer_raw(writer, &byte, sizeof byte);
}

/* A zigzag varint. Nearly all are one byte: a length, a branch of a union. */
static inline void writer_long(struct writer *writer, int64_t value) {
    uint64_t bits = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    while (bits > 0x7f) {
        writer_byte(writer, (uint8_t)(bits | 0x80));
        bits >>= 7;
    }
    writer_byte(writer, (uint8_t)bits);
}

/* A string or bytes: the length, then as many bytes. */
static inline void writer_counted(struct writer *writer, const void *data, size_t length) {
    writer_long(writer, (int64_t)length);
    writer_raw(writer, data, length);
}

#endif
