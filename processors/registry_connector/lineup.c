#include "registry_connector/lineup.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

/* Ties are broken by the id, so that the order is the same after every restart. */
static bool is_before(const struct lineup_entry *a, const struct lineup_entry *b) {
    return a->queued_at != b->queued_at ? a->queued_at < b->queued_at
                                        : memcmp(a->certificate_id.bytes, b->certificate_id.bytes,
                                                 sizeof a->certificate_id.bytes) < 0;
}

static void swap(struct lineup *lineup, uint32_t a, uint32_t b) {
    const struct lineup_entry entry = lineup->heap[a];
    lineup->heap[a] = lineup->heap[b];
    lineup->heap[b] = entry;
}

void lineup_add(struct lineup *lineup, int64_t queued_at, const struct uuid *certificate_id) {
    if (lineup->count == lineup->capacity) {
        lineup->capacity = lineup->capacity == 0 ? 256 : lineup->capacity * 2;
        lineup->heap = realloc(lineup->heap, lineup->capacity * sizeof *lineup->heap);
        assert(lineup->heap != NULL);
    }
    uint32_t at = lineup->count++;
    lineup->heap[at] = (struct lineup_entry){queued_at, *certificate_id};
    while (at > 0 && is_before(&lineup->heap[at], &lineup->heap[(at - 1) / 2])) {
        swap(lineup, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

const struct lineup_entry *lineup_first(const struct lineup *lineup) {
    assert(lineup->count > 0);
    return &lineup->heap[0];
}

void lineup_drop_first(struct lineup *lineup) {
    assert(lineup->count > 0);
    lineup->heap[0] = lineup->heap[--lineup->count];
    for (uint32_t at = 0;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < lineup->count; child++) {
            least = is_before(&lineup->heap[child], &lineup->heap[least]) ? child : least;
        }
        if (least == at) {
            return;
        }
        swap(lineup, at, least);
        at = least;
    }
}

void lineup_deinit(struct lineup *lineup) {
    free(lineup->heap);
    *lineup = (struct lineup){.count = 0};
}
