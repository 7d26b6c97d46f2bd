/* Vectors that another implementation made: JSON files in the repository, bytes in hex. */
#ifndef MILLRACE_TESTS_SUPPORT_VECTORS_H
#define MILLRACE_TESTS_SUPPORT_VECTORS_H

#include <jansson.h>
#include <stdint.h>

#include "domain/arena.h"
#include "domain/values.h"

/* A JSON file, by its path from the root of the repository, where tests run. A missing or broken
 * file fails the test. */
json_t *vectors_load(const char *path);

/* A member that is text; the test fails without it. */
const char *vectors_text(const json_t *object, const char *name);

/* A member that is hex, as bytes in the arena. */
struct bytes vectors_bytes(const json_t *object, const char *name, struct arena *arena);

/* Hex, spaces allowed, as bytes in the arena. */
struct bytes vectors_hex(const char *hex, struct arena *arena);

/* Expects these bytes to be those that the hex says; `what` tells them apart. */
void vectors_expect(const char *what, const uint8_t *actual, uint32_t length, const char *hex);

enum { VECTORS_ARENA_BYTES = 1 << 20 };

/* The arena of a test: there is only one, each test is a process. */
struct arena vectors_arena(void);

#endif
