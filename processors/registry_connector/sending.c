#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "ports/fault.h"
#include "registry_connector/lane.h"

/* The bytes to send: those of the attempts before, else built now. INVALID: none can be. */
static enum result transaction_of(struct handling *handling, const struct lane_registry *registry,
                                  struct registry_transaction *transaction, struct error *error) {
    const struct registry_state_queued_submission *queued = handling->state.work.queued;
    if (submission_prepared(&handling->state, &transaction->id, &transaction->bytes)) {
        return RESULT_OK;
    }
    return registry->registry.prepare(registry->registry.self, &queued->submission_id,
                                      &handling->state.certificate_id, &queued->operation,
                                      turn_arena(handling->turn), transaction, error);
}

/* An order that no transaction can be made of ends as a refusal, with the adapter's words: it was
 * never sent, so there is nothing to be known later, and nobody else has to wait for it. */
static void refuse(struct handling *handling, const struct error *why) {
    const struct registry_state_queued_submission *queued = handling->state.work.queued;
    char *words = arena_take(turn_arena(handling->turn), REGISTRY_TEXT_MAX);
    (void)snprintf(words, REGISTRY_TEXT_MAX, "it was never sent: %s", why->text);
    logger_warning(&handling->lane->logger,
                   "no transaction can be made of a submission; it is refused",
                   LOGGER_FIELDS(logger_uuid("certificate_id", &handling->state.certificate_id),
                                 logger_uuid("submission_id", &queued->submission_id),
                                 logger_error_field(why)));
    const struct submission_input input = {.kind = SUBMISSION_INPUT_REFUSE,
                                           .refuse = text_of(words)};
    struct submission_decision decision;
    ledger_decide(handling, &input, &decision);
    ledger_stage(handling, &decision);
    assert(decision.verdict == SUBMISSION_VERDICT_CHANGED && decision.events_count == 1);
}

static enum result intend_first(struct connector_lane *lane, struct lane_registry *registry,
                                struct turn *turn, struct error *error) {
    const struct lineup_entry *first = lineup_first(&registry->lineup);
    struct handling handling = {.lane = lane, .turn = turn};
    enum result result = ledger_load(&handling, &first->certificate_id, error);
    struct registry_transaction transaction;
    bool impossible = false;
    if (result == RESULT_OK && submission_startable(&handling.state)) {
        result = transaction_of(&handling, registry, &transaction, error);
        impossible = result == RESULT_INVALID;
    }
    if (result != RESULT_OK && !impossible) {
        return result;
    }
    lineup_drop_first(&registry->lineup);
    if (!submission_startable(&handling.state)) {
        return RESULT_OK; /* evidence has settled it meanwhile */
    }
    const struct registry_state_queued_submission *queued = handling.state.work.queued;
    handling.trace.traceparent = queued->traceparent;
    if (impossible) {
        refuse(&handling, error);
        return RESULT_OK;
    }
    const struct submission_input input = {
        .kind = SUBMISSION_INPUT_INTEND,
        .intend = {.transaction_id = transaction.id, .transaction = transaction.bytes},
    };
    struct submission_decision decision;
    ledger_decide(&handling, &input, &decision);
    ledger_stage(&handling, &decision);
    assert(decision.verdict == SUBMISSION_VERDICT_CHANGED && decision.events_count == 1);
    struct flight *older = flights_find(&lane->flights, &handling.state.certificate_id);
    if (older != NULL && older->stage == FLIGHT_STARTED) {
        /* Evidence was faster than its reply. */
        settling_await_late_reply(lane, older);
    }
    const struct registry_events_submission_intended *intended = decision.events[0].body;
    /* Only who wrote the intent sends it. */
    assert(uuid_equal(&intended->incarnation, &lane->identity.incarnation));
    struct flight *flight =
        flights_add(&lane->flights, (uint32_t)(registry - lane->registries), intended);
    flight->operation = metric_operation(&queued->operation);
    circuit_begin(&registry->circuit);
    registry->in_flight++;
    FAULT("intent.staged");
    return RESULT_OK;
}

static bool is_alive(const struct connector_lane *lane) {
    return lane->identity.alive(lane->identity.alive_context);
}

