#include "tests/support/connector_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/placement.h"
#include "domain/submission.h"
#include "domain/uuid.h"
#include "outside/store_memory/store_memory.h"
#include "registry_connector/late_replies.h"
#include "registry_connector/registry_connector.h"
#include "wire/message.h"

enum {
    ARENA_BYTES = 64 << 20,
    VALUE_BYTES = 1 << 20,
    SETTLE_STEPS_MAX = 200000,
    EVENTS_KNOWN_MAX = 16384
};

static const char *const names[] = {"main", "other"};

static struct {
    int64_t now_ms;
    int64_t wall_ahead_ms; /* of the wall clock, against `now_ms` */
    struct clock clock;
    struct memory_log *log;
    struct fake_schemas fake_schemas;
    struct schemas schemas;
    struct schema_cache *cache; /* the test's own */
    struct emitter emitter;
    struct options options;
    struct stores stores;
    struct store store; /* of the lane that was opened last */
    struct registry_config registries[2];
    struct registry_adapter adapter;
    struct fake_registry registry;
    bool writers_dead;
    int32_t partition;
    uint64_t ids;
    struct arena arena;

    /* The process that runs, or ran last. */
    bool runs;
    struct log_group log_group;
    struct log_plain plain;
    struct late_replies late;
    struct registry_connector_config config;
    struct processor_kind kind;
    struct lane_setup setup;
    struct lane *lane;
    struct counts counts;
    struct connector_gauges gauges[CONNECTOR_PARTITIONS];

    /* What the test has looked at. */
    uint32_t events_named;
    uint32_t letters_named;
    uint32_t evidence_named;
} rig;

static int64_t rig_ms(void *self) {
    (void)self;
    return rig.now_ms;
}

static int64_t rig_wall_ms(void *self) {
    (void)self;
    return rig.now_ms + rig.wall_ahead_ms;
}

static struct uuid fresh_id(void *self) {
    (void)self;
    struct uuid id = {{0xf0}};
    rig.ids++;
    memcpy(id.bytes + 8, &rig.ids, sizeof rig.ids);
    return id;
}

static enum result schemas_open(void *context, struct schemas *schemas, struct error *error) {
    (void)context;
    (void)error;
    *schemas = rig.schemas;
    return RESULT_OK;
}

static bool proven_dead(void *self, const struct millrace_writer *writer) {
    (void)self;
    cr_assert_eq(writer->pid, 42);
    return rig.writers_dead;
}

static const void *read_record(const struct log_record *record, enum message_type *type) {
    const struct wire_input input = {.topic = record->topic, .value = record->value};
    struct wire_failure failure;
    struct message message;
    const bool away = rig.fake_schemas.away;
    rig.fake_schemas.away = false; /* the test's own reading is nobody's trouble */
    cr_assert_eq(wire_decode(rig.cache, &input, &rig.arena, rig.now_ms, &message, &failure),
                 RESULT_OK, "%s/%ld: %s", record->topic, (long)record->offset, failure.text);
    rig.fake_schemas.away = away;
    *type = message.type;
    return message.body;
}

/* Visible records of registry.events; to find one again costs the log a walk. */
static const struct log_record *event_at(uint32_t index) {
    static struct log_record known[EVENTS_KNOWN_MAX];
    static uint32_t count;
    for (; count <= index; count++) {
        cr_assert_lt(count, EVENTS_KNOWN_MAX);
        known[count] = *memory_log_read(rig.log, "registry.events", rig.partition, count);
    }
    return &known[index];
}

/* The registry's half of the promise: what it is sent lies in a committed intent, the last of its
 * submission, with these very bytes. */
static void watch_start(void *context, const struct registry_request *request) {
    (void)context;
    char key[UUID_CHARACTERS];
    uuid_to_text(&request->call.certificate_id, key);
    for (uint32_t i = memory_log_visible(rig.log, "registry.events", rig.partition); i > 0; i--) {
        const struct log_record *record = event_at(i - 1);
        if (!bytes_equal(record->key, (struct bytes){(const uint8_t *)key, sizeof key})) {
            continue;
        }
        const size_t mark = rig.arena.used;
        enum message_type type;
        const struct registry_events_submission_intended *intended = read_record(record, &type);
        cr_assert_eq(type, MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED, "sent without intent");
        cr_assert(uuid_equal(&intended->submission_id, &request->call.submission_id));
        cr_assert_eq(intended->attempt, request->call.attempt);
        cr_assert(bytes_equal(intended->transaction, request->transaction.bytes));
        rig.arena.used = mark;
        return;
    }
    cr_assert_fail("sent without a committed intent");
}

