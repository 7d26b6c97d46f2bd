#include "tests/support/registry_suite.h"

#include <criterion/criterion.h>

enum { CALL_MS = 30000, PATIENCE_ROUNDS = 2000 };

static struct uuid numbered(uint8_t number) {
    return (struct uuid){.bytes = {number, 0, 0, 0, 0, 0, 0x40, 0, 0x80}};
}

static struct registry_transaction prepare(struct registry_bench *bench, uint8_t number,
                                           struct arena *arena) {
    struct millrace_transfer_operation transfer = {
        .quantity = 100, .owner = text_of("alice"), .new_owner = text_of("bob")};
    const struct millrace_operation operation = {.transfer = &transfer};
    const struct uuid submission_id = numbered(number);
    const struct uuid certificate_id = numbered(200);
    struct registry_transaction transaction;
    struct error error;
    cr_assert_eq(bench->registry.prepare(bench->registry.self, &submission_id, &certificate_id,
                                         &operation, arena, &transaction, &error),
                 RESULT_OK, "%s", error.text);
    return transaction;
}

static struct registry_call start(struct registry_bench *bench, uint8_t number, int32_t attempt) {
    static _Alignas(16) uint8_t memory[1 << 17];
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    const struct registry_request request = {
        .call = {.certificate_id = numbered(200),
                 .submission_id = numbered(number),
                 .attempt = attempt},
        .transaction = prepare(bench, number, &arena),
        .deadline_ms = *bench->now_ms + CALL_MS,
    };
    bench->registry.start(bench->registry.self, &request);
    memset(memory, 0xff, sizeof memory); /* the callee has what it needs */
    return request.call;
}

static uint32_t poll_one(struct registry_bench *bench, struct registry_reply *reply) {
    return bench->registry.poll(bench->registry.self, reply, 1);
}

static struct registry_reply next_reply(struct registry_bench *bench, const char *why) {
    struct registry_reply reply = {.text_length = 0};
    for (uint32_t i = 0; poll_one(bench, &reply) == 0; i++) {
        cr_assert_lt(i, PATIENCE_ROUNDS, "%s: no reply", why);
        bench->wait(bench->self);
    }
    cr_expect_leq(reply.text_length, REGISTRY_TEXT_MAX);
    return reply;
}

static void expect_out(const struct registry_bench *bench, uint32_t count, const char *why) {
    cr_expect_eq(bench->registry.calls_out(bench->registry.self), count, "%s", why);
}

static void expect_silence(struct registry_bench *bench, const char *why) {
    struct registry_reply reply;
    for (uint32_t i = 0; i < 3; i++) {
        cr_expect_eq(poll_one(bench, &reply), 0, "%s", why);
        bench->wait(bench->self);
    }
}

static void prepares_the_same_bytes_each_time(struct registry_bench *bench) {
    static _Alignas(16) uint8_t memory[1 << 17];
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    const struct registry_transaction first = prepare(bench, 1, &arena);
    const struct registry_transaction again = prepare(bench, 1, &arena);
    const struct registry_transaction other = prepare(bench, 2, &arena);
    cr_expect(bytes_equal(first.bytes, again.bytes) && text_equal(first.id, again.id));
    cr_expect_not(text_equal(first.id, other.id), "the submission makes it unique");
    cr_expect_not(bytes_equal(first.bytes, other.bytes));
}

static void says_nothing_before_the_registry_does(struct registry_bench *bench) {
    cr_expect_eq(bench->registry.next_deadline_ms(bench->registry.self), INT64_MAX);
    const struct registry_call call = start(bench, 1, 1);
    bench->deliver(bench->self);
    expect_out(bench, 1, "started");
    expect_silence(bench, "not answered yet");
    bench->answer(bench->self, &call.submission_id, true);
    const struct registry_reply reply = next_reply(bench, "executed");
    cr_expect_eq(reply.kind, REGISTRY_REPLY_SUCCEEDED);
    cr_expect(uuid_equal(&reply.call.submission_id, &call.submission_id));
    cr_expect(uuid_equal(&reply.call.certificate_id, &call.certificate_id));
    cr_expect_eq(reply.call.attempt, 1);
    expect_out(bench, 0, "fetched");
    expect_silence(bench, "once");
}

