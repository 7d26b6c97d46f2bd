#include "tests/support/memory_broker.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct memory_topic *memory_topic(struct memory_log *log, const char *name) {
    for (uint32_t i = 0; i < log->topics_count; i++) {
        if (strcmp(log->topics[i].name, name) == 0) {
            return &log->topics[i];
        }
    }
    assert(log->topics_count < MEMORY_TOPICS_MAX && strlen(name) < MEMORY_NAME_MAX);
    struct memory_topic *topic = &log->topics[log->topics_count++];
    snprintf(topic->name, sizeof topic->name, "%s", name);
    return topic;
}

struct memory_group *memory_group(struct memory_log *log, const char *processor) {
    for (uint32_t i = 0; i < log->groups_count; i++) {
        if (strcmp(log->groups[i].processor, processor) == 0) {
            return &log->groups[i];
        }
    }
    assert(log->groups_count < MEMORY_GROUPS_MAX && strlen(processor) < MEMORY_NAME_MAX);
    struct memory_group *group = &log->groups[log->groups_count++];
    snprintf(group->processor, sizeof group->processor, "%s", processor);
    return group;
}

struct memory_producer *memory_producer(struct memory_log *log, const char *processor,
                                        int32_t partition) {
    char id[MEMORY_NAME_MAX];
    const int length = snprintf(id, sizeof id, "%s-%d", processor, partition);
    assert(length > 0 && (size_t)length < sizeof id);
    for (uint32_t i = 0; i < log->producers_count; i++) {
        if (strcmp(log->producers[i].id, id) == 0) {
            return &log->producers[i];
        }
    }
    assert(log->producers_count < MEMORY_PRODUCERS_MAX);
    struct memory_producer *producer = &log->producers[log->producers_count++];
    *producer = (struct memory_producer){.open = MEMORY_NO_TRANSACTION};
    memcpy(producer->id, id, sizeof id);
    return producer;
}

int64_t *memory_offset(struct memory_group *group, struct memory_topic *topic, int32_t partition) {
    for (uint32_t i = 0; i < group->offsets_count; i++) {
        if (group->offsets[i].topic == topic && group->offsets[i].partition == partition) {
            return &group->offsets[i].next;
        }
    }
    assert(group->offsets_count < MEMORY_TOPICS_MAX * MEMORY_PARTITIONS_MAX);
    struct memory_offset *offset = &group->offsets[group->offsets_count++];
    *offset = (struct memory_offset){.topic = topic, .partition = partition, .next = -1};
    return &offset->next;
}

/* --- Records. --- */

static uint32_t kept_headers(const struct log_record *record) {
    return record->headers_count < LOG_HEADERS_MAX ? record->headers_count : LOG_HEADERS_MAX;
}

static const uint8_t *copy_bytes(uint8_t **to, const void *from, uint32_t length) {
    uint8_t *copy = *to;
    if (length > 0) {
        memcpy(copy, from, length);
    }
    *to += length;
    return copy;
}

void *memory_record_copy(const struct log_record *from, struct log_record *to) {
    const uint32_t headers_count = kept_headers(from);
    size_t size =
        headers_count * sizeof(struct log_header) + from->key.length + from->value.length + 1;
    for (uint32_t i = 0; i < headers_count; i++) {
        size += from->headers[i].name.length + (size_t)from->headers[i].value.length;
    }
    void *block = malloc(size);
    assert(block != NULL);
    struct log_header *headers = block;
    uint8_t *data = (uint8_t *)(headers + headers_count);
    *to = *from;
    to->key.data = copy_bytes(&data, from->key.data, from->key.length);
    to->value.data = copy_bytes(&data, from->value.data, from->value.length);
    for (uint32_t i = 0; i < headers_count; i++) {
        const struct log_header *header = &from->headers[i];
        headers[i].name.length = header->name.length;
        headers[i].name.data =
            (const char *)copy_bytes(&data, header->name.data, header->name.length);
        headers[i].value.length = header->value.length;
        headers[i].value.data = copy_bytes(&data, header->value.data, header->value.length);
    }
    to->headers = headers;
    to->headers_count = headers_count;
    return block;
}

static struct memory_entry *add_entry(struct memory_partition *partition) {
    if (partition->count == partition->capacity) {
        partition->capacity = partition->capacity == 0 ? 64 : partition->capacity * 2;
        partition->entries =
            realloc(partition->entries, partition->capacity * sizeof *partition->entries);
        assert(partition->entries != NULL);
    }
    struct memory_entry *entry = &partition->entries[partition->count++];
    *entry = (struct memory_entry){.transaction = MEMORY_NO_TRANSACTION};
    return entry;
}

static void touch(struct memory_producer *producer, struct memory_topic *topic, int32_t partition,
                  int64_t offset) {
    uint32_t i = 0;
    while (i < producer->touched_count &&
           (producer->touched[i].topic != topic || producer->touched[i].partition != partition)) {
        i++;
    }
    if (i == producer->touched_count) {
        assert(producer->touched_count < MEMORY_TOUCHED_MAX);
        producer->touched[producer->touched_count++] =
            (struct memory_touched){.topic = topic, .partition = partition, .first = offset};
    }
}

