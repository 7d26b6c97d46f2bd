/* The lying registry whose streams can be read: what it shows, when, and what it refuses by them.
 */
#include <criterion/criterion.h>

#include "tests/unit/simulate_registry_rig.h"

TestSuite(simulate_registry_read);

/* The certificate of all that is asked for here, and its one slice. */
static const struct uuid certificate = {{0xce, 1}};
static const struct uuid slice_id = {{0x51, 1}};

static uint8_t slice_name[LYING_NAME_BYTES]; /* as the registry calls it, once it was issued */

static void open_rig(struct registry_rig *rig) {
    registry_rig_open_read(rig, 1);
    const struct uuid issuing = registry_rig_id(1);
    lying_name_of(&issuing, 0, slice_name);
}

static void send(struct registry_rig *rig, uint32_t number,
                 const struct millrace_operation *operation) {
    static _Alignas(16) uint8_t memory[4096];
    const struct registry *port = &rig->ports[0];
    struct arena arena;
    struct error error;
    arena_init(&arena, memory, sizeof memory);
    struct registry_request request = {
        .call = {.certificate_id = certificate,
                 .submission_id = registry_rig_id(number),
                 .attempt = 1},
        .deadline_ms = rig->clocks[0].monotonic_ms(rig->clocks[0].self) + REGISTRY_RIG_CALL_MS,
    };
    cr_assert_eq(port->prepare(port->self, &request.call.submission_id, &certificate, operation,
                               &arena, &request.transaction, &error),
                 RESULT_OK);
    port->start(port->self, &request);
    registry_rig_send_all(rig, 0);
    registry_rig_move_by(rig, 100);
}

static void issue(struct registry_rig *rig) {
    struct millrace_issue_operation body = {
        .slice_id = slice_id, .quantity = 1000, .owner = text_of("alice")};
    send(rig, 1, &(struct millrace_operation){.issue = &body});
}

static void transfer(struct registry_rig *rig, uint32_t number, const char *from, const char *to) {
    struct millrace_transfer_operation body = {
        .slice_id = slice_id,
        .quantity = 1000,
        .owner = text_of(from),
        .new_owner = text_of(to),
        .has_registry_hash = true,
        .registry_hash = {slice_name, LYING_NAME_BYTES},
    };
    send(rig, number, &(struct millrace_operation){.transfer = &body});
}

static void begin_reading(struct registry_rig *rig) {
    const struct registry *port = &rig->ports[1];
    port->read_stream(port->self, &certificate,
                      rig->clocks[1].monotonic_ms(rig->clocks[1].self) + REGISTRY_RIG_CALL_MS);
    cr_expect_eq(port->calls_out(port->self), 0, "it is no call");
}

static bool next_answer(struct registry_rig *rig, struct registry_stream *stream) {
    static _Alignas(16) uint8_t memory[4096];
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    registry_rig_poll_nothing(rig, 1);
    return rig->ports[1].stream_answer(rig->ports[1].self, &arena, stream);
}

static struct registry_stream await_stream(struct registry_rig *rig) {
    struct registry_stream stream = {.is_read = false};
    for (uint32_t i = 0; !next_answer(rig, &stream); i++) {
        cr_assert_leq(i, REGISTRY_RIG_CALL_MS / 10, "no answer in its time");
        registry_rig_move_by(rig, 10);
    }
    cr_expect(uuid_equal(&stream.certificate_id, &certificate));
    return stream;
}

/* One in so many readings fails in any weather. */
static struct registry_stream read_stream(struct registry_rig *rig) {
    struct registry_stream stream = {.is_read = false};
    for (uint32_t i = 0; i < 5 && !stream.is_read; i++) {
        begin_reading(rig);
        stream = await_stream(rig);
    }
    cr_assert(stream.is_read);
    return stream;
}

