/* The lying registry of the second kind: it takes what it is sent, and can be asked. */
#include <criterion/criterion.h>

#include "tests/unit/simulate_registry_rig.h"

TestSuite(simulate_registry_asked);

enum { REMEMBERS_MS = 120000 };

static void ask(struct registry_rig *rig, uint32_t process, uint32_t number) {
    const struct registry *port = &rig->ports[process];
    const struct registry_question question = {
        .call = {.certificate_id = registry_rig_id(1000 + number),
                 .submission_id = registry_rig_id(number),
                 .attempt = 1},
        .deadline_ms =
            rig->clocks[process].monotonic_ms(rig->clocks[process].self) + REGISTRY_RIG_CALL_MS,
    };
    port->ask(port->self, &question);
    cr_expect_eq(port->calls_out(port->self), 0);
}

/* Whatever the port waits for comes in time. */
static struct registry_reply await_reply(struct registry_rig *rig, uint32_t process) {
    struct registry_reply reply = {.text_length = 0};
    for (uint32_t i = 0; !registry_rig_next_reply(rig, process, &reply); i++) {
        cr_assert_lt(i, 4 * REGISTRY_RIG_CALL_MS / 10, "no reply");
        registry_rig_move_by(rig, 10);
    }
    return reply;
}

static void expect_answer(struct registry_rig *rig, uint32_t process, enum registry_reply_kind kind,
                          enum registry_learnt learnt, const char *why) {
    const struct registry_reply reply = await_reply(rig, process);
    cr_expect(reply.to_question, "%s", why);
    cr_expect_eq(reply.kind, kind, "%s: %.*s", why, (int)reply.text_length, reply.text);
    cr_expect_eq((int)reply.learnt, (int)learnt, "%s", why);
    registry_rig_expect_silence(rig, process, why);
}

Test(simulate_registry_asked, takes_and_tells_later) {
    struct registry_rig rig;
    registry_rig_open_asked(&rig, 1);
    *lying_registry_weather(rig.registry) =
        (struct registry_weather){.latency_least_ms = 3000, .latency_most_ms = 3000};
    (void)registry_rig_start(&rig, 0, 1);
    registry_rig_send_all(&rig, 0);
    registry_rig_move_by(&rig, 10);
    registry_rig_expect_reply(&rig, 0, REGISTRY_REPLY_ACCEPTED, "taken");
    cr_expect_eq(registry_rig_executions(&rig, 1), 0);
    const struct registry_reply reply = await_reply(&rig, 0);
    cr_expect_eq(reply.kind, REGISTRY_REPLY_SUCCEEDED);
    cr_expect_eq((int)reply.learnt, (int)REGISTRY_LEARNT_BY_STATUS);
    cr_expect_not(reply.to_question);
    cr_expect_eq(registry_rig_executions(&rig, 1), 1);
    cr_expect_eq(rig.ports[0].calls_out(rig.ports[0].self), 0);
    registry_rig_close(&rig);
}

Test(simulate_registry_asked, tells_anybody_what_it_remembers) {
    struct registry_rig rig;
    registry_rig_open_asked(&rig, 1);
    ask(&rig, 1, 1);
    expect_answer(&rig, 1, REGISTRY_REPLY_UNKNOWN, 0, "never sent");
    (void)registry_rig_start(&rig, 0, 1);
    registry_rig_send_all(&rig, 0);
    registry_rig_move_by(&rig, 10);
    lying_registry_weather(rig.registry)->refuses_permille = 1000;
    (void)registry_rig_start(&rig, 0, 2);
    registry_rig_send_all(&rig, 0);
    registry_rig_move_by(&rig, 10);
    ask(&rig, 1, 1);
    expect_answer(&rig, 1, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STATUS, "executed");
    ask(&rig, 1, 2);
    expect_answer(&rig, 1, REGISTRY_REPLY_REFUSED, REGISTRY_LEARNT_BY_STATUS, "refused");
    const struct uuid refused = registry_rig_id(2);
    cr_expect(lying_registry_was_heard(rig.registry, &refused));
    registry_rig_move_by(&rig, REMEMBERS_MS);
    ask(&rig, 1, 1);
    expect_answer(&rig, 1, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STREAM,
                  "a stream is for ever");
    ask(&rig, 1, 2);
    expect_answer(&rig, 1, REGISTRY_REPLY_UNKNOWN, 0, "forgotten");
    cr_expect_eq(lying_registry_questions(rig.registry), 5);
    registry_rig_close(&rig);
}

Test(simulate_registry_asked, leaves_some_pending_for_ever) {
    struct registry_rig rig;
    uint32_t executed = 0;
    enum { CALLS = 20 };
    registry_rig_open_asked(&rig, 1);
    lying_registry_weather(rig.registry)->silent_permille = 1000;
    for (uint32_t number = 1; number <= CALLS; number++) {
        (void)registry_rig_start(&rig, 0, number);
    }
    registry_rig_send_all(&rig, 0);
    registry_rig_move_by(&rig, 10);
    lying_registry_weather(rig.registry)->silent_permille = 0;
    uint32_t unknown = 0;
    for (uint32_t i = 0; i < CALLS; i++) {
        const struct registry_reply reply = await_reply(&rig, 0);
        executed += reply.kind == REGISTRY_REPLY_SUCCEEDED ? 1 : 0;
        unknown += reply.kind == REGISTRY_REPLY_UNKNOWN ? 1 : 0;
    }
    cr_expect_eq(executed + unknown, CALLS);
    cr_expect(executed > 0 && unknown > 0, "%u and %u", executed, unknown);
    registry_rig_close(&rig);
}

/* A connection that breaks leaves nothing unknown that can be asked for. */
Test(simulate_registry_asked, is_asked_again_by_another_connection) {
    struct registry_rig rig;
    registry_rig_open_asked(&rig, 1);
    lying_registry_weather(rig.registry)->reset_after_permille = 1000;
    (void)registry_rig_start(&rig, 0, 1);
    registry_rig_send_all(&rig, 0);
    registry_rig_move_by(&rig, 10);
    lying_registry_weather(rig.registry)->reset_after_permille = 0;
    const struct registry_reply reply = await_reply(&rig, 0);
    cr_expect_eq(reply.kind, REGISTRY_REPLY_SUCCEEDED);
    cr_expect_eq(registry_rig_executions(&rig, 1), 1);
    lying_registry_weather(rig.registry)->away = true;
    registry_rig_move_by(&rig, 10);
    ask(&rig, 1, 1);
    expect_answer(&rig, 1, REGISTRY_REPLY_UNKNOWN, 0, "nobody is there");
    registry_rig_close(&rig);
}
