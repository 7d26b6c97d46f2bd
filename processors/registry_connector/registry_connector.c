#include "registry_connector/registry_connector.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "ports/fault.h"
#include "registry_connector/lane.h"

const struct log_topology registry_connector_topology = {
    .processor = "registry-connector",
    .inputs = {[INPUT_EVIDENCE] = "registry.evidence",
               [INPUT_OPERATIONS] = "registry.operations",
               [INPUT_COMMANDS] = "registry.commands"},
    .inputs_count = 3,
    .outputs = {[OUTPUT_EVENTS] = "registry.events",
                [OUTPUT_STATE] = "registry.state",
                [OUTPUT_DEAD_LETTERS] = "dead-letters"},
    .outputs_count = 3,
    .changelogs = {"registry.state"},
    .changelogs_count = 1,
};

const enum message_type registry_connector_writes[] = {
    MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS, MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED,
    MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED,  MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT,
    MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED,   MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED,
    MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT,      MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED,
    MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN,   MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND,
    MESSAGE_REGISTRY_EVENTS_STREAM_READ,          MESSAGE_REGISTRY_STATE_LEDGER_STATE,
};
const uint32_t registry_connector_writes_count =
    sizeof registry_connector_writes / sizeof registry_connector_writes[0];

static enum result handle(void *self, uint32_t input, const struct log_record *record,
                          struct turn *turn, struct error *error) {
    struct connector_lane *lane = self;
    assert(record->partition == lane->partition);
    switch (input) {
    case INPUT_EVIDENCE:
        return incoming_evidence(lane, record, turn, error);
    case INPUT_OPERATIONS:
        return incoming_operation(lane, record, turn, error);
    default:
        assert(input == INPUT_COMMANDS);
        return incoming_command(lane, record, turn, error);
    }
}

static enum result started(void *self, const struct lane_identity *identity, struct turn *turn,
                           struct error *error) {
    struct connector_lane *lane = self;
    assert(identity->partition == lane->partition && identity->partitions > 0);
    lane->identity = *identity;
    lane->started_ms = turn_monotonic_ms(turn);
    for (uint32_t i = 0; i < lane->registries_count; i++) {
        struct lane_registry *registry = &lane->registries[i];
        const uint32_t lanes = (uint32_t)identity->partitions;
        registry->slots = (registry->config->in_flight_max + lanes - 1) / lanes;
        assert(registry->slots > 0);
    }
    return memory_build(lane, turn, error);
}

static enum result tick(void *self, struct turn *turn, struct error *error) {
    struct connector_lane *lane = self;
    lane->retry_ms = INT64_MAX;
    enum result result = settling_replies(lane, turn, error);
    if (result == RESULT_OK) {
        result = reading_hear(lane, turn, error);
    }
    if (result == RESULT_OK) {
        result = settling_held(lane, turn, error);
    }
    if (result == RESULT_OK && !lane->draining) {
        result = sending_withdraw_withheld(lane, turn, error);
    }
    if (result == RESULT_OK) {
        result = sending_intend(lane, turn, error);
    }
    if (result == RESULT_OK && !lane->draining) {
        result = asking_ask(lane, turn, error);
    }
    if (result == RESULT_OK && !lane->draining) {
        result = reading_begin(lane, turn, error);
    }
    if (lane->in_hand != NULL) {
        FAULT("outcome.before-commit");
    }
    if (result == RESULT_OK && !lane->draining) {
        quarantines_tick(&lane->quarantines, &lane->identity, INPUT_OPERATIONS);
    }
    gauges_show(lane);
    return result;
}

static void committed(void *self) {
    struct connector_lane *lane = self;
    if (lane->in_hand != NULL) {
        FAULT("outcome.after-commit");
    }
    settling_committed(lane);
    sending_start(lane);
    gauges_show(lane);
}

static enum result drain(void *self, enum drain_cause cause, struct turn *turn,
                         struct error *error) {
    struct connector_lane *lane = self;
    lane->draining = true;
    if (lane->flights.staged != NULL) {
        return RESULT_AGAIN; /* intents of this very turn: they are withdrawn in the next */
    }
    return sending_withdraw(lane, cause, turn, error);
}

static bool drained(void *self) {
    const struct connector_lane *lane = self;
    uint32_t in_flight = 0;
    for (uint32_t i = 0; i < lane->registries_count; i++) {
        in_flight += lane->registries[i].in_flight;
    }
    return lane->draining && in_flight == 0 && lane->replies_done == lane->replies_count;
}

