/* What is to be done later, the next first. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_TIMERS_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

struct mimic_timer {
    int64_t due_ms;
    uint64_t order; /* set by the heap: among equals the first that was added comes first */
    void (*act)(void *self, void *object, uint64_t number);
    void *self;
    void *object;
    uint64_t number;
};

struct mimic_timers {
    struct mimic_timer *heap;
    uint32_t count;
    uint32_t capacity;
    uint64_t orders;
};

void mimic_timers_add(struct mimic_timers *timers, const struct mimic_timer *timer);
/* When the next is due; INT64_MAX: there is none. */
int64_t mimic_timers_next_ms(const struct mimic_timers *timers);
/* Do all that is due at `now_ms`, in order; what they add may be due as well. */
void mimic_timers_run(struct mimic_timers *timers, int64_t now_ms);
void mimic_timers_deinit(struct mimic_timers *timers);

#endif
