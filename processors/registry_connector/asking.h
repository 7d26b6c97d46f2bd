/* What one registry is asked, where it can be: what became of submissions that are held open, or
 * unknown. An answer that says yes or no is written down as evidence, about the intent and in the
 * name of its writer's incarnation, and comes back as all evidence does; no answer is nothing.
 * Nothing is sent by it, so any owner may ask. Kept in memory only, and begun anew by each owner.
 */
#ifndef MILLRACE_REGISTRY_CONNECTOR_ASKING_H
#define MILLRACE_REGISTRY_CONNECTOR_ASKING_H

#include <stdbool.h>
#include <stdint.h>

#include "generated/c/registry_state.h"
#include "loop/processor.h"
#include "ports/registry.h"
#include "registry_connector/backoff_queue.h"
#include "registry_connector/flight.h"

enum {
    ASKING_BUCKETS = 256,
    ASKING_OUT_MAX = 64,        /* questions of a lane and registry at once */
    ASKING_AT_A_TIME_MAX = 100, /* that are begun in a window */
    ASKING_WINDOW_MS = 1000,
};

struct question;

/* Of one registry of one lane. All zeroes is empty. */
struct asking {
    struct question *buckets[ASKING_BUCKETS];
    struct backoff_queue queue; /* who waits to be asked for */
    uint32_t out;               /* questions without a reply */
    int64_t window_ms;          /* monotonic: when the window began */
    uint32_t in_window;         /* questions that were begun in it */
};

struct connector_lane;

/* A ledger stands like this from now on: what waits for its registry's word will be asked for.
 * Whatever is settled meanwhile is found out when its turn comes. */
void asking_follow(struct connector_lane *lane, const struct registry_state_ledger_state *state,
                   int64_t now_ms);
/* Ask what is due. OK, or as `processor.tick`. */
enum result asking_ask(struct connector_lane *lane, struct turn *turn, struct error *error);
/* When that is; monotonic, INT64_MAX: not before something is heard. */
int64_t asking_next_ms(const struct connector_lane *lane);
/* The reply to a question. Also of a lane that ends. */
void asking_hear(struct connector_lane *lane, const struct registry_reply *reply);
/* Visit what every question without a reply is about. */
void asking_each_out(const struct asking *asking,
                     void (*visit)(void *context, const struct flight_subject *subject),
                     void *context);
/* What is out is not waited for. */
void asking_deinit(struct asking *asking);

#endif
