#include "registry_connector/circuit.h"

#include <assert.h>

bool circuit_allows(const struct circuit *circuit, int64_t now_ms) {
    switch (circuit->state) {
    case CIRCUIT_CLOSED:
        return true;
    case CIRCUIT_OPEN:
        return now_ms >= circuit->until_ms;
    case CIRCUIT_PROBING:
        return false;
    }
    assert(false);
    return false;
}

void circuit_begin(struct circuit *circuit) {
    assert(circuit->state != CIRCUIT_PROBING);
    if (circuit->state == CIRCUIT_OPEN) {
        circuit->state = CIRCUIT_PROBING;
    }
}

/* A registry that cannot be reached, or drops its connections, is down. One that merely keeps
 * silent may be slow with that one: it is held against it only where nothing else is known. */
static bool is_bad(const struct circuit *circuit, const struct registry_reply *reply) {
    if (reply->kind == REGISTRY_REPLY_NOT_SENT) {
        return true;
    }
    return reply->kind == REGISTRY_REPLY_UNKNOWN &&
           (circuit->state == CIRCUIT_PROBING ||
            reply->unknown_cause == MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST);
}

bool circuit_hear(struct circuit *circuit, const struct registry_reply *reply, int64_t now_ms) {
    if (!is_bad(circuit, reply)) {
        if (reply->kind != REGISTRY_REPLY_UNKNOWN) {
            *circuit = (struct circuit){.state = CIRCUIT_CLOSED};
        }
        return false;
    }
    if (circuit->state == CIRCUIT_OPEN) {
        return false; /* one of many calls that the same outage has hit */
    }
    const int32_t doubled = 2 * circuit->backoff_ms;
    circuit->backoff_ms = circuit->backoff_ms == 0 ? CIRCUIT_BACKOFF_FIRST_MS : doubled;
    if (circuit->backoff_ms > CIRCUIT_BACKOFF_MAX_MS) {
        circuit->backoff_ms = CIRCUIT_BACKOFF_MAX_MS;
    }
    circuit->state = CIRCUIT_OPEN;
    circuit->until_ms = now_ms + circuit->backoff_ms;
    return true;
}

void circuit_withdrawn(struct circuit *circuit) {
    if (circuit->state == CIRCUIT_PROBING) {
        circuit->state = CIRCUIT_OPEN; /* until a time that has passed: the next one may try */
    }
}
