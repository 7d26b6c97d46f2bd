/* Very many timers, each set and stopped in constant time: a hashed wheel (Varghese and Lauck,
 * "Hashed and hierarchical timing wheels", 1987, scheme 6). */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_TIMER_WHEEL_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_TIMER_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TIMER_WHEEL_SLOTS = 4096,
    TIMER_WHEEL_SLOT_MS = 8, /* a timer is due up to so much later than it was set for */
};

/* Part of whatever it is to wake; it does not move while it is set. */
struct timer {
    int64_t due_ms;       /* monotonic */
    struct timer *before; /* in its slot; NULL with `slot` NULL: not set */
    struct timer *behind;
    struct timer **slot;
};

/* About 32 KiB. All times are of one monotonic clock, which never goes back. */
struct timer_wheel {
    struct timer *slots[TIMER_WHEEL_SLOTS];
    uint64_t occupied[TIMER_WHEEL_SLOTS / 64]; /* a bit a slot */
    int64_t tick;                              /* the next slot that is looked at, uncut */
    uint32_t count;
    struct timer *due; /* taken out of their slots, not given out yet */
};

void timer_wheel_init(struct timer_wheel *wheel, int64_t now_ms);

/* Sets it, or sets it anew. What is due in the past is due at once. */
void timer_wheel_set(struct timer_wheel *wheel, struct timer *timer, int64_t due_ms);
/* Harmless where it is not set. */
void timer_wheel_stop(struct timer_wheel *wheel, struct timer *timer);

/* One timer that is due; it is not set any more. NULL: none is. */
struct timer *timer_wheel_take(struct timer_wheel *wheel, int64_t now_ms);

/* Before this no timer is due; INT64_MAX: none is set. It may be earlier than the first one. */
int64_t timer_wheel_next_ms(const struct timer_wheel *wheel);

#endif
