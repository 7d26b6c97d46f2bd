/* A lane's way to work, in this order: fence, positions, restore, one more look, start. */
#include <assert.h>
#include <string.h>

#include "loop/lane_inside.h"
#include "ports/fault.h"

static bool alive(void *context) {
    const struct lane *lane = context;
    return atomic_load(&lane->command) == LANE_COMMAND_NONE && lane->state != LANE_STATE_ENDED &&
           lane->log.owned(lane->log.self);
}

static enum result input_end_now(void *context, uint32_t input, int64_t *end, struct error *error) {
    const struct lane *lane = context;
    const int32_t call_ms = lane->setup->call_ms;
    assert(input < lane->topology->inputs_count && lane->state != LANE_STATE_ENDED);
    return lane->log.input_end_now(lane->log.self, input,
                                   call_ms < LANE_ASK_MS ? call_ms : LANE_ASK_MS, end, error);
}

/* The store, a record, or the start cannot be done yet: say why, and when it is tried again. */
static void wait_a_while(struct lane *lane, const struct error *error) {
    lane_back_off(&lane->backoff, lane_tick(lane));
    lane->due_ms = lane->backoff.until_ms;
    logger_warning(&lane->logger, "lane waits", LOGGER_FIELDS(logger_error_field(error)));
    lane_enter(lane, lane->state, error);
}

void lane_start_opening(struct lane *lane) {
    const struct lane_setup *setup = lane->setup;
    struct error error;
    enum result result =
        lane->turn_open ? RESULT_OK : turn_open(&lane->turn, setup->emitter, &lane->store, &error);
    lane->turn_open = result == RESULT_OK;
    if (result == RESULT_OK) {
        result = setup->stores->lane_open(setup->stores->self, lane->topology->processor,
                                          lane->partition, setup->kind->tables + 1,
                                          lane->topology->changelogs_count, &lane->store, &error);
        lane->store_open = result == RESULT_OK;
    }
    if (result == RESULT_OK) {
        result =
            setup->kind->lane_open(setup->kind->self, lane->partition, &lane->processor, &error);
        lane->processor_open = result == RESULT_OK;
    }
    if (result == RESULT_OK) {
        lane->backoff = (struct lane_backoff){0};
        lane_enter(lane, LANE_STATE_FENCING, NULL);
    } else if (result == RESULT_AGAIN && !lane->store_open) {
        wait_a_while(lane, &error); /* the disk is full; nobody is fenced for that */
    } else {
        lane_finish(lane, LANE_END_FAILED, &error);
    }
}

void lane_start_fencing(struct lane *lane) {
    struct error error;
    FAULT("fence.before");
    const enum result result = lane->log.fence(lane->log.self, lane->setup->call_ms, &error);
    switch (result) {
    case RESULT_OK:
        /* Every fence is a new incarnation, whatever became of older ones; a lane fences once. */
        assert(uuid_equal(&lane->identity.incarnation, &(struct uuid){{0}}));
        lane->identity.incarnation = lane->setup->ids.fresh(lane->setup->ids.self);
        assert(!uuid_equal(&lane->identity.incarnation, &(struct uuid){{0}}));
        FAULT("fence.after");
        lane_enter(lane, LANE_STATE_LOCATING, NULL);
        break;
    case RESULT_AGAIN:
        lane->due_ms = lane_tick(lane) + LANE_RETRY_MS;
        break;
    default:
        lane_fall(lane, &error, result);
        break;
    }
}

/* The store is emptied, and the log says it all again. */
static void tell_cleared(const struct lane *lane, const struct error *why) {
    logger_warning(&lane->logger, "the store does not belong to this log and is built anew",
                   LOGGER_FIELDS(logger_error_field(why)));
}

void lane_start_locating(struct lane *lane) {
    struct error error;
    bool cleared = false;
    enum result result =
        lane->log.positions(lane->log.self, lane->setup->call_ms, &lane->positions, &error);
    if (result == RESULT_AGAIN) {
        lane->due_ms = lane_tick(lane) + LANE_RETRY_MS;
        return;
    }
    if (result == RESULT_OK) {
        FAULT("start.positions");
        lane->restore = (struct restore){
            .topology = lane->topology,
            .log = &lane->log,
            .store = &lane->store,
            .processor = &lane->processor,
            .turn = &lane->turn,
            .own_table = lane->setup->kind->tables,
        };
        result = restore_begin(&lane->restore, &lane->positions, &cleared, &error);
    }
    if (result != RESULT_OK) {
        lane_fall(lane, &error, result);
        return;
    }
    if (cleared) {
        tell_cleared(lane, &error);
    }
    lane->progress_ms = lane_tick(lane);
    logger_info(&lane->logger, "restore begins",
                LOGGER_FIELDS(logger_number("remaining", restore_remaining(&lane->restore)),
                              logger_uuid("incarnation", &lane->identity.incarnation)));
    FAULT("restore.begin");
    lane_enter(lane, LANE_STATE_RESTORING, NULL);
}

