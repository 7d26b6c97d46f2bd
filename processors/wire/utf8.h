/* Text as it must be on the wire: valid UTF-8. */
#ifndef MILLRACE_WIRE_UTF8_H
#define MILLRACE_WIRE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Well-formed as Unicode defines it: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_valid(const uint8_t *data, size_t length);

#endif
