/* The calls of one connection: where each stands, by its submission, by its place in the queue to
 * the socket and by its deadline. */
#ifndef MILLRACE_REGISTRY_PLAIN_CALLS_H
#define MILLRACE_REGISTRY_PLAIN_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ports/registry.h"

enum {
    PLAIN_CALLS_BUCKETS = 4096,
    PLAIN_CALLS_LATE_MAX = 4096, /* calls past their deadline whose late reply is still known */
};

enum plain_call_place {
    PLAIN_CALL_UNSENT, /* in the queue; no byte of it was handed to the kernel */
    PLAIN_CALL_OUT,    /* at least one byte was */
    PLAIN_CALL_LATE,   /* UNKNOWN was said after its deadline; it may still be answered */
};

struct plain_call {
    struct registry_call call;
    enum plain_call_place place;
    char transaction_id[256];
    uint32_t transaction_id_length;
    int64_t deadline_ms;
    uint8_t *frame; /* what is to be sent; NULL once all of it was */
    uint32_t frame_length;
    uint32_t sent; /* bytes of the frame that the kernel took */
    struct plain_call *bucket_next;
    struct plain_call *queue_before; /* in the queue to the socket, while there is a frame */
    struct plain_call *queue_behind;
    struct plain_call *line_before; /* in `open` or `late` */
    struct plain_call *line_behind;
};

/* Calls by deadline, earliest first. */
struct plain_line {
    struct plain_call *head;
    struct plain_call *tail;
    uint32_t count;
};

struct plain_calls {
    struct plain_call *buckets[PLAIN_CALLS_BUCKETS];
    struct plain_call *queue_head; /* next to be sent */
    struct plain_call *queue_tail;
    struct plain_line open; /* UNSENT and OUT */
    struct plain_line late; /* LATE */
};

/* A new call at the end of the queue. No other call of this submission is known (a bug). */
struct plain_call *plain_calls_add(struct plain_calls *calls,
                                   const struct registry_request *request);
/* NULL: not known. */
struct plain_call *plain_calls_find(const struct plain_calls *calls,
                                    const struct uuid *submission_id, int32_t attempt);
/* The kernel took `count` more bytes of the head of the queue, no more than it has left. */
void plain_calls_sent(struct plain_calls *calls, struct plain_call *call, uint32_t count);
/* From now on only a late reply is of interest; the oldest such call may be forgotten for it. */
void plain_calls_make_late(struct plain_calls *calls, struct plain_call *call);
/* Forget a call, wherever it stands. */
void plain_calls_remove(struct plain_calls *calls, struct plain_call *call);
/* Forget all that are late. */
void plain_calls_forget_late(struct plain_calls *calls);
void plain_calls_deinit(struct plain_calls *calls);

#endif
