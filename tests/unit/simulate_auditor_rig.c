#include "tests/unit/simulate_auditor_rig.h"

#include <criterion/criterion.h>
#include <string.h>

#include "certificates/certificates.h"
#include "generated/c/certificates_operations.h"
#include "generated/c/certificates_state.h"
#include "generated/c/registry_commands.h"
#include "generated/c/registry_events.h"
#include "loop/lane.h"
#include "outside/store_memory/store_memory.h"
#include "tests/simulate/known_ids.h"
#include "tests/simulate/workload.h"
#include "tests/support/fake_schemas.h"
#include "wire/message.h"

enum {
    CERTIFICATES = 6,
    COMMANDS = 100,
    END_MS = 60000,
    LOOK_MS = 7000,
    OPERATOR_MS = 1500,
    STEPS_MAX = 100000,
};

static const struct millrace_source connector = {.name = {"connector", 9}, .version = {"1", 1}};

/* One run at a time: three lanes of the processor, the teams, and the test as the connector and the
 * operator. */
static struct {
    struct timeline timeline;
    struct clock clock;
    struct transcript transcript;
    struct chance chance;
    struct memory_log *log;
    struct log_group group;
    struct fake_schemas fake_schemas;
    struct schemas schemas;
    struct schema_cache *cache;
    struct emitter emitter;
    struct certificates_config config;
    struct processor_kind kind;
    struct stores stores;
    struct options options;
    struct lane_setup setup;
    struct lane *lanes[AUDITOR_RIG_PARTITIONS];
    struct workload *workload;
    uint64_t ids;
    uint32_t submissions_seen[AUDITOR_RIG_PARTITIONS];
    bool troubled; /* refusals, unknown outcomes, contradictions */
    uint8_t memory[1 << 20] __attribute__((aligned(16)));
    struct arena arena;
} run;

static struct uuid fresh_id(void *self) {
    (void)self;
    struct uuid id = {{0xab}};
    run.ids++;
    memcpy(id.bytes + 1, &run.ids, sizeof run.ids);
    return id;
}

static enum result schemas_open(void *context, struct schemas *schemas, struct error *error) {
    (void)context;
    (void)error;
    *schemas = run.schemas;
    return RESULT_OK;
}

/* ---- reading and writing ---- */

struct message auditor_rig_read(const struct log_record *record) {
    const struct wire_input input = {.topic = record->topic, .value = record->value};
    struct message message;
    struct wire_failure failure;
    cr_assert_eq(wire_decode(run.cache, &input, &run.arena, 0, &message, &failure), RESULT_OK, "%s",
                 failure.text);
    return message;
}

static void write_message(enum message_type type, const struct uuid *key, const void *body) {
    char text[KNOWN_ID_CHARACTERS + 1];
    const struct message message = {type, (void *)body};
    known_id_text(key, text);
    (void)memory_log_append(
        run.log, message_types[type].topic, known_place_of(key, AUDITOR_RIG_PARTITIONS),
        &(struct memory_record){.key = {(const uint8_t *)text, KNOWN_ID_CHARACTERS},
                                .value = auditor_rig_value(&message)});
}

/* ---- the connector and its registry: honest, and never twice ---- */

static struct millrace_metadata fresh_metadata(const struct uuid *parent) {
    return (struct millrace_metadata){
        .id = fresh_id(NULL),
        .timestamp = run.timeline.now_ms,
        .source = connector,
        .has_parent_id = parent != NULL,
        .parent_id = parent != NULL ? *parent : (struct uuid){{0}},
    };
}

#define OPENING(event, asked)                                      \
    do {                                                           \
        (event)->metadata = fresh_metadata(&(asked)->metadata.id); \
        (event)->certificate_id = (asked)->certificate_id;         \
        (event)->submission_id = (asked)->submission_id;           \
        (event)->sequence = (asked)->sequence;                     \
        (event)->attempt = 1;                                      \
    } while (0)

static const struct registry_commands_submit_transaction *submission(uint64_t argument) {
    const struct log_record *record = memory_log_read(
        run.log, "registry.commands", (int32_t)(argument >> 32), (uint32_t)(argument & UINT32_MAX));
    return auditor_rig_read(record).body;
}