static void gives_each_reply_to_its_call(struct registry_bench *bench) {
    for (uint8_t i = 1; i <= 3; i++) {
        (void)start(bench, i, 1);
    }
    bench->deliver(bench->self);
    expect_out(bench, 3, "all are out");
    for (uint8_t i = 3; i >= 1; i--) {
        const struct uuid id = numbered(i);
        bench->answer(bench->self, &id, i != 2);
        const struct registry_reply reply = next_reply(bench, "in any order");
        cr_expect(uuid_equal(&reply.call.submission_id, &id), "reply %d", (int)i);
        cr_expect_eq(reply.kind, i == 2 ? REGISTRY_REPLY_REFUSED : REGISTRY_REPLY_SUCCEEDED);
    }
    expect_out(bench, 0, "all are back");
}

static void ends_silence_at_the_deadline(struct registry_bench *bench) {
    const struct registry_call call = start(bench, 1, 1);
    bench->deliver(bench->self);
    *bench->now_ms += CALL_MS - 1;
    expect_silence(bench, "its time is not over");
    cr_expect_eq(bench->registry.next_deadline_ms(bench->registry.self), *bench->now_ms + 1);
    *bench->now_ms += 1;
    struct registry_reply reply = next_reply(bench, "time-out");
    cr_expect_eq(reply.kind, REGISTRY_REPLY_UNKNOWN);
    cr_expect_eq(reply.unknown_cause, MILLRACE_UNKNOWN_CAUSE_TIMEOUT);
    expect_out(bench, 0, "nothing is owed any more");
    bench->answer(bench->self, &call.submission_id, false);
    reply = next_reply(bench, "late");
    cr_expect_eq(reply.kind, REGISTRY_REPLY_REFUSED, "and still worth hearing");
    expect_silence(bench, "once");
}

static void knows_what_was_not_sent(struct registry_bench *bench) {
    bench->leave(bench->self);
    (void)start(bench, 1, 1);
    const struct registry_reply reply = next_reply(bench, "nobody is there");
    cr_expect_eq(reply.kind, REGISTRY_REPLY_NOT_SENT);
    cr_expect_eq(reply.not_sent_cause, MILLRACE_NOT_SENT_CAUSE_CONNECT_FAILED);
    expect_out(bench, 0, "it is over");
    bench->come_back(bench->self);
    const struct registry_call again = start(bench, 1, 2);
    bench->deliver(bench->self);
    bench->answer(bench->self, &again.submission_id, true);
    cr_expect_eq(next_reply(bench, "the second attempt").kind, REGISTRY_REPLY_SUCCEEDED);
}

static void withdraws_only_what_did_not_leave(struct registry_bench *bench) {
    const struct registry_call sent = start(bench, 1, 1);
    bench->deliver(bench->self);
    cr_expect_not(bench->registry.withdraw(bench->registry.self, &sent), "too late");
    bench->leave(bench->self);
    const struct registry_call stranger = {.submission_id = numbered(9), .attempt = 1};
    cr_expect_not(bench->registry.withdraw(bench->registry.self, &stranger), "never heard of");
    expect_out(bench, 1, "the one that was sent");
}

static void gives_no_more_than_was_asked_for(struct registry_bench *bench) {
    struct registry_call calls[2] = {start(bench, 1, 1), start(bench, 2, 1)};
    bench->deliver(bench->self);
    bench->answer(bench->self, &calls[0].submission_id, true);
    bench->answer(bench->self, &calls[1].submission_id, true);
    cr_expect_eq(bench->registry.poll(bench->registry.self, NULL, 0), 0);
    (void)next_reply(bench, "one");
    (void)next_reply(bench, "and one");
    expect_out(bench, 0, "both");
}

