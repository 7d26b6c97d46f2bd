/* The adapter and the stand-in together, over a real socket: what is said is compared with what
 * really happened, as the stand-in's ledger has it. */
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>

#include "outside/clock_os/clock_os.h"
#include "outside/registry_plain/registry_plain.h"
#include "tests/support/standin_process.h"

enum { PATIENCE_MS = 10000 };

struct scene {
    struct standin_process standin;
    struct clock clock;
    struct registry_plain_adapter adapter;
    struct registry registry;
    _Alignas(16) uint8_t memory[1 << 16];
    struct arena arena;
};

#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_ARGUMENTS ((const char *const[]){NULL})

static void scene_open(struct scene *scene, const char *const *arguments) {
    memset(scene, 0, sizeof *scene);
    standin_process_open(&scene->standin);
    standin_process_start(&scene->standin, arguments);
    scene->clock = clock_os();
    scene->adapter.logger = logger_silent();
    arena_init(&scene->arena, scene->memory, sizeof scene->memory);
    const struct registry_adapter adapter = registry_plain(&scene->adapter);
    const struct registry_config config = {
        .name = "main", .adapter = "plain", .address = scene->standin.address, .in_flight_max = 1};
    struct error error;
    cr_assert_eq(adapter.open(adapter.self, &config, &scene->clock, &scene->registry, &error),
                 RESULT_OK, "%s", error.text);
}

static void scene_close(struct scene *scene) {
    scene->registry.close(scene->registry.self);
    standin_process_close(&scene->standin);
}

static struct uuid uuid_number(uint32_t number) {
    struct uuid uuid = {.bytes = {(uint8_t)number, (uint8_t)(number >> 8), 0, 0, 0, 0, 0x40}};
    return uuid;
}

static void start(struct scene *scene, uint32_t number, const struct millrace_operation *operation,
                  int64_t timeout_ms) {
    struct registry_request request = {
        .call = {.certificate_id = uuid_number(7777),
                 .submission_id = uuid_number(number),
                 .attempt = 1},
        .deadline_ms = scene->clock.monotonic_ms(scene->clock.self) + timeout_ms,
    };
    struct error error;
    arena_reset(&scene->arena);
    cr_assert_eq(scene->registry.prepare(scene->registry.self, &request.call.submission_id,
                                         &request.call.certificate_id, operation, &scene->arena,
                                         &request.transaction, &error),
                 RESULT_OK, "%s", error.text);
    scene->registry.start(scene->registry.self, &request);
}

static void transfer(struct scene *scene, uint32_t number, const char *new_owner,
                     int64_t timeout_ms) {
    struct millrace_transfer_operation body = {.slice_id = uuid_number(1),
                                               .quantity = 100,
                                               .owner = text_of("alice"),
                                               .new_owner = text_of(new_owner)};
    const struct millrace_operation operation = {.transfer = &body};
    start(scene, number, &operation, timeout_ms);
}

static struct registry_reply next_reply(struct scene *scene) {
    struct registry_reply reply;
    const int64_t end_ms = scene->clock.monotonic_ms(scene->clock.self) + PATIENCE_MS;
    while (scene->registry.poll(scene->registry.self, &reply, 1) == 0) {
        cr_assert_lt(scene->clock.monotonic_ms(scene->clock.self), end_ms, "no reply came");
        struct pollfd wait = {.fd = scene->registry.wait_fd(scene->registry.self),
                              .events = POLLIN};
        (void)poll(&wait, 1, 5);
    }
    return reply;
}

