#include "registry_connector/reading.h"

#include <assert.h>
#include <stdlib.h>

#include "ports/fault.h"
#include "registry_connector/gauges.h"
#include "registry_connector/lane.h"

struct reading {
    struct backoff_entry entry; /* while it waits */
    struct uuid certificate_id;
    struct uuid message_id;   /* of the ReadStream */
    int64_t begun_ms;         /* monotonic; once it was begun */
    int64_t sequence;         /* of the ledger when it was begun */
    struct reading *out_next; /* while it is out */
};

bool reading_is_possible(const struct lane_registry *registry) {
    return (registry->registry.capabilities & REGISTRY_CAPABILITY_STREAM) != 0;
}

/* --- In line. --- */

void reading_follow(struct connector_lane *lane, const struct registry_state_ledger_state *state,
                    int64_t now_ms) {
    const struct registry_state_queued_read *wanted = state->work.stream_read;
    if (wanted == NULL) {
        return;
    }
    struct lane_registry *registry = memory_registry(lane, wanted->registry);
    if (registry == NULL || !reading_is_possible(registry)) {
        /* It was possible when it was taken, and the ledger keeps it until it is again. */
        logger_warning(&lane->logger,
                       "a certificate's stream is to be read, and its registry cannot be read any "
                       "more: give the connector the registry's former settings",
                       LOGGER_FIELDS(logger_uuid("certificate_id", &state->certificate_id),
                                     logger_text("registry", wanted->registry)));
        return;
    }
    struct reading *reading = calloc(1, sizeof *reading);
    assert(reading != NULL);
    reading->certificate_id = state->certificate_id;
    reading->message_id = wanted->message_id;
    registry->readings.open++;
    backoff_queue_add(&registry->readings.queue, &reading->entry, now_ms);
    FAULT("reading.wanted");
}

/* It is over: it stands nowhere any more. */
static void release(struct readings *readings, struct reading *reading) {
    assert(readings->open > 0);
    readings->open--;
    free(reading);
}

/* NULL: nobody is due, or as many are out as may be. */
static struct reading *due(const struct readings *readings, int64_t now_ms) {
    if (readings->out_count == READING_OUT_MAX) {
        return NULL;
    }
    return (struct reading *)backoff_queue_due(&readings->queue, now_ms); /* its first member */
}

/* --- Out. --- */

static void go_out(struct readings *readings, struct reading *reading) {
    reading->out_next = readings->out;
    readings->out = reading;
    readings->out_count++;
}

static struct reading *come_back(struct readings *readings, const struct uuid *certificate_id) {
    struct reading **link = &readings->out;
    while (!uuid_equal(&(*link)->certificate_id, certificate_id)) {
        link = &(*link)->out_next;
        assert(*link != NULL); /* nobody asked */
    }
    struct reading *reading = *link;
    *link = reading->out_next;
    reading->out_next = NULL;
    assert(readings->out_count > 0);
    readings->out_count--;
    return reading;
}

static bool is_out(const struct readings *readings, const struct uuid *certificate_id) {
    const struct reading *reading = readings->out;
    while (reading != NULL && !uuid_equal(&reading->certificate_id, certificate_id)) {
        reading = reading->out_next;
    }
    return reading != NULL;
}

/* Is it this that the ledger still waits for? */
static bool is_wanted(const struct reading *reading,
                      const struct registry_state_ledger_state *state) {
    const struct registry_state_queued_read *wanted = state->work.stream_read;
    return wanted != NULL && uuid_equal(&wanted->message_id, &reading->message_id);
}

static enum result begin_one(struct connector_lane *lane, struct lane_registry *registry,
                             struct reading *reading, struct turn *turn, struct error *error) {
    struct arena *arena = turn_arena(turn);
    const size_t mark = arena->used;
    struct handling handling = {.lane = lane, .turn = turn};
    const enum result result = ledger_load(&handling, &reading->certificate_id, error);
    if (result != RESULT_OK) {
        return result;
    }
    struct readings *readings = &registry->readings;
    const int64_t now_ms = turn_monotonic_ms(turn);
    backoff_queue_leave(&readings->queue, &reading->entry);
    if (!is_wanted(reading, &handling.state)) {
        release(readings, reading);
    } else if (!submission_readable(&handling.state) ||
               is_out(readings, &reading->certificate_id)) {
        backoff_queue_add_again(&readings->queue, &reading->entry, now_ms);
    } else {
        reading->sequence = handling.state.ledger.sequence;
        reading->begun_ms = now_ms;
        go_out(readings, reading);
        registry->registry.read_stream(registry->registry.self, &reading->certificate_id,
                                       now_ms + lane->config->options->call_timeout_ms);
        FAULT("reading.begun");
    }
    arena->used = mark; /* nothing refers to what was read */
    return RESULT_OK;
}

enum result reading_begin(struct connector_lane *lane, struct turn *turn, struct error *error) {
    assert(!lane->draining);
    const int64_t now_ms = turn_monotonic_ms(turn);
    for (uint32_t i = 0; i < lane->registries_count; i++) {
        struct lane_registry *registry = &lane->registries[i];
        const uint32_t out = registry->readings.out_count;
        struct reading *reading = NULL;
        while ((reading = due(&registry->readings, now_ms)) != NULL) {
            if (!turn_has_room(turn)) {
                return RESULT_AGAIN;
            }
            const enum result result = begin_one(lane, registry, reading, turn, error);
            if (result == RESULT_AGAIN) {
                lane->retry_ms = now_ms + RETRY_MS;
                return RESULT_OK;
            }
            if (result != RESULT_OK) {
                return result;
            }
        }
        if (registry->readings.out_count > out) {
            (void)registry->registry.poll(registry->registry.self, NULL, 0); /* so they leave */
        }
    }
    return RESULT_OK;
}

