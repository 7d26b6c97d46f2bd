/* Compaction: of each key below the last stable offset the newest record stays. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/memory_broker.h"

/* The keys that were seen, newest first: offsets in an open table. */
struct keys {
    const struct memory_partition *place;
    int64_t *slots; /* an offset, or -1 */
    size_t mask;
};

/* False: a newer record has this key. */
static bool add(struct keys *keys, int64_t offset) {
    const struct bytes key = keys->place->entries[offset].record.key;
    size_t at = (size_t)(bytes_hash(0, key) >> 32) & keys->mask;
    while (keys->slots[at] >= 0) {
        const struct bytes other = keys->place->entries[keys->slots[at]].record.key;
        if (other.length == key.length && memcmp(other.data, key.data, key.length) == 0) {
            return false;
        }
        at = (at + 1) & keys->mask;
    }
    keys->slots[at] = offset;
    return true;
}

static uint32_t compact(struct memory_log *log, struct memory_topic *topic, int32_t partition) {
    struct memory_partition *place = &topic->partitions[partition];
    const int64_t end = memory_stable_end(log, topic, partition);
    size_t size = 16;
    while (size < (size_t)end * 2) {
        size *= 2;
    }
    struct keys keys = {
        .place = place, .slots = malloc(size * sizeof *keys.slots), .mask = size - 1};
    assert(keys.slots != NULL);
    memset(keys.slots, 0xff, size * sizeof *keys.slots);
    uint32_t gone = 0;
    for (int64_t offset = end - 1; offset >= place->start; offset--) {
        struct memory_entry *entry = &place->entries[offset];
        const bool record = !entry->marker && !entry->gone;
        if (record && (!memory_delivered(log, entry) || !add(&keys, offset))) {
            entry->gone = true;
            free(entry->block);
            entry->block = NULL;
            gone++;
        }
    }
    free(keys.slots);
    return gone;
}

uint32_t memory_log_compact(struct memory_log *log, const char *topic) {
    uint32_t gone = 0;
    pthread_mutex_lock(&log->mutex);
    struct memory_topic *found = memory_topic(log, topic);
    for (int32_t p = 0; p < log->partitions; p++) {
        gone += compact(log, found, p);
    }
    pthread_mutex_unlock(&log->mutex);
    return gone;
}