static bool can_go_on(const struct lane_registry *registry, int64_t now_ms) {
    return registry->lineup.count > 0 && registry->in_flight < registry->slots &&
           circuit_allows(&registry->circuit, now_ms);
}

enum result sending_intend(struct connector_lane *lane, struct turn *turn, struct error *error) {
    if (lane->draining) {
        return RESULT_OK;
    }
    if (!is_alive(lane)) {
        /* None of them could be sent. The process may only have stood still for a while. */
        lane->retry_ms = turn_monotonic_ms(turn) + RETRY_MS;
        return RESULT_OK;
    }
    for (uint32_t i = 0; i < lane->registries_count; i++) {
        struct lane_registry *registry = &lane->registries[i];
        while (can_go_on(registry, turn_monotonic_ms(turn))) {
            if (!turn_has_room(turn)) {
                return RESULT_AGAIN;
            }
            const enum result result = intend_first(lane, registry, turn, error);
            if (result == RESULT_AGAIN) {
                lane->retry_ms = turn_monotonic_ms(turn) + RETRY_MS;
                return RESULT_OK;
            }
            if (result != RESULT_OK) {
                return result;
            }
        }
    }
    return RESULT_OK;
}

int64_t sending_next_ms(const struct connector_lane *lane) {
    if (lane->withheld > 0 && !lane->draining) {
        return 0; /* at once */
    }
    int64_t next_ms = INT64_MAX;
    for (uint32_t i = 0; i < lane->registries_count && !lane->draining; i++) {
        const struct lane_registry *registry = &lane->registries[i];
        if (registry->lineup.count > 0 && registry->in_flight < registry->slots &&
            registry->circuit.state == CIRCUIT_OPEN && registry->circuit.until_ms < next_ms) {
            next_ms = registry->circuit.until_ms;
        }
    }
    return next_ms;
}

/* The one place from which anything is sent. */
static void start(struct connector_lane *lane, struct flight *flight) {
    struct lane_registry *registry = &lane->registries[flight->registry];
    const struct flight_subject *subject = &flight->subject;
    const int64_t now_ms = lane->config->clock.monotonic_ms(lane->config->clock.self);
    /* The promise, in one line: these bytes are in a committed intent of this lane's own, and no
     * attempt of it was ever started. The adapter has the other half of the pair. */
    assert(flight->stage == FLIGHT_COMMITTED && flight->transaction.data != NULL);
    const struct registry_request request = {
        .call = subject->call,
        .transaction = {.id = {.data = subject->transaction_id,
                               .length = subject->transaction_id_length},
                        .bytes = flight->transaction},
        .deadline_ms = now_ms + lane->config->options->call_timeout_ms,
    };
    registry->registry.start(registry->registry.self, &request);
    registry->started = true;
    flight->stage = FLIGHT_STARTED;
    flight->started_ms = now_ms;
    free((void *)flight->transaction.data);
    flight->transaction = (struct bytes){.data = NULL};
}

void sending_start(struct connector_lane *lane) {
    /* Oldest first: the list has the newest in front. */
    struct flight *first = NULL;
    while (lane->flights.staged != NULL) {
        struct flight *flight = lane->flights.staged;
        assert(flight->stage == FLIGHT_STAGED);
        lane->flights.staged = flight->staged_next;
        flight->stage = FLIGHT_COMMITTED;
        flight->staged_next = first;
        first = flight;
    }
    while (first != NULL) {
        struct flight *flight = first;
        first = flight->staged_next;
        flight->staged_next = NULL;
        FAULT("intent.committed");
        /* The last look. What it does not let go is withdrawn by the next turn, if this lane has
         * one; else the next owner will say unknown. */
        if (is_alive(lane)) {
            start(lane, flight);
        } else {
            lane->withheld++;
        }
    }
    for (uint32_t i = 0; i < lane->registries_count; i++) {
        struct lane_registry *registry = &lane->registries[i];
        if (registry->started) {
            (void)registry->registry.poll(registry->registry.self, NULL, 0);
            registry->started = false;
        }
    }
}

/* --- Withdrawing. --- */

struct withdrawal {
    struct connector_lane *lane;
    struct turn *turn;
    enum millrace_not_sent_cause cause;
    bool withheld_only; /* not what was given to an adapter */
    uint32_t count;     /* of what was withdrawn */
    enum result result;
    struct error *error;
};

