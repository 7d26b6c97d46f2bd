/* The plain registry's adapter against a registry that misbehaves in every way we can think of:
 * each way has its one right name. */
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "outside/clock_os/clock_os.h"
#include "outside/registry_plain/registry_plain.h"
#include "tests/support/plain_peer.h"

enum { PATIENCE_MS = 5000, DEADLINE_MS = 30000 };

/* The adapter, its peer, and a clock that only the test moves. */
struct scene {
    struct plain_peer peer;
    struct clock clock;
    int64_t now_ms;
    struct registry_plain_adapter adapter;
    struct registry registry;
    _Alignas(16) uint8_t memory[1 << 17];
    struct arena arena;
    struct registry_reply reply; /* the last that came */
};

static int64_t scene_now(void *self) {
    return ((const struct scene *)self)->now_ms;
}

static struct uuid uuid_number(uint8_t number) {
    struct uuid uuid = {.bytes = {number, 0, 0, 0, 0, 0, 0x40, 0, 0x80}};
    return uuid;
}

static void scene_open(struct scene *scene, bool tcp) {
    memset(scene, 0, sizeof *scene);
    plain_peer_open(&scene->peer, tcp);
    scene->now_ms = 1000;
    scene->clock = (struct clock){.self = scene, .monotonic_ms = scene_now, .wall_ms = scene_now};
    scene->adapter.logger = logger_silent();
    arena_init(&scene->arena, scene->memory, sizeof scene->memory);
    const struct registry_adapter adapter = registry_plain(&scene->adapter);
    const struct registry_config config = {
        .name = "main", .adapter = "plain", .address = scene->peer.address, .in_flight_max = 1};
    struct error error;
    cr_assert_eq(adapter.open(adapter.self, &config, &scene->clock, &scene->registry, &error),
                 RESULT_OK, "%s", error.text);
}

static void scene_close(struct scene *scene) {
    scene->registry.close(scene->registry.self);
    plain_peer_close(&scene->peer);
}

static struct registry_request request_of(struct scene *scene, uint8_t number) {
    struct millrace_transfer_operation transfer = {
        .slice_id = uuid_number(99),
        .quantity = 100,
        .owner = text_of("alice"),
        .new_owner = text_of("bob"),
    };
    const struct millrace_operation operation = {.transfer = &transfer};
    struct registry_request request = {
        .call = {.certificate_id = uuid_number(7),
                 .submission_id = uuid_number(number),
                 .attempt = 1},
        .deadline_ms = scene->now_ms + DEADLINE_MS,
    };
    struct error error;
    cr_assert_eq(scene->registry.prepare(scene->registry.self, &request.call.submission_id,
                                         &request.call.certificate_id, &operation, &scene->arena,
                                         &request.transaction, &error),
                 RESULT_OK);
    return request;
}

static void start(struct scene *scene, uint8_t number) {
    const struct registry_request request = request_of(scene, number);
    scene->registry.start(scene->registry.self, &request);
}

static bool poll_once(struct scene *scene) {
    return scene->registry.poll(scene->registry.self, &scene->reply, 1) == 1;
}

