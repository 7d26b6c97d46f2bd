#include "loop/lane.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "loop/lane_inside.h"

static const char *const end_names[] = {
    [LANE_END_NONE] = "none",     [LANE_END_ASKED] = "asked",         [LANE_END_ANEW] = "anew",
    [LANE_END_FENCED] = "fenced", [LANE_END_NOT_OWNED] = "not-owned", [LANE_END_DENIED] = "denied",
    [LANE_END_FAILED] = "failed",
};

int64_t lane_tick(struct lane *lane) {
    const int64_t now_ms = lane->setup->clock.monotonic_ms(lane->setup->clock.self);
    atomic_store(&lane->ticked_ms, now_ms);
    return now_ms;
}

void lane_back_off(struct lane_backoff *backoff, int64_t now_ms) {
    const int32_t step_ms = backoff->step_ms == 0 ? LANE_BACKOFF_FIRST_MS : backoff->step_ms * 2;
    backoff->step_ms = step_ms < LANE_BACKOFF_MAX_MS ? step_ms : LANE_BACKOFF_MAX_MS;
    backoff->until_ms = now_ms + backoff->step_ms;
}

/* --- What others see. --- */

void lane_report(struct lane *lane, int64_t now_ms, bool now) {
    if (!now && now_ms - lane->reported_ms < LANE_REPORT_MS) {
        return;
    }
    lane->reported_ms = now_ms;
    int64_t lags[LOG_TOPICS_MAX];
    /* One that stopped while it worked falls behind, and that is to be seen. */
    const bool reading = lane->state == LANE_STATE_WORKING || lane->state == LANE_STATE_WAITING ||
                         (lane->state == LANE_STATE_STOPPED && lane->started);
    for (uint32_t i = 0; i < lane->topology->inputs_count; i++) {
        const int64_t end = reading ? lane->log.input_end(lane->log.self, i) : -1;
        lags[i] = end < 0 ? -1 : end < lane->inputs[i].next ? 0 : end - lane->inputs[i].next;
    }
    pthread_mutex_lock(&lane->mutex);
    struct lane_status *status = &lane->status;
    status->state = lane->state;
    status->end = lane->end;
    status->restore_remaining =
        lane->state == LANE_STATE_RESTORING ? restore_remaining(&lane->restore) : 0;
    memcpy(status->lags, lags, lane->topology->inputs_count * sizeof lags[0]);
    status->transactions = lane->transactions;
    status->records = lane->records;
    status->incarnation = lane->identity.incarnation;
    pthread_mutex_unlock(&lane->mutex);
}

static void set_reason(struct lane *lane, const struct error *error) {
    pthread_mutex_lock(&lane->mutex);
    lane->status.reason[0] = '\0';
    if (error != NULL) {
        memcpy(lane->status.reason, error->text, sizeof lane->status.reason);
    }
    pthread_mutex_unlock(&lane->mutex);
}

void lane_enter(struct lane *lane, enum lane_state state, const struct error *error) {
    lane->state = state;
    set_reason(lane, error);
    lane_report(lane, lane_tick(lane), true);
}

bool lane_ended(const struct lane *lane) {
    return atomic_load(&lane->ended);
}

int64_t lane_ticked_ms(const struct lane *lane) {
    return atomic_load(&lane->ticked_ms);
}

void lane_status(struct lane *lane, struct lane_status *status) {
    pthread_mutex_lock(&lane->mutex);
    *status = lane->status;
    pthread_mutex_unlock(&lane->mutex);
    status->ticked_ms = lane_ticked_ms(lane);
}

/* --- Its end. --- */

void lane_lament(const struct lane *lane, const struct error *error) {
    logger_error(&lane->logger, "lane stopped and does not go on by itself",
                 LOGGER_FIELDS(logger_error_field(error)));
}

void lane_die(struct lane *lane, const struct error *error) {
    lane->dead = true;
    lane->inputs_closed = true;
    lane->committing = false;
    lane_lament(lane, error);
    lane_enter(lane, LANE_STATE_STOPPED, error);
}

void lane_fall(struct lane *lane, const struct error *error, enum result result) {
    assert(result != RESULT_OK && result != RESULT_AGAIN);
    switch (result) {
    case RESULT_INVALID:
        lane_die(lane, error);
        break;
    case RESULT_FENCED:
        lane_finish(lane, LANE_END_FENCED, error);
        break;
    case RESULT_DENIED:
        lane_finish(lane, LANE_END_DENIED, error);
        break;
    case RESULT_DOUBTFUL:
        /* What the lane or its store knows cannot be relied on: the log can. */
        lane_begin_anew(lane, METRIC_REBUILT_STORE, error);
        break;
    default:
        lane_finish(lane, LANE_END_FAILED, error);
        break;
    }
}

static void close_all(struct lane *lane) {
    /* First of all calls that are out are handed to whoever waits for late replies. */
    if (lane->processor_open) {
        lane->processor.close(lane->processor.self);
    }
    if (lane->restore.turn != NULL) {
        restore_end(&lane->restore);
    }
    for (uint32_t i = 0; i < lane->topology->inputs_count; i++) {
        if (lane->inputs[i].batch.count > 0) {
            lane->log.release(lane->log.self, &lane->inputs[i].batch);
        }
    }
    lane->log.close(lane->log.self);
    if (lane->store_open) {
        lane->store.close(lane->store.self);
    }
    turn_close(&lane->turn);
}

