/* Virtual time of one run: a clock that moves only from one event to the next. Nothing here knows
 * real time, so the same events are always in the same order. */
#ifndef MILLRACE_SIMULATE_TIMELINE_H
#define MILLRACE_SIMULATE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "ports/clock.h"

struct timeline_event {
    int64_t at_ms;
    uint64_t order; /* events of one moment happen in the order in which they were made */
    void (*happen)(void *context, uint64_t argument);
    void *context;
    uint64_t argument;
};

/* All zeroes begins at 0 with nothing to come. */
struct timeline {
    int64_t now_ms;
    uint64_t made;
    struct timeline_event *heap;
    uint32_t count;
    uint32_t capacity;
};

/* Let something happen at a moment, or as soon as possible if it has passed. There is no way to
 * take it back: whoever may change its mind looks at `argument` when it happens. */
void timeline_at(struct timeline *timeline, int64_t at_ms,
                 void (*happen)(void *context, uint64_t argument), void *context,
                 uint64_t argument);
/* The same, so much later than now. */
void timeline_in(struct timeline *timeline, int64_t delay_ms,
                 void (*happen)(void *context, uint64_t argument), void *context,
                 uint64_t argument);
/* When the next event is due; INT64_MAX: nothing is to come. */
int64_t timeline_next_ms(const struct timeline *timeline);
/* Move on to a moment, and let what is due by then happen. Nothing between may be jumped over:
 * `at_ms` is at most `timeline_next_ms`. */
void timeline_move(struct timeline *timeline, int64_t at_ms);
void timeline_deinit(struct timeline *timeline);

/* The time as the brokers have it: both clocks show `now_ms`, the wall clock since an epoch of
 * its own. */
enum { TIMELINE_WALL_OFFSET_S = 1780000000 }; /* a moment in the year 2026 */
struct clock timeline_clock(struct timeline *timeline);

#endif
