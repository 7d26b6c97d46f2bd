/* The simulated operator: what he says is true when he says it, lies where it belongs, and is
 * accepted by the processors that it is meant for. */
#include <criterion/criterion.h>

#include "domain/placement.h"
#include "domain/uuid.h"
#include "tests/simulate/operator.h"
#include "tests/support/certificates_rig.h"
#include "tests/support/connector_rig.h"
#include "wire/message.h"

enum { PARTITIONS = 4, ARENA_BYTES = 1 << 20, MINUTE_MS = 60 * 1000 };

/* The test as certificates, connector and registry, on a log that nobody else reads. */
static struct {
    struct timeline timeline;
    struct transcript transcript;
    struct clock clock;
    struct memory_log *log;
    struct fake_schemas fake_schemas;
    struct schemas schemas;
    struct schema_cache *cache;
    struct emitter emitter;
    struct sim_process process;
    struct clock process_clock;
    struct lying_registry *registry;
    struct operator* person;
    struct arena arena;
    uint32_t looked; /* operations that were looked at */
} desk;

static struct operator* hire(struct memory_log *log, const struct emitter *emitter,
                             struct schema_cache *cache, uint64_t seed) {
    desk.transcript.timeline = &desk.timeline;
    if (desk.registry == NULL) {
        desk.registry = lying_registry_open(&(struct lying_registry_setup){
            .timeline = &desk.timeline,
            .transcript = &desk.transcript,
            .chance = chance_stream(1, "registry"),
        });
    }
    return operator_open(&(struct operator_setup){
        .timeline = &desk.timeline,
        .transcript = &desk.transcript,
        .log = log,
        .registry = desk.registry,
        .emitter = emitter,
        .cache = cache,
        .chance = chance_stream(seed, "operator"),
        .partitions = PARTITIONS,
    });
}

static void desk_open(void) {
    static _Alignas(16) uint8_t memory[ARENA_BYTES];
    arena_init(&desk.arena, memory, sizeof memory);
    desk.clock = timeline_clock(&desk.timeline);
    desk.log = memory_log_open(PARTITIONS, &desk.clock);
    desk.schemas = fake_schemas_port(&desk.fake_schemas);
    desk.cache = schema_cache_open(&desk.schemas, NULL);
    for (int i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        desk.emitter.schema_ids[i] = fake_schemas_add(
            &desk.fake_schemas, message_types[i].full_name, message_types[i].schema);
    }
    desk.person = hire(desk.log, &desk.emitter, desk.cache, 1);
    desk.process = (struct sim_process){.timeline = &desk.timeline, .transcript = &desk.transcript};
    desk.process_clock = process_clock(&desk.process);
}

static void desk_close(void) {
    operator_close(desk.person);
    lying_registry_close(desk.registry);
    timeline_deinit(&desk.timeline);
    schema_cache_close(desk.cache);
    memory_log_close(desk.log);
}

TestSuite(simulate_operator, .init = desk_open, .fini = desk_close);

static struct uuid certificate(uint32_t number) {
    struct uuid id = {.bytes = {0xce, 0, 0, 0, 0, 0, 0x40, 0, 0x80}};
    memcpy(id.bytes + 10, &number, sizeof number);
    return id;
}

static struct uuid submission_number(uint32_t number) {
    struct uuid id = certificate(number);
    id.bytes[0] = 0x5b;
    return id;
}

static int32_t place_of(const struct uuid *id, char key[UUID_CHARACTERS]) {
    uuid_to_text(id, key);
    return placement_partition((struct bytes){(const uint8_t *)key, UUID_CHARACTERS}, PARTITIONS);
}

static void write_down(enum message_type type, uint32_t number, const void *body) {
    static uint8_t value[4096];
    char key[UUID_CHARACTERS];
    const struct uuid id = certificate(number);
    const size_t length =
        wire_encode(type, body, desk.emitter.schema_ids[type], value, sizeof value);
    cr_assert_leq(length, sizeof value);
    const int32_t partition = place_of(&id, key);
    (void)memory_log_append(desk.log, message_types[type].topic, partition,
                            &(struct memory_record){.key = {(const uint8_t *)key, sizeof key},
                                                    .value = {value, (uint32_t)length}});
}

static const struct millrace_metadata meta = {.source = {{"test", 4}, {"1", 1}}};

