#include "loop/batch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/uuid.h"
#include "loop/turn.h"

_Static_assert((int)BATCH_BYTES > (int)TURN_HANDLING_BYTES_MAX, "one handling fits");
_Static_assert((int)BATCH_RECORDS_MAX > (int)TURN_HANDLING_RECORDS_MAX, "one handling fits");
_Static_assert((int)OVERLAY_WRITES_MAX > (int)TURN_HANDLING_WRITES_MAX, "one handling fits");

enum {
    NUMBER_DIGITS = 10,   /* of a uint32_t */
    SEQUENCE_DIGITS = 20, /* of a uint64_t */
};
_Static_assert(UUID_CHARACTERS + 1 + SEQUENCE_DIGITS + 2 * (1 + NUMBER_DIGITS) <= BATCH_MARK_BYTES,
               "the longest name of a transaction fits");

enum result batch_open(struct batch *batch, struct error *error) {
    *batch = (struct batch){0};
    void *memory = malloc(BATCH_BYTES);
    /* Not cleared: what counts lies below the count, and a lane is opened at each rebalance. */
    batch->records = malloc(BATCH_RECORDS_MAX * sizeof *batch->records);
    batch->marks = malloc(BATCH_RECORDS_MAX * sizeof(struct log_header *));
    batch->mark_texts = malloc((size_t)BATCH_RECORDS_MAX * BATCH_MARK_BYTES);
    const bool overlay = overlay_open(&batch->overlay);
    if (memory == NULL || batch->records == NULL || batch->marks == NULL ||
        batch->mark_texts == NULL || !overlay) {
        free(memory);
        batch_close(batch);
        return error_set(error, RESULT_FAILED,
                         "no memory for a lane's batch of %d MiB; give the process more",
                         BATCH_BYTES >> 20);
    }
    arena_init(&batch->arena, memory, BATCH_BYTES);
    return RESULT_OK;
}

void batch_close(struct batch *batch) {
    free(batch->arena.base);
    free(batch->records);
    free(batch->marks);
    free(batch->mark_texts);
    overlay_close(&batch->overlay);
    *batch = (struct batch){0};
}

void batch_reset(struct batch *batch) {
    arena_reset(&batch->arena);
    batch->records_count = 0;
    overlay_reset(&batch->overlay);
}

bool batch_has_room(const struct batch *batch) {
    return batch->arena.capacity - batch->arena.used >=
               TURN_HANDLING_BYTES_MAX + BATCH_OWN_BYTES_MAX &&
           BATCH_RECORDS_MAX - batch->records_count >= TURN_HANDLING_RECORDS_MAX &&
           OVERLAY_WRITES_MAX - batch->overlay.count >=
               TURN_HANDLING_WRITES_MAX + BATCH_OWN_WRITES_MAX;
}

bool batch_is_empty(const struct batch *batch) {
    return batch->records_count == 0 && batch->overlay.count == 0;
}

struct batch_place batch_here(const struct batch *batch) {
    return (struct batch_place){.changes = batch->changes, .used = batch->arena.used};
}

bool batch_changed(const struct batch *batch, const struct batch_place *since) {
    return batch->changes != since->changes;
}

void batch_rewind(struct batch *batch, const struct batch_place *place) {
    assert(!batch_changed(batch, place));
    assert(batch->arena.used >= place->used);
    batch->arena.used = place->used;
}

void batch_stage(struct batch *batch, const struct log_staged *record, struct log_header *headers) {
    assert(batch->records_count < BATCH_RECORDS_MAX);
    assert(record->headers == headers && record->headers_count >= 1);
    batch->records[batch->records_count] = *record;
    batch->marks[batch->records_count] = &headers[0];
    batch->records_count++;
    batch->changes++;
}

void batch_write(struct batch *batch, const struct store_write *write) {
    overlay_write(&batch->overlay, &batch->arena, write);
    batch->changes++;
}

void batch_append(struct batch *batch, const struct store_write *write) {
    overlay_append(&batch->overlay, &batch->arena, write);
    batch->changes++;
}

/* Decimal digits of a number; returns how many. A formatting call per record would show. */
static uint32_t write_number(uint8_t *text, uint32_t number) {
    uint8_t digits[NUMBER_DIGITS];
    uint32_t count = 0;
    do {
        digits[count++] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (uint32_t i = 0; i < count; i++) {
        text[i] = digits[count - 1 - i];
    }
    return count;
}

void batch_mark(struct batch *batch, const struct uuid *incarnation, uint64_t sequence) {
    char prefix[UUID_CHARACTERS + 1 + SEQUENCE_DIGITS + 2];
    uuid_to_text(incarnation, prefix);
    const int rest = snprintf(prefix + UUID_CHARACTERS, sizeof prefix - UUID_CHARACTERS, "/%llu/",
                              (unsigned long long)sequence);
    assert(rest > 0 && (size_t)rest < sizeof prefix - UUID_CHARACTERS);
    const uint32_t prefix_length = UUID_CHARACTERS + (uint32_t)rest;
    uint8_t total[1 + NUMBER_DIGITS] = {'/'};
    const uint32_t total_length = 1 + write_number(total + 1, batch->records_count);
    uint8_t *text = batch->mark_texts;
    for (uint32_t i = 0; i < batch->records_count; i++) {
        assert(batch->marks[i]->value.data == NULL);
        memcpy(text, prefix, prefix_length);
        uint32_t length = prefix_length + write_number(text + prefix_length, i + 1);
        memcpy(text + length, total, total_length);
        length += total_length;
        assert(length <= BATCH_MARK_BYTES);
        *batch->marks[i] = (struct log_header){
            .name = text_of("millrace.txn"),
            .value = {.data = text, .length = length},
        };
        text += BATCH_MARK_BYTES;
    }
}