static int wait_fd(void *self) {
    return ((const struct connector_lane *)self)->epoll;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t next_deadline_ms(void *self) {
    const struct connector_lane *lane = self;
    int64_t next_ms = lane->retry_ms;
    if (lane->retry_ms == INT64_MAX) {
        next_ms = least(settling_next_ms(lane), sending_next_ms(lane));
        next_ms = least(next_ms, asking_next_ms(lane));
        next_ms = least(next_ms, reading_next_ms(lane));
    }
    if (!lane->draining) {
        next_ms = least(next_ms, quarantines_next_ms(&lane->quarantines));
    }
    for (uint32_t i = 0; i < lane->registries_count; i++) {
        const struct registry *registry = &lane->registries[i].registry;
        next_ms = least(next_ms, registry->next_deadline_ms(registry->self));
    }
    return next_ms;
}

static void lane_free(struct connector_lane *lane) {
    if (lane->cache != NULL) {
        schema_cache_close(lane->cache);
        lane->schemas.close(lane->schemas.self);
    }
    if (lane->epoll >= 0) {
        (void)close(lane->epoll);
    }
    quarantines_deinit(&lane->quarantines);
    free(lane->held);
    free(lane);
}

static void lane_close(void *self) {
    struct connector_lane *lane = self;
    gauges_clear(lane);
    settling_hand_over(lane);
    lane_free(lane);
}

static const struct registry_adapter *adapter_by_name(
    const struct registry_connector_config *config, const char *name) {
    for (uint32_t i = 0; i < config->adapters_count; i++) {
        if (strcmp(config->adapters[i].name, name) == 0) {
            return &config->adapters[i];
        }
    }
    return NULL;
}

static enum result open_registry(const struct registry_connector_config *config,
                                 const struct registry_config *wanted, struct registry *registry,
                                 struct error *error) {
    const struct registry_adapter *adapter = adapter_by_name(config, wanted->adapter);
    if (adapter == NULL) {
        (void)error_set(error, RESULT_INVALID,
                        "registries.%s.adapter is \"%s\"; there is no such adapter", wanted->name,
                        wanted->adapter);
        return RESULT_INVALID;
    }
    return adapter->open(adapter->self, wanted, &config->clock, registry, error);
}

/* Registries are opened last, and closed by themselves where one of them fails. */
static enum result open_registries(struct connector_lane *lane, struct error *error) {
    const struct registry_connector_config *config = lane->config;
    for (uint32_t i = 0; i < config->registries_count; i++) {
        struct lane_registry *registry = &lane->registries[i];
        registry->config = &config->registries[i];
        enum result result = open_registry(config, registry->config, &registry->registry, error);
        struct epoll_event event = {.events = EPOLLIN};
        if (result == RESULT_OK &&
            epoll_ctl(lane->epoll, EPOLL_CTL_ADD,
                      registry->registry.wait_fd(registry->registry.self), &event) != 0) {
            registry->registry.close(registry->registry.self);
            result = error_set(error, RESULT_FAILED, "epoll_ctl: %s", strerror(errno));
        }
        if (result != RESULT_OK) {
            for (uint32_t j = 0; j < lane->registries_count; j++) {
                lane->registries[j].registry.close(lane->registries[j].registry.self);
            }
            return result;
        }
        lane->registries_count++;
    }
    return RESULT_OK;
}

static enum result open_reading(struct connector_lane *lane, struct error *error) {
    const struct registry_connector_config *config = lane->config;
    const enum result result = config->schemas_open(config->schemas_context, &lane->schemas, error);
    if (result != RESULT_OK) {
        return result;
    }
    lane->cache = schema_cache_open(&lane->schemas, config->schemas_directory);
    for (uint32_t i = 0; i < registry_connector_writes_count; i++) {
        const enum message_type type = registry_connector_writes[i];
        assert(config->emitter->schema_ids[type] >= 0);
        schema_cache_add_own(lane->cache, config->emitter->schema_ids[type], type);
    }
    return RESULT_OK;
}

static enum result lane_open(void *self, int32_t partition, struct processor *processor,
                             struct error *error) {
    const struct registry_connector_config *config = self;
    struct connector_lane *lane = calloc(1, sizeof *lane);
    if (lane == NULL) {
        return error_set(error, RESULT_FAILED, "no memory for a lane of the connector");
    }
    lane->config = config;
    lane->partition = partition;
    lane->logger = logger_for(&config->logger, "registry-connector", partition);
    lane->retry_ms = INT64_MAX;
    quarantines_init(&lane->quarantines, config->options, &config->process, &config->clock,
                     &lane->logger);
    lane->epoll = epoll_create1(EPOLL_CLOEXEC);
    enum result result =
        lane->epoll >= 0 ? open_reading(lane, error)
                         : error_set(error, RESULT_FAILED, "epoll_create1: %s", strerror(errno));
    if (result == RESULT_OK) {
        result = open_registries(lane, error);
    }
    if (result != RESULT_OK) {
        lane_free(lane);
        return result;
    }
    *processor = (struct processor){
        .self = lane,
        .restore = ledger_restore,
        .started = started,
        .handle = handle,
        .tick = tick,
        .committed = committed,
        .drain = drain,
        .drained = drained,
        .wait_fd = wait_fd,
        .next_deadline_ms = next_deadline_ms,
        .close = lane_close,
    };
    return RESULT_OK;
}

enum result registry_connector_check(const struct registry_connector_config *config,
                                     struct error *error) {
    if (config->registries_count == 0) {
        return error_set(error, RESULT_INVALID,
                         "no registry is configured: set registries.NAME.adapter and "
                         "registries.NAME.address");
    }
    if (config->registries_count > REGISTRIES_MAX) {
        return error_set(error, RESULT_INVALID, "%u registries are configured; at most %d",
                         config->registries_count, REGISTRIES_MAX);
    }
    for (uint32_t i = 0; i < config->registries_count; i++) {
        const struct registry_config *wanted = &config->registries[i];
        if (wanted->in_flight_max == 0) {
            return error_set(error, RESULT_INVALID,
                             "registry %s: in_flight_max is 0: nothing "
                             "would ever be sent",
                             wanted->name);
        }
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(wanted->name, config->registries[j].name) == 0) {
                return error_set(error, RESULT_INVALID, "registry %s is configured twice",
                                 wanted->name);
            }
        }
        struct registry registry;
        const enum result result = open_registry(config, wanted, &registry, error);
        if (result != RESULT_OK) {
            return result;
        }
        registry.close(registry.self);
    }
    return RESULT_OK;
}

struct processor_kind registry_connector_kind(const struct registry_connector_config *config) {
    assert(config != NULL && config->options != NULL && config->emitter != NULL);
    assert(config->late_replies != NULL && config->registries_count > 0);
    assert(config->state_format >= 1 && config->state_format <= SUBMISSION_FORMAT_VERSION);
    return (struct processor_kind){
        .topology = &registry_connector_topology,
        .tables = TABLES_COUNT,
        .self = (void *)config,
        .lane_open = lane_open,
    };
}