static void is_asked_for(uint32_t number) {
    struct millrace_transfer_operation transfer = {
        .quantity = 1, .owner = text_of("alice"), .new_owner = text_of("bob")};
    const struct registry_commands_submit_transaction command = {
        .metadata = meta,
        .submission_id = submission_number(number),
        .certificate_id = certificate(number),
        .sequence = 1,
        .registry = text_of("main"),
        .operation = {.transfer = &transfer},
    };
    write_down(MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION, number, &command);
}

static void is_unknown(uint32_t number) {
    const struct registry_events_submission_unknown event = {
        .metadata = meta,
        .submission_id = submission_number(number),
        .certificate_id = certificate(number),
        .sequence = 1,
        .attempt = 1,
        .cause = MILLRACE_UNKNOWN_CAUSE_TIMEOUT,
    };
    write_down(MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN, number, &event);
}

static void is_resolved(uint32_t number) {
    const struct registry_events_submission_resolved event = {
        .metadata = meta,
        .submission_id = submission_number(number),
        .certificate_id = certificate(number),
        .sequence = 1,
        .attempt = 1,
        .evidence = text_of("seen"),
        .by = text_of("olga"),
        .closing_rule = MILLRACE_CLOSING_RULE_NONE,
    };
    write_down(MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED, number, &event);
}

static void is_executed(uint32_t number) {
    static const struct registry_config config = {"main", "lying", "anywhere", 1};
    const struct registry_adapter adapter = lying_registry_adapter(desk.registry, &desk.process);
    struct registry port;
    struct error error;
    (void)adapter.open(adapter.self, &config, &desk.process_clock, &port, &error);
    const struct registry_request request = {
        .call = {.certificate_id = certificate(number),
                 .submission_id = submission_number(number),
                 .attempt = 1},
        .transaction = {.id = text_of("tx"), .bytes = {(const uint8_t *)"bytes", 5}},
        .deadline_ms = INT64_MAX,
    };
    port.start(port.self, &request);
    for (uint32_t i = 0; i < 3; i++) {
        (void)port.poll(port.self, NULL, 0);
        timeline_move(&desk.timeline, desk.timeline.now_ms);
    }
    port.close(port.self);
    cr_assert(lying_registry_executed(desk.registry, &request.call.submission_id));
}

/* The operation about a submission or certificate of this number that was written last. */
static const void *last_about(enum message_type type, uint32_t number, uint32_t *count) {
    const struct uuid id = certificate(number);
    char key[UUID_CHARACTERS];
    const int32_t partition = place_of(&id, key);
    const void *last = NULL;
    *count = 0;
    for (uint32_t i = 0; i < memory_log_visible(desk.log, message_types[type].topic, partition);
         i++) {
        const struct log_record *record =
            memory_log_read(desk.log, message_types[type].topic, partition, i);
        if (!bytes_equal(record->key, (struct bytes){(const uint8_t *)key, sizeof key})) {
            continue;
        }
        const struct wire_input input = {.topic = record->topic, .value = record->value};
        struct wire_failure failure;
        struct message message;
        arena_reset(&desk.arena); /* only the last is of interest */
        cr_assert_eq(wire_decode(desk.cache, &input, &desk.arena, 0, &message, &failure), RESULT_OK,
                     "%s", failure.text);
        cr_assert_eq(message.type, type);
        (*count)++;
        last = message.body;
    }
    return last;
}

static const struct registry_operations_resolve_submission *verdict_on(uint32_t number,
                                                                       uint32_t *count) {
    return last_about(MESSAGE_REGISTRY_OPERATIONS_RESOLVE_SUBMISSION, number, count);
}

Test(simulate_operator, closes_what_is_unknown_with_the_truth) {
    uint32_t count;
    for (uint32_t number = 1; number <= 3; number++) {
        is_asked_for(number);
    }
    is_executed(1);
    is_unknown(1);
    is_unknown(2);
    cr_expect_eq(operator_resolves_all(desk.person), 2);
    const struct registry_operations_resolve_submission *yes = verdict_on(1, &count);
    cr_assert_eq(count, 1);
    cr_expect(yes->executed && yes->closing_rule == MILLRACE_CLOSING_RULE_NONE);
    cr_expect(yes->evidence.length > 0 && yes->operator.length> 0);
    const struct uuid one = submission_number(1);
    const struct uuid two = submission_number(2);
    cr_expect(uuid_equal(&yes->submission_id, &one));
    const struct registry_operations_resolve_submission *no = verdict_on(2, &count);
    cr_assert_eq(count, 1);
    cr_expect(!no->executed && no->closing_rule == MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE);
    cr_expect(operator_took_the_risk(desk.person, &two));
    cr_expect_not(operator_took_the_risk(desk.person, &one));
    (void)verdict_on(3, &count);
    cr_expect_eq(count, 0, "nothing is unknown there");
    cr_expect_eq(operator_counts(desk.person)->executed, 1);
    cr_expect_eq(operator_counts(desk.person)->not_executed_may_execute_twice, 1);
}

