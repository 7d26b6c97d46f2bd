/* A lane's turns: take inputs by precedence, let the processor tick, close the batch in time. */
#include <assert.h>

#include "loop/lane_inside.h"
#include "ports/fault.h"

/* Show whether an input has to wait, and why. */
static void show_waiting(struct lane *lane, const struct error *error) {
    if (lane->state == LANE_STATE_STOPPED) {
        return;
    }
    if (error != NULL) {
        logger_warning(&lane->logger, "lane waits", LOGGER_FIELDS(logger_error_field(error)));
        lane_enter(lane, LANE_STATE_WAITING, error);
        return;
    }
    for (uint32_t i = 0; i < lane->topology->inputs_count; i++) {
        if (lane->inputs[i].backoff.until_ms != 0) {
            return;
        }
    }
    lane_enter(lane, LANE_STATE_WORKING, NULL);
}

/* An input holds what cannot be read, or has lost it: no more inputs, but replies that are out are
 * still taken, so that nothing is lost that another binary could not find again. */
static void stop(struct lane *lane, const struct error *error) {
    lane_lament(lane, error);
    lane->inputs_closed = true;
    if (!lane->draining) {
        lane->draining = true;
        lane->drain_cause = DRAIN_STOPPING;
        lane->drain_deadline_ms = INT64_MAX;
    }
    lane_enter(lane, LANE_STATE_STOPPED, error);
}

static void release(struct lane *lane, struct lane_input *input) {
    lane->log.release(lane->log.self, &input->batch);
    input->batch = (struct log_batch){0};
    input->taken = 0;
}

static void note_handled(struct lane *lane, struct lane_input *input, int64_t offset) {
    assert(offset >= input->next);
    input->next = offset + 1;
    input->taken++;
    lane->handled++;
    if (input->backoff.until_ms != 0) {
        input->backoff = (struct lane_backoff){0};
        show_waiting(lane, NULL);
    }
}

/* Handle one record. True: it was handled, and the next one may be. */
static bool handle(struct lane *lane, uint32_t which) {
    struct lane_input *input = &lane->inputs[which];
    const struct log_record *record = &input->batch.records[input->taken];
    const struct batch_place before = batch_here(&lane->turn.batch);
    struct error error;
    const enum result result =
        lane->processor.handle(lane->processor.self, which, record, &lane->turn, &error);
    const bool changed = batch_changed(&lane->turn.batch, &before);
    assert(!changed || (result != RESULT_AGAIN && result != RESULT_INVALID));
    if (!changed) {
        batch_rewind(&lane->turn.batch, &before);
    }
    if (result == RESULT_AGAIN || result == RESULT_INVALID) {
        error_wrap(&error, "%s partition %d offset %lld", record->topic, record->partition,
                   (long long)record->offset);
    }
    switch (result) {
    case RESULT_OK:
        note_handled(lane, input, record->offset);
        FAULT("turn.handled");
        break;
    case RESULT_AGAIN:
        lane_back_off(&input->backoff, lane->turn.monotonic_ms);
        show_waiting(lane, &error);
        break;
    case RESULT_INVALID:
        stop(lane, &error);
        break;
    default:
        lane_fall(lane, &error, result);
        break;
    }
    return result == RESULT_OK;
}

static bool has_room(const struct lane *lane) {
    return lane->handled < lane->setup->options->batch_records_max && turn_has_room(&lane->turn);
}

/* Take a slice of one input. Returns how many records were handled. */
static uint32_t take_input(struct lane *lane, uint32_t which) {
    struct lane_input *input = &lane->inputs[which];
    struct error error;
    if (input->batch.count == 0) {
        const enum result result = lane->log.poll(
            lane->log.self, which, lane->setup->options->batch_records_max, &input->batch, &error);
        if (result == RESULT_INVALID) {
            stop(lane, &error);
            return 0;
        }
        if (result != RESULT_OK) {
            lane_fall(lane, &error, result);
            return 0;
        }
        input->taken = 0;
        if (input->batch.count > 0) {
            FAULT("turn.polled");
        }
    }
    uint32_t handled = 0;
    while (input->taken < input->batch.count && handled < LANE_SLICE_RECORDS && has_room(lane) &&
           handle(lane, which)) {
        handled++;
    }
    if (lane->state != LANE_STATE_ENDED && input->batch.count > 0 &&
        input->taken == input->batch.count) {
        release(lane, input);
    }
    return handled;
}

/* Take from the most urgent input that has something; it is looked for anew each time. An input
 * that must wait holds up the less urgent ones too, so that their order is kept. */
static bool take_inputs(struct lane *lane) {
    for (uint32_t i = 0; i < lane->topology->inputs_count; i++) {
        if (lane->inputs_closed || lane->state == LANE_STATE_ENDED || !has_room(lane) ||
            lane->inputs[i].backoff.until_ms > lane->turn.monotonic_ms) {
            return false;
        }
        if (take_input(lane, i) > 0) {
            return true;
        }
        if (lane->inputs[i].backoff.until_ms != 0) {
            return false;
        }
    }
    return false;
}

