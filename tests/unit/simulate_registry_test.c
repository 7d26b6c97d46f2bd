/* The lying registry: each of its lies. */
#include <criterion/criterion.h>

#include "tests/simulate/lying_transaction.h"
#include "tests/unit/simulate_registry_rig.h"

TestSuite(simulate_registry);

Test(simulate_registry, is_honest_and_fast_in_fair_weather) {
    struct registry_rig rig;
    registry_rig_open(&rig, 1);
    const uint64_t before = lying_registry_changes(rig.registry);
    cr_expect_eq(rig.ports[0].next_deadline_ms(rig.ports[0].self), INT64_MAX);
    (void)registry_rig_start(&rig, 0, 1);
    cr_expect_eq(rig.ports[0].next_deadline_ms(rig.ports[0].self), INT64_MIN);
    registry_rig_send_all(&rig, 0);
    cr_expect_eq(lying_registry_pending(rig.registry), 1);
    registry_rig_move_by(&rig, 0);
    cr_expect_eq(lying_registry_pending(rig.registry), 0);
    cr_expect_gt(lying_registry_changes(rig.registry), before);
    cr_expect_eq(rig.ports[0].next_deadline_ms(rig.ports[0].self), INT64_MIN);
    registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_SUCCEEDED, "executed");
    cr_expect_eq(rig.timeline.now_ms, 0);
    cr_assert_eq(lying_registry_entries(rig.registry), 2);
    const struct registry_entry *read = lying_registry_entry(rig.registry, 0);
    static _Alignas(16) uint8_t memory[4096];
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    const struct lying_transaction inside = lying_transaction_read(read->transaction.bytes, &arena);
    cr_expect(uuid_equal(&inside.submission_id, &read->submission_id));
    cr_expect(uuid_equal(&inside.certificate_id, &read->certificate_id));
    cr_assert_not_null(inside.operation->transfer);
    cr_expect_eq(inside.operation->transfer->quantity, 1);
    cr_expect(text_equal(inside.operation->transfer->new_owner, text_of("bob")));
    registry_rig_close(&rig);
}

Test(simulate_registry, has_each_lie) {
    enum { NEVER = -1 };
    static const struct {
        const char *name;
        struct registry_weather weather;
        int kind; /* of the final reply; NEVER: none but by the deadline */
        uint32_t read;
        int executed; /* NEVER: either */
        uint32_t refused;
    } rows[] = {
        {"slow",
         {.latency_least_ms = 500, .latency_most_ms = 900},
         REGISTRY_REPLY_SUCCEEDED,
         1,
         1,
         0},
        {"refuses", {.refuses_permille = 1000}, REGISTRY_REPLY_REFUSED, 1, 0, 1},
        {"contradicts", {.contradicts_permille = 1000}, REGISTRY_REPLY_REFUSED, 1, 0, 1},
        {"silent", {.silent_permille = 1000}, NEVER, 1, NEVER, 0},
        {"reset before", {.reset_before_permille = 1000}, REGISTRY_REPLY_UNKNOWN, 0, 0, 0},
        {"reset after", {.reset_after_permille = 1000}, REGISTRY_REPLY_UNKNOWN, 1, 1, 0},
        {"garbled", {.garbled_permille = 1000}, REGISTRY_REPLY_UNKNOWN, 1, 1, 0},
        {"garbled refusal",
         {.garbled_permille = 1000, .refuses_permille = 1000},
         REGISTRY_REPLY_UNKNOWN,
         1,
         0,
         1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct registry_rig rig;
        registry_rig_open(&rig, 1);
        *lying_registry_weather(rig.registry) = rows[i].weather;
        (void)registry_rig_start(&rig, 0, 7);
        registry_rig_send_all(&rig, 0);
        registry_rig_move_by(&rig, 1000);
        if (rows[i].kind == NEVER) {
            registry_rig_expect_silence(&rig, 0, rows[i].name);
            registry_rig_move_by(&rig, REGISTRY_RIG_CALL_MS);
            registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_UNKNOWN, rows[i].name);
        } else {
            registry_rig_expect_reply(&rig, 0, (enum registry_reply_kind)rows[i].kind,
                                      rows[i].name);
        }
        registry_rig_expect_silence(&rig, 0, rows[i].name);
        cr_expect_eq(registry_rig_deeds(&rig, 7, REGISTRY_DEED_REQUEST), rows[i].read, "%s",
                     rows[i].name);
        cr_expect_eq(registry_rig_deeds(&rig, 7, REGISTRY_DEED_REFUSAL), rows[i].refused, "%s",
                     rows[i].name);
        const int executed = (int)registry_rig_executions(&rig, 7);
        cr_expect(rows[i].executed == NEVER || executed == rows[i].executed, "%s", rows[i].name);
        registry_rig_close(&rig);
    }
}

