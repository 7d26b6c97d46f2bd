/* The suite of the registry's port, on each of its implementations. */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/uuid.h"
#include "outside/registry_plain/registry_plain.h"
#include "tests/simulate/lying_registry.h"
#include "tests/support/fake_registry.h"
#include "tests/support/plain_peer.h"
#include "tests/support/registry_suite.h"

static int64_t now_ms;

static int64_t test_ms(void *self) {
    (void)self;
    return now_ms;
}

static const struct clock test_clock = {.monotonic_ms = test_ms, .wall_ms = test_ms};

/* ---- in memory ---- */

static struct fake_registry fake;

static void fake_deliver(void *self) {
    (void)self; /* it is there as soon as it is started */
}

static void fake_answer(void *self, const struct uuid *submission_id, bool executed) {
    (void)self;
    for (uint32_t i = fake.count; i > 0; i--) {
        if (uuid_equal(&fake.calls[i - 1].call.submission_id, submission_id)) {
            fake_registry_answer(&fake, i - 1,
                                 executed ? REGISTRY_REPLY_SUCCEEDED : REGISTRY_REPLY_REFUSED);
            return;
        }
    }
    cr_assert_fail("never started");
}

static void fake_leave(void *self) {
    (void)self;
    fake.refuses = true;
}

static void fake_come_back(void *self) {
    (void)self;
    fake.refuses = false;
}

static void fake_wait(void *self) {
    (void)self;
}

static uint32_t fake_capabilities;

static void fake_close(void *self) {
    struct registry_bench *bench = self;
    bench->registry.close(bench->registry.self);
    cr_expect_eq(fake.connections, 0);
}

static void open_fake(struct registry_bench *bench) {
    static const struct registry_config config = {"main", "fake", "here", 1};
    struct error error;
    memset(&fake, 0, sizeof fake);
    fake.capabilities = fake_capabilities;
    now_ms = 1000;
    *bench = (struct registry_bench){
        .self = bench,
        .now_ms = &now_ms,
        .deliver = fake_deliver,
        .answer = fake_answer,
        .leave = fake_leave,
        .come_back = fake_come_back,
        .wait = fake_wait,
        .close = fake_close,
    };
    const struct registry_adapter adapter = fake_registry_adapter(&fake);
    cr_assert_eq(adapter.open(adapter.self, &config, &test_clock, &bench->registry, &error),
                 RESULT_OK);
}

Test(registry_suite, in_memory) {
    registry_suite(open_fake);
}

Test(registry_suite, in_memory_to_be_asked_and_read) {
    fake_capabilities = REGISTRY_CAPABILITY_STATUS | REGISTRY_CAPABILITY_STREAM;
    registry_suite(open_fake);
}

/* ---- over a socket ---- */

enum { REQUESTS_MAX = 16 };

static struct {
    struct plain_peer peer;
    struct registry_plain_adapter adapter;
    struct registry_bench *bench;
    struct peer_request requests[REQUESTS_MAX];
    uint32_t count;
} plain;

static void plain_wait(void *self) {
    (void)self;
    struct registry *registry = &plain.bench->registry;
    struct pollfd wait = {.fd = registry->wait_fd(registry->self), .events = POLLIN};
    (void)poll(&wait, 1, 2);
}

/* Until the other side has read as many requests as are out. */
static void plain_deliver(void *self) {
    struct registry *registry = &plain.bench->registry;
    const uint32_t wanted = registry->calls_out(registry->self);
    uint32_t read = 0;
    for (uint32_t i = 0; read < wanted; i++) {
        cr_assert_lt(i, 2000, "the requests do not arrive");
        cr_assert_eq(registry->poll(registry->self, NULL, 0), 0);
        if (plain.peer.socket < 0 && !plain_peer_accept(&plain.peer)) {
            plain_wait(self);
            continue;
        }
        cr_assert_lt(plain.count, REQUESTS_MAX);
        if (plain_peer_read(&plain.peer, &plain.requests[plain.count])) {
            plain.count++;
            read++;
        } else {
            plain_wait(self);
        }
    }
}