static void succeed(void *context, uint64_t argument) {
    const struct registry_commands_submit_transaction *asked = submission(argument);
    struct registry_events_submission_succeeded event = {.evidence = text_of("done")};
    struct millrace_slice_hash hashes[4];
    (void)context;
    OPENING(&event, asked);
    if (asked->operation.slice != NULL && asked->operation.slice->parts_count <= 4) {
        event.slice_hashes = hashes;
        event.slice_hashes_count = asked->operation.slice->parts_count;
        for (uint32_t i = 0; i < event.slice_hashes_count; i++) {
            hashes[i].slice_id = asked->operation.slice->parts[i].slice_id;
            hashes[i].registry_hash =
                (struct bytes){hashes[i].slice_id.bytes, sizeof hashes[i].slice_id.bytes};
        }
    }
    write_message(MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED, &asked->certificate_id, &event);
}

static void refuse(const struct registry_commands_submit_transaction *asked, const char *words) {
    struct registry_events_submission_refused event = {.message = text_of(words)};
    OPENING(&event, asked);
    write_message(MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED, &asked->certificate_id, &event);
}

/* After a wrong verdict the registry's late reply shows up. */
static void contradict(void *context, uint64_t argument) {
    const struct registry_commands_submit_transaction *asked = submission(argument);
    struct registry_events_evidence_contradicts event = {
        .evidence_id = fresh_id(NULL),
        .kind = MILLRACE_EVIDENCE_KIND_REPLY,
        .evidence_executed = true,
    };
    (void)context;
    OPENING(&event, asked);
    write_message(MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS, &asked->certificate_id, &event);
}

static void resolve(void *context, uint64_t argument) {
    const struct registry_commands_submit_transaction *asked = submission(argument);
    const bool executed = chance_permille(&run.chance, 500);
    struct registry_events_submission_resolved event = {
        .executed = executed,
        .evidence = text_of("looked at it"),
        .by = text_of("olga"),
        .closing_rule =
            executed ? MILLRACE_CLOSING_RULE_NONE : MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE,
    };
    (void)context;
    OPENING(&event, asked);
    write_message(MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED, &asked->certificate_id, &event);
    if (!executed && chance_permille(&run.chance, 500)) {
        contradict(NULL, argument);
    }
}

static void be_unknown(const struct registry_commands_submit_transaction *asked,
                       uint64_t argument) {
    struct registry_events_submission_unknown event = {.cause = MILLRACE_UNKNOWN_CAUSE_TIMEOUT};
    OPENING(&event, asked);
    write_message(MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN, &asked->certificate_id, &event);
    timeline_in(&run.timeline, chance_between(&run.chance, 1, 9000),
                chance_permille(&run.chance, 300) ? succeed : resolve, NULL, argument);
}

static void intend(const struct registry_commands_submit_transaction *asked) {
    struct registry_events_submission_intended event = {
        .registry = asked->registry,
        .incarnation = fresh_id(NULL),
        .writer = {.host = text_of("host"), .boot_id = fresh_id(NULL)},
        .transaction_id = text_of("t"),
    };
    OPENING(&event, asked);
    write_message(MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED, &asked->certificate_id, &event);
}

static void respond(void *context, uint64_t argument) {
    const struct registry_commands_submit_transaction *asked = submission(argument);
    const uint32_t draw = run.troubled ? chance_below(&run.chance, 100) : 99;
    intend(asked);
    if (draw < 6) {
        refuse(asked, "not today");
    } else if (draw < 9) {
        refuse(asked, "Slice not found");
    } else if (draw < 16) {
        be_unknown(asked, argument);
    } else {
        succeed(context, argument);
    }
}

static bool take_submissions(void) {
    bool taken = false;
    for (int32_t p = 0; p < AUDITOR_RIG_PARTITIONS; p++) {
        const uint32_t count = memory_log_visible(run.log, "registry.commands", p);
        for (; run.submissions_seen[p] < count; run.submissions_seen[p]++) {
            timeline_in(&run.timeline, chance_between(&run.chance, 0, 2000), respond, NULL,
                        (uint64_t)p << 32 | run.submissions_seen[p]);
            taken = true;
        }
    }
    return taken;
}

/* ---- the operator: sets right what is misaligned, or tries to ---- */

