/* ports/log.h over the log in memory. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "domain/placement.h"
#include "tests/support/memory_member.h"

static enum result gone(struct error *error) {
    return error_set(error, RESULT_FAILED, "this process has died");
}

static enum result fenced(const struct memory_lane *lane, struct error *error) {
    return error_set(error, RESULT_FENCED, "%s has a newer owner", lane->producer->id);
}

static enum result away(struct error *error) {
    return error_set(error, RESULT_AGAIN, "no broker answers");
}

static struct memory_topic *input_of(const struct memory_lane *lane, uint32_t input) {
    assert(input < lane->topology->inputs_count);
    return memory_topic(lane->log, lane->topology->inputs[input]);
}

static struct memory_topic *changelog_of(const struct memory_lane *lane, uint32_t changelog) {
    assert(changelog < lane->topology->changelogs_count);
    return memory_topic(lane->log, lane->topology->changelogs[changelog]);
}

static enum result fence(struct memory_lane *lane, struct error *error) {
    assert(lane->epoch == 0);
    if (lane->crashed) {
        return gone(error);
    }
    if (lane->log->away) {
        return away(error);
    }
    memory_transaction_end(lane->log, lane->producer, MEMORY_TRANSACTION_ABORTED);
    lane->epoch = ++lane->producer->epoch;
    return RESULT_OK;
}

static enum result positions(struct memory_lane *lane, struct log_positions *found,
                             struct error *error) {
    assert(lane->epoch != 0);
    if (lane->crashed) {
        return gone(error);
    }
    if (lane->log->away) {
        return away(error);
    }
    (void)snprintf(found->origin, sizeof found->origin, "%s", lane->log->origin);
    for (uint32_t i = 0; i < lane->topology->inputs_count; i++) {
        const int64_t next = *memory_offset(lane->group, input_of(lane, i), lane->partition);
        found->inputs[i] = next < 0 ? input_of(lane, i)->partitions[lane->partition].start : next;
    }
    for (uint32_t i = 0; i < lane->topology->changelogs_count; i++) {
        const struct memory_partition *changelog =
            &changelog_of(lane, i)->partitions[lane->partition];
        found->changelog_starts[i] = changelog->start;
        found->changelog_ends[i] = changelog->count;
    }
    return RESULT_OK;
}

static enum result start(struct memory_lane *lane, const int64_t *inputs, struct error *error) {
    assert(lane->epoch != 0 && !lane->started);
    if (lane->crashed) {
        return gone(error);
    }
    if (lane->log->away) {
        return away(error);
    }
    for (uint32_t i = 0; i < lane->topology->inputs_count; i++) {
        lane->next[i] = inputs[i];
    }
    lane->started = true;
    return RESULT_OK;
}

static enum result missing(const struct memory_topic *topic, struct error *error) {
    return error_set(error, RESULT_INVALID, "records of %s are gone", topic->name);
}

static enum result poll_input(struct memory_lane *lane, uint32_t input, uint32_t count_max,
                              struct log_batch *batch, struct error *error) {
    assert(lane->started && count_max > 0);
    *batch = (struct log_batch){0};
    if (lane->crashed) {
        return gone(error);
    }
    if (lane->next[input] < input_of(lane, input)->partitions[lane->partition].start) {
        return missing(input_of(lane, input), error);
    }
    if (!lane->log->away) {
        const struct memory_topic *topic = input_of(lane, input);
        memory_read(lane->log, topic, lane->partition,
                    memory_stable_end(lane->log, topic, lane->partition), count_max,
                    &lane->next[input], batch);
    }
    return RESULT_OK;
}

static void drop_staged(struct memory_lane *lane) {
    for (uint32_t i = 0; i < lane->staged_count; i++) {
        free(lane->blocks[i]);
    }
    free(lane->blocks);
    free(lane->outputs);
    free(lane->staged);
    lane->staged = NULL;
    lane->blocks = NULL;
    lane->outputs = NULL;
    lane->staged_count = 0;
}

static void copy_staged(struct memory_lane *lane, const struct log_staged *records,
                        uint32_t count) {
    lane->staged = calloc((size_t)count + 1, sizeof *lane->staged);
    lane->blocks = calloc((size_t)count + 1, sizeof *lane->blocks);
    lane->outputs = calloc((size_t)count + 1, sizeof *lane->outputs);
    assert(lane->staged != NULL && lane->blocks != NULL && lane->outputs != NULL);
    for (uint32_t i = 0; i < count; i++) {
        assert(records[i].output < lane->topology->outputs_count);
        const struct log_record record = {
            .key_null = records[i].key_null,
            .value_null = records[i].value_null,
            .key = records[i].key,
            .value = records[i].value,
            .headers = records[i].headers,
            .headers_count = records[i].headers_count,
        };
        lane->outputs[i] = records[i].output;
        lane->blocks[i] = memory_record_copy(&record, &lane->staged[i]);
    }
    lane->staged_count = count;
}

static void note_written(struct memory_lane *lane, const struct memory_topic *topic,
                         int32_t partition, int64_t offset) {
    for (uint32_t i = 0; i < lane->topology->changelogs_count; i++) {
        if (changelog_of(lane, i) == topic && partition == lane->partition) {
            lane->written_next[i] = offset + 1;
        }
    }
}

/* Write what is staged as an open transaction. */
static enum result append_staged(struct memory_lane *lane, struct error *error) {
    if (lane->epoch != lane->producer->epoch) {
        return fenced(lane, error);
    }
    if (lane->producer->open == MEMORY_NO_TRANSACTION) {
        (void)memory_transaction_begin(lane->log, lane->producer);
    }
    for (uint32_t i = 0; i < lane->staged_count; i++) {
        const struct log_record *staged = &lane->staged[i];
        const struct memory_record record = {
            .key_null = staged->key_null,
            .value_null = staged->value_null,
            .key = staged->key,
            .value = staged->value,
            .headers = staged->headers,
            .headers_count = staged->headers_count,
            .place = i,
        };
        struct memory_topic *topic =
            memory_topic(lane->log, lane->topology->outputs[lane->outputs[i]]);
        const int32_t partition = staged->key_null
                                      ? lane->partition
                                      : placement_partition(staged->key, lane->log->partitions);
        const int64_t offset = memory_append(lane->log, topic, partition, &record, lane->producer);
        note_written(lane, topic, partition, offset);
    }
    drop_staged(lane);
    return RESULT_OK;
}

