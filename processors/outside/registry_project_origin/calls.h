/* The calls of one connection: each from its sending until its outcome is known, or until nobody
 * expects one any more. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_CALLS_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outside/grpc/grpc.h"
#include "outside/registry_project_origin/timer_wheel.h"
#include "outside/registry_project_origin/transaction.h"
#include "ports/registry.h"

enum { ORIGIN_CALLS_BUCKETS = 16384 };

enum origin_phase {
    ORIGIN_PHASE_SENDING, /* the transaction itself is out, once and never again */
    ORIGIN_PHASE_WAITING, /* until it is asked for */
    ORIGIN_PHASE_ASKING,  /* for its status */
    ORIGIN_PHASE_READING, /* its stream */
};

struct origin_call {
    struct registry_call call;
    char transaction_id[ORIGIN_TRANSACTION_ID_CHARACTERS];
    enum origin_phase phase;
    bool accepted;                     /* the registry said that it has it */
    bool refused;                      /* it said that it failed, in these words */
    bool late;                         /* UNKNOWN was said: nobody counts on it any more */
    bool only_asked;                   /* a question of the connector's: nothing of it is sent */
    uint32_t asked;                    /* times it was asked for so far */
    int64_t deadline_ms;               /* of its outcome; once late: when it is forgotten */
    enum millrace_unknown_cause cause; /* if nothing more is heard of it */
    char *words;                       /* what goes with the cause, or the refusal; NULL: none */
    uint32_t words_length;
    struct grpc_call *question; /* what is out: the sending, or a question; NULL: nothing */
    struct timer timer;         /* set while it waits */
    struct origin_call *bucket_next;
};

struct origin_calls {
    struct origin_call *buckets[ORIGIN_CALLS_BUCKETS];
    uint32_t count;
};

/* A new call that is to be sent, or only a question about one. The same is not known (a bug). */
struct origin_call *origin_calls_add(struct origin_calls *calls, const struct registry_call *call,
                                     struct text transaction_id, bool only_asked);
/* NULL: not known. */
struct origin_call *origin_calls_find(const struct origin_calls *calls,
                                      const struct registry_call *call, bool only_asked);
/* Its timer is stopped, and nothing of it is out. */
void origin_calls_remove(struct origin_calls *calls, struct origin_call *call);
/* Whatever is out. */
void origin_calls_deinit(struct origin_calls *calls);

/* Copied. */
void origin_call_say(struct origin_call *call, struct text words);

static inline struct origin_call *origin_call_of(struct timer *timer) {
    return (struct origin_call *)((char *)timer - offsetof(struct origin_call, timer));
}

static inline struct text origin_call_id(const struct origin_call *call) {
    return (struct text){.data = call->transaction_id, .length = sizeof call->transaction_id};
}

#endif
