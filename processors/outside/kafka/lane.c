#include <assert.h>
#include <stdlib.h>

#include "outside/kafka/batch.h"
#include "outside/kafka/group.h"
#include "outside/kafka/inputs.h"
#include "outside/kafka/later.h"
#include "outside/kafka/lookup.h"
#include "outside/kafka/positions.h"
#include "outside/kafka/restorer.h"
#include "outside/kafka/transactor.h"

struct kafka_lane {
    struct kafka_group *group;
    int32_t partition;
    uint64_t assignment; /* that it belongs to */
    struct kafka_transactor transactor;
    struct kafka_restorer restorer;
    struct kafka_inputs inputs;
};

static enum result port_fence(void *self, int32_t timeout_ms, struct error *error) {
    struct kafka_lane *lane = self;
    return kafka_transactor_fence(&lane->transactor, timeout_ms, error);
}

static bool port_owned(void *self) {
    struct kafka_lane *lane = self;
    return kafka_group_holds(lane->group, lane->assignment);
}

static int64_t port_input_end(void *self, uint32_t input) {
    const struct kafka_lane *lane = self;
    return kafka_inputs_end(&lane->inputs, input);
}

static enum result port_input_end_now(void *self, uint32_t input, int32_t timeout_ms, int64_t *end,
                                      struct error *error) {
    struct kafka_lane *lane = self;
    assert(lane->transactor.fenced_in && input < lane->inputs.count);
    int64_t low;
    const enum result result =
        kafka_lookup_watermarks(lane->group->asker.handle, lane->inputs.inputs[input].name,
                                lane->partition, timeout_ms, &low, end, error);
    if (result == RESULT_AGAIN) {
        kafka_later(timeout_ms);
    }
    return result;
}

static enum result port_positions(void *self, int32_t timeout_ms, struct log_positions *positions,
                                  struct error *error) {
    struct kafka_lane *lane = self;
    /* Before the fence an older owner could still move them. */
    assert(lane->transactor.fenced_in);
    return kafka_positions_find(&lane->inputs, lane->group->config, lane->group->topology,
                                lane->group->asker.handle, timeout_ms, positions, error);
}

static enum result port_restore(void *self, uint32_t changelog, int64_t from, int32_t timeout_ms,
                                struct log_batch *batch, int64_t *next, struct error *error) {
    struct kafka_lane *lane = self;
    return kafka_restorer_read(&lane->restorer, lane->group->config, lane->group->topology,
                               lane->partition, changelog, from, timeout_ms, batch, next, error);
}

static enum result port_start(void *self, const int64_t *inputs, int32_t timeout_ms,
                              struct error *error) {
    struct kafka_lane *lane = self;
    assert(lane->transactor.fenced_in);
    kafka_restorer_close(&lane->restorer, lane->partition);
    return kafka_inputs_start(&lane->inputs, inputs, timeout_ms, error);
}

static enum result port_poll(void *self, uint32_t input, uint32_t count_max,
                             struct log_batch *batch, struct error *error) {
    struct kafka_lane *lane = self;
    return kafka_inputs_poll(&lane->inputs, input, count_max, batch, error);
}

static void port_release(void *self, struct log_batch *batch) {
    (void)self;
    kafka_batch_release(batch);
}

static enum result port_commit_begin(void *self, const struct log_staged *records, uint32_t count,
                                     const int64_t *inputs, struct error *error) {
    struct kafka_lane *lane = self;
    return kafka_transactor_begin(&lane->transactor, records, count,
                                  kafka_inputs_list(&lane->inputs, inputs), error);
}

static enum result port_commit_wait(void *self, int32_t timeout_ms, struct error *error) {
    struct kafka_lane *lane = self;
    return kafka_transactor_wait(&lane->transactor, lane->group->membership, timeout_ms, error);
}

static void port_changelogs_next(void *self, int64_t *changelogs_next) {
    const struct kafka_lane *lane = self;
    kafka_transactor_changelogs_next(&lane->transactor, changelogs_next);
}

static bool port_worn(void *self) {
    const struct kafka_lane *lane = self;
    return lane->transactor.worn;
}

static int port_wait_fd(void *self) {
    const struct kafka_lane *lane = self;
    return lane->inputs.wake_fd;
}

static void port_close(void *self) {
    struct kafka_lane *lane = self;
    kafka_inputs_close(&lane->inputs);
    kafka_restorer_close(&lane->restorer, lane->partition);
    kafka_transactor_close(&lane->transactor);
    assert(atomic_load(&lane->group->lanes_open) > 0);
    (void)atomic_fetch_sub(&lane->group->lanes_open, 1);
    free(lane);
}

static bool is_assigned(const struct kafka_group *group, int32_t partition) {
    for (uint32_t i = 0; i < group->lanes_count; i++) {
        if (group->lanes[i] == partition) {
            return true;
        }
    }
    return false;
}

enum result kafka_lane_open(struct kafka_group *group, int32_t partition, struct log *log,
                            struct error *error) {
    assert(is_assigned(group, partition));
    struct kafka_lane *lane = calloc(1, sizeof *lane);
    assert(lane != NULL);
    lane->group = group;
    lane->partition = partition;
    lane->assignment = group->assignments;
    lane->inputs.wake_fd = -1;
    (void)atomic_fetch_add(&group->lanes_open, 1);
    enum result result = kafka_transactor_open(&lane->transactor, group->config, group->topology,
                                               partition, group->partitions, error);
    if (result == RESULT_OK) {
        result = kafka_inputs_open(&lane->inputs, group->config, group->member.handle,
                                   group->topology, partition, error);
    }
    if (result != RESULT_OK) {
        port_close(lane);
        return result;
    }
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