Test(standin, each_way_to_misbehave_is_seen_as_what_it_is) {
    enum { SHORT_MS = 150, LONG_MS = 30000 };
    static const struct {
        const char *option;
        enum registry_reply_kind kind;
        enum millrace_unknown_cause cause;
        uint32_t executions;
        uint32_t refusals;
        int64_t timeout_ms;
    } rows[] = {
        {NULL, REGISTRY_REPLY_SUCCEEDED, 0, 1, 0, LONG_MS},
        {"--refuse=*", REGISTRY_REPLY_REFUSED, 0, 0, 1, LONG_MS},
        {"--fail=*", REGISTRY_REPLY_UNKNOWN, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY, 0, 0, LONG_MS},
        {"--fail-executed=*", REGISTRY_REPLY_UNKNOWN, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY, 1, 0,
         LONG_MS},
        {"--ignore=*", REGISTRY_REPLY_UNKNOWN, MILLRACE_UNKNOWN_CAUSE_TIMEOUT, 0, 0, SHORT_MS},
        {"--lose-answer=*", REGISTRY_REPLY_UNKNOWN, MILLRACE_UNKNOWN_CAUSE_TIMEOUT, 1, 0, SHORT_MS},
        {"--half-reply=*", REGISTRY_REPLY_UNKNOWN, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST, 1, 0,
         LONG_MS},
        {"--hang-up=*", REGISTRY_REPLY_UNKNOWN, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST, 0, 0,
         LONG_MS},
        {"--hang-up-after=*", REGISTRY_REPLY_UNKNOWN, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST, 1, 0,
         LONG_MS},
        {"--wrong-id=*", REGISTRY_REPLY_UNKNOWN, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY, 1, 0, LONG_MS},
        {"--twice=*", REGISTRY_REPLY_SUCCEEDED, 0, 1, 0, LONG_MS},
        {"--latency=fixed:1m", REGISTRY_REPLY_UNKNOWN, MILLRACE_UNKNOWN_CAUSE_TIMEOUT, 0, 0,
         SHORT_MS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *name = rows[i].option == NULL ? "as it should be" : rows[i].option;
        struct scene scene;
        scene_open(&scene, ARGUMENTS(rows[i].option));
        transfer(&scene, 1, "bob", rows[i].timeout_ms);
        const struct registry_reply reply = next_reply(&scene);
        cr_expect_eq(reply.kind, rows[i].kind, "%s: kind %d: %.*s", name, (int)reply.kind,
                     (int)reply.text_length, reply.text);
        cr_expect(reply.kind != REGISTRY_REPLY_UNKNOWN || reply.unknown_cause == rows[i].cause,
                  "%s: cause %d", name, (int)reply.unknown_cause);
        cr_expect_eq(standin_process_count(&scene.standin, "\"what\":\"request\""), 1, "%s", name);
        cr_expect_eq(standin_process_count(&scene.standin, "\"what\":\"execution\""),
                     rows[i].executions, "%s", name);
        cr_expect_eq(standin_process_count(&scene.standin, "\"what\":\"refusal\""),
                     rows[i].refusals, "%s", name);
        scene_close(&scene);
    }
}

Test(standin, rules_look_at_fields_and_counts) {
    struct scene scene;
    scene_open(&scene, ARGUMENTS("--refuse=transfer:newOwner=mallory", "--refuse=slice:quantity>99",
                                 "--refuse=issue:attribute.FuelCode=F 01",
                                 "--refuse=slice:part.owner=mallory", "--refuse=withdraw@nth=2"));
    struct millrace_attribute attribute = {.key = text_of("FuelCode"),
                                           .value = text_of("F 01"),
                                           .kind = MILLRACE_ATTRIBUTE_KIND_CLEAR_TEXT};
    struct millrace_issue_operation issue = {
        .certificate_type = MILLRACE_CERTIFICATE_TYPE_PRODUCTION,
        .grid_area = text_of("DK1"),
        .quantity = 5,
        .attributes = &attribute,
        .attributes_count = 1,
        .owner = text_of("alice"),
    };
    struct millrace_operation_part parts[] = {{.quantity = 1, .owner = text_of("alice")},
                                              {.quantity = 2, .owner = text_of("mallory")}};
    struct millrace_slice_operation large = {
        .quantity = 100, .owner = text_of("alice"), .parts = parts, .parts_count = 1};
    struct millrace_slice_operation small = large;
    small.quantity = 99;
    struct millrace_slice_operation shared = small;
    shared.parts_count = 2;
    struct millrace_withdraw_operation withdraw = {.grid_area = text_of("DK1"),
                                                   .reason = text_of("100% wrong\nmeter")};
    const struct {
        struct millrace_operation operation;
        enum registry_reply_kind kind;
    } rows[] = {
        {{.issue = &issue}, REGISTRY_REPLY_REFUSED},
        {{.slice = &large}, REGISTRY_REPLY_REFUSED},
        {{.slice = &small}, REGISTRY_REPLY_SUCCEEDED},
        {{.slice = &shared}, REGISTRY_REPLY_REFUSED},
        {{.withdraw = &withdraw}, REGISTRY_REPLY_SUCCEEDED},
        {{.withdraw = &withdraw}, REGISTRY_REPLY_REFUSED},
        {{.withdraw = &withdraw}, REGISTRY_REPLY_SUCCEEDED},
    };
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start(&scene, i + 1, &rows[i].operation, 30000);
        cr_expect_eq(next_reply(&scene).kind, rows[i].kind, "row %u", i);
    }
    cr_expect_eq(standin_process_count(&scene.standin, "[\"reason\",\"100% wrong\\nmeter\"]"), 3,
                 "values arrive as they were");
    scene_close(&scene);
}