static void realign(const struct certificates_state_certificate_state *state) {
    const struct certificates_state_certificate_model *model = &state->model;
    struct millrace_realigned_slice *slices =
        arena_take(&run.arena, (model->slices_count + 1) * sizeof *slices);
    for (uint32_t i = 0; i < model->slices_count; i++) {
        slices[i] = (struct millrace_realigned_slice){
            .slice_id = model->slices[i].slice_id,
            .quantity = model->slices[i].quantity,
            .owner = model->slices[i].owner,
            .has_registry_hash = model->slices[i].has_registry_hash,
            .registry_hash = model->slices[i].registry_hash,
            .state = model->slices[i].state,
            .allocation = model->slices[i].allocation,
        };
    }
    if (model->slices_count > 0 && run.timeline.now_ms < END_MS &&
        chance_permille(&run.chance, 200)) { /* what cannot be */
        slices[0].state = MILLRACE_SLICE_STATE_CLAIMED;
        slices[0].allocation = NULL;
    }
    struct certificates_operations_realign_certificate operation = {
        .metadata = fresh_metadata(NULL),
        .certificate_id = state->certificate_id,
        .operator= text_of("olga"),
        .slices = slices,
        .slices_count = model->slices_count,
        .withdrawn = model->withdrawn,
        .evidence = text_of("seen with own eyes"),
    };
    write_message(MESSAGE_CERTIFICATES_OPERATIONS_REALIGN_CERTIFICATE, &state->certificate_id,
                  &operation);
}

static void visit_state(void *context, const struct log_record *record) {
    bool *misaligned = context;
    const struct certificates_state_certificate_state *state = auditor_rig_read(record).body;
    const int32_t partition = record->partition;
    const uint32_t count = memory_log_visible(run.log, record->topic, partition);
    for (uint32_t i = count; i > 0; i--) { /* the newest of this key */
        const struct log_record *other = memory_log_read(run.log, record->topic, partition, i - 1);
        if (bytes_equal(other->key, record->key)) {
            if (other->offset != record->offset) {
                return;
            }
            break;
        }
    }
    if (state->model.suspension != NULL &&
        state->model.suspension->cause == MILLRACE_SUSPENSION_CAUSE_MISALIGNED) {
        *misaligned = true;
        realign(state);
    } else if (run.timeline.now_ms < END_MS && chance_permille(&run.chance, 10)) {
        realign(state); /* what needs it not */
    }
}

static bool operate(void) {
    bool misaligned = false;
    arena_reset(&run.arena);
    for (int32_t p = 0; p < AUDITOR_RIG_PARTITIONS; p++) {
        memory_log_each(run.log, "certificates.state", p, visit_state, &misaligned);
    }
    return misaligned;
}

static void operate_now(void *context, uint64_t argument) {
    (void)context;
    (void)argument;
    (void)operate();
}

/* ---- the whole ---- */

static void open_lanes(void) {
    struct log_group_event event;
    struct error error;
    run.group = memory_log_join(run.log, &certificates_topology);
    memory_log_assign(&run.group, (const int32_t[]){0, 1, 2}, AUDITOR_RIG_PARTITIONS);
    cr_assert_eq(run.group.poll(run.group.self, 0, &event, &error), RESULT_OK);
    for (int32_t p = 0; p < AUDITOR_RIG_PARTITIONS; p++) {
        cr_assert_eq(lane_open(&run.setup, p, &run.lanes[p], &error), RESULT_OK, "%s", error.text);
    }
}

static void open_processor(void) {
    run.fake_schemas = (struct fake_schemas){.count = 0};
    run.schemas = fake_schemas_port(&run.fake_schemas);
    run.cache = schema_cache_open(&run.schemas, NULL);
    run.emitter =
        (struct emitter){.application = "millrace.certificates", .dead_letter_bytes_max = 1000000};
    for (int i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        run.emitter.schema_ids[i] = fake_schemas_add(&run.fake_schemas, message_types[i].full_name,
                                                     message_types[i].schema);
    }
    run.config = (struct certificates_config){
        .rules = workload_rules(),
        .emitter = &run.emitter,
        .source = {.name = text_of("millrace-certificates"), .version = text_of("1")},
        .state_format = CERTIFICATES_FORMAT_VERSION,
        .schemas_open = schemas_open,
        .logger = logger_silent(),
    };
    run.kind = certificates_kind(&run.config);
    run.stores = stores_memory();
    run.options = options_default();
    run.setup = (struct lane_setup){
        .kind = &run.kind,
        .log_group = &run.group,
        .stores = &run.stores,
        .emitter = &run.emitter,
        .options = &run.options,
        .clock = run.clock,
        .ids = {.fresh = fresh_id},
        .logger = logger_silent(),
        .partitions = AUDITOR_RIG_PARTITIONS,
    };
    open_lanes();
}

