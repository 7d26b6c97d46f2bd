/* Values as protobuf-c wants them, in an arena. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_PACKING_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_PACKING_H

#include <protobuf-c/protobuf-c.h>

#include "domain/arena.h"
#include "domain/values.h"

/* The message as bytes; one without a byte has a place, too. */
struct bytes packing_bytes(const ProtobufCMessage *message, struct arena *arena);

/* An id as a string with its NUL. */
char *packing_uuid(const struct uuid *id, struct arena *arena);

/* Points to what is given: protobuf-c has no type for bytes that it does not write to. */
ProtobufCBinaryData packing_binary(const void *data, size_t length);

#endif