static void expect_slice(const struct registry_stream *stream, int64_t transactions,
                         const char *key) {
    cr_expect_eq(stream->transactions, transactions);
    cr_assert_eq(stream->slices_count, 1);
    cr_expect(
        bytes_equal(stream->slices[0].registry_hash, (struct bytes){slice_name, LYING_NAME_BYTES}));
    cr_expect(bytes_equal(stream->slices[0].owner_key,
                          (struct bytes){(const uint8_t *)key, (uint32_t)strlen(key)}));
    cr_expect_eq((int)stream->slices[0].state, (int)MILLRACE_SLICE_STATE_AVAILABLE);
}

Test(simulate_registry_read, shows_what_it_has_executed) {
    struct registry_rig rig;
    open_rig(&rig);
    struct registry_stream stream = read_stream(&rig);
    cr_expect_eq(stream.transactions, 0);
    cr_expect_eq(stream.slices_count, 0);
    issue(&rig);
    stream = read_stream(&rig);
    expect_slice(&stream, 1, "key of alice");
    transfer(&rig, 2, "alice", "bob");
    stream = read_stream(&rig);
    expect_slice(&stream, 2, "key of bob");
    registry_rig_close(&rig);
}

Test(simulate_registry_read, refuses_what_cannot_be_done_with_its_slices) {
    struct registry_rig rig;
    open_rig(&rig);
    transfer(&rig, 2, "alice", "bob");
    issue(&rig);
    transfer(&rig, 3, "bob", "carol");
    cr_expect_eq(registry_rig_deeds(&rig, 2, REGISTRY_DEED_REFUSAL), 1, "it was not issued");
    cr_expect_eq(registry_rig_deeds(&rig, 3, REGISTRY_DEED_REFUSAL), 1, "it is not bob's");
    const struct registry_stream stream = read_stream(&rig);
    expect_slice(&stream, 1, "key of alice");
    registry_rig_close(&rig);
}

/* What is said late is as it was when somebody looked. */
Test(simulate_registry_read, shows_late_what_it_had_before) {
    struct registry_rig rig;
    open_rig(&rig);
    issue(&rig);
    struct registry_weather *weather = lying_registry_weather(rig.registry);
    weather->late_permille = 1000;
    weather->queue_most_ms = 20000;
    begin_reading(&rig);
    registry_rig_send_all(&rig, 1);
    registry_rig_move_by(&rig, 0);
    weather->late_permille = 0;
    transfer(&rig, 2, "alice", "bob");
    cr_assert_eq(registry_rig_executions(&rig, 2), 1);
    const struct registry_stream stream = await_stream(&rig);
    cr_assert(stream.is_read);
    expect_slice(&stream, 1, "key of alice");
    registry_rig_close(&rig);
}

Test(simulate_registry_read, says_that_it_was_not_read_when_nobody_answers) {
    struct registry_rig rig;
    open_rig(&rig);
    lying_registry_weather(rig.registry)->silent_permille = 1000;
    begin_reading(&rig);
    const struct registry_stream stream = await_stream(&rig);
    cr_expect_not(stream.is_read);
    cr_expect(stream.words.length > 0);
    registry_rig_close(&rig);
}

Test(simulate_registry_read, forgets_what_nobody_waits_for) {
    struct registry_rig rig;
    struct registry_stream stream;
    open_rig(&rig);
    begin_reading(&rig);
    rig.ports[1].forget_streams(rig.ports[1].self);
    registry_rig_move_by(&rig, REGISTRY_RIG_CALL_MS);
    cr_expect_not(next_answer(&rig, &stream));
    registry_rig_close(&rig);
}

Test(simulate_registry_read, is_changed_by_others) {
    struct registry_rig rig;
    open_rig(&rig);
    issue(&rig);
    struct chance chance = chance_stream(3, "stranger");
    for (uint32_t i = 0; i < 10; i++) {
        lying_registry_meets_stranger(rig.registry, &chance);
    }
    const struct registry_stream stream = read_stream(&rig);
    cr_expect_gt(stream.transactions, 1);
    cr_expect_eq(registry_rig_executions(&rig, 1), 1, "it is no deed that anybody asked for");
    registry_rig_close(&rig);
}
