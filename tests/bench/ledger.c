/* What the send-once ledger costs: the connector against one that sends without it.
 *
 *   ledger [SUBMISSIONS [PARTITIONS [without|ledger]]]     with MILLRACE_KAFKA_BOOTSTRAP_SERVERS
 *
 * Both run in the same loop, with the same codecs, transactions, adapter and records, at a registry
 * inside the process that answers at once. The one without a ledger starts the call as soon as it
 * reads of it and writes the outcome in the next transaction: it has no queue, intents or state,
 * so whatever is out when it dies is lost, or sent again. Each round begins when all lanes may read
 * and ends when the last outcome is committed. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/metadata.h"
#include "generated/c/registry_commands.h"
#include "generated/c/registry_events.h"
#include "loop/arrival.h"
#include "loop/turn.h"
#include "outside/clock_os/clock_os.h"
#include "registry_connector/registry_connector.h"
#include "tests/bench/support/instant_connector.h"
#include "tests/bench/support/metered.h"
#include "tests/support/instant_registry.h"
#include "wire/message.h"

enum { REPLIES_AT_ONCE = 32 }; /* as the connector */

static const struct millrace_source source = {.name = {"bench", 5}, .version = {"1", 1}};
static struct measure_arguments arguments;
static struct kafka_cluster cluster; /* of this round: topics of its own */

/* --- The connector without a ledger. --- */

/* A call that is out, with all that its outcome has to say. */
struct call {
    struct registry_call call;
    int64_t sequence;
    struct uuid command_id;
    struct uuid correlation_id;
    char transaction_id[64];
};

struct without {
    struct schemas schemas;
    struct schema_cache *cache;
    struct registry registry;
    int32_t partitions;
    struct call calls[INSTANT_REGISTRY_CALLS_MAX]; /* a ring, in the order of the replies */
    uint32_t first;
    uint32_t count;
    uint32_t answerable; /* the first of them: their commands are committed as read */
};

static const struct log_topology without_topology = {
    .processor = "without-ledger",
    .inputs = {"registry.commands"},
    .inputs_count = 1,
    .outputs = {"registry.events"},
    .outputs_count = 1,
};

static enum result without_started(void *self, const struct lane_identity *identity,
                                   struct turn *turn, struct error *error) {
    struct without *lane = self;
    (void)turn;
    (void)error;
    lane->partitions = identity->partitions;
    return RESULT_OK;
}

static enum result without_handle(void *self, uint32_t input, const struct log_record *record,
                                  struct turn *turn, struct error *error) {
    struct without *lane = self;
    struct message message;
    struct wire_failure failure;
    struct misplacement misplacement;
    assert(input == 0);
    enum result result = arrival_read(lane->cache, record, turn, &message, &failure);
    assert(result == RESULT_OK && message.type == MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION);
    const struct registry_commands_submit_transaction *command = message.body;
    const bool placed =
        arrival_is_placed(record, &command->certificate_id, lane->partitions, &misplacement);
    assert(placed && lane->count < INSTANT_REGISTRY_CALLS_MAX);
    struct registry_request request = {
        .call = {.certificate_id = command->certificate_id,
                 .submission_id = command->submission_id,
                 .attempt = 1},
        .deadline_ms = INT64_MAX,
    };
    result = lane->registry.prepare(lane->registry.self, &command->submission_id,
                                    &command->certificate_id, &command->operation, turn_arena(turn),
                                    &request.transaction, error);
    assert(result == RESULT_OK);
    struct call *call = &lane->calls[(lane->first + lane->count++) % INSTANT_REGISTRY_CALLS_MAX];
    *call = (struct call){.call = request.call,
                          .sequence = command->sequence,
                          .command_id = command->metadata.id,
                          .correlation_id = command->metadata.correlation_id};
    assert(request.transaction.id.length == sizeof call->transaction_id);
    memcpy(call->transaction_id, request.transaction.id.data, sizeof call->transaction_id);
    lane->registry.start(lane->registry.self, &request);
    return RESULT_OK;
}

static void emit_outcome(struct turn *turn, const struct call *call,
                         const struct registry_reply *reply) {
    static const enum message_type type = MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED;
    assert(reply->kind == REGISTRY_REPLY_SUCCEEDED &&
           uuid_equal(&reply->call.submission_id, &call->call.submission_id));
    const struct millrace_metadata parent = {
        .id = call->command_id,
        .has_correlation_id = true,
        .correlation_id = call->correlation_id,
    };
    const struct registry_events_submission_succeeded event = {
        .metadata =
            metadata_child(&parent, &call->call.certificate_id,
                           text_of(message_types[type].full_name), 0, turn_wall_ms(turn), &source),
        .submission_id = call->call.submission_id,
        .certificate_id = call->call.certificate_id,
        .sequence = call->sequence,
        .attempt = call->call.attempt,
        .has_transaction_id = true,
        .transaction_id = {call->transaction_id, sizeof call->transaction_id},
        .evidence = {reply->text, reply->text_length},
    };
    (void)turn_emit(turn, 0, &event.certificate_id, type, &event, &(struct trace){0});
}

