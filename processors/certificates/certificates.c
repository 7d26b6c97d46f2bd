#include "certificates/certificates.h"

#include <assert.h>
#include <stdlib.h>

#include "certificates/lane.h"

const struct log_topology certificates_topology = {
    .processor = "certificates",
    .inputs = {[INPUT_REGISTRY_EVENTS] = "registry.events",
               [INPUT_OPERATIONS] = "certificates.operations",
               [INPUT_COMMANDS] = "certificates.commands"},
    .inputs_count = 3,
    .outputs = {[OUTPUT_EVENTS] = "certificates.events",
                [OUTPUT_STATE] = "certificates.state",
                [OUTPUT_ANSWERS] = "certificates.answers",
                [OUTPUT_REGISTRY_COMMANDS] = "registry.commands",
                [OUTPUT_REGISTRY_OPERATIONS] = "registry.operations",
                [OUTPUT_DEAD_LETTERS] = "dead-letters"},
    .outputs_count = 6,
    .changelogs =
        {[CHANGELOG_STATE] = "certificates.state", [CHANGELOG_ANSWERS] = "certificates.answers"},
    .changelogs_count = 2,
};

const enum message_type certificates_writes[] = {
    MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED,
    MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED,
    MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED,
    MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED,
    MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SLICED,
    MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED,
    MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_WITHDRAWN,
    MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED,
    MESSAGE_CERTIFICATES_EVENTS_RESERVATION_RELEASED,
    MESSAGE_CERTIFICATES_EVENTS_SLICE_ALLOCATED,
    MESSAGE_CERTIFICATES_EVENTS_SLICE_CLAIMED,
    MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED,
    MESSAGE_CERTIFICATES_EVENTS_SLICE_UNCLAIMED,
    MESSAGE_CERTIFICATES_EVENTS_SLICES_RESERVED,
    MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE,
    MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION,
    MESSAGE_REGISTRY_OPERATIONS_READ_STREAM,
};
const uint32_t certificates_writes_count =
    sizeof certificates_writes / sizeof certificates_writes[0];

static enum result handle(void *self, uint32_t input, const struct log_record *record,
                          struct turn *turn, struct error *error) {
    struct certificates_lane *lane = self;
    assert(lane->partitions > 0 && record->partition == lane->partition);
    struct handling handling = {
        .lane = lane, .turn = turn, .record = record, .trace = trace_of(record)};
    return input == INPUT_REGISTRY_EVENTS
               ? outcome_handle(&handling, error)
               : arrival_handle(&handling, input == INPUT_OPERATIONS, error);
}

static enum result started(void *self, const struct lane_identity *identity, struct turn *turn,
                           struct error *error) {
    struct certificates_lane *lane = self;
    assert(identity->partitions > 0 && identity->partition == lane->partition);
    lane->partitions = identity->partitions;
    return seen_know_origins(&lane->origins, TABLE_SEEN, turn, error);
}

/* Everything here follows from records: nothing is out, nothing is due. */
static enum result tick(void *self, struct turn *turn, struct error *error) {
    (void)self;
    (void)turn;
    (void)error;
    return RESULT_OK;
}

static void committed(void *self) {
    (void)self;
}

static enum result drain(void *self, enum drain_cause cause, struct turn *turn,
                         struct error *error) {
    (void)self;
    (void)cause;
    (void)turn;
    (void)error;
    return RESULT_OK;
}

static bool drained(void *self) {
    (void)self;
    return true;
}

static int wait_fd(void *self) {
    (void)self;
    return -1;
}

static int64_t next_deadline_ms(void *self) {
    (void)self;
    return INT64_MAX;
}

static void lane_close(void *self) {
    struct certificates_lane *lane = self;
    schema_cache_close(lane->cache);
    lane->schemas.close(lane->schemas.self);
    free(lane);
}

static enum result lane_open(void *self, int32_t partition, struct processor *processor,
                             struct error *error) {
    const struct certificates_config *config = self;
    struct certificates_lane *lane = calloc(1, sizeof *lane);
    if (lane == NULL) {
        return error_set(error, RESULT_FAILED, "no memory for a lane of certificates");
    }
    lane->config = config;
    lane->partition = partition;
    lane->logger = logger_for(&config->logger, "certificates", partition);
    const enum result result = config->schemas_open(config->schemas_context, &lane->schemas, error);
    if (result != RESULT_OK) {
        free(lane);
        return result;
    }
    lane->cache = schema_cache_open(&lane->schemas, config->schemas_directory);
    for (uint32_t i = 0; i < certificates_writes_count; i++) {
        const enum message_type type = certificates_writes[i];
        assert(config->emitter->schema_ids[type] >= 0);
        schema_cache_add_own(lane->cache, config->emitter->schema_ids[type], type);
    }
    *processor = (struct processor){
        .self = lane,
        .restore = certificates_restore,
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

struct processor_kind certificates_kind(const struct certificates_config *config) {
    assert(config != NULL && config->rules != NULL && config->emitter != NULL);
    assert(config->state_format >= 1 && config->state_format <= CERTIFICATES_FORMAT_VERSION);
    return (struct processor_kind){
        .topology = &certificates_topology,
        .tables = TABLES_COUNT,
        .self = (void *)config,
        .lane_open = lane_open,
    };
}
