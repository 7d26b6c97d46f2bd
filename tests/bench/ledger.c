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
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/metadata.h"
#include "domain/uuid.h"
#include "generated/c/registry_commands.h"
#include "generated/c/registry_events.h"
#include "loop/arrival.h"
#include "loop/group.h"
#include "outside/clock_os/clock_os.h"
#include "outside/kafka/kafka_group.h"
#include "outside/kafka/kafka_plain.h"
#include "outside/process_os/process_os.h"
#include "outside/store_memory/store_memory.h"
#include "registry_connector/registry_connector.h"
#include "tests/support/instant_registry.h"
#include "tests/support/kafka_cluster.h"
#include "tests/support/measure.h"

enum {
    CALL_MS = 10000,
    REPLIES_AT_ONCE = 32, /* as the connector */
    FILL_BYTES_MAX = 1024,
    FILL_FLUSH = 10000, /* records that are written before they are waited for */
    SCHEMA_ID_FIRST = 1,
};

static const struct millrace_source source = {.name = {"bench", 5}, .version = {"1", 1}};
static struct measure_arguments arguments;
static struct emitter emitter = {.application = "bench"};
static struct kafka_cluster cluster; /* of this round: topics of its own */
static struct log_plain plain;

/* --- Schemas without a schema registry: the id is the type. --- */

static enum result text_by_id(void *self, int32_t id, struct text *text, struct error *error) {
    (void)self;
    (void)error;
    assert(id >= SCHEMA_ID_FIRST && id < SCHEMA_ID_FIRST + MESSAGE_TYPES_COUNT);
    *text = text_of(message_types[id - SCHEMA_ID_FIRST].schema);
    return RESULT_OK;
}

static void close_nothing(void *self) {
    (void)self;
}

static enum result schemas_open(void *context, struct schemas *schemas, struct error *error) {
    (void)context;
    (void)error;
    *schemas = (struct schemas){.text_by_id = text_by_id, .close = close_nothing};
    return RESULT_OK;
}

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
    (void)schemas_open(NULL, &lane->schemas, error);
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

/* --- What the lanes do is counted at their log. --- */

static struct {
    struct log_group group; /* Kafka's own functions, behind those below */
    struct log log;
    pthread_barrier_t start; /* all lanes begin to read together */
    atomic_uint starts;
    struct measure_moment began;
    atomic_uint records; /* committed */
    atomic_uint outcomes;
} meter;
static _Thread_local uint32_t records_staged; /* by this lane, in the transaction that is open */
static _Thread_local uint32_t outcomes_staged;

static enum result metered_start(void *self, const int64_t *inputs, int32_t timeout_ms,
                                 struct error *error) {
    /* A lane that calls again, or began anew, does not wait for the others. */
    if (atomic_fetch_add(&meter.starts, 1) < (uint32_t)arguments.partitions) {
        const int last = pthread_barrier_wait(&meter.start);
        if (last != 0) {
            meter.began = measure_now();
        }
    }
    return meter.log.start(self, inputs, timeout_ms, error);
}

static bool is_outcome(const struct log_staged *record) {
    const int32_t id = emitter.schema_ids[MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED];
    assert(record->value.length > 5 && id < UINT8_MAX);
    return record->value.data[4] == (uint8_t)id;
}

static enum result metered_commit_begin(void *self, const struct log_staged *records,
                                        uint32_t count, const int64_t *inputs,
                                        struct error *error) {
    records_staged = count;
    outcomes_staged = 0;
    for (uint32_t i = 0; i < count; i++) {
        outcomes_staged += is_outcome(&records[i]) ? 1 : 0;
    }
    return meter.log.commit_begin(self, records, count, inputs, error);
}

static enum result metered_commit_wait(void *self, int32_t timeout_ms, struct error *error) {
    const enum result result = meter.log.commit_wait(self, timeout_ms, error);
    if (result == RESULT_OK) {
        (void)atomic_fetch_add(&meter.records, records_staged);
        (void)atomic_fetch_add(&meter.outcomes, outcomes_staged);
    }
    return result;
}

static enum result metered_lane_open(void *self, int32_t partition, struct log *log,
                                     struct error *error) {
    const enum result result = meter.group.lane_open(self, partition, log, error);
    assert(result == RESULT_OK);
    if (meter.log.start == NULL) {
        meter.log = *log; /* its functions are every lane's */
    }
    log->start = metered_start;
    log->commit_begin = metered_commit_begin;
    log->commit_wait = metered_commit_wait;
    return RESULT_OK;
}

/* --- A round. --- */

static struct uuid number_id(const char *what, uint32_t number) {
    static const struct uuid space = {{0xbe}};
    struct id_name name = {.parts = 0};
    id_name_add_text(&name, text_of(what));
    id_name_add_number(&name, number);
    return uuid_v5(&space, &name);
}

/* The first submission of a certificate. */
static void write_command(uint32_t number) {
    static const enum message_type type = MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION;
    struct millrace_transfer_operation transfer = {.slice_id = number_id("slice", number),
                                                   .quantity = 100,
                                                   .owner = text_of("alice"),
                                                   .new_owner = text_of("bob")};
    const struct registry_commands_submit_transaction command = {
        .metadata = {.id = number_id("message", number),
                     .source = source,
                     .has_correlation_id = true,
                     .correlation_id = number_id("command", number)},
        .submission_id = number_id("submission", number),
        .certificate_id = number_id("certificate", number),
        .sequence = 1,
        .registry = text_of("main"),
        .operation = {.transfer = &transfer},
    };
    char key[UUID_CHARACTERS];
    uint8_t value[FILL_BYTES_MAX];
    struct error error;
    uuid_to_text(&command.certificate_id, key);
    const size_t length =
        wire_encode(type, &command, emitter.schema_ids[type], value, sizeof value);
    assert(length <= sizeof value);
    const enum result result =
        plain.write(plain.self, "registry.commands",
                    (struct bytes){.data = (const uint8_t *)key, .length = sizeof key},
                    (struct bytes){.data = value, .length = (uint32_t)length}, NULL, 0, &error);
    assert(result == RESULT_OK);
}