static void start_process(void) {
    struct error error;
    cr_assert_not(rig.runs);
    rig.plain = memory_log_plain(rig.log);
    const struct late_replies_config late = {
        .clock = rig.clock,
        .logger = logger_silent(),
        .log = &rig.plain,
        .source = {.name = text_of("millrace-registry-connector"), .version = text_of("1")},
        .host = text_of("here"),
        .schema_id = rig.emitter.schema_ids[MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND],
    };
    cr_assert_eq(late_replies_open(&rig.late, &late, &error), RESULT_OK);
    rig.config = (struct registry_connector_config){
        .options = &rig.options,
        .emitter = &rig.emitter,
        .source = late.source,
        .state_format = SUBMISSION_FORMAT_VERSION,
        .schemas_open = schemas_open,
        .registries = rig.registries,
        .registries_count = 2,
        .adapters = &rig.adapter,
        .adapters_count = 1,
        .process = {.writer = {.host = text_of("here"), .pid = 42}, .proven_dead = proven_dead},
        .late_replies = &rig.late,
        .counts = &rig.counts,
        .gauges = rig.gauges,
        .clock = rig.clock,
        .logger = logger_silent(),
    };
    cr_assert_eq(registry_connector_check(&rig.config, &error), RESULT_OK, "%s", error.text);
    rig.kind = registry_connector_kind(&rig.config);
    rig.log_group = memory_log_join(rig.log, &registry_connector_topology);
    memory_log_assign(&rig.log_group, &rig.partition, 1);
    struct log_group_event event;
    cr_assert_eq(rig.log_group.poll(rig.log_group.self, 0, &event, &error), RESULT_OK);
    rig.setup = (struct lane_setup){
        .kind = &rig.kind,
        .log_group = &rig.log_group,
        .stores = &rig.stores,
        .emitter = &rig.emitter,
        .options = &rig.options,
        .clock = rig.clock,
        .ids = {.fresh = fresh_id},
        .logger = logger_silent(),
        .counts = &rig.counts,
        .partitions = CONNECTOR_PARTITIONS,
    };
    cr_assert_eq(lane_open(&rig.setup, rig.partition, &rig.lane, &error), RESULT_OK, "%s",
                 error.text);
    rig.runs = true;
}

static enum result store_open(void *self, const char *processor, int32_t partition, uint32_t tables,
                              uint32_t changelogs, struct store *store, struct error *error) {
    (void)self;
    const struct stores memory = stores_memory();
    const enum result result =
        memory.lane_open(memory.self, processor, partition, tables, changelogs, store, error);
    rig.store = *store;
    return result;
}

void connector_open(void) {
    rig.now_ms = 1000000;
    rig.clock = (struct clock){.monotonic_ms = rig_ms, .wall_ms = rig_wall_ms};
    rig.log = memory_log_open(CONNECTOR_PARTITIONS, &rig.clock);
    rig.schemas = fake_schemas_port(&rig.fake_schemas);
    rig.cache = schema_cache_open(&rig.schemas, NULL);
    rig.emitter = (struct emitter){.application = "millrace.registry-connector",
                                   .dead_letter_bytes_max = 1000000};
    for (int i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        rig.emitter.schema_ids[i] = fake_schemas_add(&rig.fake_schemas, message_types[i].full_name,
                                                     message_types[i].schema);
    }
    rig.options = options_default();
    rig.stores = (struct stores){.lane_open = store_open};
    for (uint32_t i = 0; i < 2; i++) {
        rig.registries[i] = (struct registry_config){
            .name = names[i],
            .adapter = "fake",
            .address = "here",
            .in_flight_max = CONNECTOR_IN_FLIGHT_MAX,
        };
    }
    rig.adapter = fake_registry_adapter(&rig.registry);
    rig.registry.watch = watch_start;
    rig.partition = 1;
    void *memory = aligned_alloc(16, ARENA_BYTES);
    cr_assert_not_null(memory);
    arena_init(&rig.arena, memory, ARENA_BYTES);
    start_process();
    run_for(1000);
    cr_assert_eq(the_connectors_lane().state, LANE_STATE_WORKING, "%s",
                 the_connectors_lane().reason);
}