int64_t reading_next_ms(const struct connector_lane *lane) {
    int64_t next_ms = INT64_MAX;
    for (uint32_t i = 0; i < lane->registries_count && !lane->draining; i++) {
        const struct readings *readings = &lane->registries[i].readings;
        if (readings->out_count == READING_OUT_MAX) {
            continue;
        }
        const int64_t due_ms = backoff_queue_next_ms(&readings->queue);
        next_ms = due_ms < next_ms ? due_ms : next_ms;
    }
    return next_ms;
}

/* --- Answers. --- */

static void say_unread(const struct connector_lane *lane, const struct lane_registry *registry,
                       const struct registry_stream *stream, struct text why) {
    logger_warning(&lane->logger,
                   "a certificate's stream could not be read; it is tried again, at the latest "
                   "after a minute",
                   LOGGER_FIELDS(logger_uuid("certificate_id", &stream->certificate_id),
                                 logger_string("registry", registry->config->name),
                                 logger_text("err.msg", why)));
}

/* READ: its StreamRead is staged. Else it is tried again, as long as it is wanted. */
static enum metric_reading_result use(struct handling *handling,
                                      const struct lane_registry *registry,
                                      const struct reading *reading,
                                      const struct registry_stream *stream) {
    if (!is_wanted(reading, &handling->state)) {
        return METRIC_READING_USELESS;
    }
    if (!stream->is_read) {
        say_unread(handling->lane, registry, stream, stream->words);
        return METRIC_READING_FAILED;
    }
    const struct registry_state_queued_read *wanted = handling->state.work.stream_read;
    handling->trace.traceparent = wanted->traceparent;
    const struct submission_input input = {.kind = SUBMISSION_INPUT_STREAM,
                                           .stream = {.sequence = reading->sequence,
                                                      .slices = stream->slices,
                                                      .slices_count = stream->slices_count,
                                                      .withdrawn = stream->withdrawn,
                                                      .transactions = stream->transactions}};
    struct submission_decision decision;
    ledger_decide(handling, &input, &decision);
    ledger_stage(handling, &decision);
    if (decision.events_count > 0) {
        FAULT("reading.staged");
        return METRIC_READING_READ;
    }
    if (stream->transactions < handling->state.ledger.stream_transactions) {
        say_unread(handling->lane, registry, stream,
                   text_of("it has fewer transactions than it had once"));
        return METRIC_READING_FAILED;
    }
    return METRIC_READING_USELESS;
}

static enum result hear_one(struct connector_lane *lane, struct lane_registry *registry,
                            const struct registry_stream *stream, struct turn *turn,
                            struct error *error) {
    struct readings *readings = &registry->readings;
    struct reading *reading = come_back(readings, &stream->certificate_id);
    const int64_t now_ms = turn_monotonic_ms(turn);
    FAULT("reading.answered");
    counts_observe(lane->config->counts, METRIC_REGISTRY_READING_DURATION,
                   now_ms - reading->begun_ms);
    struct handling handling = {.lane = lane, .turn = turn};
    const enum result result = ledger_load(&handling, &reading->certificate_id, error);
    if (result != RESULT_OK) {
        backoff_queue_add_again(&readings->queue, &reading->entry, now_ms);
        return result == RESULT_AGAIN ? RESULT_OK : result;
    }
    gauges_count_reading(lane, registry, use(&handling, registry, reading, stream));
    if (is_wanted(reading, &handling.state)) {
        backoff_queue_add_again(&readings->queue, &reading->entry, now_ms);
    } else {
        release(readings, reading);
    }
    return RESULT_OK;
}

enum result reading_hear(struct connector_lane *lane, struct turn *turn, struct error *error) {
    for (uint32_t i = 0; i < lane->registries_count; i++) {
        struct lane_registry *registry = &lane->registries[i];
        while (registry->readings.out_count > 0) {
            struct registry_stream stream;
            if (!turn_has_room(turn)) {
                return RESULT_AGAIN;
            }
            if (!registry->registry.stream_answer(registry->registry.self, turn_arena(turn),
                                                  &stream)) {
                break;
            }
            const enum result result = hear_one(lane, registry, &stream, turn, error);
            if (result != RESULT_OK) {
                return result;
            }
        }
    }
    return RESULT_OK;
}

void reading_end(struct lane_registry *registry) {
    struct readings *readings = &registry->readings;
    struct backoff_entry *entry = NULL;
    while ((entry = backoff_queue_first(&readings->queue)) != NULL) {
        backoff_queue_leave(&readings->queue, entry);
        release(readings, (struct reading *)entry); /* its first member */
    }
    while (readings->out != NULL) {
        release(readings, come_back(readings, &readings->out->certificate_id));
    }
    if (reading_is_possible(registry)) {
        registry->registry.forget_streams(registry->registry.self);
    }
}
