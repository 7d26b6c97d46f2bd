#include "standin/jobs.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

static bool before(const struct standin_job *a, const struct standin_job *b) {
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void swap(struct standin_jobs *jobs, uint32_t a, uint32_t b) {
    const struct standin_job job = jobs->heap[a];
    jobs->heap[a] = jobs->heap[b];
    jobs->heap[b] = job;
}

void standin_jobs_add(struct standin_jobs *jobs, const struct standin_job *job) {
    if (jobs->count == jobs->capacity) {
        jobs->capacity = jobs->capacity == 0 ? 64 : jobs->capacity * 2;
        jobs->heap = realloc(jobs->heap, jobs->capacity * sizeof *jobs->heap);
        assert(jobs->heap != NULL);
    }
    uint32_t at = jobs->count++;
    jobs->heap[at] = *job;
    while (at > 0 && before(&jobs->heap[at], &jobs->heap[(at - 1) / 2])) {
        swap(jobs, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

const struct standin_job *standin_jobs_next(const struct standin_jobs *jobs) {
    return jobs->count == 0 ? NULL : &jobs->heap[0];
}

struct standin_job standin_jobs_take(struct standin_jobs *jobs) {
    assert(jobs->count > 0);
    const struct standin_job first = jobs->heap[0];
    jobs->heap[0] = jobs->heap[--jobs->count];
    for (uint32_t at = 0;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < jobs->count; child++) {
            least = before(&jobs->heap[child], &jobs->heap[least]) ? child : least;
        }
        if (least == at) {
            return first;
        }
        swap(jobs, at, least);
        at = least;
    }
}

void standin_jobs_deinit(struct standin_jobs *jobs) {
    for (uint32_t i = 0; i < jobs->count; i++) {
        free(jobs->heap[i].frame);
    }
    free(jobs->heap);
}
