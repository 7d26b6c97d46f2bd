/* Requests and replies of the plain registry as bytes: PROTOCOL.md. */
#ifndef MILLRACE_REGISTRY_PLAIN_MESSAGE_H
#define MILLRACE_REGISTRY_PLAIN_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ports/registry.h"

enum {
    PLAIN_LENGTH_BYTES = 4,
    PLAIN_REQUEST_MAX = 262144, /* bytes of a frame behind its length */
    PLAIN_REPLY_MAX = 8192,     /* likewise */
};

enum plain_verdict { PLAIN_VERDICT_EXECUTED, PLAIN_VERDICT_REFUSED, PLAIN_VERDICT_OTHER };

/* A reply as it was read; texts point into the frame. */
struct plain_reply {
    enum plain_verdict verdict;
    struct text verdict_word;
    struct uuid submission_id;
    int32_t attempt;
    struct text transaction_id;
    struct text words; /* not checked to be UTF-8 */
};

/* The request as a frame, its length in front; from malloc, the caller frees it. NULL: no memory.
 */
uint8_t *plain_request_make(const struct registry_request *request, uint32_t *length);

/* Length of the frame that begins here, without the length bytes themselves. */
uint32_t plain_frame_length(const uint8_t bytes[PLAIN_LENGTH_BYTES]);

/* Read a frame (behind its length). False: it is not a reply of this protocol. */
bool plain_reply_read(struct bytes frame, struct plain_reply *reply);

#endif