/* The process is over: what it leaves behind is closed. */
static void end_process(void) {
    rig.log_group.close(rig.log_group.self);
    late_replies_close(&rig.late, 0);
    rig.plain.close(rig.plain.self);
    rig.runs = false;
}

void connector_close(void) {
    if (rig.lane != NULL) {
        lane_close(rig.lane);
    }
    if (rig.runs) {
        end_process();
    }
    cr_expect_eq(rig.registry.connections, 0, "a connection was not closed");
    schema_cache_close(rig.cache);
    memory_log_close(rig.log);
    free(rig.arena.base);
}

static void settle(void) {
    for (uint32_t i = 0; i < SETTLE_STEPS_MAX; i++) {
        if (!lane_step(rig.lane) || lane_due_ms(rig.lane) > lane_ticked_ms(rig.lane)) {
            return;
        }
    }
    cr_assert(false, "the lane does not come to rest");
}

void run_for(int64_t duration_ms) {
    const int64_t end_ms = rig.now_ms + duration_ms;
    settle();
    while (rig.now_ms < end_ms && !lane_ended(rig.lane)) {
        const int64_t due_ms = lane_due_ms(rig.lane);
        rig.now_ms = due_ms < end_ms ? due_ms : end_ms;
        settle();
    }
    if (rig.now_ms < end_ms) {
        rig.now_ms = end_ms;
    }
}

void the_wall_clock_jumps(int64_t by_ms) {
    rig.wall_ahead_ms += by_ms;
}

void the_connector_dies(void) {
    memory_log_crash(&rig.log_group);
    /* A dead process fetches no replies and writes no evidence: its calls are nobody's. */
    for (uint32_t i = 0; i < rig.registry.count; i++) {
        rig.registry.calls[i].connection = NULL;
    }
    for (uint32_t i = 0; i < rig.registry.questions_count; i++) {
        rig.registry.questions[i].connection = NULL;
    }
    lane_close(rig.lane);
    rig.lane = NULL;
    end_process();
}

void the_lane_is_lost(void) {
    lane_ask_to_close(rig.lane);
    while (lane_step(rig.lane)) {
    }
    lane_close(rig.lane);
    rig.lane = NULL;
}

void the_lane_drains(enum drain_cause cause, int64_t patience_ms) {
    lane_drain(rig.lane, cause, rig.now_ms + patience_ms);
}

void another_takes_over(void) {
    if (rig.lane != NULL) {
        lane_close(rig.lane);
        rig.lane = NULL;
    }
    if (rig.runs) {
        end_process();
    }
    start_process();
    settle();
    for (uint32_t i = 0; i < 100 && the_connectors_lane().state != LANE_STATE_WORKING; i++) {
        rig.now_ms += 1;
        settle();
    }
}

void the_group_is_unheard(bool unheard) {
    memory_log_unheard(&rig.log_group, unheard);
}

void the_next_commit_is(enum memory_fault fault) {
    memory_log_fault(rig.log, registry_connector_topology.processor, rig.partition, fault);
}

void late_replies_are_collected(void) {
    (void)late_replies_step(&rig.late);
}

struct lane_status the_connectors_lane(void) {
    struct lane_status status;
    lane_status(rig.lane, &status);
    return status;
}

bool the_lane_ended(void) {
    return lane_ended(rig.lane);
}

void the_lane_is_gone(void) {
    cr_assert(lane_ended(rig.lane));
    lane_close(rig.lane);
    rig.lane = NULL;
}

struct fake_registry *the_registry(void) {
    return &rig.registry;
}

struct fake_schemas *the_connectors_schemas(void) {
    return &rig.fake_schemas;
}

struct options *the_options(void) {
    return &rig.options;
}

void writers_are_dead(bool dead) {
    rig.writers_dead = dead;
}

/* ---- what comes in ---- */

static int32_t partition_of(const struct uuid *id) {
    char key[UUID_CHARACTERS];
    uuid_to_text(id, key);
    return placement_partition((struct bytes){(const uint8_t *)key, sizeof key},
                               CONNECTOR_PARTITIONS);
}

