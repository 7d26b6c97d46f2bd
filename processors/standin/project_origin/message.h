/* What gRPC puts around a message: five bytes before it, and a status behind it. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_MESSAGE_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

enum {
    MIMIC_PREFIX_BYTES = 5,
    MIMIC_BODY_MAX = MIMIC_PREFIX_BYTES + 4 * 1024 * 1024, /* as upstream's server by default */
};

/* The numbers are gRPC's. */
enum mimic_grpc {
    MIMIC_GRPC_OK = 0,
    MIMIC_GRPC_UNKNOWN = 2,
    MIMIC_GRPC_RESOURCE_EXHAUSTED = 8,
    MIMIC_GRPC_UNIMPLEMENTED = 12,
    MIMIC_GRPC_INTERNAL = 13,
    MIMIC_GRPC_UNAVAILABLE = 14,
};

/* The one message of a body. Other than OK: it is not there, or not alone. */
enum mimic_grpc mimic_message_read(const uint8_t *body, size_t size, const uint8_t **message,
                                   size_t *length);
/* The five bytes before a message of this length that is not compressed. */
void mimic_message_prefix(size_t length, uint8_t prefix[MIMIC_PREFIX_BYTES]);
/* grpc-message: what is not printable ASCII, and %, as %XX; cut where `size` ends. */
void mimic_percent_encode(const char *text, char *out, size_t size);

#endif