Test(simulate_registry, half_of_the_silent_ones_are_executed) {
    struct registry_rig rig;
    registry_rig_open(&rig, 1);
    lying_registry_weather(rig.registry)->silent_permille = 1000;
    uint32_t executed = 0;
    for (uint32_t i = 0; i < 100; i++) {
        (void)registry_rig_start(&rig, 0, i);
    }
    registry_rig_send_all(&rig, 0);
    registry_rig_move_by(&rig, 1);
    for (uint32_t i = 0; i < 100; i++) {
        executed += registry_rig_executions(&rig, i);
    }
    cr_expect(executed > 30 && executed < 70, "%u of 100", executed);
    registry_rig_close(&rig);
}

Test(simulate_registry, says_first_that_it_has_it) {
    struct registry_rig rig;
    registry_rig_open(&rig, 1);
    *lying_registry_weather(rig.registry) = (struct registry_weather){
        .accepts_permille = 1000, .latency_least_ms = 100, .latency_most_ms = 100};
    (void)registry_rig_start(&rig, 0, 1);
    registry_rig_send_all(&rig, 0);
    registry_rig_move_by(&rig, 50);
    registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_ACCEPTED, "it has it");
    cr_expect_eq(rig.ports[0].calls_out(rig.ports[0].self), 1);
    registry_rig_move_by(&rig, 50);
    registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_SUCCEEDED, "and has done it");
    registry_rig_close(&rig);
}

Test(simulate_registry, executes_long_after_the_call_is_over) {
    struct registry_rig rig;
    registry_rig_open(&rig, 2);
    *lying_registry_weather(rig.registry) =
        (struct registry_weather){.late_permille = 1000, .queue_most_ms = 600000};
    for (uint32_t i = 0; i < 20; i++) {
        (void)registry_rig_start(&rig, 0, i);
    }
    registry_rig_send_all(&rig, 0);
    registry_rig_move_by(&rig, REGISTRY_RIG_CALL_MS);
    struct registry_reply reply;
    bool unknown[20] = {false};
    uint32_t late = 0;
    while (registry_rig_next_reply(&rig, 0, &reply)) {
        uint32_t number;
        memcpy(&number, reply.call.submission_id.bytes + 4, sizeof number);
        unknown[number] = reply.kind == REGISTRY_REPLY_UNKNOWN;
        cr_expect(!unknown[number] || registry_rig_executions(&rig, number) == 0, "not yet");
    }
    cr_expect_gt(lying_registry_pending(rig.registry), 0);
    registry_rig_move_by(&rig, 600000);
    while (registry_rig_next_reply(&rig, 0, &reply)) {
        uint32_t number;
        memcpy(&number, reply.call.submission_id.bytes + 4, sizeof number);
        cr_expect(unknown[number] && reply.kind == REGISTRY_REPLY_SUCCEEDED);
        late++;
    }
    cr_expect_gt(late, 10);
    cr_expect_eq(lying_registry_pending(rig.registry), 0);
    for (uint32_t i = 0; i < 20; i++) {
        cr_expect_eq(registry_rig_executions(&rig, i), 1);
    }
    registry_rig_close(&rig);
}

Test(simulate_registry, what_is_sent_twice_is_executed_twice) {
    struct registry_rig rig;
    registry_rig_open(&rig, 1);
    (void)registry_rig_start(&rig, 0, 1);
    (void)registry_rig_start(&rig, 1, 1);
    registry_rig_send_all(&rig, 0);
    registry_rig_send_all(&rig, 1);
    registry_rig_move_by(&rig, 0);
    registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_SUCCEEDED, "once");
    registry_rig_expect_reply(&rig, 1, REGISTRY_REPLY_SUCCEEDED, "and once more");
    cr_expect_eq(registry_rig_executions(&rig, 1), 2);
    registry_rig_close(&rig);
}
