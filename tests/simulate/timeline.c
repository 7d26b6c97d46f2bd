#include "tests/simulate/timeline.h"

#include <assert.h>
#include <stdlib.h>

static bool is_before(const struct timeline_event *a, const struct timeline_event *b) {
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct timeline *timeline, uint32_t a, uint32_t b) {
    const struct timeline_event event = timeline->heap[a];
    timeline->heap[a] = timeline->heap[b];
    timeline->heap[b] = event;
}

void timeline_at(struct timeline *timeline, int64_t at_ms,
                 void (*happen)(void *context, uint64_t argument), void *context,
                 uint64_t argument) {
    if (timeline->count == timeline->capacity) {
        timeline->capacity = timeline->capacity == 0 ? 256 : timeline->capacity * 2;
        timeline->heap = realloc(timeline->heap, timeline->capacity * sizeof *timeline->heap);
        assert(timeline->heap != NULL);
    }
    uint32_t at = timeline->count++;
    timeline->heap[at] = (struct timeline_event){
        .at_ms = at_ms > timeline->now_ms ? at_ms : timeline->now_ms,
        .order = timeline->made++,
        .happen = happen,
        .context = context,
        .argument = argument,
    };
    while (at > 0 && is_before(&timeline->heap[at], &timeline->heap[(at - 1) / 2])) {
        swap(timeline, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

void timeline_in(struct timeline *timeline, int64_t delay_ms,
                 void (*happen)(void *context, uint64_t argument), void *context,
                 uint64_t argument) {
    timeline_at(timeline, timeline->now_ms + delay_ms, happen, context, argument);
}

int64_t timeline_next_ms(const struct timeline *timeline) {
    return timeline->count == 0 ? INT64_MAX : timeline->heap[0].at_ms;
}

static struct timeline_event take_first(struct timeline *timeline) {
    const struct timeline_event first = timeline->heap[0];
    timeline->heap[0] = timeline->heap[--timeline->count];
    for (uint32_t at = 0;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < timeline->count; child++) {
            least = is_before(&timeline->heap[child], &timeline->heap[least]) ? child : least;
        }
        if (least == at) {
            return first;
        }
        swap(timeline, at, least);
        at = least;
    }
}

void timeline_move(struct timeline *timeline, int64_t at_ms) {
    assert(at_ms >= timeline->now_ms && at_ms <= timeline_next_ms(timeline));
    timeline->now_ms = at_ms;
    while (timeline_next_ms(timeline) <= at_ms) {
        const struct timeline_event event = take_first(timeline);
        event.happen(event.context, event.argument);
    }
}

void timeline_deinit(struct timeline *timeline) {
    free(timeline->heap);
    *timeline = (struct timeline){0};
}

static int64_t monotonic_ms(void *self) {
    return ((const struct timeline *)self)->now_ms;
}

static int64_t wall_ms(void *self) {
    return ((const struct timeline *)self)->now_ms + (int64_t)TIMELINE_WALL_OFFSET_S * 1000;
}

struct clock timeline_clock(struct timeline *timeline) {
    return (struct clock){.self = timeline, .monotonic_ms = monotonic_ms, .wall_ms = wall_ms};
}