struct uuid cert(uint32_t number) {
    enum { CERTS_MAX = 4096 };
    static struct uuid certs[CERTS_MAX];
    static uint32_t count;
    static uint32_t tried;
    cr_assert(number >= 1 && number < CERTS_MAX);
    while (count < number) {
        struct uuid id = {.bytes = {0xcc, 0, 0, 0, 0, 0, 0x40, 0, 0x80}};
        tried++;
        memcpy(id.bytes + 10, &tried, sizeof tried);
        if (partition_of(&id) == rig.partition) {
            certs[count++] = id;
        }
    }
    return certs[number - 1];
}

struct uuid submission_of(struct uuid certificate_id, int64_t sequence) {
    struct uuid id = certificate_id;
    id.bytes[0] = (uint8_t)(0x50 + sequence);
    return id;
}

static struct uuid message_id(struct uuid certificate_id, int64_t sequence) {
    struct uuid id = certificate_id;
    id.bytes[0] = (uint8_t)(0x10 + sequence);
    return id;
}

void write_record(const char *topic, const struct uuid *key, struct bytes value) {
    char text[UUID_CHARACTERS];
    uuid_to_text(key, text);
    (void)memory_log_append(
        rig.log, topic, partition_of(key),
        &(struct memory_record){.key = {(const uint8_t *)text, sizeof text}, .value = value});
}

void write_message(enum message_type type, const struct uuid *key, const void *body) {
    const size_t mark = rig.arena.used;
    uint8_t *value = arena_take(&rig.arena, VALUE_BYTES);
    const size_t length = wire_encode(type, body, rig.emitter.schema_ids[type], value, VALUE_BYTES);
    cr_assert_leq(length, VALUE_BYTES);
    write_record(message_types[type].topic, key, (struct bytes){value, (uint32_t)length});
    rig.arena.used = mark;
}

void submit_next(struct uuid certificate_id, int64_t sequence, const char *registry) {
    struct millrace_transfer_operation transfer = {
        .quantity = 100, .owner = text_of("alice"), .new_owner = text_of("bob")};
    const struct registry_commands_submit_transaction command = {
        .metadata = {.id = message_id(certificate_id, sequence),
                     .timestamp = rig.now_ms,
                     .source = {.name = text_of("millrace-certificates"), .version = text_of("1")},
                     .has_channel = true,
                     .channel = text_of("cli")},
        .submission_id = submission_of(certificate_id, sequence),
        .certificate_id = certificate_id,
        .sequence = sequence,
        .registry = text_of(registry),
        .operation = {.transfer = &transfer},
    };
    write_message(MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION, &certificate_id, &command);
}

void submit(struct uuid certificate_id) {
    submit_next(certificate_id, 1, "main");
}

void resolve(struct uuid certificate_id, int64_t sequence, bool executed,
             enum millrace_closing_rule rule, const char *evidence) {
    const struct registry_operations_resolve_submission operation = {
        .metadata = {.id = fresh_id(NULL),
                     .timestamp = rig.now_ms,
                     .source = {.name = text_of("millrace-cli"), .version = text_of("1")}},
        .submission_id = submission_of(certificate_id, sequence),
        .certificate_id = certificate_id,
        .executed = executed,
        .evidence = text_of(evidence),
        .operator= text_of("olga"),
        .closing_rule = rule,
    };
    write_message(MESSAGE_REGISTRY_OPERATIONS_RESOLVE_SUBMISSION, &certificate_id, &operation);
}

uint32_t calls_started(void) {
    return rig.registry.count;
}

void the_registry_answers(uint32_t number, enum registry_reply_kind kind) {
    fake_registry_answer(&rig.registry, number, kind);
}

/* ---- what comes of it ---- */

static const struct log_record *next_of(const char *topic, uint32_t *named) {
    cr_assert_lt(*named, memory_log_visible(rig.log, topic, rig.partition),
                 "nothing more on %s (the lane: %s)", topic,
                 rig.lane != NULL ? the_connectors_lane().reason : "gone");
    return memory_log_read(rig.log, topic, rig.partition, (*named)++);
}