static void open_round(const struct log_topology *topology) {
    struct error error;
    kafka_cluster_open(&cluster);
    kafka_cluster_create_all(&cluster, topology, arguments.partitions);
    enum result result = kafka_plain_open(&cluster.config, topology->processor,
                                          arguments.partitions, &plain, &error);
    assert(result == RESULT_OK);
    for (uint32_t i = 1; i <= arguments.count; i++) {
        write_command(i);
        if (i % FILL_FLUSH == 0 || i == arguments.count) {
            while ((result = plain.flush(plain.self, CALL_MS, &error)) == RESULT_AGAIN) {
            }
            assert(result == RESULT_OK);
        }
    }
}

static void close_round(void) {
    plain.close(plain.self);
    kafka_cluster_close(&cluster);
}

static struct uuid fresh(void *self) {
    static atomic_uint made;
    (void)self;
    return number_id("fresh", atomic_fetch_add(&made, 1));
}

static void *run_group(void *group) {
    struct error error;
    const enum result result = group_run(group, &error);
    if (result != RESULT_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    return NULL;
}

static struct group *start_group(const struct group_setup *setup, pthread_t *thread) {
    struct group *group;
    struct error error;
    const enum result result = group_open(setup, &group, &error);
    assert(result == RESULT_OK);
    const int failed = pthread_create(thread, NULL, run_group, group);
    assert(failed == 0);
    return group;
}

static void run_round(struct measure_way *way, const struct processor_kind *kind) {
    const struct stores stores = stores_memory();
    struct error error;
    int32_t found;
    pthread_t thread;
    memset(&meter, 0, sizeof meter);
    (void)pthread_barrier_init(&meter.start, NULL, (unsigned)arguments.partitions);
    const enum result result =
        kafka_group_open(&cluster.config, kind->topology, CALL_MS, &meter.group, &found, &error);
    assert(result == RESULT_OK && found == arguments.partitions);
    struct log_group metered = meter.group;
    metered.lane_open = metered_lane_open;
    const struct group_setup setup = {
        .lanes = {.kind = kind,
                  .log_group = &metered,
                  .stores = &stores,
                  .emitter = &emitter,
                  .options = &cluster.options,
                  .clock = clock_os(),
                  .ids = {.fresh = fresh},
                  .logger = cluster.config.logger,
                  .partitions = arguments.partitions,
                  .call_ms = 1000},
        .threads = true,
    };
    struct group *group = start_group(&setup, &thread);
    measure_await(way, &meter.outcomes, arguments.count);
    measure_note(way, &meter.began, arguments.count);
    struct group_status status;
    group_status(group, &status, NULL, 0);
    group_stop(group);
    (void)pthread_join(thread, NULL);
    group_close(group);
    metered.close(metered.self);
    (void)pthread_barrier_destroy(&meter.start);
    /* Each once, however it was sent. */
    assert(atomic_load(&meter.outcomes) == arguments.count);
    way->written_each = (double)atomic_load(&meter.records) / arguments.count;
    if (status.rebuilt > 0) {
        (void)fprintf(stderr, "%s: %u lanes began anew meanwhile: the machine is too busy\n",
                      way->name, status.rebuilt);
    }
}

static void run_without(struct measure_way *way) {
    const struct processor_kind kind = {.topology = &without_topology, .lane_open = without_open};
    open_round(kind.topology);
    run_round(way, &kind);
    close_round();
}

static void run_ledger(struct measure_way *way) {
    static const struct registry_config registries[] = {
        {.name = "main", .adapter = "instant", .address = "", .in_flight_max = 10000}};
    const struct registry_adapter adapter = instant_registry_adapter();
    struct process_os process_os;
    struct process process;
    struct late_replies late;
    struct error error;
    open_round(&registry_connector_topology);
    enum result result = process_os_init(&process_os, &process, &error);
    assert(result == RESULT_OK);
    const struct late_replies_config late_config = {
        .clock = clock_os(),
        .logger = cluster.config.logger,
        .log = &plain,
        .source = source,
        .host = process.writer.host,
        .schema_id = emitter.schema_ids[MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND],
    };
    result = late_replies_open(&late, &late_config, &error);
    assert(result == RESULT_OK);
    const struct registry_connector_config config = {
        .options = &cluster.options,
        .emitter = &emitter,
        .source = source,
        .schemas_open = schemas_open,
        .registries = registries,
        .registries_count = 1,
        .adapters = &adapter,
        .adapters_count = 1,
        .process = process,
        .late_replies = &late,
        .clock = clock_os(),
        .logger = cluster.config.logger,
    };
    const struct processor_kind kind = registry_connector_kind(&config);
    run_round(way, &kind);
    late_replies_close(&late, 0);
    close_round();
}

int main(int argc, char **argv) {
    arguments = measure_arguments(argc, argv, 40000);
    for (int32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        emitter.schema_ids[i] = SCHEMA_ID_FIRST + i;
    }
    struct measure_way ours = {.name = "ledger", .run = run_ledger};
    struct measure_way other = {.name = "without", .run = run_without};
    measure_pair("ledger", "submissions", &ours, &other, arguments.only);
    return 0;
}