/* Nothing is sent by a question, and nobody waits for it: least of all a drain. */
static void asks_where_it_can(struct registry_bench *bench) {
    const bool can = (bench->registry.capabilities & REGISTRY_CAPABILITY_STATUS) != 0;
    cr_assert_eq(can, bench->registry.ask != NULL);
    if (!can) {
        return;
    }
    static _Alignas(16) uint8_t memory[1 << 17];
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    const struct registry_question question = {
        .call = {.certificate_id = numbered(200), .submission_id = numbered(1), .attempt = 3},
        .transaction = prepare(bench, 1, &arena),
        .deadline_ms = *bench->now_ms + CALL_MS,
    };
    bench->registry.ask(bench->registry.self, &question);
    memset(memory, 0xff, sizeof memory);
    expect_out(bench, 0, "it is no call");
    expect_silence(bench, "nobody has said anything");
    *bench->now_ms += CALL_MS;
    const struct registry_reply reply = next_reply(bench, "its time is over");
    cr_expect(reply.to_question);
    cr_expect_eq(reply.kind, REGISTRY_REPLY_UNKNOWN, "nothing was learnt");
    cr_expect_eq(reply.call.attempt, 3);
    cr_expect(uuid_equal(&reply.call.submission_id, &question.call.submission_id));
    cr_expect(uuid_equal(&reply.call.certificate_id, &question.call.certificate_id));
    expect_out(bench, 0, "nor was it one");
    expect_silence(bench, "one reply");
}

static bool is_read(struct registry_bench *bench, struct registry_stream *stream) {
    static _Alignas(16) uint8_t memory[1 << 17];
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    cr_expect_eq(bench->registry.poll(bench->registry.self, NULL, 0), 0);
    return bench->registry.stream_answer(bench->registry.self, &arena, stream);
}

/* A reading ends in its time too, and nobody has to hear of it. */
static void reads_where_it_can(struct registry_bench *bench) {
    const struct registry *registry = &bench->registry;
    const bool can = (registry->capabilities & REGISTRY_CAPABILITY_STREAM) != 0;
    cr_assert_eq(can, registry->read_stream != NULL);
    cr_assert_eq(can, registry->stream_answer != NULL);
    cr_assert_eq(can, registry->forget_streams != NULL);
    if (!can) {
        return;
    }
    struct registry_stream stream;
    const struct uuid certificate_id = numbered(200);
    bench->leave(bench->self);
    registry->read_stream(registry->self, &certificate_id, *bench->now_ms + CALL_MS);
    expect_out(bench, 0, "it is no call");
    *bench->now_ms += CALL_MS;
    for (uint32_t i = 0; !is_read(bench, &stream); i++) {
        cr_assert_lt(i, PATIENCE_ROUNDS, "its time is over");
        bench->wait(bench->self);
    }
    cr_expect_not(stream.is_read, "nobody was there");
    cr_expect(uuid_equal(&stream.certificate_id, &certificate_id));
    cr_expect_not(is_read(bench, &stream), "once");
    registry->read_stream(registry->self, &certificate_id, *bench->now_ms + CALL_MS);
    *bench->now_ms += CALL_MS;
    registry->forget_streams(registry->self);
    cr_expect_not(is_read(bench, &stream), "nobody waits for it");
    expect_silence(bench, "nor is it a call");
}

void registry_suite(void (*open)(struct registry_bench *bench)) {
    void (*const checks[])(struct registry_bench *) = {
        prepares_the_same_bytes_each_time,
        says_nothing_before_the_registry_does,
        gives_each_reply_to_its_call,
        ends_silence_at_the_deadline,
        knows_what_was_not_sent,
        withdraws_only_what_did_not_leave,
        gives_no_more_than_was_asked_for,
        asks_where_it_can,
        reads_where_it_can,
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        struct registry_bench bench;
        open(&bench);
        checks[i](&bench);
        bench.close(bench.self);
    }
}