void auditor_rig_open(uint64_t seed, bool troubled) {
    run.timeline = (struct timeline){.now_ms = 0};
    run.clock = timeline_clock(&run.timeline);
    run.transcript = (struct transcript){.timeline = &run.timeline};
    run.chance = chance_stream(seed, "registry");
    run.log = memory_log_open(AUDITOR_RIG_PARTITIONS, &run.clock);
    run.ids = 0;
    run.troubled = troubled;
    memset(run.submissions_seen, 0, sizeof run.submissions_seen);
    arena_init(&run.arena, run.memory, sizeof run.memory);
    open_processor();
    run.workload = workload_open(&(struct workload_setup){
        .timeline = &run.timeline,
        .transcript = &run.transcript,
        .log = run.log,
        .emitter = &run.emitter,
        .chance = chance_stream(seed, "workload"),
        .partitions = AUDITOR_RIG_PARTITIONS,
        .certificates = CERTIFICATES,
        .commands = COMMANDS,
        .begin_ms = 100,
        .end_ms = END_MS,
        .duplicate_permille = 60,
        .rebuilt_permille = 40,
        .conflicting_permille = 30,
        .impossible_permille = troubled ? 200 : 50,
        .malformed_permille = 100,
        .burst_permille = seed % 8 == 0 ? 30 : 0,
    });
}

void auditor_rig_close(void) {
    for (int32_t p = 0; p < AUDITOR_RIG_PARTITIONS; p++) {
        lane_close(run.lanes[p]);
    }
    run.group.close(run.group.self);
    workload_close(run.workload);
    schema_cache_close(run.cache);
    memory_log_close(run.log);
    timeline_deinit(&run.timeline);
}

/* The lanes do what they can now; when they have something to do next. */
static int64_t settle(void) {
    int64_t due_ms = INT64_MAX;
    for (int32_t p = 0; p < AUDITOR_RIG_PARTITIONS; p++) {
        uint32_t steps = 0;
        while (lane_step(run.lanes[p]) && lane_due_ms(run.lanes[p]) <= run.timeline.now_ms) {
            cr_assert_lt(steps++, STEPS_MAX);
        }
        const int64_t lanes_ms = lane_due_ms(run.lanes[p]);
        due_ms = lanes_ms < due_ms ? lanes_ms : due_ms;
    }
    arena_reset(&run.arena);
    return take_submissions() ? run.timeline.now_ms : due_ms;
}

static void run_until(int64_t end_ms) {
    while (run.timeline.now_ms < end_ms) {
        const int64_t due_ms = settle();
        const int64_t next_ms = timeline_next_ms(&run.timeline);
        int64_t at_ms = due_ms < next_ms ? due_ms : next_ms;
        at_ms = at_ms < end_ms ? at_ms : end_ms;
        timeline_move(&run.timeline, at_ms > run.timeline.now_ms ? at_ms : run.timeline.now_ms);
    }
}

struct auditor_setup auditor_rig_audit(bool at_rest) {
    return (struct auditor_setup){
        .log = run.log,
        .cache = run.cache,
        .partitions = AUDITOR_RIG_PARTITIONS,
        .transcript = &run.transcript,
        .readings = 1,
        .at_rest = at_rest,
    };
}

void auditor_rig_look(bool at_rest) {
    const struct auditor_setup setup = auditor_rig_audit(at_rest);
    auditor_look(&setup);
}

void auditor_rig_run(uint64_t seed) {
    for (int64_t at_ms = OPERATOR_MS; at_ms < END_MS && run.troubled; at_ms += OPERATOR_MS) {
        timeline_at(&run.timeline, at_ms, operate_now, NULL, 0);
    }
    for (int64_t at_ms = LOOK_MS; at_ms <= END_MS; at_ms += LOOK_MS) {
        run_until(at_ms);
        auditor_rig_look(false);
        cr_assert_not(run.transcript.violated, "seed %lu, at %ld ms: %s: %s", (unsigned long)seed,
                      (long)at_ms, run.transcript.invariant, run.transcript.violation);
    }
    uint32_t rounds = 0;
    do {
        run_until(run.timeline.now_ms + 3 * END_MS);
        cr_assert_lt(rounds++, 50);
    } while (operate());
}

const struct transcript *auditor_rig_transcript(void) {
    return &run.transcript;
}

struct memory_log *auditor_rig_log(void) {
    return run.log;
}

struct bytes auditor_rig_value(const struct message *message) {
    enum { VALUE_BYTES = 1 << 18 };
    static uint8_t value[VALUE_BYTES];
    const size_t size = wire_encode(message->type, message->body,
                                    run.emitter.schema_ids[message->type], value, VALUE_BYTES);
    cr_assert_leq(size, VALUE_BYTES);
    return (struct bytes){value, (uint32_t)size};
}

void auditor_rig_each(const char *topic,
                      void (*visit)(void *context, const struct log_record *record),
                      void *context) {
    for (int32_t p = 0; p < AUDITOR_RIG_PARTITIONS; p++) {
        arena_reset(&run.arena);
        memory_log_each(run.log, topic, p, visit, context);
    }
}