static void plain_answer(void *self, const struct uuid *submission_id, bool executed) {
    (void)self;
    char id[UUID_CHARACTERS + 1] = {0};
    uuid_to_text(submission_id, id);
    for (uint32_t i = 0; i < plain.count; i++) {
        if (strcmp(plain.requests[i].submission_id, id) == 0) {
            plain_peer_reply(&plain.peer, &plain.requests[i], executed ? "executed" : "refused",
                             "words");
            return;
        }
    }
    cr_assert_fail("never arrived");
}

static void plain_leave(void *self) {
    (void)self;
    plain_peer_stop_listening(&plain.peer);
}

static void plain_come_back(void *self) {
    (void)self;
    plain_peer_listen(&plain.peer);
}

static void plain_close(void *self) {
    struct registry_bench *bench = self;
    bench->registry.close(bench->registry.self);
    plain_peer_close(&plain.peer);
}

static void open_plain(struct registry_bench *bench) {
    struct error error;
    memset(&plain, 0, sizeof plain);
    plain_peer_open(&plain.peer, true);
    plain.bench = bench;
    now_ms = 1000;
    *bench = (struct registry_bench){
        .self = bench,
        .now_ms = &now_ms,
        .deliver = plain_deliver,
        .answer = plain_answer,
        .leave = plain_leave,
        .come_back = plain_come_back,
        .wait = plain_wait,
        .close = plain_close,
    };
    const struct registry_adapter adapter = registry_plain(&plain.adapter);
    const struct registry_config config = {"main", "plain", plain.peer.address, 1};
    cr_assert_eq(adapter.open(adapter.self, &config, &test_clock, &bench->registry, &error),
                 RESULT_OK, "%s", error.text);
}

Test(registry_suite, over_a_socket) {
    registry_suite(open_plain);
}

/* ---- in a simulation ---- */

static struct {
    struct timeline timeline;
    struct transcript transcript;
    struct sim_process process;
    struct lying_registry *registry;
} lying;

/* Everything that is under way has happened. */
static void lying_wait(void *self) {
    (void)self;
    while (timeline_next_ms(&lying.timeline) != INT64_MAX) {
        timeline_move(&lying.timeline, timeline_next_ms(&lying.timeline));
    }
}

static void lying_deliver(void *self) {
    struct registry_bench *bench = self;
    for (int round = 0; round < 2; round++) { /* to connect, and to send */
        cr_assert_eq(bench->registry.poll(bench->registry.self, NULL, 0), 0);
        lying_wait(self);
    }
}

static void lying_answer(void *self, const struct uuid *submission_id, bool executed) {
    lying_registry_settle(lying.registry, submission_id,
                          executed ? REGISTRY_DEED_EXECUTION : REGISTRY_DEED_REFUSAL);
    lying_wait(self);
}

static void lying_leave(void *self) {
    lying_registry_weather(lying.registry)->away = true;
    lying_wait(self);
}

static void lying_come_back(void *self) {
    lying_registry_weather(lying.registry)->away = false;
    lying_wait(self);
}

static void lying_close(void *self) {
    struct registry_bench *bench = self;
    bench->registry.close(bench->registry.self);
    lying_registry_close(lying.registry);
    timeline_deinit(&lying.timeline);
    cr_expect_not(lying.transcript.violated);
}

static void open_lying(struct registry_bench *bench) {
    static const struct registry_config config = {"main", "lying", "anywhere", 1};
    struct error error;
    memset(&lying, 0, sizeof lying);
    now_ms = 1000;
    lying.transcript.timeline = &lying.timeline;
    lying.process =
        (struct sim_process){.timeline = &lying.timeline, .transcript = &lying.transcript};
    lying.registry = lying_registry_open(&(struct lying_registry_setup){
        .timeline = &lying.timeline,
        .transcript = &lying.transcript,
        .chance = chance_stream(1, "registry"),
    });
    lying_registry_weather(lying.registry)->holds = true;
    lying_wait(NULL);
    *bench = (struct registry_bench){
        .self = bench,
        .now_ms = &now_ms,
        .deliver = lying_deliver,
        .answer = lying_answer,
        .leave = lying_leave,
        .come_back = lying_come_back,
        .wait = lying_wait,
        .close = lying_close,
    };
    const struct registry_adapter adapter = lying_registry_adapter(lying.registry, &lying.process);
    cr_assert_eq(adapter.open(adapter.self, &config, &test_clock, &bench->registry, &error),
                 RESULT_OK);
}

Test(registry_suite, in_a_simulation) {
    registry_suite(open_lying);
}