static enum result commit_begin(struct memory_lane *lane, const struct log_staged *records,
                                uint32_t count, const int64_t *inputs, struct error *error) {
    assert(lane->started && !lane->committing && !lane->worn);
    if (lane->crashed) {
        return gone(error);
    }
    copy_staged(lane, records, count);
    for (uint32_t i = 0; i < lane->topology->inputs_count; i++) {
        lane->inputs[i] = inputs[i];
    }
    for (uint32_t i = 0; i < LOG_TOPICS_MAX; i++) {
        lane->written_next[i] = -1;
    }
    lane->committing = true;
    /* A producer keeps what it cannot deliver yet. */
    return lane->log->away ? RESULT_OK : append_staged(lane, error);
}

static enum result end_as_told(struct memory_lane *lane, enum memory_fault fault,
                               struct error *error) {
    if (fault == MEMORY_FAULT_DOUBTFUL_OPEN) {
        return error_set(error, RESULT_DOUBTFUL, "no answer to the end of the transaction");
    }
    const bool commits = fault == MEMORY_FAULT_NONE || fault == MEMORY_FAULT_SLOW ||
                         fault == MEMORY_FAULT_DOUBTFUL_COMMITTED;
    memory_transaction_end(lane->log, lane->producer,
                           commits ? MEMORY_TRANSACTION_COMMITTED : MEMORY_TRANSACTION_ABORTED);
    for (uint32_t i = 0; commits && i < lane->topology->inputs_count; i++) {
        *memory_offset(lane->group, input_of(lane, i), lane->partition) = lane->inputs[i];
    }
    switch (fault) {
    case MEMORY_FAULT_SLOW:
        lane->worn = true;
        lane->producer->late = lane->epoch;
        return RESULT_OK;
    case MEMORY_FAULT_FENCED:
        lane->producer->epoch++;
        return fenced(lane, error);
    case MEMORY_FAULT_FAILED:
        return error_set(error, RESULT_FAILED, "the transaction was aborted");
    case MEMORY_FAULT_DENIED:
        return error_set(error, RESULT_DENIED, "this principal may not write that topic");
    case MEMORY_FAULT_INVALID:
        return error_set(error, RESULT_INVALID, "a record is too large");
    case MEMORY_FAULT_DOUBTFUL_COMMITTED:
    case MEMORY_FAULT_DOUBTFUL_ABORTED:
        return error_set(error, RESULT_DOUBTFUL, "no answer to the end of the transaction");
    case MEMORY_FAULT_NONE:
    case MEMORY_FAULT_DOUBTFUL_OPEN:
    case MEMORY_FAULT_HANGING:
        break;
    }
    return RESULT_OK;
}