static enum result without_tick(void *self, struct turn *turn, struct error *error) {
    struct without *lane = self;
    struct registry_reply replies[REPLIES_AT_ONCE];
    (void)error;
    while (lane->answerable > 0) {
        if (!turn_has_room(turn)) {
            return RESULT_AGAIN;
        }
        const uint32_t wanted =
            lane->answerable < REPLIES_AT_ONCE ? lane->answerable : REPLIES_AT_ONCE;
        const uint32_t count = lane->registry.poll(lane->registry.self, replies, wanted);
        assert(count == wanted);
        for (uint32_t i = 0; i < count; i++) {
            emit_outcome(turn, &lane->calls[lane->first], &replies[i]);
            lane->first = (lane->first + 1) % INSTANT_REGISTRY_CALLS_MAX;
        }
        lane->count -= count;
        lane->answerable -= count;
    }
    return RESULT_OK;
}

static void without_committed(void *self) {
    struct without *lane = self;
    lane->answerable = lane->count;
}

static enum result without_drain(void *self, enum drain_cause cause, struct turn *turn,
                                 struct error *error) {
    (void)self;
    (void)cause;
    (void)turn;
    (void)error;
    return RESULT_OK; /* what was read is sent already */
}

static bool without_drained(void *self) {
    return ((const struct without *)self)->count == 0;
}

static int without_wait_fd(void *self) {
    (void)self;
    return -1;
}

static int64_t without_next_deadline_ms(void *self) {
    return ((const struct without *)self)->answerable > 0 ? 0 : INT64_MAX;
}

static void without_close(void *self) {
    struct without *lane = self;
    lane->registry.close(lane->registry.self);
    schema_cache_close(lane->cache);
    free(lane);
}

static enum result without_open(void *self, int32_t partition, struct processor *processor,
                                struct error *error) {
    (void)self;
    (void)partition;
    const struct clock clock = clock_os();
    const struct registry_adapter adapter = instant_registry_adapter();
    struct without *lane = calloc(1, sizeof *lane);
    assert(lane != NULL);
    (void)metered_schemas_open(NULL, &lane->schemas, error);
    lane->cache = schema_cache_open(&lane->schemas, NULL);
    const enum result result = adapter.open(adapter.self, NULL, &clock, &lane->registry, error);
    assert(result == RESULT_OK);
    *processor = (struct processor){.self = lane, /* without a changelog nothing is restored */
                                    .started = without_started,
                                    .handle = without_handle,
                                    .tick = without_tick,
                                    .committed = without_committed,
                                    .drain = without_drain,
                                    .drained = without_drained,
                                    .wait_fd = without_wait_fd,
                                    .next_deadline_ms = without_next_deadline_ms,
                                    .close = without_close};
    return RESULT_OK;
}

/* --- A round. --- */

/* The first submission of a certificate. */
static uint32_t write_command(uint32_t number, struct uuid *key, uint8_t *value,
                              uint32_t capacity) {
    static const enum message_type type = MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION;
    struct millrace_transfer_operation transfer = {.slice_id = metered_id("slice", number),
                                                   .quantity = 100,
                                                   .owner = text_of("alice"),
                                                   .new_owner = text_of("bob")};
    const struct registry_commands_submit_transaction command = {
        .metadata = {.id = metered_id("message", number),
                     .source = source,
                     .has_correlation_id = true,
                     .correlation_id = metered_id("command", number)},
        .submission_id = metered_id("submission", number),
        .certificate_id = metered_id("certificate", number),
        .sequence = 1,
        .registry = text_of("main"),
        .operation = {.transfer = &transfer},
    };
    *key = command.certificate_id;
    return (uint32_t)wire_encode(type, &command, metered_emitter()->schema_ids[type], value,
                                 capacity);
}

static void open_round(const struct log_topology *topology) {
    kafka_cluster_open(&cluster);
    kafka_cluster_create_all(&cluster, topology, arguments.partitions);
    metered_fill(&cluster, "registry.commands", arguments.partitions, arguments.count,
                 write_command);
}

static void close_round(const struct log_topology *topology) {
    kafka_cluster_delete_all(&cluster, topology);
    kafka_cluster_close(&cluster);
}

static void run_round(struct measure_way *way, const struct processor_kind *kind) {
    const struct metered_round round = {
        .kind = kind,
        .cluster = &cluster,
        .partitions = arguments.partitions,
        .counted = MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED,
        .count = arguments.count,
    };
    metered_run(&round, way);
}

static void run_without(struct measure_way *way) {
    const struct processor_kind kind = {.topology = &without_topology, .lane_open = without_open};
    open_round(kind.topology);
    run_round(way, &kind);
    close_round(kind.topology);
}

static void run_ledger(struct measure_way *way) {
    struct instant_connector connector;
    open_round(&registry_connector_topology);
    instant_connector_open(&connector, &cluster, arguments.partitions);
    run_round(way, &connector.kind);
    instant_connector_close(&connector);
    close_round(&registry_connector_topology);
}

int main(int argc, char **argv) {
    arguments = measure_arguments(argc, argv, 40000);
    struct measure_way ours = {.name = "ledger", .run = run_ledger};
    struct measure_way other = {.name = "without", .run = run_without};
    measure_pair("ledger", "submissions", &ours, &other, arguments.only);
    return 0;
}