/* A long restore must not look like a dead one. */
static void tell_progress(struct lane *lane) {
    if (lane->turn.monotonic_ms - lane->progress_ms >= LANE_PROGRESS_MS) {
        lane->progress_ms = lane->turn.monotonic_ms;
        logger_info(&lane->logger, "restoring",
                    LOGGER_FIELDS(logger_number("remaining", restore_remaining(&lane->restore)),
                                  logger_number("records", (int64_t)lane->restore.records)));
    }
}

/* Restored is what was read up to the ends that were asked after the fence, and nothing less: told
 * by the answer itself, not by what the restore made of it. */
static bool is_restored(const struct lane *lane) {
    for (uint32_t i = 0; i < lane->topology->changelogs_count; i++) {
        if (lane->restore.next[i] < lane->positions.changelog_ends[i]) {
            return false;
        }
    }
    return true;
}

void lane_start_restoring(struct lane *lane) {
    struct error error;
    turn_look(&lane->turn, &lane->setup->clock);
    switch (restore_step(&lane->restore, lane->setup->call_ms, &error)) {
    case RESTORE_MORE:
        lane->backoff = (struct lane_backoff){0};
        tell_progress(lane);
        lane_report(lane, lane_tick(lane), false);
        break;
    case RESTORE_IDLE:
        lane->due_ms = lane_tick(lane) + LANE_RETRY_MS;
        lane_report(lane, lane_tick(lane), true);
        break;
    case RESTORE_CLEARED:
        tell_cleared(lane, &error);
        break;
    case RESTORE_WAITING:
        wait_a_while(lane, &error);
        break;
    case RESTORE_DONE:
        logger_info(&lane->logger, "restored",
                    LOGGER_FIELDS(logger_number("records", (int64_t)lane->restore.records)));
        restore_end(&lane->restore);
        assert(is_restored(lane));
        FAULT("restore.end");
        memcpy(lane->changelogs_next, lane->restore.next, sizeof lane->changelogs_next);
        lane->backoff = (struct lane_backoff){0};
        lane_enter(lane, LANE_STATE_STARTING, NULL);
        break;
    case RESTORE_STOPPED:
        lane_die(lane, &error);
        break;
    case RESTORE_DENIED:
        lane_finish(lane, LANE_END_DENIED, &error);
        break;
    case RESTORE_FAILED:
        error.result = error.result == RESULT_DOUBTFUL ? RESULT_DOUBTFUL : RESULT_FAILED;
        lane_fall(lane, &error, error.result);
        break;
    }
}

/* True: the processor is started. */
static bool start_processor(struct lane *lane) {
    struct error error;
    lane->identity.partition = lane->partition;
    lane->identity.partitions = lane->setup->partitions;
    lane->identity.alive = alive;
    lane->identity.alive_context = lane;
    lane->identity.input_end_now = input_end_now;
    lane->identity.input_end_context = lane;
    turn_look(&lane->turn, &lane->setup->clock);
    const enum result result =
        lane->processor.started(lane->processor.self, &lane->identity, &lane->turn, &error);
    switch (result) {
    case RESULT_OK:
        lane->started = true;
        break;
    case RESULT_AGAIN:
        batch_reset(&lane->turn.batch);
        wait_a_while(lane, &error);
        break;
    default:
        lane_fall(lane, &error, result);
        break;
    }
    return lane->started;
}

void lane_start_starting(struct lane *lane) {
    struct error error;
    /* The last init wins, not the newest assignment: whoever was slow must not go on. */
    if (!lane->log.owned(lane->log.self)) {
        error_set(&error, RESULT_FENCED, "partition %d is not ours any more", lane->partition);
        lane_finish(lane, LANE_END_NOT_OWNED, &error);
        return;
    }
    if (!lane->started && !start_processor(lane)) {
        return;
    }
    FAULT("start.before");
    const enum result result =
        lane->log.start(lane->log.self, lane->positions.inputs, lane->setup->call_ms, &error);
    switch (result) {
    case RESULT_OK:
        for (uint32_t i = 0; i < lane->topology->inputs_count; i++) {
            lane->inputs[i].next = lane->positions.inputs[i];
        }
        logger_info(&lane->logger, "lane works", LOGGER_NO_FIELDS);
        lane_enter(lane, LANE_STATE_WORKING, NULL);
        FAULT("start.after");
        break;
    case RESULT_AGAIN:
        lane->due_ms = lane_tick(lane) + LANE_RETRY_MS;
        break;
    default:
        lane_fall(lane, &error, result);
        break;
    }
}
