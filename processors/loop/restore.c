#include "loop/restore.h"

#include <assert.h>

#include "ports/fault.h"

/* A store may lag behind the log, but it cannot be ahead of its end, nor end before its beginning:
 * then it is another's, or records it never saw are gone. */
static bool belongs(const struct log_positions *positions, const int64_t *next, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const bool empty = next[i] == 0;
        if (next[i] > positions->changelog_ends[i] ||
            (!empty && next[i] < positions->changelog_starts[i])) {
            return false;
        }
    }
    return true;
}

enum result restore_begin(struct restore *restore, const struct log_positions *positions,
                          bool *cleared, struct error *error) {
    const uint32_t count = restore->topology->changelogs_count;
    int64_t next[LOG_TOPICS_MAX] = {0};
    enum result result = restore->store->positions(restore->store->self, next, error);
    if (result != RESULT_OK) {
        return result;
    }
    *cleared = !belongs(positions, next, count);
    if (*cleared) {
        result = restore->store->clear(restore->store->self, error);
        if (result != RESULT_OK) {
            return result;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        const int64_t start = positions->changelog_starts[i];
        restore->next[i] = *cleared || next[i] < start ? start : next[i];
        restore->ends[i] = positions->changelog_ends[i];
    }
    restore->changelog = 0;
    restore->taken = 0;
    restore->records = 0;
    restore->batch = (struct log_batch){0};
    restore->turn->restoring = true;
    return RESULT_OK;
}

static enum restore_outcome apply(struct restore *restore, struct error *error) {
    const struct overlay *overlay = &restore->turn->batch.overlay;
    const enum result result = restore->store->apply(restore->store->self, overlay->writes,
                                                     overlay->count, restore->next, error);
    batch_reset(&restore->turn->batch);
    return result == RESULT_OK ? RESTORE_MORE : RESTORE_FAILED;
}

/* What a call that no repetition helps comes to. */
static enum restore_outcome fallen(enum result result) {
    assert(result != RESULT_OK && result != RESULT_AGAIN);
    return result == RESULT_INVALID  ? RESTORE_STOPPED
           : result == RESULT_DENIED ? RESTORE_DENIED
                                     : RESTORE_FAILED;
}

/* What lies behind the end is the work of a newer owner: it is not handed over, and so the store
 * must not be told that it has it. */
static int64_t up_to_end(const struct restore *restore, int64_t next) {
    const int64_t end = restore->ends[restore->changelog];
    return next < end ? next : end;
}

static enum restore_outcome read_batch(struct restore *restore, int32_t call_ms,
                                       struct error *error) {
    const uint32_t changelog = restore->changelog;
    const enum result result =
        restore->log->restore(restore->log->self, changelog, restore->next[changelog], call_ms,
                              &restore->batch, &restore->batch_next, error);
    if (result == RESULT_AGAIN) {
        return RESTORE_IDLE;
    }
    if (result != RESULT_OK) {
        return fallen(result);
    }
    assert(restore->batch_next >= restore->next[changelog]);
    const bool moved = restore->batch_next > restore->next[changelog];
    if (restore->batch.count == 0) {
        /* Nothing, or only markers and records of aborted transactions. */
        restore->next[changelog] = up_to_end(restore, restore->batch_next);
    }
    return moved ? RESTORE_MORE : RESTORE_IDLE;
}

/* Hand the records that were read to the processor, until all are handled or the turn is full. */
static enum restore_outcome handle_batch(struct restore *restore, struct error *error) {
    const uint32_t changelog = restore->changelog;
    const struct processor *processor = restore->processor;
    while (restore->taken < restore->batch.count) {
        const struct log_record *record = &restore->batch.records[restore->taken];
        if (!turn_has_room(restore->turn)) {
            return apply(restore, error);
        }
        if (record->offset >= restore->ends[changelog]) {
            break;
        }
        const struct batch_place before = batch_here(&restore->turn->batch);
        const enum result result =
            processor->restore(processor->self, changelog, record, restore->turn, error);
        if (result == RESULT_AGAIN) {
            batch_rewind(&restore->turn->batch, &before);
            return RESTORE_WAITING;
        }
        if (result != RESULT_OK) {
            return fallen(result);
        }
        restore->records++;
        restore->next[changelog] = record->offset + 1;
        restore->taken++;
        FAULT("restore.middle");
    }
    restore->next[changelog] = up_to_end(restore, restore->batch_next);
    restore->log->release(restore->log->self, &restore->batch);
    restore->batch = (struct log_batch){0};
    restore->taken = 0;
    return RESTORE_MORE;
}

enum restore_outcome restore_step(struct restore *restore, int32_t call_ms, struct error *error) {
    if (restore->batch.count > 0) {
        return handle_batch(restore, error);
    }
    while (restore->changelog < restore->topology->changelogs_count &&
           restore->next[restore->changelog] >= restore->ends[restore->changelog]) {
        restore->changelog++;
    }
    if (restore->changelog == restore->topology->changelogs_count) {
        return apply(restore, error) == RESTORE_MORE ? RESTORE_DONE : RESTORE_FAILED;
    }
    return read_batch(restore, call_ms, error);
}

void restore_end(struct restore *restore) {
    if (restore->batch.count > 0) {
        restore->log->release(restore->log->self, &restore->batch);
    }
    restore->batch = (struct log_batch){0};
    restore->turn->restoring = false;
}

int64_t restore_remaining(const struct restore *restore) {
    int64_t remaining = 0;
    for (uint32_t i = 0; i < restore->topology->changelogs_count; i++) {
        if (restore->next[i] < restore->ends[i]) {
            remaining += restore->ends[i] - restore->next[i];
        }
    }
    return remaining;
}