const void *then_ledger_event(enum message_type type, struct uuid certificate_id) {
    enum message_type actual;
    const void *body = read_record(next_of("registry.events", &rig.events_named), &actual);
    cr_assert_eq(actual, type, "%s, not %s", message_types[actual].full_name,
                 message_types[type].full_name);
    /* All events but StreamRead begin alike. */
    const struct registry_events_submission_sent *head = body;
    const struct registry_events_stream_read *read = body;
    cr_assert(uuid_equal(type == MESSAGE_REGISTRY_EVENTS_STREAM_READ ? &read->certificate_id
                                                                     : &head->certificate_id,
                         &certificate_id),
              "of another certificate");
    return body;
}

void no_more_events(void) {
    cr_expect_eq(memory_log_visible(rig.log, "registry.events", rig.partition), rig.events_named,
                 "and nothing else");
}

uint32_t events_of(enum message_type wanted) {
    uint32_t found = 0;
    const size_t mark = rig.arena.used;
    const uint32_t count = memory_log_visible(rig.log, "registry.events", rig.partition);
    for (uint32_t i = 0; i < count; i++) {
        enum message_type type;
        (void)read_record(event_at(i), &type);
        rig.arena.used = mark;
        found += type == wanted ? 1 : 0;
    }
    return found;
}

void then_operation_dead(const char *reason) {
    const struct log_record *record = next_of("dead-letters", &rig.letters_named);
    for (uint32_t i = 0; i < record->headers_count; i++) {
        if (text_equal(record->headers[i].name, text_of("millrace.reason"))) {
            const struct bytes value = record->headers[i].value;
            cr_expect(
                text_equal((struct text){(const char *)value.data, value.length}, text_of(reason)),
                "%.*s, not %s", (int)value.length, (const char *)value.data, reason);
            return;
        }
    }
    cr_assert_fail("a dead letter without a reason");
}

const struct registry_evidence_evidence_found *then_evidence(void) {
    enum message_type type;
    const void *body = read_record(next_of("registry.evidence", &rig.evidence_named), &type);
    cr_assert_eq(type, MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND);
    return body;
}

void no_more_evidence(void) {
    cr_expect_eq(memory_log_visible(rig.log, "registry.evidence", rig.partition),
                 rig.evidence_named, "no more evidence");
}

struct registry_state_ledger_state ledger_of(struct uuid certificate_id) {
    char key[UUID_CHARACTERS];
    uuid_to_text(&certificate_id, key);
    for (uint32_t i = memory_log_visible(rig.log, "registry.state", rig.partition); i > 0; i--) {
        const struct log_record *record =
            memory_log_read(rig.log, "registry.state", rig.partition, i - 1);
        if (bytes_equal(record->key, (struct bytes){(const uint8_t *)key, sizeof key})) {
            enum message_type type;
            return *(const struct registry_state_ledger_state *)read_record(record, &type);
        }
    }
    struct registry_state_ledger_state empty;
    submission_init(&empty, &certificate_id);
    return empty;
}

void the_store_has_ledger(const struct registry_state_ledger_state *state) {
    const enum message_type type = MESSAGE_REGISTRY_STATE_LEDGER_STATE;
    uint8_t *value = arena_take(&rig.arena, VALUE_BYTES);
    const size_t length =
        wire_encode(type, state, rig.emitter.schema_ids[type], value, VALUE_BYTES);
    cr_assert_leq(length, VALUE_BYTES);
    const struct store_write write = {
        .table = 0,
        .key = {state->certificate_id.bytes, sizeof state->certificate_id.bytes},
        .value = {value, (uint32_t)length},
    };
    int64_t positions[LOG_TOPICS_MAX];
    struct error error;
    cr_assert_eq(rig.store.positions(rig.store.self, positions, &error), RESULT_OK);
    cr_assert_eq(rig.store.apply(rig.store.self, &write, 1, positions, &error), RESULT_OK);
}

int64_t commands_committed(void) {
    return memory_log_committed(rig.log, registry_connector_topology.processor, "registry.commands",
                                rig.partition);
}

struct memory_log *connector_log(void) {
    return rig.log;
}

const struct emitter *connector_emitter(void) {
    return &rig.emitter;
}

struct schema_cache *connector_cache(void) {
    return rig.cache;
}

const struct counts *connector_counts(void) {
    return &rig.counts;
}

const struct connector_gauges *the_lanes_gauges(void) {
    return &rig.gauges[rig.partition];
}
