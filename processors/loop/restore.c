#include "loop/restore.h"

#include <assert.h>

#include "ports/fault.h"

/* A store may lag behind the log, but it cannot be ahead of its end, nor end before its beginning:
 * then it is another's, or records it never saw are gone. */
static bool belongs(const struct restore *restore, const int64_t *next, struct error *why) {
    for (uint32_t i = 0; i < restore->topology->changelogs_count; i++) {
        const char *name = restore->topology->changelogs[i];
        const bool empty = next[i] == 0;
        if (next[i] > restore->ends[i]) {
            (void)error_set(why, RESULT_INVALID,
                            "it has %s up to offset %lld, which ends at %lld: the store is newer "
                            "than the log",
                            name, (long long)next[i], (long long)restore->ends[i]);
            return false;
        }
        if (!empty && next[i] < restore->starts[i]) {
            (void)error_set(why, RESULT_INVALID,
                            "it has %s up to offset %lld, which begins at %lld: the store is older "
                            "than the log",
                            name, (long long)next[i], (long long)restore->starts[i]);
            return false;
        }
    }
    return true;
}

static bool is_empty(const struct restore *restore, const int64_t *next) {
    for (uint32_t i = 0; i < restore->topology->changelogs_count; i++) {
        if (next[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Everything is read from the beginning. */
static enum result clear(struct restore *restore, struct error *error) {
    for (uint32_t i = 0; i < restore->topology->changelogs_count; i++) {
        restore->next[i] = restore->starts[i];
        restore->marks[i] = (struct proof_mark){.known = false};
    }
    restore->proving = false;
    return restore->store->clear(restore->store->self, error);
}

static enum result read_proof(struct restore *restore, char origin[PROOF_ORIGIN_MAX],
                              struct error *error) {
    enum result result = proof_read_origin(restore->store, restore->own_table, origin, error);
    for (uint32_t i = 0; i < restore->topology->changelogs_count && result == RESULT_OK; i++) {
        result = proof_read_mark(restore->store, restore->own_table, i, &restore->marks[i], error);
        restore->proving = restore->proving || restore->marks[i].known;
    }
    return result;
}

enum result restore_begin(struct restore *restore, const struct log_positions *positions,
                          bool *cleared, struct error *error) {
    const uint32_t count = restore->topology->changelogs_count;
    int64_t next[LOG_TOPICS_MAX] = {0};
    char origin[PROOF_ORIGIN_MAX] = "";
    struct error why = {.text = ""};
    *cleared = false;
    enum result result = restore->store->positions(restore->store->self, next, error);
    if (result != RESULT_OK) {
        return result;
    }
    for (uint32_t i = 0; i < count; i++) {
        restore->starts[i] = positions->changelog_starts[i];
        restore->ends[i] = positions->changelog_ends[i];
        restore->next[i] = next[i] < restore->starts[i] ? restore->starts[i] : next[i];
    }
    proof_origin(restore->topology, positions, restore->origin);
    restore->turn->restoring = true;
    if (is_empty(restore, next)) {
        return RESULT_OK;
    }
    result = read_proof(restore, origin, error);
    if (result != RESULT_OK) {
        return result;
    }
    *cleared = !belongs(restore, next, &why);
    if (!*cleared && strcmp(origin, restore->origin) != 0) {
        *cleared = true;
        (void)error_set(&why, RESULT_INVALID, "it was filled from %.200s; this is %.200s",
                        origin[0] == '\0' ? "nobody knows where" : origin, restore->origin);
    }
    if (*cleared) {
        result = clear(restore, error);
        *error = result == RESULT_OK ? why : *error;
    }
    return result;
}

static enum restore_outcome apply(struct restore *restore, struct error *error) {
    struct batch *batch = &restore->turn->batch;
    proof_write_origin(batch, restore->own_table, restore->origin);
    for (uint32_t i = 0; i < restore->topology->changelogs_count; i++) {
        if (restore->marks[i].known) {
            proof_write_mark(batch, restore->own_table, i, &restore->marks[i]);
        }
    }
    const enum result result = restore->store->apply(restore->store->self, batch->overlay.writes,
                                                     batch->overlay.count, restore->next, error);
    batch_reset(batch);
    return result == RESULT_OK ? RESTORE_MORE : RESTORE_FAILED;
}

/* What a call that no repetition helps comes to. */
static enum restore_outcome fallen(enum result result) {
    assert(result != RESULT_OK && result != RESULT_AGAIN);
    return result == RESULT_INVALID  ? RESTORE_STOPPED
           : result == RESULT_DENIED ? RESTORE_DENIED
                                     : RESTORE_FAILED;
}

/* All marks that are still there were found as they are remembered. Where none is there any more,
 * nothing tells this log from another of its name. */
static enum restore_outcome judge(struct restore *restore, struct error *error) {
    restore->changelog = 0;
    restore->proving = false;
    if (restore->proven > 0 || restore->gone == 0) {
        return RESTORE_MORE;
    }
    if (clear(restore, error) != RESULT_OK) {
        return RESTORE_FAILED;
    }
    (void)error_set(error, RESULT_INVALID,
                    "none of the records that it took last is in the log any more, and so nothing "
                    "proves that it is of this log");
    return RESTORE_CLEARED;
}

static enum restore_outcome contradict(struct restore *restore, const char *name, int64_t offset,
                                       struct error *error) {
    restore->changelog = 0;
    if (clear(restore, error) != RESULT_OK) {
        return RESTORE_FAILED;
    }
    (void)error_set(error, RESULT_INVALID,
                    "%s has another record at offset %lld than the one that it took from there: "
                    "the topic was made anew, or is another's",
                    name, (long long)offset);
    return RESTORE_CLEARED;
}

/* A topic's id cannot be asked for; but the record that was taken last can be looked at again. */
static enum restore_outcome prove(struct restore *restore, int32_t call_ms, struct error *error) {
    const struct log *log = restore->log;
    const uint32_t changelog = restore->changelog;
    if (changelog == restore->topology->changelogs_count) {
        return judge(restore, error);
    }
    const struct proof_mark *mark = &restore->marks[changelog];
    if (!mark->known || mark->offset < restore->starts[changelog]) {
        restore->gone += mark->known ? 1 : 0;
        restore->changelog++;
        return RESTORE_MORE;
    }
    struct log_batch batch = {0};
    int64_t next = mark->offset;
    const enum result result =
        log->restore(log->self, changelog, mark->offset, call_ms, &batch, &next, error);
    if (result == RESULT_AGAIN ||
        (result == RESULT_OK && batch.count == 0 && next <= mark->offset)) {
        return RESTORE_IDLE;
    }
    if (result != RESULT_OK) {
        return fallen(result);
    }
    const bool there = batch.count > 0 && batch.records[0].offset == mark->offset;
    const bool same = there && proof_of_record(&batch.records[0]) == mark->hash;
    if (batch.count > 0) {
        log->release(log->self, &batch);
    }
    if (there && !same) {
        return contradict(restore, restore->topology->changelogs[changelog], mark->offset, error);
    }
    restore->proven += same ? 1 : 0;
    restore->gone += there ? 0 : 1;
    restore->changelog++;
    return RESTORE_MORE;
}

/* Remember the last record that was taken. */
static void mark(struct restore *restore) {
    if (restore->taken > 0) {
        const struct log_record *record = &restore->batch.records[restore->taken - 1];
        restore->marks[restore->changelog] = (struct proof_mark){
            .known = true, .offset = record->offset, .hash = proof_of_record(record)};
    }
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
            mark(restore);
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
    mark(restore);
    restore->next[changelog] = up_to_end(restore, restore->batch_next);
    restore->log->release(restore->log->self, &restore->batch);
    restore->batch = (struct log_batch){0};
    restore->taken = 0;
    return RESTORE_MORE;
}

enum restore_outcome restore_step(struct restore *restore, int32_t call_ms, struct error *error) {
    if (restore->proving) {
        return prove(restore, call_ms, error);
    }
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
