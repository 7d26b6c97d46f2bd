/* The wheel against a list that is searched: random timers, set, moved and stopped, while time goes
 * on in steps and leaps. */
#include "outside/registry_project_origin/timer_wheel.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { TIMERS = 300, STEPS = 20000, LONG_MS = 3 * TIMER_WHEEL_SLOTS * TIMER_WHEEL_SLOT_MS };

static struct timer_wheel wheel;
static struct timer timers[TIMERS];
static int64_t expected[TIMERS]; /* when it is due; INT64_MAX: it is not set */
static int64_t earliest[TIMERS]; /* the same, but not before it was set */
static int64_t now_ms;
static uint64_t state;

static uint32_t draw(uint32_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

static void begin(uint64_t seed) {
    state = seed;
    now_ms = (int64_t)draw(1000000);
    timer_wheel_init(&wheel, now_ms);
    for (uint32_t i = 0; i < TIMERS; i++) {
        timers[i] = (struct timer){.due_ms = 0};
        expected[i] = INT64_MAX;
    }
}

static void change_one(void) {
    const uint32_t i = draw(TIMERS);
    if (draw(4) == 0) {
        timer_wheel_stop(&wheel, &timers[i]);
        expected[i] = INT64_MAX;
    } else {
        static const uint32_t ranges[] = {1, 20, 5000, LONG_MS};
        expected[i] = now_ms + (int64_t)draw(ranges[draw(4)]) - 5;
        timer_wheel_set(&wheel, &timers[i], expected[i]);
    }
    earliest[i] = expected[i] > now_ms ? expected[i] : now_ms;
}

static int64_t first_due(void) {
    int64_t first = INT64_MAX;
    for (uint32_t i = 0; i < TIMERS; i++) {
        if (expected[i] != INT64_MAX && earliest[i] < first) {
            first = earliest[i];
        }
    }
    return first;
}

/* All that is given out is due, and what is due by a slot's length is given out. */
static void take_all(void) {
    for (struct timer *timer = timer_wheel_take(&wheel, now_ms); timer != NULL;
         timer = timer_wheel_take(&wheel, now_ms)) {
        const size_t i = (size_t)(timer - timers);
        cr_assert_leq(expected[i], now_ms, "too early");
        cr_assert_eq(timer->due_ms, expected[i]);
        expected[i] = INT64_MAX;
    }
    cr_assert_gt(first_due(), now_ms - TIMER_WHEEL_SLOT_MS, "too late");
}

static void expect_next(void) {
    const int64_t next_ms = timer_wheel_next_ms(&wheel);
    const int64_t first = first_due();
    if (first == INT64_MAX) {
        cr_assert_eq(next_ms, INT64_MAX);
    } else {
        cr_assert_leq(next_ms, first + TIMER_WHEEL_SLOT_MS);
    }
}

Test(project_origin_timer_wheel, is_a_list_that_need_not_be_searched) {
    for (uint64_t seed = 1; seed <= 5; seed++) {
        begin(seed);
        for (uint32_t step = 0; step < STEPS / 5; step++) {
            change_one();
            if (draw(3) == 0) {
                now_ms += (int64_t)draw(draw(100) == 0 ? LONG_MS : 30);
                take_all();
            }
            expect_next();
        }
    }
}

/* Whoever sleeps until the next time that the wheel names meets every timer, and not often in vain.
 */
Test(project_origin_timer_wheel, names_times_that_are_worth_waking_for) {
    begin(7);
    for (uint32_t i = 0; i < TIMERS; i++) {
        expected[i] = earliest[i] = now_ms + (int64_t)draw(LONG_MS);
        timer_wheel_set(&wheel, &timers[i], expected[i]);
    }
    uint32_t wakes = 0;
    while (timer_wheel_next_ms(&wheel) != INT64_MAX) {
        cr_assert_gt(timer_wheel_next_ms(&wheel), now_ms, "it would spin");
        now_ms = timer_wheel_next_ms(&wheel);
        take_all();
        wakes++;
    }
    cr_expect_eq(first_due(), INT64_MAX);
    cr_expect_leq(wakes, 4 * TIMERS);
}

/* A single timer in every slot, seen from one and the same. */
Test(project_origin_timer_wheel, finds_the_only_timer_wherever_it_is) {
    begin(11);
    for (int64_t i = 0; i < 2 * TIMER_WHEEL_SLOTS; i++) {
        const int64_t due_ms = now_ms + i * TIMER_WHEEL_SLOT_MS;
        timer_wheel_set(&wheel, &timers[0], due_ms);
        const int64_t next_ms = timer_wheel_next_ms(&wheel);
        cr_assert_leq(next_ms, due_ms + TIMER_WHEEL_SLOT_MS);
        cr_assert(i >= TIMER_WHEEL_SLOTS || next_ms >= due_ms, "%lld", (long long)i);
    }
}

Test(project_origin_timer_wheel, one_that_is_due_may_still_be_stopped) {
    begin(3);
    timer_wheel_set(&wheel, &timers[0], now_ms);
    timer_wheel_set(&wheel, &timers[1], now_ms);
    now_ms += 2 * TIMER_WHEEL_SLOT_MS;
    struct timer *first = timer_wheel_take(&wheel, now_ms);
    cr_assert_not_null(first);
    cr_expect_eq(timer_wheel_next_ms(&wheel), INT64_MIN);
    timer_wheel_stop(&wheel, first == &timers[0] ? &timers[1] : &timers[0]);
    cr_expect_null(timer_wheel_take(&wheel, now_ms));
    cr_expect_eq(timer_wheel_next_ms(&wheel), INT64_MAX);
    timer_wheel_stop(&wheel, first);
}
