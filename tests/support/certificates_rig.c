#include "tests/support/certificates_rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "certificates/certificates.h"
#include "domain/metadata.h"
#include "domain/placement.h"
#include "domain/uuid.h"
#include "outside/store_memory/store_memory.h"
#include "wire/message.h"

enum { RUN_MS = 6000 }; /* longer than any wait before something is tried again */

/* Every topic that the processor writes, in no order that matters. */
static const char *const outputs[] = {
    "certificates.events", "certificates.answers", "registry.commands",
    "registry.operations", "dead-letters",
};
enum { OUTPUTS = sizeof outputs / sizeof outputs[0] };

static struct {
    int64_t now_ms;
    struct clock clock;
    struct memory_log *log;
    struct log_group log_group;
    struct fake_schemas fake_schemas;
    struct schemas schemas;
    struct schema_cache *cache; /* the test's own */
    struct emitter emitter;
    struct certificates_config config;
    struct processor_kind kind;     /* as the lane has it, with a look at its turn */
    struct processor_kind own_kind; /* as it is */
    struct processor own;           /* its part of the lane */
    size_t handling_bytes_max;
    struct stores stores;
    struct store store; /* of the lane */
    struct options options;
    struct lane_setup setup;
    struct counts counts;
    struct lane *lane;
    int32_t partition;
    uint64_t ids; /* handed out so far */
    /* Records that were named, of each output in each partition: a dead letter keeps its key, and
     * with that it may lie anywhere. */
    uint32_t named[OUTPUTS][RIG_PARTITIONS];
    const struct log_record *last; /* the one named last */
} rig;

static int64_t rig_ms(void *self) {
    (void)self;
    return rig.now_ms;
}

static struct uuid fresh_id(void *self) {
    (void)self;
    struct uuid id = {{0}};
    rig.ids++;
    memcpy(id.bytes, &rig.ids, sizeof rig.ids);
    return id;
}

static enum result schemas_open(void *context, struct schemas *schemas, struct error *error) {
    (void)context;
    (void)error;
    *schemas = rig.schemas;
    return RESULT_OK;
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

static enum result handle_watched(void *self, uint32_t input, const struct log_record *record,
                                  struct turn *turn, struct error *error) {
    const size_t before = turn_arena(turn)->used;
    const enum result result = rig.own.handle(self, input, record, turn, error);
    const size_t taken = turn_arena(turn)->used - before;
    rig.handling_bytes_max = taken > rig.handling_bytes_max ? taken : rig.handling_bytes_max;
    return result;
}

static enum result open_watched(void *self, int32_t partition, struct processor *processor,
                                struct error *error) {
    const enum result result = rig.own_kind.lane_open(self, partition, processor, error);
    rig.own = *processor;
    processor->handle = handle_watched;
    return result;
}

size_t the_largest_handling(void) {
    return rig.handling_bytes_max;
}

static void join(void) {
    struct log_group_event event;
    struct error error;
    rig.log_group = memory_log_join(rig.log, &certificates_topology);
    memory_log_assign(&rig.log_group, &rig.partition, 1);
    cr_assert_eq(rig.log_group.poll(rig.log_group.self, 0, &event, &error), RESULT_OK);
    cr_assert_eq(event.kind, LOG_GROUP_ASSIGNED);
    cr_assert_eq(lane_open(&rig.setup, rig.partition, &rig.lane, &error), RESULT_OK, "%s",
                 error.text);
}

void rig_open(void) {
    rig.now_ms = PERIOD_END;
    rig.clock = (struct clock){.monotonic_ms = rig_ms, .wall_ms = rig_ms};
    rig.log = memory_log_open(RIG_PARTITIONS, &rig.clock);
    rig.schemas = fake_schemas_port(&rig.fake_schemas);
    rig.cache = schema_cache_open(&rig.schemas, NULL);
    rig.emitter =
        (struct emitter){.application = "millrace.certificates", .dead_letter_bytes_max = 1000000};
    for (int i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        rig.emitter.schema_ids[i] = fake_schemas_add(&rig.fake_schemas, message_types[i].full_name,
                                                     message_types[i].schema);
    }
    rig.config = (struct certificates_config){
        .rules = the_rules(),
        .emitter = &rig.emitter,
        .source = {.name = text_of("millrace-certificates"), .version = text_of("1")},
        .state_format = CERTIFICATES_FORMAT_VERSION,
        .schemas_open = schemas_open,
        .logger = logger_silent(),
    };
    rig.own_kind = certificates_kind(&rig.config);
    rig.kind = rig.own_kind;
    rig.kind.lane_open = open_watched;
    rig.stores = (struct stores){.lane_open = store_open};
    rig.options = options_default();
    const struct uuid certificate_id = the_certificate();
    rig.partition = partition_of(&certificate_id);
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
        .partitions = RIG_PARTITIONS,
    };
    join();
    let_run();
    cr_assert_eq(the_lane().state, LANE_STATE_WORKING, "%s", the_lane().reason);
}