/* Nothing of it was or will be handed over: destroyed first, and only then written down. */
static bool destroy(struct connector_lane *lane, const struct flight *flight) {
    const struct lane_registry *registry = &lane->registries[flight->registry];
    return flight->stage == FLIGHT_COMMITTED ||
           (flight->stage == FLIGHT_STARTED &&
            registry->registry.withdraw(registry->registry.self, &flight->subject.call));
}

static void withdraw(void *context, struct flight *flight) {
    struct withdrawal *withdrawal = context;
    struct connector_lane *lane = withdrawal->lane;
    if (withdrawal->result != RESULT_OK || flight->stage == FLIGHT_UNKNOWN ||
        flight->stage == FLIGHT_OUTLIVED ||
        (withdrawal->withheld_only && flight->stage != FLIGHT_COMMITTED)) {
        return;
    }
    if (!turn_has_room(withdrawal->turn)) {
        withdrawal->result = RESULT_AGAIN;
        return;
    }
    struct handling handling = {.lane = lane, .turn = withdrawal->turn};
    const struct registry_call call = flight->subject.call;
    withdrawal->result = ledger_load(&handling, &call.certificate_id, withdrawal->error);
    if (withdrawal->result != RESULT_OK || !destroy(lane, flight)) {
        return;
    }
    if (flight->stage == FLIGHT_COMMITTED) {
        assert(lane->withheld > 0);
        lane->withheld--;
    }
    FAULT("not-sent.destroyed");
    circuit_withdrawn(&lane->registries[flight->registry].circuit);
    if (flight->stage == FLIGHT_STARTED) {
        settling_count(lane, flight, METRIC_REQUEST_NOT_SENT, turn_monotonic_ms(withdrawal->turn));
    }
    settling_end_flight(lane, flight);
    if (handling.state.work.queued != NULL) {
        handling.trace.traceparent = handling.state.work.queued->traceparent;
    }
    const struct submission_input input = {
        .kind = SUBMISSION_INPUT_REPLY,
        .reply = {.submission_id = call.submission_id,
                  .attempt = call.attempt,
                  .kind = SUBMISSION_REPLY_NOT_SENT,
                  .not_sent_cause = withdrawal->cause},
    };
    struct submission_decision decision;
    ledger_decide(&handling, &input, &decision);
    ledger_stage(&handling, &decision);
    FAULT("not-sent.staged");
    withdrawal->count++;
    if (!lane->draining && submission_startable(&handling.state)) {
        memory_line_up(lane, &handling.state);
    }
}

enum result sending_withdraw_withheld(struct connector_lane *lane, struct turn *turn,
                                      struct error *error) {
    if (lane->withheld == 0) {
        return RESULT_OK;
    }
    struct withdrawal withdrawal = {
        .lane = lane,
        .turn = turn,
        .cause = MILLRACE_NOT_SENT_CAUSE_REVOKED,
        .withheld_only = true,
        .error = error,
    };
    flights_each(&lane->flights, withdraw, &withdrawal);
    if (withdrawal.result == RESULT_AGAIN && turn_has_room(turn)) {
        lane->retry_ms = turn_monotonic_ms(turn) + RETRY_MS; /* one could not be read yet */
        return RESULT_OK;
    }
    assert(withdrawal.result != RESULT_OK || lane->withheld == 0);
    return withdrawal.result;
}

enum result sending_withdraw(struct connector_lane *lane, enum drain_cause cause, struct turn *turn,
                             struct error *error) {
    assert(lane->draining && lane->flights.staged == NULL);
    struct withdrawal withdrawal = {
        .lane = lane,
        .turn = turn,
        .cause = cause == DRAIN_REVOKED ? MILLRACE_NOT_SENT_CAUSE_REVOKED
                                        : MILLRACE_NOT_SENT_CAUSE_SHUTTING_DOWN,
        .error = error,
    };
    flights_each(&lane->flights, withdraw, &withdrawal);
    if (withdrawal.count > 0) {
        logger_info(&lane->logger, "what was not on the wire yet is withdrawn: not sent",
                    LOGGER_FIELDS(logger_number("count", withdrawal.count)));
    }
    return withdrawal.result;
}