Test(simulate_operator, tries_again_each_minute_until_it_is_settled) {
    uint32_t count;
    is_unknown(1);
    cr_expect_eq(operator_resolves_all(desk.person), 1);
    timeline_move(&desk.timeline, MINUTE_MS - 1);
    cr_expect_eq(operator_resolves_all(desk.person), 1);
    (void)verdict_on(1, &count);
    cr_expect_eq(count, 1, "he waits");
    is_executed(1);
    timeline_move(&desk.timeline, MINUTE_MS);
    cr_expect_eq(operator_resolves_all(desk.person), 1);
    const struct registry_operations_resolve_submission *verdict = verdict_on(1, &count);
    cr_expect_eq(count, 2);
    cr_expect(verdict->executed, "the truth of now");
    is_resolved(1);
    timeline_move(&desk.timeline, 3 * MINUTE_MS);
    cr_expect_eq(operator_resolves_all(desk.person), 0);
    (void)verdict_on(1, &count);
    cr_expect_eq(count, 2);
}

/* What was said about a submission in all places, as far as it can be read. */
static void expect_honest(const struct registry_operations_resolve_submission *verdict) {
    const bool executed = lying_registry_executed(desk.registry, &verdict->submission_id);
    cr_expect_eq(verdict->executed, executed);
    cr_expect_neq(verdict->closing_rule, MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE,
                  "that is for calm days");
    cr_expect(!executed || verdict->closing_rule == MILLRACE_CLOSING_RULE_NONE);
}

Test(simulate_operator, meddles_in_every_way_and_never_lies) {
    uint32_t about[4] = {0}; /* queued, unknown, settled, others */
    uint32_t without_evidence = 0;
    uint32_t ruleless = 0;
    uint32_t elsewhere = 0;
    for (uint32_t number = 1; number <= 3; number++) {
        is_asked_for(number);
    }
    is_executed(2);
    is_unknown(2);
    is_unknown(3);
    is_resolved(3);
    for (uint32_t i = 0; i < 500; i++) {
        operator_meddles(desk.person);
    }
    for (int32_t p = 0; p < PARTITIONS; p++) {
        for (uint32_t i = 0; i < memory_log_visible(desk.log, "registry.operations", p); i++) {
            const struct log_record *record =
                memory_log_read(desk.log, "registry.operations", p, i);
            const struct wire_input input = {.topic = record->topic, .value = record->value};
            struct wire_failure failure;
            struct message message;
            char key[UUID_CHARACTERS];
            arena_reset(&desk.arena);
            cr_assert_eq(wire_decode(desk.cache, &input, &desk.arena, 0, &message, &failure),
                         RESULT_OK, "%s", failure.text);
            const struct registry_operations_resolve_submission *verdict = message.body;
            expect_honest(verdict);
            const struct uuid ids[] = {submission_number(1), submission_number(2),
                                       submission_number(3)};
            uint32_t which = 0;
            while (which < 3 && !uuid_equal(&verdict->submission_id, &ids[which])) {
                which++;
            }
            about[which]++;
            without_evidence += verdict->evidence.length == 0 ? 1 : 0;
            ruleless +=
                !verdict->executed && verdict->closing_rule == MILLRACE_CLOSING_RULE_NONE ? 1 : 0;
            elsewhere += place_of(&verdict->certificate_id, key) != p ? 1 : 0;
        }
    }
    for (uint32_t i = 0; i < 4; i++) {
        cr_expect_gt(about[i], 5, "subject %u", i);
    }
    cr_expect(without_evidence > 5 && elsewhere > 5);
    cr_expect_eq(ruleless, 0, "what is unknown was executed");
}

