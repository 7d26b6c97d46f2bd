/* The answer to one call as its pieces come: headers, one message, trailers; and what it means. */
#ifndef MILLRACE_OUTSIDE_GRPC_ANSWER_H
#define MILLRACE_OUTSIDE_GRPC_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outside/grpc/grpc.h"
#include "outside/grpc/status.h"

struct grpc_answer {
    uint32_t bytes_max;    /* of the message */
    uint32_t header_bytes; /* names and values so far */
    int32_t http_status;   /* 0: not yet */
    bool content_type_is_ours;
    bool has_status;
    bool status_is_http;
    uint32_t status;
    uint8_t prefix[5];
    uint32_t prefix_length; /* bytes of it that came; 5: a message has begun */
    uint32_t length;        /* of the message, as its prefix says */
    uint32_t received;      /* bytes of it that came */
    uint32_t capacity;      /* of `message` */
    uint8_t *message;
    uint32_t words_length;
    char *words; /* the server's; or ours, once it is found to be broken; NULL: there are none */
};

struct grpc_answer *grpc_answer_new(uint32_t bytes_max);
void grpc_answer_free(struct grpc_answer *answer); /* NULL: nothing happens */

/* These take what came. False: it is no answer of this protocol, `words` say why. */
bool grpc_answer_take_header(struct grpc_answer *answer, struct text name, struct text value,
                             bool is_last_block);
bool grpc_answer_take_data(struct grpc_answer *answer, const uint8_t *data, size_t length);
/* All has come: REPLY, STATUS or BROKEN. */
enum grpc_outcome grpc_answer_end(struct grpc_answer *answer);

/* Ours instead of whatever words there are. */
void grpc_answer_say(struct grpc_answer *answer, const char *words);

#endif
