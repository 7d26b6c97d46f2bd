/* What one registry is to read, where it can: the streams of certificates that a ReadStream was
 * taken for. The ledger keeps that until the StreamRead is written; here is only when it is tried
 * next, begun anew by each owner. A reading that brings nothing of use is tried again. */
#ifndef MILLRACE_REGISTRY_CONNECTOR_READING_H
#define MILLRACE_REGISTRY_CONNECTOR_READING_H

#include <stdint.h>

#include "generated/c/registry_state.h"
#include "loop/processor.h"
#include "registry_connector/backoff_queue.h"

enum {
    READING_OUT_MAX = 8, /* readings of a lane and registry at once */
};

struct reading;

/* Of one registry of one lane. All zeroes is empty. */
struct readings {
    struct backoff_queue queue; /* those to begin */
    struct reading *out;        /* without an answer */
    uint32_t out_count;
    uint32_t open; /* in line or out */
};

struct connector_lane;
struct lane_registry;

/* Can the streams of certificates be read there? */
bool reading_is_possible(const struct lane_registry *registry);
/* A lane begins with this ledger, or it has just got a reading: if it has one, it will be begun. */
void reading_follow(struct connector_lane *lane, const struct registry_state_ledger_state *state,
                    int64_t now_ms);
/* Begin what is due. OK, or as `processor.tick`. */
enum result reading_begin(struct connector_lane *lane, struct turn *turn, struct error *error);
/* Use the answers that have come. OK, or as `processor.tick`. */
enum result reading_hear(struct connector_lane *lane, struct turn *turn, struct error *error);
/* When there is something to begin; monotonic, INT64_MAX: not before something is heard. */
int64_t reading_next_ms(const struct connector_lane *lane);
/* Nothing more is begun or heard of; the ledger still says what is under way. */
void reading_end(struct lane_registry *registry);

#endif
