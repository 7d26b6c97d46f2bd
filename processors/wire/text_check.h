/* Text as it must be on the wire: valid UTF-8, and UUIDs in lower-case canonical form. */
#ifndef MILLRACE_WIRE_TEXT_CHECK_H
#define MILLRACE_WIRE_TEXT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/values.h"

enum { UUID_TEXT_LENGTH = 36 };

enum uuid_text {
    UUID_TEXT_CANONICAL,
    UUID_TEXT_UPPER_CASE, /* a UUID otherwise; `uuid` is set */
    UUID_TEXT_INVALID,
};

/* Well-formed as Unicode defines it: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_valid(const uint8_t *data, size_t length);

/* Read the 8-4-4-4-12 form. `uuid` is set unless the text is invalid. */
enum uuid_text uuid_parse(const char *data, size_t length, struct uuid *uuid);

/* Write the 36 characters of the canonical form, without a NUL. */
void uuid_format(const struct uuid *uuid, char text[UUID_TEXT_LENGTH]);

#endif