static enum result commit_wait(struct memory_lane *lane, struct error *error) {
    assert(lane->committing);
    if (lane->crashed) {
        return gone(error);
    }
    const enum memory_fault fault = lane->producer->fault;
    if (lane->log->away || fault == MEMORY_FAULT_HANGING) {
        return away(error);
    }
    lane->committing = false;
    lane->producer->fault = MEMORY_FAULT_NONE;
    if (lane->staged_count > 0 || lane->producer->open == MEMORY_NO_TRANSACTION) {
        const enum result result = append_staged(lane, error);
        if (result != RESULT_OK) {
            return result;
        }
    }
    if (lane->epoch != lane->producer->epoch) {
        return fenced(lane, error);
    }
    if (lane->generation != lane->group->generations[lane->partition]) {
        memory_transaction_end(lane->log, lane->producer, MEMORY_TRANSACTION_ABORTED);
        return error_set(error, RESULT_FAILED, "partition %d has another owner in the group",
                         lane->partition);
    }
    return end_as_told(lane, fault, error);
}

static void close_lane(struct memory_lane *lane) {
    struct memory_log *log = lane->log;
    if (!lane->crashed && lane->epoch != 0 && lane->epoch == lane->producer->epoch &&
        !lane->committing) {
        memory_transaction_end(log, lane->producer, MEMORY_TRANSACTION_ABORTED);
    }
    uint32_t i = 0;
    while (log->lanes[i] != lane) {
        i++;
    }
    log->lanes[i] = log->lanes[--log->lanes_count];
    drop_staged(lane);
    close(lane->wake_fd);
    free(lane);
}

/* --- The port: each call under the lock. --- */

#define LOCKED(type, call)                      \
    struct memory_lane *lane = self;            \
    pthread_mutex_t *mutex = &lane->log->mutex; \
    pthread_mutex_lock(mutex);                  \
    const type locked_result = call;            \
    pthread_mutex_unlock(mutex);                \
    return locked_result

static enum result port_fence(void *self, int32_t timeout_ms, struct error *error) {
    (void)timeout_ms;
    LOCKED(enum result, fence(lane, error));
}

static bool port_owned(void *self) {
    LOCKED(bool,
           !lane->crashed && !lane->member->unheard && lane->member->assigned[lane->partition]);
}

static int64_t port_input_end(void *self, uint32_t input) {
    LOCKED(int64_t, input_of(lane, input)->partitions[lane->partition].count);
}

static enum result input_end_now(const struct memory_lane *lane, uint32_t input, int64_t *end,
                                 struct error *error) {
    assert(lane->epoch != 0);
    if (lane->crashed) {
        return gone(error);
    }
    if (lane->log->away) {
        return away(error);
    }
    *end = input_of(lane, input)->partitions[lane->partition].count;
    return RESULT_OK;
}

static enum result port_input_end_now(void *self, uint32_t input, int32_t timeout_ms, int64_t *end,
                                      struct error *error) {
    (void)timeout_ms;
    LOCKED(enum result, input_end_now(lane, input, end, error));
}

static enum result port_positions(void *self, int32_t timeout_ms, struct log_positions *found,
                                  struct error *error) {
    (void)timeout_ms;
    LOCKED(enum result, positions(lane, found, error));
}

static enum result restore(struct memory_lane *lane, uint32_t changelog, int64_t from,
                           struct log_batch *batch, int64_t *next, struct error *error) {
    enum { RESTORE_BATCH = 500 };
    *batch = (struct log_batch){0};
    *next = from;
    if (lane->crashed) {
        return gone(error);
    }
    if (from < changelog_of(lane, changelog)->partitions[lane->partition].start) {
        return missing(changelog_of(lane, changelog), error);
    }
    if (!lane->log->away) {
        const struct memory_topic *topic = changelog_of(lane, changelog);
        memory_read(lane->log, topic, lane->partition,
                    memory_stable_end(lane->log, topic, lane->partition), RESTORE_BATCH, next,
                    batch);
    }
    return RESULT_OK;
}

