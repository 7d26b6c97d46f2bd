/* What tells a command that comes again from another one with its id (schemas/README.md). */
#ifndef MILLRACE_WIRE_PAYLOAD_HASH_H
#define MILLRACE_WIRE_PAYLOAD_HASH_H

#include <stddef.h>

#include "domain/arena.h"
#include "wire/descriptor.h"

enum { PAYLOAD_HASH_BYTES = 32 };

/* The bytes that are hashed; like `encode` when they do not fit into `capacity`. */
size_t payload_hash_input(const struct record_descriptor *record, const void *body, uint8_t *buffer,
                          size_t capacity);

/* SHA-256 of them. The arena gives room while they are put together and gets it back; false when it
 * has none. */
bool payload_hash(const struct record_descriptor *record, const void *body, struct arena *arena,
                  uint8_t hash[PAYLOAD_HASH_BYTES]);

#endif