/* Has he meddled by a new denial of this submission? */
static bool is_denied_anew(uint32_t number) {
    const struct uuid id = submission_number(number);
    uint32_t before;
    uint32_t after;
    (void)verdict_on(number, &before);
    operator_meddles(desk.person);
    const struct registry_operations_resolve_submission *last = verdict_on(number, &after);
    return after > before && uuid_equal(&last->submission_id, &id) && !last->executed;
}

Test(simulate_operator, says_nothing_again_that_has_become_a_lie) {
    for (uint32_t number = 1; number <= 40; number++) {
        is_unknown(number);
        while (!is_denied_anew(number)) {
        }
        is_executed(number);
        cr_expect_not(is_denied_anew(number), "just after it was executed");
        is_resolved(number);
    }
}

Test(simulate_operator, has_somewhat_to_say_when_nothing_is_there) {
    for (uint32_t i = 0; i < 100; i++) {
        operator_meddles(desk.person);
    }
    cr_expect_eq(operator_resolves_all(desk.person), 0);
    cr_expect_gt(operator_counts(desk.person)->not_executed_writer_dead, 0);
}

/* ---- with the processors ---- */

TestSuite(simulate_operator_books, .init = rig_open, .fini = rig_close);

Test(simulate_operator_books, realigns_what_is_misaligned) {
    struct operator* person = hire(rig_log(), rig_emitter(), rig_cache(), 1);
    someone_sends(issue_certificate(1000, "alice"));
    let_run();
    registry_executes(0);
    let_run();
    const struct uuid slice = state_of(the_certificate())->model.slices[0].slice_id;
    someone_sends(transfer_slice(slice, "alice", "bob"));
    let_run();
    registry_refuses(1, "Slice not found");
    let_run();
    const struct certificates_state_certificate_state *state = state_of(the_certificate());
    cr_assert_not_null(state->model.suspension);
    cr_assert_eq(state->model.suspension->cause, MILLRACE_SUSPENSION_CAUSE_MISALIGNED);
    cr_expect_eq(operator_resolves_all(person), 1);
    let_run();
    state = state_of(the_certificate());
    cr_expect_null(state->model.suspension, "it goes on");
    cr_expect_eq(state->model.slices_count, 1);
    cr_expect_eq(operator_resolves_all(person), 0);
    cr_expect_eq(operator_counts(person)->realignments, 1);
    whatever_was_written();
    operator_close(person);
    lying_registry_close(desk.registry);
}

Test(simulate_operator_books, meddling_harms_nothing) {
    struct operator* person = hire(rig_log(), rig_emitter(), rig_cache(), 3);
    someone_sends(issue_certificate(1000, "alice"));
    let_run();
    registry_executes(0);
    let_run();
    const int64_t version = state_of(the_certificate())->model.version;
    while (operator_counts(person)->realignments < 20) {
        operator_meddles(person);
        let_run();
    }
    const struct certificates_state_certificate_state *state = state_of(the_certificate());
    cr_expect_eq(state->model.version, version);
    cr_expect_eq(the_lane().state, LANE_STATE_WORKING, "%s", the_lane().reason);
    whatever_was_written();
    operator_close(person);
    lying_registry_close(desk.registry);
}

TestSuite(simulate_operator_ledger, .init = connector_open, .fini = connector_close);

Test(simulate_operator_ledger, a_verdict_settles_when_the_quarantine_is_over) {
    struct operator* person = hire(connector_log(), connector_emitter(), connector_cache(), 1);
    the_options()->quarantine_ms = 5000;
    submit(cert(1));
    run_for(the_options()->call_timeout_ms + 1000);
    (void)then_ledger_event(MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED, cert(1));
    (void)then_ledger_event(MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN, cert(1));
    cr_expect_eq(operator_resolves_all(person), 1);
    run_for(10);
    (void)then_ledger_event(MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED, cert(1));
    timeline_move(&desk.timeline, MINUTE_MS);
    run_for(MINUTE_MS);
    cr_expect_eq(operator_resolves_all(person), 1);
    run_for(10);
    const struct registry_events_submission_resolved *resolved =
        then_ledger_event(MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED, cert(1));
    cr_expect_eq(resolved->closing_rule, MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE);
    cr_expect_eq(operator_resolves_all(person), 0);
    operator_close(person);
    lying_registry_close(desk.registry);
}
