/* The lying registry, and processes that stand still, die, are cut off or lose a connection. */
#include <criterion/criterion.h>

#include "tests/unit/simulate_registry_rig.h"

TestSuite(simulate_registry_process);

static void successor_looks(struct registry_rig *rig) {
    cr_expect_eq(lying_registry_pending(rig->registry), 0, "nothing is on its way");
    cr_expect_eq(registry_rig_executions(rig, 1), 0);
}

Test(simulate_registry_process, a_process_that_stands_still_before_the_wire_sends_late) {
    struct registry_rig rig;
    registry_rig_open(&rig, 1);
    rig.in_the_meantime = successor_looks;
    struct sim_process *zombie = &rig.processes[0];
    zombie->blow = BLOW_PAUSE;
    zombie->blow_point = POINT_WIRE;
    zombie->pause_ms = 200000;
    (void)registry_rig_start(&rig, 0, 1);
    registry_rig_send_all(&rig, 0);
    cr_expect_eq(zombie->hit[POINT_WIRE], 1);
    cr_expect_eq(rig.timeline.now_ms, 200000);
    registry_rig_move_by(&rig, 0);
    cr_expect_eq(registry_rig_executions(&rig, 1), 1, "it is executed long after its deadline");
    cr_expect_eq(lying_registry_entry(rig.registry, 0)->handed_over_ms, 200000);
    registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_UNKNOWN, "its time was over when it left");
    registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_SUCCEEDED, "and yet");
    registry_rig_close(&rig);
}

Test(simulate_registry_process, a_process_that_stands_still_has_replies_with_its_kernel) {
    struct registry_rig rig;
    registry_rig_open(&rig, 1);
    rig.processes[0].blow = BLOW_PAUSE;
    rig.processes[0].blow_point = POINT_WIRED;
    rig.processes[0].pause_ms = 1000;
    (void)registry_rig_start(&rig, 0, 1);
    registry_rig_send_all(&rig, 0);
    cr_expect_eq(registry_rig_executions(&rig, 1), 1);
    registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_SUCCEEDED, "it has waited");
    registry_rig_close(&rig);
}

static void registry_resets(struct registry_rig *rig) {
    lying_registry_weather(rig->registry)->away = true;
}

Test(simulate_registry_process, a_reset_before_the_first_byte_sends_nothing) {
    uint32_t not_sent = 0;
    uint32_t unknown = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct registry_rig rig;
        struct registry_reply reply;
        registry_rig_open(&rig, seed);
        rig.in_the_meantime = registry_resets;
        rig.processes[0].blow = BLOW_PAUSE;
        rig.processes[0].blow_point = POINT_WIRE;
        rig.processes[0].pause_ms = 10;
        (void)registry_rig_start(&rig, 0, 1);
        registry_rig_send_all(&rig, 0);
        registry_rig_move_by(&rig, 0);
        cr_assert(registry_rig_next_reply(&rig, 0, &reply));
        not_sent += reply.kind == REGISTRY_REPLY_NOT_SENT ? 1 : 0;
        unknown += reply.kind == REGISTRY_REPLY_UNKNOWN ? 1 : 0; /* it had ended calmly */
        cr_expect_eq(registry_rig_deeds(&rig, 1, REGISTRY_DEED_REQUEST), 0);
        registry_rig_close(&rig);
    }
    cr_expect_eq(not_sent + unknown, 20);
    cr_expect(not_sent > 0 && unknown > 0, "%u and %u", not_sent, unknown);
}

