/* The two clocks: one that only moves forward, for every deadline, and one to put into messages. */
#ifndef MILLRACE_PORTS_CLOCK_H
#define MILLRACE_PORTS_CLOCK_H

#include <stdint.h>

struct clock {
    void *self;
    /* Milliseconds since an arbitrary start; never jumps. All deadlines are measured with it. */
    int64_t (*monotonic_ms)(void *self);
    /* Milliseconds since 1970-01-01 UTC. May jump; no decision about sending rests on it. */
    int64_t (*wall_ms)(void *self);
};

#endif
