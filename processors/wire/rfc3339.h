/* Times as people write them: RFC 3339 in UTC, to the millisecond. */
#ifndef MILLRACE_WIRE_RFC3339_H
#define MILLRACE_WIRE_RFC3339_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RFC3339_SIZE = 25 }; /* "2026-01-01T00:00:00.000Z" with its NUL */

/* False: the time lies outside of the years 1 to 9999, nothing was written. */
bool rfc3339_format(int64_t time_ms, char text[RFC3339_SIZE]);

/* Reads "2026-01-01T00:00:00Z" with or without three digits of milliseconds; only "Z" is taken as
 * the zone. False: it is no such time. */
bool rfc3339_parse(const char *text, size_t length, int64_t *time_ms);

#endif