/* Let both sides move until a condition of the test's holds. */
#define UNTIL(scene, condition)                                                               \
    do {                                                                                      \
        const struct clock os = clock_os();                                                   \
        const int64_t end_ms = os.monotonic_ms(os.self) + PATIENCE_MS;                        \
        while (!(condition)) {                                                                \
            cr_assert_lt(os.monotonic_ms(os.self), end_ms, "waited in vain for " #condition); \
            struct pollfd wait = {.fd = (scene)->registry.wait_fd((scene)->registry.self),    \
                                  .events = POLLIN};                                          \
            (void)poll(&wait, 1, 5);                                                          \
        }                                                                                     \
    } while (0)

static bool connected(struct scene *scene) {
    (void)scene->registry.poll(scene->registry.self, NULL, 0);
    return plain_peer_accept(&scene->peer);
}

static bool read_request(struct scene *scene, struct peer_request *request) {
    (void)scene->registry.poll(scene->registry.self, NULL, 0);
    return plain_peer_read(&scene->peer, request);
}

/* Start request 1 and bring it to the peer. */
static struct peer_request begin(struct scene *scene) {
    struct peer_request request;
    start(scene, 1);
    UNTIL(scene, connected(scene));
    UNTIL(scene, read_request(scene, &request));
    return request;
}

static void expect_reply(struct scene *scene, enum registry_reply_kind kind, int cause,
                         const char *why) {
    UNTIL(scene, poll_once(scene));
    cr_expect_eq((int)scene->reply.kind, (int)kind, "%s: kind %d, %.*s", why,
                 (int)scene->reply.kind, (int)scene->reply.text_length, scene->reply.text);
    if (kind == REGISTRY_REPLY_UNKNOWN) {
        cr_expect_eq((int)scene->reply.unknown_cause, cause, "%s: cause %d", why,
                     (int)scene->reply.unknown_cause);
    }
    if (kind == REGISTRY_REPLY_NOT_SENT) {
        cr_expect_eq((int)scene->reply.not_sent_cause, cause, "%s: cause", why);
    }
    const struct uuid certificate_id = uuid_number(7);
    cr_expect(uuid_equal(&scene->reply.call.certificate_id, &certificate_id), "%s", why);
}

Test(registry_plain, a_request_arrives_as_documented) {
    for (int tcp = 0; tcp <= 1; tcp++) {
        struct scene scene;
        scene_open(&scene, tcp != 0);
        const struct peer_request request = begin(&scene);
        cr_expect_str_eq(request.submission_id, "01000000-0000-4000-8000-000000000000");
        cr_expect_eq(request.attempt, 1);
        cr_expect_str_eq(request.transaction,
                         "millrace-plain 1\n"
                         "nonce 01000000-0000-4000-8000-000000000000\n"
                         "certificate 07000000-0000-4000-8000-000000000000\n"
                         "operation transfer\n"
                         "sliceId 63000000-0000-4000-8000-000000000000\n"
                         "quantity 100\n"
                         "owner alice\n"
                         "newOwner bob\n");
        cr_expect_eq(strlen(request.transaction_id), 64);
        cr_expect_eq(scene.registry.calls_out(scene.registry.self), 1);
        cr_expect_not(poll_once(&scene), "nothing is said before the registry says it");
        plain_peer_reply(&scene.peer, &request, "executed", "block 7");
        expect_reply(&scene, REGISTRY_REPLY_SUCCEEDED, 0, "executed");
        cr_expect_eq(scene.reply.text_length, 7);
        cr_expect_eq(scene.registry.calls_out(scene.registry.self), 0);
        scene_close(&scene);
    }
}

Test(registry_plain, each_reply_has_its_one_meaning) {
    const struct {
        char name[40];
        char verdict[16];
        char other_transaction;
        enum registry_reply_kind kind;
    } rows[] = {
        {"executed", "executed", 0, REGISTRY_REPLY_SUCCEEDED},
        {"refused by a rule", "refused", 0, REGISTRY_REPLY_REFUSED},
        {"does not say", "failed", 0, REGISTRY_REPLY_UNKNOWN},
        {"a word of its own", "redirected", 0, REGISTRY_REPLY_UNKNOWN},
        {"almost executed", "Executed", 0, REGISTRY_REPLY_UNKNOWN},
        {"executed something else", "executed", 'x', REGISTRY_REPLY_UNKNOWN},
        {"refused something else", "refused", 'x', REGISTRY_REPLY_UNKNOWN},
    };
    struct scene scene;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        scene_open(&scene, false);
        struct peer_request request = begin(&scene);
        if (rows[i].other_transaction != 0) {
            request.transaction_id[0] = rows[i].other_transaction;
        }
        plain_peer_reply(&scene.peer, &request, rows[i].verdict, "words");
        expect_reply(&scene, rows[i].kind, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY, rows[i].name);
        scene_close(&scene);
    }
}

