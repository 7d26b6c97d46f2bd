/* HTTP/2 frames that were made and wait for the kernel; and the record of what it has taken. */
#ifndef MILLRACE_OUTSIDE_GRPC_OUTPUT_H
#define MILLRACE_OUTSIDE_GRPC_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outside/grpc/grpc.h"

enum {
    GRPC_FRAME_HEAD_BYTES = 9,                                /* RFC 9113, 4.1 */
    GRPC_FRAME_BYTES_MAX = GRPC_FRAME_HEAD_BYTES + 16384 + 1, /* as nghttp2 makes them */
};

struct grpc_output {
    uint64_t made;   /* bytes of all frames ever made for this connection */
    uint32_t length; /* bytes that lie here: whole frames, from the first that is not all sent */
    uint32_t sent;   /* of them, taken by the kernel */
    uint8_t bytes[GRPC_OUTPUT_BYTES];
};

struct grpc_frame_head {
    uint32_t length; /* of the payload */
    uint8_t type;
    int32_t stream_id;
};

struct grpc_frame_head grpc_frame_head(const uint8_t bytes[GRPC_FRAME_HEAD_BYTES]);

/* Is there room for one more frame of any size? */
bool grpc_output_has_room(const struct grpc_output *output);
void grpc_output_add(struct grpc_output *output, const uint8_t *bytes, size_t length);
/* The kernel took so many more. */
void grpc_output_taken(struct grpc_output *output, size_t count);
/* Where in all that was ever made lies the end of what was handed over; `in_record`: bytes behind
 * `sent` that count as well. */
uint64_t grpc_output_handed(const struct grpc_output *output, uint32_t in_record);
/* Forget the frames of these streams of which no byte was handed over; gives how many bytes. */
uint32_t grpc_output_drop(struct grpc_output *output, uint32_t in_record, int32_t stream_first,
                          int32_t stream_last);

#endif