int64_t memory_append(struct memory_log *log, struct memory_topic *topic, int32_t partition,
                      const struct memory_record *record, struct memory_producer *producer) {
    assert(partition >= 0 && partition < log->partitions);
    struct memory_partition *place = &topic->partitions[partition];
    const int64_t offset = place->count;
    const struct log_record given = {
        .topic = topic->name,
        .partition = partition,
        .offset = offset,
        .timestamp_ms = log->clock.wall_ms(log->clock.self),
        .key_null = record->key_null,
        .value_null = record->value_null,
        .key = record->key_null ? (struct bytes){0} : record->key,
        .value = record->value_null ? (struct bytes){0} : record->value,
        .headers = record->headers,
        .headers_count = record->headers_count,
    };
    struct memory_entry *entry = add_entry(place);
    entry->block = memory_record_copy(&given, &entry->record);
    if (producer == NULL) {
        memory_wake(log, partition);
    } else {
        assert(producer->open != MEMORY_NO_TRANSACTION);
        entry->transaction = producer->open;
        entry->place = record->place;
        touch(producer, topic, partition, offset);
    }
    return offset;
}

/* --- Transactions. --- */

int32_t memory_transaction_begin(struct memory_log *log, struct memory_producer *producer) {
    assert(producer->open == MEMORY_NO_TRANSACTION);
    if (log->transactions_count == log->transactions_capacity) {
        log->transactions_capacity =
            log->transactions_capacity == 0 ? 64 : log->transactions_capacity * 2;
        log->transactions =
            realloc(log->transactions, log->transactions_capacity * sizeof *log->transactions);
        assert(log->transactions != NULL);
    }
    log->transactions[log->transactions_count] = MEMORY_TRANSACTION_OPEN;
    producer->touched_count = 0;
    producer->open = (int32_t)log->transactions_count++;
    return producer->open;
}

void memory_transaction_end(struct memory_log *log, struct memory_producer *producer,
                            enum memory_transaction_state state) {
    assert(state != MEMORY_TRANSACTION_OPEN);
    if (producer->open == MEMORY_NO_TRANSACTION) {
        return;
    }
    assert(log->transactions[producer->open] == MEMORY_TRANSACTION_OPEN);
    log->transactions[producer->open] = state;
    producer->open = MEMORY_NO_TRANSACTION;
    for (uint32_t i = 0; i < producer->touched_count; i++) {
        const struct memory_touched *touched = &producer->touched[i];
        add_entry(&touched->topic->partitions[touched->partition])->marker = true;
        memory_wake(log, touched->partition);
    }
    log->changes++; /* one without records ends visibly too: by its offsets */
}

int64_t memory_stable_end(const struct memory_log *log, const struct memory_topic *topic,
                          int32_t partition) {
    int64_t end = topic->partitions[partition].count;
    for (uint32_t i = 0; i < log->producers_count; i++) {
        const struct memory_producer *producer = &log->producers[i];
        if (producer->open == MEMORY_NO_TRANSACTION) {
            continue;
        }
        for (uint32_t j = 0; j < producer->touched_count; j++) {
            const struct memory_touched *touched = &producer->touched[j];
            if (touched->topic == topic && touched->partition == partition &&
                touched->first < end) {
                end = touched->first;
            }
        }
    }
    return end;
}

bool memory_delivered(const struct memory_log *log, const struct memory_entry *entry) {
    if (entry->marker || entry->gone) {
        return false;
    }
    return entry->transaction == MEMORY_NO_TRANSACTION ||
           log->transactions[entry->transaction] == MEMORY_TRANSACTION_COMMITTED;
}

/* --- Reading. --- */

/* Each record has a block of its own, freed with the batch: who keeps a pointer too long is found
 * by the address sanitizer. */
struct batch_handle {
    void **blocks;
    uint32_t count;
};

void memory_read(struct memory_log *log, const struct memory_topic *topic, int32_t partition,
                 int64_t end, uint32_t count_max, int64_t *next, struct log_batch *batch) {
    const uint32_t room = end - *next < (int64_t)count_max ? (uint32_t)(end - *next) : count_max;
    *batch = (struct log_batch){0};
    if (end <= *next || room == 0) {
        return;
    }
    struct batch_handle *handle = malloc(sizeof *handle);
    struct log_record *records = malloc(room * sizeof *records);
    void **blocks = malloc(room * sizeof *blocks);
    assert(handle != NULL && records != NULL && blocks != NULL);
    uint32_t count = 0;
    while (*next < end && count < room) {
        const struct memory_entry *entry = &topic->partitions[partition].entries[(*next)++];
        if (memory_delivered(log, entry)) {
            blocks[count] = memory_record_copy(&entry->record, &records[count]);
            count++;
        }
    }
    *handle = (struct batch_handle){.blocks = blocks, .count = count};
    *batch = (struct log_batch){.records = records, .count = count, .handle = handle};
    if (count == 0) {
        memory_batch_free(batch);
    }
}

void memory_batch_free(struct log_batch *batch) {
    struct batch_handle *handle = batch->handle;
    if (handle != NULL) {
        for (uint32_t i = 0; i < handle->count; i++) {
            free(handle->blocks[i]);
        }
        free(handle->blocks);
        free(handle);
        free((void *)batch->records);
    }
    *batch = (struct log_batch){0};
}
