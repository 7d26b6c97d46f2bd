/* A request as the stand-in understands it. */
#ifndef MILLRACE_STANDIN_REQUEST_H
#define MILLRACE_STANDIN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REQUEST_FRAME_MAX = 262144, /* bytes behind the length */
    REQUEST_FIELDS_MAX = 512,
};

/* One field of the operation. Items of arrays are flat: "part.sliceId", "part.quantity",
 * "part.owner", and "attribute.<key>" with its value. */
struct standin_request_field {
    const char *name;
    const char *value;
};

/* Everything points into the frame, which is cut into strings in place. */
struct standin_request {
    const char *submission_id;
    const char *attempt;
    const char *transaction_id;
    const char *nonce;
    const char *certificate_id;
    const char *operation;
    struct standin_request_field *fields; /* memory of the caller's, REQUEST_FIELDS_MAX of them */
    uint32_t fields_count;
    const char *whole; /* the transaction in Base64; NULL: nobody asks for it */
};

/* Read a frame, NUL-terminated behind its `length` bytes; `request->fields` is set before. False:
 * it is not what the protocol says; `why` is constant text. */
bool standin_request_read(char *frame, size_t length, struct standin_request *request,
                          const char **why);

#endif
