/* The calls of one client: in line for a stream, on one, or ended and waiting to be fetched. */
#ifndef MILLRACE_OUTSIDE_GRPC_CALL_H
#define MILLRACE_OUTSIDE_GRPC_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "outside/grpc/answer.h"
#include "outside/grpc/grpc.h"

enum { GRPC_FRAME_PREFIX_BYTES = 5 }; /* before a message: compressed or not, and its length */

enum grpc_place {
    GRPC_PLACE_WAITING, /* in `waiting`: it has no stream */
    GRPC_PLACE_OUT,     /* on a stream of a connection, in its line */
    GRPC_PLACE_ENDED,   /* in `ended` */
};

struct grpc_call {
    void *context;
    const char *path;
    int64_t deadline_ms;
    uint32_t timer; /* its place in the heap, unless ENDED */
    enum grpc_place place;
    struct grpc_call *before; /* in the line of its place */
    struct grpc_call *behind;

    struct grpc_connection *connection; /* OUT; NULL otherwise */
    struct grpc_answer *answer;         /* OUT; ENDED: what is to be fetched; NULL: nothing came */
    int32_t stream_id;                  /* OUT */
    uint32_t made;                      /* OUT: bytes of the message that lie in DATA frames */
    uint64_t first_out; /* OUT: where its first byte lies in what the connection sends; UINT64_MAX:
                           not made yet */
    uint64_t last_out;  /* OUT: likewise, the end of its last frame so far */

    enum grpc_outcome outcome; /* ENDED */
    bool handed;               /* ENDED */
    char *words;               /* ENDED: ours; NULL: those of the answer */

    uint32_t message_length; /* with the prefix */
    uint8_t message[];
};

/* Calls in order. */
struct grpc_line {
    struct grpc_call *head;
    struct grpc_call *tail;
    uint32_t count;
};

/* A heap: the earliest deadline is the first. */
struct grpc_timers {
    struct grpc_call **calls;
    uint32_t count;
    uint32_t capacity;
};

struct grpc_calls {
    struct grpc_line waiting;
    struct grpc_line ended;
    struct grpc_timers timers; /* of WAITING and OUT */
    uint32_t count;            /* all that are known */
};

void grpc_line_add(struct grpc_line *line, struct grpc_call *call);
void grpc_line_add_first(struct grpc_line *line, struct grpc_call *call);
void grpc_line_remove(struct grpc_line *line, struct grpc_call *call);

void grpc_timers_add(struct grpc_timers *timers, struct grpc_call *call);
void grpc_timers_remove(struct grpc_timers *timers, struct grpc_call *call);

/* A new call at the end of the line. */
struct grpc_call *grpc_calls_add(struct grpc_calls *calls, const char *path, struct bytes message,
                                 int64_t deadline_ms, void *context);
/* WAITING or OUT, and already taken out of the line of its connection, to ENDED. `words`: NULL for
 * those of its answer. */
void grpc_calls_end(struct grpc_calls *calls, struct grpc_call *call, enum grpc_outcome outcome,
                    bool handed, const char *words);
/* OUT, taken out of the line of its connection, which handed no byte of it over: the first that
 * waits. */
void grpc_calls_return(struct grpc_calls *calls, struct grpc_call *call);
/* WAITING or ENDED: forget it. */
void grpc_calls_remove(struct grpc_calls *calls, struct grpc_call *call);
/* None is OUT any more. */
void grpc_calls_deinit(struct grpc_calls *calls);

#endif
