/* Whether a registry is worth an intent now: known to be down, it is tried by one call at a time,
 * less and less often. */
#ifndef MILLRACE_REGISTRY_CONNECTOR_CIRCUIT_H
#define MILLRACE_REGISTRY_CONNECTOR_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

#include "ports/registry.h"

enum {
    CIRCUIT_BACKOFF_FIRST_MS = 100,
    CIRCUIT_BACKOFF_MAX_MS = 5000,
};

enum circuit_state {
    CIRCUIT_CLOSED = 0, /* all is well */
    CIRCUIT_OPEN,       /* nothing is begun before `until_ms` */
    CIRCUIT_PROBING,    /* one call is out, and nothing else is begun */
};

/* All zeroes is closed. */
struct circuit {
    enum circuit_state state;
    int64_t until_ms; /* monotonic */
    int32_t backoff_ms;
};

/* May a call be begun? */
bool circuit_allows(const struct circuit *circuit, int64_t now_ms);
/* One is. Only when allowed. */
void circuit_begin(struct circuit *circuit);
/* What a reply says about the registry. Returns whether the circuit opened by it. */
bool circuit_hear(struct circuit *circuit, const struct registry_reply *reply, int64_t now_ms);
/* A call ended without a reply: withdrawn. */
void circuit_withdrawn(struct circuit *circuit);

#endif
