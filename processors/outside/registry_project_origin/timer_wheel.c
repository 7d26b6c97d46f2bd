#include "outside/registry_project_origin/timer_wheel.h"

#include <assert.h>
#include <stddef.h>

enum { WORD_BITS = 64, WORDS = TIMER_WHEEL_SLOTS / WORD_BITS };

_Static_assert(TIMER_WHEEL_SLOTS % WORD_BITS == 0, "whole words");

static uint32_t slot_of(int64_t tick) {
    return (uint32_t)(tick % TIMER_WHEEL_SLOTS);
}

void timer_wheel_init(struct timer_wheel *wheel, int64_t now_ms) {
    assert(now_ms >= 0);
    *wheel = (struct timer_wheel){.tick = now_ms / TIMER_WHEEL_SLOT_MS};
}

static void push(struct timer **slot, struct timer *timer) {
    timer->slot = slot;
    timer->before = NULL;
    timer->behind = *slot;
    if (*slot != NULL) {
        (*slot)->before = timer;
    }
    *slot = timer;
}

static void unlink_timer(struct timer *timer) {
    if (timer->before != NULL) {
        timer->before->behind = timer->behind;
    } else {
        *timer->slot = timer->behind;
    }
    if (timer->behind != NULL) {
        timer->behind->before = timer->before;
    }
    timer->before = NULL;
    timer->behind = NULL;
    timer->slot = NULL;
}

static void mark(struct timer_wheel *wheel, uint32_t slot) {
    const uint64_t bit = UINT64_C(1) << slot % WORD_BITS;
    if (wheel->slots[slot] != NULL) {
        wheel->occupied[slot / WORD_BITS] |= bit;
    } else {
        wheel->occupied[slot / WORD_BITS] &= ~bit;
    }
}

/* The first tick that begins when it is due or later. */
static int64_t tick_of(int64_t due_ms) {
    return due_ms <= 0 ? 0 : (due_ms - 1) / TIMER_WHEEL_SLOT_MS + 1;
}

void timer_wheel_set(struct timer_wheel *wheel, struct timer *timer, int64_t due_ms) {
    timer_wheel_stop(wheel, timer);
    const int64_t tick = tick_of(due_ms);
    const uint32_t slot = slot_of(tick > wheel->tick ? tick : wheel->tick);
    timer->due_ms = due_ms;
    push(&wheel->slots[slot], timer);
    mark(wheel, slot);
    wheel->count++;
}

void timer_wheel_stop(struct timer_wheel *wheel, struct timer *timer) {
    if (timer->slot == NULL) {
        return;
    }
    assert(wheel->count > 0);
    struct timer **slot = timer->slot;
    unlink_timer(timer);
    if (slot != &wheel->due) {
        mark(wheel, (uint32_t)(slot - wheel->slots));
    }
    wheel->count--;
}

/* Those of a slot that are due in this round; the others are for a later one. */
static void collect(struct timer_wheel *wheel, uint32_t slot, int64_t now_ms) {
    struct timer *behind = NULL;
    for (struct timer *timer = wheel->slots[slot]; timer != NULL; timer = behind) {
        behind = timer->behind;
        if (timer->due_ms <= now_ms) {
            unlink_timer(timer);
            push(&wheel->due, timer);
        }
    }
    mark(wheel, slot);
}

struct timer *timer_wheel_take(struct timer_wheel *wheel, int64_t now_ms) {
    const int64_t last = now_ms / TIMER_WHEEL_SLOT_MS;
    if (last - wheel->tick >= TIMER_WHEEL_SLOTS) {
        wheel->tick = last - TIMER_WHEEL_SLOTS + 1; /* each slot once is enough */
    }
    while (wheel->due == NULL && wheel->tick <= last) {
        collect(wheel, slot_of(wheel->tick), now_ms);
        wheel->tick++;
    }
    struct timer *timer = wheel->due;
    if (timer != NULL) {
        timer_wheel_stop(wheel, timer);
    }
    return timer;
}

/* The first occupied slot from here on, as a distance; TIMER_WHEEL_SLOTS: none is. */
static uint32_t distance(const struct timer_wheel *wheel) {
    const uint32_t from = slot_of(wheel->tick);
    for (uint32_t i = 0; i <= WORDS; i++) {
        const uint32_t word = (from / WORD_BITS + i) % WORDS;
        uint64_t bits = wheel->occupied[word];
        if (i == 0) {
            bits &= ~UINT64_C(0) << from % WORD_BITS;
        } else if (i == WORDS) {
            bits &= ~(~UINT64_C(0) << from % WORD_BITS);
        }
        if (bits != 0) {
            const uint32_t slot = word * WORD_BITS + (uint32_t)__builtin_ctzll(bits);
            return (slot + TIMER_WHEEL_SLOTS - from) % TIMER_WHEEL_SLOTS;
        }
    }
    return TIMER_WHEEL_SLOTS;
}

int64_t timer_wheel_next_ms(const struct timer_wheel *wheel) {
    if (wheel->due != NULL) {
        return INT64_MIN;
    }
    const uint32_t away = distance(wheel);
    assert((away == TIMER_WHEEL_SLOTS) == (wheel->count == 0));
    return wheel->count == 0 ? INT64_MAX : (wheel->tick + away) * TIMER_WHEEL_SLOT_MS;
}
