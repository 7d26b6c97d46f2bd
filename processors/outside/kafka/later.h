/* A short rest before a call says AGAIN, so that a caller who asks in a loop does not spin. */
#ifndef MILLRACE_OUTSIDE_KAFKA_LATER_H
#define MILLRACE_OUTSIDE_KAFKA_LATER_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

enum { KAFKA_LATER_MS = 20 };

/* Rests for a moment, but not longer than the caller's time-out. */
static inline void kafka_later(int32_t timeout_ms) {
    (void)poll(NULL, 0, timeout_ms < KAFKA_LATER_MS ? timeout_ms : KAFKA_LATER_MS);
}

#endif
