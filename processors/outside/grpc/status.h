/* What a gRPC server says in headers: status codes, words, content types; and our time-outs.
 * By the gRPC project's "gRPC over HTTP2" and "HTTP to gRPC Status Code Mapping". */
#ifndef MILLRACE_OUTSIDE_GRPC_STATUS_H
#define MILLRACE_OUTSIDE_GRPC_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"

enum grpc_status {
    GRPC_STATUS_OK = 0,
    GRPC_STATUS_CANCELLED = 1,
    GRPC_STATUS_UNKNOWN = 2,
    GRPC_STATUS_INVALID_ARGUMENT = 3,
    GRPC_STATUS_DEADLINE_EXCEEDED = 4,
    GRPC_STATUS_NOT_FOUND = 5,
    GRPC_STATUS_ALREADY_EXISTS = 6,
    GRPC_STATUS_PERMISSION_DENIED = 7,
    GRPC_STATUS_RESOURCE_EXHAUSTED = 8,
    GRPC_STATUS_FAILED_PRECONDITION = 9,
    GRPC_STATUS_ABORTED = 10,
    GRPC_STATUS_OUT_OF_RANGE = 11,
    GRPC_STATUS_UNIMPLEMENTED = 12,
    GRPC_STATUS_INTERNAL = 13,
    GRPC_STATUS_UNAVAILABLE = 14,
    GRPC_STATUS_DATA_LOSS = 15,
    GRPC_STATUS_UNAUTHENTICATED = 16,
};

enum { GRPC_TIMEOUT_CHARACTERS = 12 };

/* "UNAVAILABLE"; "a code of its own" where there is no such status. */
const char *grpc_status_name(uint32_t status);
/* What a status of HTTP other than 200 stands for where no gRPC status came. */
enum grpc_status grpc_status_of_http(int32_t http_status);
/* A number of up to three digits. False: it is none. */
bool grpc_status_from_text(struct text value, uint32_t *status);

/* application/grpc or application/grpc+proto, perhaps with parameters. */
bool grpc_content_type_is_ours(struct text value);

/* Words of others for people: percent-decoded, cut to `size` bytes; control characters become
 * spaces, and what is no UTF-8 question marks. Gives their length. */
uint32_t grpc_words_decode(struct text value, char *words, uint32_t size);
/* The same without decoding. */
uint32_t grpc_words_clean(struct text value, char *words, uint32_t size);

/* `grpc-timeout` for this time, at least 1 ms; a NUL-terminated text. */
void grpc_timeout_write(int64_t timeout_ms, char text[GRPC_TIMEOUT_CHARACTERS]);

#endif