static enum result port_restore(void *self, uint32_t changelog, int64_t from, int32_t timeout_ms,
                                struct log_batch *batch, int64_t *next, struct error *error) {
    (void)timeout_ms;
    LOCKED(enum result, restore(lane, changelog, from, batch, next, error));
}

static enum result port_start(void *self, const int64_t *inputs, int32_t timeout_ms,
                              struct error *error) {
    (void)timeout_ms;
    LOCKED(enum result, start(lane, inputs, error));
}

static enum result port_poll(void *self, uint32_t input, uint32_t count_max,
                             struct log_batch *batch, struct error *error) {
    LOCKED(enum result, poll_input(lane, input, count_max, batch, error));
}

static void port_release(void *self, struct log_batch *batch) {
    (void)self;
    memory_batch_free(batch);
}

static enum result port_commit_begin(void *self, const struct log_staged *records, uint32_t count,
                                     const int64_t *inputs, struct error *error) {
    LOCKED(enum result, commit_begin(lane, records, count, inputs, error));
}

static enum result port_commit_wait(void *self, int32_t timeout_ms, struct error *error) {
    (void)timeout_ms;
    LOCKED(enum result, commit_wait(lane, error));
}

static void port_changelogs_next(void *self, int64_t *changelogs_next) {
    const struct memory_lane *lane = self;
    for (uint32_t i = 0; i < lane->topology->changelogs_count; i++) {
        if (lane->written_next[i] >= 0) {
            changelogs_next[i] = lane->written_next[i];
        }
    }
}

static bool port_worn(void *self) {
    const struct memory_lane *lane = self;
    return lane->worn;
}

static int port_wait_fd(void *self) {
    const struct memory_lane *lane = self;
    return lane->wake_fd;
}

static void port_close(void *self) {
    struct memory_lane *lane = self;
    pthread_mutex_t *mutex = &lane->log->mutex;
    pthread_mutex_lock(mutex);
    close_lane(lane);
    pthread_mutex_unlock(mutex);
}

enum result memory_lane_open(struct memory_member *member, int32_t partition, struct log *log,
                             struct error *error) {
    (void)error;
    assert(partition >= 0 && partition < member->log->partitions && member->assigned[partition]);
    assert(member->log->lanes_count < MEMORY_LANES_MAX);
    struct memory_lane *lane = calloc(1, sizeof *lane);
    assert(lane != NULL);
    *lane = (struct memory_lane){
        .log = member->log,
        .member = member,
        .topology = member->topology,
        .producer = memory_producer(member->log, member->topology->processor, partition),
        .group = member->group,
        .partition = partition,
        .generation = member->group->generations[partition],
        .crashed = member->crashed,
        .wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
    };
    assert(lane->wake_fd >= 0);
    member->log->lanes[member->log->lanes_count++] = lane;
    *log = (struct log){
        .self = lane,
        .fence = port_fence,
        .owned = port_owned,
        .input_end = port_input_end,
        .input_end_now = port_input_end_now,
        .positions = port_positions,
        .restore = port_restore,
        .start = port_start,
        .poll = port_poll,
        .release = port_release,
        .commit_begin = port_commit_begin,
        .commit_wait = port_commit_wait,
        .changelogs_next = port_changelogs_next,
        .worn = port_worn,
        .wait_fd = port_wait_fd,
        .close = port_close,
    };
    return RESULT_OK;
}

void memory_log_crash_lane(const struct log *log) {
    struct memory_lane *lane = log->self;
    pthread_mutex_lock(&lane->log->mutex);
    lane->crashed = true;
    pthread_mutex_unlock(&lane->log->mutex);
}

void memory_wake(struct memory_log *log, int32_t partition) {
    log->changes++;
    for (uint32_t i = 0; i < log->lanes_count; i++) {
        if (log->lanes[i]->partition == partition) {
            const uint64_t one = 1;
            const ssize_t written = write(log->lanes[i]->wake_fd, &one, sizeof one);
            (void)written;
        }
    }
}
