/* A struct to Avro bytes, by its descriptor. */
#ifndef MILLRACE_WIRE_ENCODE_H
#define MILLRACE_WIRE_ENCODE_H

#include <stddef.h>

#include "wire/descriptor.h"
#include "wire/writer.h"

/* Write the record's Avro bytes; returns how many there are. Like snprintf: when they are more than
 * `capacity` nothing useful is in `buffer`, which may be NULL when `capacity` is 0, to ask for the
 * size. A value beyond its limit or an enum out of range is a bug of the caller's: an assert. */
size_t encode(const struct record_descriptor *record, const void *body, uint8_t *buffer,
              size_t capacity);

/* The same for one field of a record, null or not. */
size_t encode_field(const struct field_descriptor *field, const void *body, uint8_t *buffer,
                    size_t capacity);

/* One value that is neither null nor an array. */
void encode_single(const struct type_descriptor *type, const void *value, struct writer *writer);

#endif