void lane_finish(struct lane *lane, enum lane_end end, const struct error *error) {
    assert(lane->state != LANE_STATE_ENDED && end != LANE_END_NONE);
    const struct logger_field fields[] = {
        logger_string("end", end_names[end]),
        error == NULL ? (struct logger_field){.name = NULL} : logger_error_field(error),
        {.name = NULL},
    };
    logger_say(&lane->logger, end == LANE_END_ASKED ? LOGGER_LEVEL_INFO : LOGGER_LEVEL_WARNING,
               "lane ended", fields);
    close_all(lane);
    lane->end = end;
    lane->committing = false;
    lane_enter(lane, LANE_STATE_ENDED, error);
    atomic_store(&lane->ended, true);
}

void lane_begin_anew(struct lane *lane, enum metric_rebuilt_cause cause,
                     const struct error *error) {
    counts_add(lane->setup->counts, METRIC_PRODUCERS_REBUILT, (uint32_t)cause, 0);
    lane_finish(lane, LANE_END_ANEW, error);
}

/* --- Its steps. --- */

static void step_stopped(struct lane *lane) {
    if (!lane->dead) {
        lane_work(lane);
    } else {
        lane->due_ms = INT64_MAX;
    }
}

static void step_ended(struct lane *lane) {
    (void)lane;
}

static void (*const steps[])(struct lane *lane) = {
    [LANE_STATE_OPENING] = lane_start_opening,
    [LANE_STATE_FENCING] = lane_start_fencing,
    [LANE_STATE_LOCATING] = lane_start_locating,
    [LANE_STATE_RESTORING] = lane_start_restoring,
    [LANE_STATE_STARTING] = lane_start_starting,
    [LANE_STATE_WORKING] = lane_work,
    [LANE_STATE_WAITING] = lane_work,
    [LANE_STATE_STOPPED] = step_stopped,
    [LANE_STATE_ENDED] = step_ended,
};

/* A lane that has no work to hand over ends as soon as it is asked to drain. */
static bool ends_at_once(const struct lane *lane, enum lane_command command) {
    const bool works =
        !lane->dead && (lane->state == LANE_STATE_WORKING || lane->state == LANE_STATE_WAITING ||
                        lane->state == LANE_STATE_STOPPED);
    return command == LANE_COMMAND_CLOSE || (command == LANE_COMMAND_DRAIN && !works);
}

bool lane_step(struct lane *lane) {
    const enum lane_command command = (enum lane_command)atomic_load(&lane->command);
    lane->due_ms = lane_tick(lane);
    if (lane->state != LANE_STATE_ENDED && ends_at_once(lane, command)) {
        lane_finish(lane, LANE_END_ASKED, NULL);
    }
    steps[lane->state](lane);
    (void)lane_tick(lane);
    return lane->state != LANE_STATE_ENDED;
}

int64_t lane_due_ms(const struct lane *lane) {
    return lane->due_ms;
}

int lane_log_fd(const struct lane *lane) {
    const bool reads = lane->state == LANE_STATE_WORKING || lane->state == LANE_STATE_WAITING;
    return reads ? lane->log.wait_fd(lane->log.self) : -1;
}

int lane_processor_fd(const struct lane *lane) {
    const bool ticks =
        !lane->dead && (lane->state == LANE_STATE_WORKING || lane->state == LANE_STATE_WAITING ||
                        lane->state == LANE_STATE_STOPPED);
    return ticks ? lane->processor.wait_fd(lane->processor.self) : -1;
}

/* --- From other threads. --- */

/* Commands are only ever raised: a close is never taken back by a drain. */
static void raise_command(struct lane *lane, enum lane_command command) {
    int seen = atomic_load(&lane->command);
    while (seen < (int)command &&
           !atomic_compare_exchange_weak(&lane->command, &seen, (int)command)) {
    }
}

void lane_drain(struct lane *lane, enum drain_cause cause, int64_t deadline_ms) {
    if (atomic_load(&lane->command) == LANE_COMMAND_NONE) {
        atomic_store(&lane->command_cause, (int)cause);
        atomic_store(&lane->command_deadline_ms, deadline_ms);
    }
    raise_command(lane, LANE_COMMAND_DRAIN);
}

void lane_ask_to_close(struct lane *lane) {
    raise_command(lane, LANE_COMMAND_CLOSE);
}

enum result lane_open(const struct lane_setup *setup, int32_t partition, struct lane **lane,
                      struct error *error) {
    assert(setup != NULL && partition >= 0 && partition < setup->partitions);
    struct lane *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_set(error, RESULT_FAILED, "no memory for lane %d", partition);
    }
    opened->setup = setup;
    opened->topology = setup->kind->topology;
    opened->partition = partition;
    opened->logger = logger_for(&setup->logger, "lane", partition);
    opened->content_ms = INT64_MAX;
    opened->status.partition = partition;
    const enum result result =
        setup->log_group->lane_open(setup->log_group->self, partition, &opened->log, error);
    if (result != RESULT_OK) {
        free(opened);
        return result;
    }
    const int failed = pthread_mutex_init(&opened->mutex, NULL);
    assert(failed == 0);
    lane_report(opened, lane_tick(opened), true);
    *lane = opened;
    return RESULT_OK;
}

void lane_close(struct lane *lane) {
    if (!lane_ended(lane)) {
        lane_finish(lane, LANE_END_ASKED, NULL);
    }
    pthread_mutex_destroy(&lane->mutex);
    free(lane);
}