/* What a tick or a drain came to. */
static void take_result(struct lane *lane, const struct batch_place *before, enum result result,
                        const struct error *error) {
    if (!batch_changed(&lane->turn.batch, before)) {
        batch_rewind(&lane->turn.batch, before);
    }
    if (result == RESULT_AGAIN) {
        lane->tick_more = true;
    } else if (result != RESULT_OK) {
        lane_fall(lane, error, result);
    }
}

static void tick(struct lane *lane) {
    const struct batch_place before = batch_here(&lane->turn.batch);
    struct error error;
    if (!turn_has_room(&lane->turn)) {
        lane->tick_more = true;
        return;
    }
    take_result(lane, &before, lane->processor.tick(lane->processor.self, &lane->turn, &error),
                &error);
}

/* Before the tick, which might begin new work if the processor did not know. */
static void drain(struct lane *lane) {
    const struct batch_place before = batch_here(&lane->turn.batch);
    struct error error;
    if (lane->drain_told && lane->processor.drained(lane->processor.self)) {
        return;
    }
    if (!turn_has_room(&lane->turn)) {
        lane->tick_more = true;
        return;
    }
    lane->drain_told = true;
    take_result(lane, &before,
                lane->processor.drain(lane->processor.self, lane->drain_cause, &lane->turn, &error),
                &error);
}

static void take_command(struct lane *lane) {
    const bool told = atomic_load(&lane->command) == LANE_COMMAND_DRAIN;
    if (!told || (lane->draining && lane->drain_deadline_ms != INT64_MAX)) {
        return;
    }
    lane->inputs_closed = true;
    lane->draining = true;
    lane->drain_cause = (enum drain_cause)atomic_load(&lane->command_cause);
    lane->drain_deadline_ms = atomic_load(&lane->command_deadline_ms);
    logger_info(&lane->logger, "draining", LOGGER_NO_FIELDS);
    FAULT("drain.begin");
}

/* Has the turn something to commit, and since when? */
static void look_at_content(struct lane *lane, bool took) {
    const bool changed = lane->turn.batch.changes != lane->changes_seen;
    lane->changes_seen = lane->turn.batch.changes;
    if (lane->handled == 0 && batch_is_empty(&lane->turn.batch)) {
        lane->content_ms = INT64_MAX;
        return;
    }
    if (lane->content_ms == INT64_MAX) {
        lane->content_ms = lane->turn.monotonic_ms;
        lane->changed_ms = lane->turn.monotonic_ms;
    }
    if (changed || took) {
        lane->changed_ms = lane->turn.monotonic_ms;
    }
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* When the batch closes if nothing more comes. */
static int64_t closing_ms(const struct lane *lane) {
    const struct options *options = lane->setup->options;
    if (lane->content_ms == INT64_MAX) {
        return INT64_MAX;
    }
    if (lane->draining || !has_room(lane)) {
        return lane->turn.monotonic_ms;
    }
    return least(lane->content_ms + options->batch_max_ms,
                 lane->changed_ms + options->batch_quiet_ms);
}

/* Everything is handed over, or there is no more time for it. */
static bool drain_ends(const struct lane *lane) {
    return lane->drain_told && lane->drain_deadline_ms != INT64_MAX &&
           lane->content_ms == INT64_MAX &&
           (lane->processor.drained(lane->processor.self) ||
            lane->turn.monotonic_ms >= lane->drain_deadline_ms);
}

/* When to go on if nothing happens before. */
static int64_t next_due_ms(const struct lane *lane, bool took) {
    if (took || lane->tick_more) {
        return lane->turn.monotonic_ms;
    }
    int64_t due_ms =
        least(closing_ms(lane), lane->processor.next_deadline_ms(lane->processor.self));
    for (uint32_t i = 0; i < lane->topology->inputs_count && !lane->inputs_closed; i++) {
        if (lane->inputs[i].backoff.until_ms != 0) {
            /* Those behind it wait for it, whatever their own time is. */
            due_ms = least(due_ms, lane->inputs[i].backoff.until_ms);
            break;
        }
    }
    return lane->draining ? least(due_ms, lane->drain_deadline_ms) : due_ms;
}

static bool goes_on(const struct lane *lane) {
    return !lane->dead && lane->state != LANE_STATE_ENDED;
}

void lane_work(struct lane *lane) {
    if (lane->committing) {
        lane_commit_wait(lane);
        return;
    }
    turn_look(&lane->turn, &lane->setup->clock);
    take_command(lane);
    const bool took = take_inputs(lane);
    lane->tick_more = false;
    if (goes_on(lane) && lane->draining) {
        drain(lane);
    }
    if (goes_on(lane) && lane->drain_told == lane->draining) {
        tick(lane);
    }
    if (!goes_on(lane)) {
        return;
    }
    look_at_content(lane, took);
    if (closing_ms(lane) <= lane->turn.monotonic_ms) {
        lane_commit_begin(lane, lane->turn.monotonic_ms);
    } else if (drain_ends(lane)) {
        FAULT("drain.end");
        lane_finish(lane, LANE_END_ASKED, NULL);
    } else {
        lane->due_ms = next_due_ms(lane, took);
        /* Before it rests what is shown must be true; in between it may be a little old. */
        lane_report(lane, lane->turn.monotonic_ms, lane->due_ms > lane->turn.monotonic_ms);
    }
}