void rig_close(void) {
    lane_close(rig.lane);
    rig.log_group.close(rig.log_group.self);
    schema_cache_close(rig.cache);
    memory_log_close(rig.log);
}

struct openings *the_openings(void) {
    return &rig.config.openings;
}

static void settle(void) {
    for (uint32_t i = 0; i < 100000; i++) {
        if (!lane_step(rig.lane) || lane_due_ms(rig.lane) > lane_ticked_ms(rig.lane)) {
            return;
        }
    }
    cr_assert(false, "the lane does not come to rest");
}

void let_run(void) {
    const int64_t end_ms = rig.now_ms + RUN_MS;
    settle();
    while (rig.now_ms < end_ms && !lane_ended(rig.lane)) {
        const int64_t due_ms = lane_due_ms(rig.lane);
        rig.now_ms = due_ms < end_ms ? due_ms : end_ms;
        settle();
    }
}

void the_process_dies(void) {
    memory_log_crash(&rig.log_group);
    lane_close(rig.lane);
    rig.log_group.close(rig.log_group.self);
    join();
    let_run();
}

struct fake_schemas *the_schema_registry(void) {
    return &rig.fake_schemas;
}

void the_store_has(const struct certificates_state_certificate_state *state) {
    const struct message message = {MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE, (void *)state};
    const struct store_write write = {
        .table = 0,
        .key = {state->certificate_id.bytes, sizeof state->certificate_id.bytes},
        .value = value_of(message),
    };
    int64_t positions[LOG_TOPICS_MAX];
    struct error error;
    cr_assert_eq(rig.store.positions(rig.store.self, positions, &error), RESULT_OK);
    cr_assert_eq(rig.store.apply(rig.store.self, &write, 1, positions, &error), RESULT_OK);
}

struct lane_status the_lane(void) {
    struct lane_status status;
    lane_status(rig.lane, &status);
    return status;
}

void expect_stopped(const char *because) {
    cr_assert_eq(the_lane().state, LANE_STATE_STOPPED, "the lane did not stop");
    cr_expect_not_null(strstr(the_lane().reason, because), "%s", the_lane().reason);
}

/* ---- writing ---- */

int32_t partition_of(const struct uuid *certificate_id) {
    char key[UUID_CHARACTERS];
    uuid_to_text(certificate_id, key);
    return placement_partition((struct bytes){(const uint8_t *)key, sizeof key}, RIG_PARTITIONS);
}

static struct uuid certificate_in(bool lanes_partition) {
    struct uuid id = the_certificate();
    do {
        id.bytes[15]++;
    } while ((partition_of(&id) == rig.partition) != lanes_partition);
    return id;
}

struct uuid another_certificate(void) {
    return certificate_in(true);
}

struct uuid certificate_elsewhere(void) {
    return certificate_in(false);
}

struct message to_certificate(struct message command, struct uuid certificate_id) {
    struct certificate_command_head head;
    cr_assert(certificate_command_head(&command, &head));
    memcpy((struct uuid *)head.certificate_id, &certificate_id, sizeof certificate_id);
    return command;
}

struct bytes value_of(struct message message) {
    enum { VALUE_BYTES_MAX = 1 << 20 };
    uint8_t *value = arena_take(the_arena(), VALUE_BYTES_MAX);
    const size_t size = wire_encode(message.type, message.body,
                                    rig.emitter.schema_ids[message.type], value, VALUE_BYTES_MAX);
    cr_assert_leq(size, VALUE_BYTES_MAX);
    return (struct bytes){value, (uint32_t)size};
}

