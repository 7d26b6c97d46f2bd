#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "ports/fault.h"
#include "registry_connector/lane.h"

void settling_await_late_reply(struct connector_lane *lane, struct flight *flight) {
    assert(flight->stage == FLIGHT_STARTED);
    struct lane_registry *registry = &lane->registries[flight->registry];
    assert(registry->in_flight > 0);
    registry->in_flight--;
    flight->stage = FLIGHT_UNKNOWN;
}

void settling_end_flight(struct connector_lane *lane, struct flight *flight) {
    assert(flight->stage == FLIGHT_COMMITTED || flight->stage == FLIGHT_STARTED);
    struct lane_registry *registry = &lane->registries[flight->registry];
    assert(registry->in_flight > 0);
    registry->in_flight--;
    flights_remove(&lane->flights, flight);
}

static enum submission_reply_kind kind_of(enum registry_reply_kind kind) {
    switch (kind) {
    case REGISTRY_REPLY_ACCEPTED:
        return SUBMISSION_REPLY_ACCEPTED;
    case REGISTRY_REPLY_SUCCEEDED:
        return SUBMISSION_REPLY_SUCCEEDED;
    case REGISTRY_REPLY_REFUSED:
        return SUBMISSION_REPLY_REFUSED;
    case REGISTRY_REPLY_NOT_SENT:
        return SUBMISSION_REPLY_NOT_SENT;
    case REGISTRY_REPLY_UNKNOWN:
        return SUBMISSION_REPLY_UNKNOWN;
    }
    assert(false);
    return SUBMISSION_REPLY_UNKNOWN;
}

static void keep_in_hand(struct connector_lane *lane, const struct flight_subject *subject,
                         const struct registry_reply *reply) {
    struct reply_in_hand *in_hand = malloc(sizeof *in_hand);
    assert(in_hand != NULL);
    *in_hand = (struct reply_in_hand){*subject, *reply, lane->in_hand};
    lane->in_hand = in_hand;
}

void settling_count(struct connector_lane *lane, struct flight *flight,
                    enum metric_request_verdict verdict, int64_t now_ms) {
    if (flight->counted) {
        return; /* a late reply to what was counted as unknown */
    }
    flight->counted = true;
    counts_add(lane->config->counts, METRIC_REGISTRY_REQUESTS, flight->operation,
               (uint32_t)verdict);
    if (verdict != METRIC_REQUEST_NOT_SENT) {
        counts_observe(lane->config->counts, METRIC_REGISTRY_REQUEST_DURATION,
                       now_ms - flight->started_ms);
    }
}

static void count_reply(struct connector_lane *lane, struct flight *flight,
                        enum registry_reply_kind kind, int64_t now_ms) {
    static const enum metric_request_verdict verdicts[] = {
        [REGISTRY_REPLY_SUCCEEDED] = METRIC_REQUEST_SUCCEEDED,
        [REGISTRY_REPLY_REFUSED] = METRIC_REQUEST_REFUSED,
        [REGISTRY_REPLY_NOT_SENT] = METRIC_REQUEST_NOT_SENT,
        [REGISTRY_REPLY_UNKNOWN] = METRIC_REQUEST_UNKNOWN,
    };
    if (kind != REGISTRY_REPLY_ACCEPTED) {
        settling_count(lane, flight, verdicts[kind], now_ms);
    }
}

/* The flight's part in a reply: its slot, and what is still expected of it. */
static void advance_flight(struct connector_lane *lane, struct flight *flight,
                           const struct registry_reply *reply, int64_t now_ms) {
    struct lane_registry *registry = &lane->registries[flight->registry];
    if (circuit_hear(&registry->circuit, reply, now_ms)) {
        logger_warning(
            &lane->logger, "registry is down: nothing is begun there for a while",
            LOGGER_FIELDS(logger_string("registry", registry->config->name),
                          logger_number("wait_ms", registry->circuit.backoff_ms),
                          logger_text("err.msg", (struct text){reply->text, reply->text_length})));
    }
    count_reply(lane, flight, reply->kind, now_ms);
    if (flight->stage == FLIGHT_UNKNOWN || flight->stage == FLIGHT_OUTLIVED) {
        if (reply->kind != REGISTRY_REPLY_UNKNOWN && reply->kind != REGISTRY_REPLY_ACCEPTED) {
            flights_remove(&lane->flights, flight); /* the late reply it was kept for */
        }
        return;
    }
    assert(flight->stage == FLIGHT_STARTED);
    if (reply->kind == REGISTRY_REPLY_UNKNOWN) {
        settling_await_late_reply(lane, flight);
    } else if (reply->kind != REGISTRY_REPLY_ACCEPTED) {
        settling_end_flight(lane, flight);
    }
}

