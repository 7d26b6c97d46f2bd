#include "standin/project_origin/timers.h"

#include <assert.h>
#include <stdlib.h>

static bool before(const struct mimic_timer *a, const struct mimic_timer *b) {
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void swap(struct mimic_timers *timers, uint32_t a, uint32_t b) {
    const struct mimic_timer timer = timers->heap[a];
    timers->heap[a] = timers->heap[b];
    timers->heap[b] = timer;
}

void mimic_timers_add(struct mimic_timers *timers, const struct mimic_timer *timer) {
    assert(timer->act != NULL);
    if (timers->count == timers->capacity) {
        timers->capacity = timers->capacity == 0 ? 64 : timers->capacity * 2;
        timers->heap = realloc(timers->heap, timers->capacity * sizeof *timers->heap);
        assert(timers->heap != NULL);
    }
    uint32_t at = timers->count++;
    timers->heap[at] = *timer;
    timers->heap[at].order = timers->orders++;
    while (at > 0 && before(&timers->heap[at], &timers->heap[(at - 1) / 2])) {
        swap(timers, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

int64_t mimic_timers_next_ms(const struct mimic_timers *timers) {
    return timers->count == 0 ? INT64_MAX : timers->heap[0].due_ms;
}

static struct mimic_timer take(struct mimic_timers *timers) {
    assert(timers->count > 0);
    const struct mimic_timer first = timers->heap[0];
    timers->heap[0] = timers->heap[--timers->count];
    for (uint32_t at = 0;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < timers->count; child++) {
            least = before(&timers->heap[child], &timers->heap[least]) ? child : least;
        }
        if (least == at) {
            return first;
        }
        swap(timers, at, least);
        at = least;
    }
}

void mimic_timers_run(struct mimic_timers *timers, int64_t now_ms) {
    while (mimic_timers_next_ms(timers) <= now_ms) {
        const struct mimic_timer timer = take(timers);
        timer.act(timer.self, timer.object, timer.number);
    }
}

void mimic_timers_deinit(struct mimic_timers *timers) {
    free(timers->heap);
    *timers = (struct mimic_timers){0};
}
