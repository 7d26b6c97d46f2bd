/* Whole streams of certificates, asked for and given out, against a registry that the test plays by
 * hand. */
#include <criterion/criterion.h>
#include <string.h>

#include "outside/registry_project_origin/projection.h"
#include "tests/unit/project_origin_rig.h"

TestSuite(project_origin_readings, .init = origin_rig_open, .fini = origin_rig_close);

static _Alignas(16) uint8_t memory[PROJECTION_ARENA_BYTES];
static struct registry_stream stream;

static bool is_answered(void) {
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    return origin_rig.registry.stream_answer(origin_rig.registry.self, &arena, &stream);
}

static void read_within(int64_t timeout_ms) {
    const struct uuid certificate_id = {{1}};
    origin_rig.registry.read_stream(origin_rig.registry.self, &certificate_id,
                                    origin_rig.now_ms + timeout_ms);
    cr_expect_eq(origin_rig.registry.calls_out(origin_rig.registry.self), 0,
                 "a drain does not wait for it");
}

static void read_and_connect(void) {
    read_within(ORIGIN_RIG_CALL_MS);
    origin_rig_connect();
}

static void expect_reading(bool is_read, const char *words) {
    ORIGIN_RIG_UNTIL(is_answered());
    char text[REGISTRY_TEXT_MAX + 1] = "";
    if (stream.words.length > 0) {
        memcpy(text, stream.words.data, stream.words.length);
    }
    cr_expect_eq(stream.is_read, is_read, "%s", text);
    cr_expect_not_null(strstr(text, words), "\"%s\"", text);
    cr_expect_eq(stream.certificate_id.bytes[0], 1);
    cr_expect_not(is_answered(), "each is given out once");
    cr_expect_eq(origin_rig.replies_count, 0);
}

Test(project_origin_readings, a_stream_is_read_or_it_is_said_why_not) {
    read_and_connect();
    origin_rig_answer_stream("");
    expect_reading(true, "");
    cr_expect_eq(stream.transactions, 0);
    read_within(ORIGIN_RIG_CALL_MS);
    origin_rig_answer_stream("\x0a\x05other");
    expect_reading(false, "transaction 1");
    read_within(ORIGIN_RIG_CALL_MS);
    origin_rig_await_question("GetStreamTransactions");
    h2_link_status(&origin_rig.link, origin_rig.request.stream_id, "14", "not now");
    expect_reading(false, "not now");
    read_within(200);
    origin_rig_await_question("GetStreamTransactions");
    origin_rig.now_ms += 200;
    expect_reading(false, "");
}

Test(project_origin_readings, an_answer_that_waits_wakes_whoever_is_to_take_it) {
    read_and_connect();
    origin_rig_answer_stream("");
    ORIGIN_RIG_UNTIL(origin_rig.registry.next_deadline_ms(origin_rig.registry.self) == INT64_MIN);
    expect_reading(true, "");
    cr_expect_gt(origin_rig.registry.next_deadline_ms(origin_rig.registry.self), origin_rig.now_ms);
}

Test(project_origin_readings, streams_that_nobody_waits_for_are_dropped) {
    read_and_connect();
    origin_rig_answer_stream("");
    ORIGIN_RIG_UNTIL(origin_rig.registry.next_deadline_ms(origin_rig.registry.self) == INT64_MIN);
    origin_rig.registry.forget_streams(origin_rig.registry.self);
    cr_expect_gt(origin_rig.registry.next_deadline_ms(origin_rig.registry.self), origin_rig.now_ms);
    cr_expect_not(is_answered());
    read_within(ORIGIN_RIG_CALL_MS);
    origin_rig_await_question("GetStreamTransactions");
    origin_rig.registry.forget_streams(origin_rig.registry.self);
    const int32_t first = origin_rig.request.stream_id;
    read_within(ORIGIN_RIG_CALL_MS); /* the same again, beside what is still out */
    origin_rig_await_question("GetStreamTransactions");
    h2_link_reply(&origin_rig.link, first, "\x0a\x05other");
    h2_link_reply(&origin_rig.link, origin_rig.request.stream_id, "");
    expect_reading(true, "");
}