static enum result settle_reply(struct connector_lane *lane, const struct registry_reply *reply,
                                struct turn *turn, struct error *error) {
    struct flight *flight = flights_find_call(&lane->flights, &reply->call);
    if (flight == NULL) {
        return RESULT_OK; /* so late that two submissions have followed */
    }
    struct handling handling = {.lane = lane, .turn = turn};
    const enum result result = ledger_load(&handling, &reply->call.certificate_id, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (handling.state.work.queued != NULL) {
        handling.trace.traceparent = handling.state.work.queued->traceparent;
    }
    const struct flight_subject subject = flight->subject;
    const bool outlived = flight->stage == FLIGHT_OUTLIVED;
    advance_flight(lane, flight, reply, turn_monotonic_ms(turn));
    const struct submission_input input = {
        .kind = SUBMISSION_INPUT_REPLY,
        .reply = {.submission_id = reply->call.submission_id,
                  .attempt = reply->call.attempt,
                  .kind = kind_of(reply->kind),
                  .not_sent_cause = reply->not_sent_cause,
                  .unknown_cause = reply->unknown_cause,
                  .words = {.data = reply->text, .length = reply->text_length}},
    };
    struct submission_decision decision;
    ledger_decide(&handling, &input, &decision);
    ledger_stage(&handling, &decision);
    if (outlived || decision.verdict == SUBMISSION_VERDICT_TESTIFY) {
        late_replies_testify(lane->config->late_replies, &subject, reply);
        return RESULT_OK;
    }
    keep_in_hand(lane, &subject, reply);
    FAULT("outcome.staged");
    if (reply->kind == REGISTRY_REPLY_NOT_SENT && submission_startable(&handling.state)) {
        memory_line_up(lane, &handling.state);
    }
    return RESULT_OK;
}

/* Fetch more replies of any registry. False: there are none. */
static bool fetch(struct connector_lane *lane) {
    lane->replies_count = 0;
    lane->replies_done = 0;
    for (uint32_t i = 0; i < lane->registries_count && lane->replies_count < REPLIES_AT_ONCE; i++) {
        const struct registry *registry = &lane->registries[i].registry;
        lane->replies_count += registry->poll(registry->self, lane->replies + lane->replies_count,
                                              REPLIES_AT_ONCE - lane->replies_count);
    }
    return lane->replies_count > 0;
}

enum result settling_replies(struct connector_lane *lane, struct turn *turn, struct error *error) {
    while (lane->replies_done < lane->replies_count || fetch(lane)) {
        if (!turn_has_room(turn)) {
            return RESULT_AGAIN;
        }
        const struct registry_reply *reply = &lane->replies[lane->replies_done];
        if (reply->to_question) {
            asking_hear(lane, reply);
            lane->replies_done++;
            continue;
        }
        const enum result result = settle_reply(lane, reply, turn, error);
        if (result == RESULT_AGAIN) {
            lane->retry_ms = turn_monotonic_ms(turn) + RETRY_MS;
            return RESULT_OK; /* it stays fetched */
        }
        if (result != RESULT_OK) {
            return result;
        }
        lane->replies_done++;
    }
    return RESULT_OK;
}

enum result settling_held(struct connector_lane *lane, struct turn *turn, struct error *error) {
    if (turn_monotonic_ms(turn) < lane->started_ms + lane->config->options->unknown_after_ms) {
        return RESULT_OK;
    }
    while (lane->held_done < lane->held_count) {
        if (!turn_has_room(turn)) {
            return RESULT_AGAIN;
        }
        struct handling handling = {.lane = lane, .turn = turn};
        struct arena *arena = turn_arena(turn);
        const size_t mark = arena->used;
        const enum result result = ledger_load(&handling, &lane->held[lane->held_done], error);
        if (result == RESULT_AGAIN) {
            lane->retry_ms = turn_monotonic_ms(turn) + RETRY_MS;
            return RESULT_OK;
        }
        if (result != RESULT_OK) {
            return result;
        }
        if (handling.state.work.queued != NULL) {
            handling.trace.traceparent = handling.state.work.queued->traceparent;
        }
        const struct submission_input input = {.kind = SUBMISSION_INPUT_HOLD_OVER};
        struct submission_decision decision;
        ledger_decide(&handling, &input, &decision);
        ledger_stage(&handling, &decision);
        if (decision.verdict == SUBMISSION_VERDICT_NOTHING) {
            arena->used = mark; /* nothing refers to what was read */
        } else {
            FAULT("unknown.staged");
        }
        lane->held_done++;
    }
    return RESULT_OK;
}

int64_t settling_next_ms(const struct connector_lane *lane) {
    return lane->held_done < lane->held_count
               ? lane->started_ms + lane->config->options->unknown_after_ms
               : INT64_MAX;
}

void settling_committed(struct connector_lane *lane) {
    while (lane->in_hand != NULL) {
        struct reply_in_hand *in_hand = lane->in_hand;
        lane->in_hand = in_hand->next;
        free(in_hand);
    }
}

/* --- The end of the lane. --- */

struct hand_over {
    const struct registry *connection;
    struct flight_subject *subjects;
    uint32_t count;
    uint32_t capacity;
    uint32_t registry;
};

static void collect(void *context, const struct flight_subject *subject) {
    struct hand_over *hand_over = context;
    if (hand_over->count == hand_over->capacity) {
        hand_over->capacity = hand_over->capacity == 0 ? 64 : hand_over->capacity * 2;
        hand_over->subjects =
            realloc(hand_over->subjects, hand_over->capacity * sizeof *hand_over->subjects);
        assert(hand_over->subjects != NULL);
    }
    hand_over->subjects[hand_over->count++] = *subject;
}

static void collect_call(void *context, struct flight *flight) {
    struct hand_over *hand_over = context;
    if (flight->registry != hand_over->registry ||
        (flight->stage != FLIGHT_STARTED && flight->stage != FLIGHT_UNKNOWN &&
         flight->stage != FLIGHT_OUTLIVED)) {
        return;
    }
    /* A lane that has ended begins nothing more: what is not on the wire yet never will be. It may
     * not be written down as NotSent any more either, so the next owner will say unknown. */
    if (flight->stage == FLIGHT_STARTED &&
        hand_over->connection->withdraw(hand_over->connection->self, &flight->subject.call)) {
        return;
    }
    collect(hand_over, &flight->subject);
}

static void hand_over_registry(struct connector_lane *lane, uint32_t index) {
    struct lane_registry *registry = &lane->registries[index];
    struct hand_over hand_over = {.connection = &registry->registry, .registry = index};
    flights_each(&lane->flights, collect_call, &hand_over);
    if (hand_over.count > 0) {
        logger_info(&lane->logger,
                    "calls are still out: a reply that comes in time becomes evidence for the next "
                    "owner, to whom the others are unknown",
                    LOGGER_FIELDS(logger_string("registry", registry->config->name),
                                  logger_number("count", hand_over.count)));
    }
    /* The next owner asks anew, but by then the registry may have forgotten. */
    asking_each_out(&registry->asking, collect, &hand_over);
    if (hand_over.count > 0) {
        late_replies_take(lane->config->late_replies, &registry->registry, hand_over.subjects,
                          hand_over.count);
    } else {
        registry->registry.close(registry->registry.self);
    }
    free(hand_over.subjects);
    lineup_deinit(&registry->lineup);
    asking_deinit(&registry->asking);
}

void settling_hand_over(struct connector_lane *lane) {
    FAULT("hand-over.begin");
    for (; lane->replies_done < lane->replies_count; lane->replies_done++) {
        const struct registry_reply *reply = &lane->replies[lane->replies_done];
        if (reply->to_question) {
            asking_hear(lane, reply);
            continue;
        }
        const struct flight *flight = flights_find_call(&lane->flights, &reply->call);
        if (flight != NULL) {
            late_replies_testify(lane->config->late_replies, &flight->subject, reply);
        }
    }
    for (const struct reply_in_hand *in_hand = lane->in_hand; in_hand != NULL;
         in_hand = in_hand->next) {
        late_replies_testify(lane->config->late_replies, &in_hand->subject, &in_hand->reply);
    }
    settling_committed(lane);
    for (uint32_t i = 0; i < lane->registries_count; i++) {
        reading_end(&lane->registries[i]);
        hand_over_registry(lane, i);
    }
    flights_deinit(&lane->flights);
}
