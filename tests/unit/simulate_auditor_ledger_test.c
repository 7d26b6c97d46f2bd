/* The auditor against the registry's own ledger: what we say happened must have, once. */
#include <criterion/criterion.h>
#include <string.h>

#include "generated/c/registry_commands.h"
#include "tests/unit/simulate_auditor_rig.h"

TestSuite(simulate_auditor_ledger);

/* A registry of its own time, that does as it is told. */
static struct {
    struct timeline timeline;
    struct transcript transcript;
    struct clock clock;
    struct sim_process process;
    struct lying_registry *lying;
    struct registry connection;
    struct arena arena;
    uint8_t memory[1 << 20] __attribute__((aligned(16)));
    uint32_t asked;
    enum registry_deed first_deed; /* with the first submission; the others are executed */
    bool first_twice;
} ledger;

static void ledger_open(void) {
    static const struct registry_config config = {"main", "lying", "anywhere", 1000};
    struct error error;
    memset(&ledger, 0, sizeof ledger);
    arena_init(&ledger.arena, ledger.memory, sizeof ledger.memory);
    ledger.transcript.timeline = &ledger.timeline;
    ledger.clock = timeline_clock(&ledger.timeline);
    ledger.process =
        (struct sim_process){.timeline = &ledger.timeline, .transcript = &ledger.transcript};
    ledger.lying = lying_registry_open(&(struct lying_registry_setup){
        .timeline = &ledger.timeline,
        .transcript = &ledger.transcript,
        .chance = chance_stream(1, "registry"),
    });
    ledger.first_deed = REGISTRY_DEED_EXECUTION;
    lying_registry_weather(ledger.lying)->holds = true;
    const struct registry_adapter adapter = lying_registry_adapter(ledger.lying, &ledger.process);
    cr_assert_eq(adapter.open(adapter.self, &config, &ledger.clock, &ledger.connection, &error),
                 RESULT_OK);
}

static void ledger_close(void) {
    ledger.connection.close(ledger.connection.self);
    lying_registry_close(ledger.lying);
    timeline_deinit(&ledger.timeline);
}

static void go_on(void) {
    struct registry_reply replies[8];
    for (int round = 0; round < 3; round++) { /* to connect, to send, to hear */
        (void)ledger.connection.poll(ledger.connection.self, replies, 8);
        while (timeline_next_ms(&ledger.timeline) != INT64_MAX) {
            timeline_move(&ledger.timeline, timeline_next_ms(&ledger.timeline));
        }
    }
}

static void send_attempt(const struct registry_commands_submit_transaction *asked, int32_t attempt,
                         enum registry_deed deed) {
    struct registry_request request = {
        .call = {asked->certificate_id, asked->submission_id, attempt},
        .deadline_ms = INT64_MAX,
    };
    struct error error;
    cr_assert_eq(ledger.connection.prepare(ledger.connection.self, &asked->submission_id,
                                           &asked->certificate_id, &asked->operation, &ledger.arena,
                                           &request.transaction, &error),
                 RESULT_OK);
    ledger.connection.start(ledger.connection.self, &request);
    go_on();
    lying_registry_settle(ledger.lying, &asked->submission_id, deed);
    go_on();
    arena_reset(&ledger.arena);
}

static void visit_submission(void *context, const struct log_record *record) {
    const struct registry_commands_submit_transaction *asked = auditor_rig_read(record).body;
    const bool first = ledger.asked++ == 0;
    (void)context;
    send_attempt(asked, 1, first ? ledger.first_deed : REGISTRY_DEED_EXECUTION);
    if (first && ledger.first_twice) {
        send_attempt(asked, 2, REGISTRY_DEED_EXECUTION);
    }
}

/* The auditor's look at a run whose submissions the registry has now dealt with. */
static struct transcript look(void) {
    struct transcript transcript = {.timeline = &ledger.timeline};
    struct auditor_setup setup = auditor_rig_audit(true);
    auditor_rig_each("registry.commands", visit_submission, NULL);
    setup.registry = ledger.lying;
    setup.transcript = &transcript;
    auditor_look(&setup);
    transcript.timeline = NULL;
    return transcript;
}

static void expect_violation(const struct transcript *seen, const char *invariant,
                             const char *says) {
    cr_expect(seen->violated);
    cr_expect_str_eq(seen->invariant, invariant, "%s: %s", seen->invariant, seen->violation);
    cr_expect_not_null(strstr(seen->violation, says), "%s", seen->violation);
}

static void open_all(void) {
    auditor_rig_open(4, false);
    auditor_rig_run(4);
    ledger_open();
}

static void close_all(void) {
    ledger_close();
    auditor_rig_close();
}

Test(simulate_auditor_ledger, is_content_where_all_was_executed, .init = open_all,
     .fini = close_all) {
    const struct transcript seen = look();
    cr_expect_not(seen.violated, "%s: %s", seen.invariant, seen.violation);
    cr_expect_gt(ledger.asked, 10);
}

Test(simulate_auditor_ledger, sees_what_was_applied_and_never_executed, .init = open_all,
     .fini = close_all) {
    ledger.first_deed = REGISTRY_DEED_REFUSAL;
    const struct transcript seen = look();
    expect_violation(&seen, "registry", "the registry never executed it");
}

Test(simulate_auditor_ledger, sees_what_was_executed_twice, .init = open_all, .fini = close_all) {
    ledger.first_twice = true;
    const struct transcript seen = look();
    expect_violation(&seen, "twice", "executed it 2 times");
}

Test(simulate_auditor_ledger, sees_what_nobody_asked_for, .init = open_all, .fini = close_all) {
    const struct registry_commands_submit_transaction nobodys = {
        .certificate_id = {{1}},
        .submission_id = {{2}},
        .operation = {.withdraw = &(struct millrace_withdraw_operation){text_of("DK1"),
                                                                        text_of("because")}},
    };
    send_attempt(&nobodys, 1, REGISTRY_DEED_EXECUTION);
    const struct transcript seen = look();
    expect_violation(&seen, "registry", "which no command asked for");
}

Test(simulate_auditor_ledger, sees_what_was_refused_and_executed_all_the_same, .fini = close_all) {
    auditor_rig_open(3, true);
    auditor_rig_run(3);
    ledger_open();
    const struct transcript seen = look(); /* everything, also what was refused */
    expect_violation(&seen, "registry", "refused, and the registry executed it");
}
