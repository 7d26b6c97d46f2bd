#include "tests/support/memory_log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/memory_broker.h"

void memory_log_origin(struct memory_log *log, const char *origin) {
    log->origin = origin;
}

struct memory_log *memory_log_open(int32_t partitions, const struct clock *clock) {
    assert(partitions >= 1 && partitions <= MEMORY_PARTITIONS_MAX);
    struct memory_log *log = calloc(1, sizeof *log);
    assert(log != NULL);
    log->partitions = partitions;
    log->origin = "memory";
    log->clock = *clock;
    const int failed = pthread_mutex_init(&log->mutex, NULL);
    assert(failed == 0);
    return log;
}

void memory_log_close(struct memory_log *log) {
    assert(log->lanes_count == 0);
    for (uint32_t t = 0; t < log->topics_count; t++) {
        for (int32_t p = 0; p < log->partitions; p++) {
            struct memory_partition *partition = &log->topics[t].partitions[p];
            for (uint32_t i = 0; i < partition->count; i++) {
                free(partition->entries[i].block);
            }
            free(partition->entries);
        }
    }
    free(log->transactions);
    pthread_mutex_destroy(&log->mutex);
    free(log);
}

int64_t memory_log_append(struct memory_log *log, const char *topic, int32_t partition,
                          const struct memory_record *record) {
    pthread_mutex_lock(&log->mutex);
    const int64_t offset = memory_append(log, memory_topic(log, topic), partition, record, NULL);
    pthread_mutex_unlock(&log->mutex);
    return offset;
}

int64_t memory_log_append_text(struct memory_log *log, const char *topic, int32_t partition,
                               const char *key, const char *value) {
    const struct memory_record record = {
        .key = {.data = (const uint8_t *)key, .length = (uint32_t)strlen(key)},
        .value = {.data = (const uint8_t *)value, .length = (uint32_t)strlen(value)},
    };
    return memory_log_append(log, topic, partition, &record);
}

/* The delivered record number `index`, or NULL; `*count` is how many there are up to there. */
static const struct log_record *find(struct memory_log *log, const char *topic, int32_t partition,
                                     uint32_t index, uint32_t *count) {
    const struct memory_topic *found = memory_topic(log, topic);
    assert(partition >= 0 && partition < log->partitions);
    const int64_t end = memory_stable_end(log, found, partition);
    *count = 0;
    for (int64_t offset = 0; offset < end; offset++) {
        const struct memory_entry *entry = &found->partitions[partition].entries[offset];
        if (memory_delivered(log, entry) && (*count)++ == index) {
            return &entry->record;
        }
    }
    return NULL;
}

uint32_t memory_log_visible(struct memory_log *log, const char *topic, int32_t partition) {
    uint32_t count;
    pthread_mutex_lock(&log->mutex);
    const struct log_record *none = find(log, topic, partition, UINT32_MAX, &count);
    assert(none == NULL);
    pthread_mutex_unlock(&log->mutex);
    return count;
}

const struct log_record *memory_log_read(struct memory_log *log, const char *topic,
                                         int32_t partition, uint32_t index) {
    uint32_t count;
    pthread_mutex_lock(&log->mutex);
    const struct log_record *record = find(log, topic, partition, index, &count);
    pthread_mutex_unlock(&log->mutex);
    assert(record != NULL);
    return record;
}

void memory_log_each(struct memory_log *log, const char *topic, int32_t partition,
                     void (*visit)(void *context, const struct log_record *record), void *context) {
    pthread_mutex_lock(&log->mutex);
    const struct memory_topic *found = memory_topic(log, topic);
    assert(partition >= 0 && partition < log->partitions);
    const int64_t end = memory_stable_end(log, found, partition);
    for (int64_t offset = found->partitions[partition].start; offset < end; offset++) {
        const struct memory_entry *entry = &found->partitions[partition].entries[offset];
        if (memory_delivered(log, entry)) {
            const struct log_record record = entry->record;
            pthread_mutex_unlock(&log->mutex);
            visit(context, &record);
            pthread_mutex_lock(&log->mutex);
        }
    }
    pthread_mutex_unlock(&log->mutex);
}

struct memory_moment memory_log_moment(struct memory_log *log, const struct log_record *record) {
    pthread_mutex_lock(&log->mutex);
    const struct memory_partition *partition =
        &memory_topic(log, record->topic)->partitions[record->partition];
    assert(record->offset >= 0 && record->offset < partition->count);
    const struct memory_entry *entry = &partition->entries[record->offset];
    const struct memory_moment moment = {entry->transaction, entry->place};
    pthread_mutex_unlock(&log->mutex);
    return moment;
}

bool memory_moment_before(const struct memory_moment *a, const struct memory_moment *b) {
    return a->transaction != b->transaction ? a->transaction < b->transaction : a->place < b->place;
}

int64_t memory_log_end(struct memory_log *log, const char *topic, int32_t partition) {
    pthread_mutex_lock(&log->mutex);
    const int64_t end = memory_topic(log, topic)->partitions[partition].count;
    pthread_mutex_unlock(&log->mutex);
    return end;
}

int64_t memory_log_stable_end(struct memory_log *log, const char *topic, int32_t partition) {
    pthread_mutex_lock(&log->mutex);
    const int64_t end = memory_stable_end(log, memory_topic(log, topic), partition);
    pthread_mutex_unlock(&log->mutex);
    return end;
}

int64_t memory_log_committed(struct memory_log *log, const char *processor, const char *topic,
                             int32_t partition) {
    pthread_mutex_lock(&log->mutex);
    const int64_t next =
        *memory_offset(memory_group(log, processor), memory_topic(log, topic), partition);
    pthread_mutex_unlock(&log->mutex);
    return next;
}

void memory_log_fault(struct memory_log *log, const char *processor, int32_t partition,
                      enum memory_fault fault) {
    pthread_mutex_lock(&log->mutex);
    memory_producer(log, processor, partition)->fault = fault;
    pthread_mutex_unlock(&log->mutex);
}

bool memory_log_deliver_late_end(struct memory_log *log, const char *processor, int32_t partition) {
    pthread_mutex_lock(&log->mutex);
    struct memory_producer *producer = memory_producer(log, processor, partition);
    /* Such a request names producer and epoch, but not the transaction that it means. */
    const bool accepted = producer->late == producer->epoch && producer->late != 0;
    if (accepted) {
        memory_transaction_end(log, producer, MEMORY_TRANSACTION_COMMITTED);
    }
    producer->late = 0;
    pthread_mutex_unlock(&log->mutex);
    return accepted;
}

void memory_log_truncate(struct memory_log *log, const char *topic, int32_t partition,
                         int64_t start) {
    pthread_mutex_lock(&log->mutex);
    memory_topic(log, topic)->partitions[partition].start = start;
    pthread_mutex_unlock(&log->mutex);
}

void memory_log_away(struct memory_log *log, bool away) {
    pthread_mutex_lock(&log->mutex);
    log->away = away;
    for (int32_t p = 0; !away && p < log->partitions; p++) {
        memory_wake(log, p);
    }
    pthread_mutex_unlock(&log->mutex);
}