void send_raw(const struct raw_record *record) {
    const struct text key = record->key == NULL ? (struct text){0} : text_of(record->key);
    (void)memory_log_append(rig.log, record->topic, record->partition,
                            &(struct memory_record){.key_null = record->key == NULL,
                                                    .value_null = record->value_null,
                                                    .key = {(const uint8_t *)key.data, key.length},
                                                    .value = record->value,
                                                    .headers = record->headers,
                                                    .headers_count = record->headers_count});
}

static void write_keyed(struct message message, const struct uuid *certificate_id,
                        const struct log_header *headers, uint32_t headers_count) {
    char key[UUID_CHARACTERS + 1] = {0};
    uuid_to_text(certificate_id, key);
    send_raw(&(struct raw_record){.topic = message_types[message.type].topic,
                                  .partition = partition_of(certificate_id),
                                  .key = key,
                                  .value = value_of(message),
                                  .headers = headers,
                                  .headers_count = headers_count});
}

void someone_sends(struct message message) {
    struct certificate_command_head head;
    cr_assert(certificate_command_head(&message, &head));
    write_keyed(message, head.certificate_id, NULL, 0);
}

void someone_sends_traced(struct message message, const char *traceparent) {
    struct certificate_command_head head;
    cr_assert(certificate_command_head(&message, &head));
    const struct text value = text_of(traceparent);
    const struct log_header header = {text_of("traceparent"),
                                      {(const uint8_t *)value.data, value.length}};
    write_keyed(message, head.certificate_id, &header, 1);
}

void registry_writes(struct message event) {
    struct certificate_registry_head head;
    cr_assert(certificate_registry_head(&event, &head));
    write_keyed(event, head.certificate_id, NULL, 0);
}

/* ---- the connector ---- */

static const struct millrace_source connector = {.name = {"connector", 9}, .version = {"1", 1}};

/* What all its events begin with. */
#define OUTCOME(event, type, index)                                                            \
    do {                                                                                       \
        const struct registry_commands_submit_transaction *asked = submission(index);          \
        (event)->metadata =                                                                    \
            metadata_child(&asked->metadata, &asked->certificate_id,                           \
                           text_of(message_types[type].full_name), 0, rig.now_ms, &connector); \
        (event)->certificate_id = asked->certificate_id;                                       \
        (event)->submission_id = asked->submission_id;                                         \
        (event)->sequence = asked->sequence;                                                   \
        (event)->attempt = 1;                                                                  \
        (event)->has_transaction_id = true;                                                    \
        (event)->transaction_id = text_of("transaction-1");                                    \
    } while (0)

void registry_executes(uint32_t index) {
    const enum message_type type = MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED;
    struct registry_events_submission_succeeded event = {.evidence = text_of("done")};
    OUTCOME(&event, type, index);
    registry_writes((struct message){type, &event});
}

void registry_refuses(uint32_t index, const char *message) {
    const enum message_type type = MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED;
    struct registry_events_submission_refused event = {.message = text_of(message)};
    OUTCOME(&event, type, index);
    registry_writes((struct message){type, &event});
}

void registry_is_unknown(uint32_t index) {
    const enum message_type type = MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN;
    struct registry_events_submission_unknown event = {.cause = MILLRACE_UNKNOWN_CAUSE_TIMEOUT};
    OUTCOME(&event, type, index);
    registry_writes((struct message){type, &event});
}

void registry_is_resolved(uint32_t index, bool executed) {
    const enum message_type type = MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED;
    struct registry_events_submission_resolved event = {
        .executed = executed,
        .evidence = text_of("looked at it"),
        .by = text_of("olga"),
        .closing_rule =
            executed ? MILLRACE_CLOSING_RULE_NONE : MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE};
    OUTCOME(&event, type, index);
    registry_writes((struct message){type, &event});
}

/* ---- reading ---- */

static const void *read_record(const struct log_record *record, enum message_type *type) {
    const struct wire_input input = {.topic = record->topic, .value = record->value};
    struct message message;
    struct wire_failure failure;
    const bool away = rig.fake_schemas.away;
    rig.fake_schemas.away = false; /* the test's own reading is nobody's trouble */
    cr_assert_eq(wire_decode(rig.cache, &input, the_arena(), rig.now_ms, &message, &failure),
                 RESULT_OK, "%s/%ld: %s", record->topic, (long)record->offset, failure.text);
    rig.fake_schemas.away = away;
    *type = message.type;
    return message.body;
}