Test(registry_plain, nobody_listens_is_not_sent) {
    for (int tcp = 0; tcp <= 1; tcp++) {
        struct scene scene;
        scene_open(&scene, tcp != 0);
        plain_peer_stop_listening(&scene.peer);
        start(&scene, 1);
        start(&scene, 2);
        expect_reply(&scene, REGISTRY_REPLY_NOT_SENT, MILLRACE_NOT_SENT_CAUSE_CONNECT_FAILED, "1");
        expect_reply(&scene, REGISTRY_REPLY_NOT_SENT, MILLRACE_NOT_SENT_CAUSE_CONNECT_FAILED, "2");
        cr_expect_eq(scene.registry.calls_out(scene.registry.self), 0);
        cr_expect_gt(scene.reply.text_length, 0, "it says why");

        plain_peer_listen(&scene.peer);
        const struct peer_request request = begin(&scene);
        plain_peer_reply(&scene.peer, &request, "executed", "");
        expect_reply(&scene, REGISTRY_REPLY_SUCCEEDED, 0, "once it listens again");
        scene_close(&scene);
    }
}

/* The resolver's thread is libc's own: ThreadSanitizer does not know it, and crashes in it. */
#ifdef __SANITIZE_THREAD__
enum { RESOLVER_DISABLED = true };
#else
enum { RESOLVER_DISABLED = false };
#endif

Test(registry_plain, a_host_that_is_not_there_is_not_sent, .disabled = RESOLVER_DISABLED) {
    struct scene scene;
    scene_open(&scene, true);
    const struct registry_adapter adapter = registry_plain(&scene.adapter);
    const struct registry_config config = {.name = "main",
                                           .adapter = "plain",
                                           .address = "no-such-host.invalid:7",
                                           .in_flight_max = 1};
    struct error error;
    scene.registry.close(scene.registry.self);
    cr_assert_eq(adapter.open(adapter.self, &config, &scene.clock, &scene.registry, &error),
                 RESULT_OK);
    start(&scene, 1);
    expect_reply(&scene, REGISTRY_REPLY_NOT_SENT, MILLRACE_NOT_SENT_CAUSE_CONNECT_FAILED, "host");
    start(&scene, 2);
    scene_close(&scene); /* while the resolver may still be asked */
}