Test(standin, many_at_once_in_any_order) {
    enum { CALLS = 2000 };
    struct scene scene;
    scene_open(&scene, ARGUMENTS("--latency=uniform:0..200ms", "--seed=7"));
    for (uint32_t i = 1; i <= CALLS; i++) {
        transfer(&scene, i, "bob", 30000);
    }
    cr_expect_eq(scene.registry.calls_out(scene.registry.self), CALLS);
    uint32_t out_of_order = 0;
    uint32_t before = 0;
    for (uint32_t i = 0; i < CALLS; i++) {
        const struct registry_reply reply = next_reply(&scene);
        cr_expect_eq(reply.kind, REGISTRY_REPLY_SUCCEEDED);
        const uint32_t number =
            reply.call.submission_id.bytes[0] | (uint32_t)reply.call.submission_id.bytes[1] << 8;
        out_of_order += number < before ? 1 : 0;
        before = number;
    }
    cr_expect_gt(out_of_order, 100);
    cr_expect_eq(standin_process_count(&scene.standin, "\"what\":\"execution\""), CALLS);
    cr_expect_eq(standin_process_count(&scene.standin, "\"times\":1"), CALLS);
    scene_close(&scene);
}

Test(standin, an_outage_refuses_and_cuts) {
    struct scene scene;
    scene_open(&scene, ARGUMENTS("--latency=fixed:1m"));
    transfer(&scene, 1, "bob", 30000);
    while (standin_process_count(&scene.standin, "\"what\":\"request\"") == 0) {
        (void)scene.registry.poll(scene.registry.self, NULL, 0);
    }
    standin_process_signal(&scene.standin, SIGUSR1);
    struct registry_reply reply = next_reply(&scene);
    cr_expect_eq(reply.kind, REGISTRY_REPLY_UNKNOWN, "it had the request");
    cr_expect_eq(reply.unknown_cause, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST);
    transfer(&scene, 2, "bob", 30000);
    reply = next_reply(&scene);
    cr_expect_eq(reply.kind, REGISTRY_REPLY_NOT_SENT, "nobody listens");
    standin_process_signal(&scene.standin, SIGUSR2);
    for (uint32_t i = 3;; i++) { /* until the signal has arrived */
        transfer(&scene, i, "bob", 500);
        reply = next_reply(&scene);
        if (reply.kind != REGISTRY_REPLY_NOT_SENT) {
            break;
        }
    }
    cr_expect_eq(reply.kind, REGISTRY_REPLY_UNKNOWN);
    cr_expect_eq(reply.unknown_cause, MILLRACE_UNKNOWN_CAUSE_TIMEOUT, "it has it, and is slow");
    scene_close(&scene);
}

Test(standin, the_ledger_goes_on_after_a_kill_and_remembers) {
    struct scene scene;
    scene_open(&scene, NO_ARGUMENTS);
    transfer(&scene, 1, "bob", 30000);
    cr_expect_eq(next_reply(&scene).kind, REGISTRY_REPLY_SUCCEEDED);
    standin_process_kill(&scene.standin);
    standin_process_start(&scene.standin, NO_ARGUMENTS);
    /* The adapter never does this by itself; here it is the test that asks twice. */
    transfer(&scene, 1, "bob", 30000);
    cr_expect_eq(next_reply(&scene).kind, REGISTRY_REPLY_SUCCEEDED, "it is not idempotent");
    cr_expect_eq(standin_process_count(&scene.standin, "\"times\":2"), 1, "but it notices");
    cr_expect_eq(standin_process_count(&scene.standin, "{\"n\":4,"), 1);
    cr_expect_eq(standin_process_count(&scene.standin, "\"what\":\"execution\""), 2);
    cr_expect_eq(standin_process_stop(&scene.standin), 0, "a calm end");
    scene_close(&scene);
}