static uint32_t output_of(const char *topic) {
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        if (strcmp(outputs[i], topic) == 0) {
            return i;
        }
    }
    cr_assert_fail("%s is no output", topic);
    return 0;
}

static uint32_t unnamed(uint32_t output, int32_t partition) {
    return memory_log_visible(rig.log, outputs[output], partition) - rig.named[output][partition];
}

static const struct log_record *next_of(uint32_t output) {
    for (int32_t p = 0; p < RIG_PARTITIONS; p++) {
        if (unnamed(output, p) > 0) {
            rig.last = memory_log_read(rig.log, outputs[output], p, rig.named[output][p]++);
            return rig.last;
        }
    }
    cr_assert_fail("nothing more on %s (the lane: %s)", outputs[output], the_lane().reason);
    return NULL;
}

const void *then_written(enum message_type type) {
    enum message_type actual;
    const void *body = read_record(next_of(output_of(message_types[type].topic)), &actual);
    cr_assert_eq(actual, type, "%s, not %s", message_types[actual].full_name,
                 message_types[type].full_name);
    return body;
}

struct text header_in(const struct log_record *record, const char *name) {
    for (uint32_t i = 0; i < record->headers_count; i++) {
        if (text_equal(record->headers[i].name, text_of(name))) {
            const struct bytes value = record->headers[i].value;
            return (struct text){(const char *)value.data, value.length};
        }
    }
    return text_of("(no such header)");
}

struct text header_of_last(const char *name) {
    return header_in(rig.last, name);
}

const struct log_record *then_dead_letter(const char *reason) {
    const struct log_record *record = next_of(output_of("dead-letters"));
    expect_text(header_in(record, "millrace.reason"), reason);
    return record;
}

void nothing_else_is_written(void) {
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        for (int32_t p = 0; p < RIG_PARTITIONS; p++) {
            cr_expect_eq(unnamed(i, p), 0, "%u more on %s", unnamed(i, p), outputs[i]);
        }
    }
    cr_expect_eq(the_lane().state, LANE_STATE_WORKING, "%s", the_lane().reason);
}

void whatever_was_written(void) {
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        for (int32_t p = 0; p < RIG_PARTITIONS; p++) {
            rig.named[i][p] += unnamed(i, p);
        }
    }
}

const struct registry_commands_submit_transaction *submission(uint32_t index) {
    cr_assert_lt(index, memory_log_visible(rig.log, "registry.commands", rig.partition),
                 "no submission %u", index);
    enum message_type type;
    return read_record(memory_log_read(rig.log, "registry.commands", rig.partition, index), &type);
}

const struct certificates_state_certificate_state *state_of(struct uuid certificate_id) {
    char key[UUID_CHARACTERS];
    uuid_to_text(&certificate_id, key);
    for (uint32_t i = memory_log_visible(rig.log, "certificates.state", rig.partition); i > 0;
         i--) {
        const struct log_record *record =
            memory_log_read(rig.log, "certificates.state", rig.partition, i - 1);
        if (bytes_equal(record->key, (struct bytes){(const uint8_t *)key, sizeof key})) {
            enum message_type type;
            return read_record(record, &type);
        }
    }
    return NULL;
}

const struct certificates_answers_command_answered *then_answered(struct message command,
                                                                  enum millrace_verdict verdict) {
    const struct certificates_answers_command_answered *answer =
        then_written(MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED);
    struct certificate_command_head head;
    cr_assert(certificate_command_head(&command, &head));
    expect_uuid(&answer->command_id, &head.metadata->id);
    expect_uuid(&answer->certificate_id, head.certificate_id);
    cr_expect_eq(answer->verdict, verdict);
    return answer;
}

struct memory_log *rig_log(void) {
    return rig.log;
}

const struct emitter *rig_emitter(void) {
    return &rig.emitter;
}

struct schema_cache *rig_cache(void) {
    return rig.cache;
}

const struct counts *the_counts(void) {
    return &rig.counts;
}