Test(registry_plain, a_connection_that_ends_after_the_first_byte_is_unknown) {
    const struct {
        char name[40];
        char sent_before[64]; /* bytes of a reply, then the end */
        size_t length;
        bool reset;
    } rows[] = {
        {"calm end", "", 0, false},
        {"reset", "", 0, true},
        {"half a length", "\0\0", 2, false},
        {"half a reply",
         "\0\0\0\x40"
         "executed 0100",
         17, false},
        {"half a reply, reset",
         "\0\0\0\x40"
         "executed 0100",
         17, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene scene;
        scene_open(&scene, true);
        (void)begin(&scene);
        if (rows[i].length > 0) {
            plain_peer_send(&scene.peer, rows[i].sent_before, rows[i].length);
        }
        plain_peer_hang_up(&scene.peer, rows[i].reset);
        expect_reply(&scene, REGISTRY_REPLY_UNKNOWN, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST,
                     rows[i].name);
        scene_close(&scene);
    }
}

Test(registry_plain, what_listens_there_but_speaks_otherwise_is_unknown) {
    const struct {
        char name[40];
        char bytes[64];
        size_t length;
        enum millrace_unknown_cause cause;
    } rows[] = {
        {"empty frame", "\0\0\0\0", 4, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST},
        {"oversize by one", "\0\0\x20\x01", 4, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST},
        {"another protocol", "HTTP/1.1 200 OK\r\n\r\n", 19, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST},
        {"no line",
         "\0\0\0\x08"
         "executed",
         12, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY},
        {"no ids",
         "\0\0\0\x09"
         "executed\n",
         13, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY},
        {"upper-case id",
         "\0\0\0\x33"
         "executed 0100000A-0000-4000-8000-000000000000 1 ab\n",
         55, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY},
        {"attempt 0",
         "\0\0\0\x33"
         "executed 01000000-0000-4000-8000-000000000000 0 ab\n",
         55, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY},
        {"attempt a word",
         "\0\0\0\x33"
         "executed 01000000-0000-4000-8000-000000000000 x ab\n",
         55, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene scene;
        scene_open(&scene, false);
        (void)begin(&scene);
        plain_peer_send(&scene.peer, rows[i].bytes, rows[i].length);
        expect_reply(&scene, REGISTRY_REPLY_UNKNOWN, (int)rows[i].cause, rows[i].name);
        scene_close(&scene);
    }
}

Test(registry_plain, a_reply_may_come_byte_by_byte_and_be_as_large_as_allowed) {
    struct scene scene;
    scene_open(&scene, false);
    const struct peer_request request = begin(&scene);
    static char text[8192];
    memset(text, 'w', sizeof text);
    const int head = snprintf(text, sizeof text, "executed %s 1 %s\n", request.submission_id,
                              request.transaction_id);
    text[head] = 'w';
    const uint8_t length[] = {0, 0, 0x20, 0};
    for (size_t i = 0; i < sizeof length; i++) {
        plain_peer_send(&scene.peer, &length[i], 1);
        cr_expect_not(poll_once(&scene));
    }
    plain_peer_send(&scene.peer, text, sizeof text - 1);
    cr_expect_not(poll_once(&scene), "one byte is missing");
    plain_peer_send(&scene.peer, text + sizeof text - 1, 1);
    expect_reply(&scene, REGISTRY_REPLY_SUCCEEDED, 0, "whole");
    cr_expect_eq(scene.reply.text_length, REGISTRY_TEXT_MAX, "words are cut");
    scene_close(&scene);
}

Test(registry_plain, words_that_are_no_utf8_do_no_harm) {
    struct scene scene;
    scene_open(&scene, false);
    const struct peer_request request = begin(&scene);
    plain_peer_reply(&scene.peer, &request, "refused", "no \xff\xfe here, sorry");
    expect_reply(&scene, REGISTRY_REPLY_REFUSED, 0, "refused");
    cr_expect_eq(memcmp(scene.reply.text, "no ?? here, sorry", 17), 0, "%.*s",
                 (int)scene.reply.text_length, scene.reply.text);
    scene_close(&scene);
}

Test(registry_plain, replies_come_in_any_order_and_twice_is_once) {
    struct scene scene;
    scene_open(&scene, false);
    struct peer_request requests[3];
    requests[0] = begin(&scene);
    start(&scene, 2);
    start(&scene, 3);
    UNTIL(&scene, read_request(&scene, &requests[1]));
    UNTIL(&scene, read_request(&scene, &requests[2]));
    cr_expect_eq(scene.registry.calls_out(scene.registry.self), 3);
    plain_peer_reply(&scene.peer, &requests[2], "executed", "third");
    expect_reply(&scene, REGISTRY_REPLY_SUCCEEDED, 0, "third");
    cr_expect_eq(scene.reply.call.submission_id.bytes[0], 3);
    plain_peer_reply(&scene.peer, &requests[2], "refused", "third again");
    struct peer_request other_attempt = requests[1];
    other_attempt.attempt = 2;
    plain_peer_reply(&scene.peer, &other_attempt, "executed", "an attempt that never was");
    plain_peer_reply(&scene.peer, &requests[0], "refused", "first");
    expect_reply(&scene, REGISTRY_REPLY_REFUSED, 0, "first");
    cr_expect_eq(scene.reply.call.submission_id.bytes[0], 1, "neither of the two between");
    plain_peer_reply(&scene.peer, &requests[1], "executed", "second");
    expect_reply(&scene, REGISTRY_REPLY_SUCCEEDED, 0, "second");
    cr_expect_eq(scene.registry.calls_out(scene.registry.self), 0);
    scene_close(&scene);
}

Test(registry_plain, a_reply_to_half_a_request_is_nobodys) {
    struct scene scene;
    scene_open(&scene, false);
    start(&scene, 1);
    UNTIL(&scene, connected(&scene));
    static char reason[60000];
    memset(reason, 'r', sizeof reason);
    struct millrace_withdraw_operation withdraw = {
        .grid_area = text_of("DK1"), .reason = {.data = reason, .length = sizeof reason}};
    const struct millrace_operation operation = {.withdraw = &withdraw};
    struct registry_transaction transaction = {.id = {.data = NULL}};
    uint8_t half = 0; /* the first request that does not fit into the kernel whole */
    for (uint8_t i = 2; i < 60; i++) {
        arena_reset(&scene.arena);
        struct registry_request request = request_of(&scene, i);
        struct error error;
        (void)scene.registry.prepare(scene.registry.self, &request.call.submission_id,
                                     &request.call.certificate_id, &operation, &scene.arena,
                                     &request.transaction, &error);
        scene.registry.start(scene.registry.self, &request);
        (void)scene.registry.poll(scene.registry.self, NULL, 0);
        const struct registry_call call = request.call;
        if (scene.registry.withdraw(scene.registry.self, &call)) {
            half = (uint8_t)(i - 1);
            break;
        }
        transaction = request.transaction;
    }
    cr_assert_gt(half, 1);
    struct peer_request forged = {.attempt = 1};
    (void)snprintf(forged.submission_id, sizeof forged.submission_id,
                   "%02x000000-0000-4000-8000-000000000000", half);
    (void)snprintf(forged.transaction_id, sizeof forged.transaction_id, "%.*s",
                   (int)transaction.id.length, transaction.id.data);
    plain_peer_reply(&scene.peer, &forged, "executed", "before it was asked");
    cr_expect_not(poll_once(&scene), "nothing is settled by it");
    scene_close(&scene);
}

Test(registry_plain, silence_is_unknown_at_the_deadline_and_a_late_reply_still_counts) {
    struct scene scene;
    scene_open(&scene, false);
    const struct peer_request request = begin(&scene);
    scene.now_ms += DEADLINE_MS - 1;
    cr_expect_not(poll_once(&scene), "not before the deadline");
    cr_expect_eq(scene.registry.next_deadline_ms(scene.registry.self), scene.now_ms + 1);
    scene.now_ms += 1;
    expect_reply(&scene, REGISTRY_REPLY_UNKNOWN, MILLRACE_UNKNOWN_CAUSE_TIMEOUT, "silence");
    cr_expect_eq(scene.registry.calls_out(scene.registry.self), 0);
    cr_expect_eq(scene.registry.next_deadline_ms(scene.registry.self), INT64_MAX);
    plain_peer_reply(&scene.peer, &request, "executed", "at last");
    expect_reply(&scene, REGISTRY_REPLY_SUCCEEDED, 0, "late");
    cr_expect_eq(scene.registry.calls_out(scene.registry.self), 0);
    plain_peer_reply(&scene.peer, &request, "executed", "again");
    cr_expect_not(poll_once(&scene), "once");
    scene_close(&scene);
}

Test(registry_plain, what_never_left_is_not_sent_at_the_deadline) {
    struct scene scene;
    scene_open(&scene, false);
    plain_peer_small_buffers(&scene.peer);
    start(&scene, 100);
    UNTIL(&scene, connected(&scene));
    struct peer_request before;
    UNTIL(&scene, read_request(&scene, &before));
    plain_peer_reply(&scene.peer, &before, "executed", "the connection works");
    expect_reply(&scene, REGISTRY_REPLY_SUCCEEDED, 0, "before");
    start(&scene, 1);
    /* Fill the socket until the kernel takes no more; the registry reads nothing. */
    const uint8_t number = 60;
    static char reason[60000];
    memset(reason, 'r', sizeof reason);
    static struct millrace_withdraw_operation withdraw = {.grid_area = {"DK1", 3}};
    withdraw.reason = (struct text){.data = reason, .length = sizeof reason};
    const struct millrace_operation operation = {.withdraw = &withdraw};
    for (uint8_t i = 2; i <= number; i++) {
        arena_reset(&scene.arena);
        struct registry_request request = {
            .call = {.certificate_id = uuid_number(7),
                     .submission_id = uuid_number(i),
                     .attempt = 1},
            .deadline_ms = scene.now_ms + DEADLINE_MS + i,
        };
        struct error error;
        cr_assert_eq(scene.registry.prepare(scene.registry.self, &request.call.submission_id,
                                            &request.call.certificate_id, &operation, &scene.arena,
                                            &request.transaction, &error),
                     RESULT_OK);
        scene.registry.start(scene.registry.self, &request);
        (void)scene.registry.poll(scene.registry.self, NULL, 0);
    }
    struct registry_call last = {.submission_id = uuid_number(number), .attempt = 1};
    const struct registry_call first = {.submission_id = uuid_number(1), .attempt = 1};
    cr_expect_not(scene.registry.withdraw(scene.registry.self, &first), "it is on its way");
    cr_expect(scene.registry.withdraw(scene.registry.self, &last), "it is not");
    cr_expect_not(scene.registry.withdraw(scene.registry.self, &last), "and gone");
    cr_expect_eq(scene.registry.calls_out(scene.registry.self), number - 1u);

    scene.now_ms += DEADLINE_MS + 200;
    uint32_t unknown = 0;
    uint32_t not_sent = 0;
    for (uint8_t i = 1; i < number; i++) {
        UNTIL(&scene, poll_once(&scene));
        unknown += scene.reply.kind == REGISTRY_REPLY_UNKNOWN ? 1 : 0;
        not_sent += scene.reply.kind == REGISTRY_REPLY_NOT_SENT ? 1 : 0;
        cr_expect_eq(not_sent > 0, scene.reply.kind == REGISTRY_REPLY_NOT_SENT,
                     "the kernel takes requests in order");
    }
    cr_expect_gt(unknown, 0);
    cr_expect_gt(not_sent, 0);
    cr_expect_eq(scene.registry.calls_out(scene.registry.self), 0);
    scene_close(&scene);
}

Test(registry_plain, before_the_connection_stands_a_call_can_be_withdrawn) {
    struct scene scene;
    scene_open(&scene, false);
    start(&scene, 1);
    const struct registry_call call = {.submission_id = uuid_number(1), .attempt = 1};
    cr_expect(scene.registry.withdraw(scene.registry.self, &call));
    cr_expect_eq(scene.registry.calls_out(scene.registry.self), 0);
    cr_expect_not(poll_once(&scene), "it gets no reply");
    scene_close(&scene);
}

Test(registry_plain, a_connection_that_ended_while_idle_is_made_anew) {
    struct scene scene;
    scene_open(&scene, true);
    struct peer_request request = begin(&scene);
    plain_peer_reply(&scene.peer, &request, "executed", "");
    expect_reply(&scene, REGISTRY_REPLY_SUCCEEDED, 0, "first");
    plain_peer_hang_up(&scene.peer, false);
    start(&scene, 2);
    UNTIL(&scene, connected(&scene));
    UNTIL(&scene, read_request(&scene, &request));
    plain_peer_reply(&scene.peer, &request, "executed", "");
    expect_reply(&scene, REGISTRY_REPLY_SUCCEEDED, 0, "second, over a new connection");
    scene_close(&scene);
}

Test(registry_plain, the_same_request_twice_is_a_bug, .signal = SIGABRT) {
    struct scene scene;
    scene_open(&scene, false);
    start(&scene, 1);
    start(&scene, 1);
}

Test(registry_plain, addresses_are_understood_or_named_as_wrong) {
    static const struct {
        char address[40];
        bool right;
    } rows[] = {
        {"unix:/run/registry", true},
        {"localhost:7000", true},
        {"[::1]:7000", true},
        {"10.0.0.1:1", true},
        {"unix:", false},
        {"localhost", false},
        {"localhost:0", false},
        {"localhost:65536", false},
        {"localhost:http", false},
        {":7000", false},
        {"::1:7000", false},
        {"", false},
    };
    struct registry_plain_adapter self = {.logger = logger_silent()};
    const struct registry_adapter adapter = registry_plain(&self);
    const struct clock clock = clock_os();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct registry registry;
        struct error error = {.text = ""};
        const struct registry_config config = {
            .name = "main", .adapter = "plain", .address = rows[i].address, .in_flight_max = 1};
        const enum result result = adapter.open(adapter.self, &config, &clock, &registry, &error);
        cr_expect_eq(result, rows[i].right ? RESULT_OK : RESULT_INVALID, "%s", rows[i].address);
        if (result == RESULT_OK) {
            registry.close(registry.self);
        } else {
            cr_expect_not_null(strstr(error.text, "registry main"), "%s", error.text);
        }
    }
}
