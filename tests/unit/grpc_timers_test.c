/* The heap of deadlines: whatever comes and goes, the earliest is the first. */
#include <criterion/criterion.h>

#include "outside/grpc/call.h"

enum { CALLS = 200, STEPS = 20000 };

static uint32_t next_number(uint32_t *state) {
    *state = *state * 1664525 + 1013904223; /* Numerical Recipes, ranqd1 */
    return *state >> 8;
}

static void expect_heap(const struct grpc_timers *timers) {
    for (uint32_t i = 0; i < timers->count; i++) {
        cr_assert_eq(timers->calls[i]->timer, i);
        cr_assert(
            i == 0 || timers->calls[(i - 1) / 2]->deadline_ms <= timers->calls[i]->deadline_ms,
            "place %u", i);
    }
}

Test(grpc_timers, the_earliest_is_the_first_whatever_comes_and_goes) {
    static struct grpc_call *calls[CALLS];
    struct grpc_calls all = {.count = 0};
    uint32_t state = 1;
    for (int step = 0; step < STEPS; step++) {
        struct grpc_call **call = &calls[next_number(&state) % CALLS];
        if (*call == NULL) {
            *call = grpc_calls_add(&all, "/a/b", (struct bytes){.data = NULL},
                                   next_number(&state) % 1000, NULL);
        } else {
            grpc_calls_remove(&all, *call);
            *call = NULL;
        }
        if (step % 10 == 0) {
            expect_heap(&all.timers);
        }
    }
    cr_expect_eq(all.timers.count, all.count);
    grpc_calls_deinit(&all);
}