Test(simulate_registry_process, a_dead_process_sends_what_its_kernel_has_and_nothing_else) {
    static const struct {
        const char *name;
        enum point point;
        uint32_t after;
        uint32_t executed; /* of three */
    } rows[] = {
        {"before it is given to the adapter", POINT_SEND, 0, 0},
        {"before the first byte", POINT_WIRE, 0, 0},
        {"behind the first", POINT_WIRED, 0, 1},
        {"before the second", POINT_WIRE, 1, 1},
        {"behind the last", POINT_WIRED, 2, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct registry_rig rig;
        registry_rig_open(&rig, 1);
        lying_registry_weather(rig.registry)->way_most_ms = 50;
        struct sim_process *process = &rig.processes[0];
        process->blow = BLOW_KILL;
        process->blow_point = rows[i].point;
        process->blow_after = rows[i].after;
        for (uint32_t number = 1; number <= 3; number++) {
            (void)registry_rig_start(&rig, 0, number);
        }
        registry_rig_poll_nothing(&rig, 0);
        registry_rig_move_by(&rig, 50);
        registry_rig_poll_nothing(&rig, 0);
        cr_expect_eq(rig.deaths, 1, "%s", rows[i].name);
        registry_rig_move_by(&rig, 1000);
        registry_rig_poll_nothing(&rig, 0);
        registry_rig_move_by(&rig, 1000);
        uint32_t executed = 0;
        for (uint32_t number = 1; number <= 3; number++) {
            executed += registry_rig_executions(&rig, number);
        }
        cr_expect_eq(executed, rows[i].executed, "%s: %u", rows[i].name, executed);
        registry_rig_expect_silence(&rig, 0, rows[i].name);
        cr_expect_eq(lying_registry_pending(rig.registry), 0);
        registry_rig_close(&rig);
    }
}

Test(simulate_registry_process, a_closed_connection_may_still_be_worked_on) {
    struct registry_rig rig;
    registry_rig_open(&rig, 1);
    lying_registry_weather(rig.registry)->way_most_ms = 50;
    struct registry port = registry_rig_connect(&rig, 0);
    (void)registry_rig_start_at(&rig, &port, 0, 1, 1);
    (void)port.poll(port.self, NULL, 0);
    registry_rig_move_by(&rig, 50);
    (void)port.poll(port.self, NULL, 0);
    (void)registry_rig_start_at(&rig, &port, 0, 2, 1); /* not with the kernel yet */
    port.close(port.self);
    registry_rig_move_by(&rig, 1000);
    cr_expect_eq(registry_rig_executions(&rig, 1), 1);
    cr_expect_eq(registry_rig_executions(&rig, 2), 0);
    registry_rig_close(&rig);
}

Test(simulate_registry_process, who_is_cut_off_cannot_connect_or_is_heard_later) {
    struct registry_rig rig;
    registry_rig_open(&rig, 1);
    rig.processes[0].no_registry = true;
    (void)registry_rig_start(&rig, 0, 1);
    registry_rig_send_all(&rig, 0);
    registry_rig_move_by(&rig, 4999);
    registry_rig_expect_silence(&rig, 0, "it hangs");
    registry_rig_move_by(&rig, 1);
    registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_NOT_SENT, "nobody answered");
    rig.processes[0].no_registry = false;
    (void)registry_rig_start(&rig, 0, 2);
    registry_rig_send_all(&rig, 0);
    rig.processes[0].no_registry = true;
    registry_rig_move_by(&rig, REGISTRY_RIG_CALL_MS);
    registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_UNKNOWN,
                              "it has left, and nothing came back");
    cr_expect_eq(registry_rig_executions(&rig, 2), 0);
    rig.processes[0].no_registry = false;
    registry_rig_move_by(&rig, 5000);
    cr_expect_eq(registry_rig_executions(&rig, 2), 1, "kernels try again");
    registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_SUCCEEDED, "late");
    cr_expect_eq(registry_rig_executions(&rig, 1), 0);
    registry_rig_close(&rig);
}

Test(simulate_registry_process, what_is_stuck_dies_with_its_process) {
    struct registry_rig rig;
    registry_rig_open(&rig, 1);
    (void)registry_rig_start(&rig, 0, 1);
    registry_rig_poll_nothing(&rig, 0);
    registry_rig_move_by(&rig, 0);
    rig.processes[0].no_registry = true;
    registry_rig_poll_nothing(&rig, 0);
    registry_rig_move_by(&rig, 1000);
    cr_expect_eq(lying_registry_pending(rig.registry), 1);
    registry_rig_kill(&rig, 0);
    rig.processes[0].no_registry = false;
    cr_expect_eq(lying_registry_pending(rig.registry), 0);
    registry_rig_move_by(&rig, 10000);
    cr_expect_eq(registry_rig_deeds(&rig, 1, REGISTRY_DEED_REQUEST), 0);
    registry_rig_close(&rig);
}

Test(simulate_registry_process, connections_end_when_it_goes_away) {
    struct registry_rig rig;
    registry_rig_open(&rig, 1);
    *lying_registry_weather(rig.registry) =
        (struct registry_weather){.way_most_ms = 100, .latency_most_ms = 200};
    for (uint32_t i = 0; i < 20; i++) {
        (void)registry_rig_start(&rig, 0, i);
    }
    registry_rig_poll_nothing(&rig, 0);
    registry_rig_move_by(&rig, 100);
    registry_rig_poll_nothing(&rig, 0);
    registry_rig_move_by(&rig, 50);
    lying_registry_weather(rig.registry)->away = true;
    registry_rig_move_by(&rig, 200);
    uint32_t unread = 0;
    struct registry_reply reply;
    for (uint32_t i = 0; i < 20; i++) {
        cr_assert(registry_rig_next_reply(&rig, 0, &reply));
        cr_expect_neq(reply.kind, REGISTRY_REPLY_NOT_SENT);
        unread += registry_rig_deeds(&rig, i, REGISTRY_DEED_REQUEST) == 0 ? 1 : 0;
    }
    cr_expect(unread > 0 && unread < 20, "%u of 20 were not read", unread);
    (void)registry_rig_start(&rig, 0, 30);
    registry_rig_poll_nothing(&rig, 0);
    registry_rig_move_by(&rig, 100);
    registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_NOT_SENT, "refused");
    lying_registry_weather(rig.registry)->away = false;
    (void)registry_rig_start_at(&rig, &rig.ports[0], 0, 30, 2);
    registry_rig_poll_nothing(&rig, 0);
    registry_rig_move_by(&rig, 100);
    registry_rig_poll_nothing(&rig, 0);
    registry_rig_move_by(&rig, 400);
    registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_SUCCEEDED, "it is back");
    registry_rig_close(&rig);
}
