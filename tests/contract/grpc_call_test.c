/* One gRPC call against a server that answers in every way we can think of: each way has its one
 * right name. */
#include "tests/support/grpc_scene.h"

static const char grpc[] = "application/grpc";

Test(grpc_call, a_call_arrives_as_documented_and_its_reply_comes_back) {
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    grpc_scene_begin(&scene);
    static const char *const lines[] = {":method: POST",
                                        ":scheme: http",
                                        ":path: /test.Service/Method",
                                        "te: trailers",
                                        "content-type: application/grpc",
                                        "grpc-timeout: 30000m"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        cr_expect(h2_request_has(&scene.request, lines[i]), "%s in\n%s", lines[i],
                  scene.request.headers);
    }
    char authority[80];
    (void)snprintf(authority, sizeof authority, ":authority: 127.0.0.1:%u", scene.peer.port);
    cr_expect(h2_request_has(&scene.request, authority), "%s", scene.request.headers);
    cr_expect_eq(scene.request.length, 14);
    cr_expect_eq(memcmp(scene.request.data, "\0\0\0\0\tmessage 1", 14), 0);
    cr_expect_eq(grpc_calls_out(scene.client), 1);
    cr_expect_not(grpc_scene_next(&scene), "nothing is said before the server says it");

    h2_link_reply(&scene.links[0], 1, "well done");
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_REPLY, "", "reply");
    cr_expect_eq(scene.completion.reply.length, 9);
    cr_expect_eq(memcmp(scene.completion.reply.data, "well done", 9), 0);
    cr_expect_eq(grpc_calls_out(scene.client), 0);
    cr_expect_not(grpc_scene_next(&scene), "once");
    grpc_scene_close(&scene);
}

Test(grpc_call, an_empty_reply_and_other_spellings_are_replies) {
    static const char *const types[] = {"application/grpc", "application/grpc+proto",
                                        "application/grpc;charset=x", "Application/GRPC"};
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    grpc_scene_begin(&scene);
    int32_t stream_id = 1;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        h2_link_headers(&scene.links[0], 0, stream_id, ":status", "200", "content-type", types[i],
                        NULL);
        h2_link_message(&scene.links[0], stream_id, "");
        h2_link_headers(&scene.links[0], H2_END_STREAM, stream_id, "grpc-status", "0", NULL);
        grpc_scene_expect(&scene, (int)(i + 1), GRPC_OUTCOME_REPLY, "", types[i]);
        cr_expect_eq(scene.completion.reply.length, 0);
        (void)grpc_scene_call(&scene, (int)(i + 2));
        SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
        stream_id = scene.request.stream_id;
    }
    grpc_scene_close(&scene);
}

Test(grpc_call, a_reply_may_come_byte_by_byte_and_behind_a_promise) {
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    grpc_scene_begin(&scene);
    static const char message[] = "\0\0\0\0\x04word";
    h2_link_frame(&scene.links[0], H2_PUSH_PROMISE, H2_END_HEADERS, 1, "\0\0\0\2\x82", 5);
    SCENE_UNTIL(&scene, (grpc_scene_requests(&scene, 0), scene.links[0].resets == 1));
    cr_expect_eq(scene.links[0].reset_stream_id, 2, "nobody wants what is pushed");
    h2_link_headers(&scene.links[0], 0, 1, ":status", "103", "link", "x", NULL);
    h2_link_headers(&scene.links[0], 0, 1, ":status", "200", "content-type", grpc, NULL);
    for (size_t i = 0; i < sizeof message - 1; i++) {
        h2_link_frame(&scene.links[0], H2_DATA, 0, 1, message + i, 1);
        cr_expect_not(grpc_scene_next(&scene));
    }
    h2_link_headers(&scene.links[0], H2_END_STREAM, 1, "grpc-status", "0", NULL);
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_REPLY, "", "in pieces");
    cr_expect_eq(scene.completion.reply.length, 4);
    cr_expect_eq(memcmp(scene.completion.reply.data, "word", 4), 0);
    grpc_scene_close(&scene);
}

/* Statuses, in one block of headers or behind a message. */
Test(grpc_call, each_status_is_told_as_it_came) {
    const struct {
        const char *status;
        const char *message;
        uint32_t expected;
        const char *words;
    } rows[] = {
        {"2", "Bad GUID", 2, "Bad GUID"},
        {"14", "down for a while", 14, "down for a while"},
        {"16", "", 16, ""},
        {"17", "of its own", 17, "of its own"},
        {"5", "100%25 of %E2%80%9Dx%E2%80%9D", 5, "100% of \u201dx\u201d"},
        {"5", "no %zz escape, nor %4", 5, "no %zz escape, nor %4"},
        {"5", "line%0Aof %1B[31mred%7F", 5, "line of  [31mred "},
        {"5", "C1 %C2%9B here", 5, "C1   here"},
        {"5", "not %FF%FE UTF-8, %C3", 5, "not ?? UTF-8, ?"},
        {"5", "%00", 5, " "},
    };
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    grpc_scene_begin(&scene);
    int32_t stream_id = 1;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (i % 2 == 0) {
            h2_link_status(&scene.links[0], stream_id, rows[i].status, rows[i].message);
        } else {
            h2_link_headers(&scene.links[0], 0, stream_id, ":status", "200", "content-type", grpc,
                            NULL);
            h2_link_message(&scene.links[0], stream_id, "and a message");
            h2_link_headers(&scene.links[0], H2_END_STREAM, stream_id, "grpc-status",
                            rows[i].status, "grpc-message", rows[i].message, NULL);
        }
        grpc_scene_expect(&scene, (int)(i + 1), GRPC_OUTCOME_STATUS, "", rows[i].message);
        cr_expect_eq(scene.completion.status, rows[i].expected);
        cr_expect_eq(scene.completion.http_status, 200);
        cr_expect_not(scene.completion.status_is_http);
        cr_expect(text_equal(scene.completion.words, text_of(rows[i].words)), "%s: %.*s",
                  rows[i].message, (int)scene.completion.words.length, scene.completion.words.data);
        (void)grpc_scene_call(&scene, (int)(i + 2));
        SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
        stream_id = scene.request.stream_id;
    }
    grpc_scene_close(&scene);
}

Test(grpc_call, words_are_cut) {
    struct grpc_scene scene;
    char words[3 * GRPC_WORDS_MAX];
    memset(words, 'w', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    grpc_scene_open(&scene);
    grpc_scene_begin(&scene);
    h2_link_status(&scene.links[0], 1, "3", words);
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_STATUS, "www", "long words");
    cr_expect_eq(scene.completion.words.length, GRPC_WORDS_MAX);
    grpc_scene_close(&scene);
}

Test(grpc_call, another_status_of_http_stands_for_one_of_grpc) {
    static const struct {
        const char *http;
        uint32_t status;
    } rows[] = {
        {"400", 13}, {"401", 16}, {"403", 7}, {"404", 12}, {"429", 14}, {"502", 14},
        {"503", 14}, {"504", 14}, {"500", 2}, {"204", 2},  {"307", 2},
    };
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    grpc_scene_begin(&scene);
    int32_t stream_id = 1;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        h2_link_headers(&scene.links[0], 0, stream_id, ":status", rows[i].http, "content-type",
                        "text/html", NULL);
        h2_link_frame(&scene.links[0], H2_DATA, H2_END_STREAM, stream_id, "", 0);
        grpc_scene_expect(&scene, (int)(i + 1), GRPC_OUTCOME_STATUS, rows[i].http, rows[i].http);
        cr_expect_eq(scene.completion.status, rows[i].status, "row %s", rows[i].http);
        cr_expect(scene.completion.status_is_http, "row %s", rows[i].http);
        (void)grpc_scene_call(&scene, (int)(i + 2));
        SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
        stream_id = scene.request.stream_id;
    }
    grpc_scene_close(&scene);
}

/* What each row sends as an answer to stream `id`. */
static void no_status(struct h2_link *link, int32_t id) {
    h2_link_headers(link, 0, id, ":status", "200", "content-type", grpc, NULL);
    h2_link_frame(link, H2_DATA, H2_END_STREAM, id, "\0\0\0\0\x01x", 6);
}
static void headers_only(struct h2_link *link, int32_t id) {
    h2_link_headers(link, H2_END_STREAM, id, ":status", "200", "content-type", grpc, NULL);
}
static void no_message(struct h2_link *link, int32_t id) {
    h2_link_status(link, id, "0", "");
}
static void half_a_message(struct h2_link *link, int32_t id) {
    h2_link_headers(link, 0, id, ":status", "200", "content-type", grpc, NULL);
    h2_link_frame(link, H2_DATA, 0, id, "\0\0\0\0\x09half", 9);
    h2_link_headers(link, H2_END_STREAM, id, "grpc-status", "0", NULL);
}
static void half_a_prefix(struct h2_link *link, int32_t id) {
    h2_link_headers(link, 0, id, ":status", "200", "content-type", grpc, NULL);
    h2_link_frame(link, H2_DATA, 0, id, "\0\0\0", 3);
    h2_link_headers(link, H2_END_STREAM, id, "grpc-status", "0", NULL);
}
static void two_messages(struct h2_link *link, int32_t id) {
    h2_link_headers(link, 0, id, ":status", "200", "content-type", grpc, NULL);
    h2_link_message(link, id, "one");
    h2_link_message(link, id, "two");
    h2_link_headers(link, H2_END_STREAM, id, "grpc-status", "0", NULL);
}
static void compressed(struct h2_link *link, int32_t id) {
    h2_link_headers(link, 0, id, ":status", "200", "content-type", grpc, "grpc-encoding", "gzip",
                    NULL);
    h2_link_frame(link, H2_DATA, 0, id, "\1\0\0\0\1x", 6);
}
static void oversized(struct h2_link *link, int32_t id) {
    const uint8_t prefix[] = {0, 0, 0, (SCENE_REPLY_MAX + 1) >> 8, (SCENE_REPLY_MAX + 1) & 0xff};
    h2_link_headers(link, 0, id, ":status", "200", "content-type", grpc, NULL);
    h2_link_frame(link, H2_DATA, 0, id, prefix, sizeof prefix);
}
static void a_page(struct h2_link *link, int32_t id) {
    h2_link_headers(link, 0, id, ":status", "200", "content-type", "text/html", NULL);
    h2_link_frame(link, H2_DATA, H2_END_STREAM, id, "<html>", 6);
}
static void other_encoding(struct h2_link *link, int32_t id) {
    h2_link_headers(link, H2_END_STREAM, id, ":status", "200", "content-type",
                    "application/grpc+json", "grpc-status", "0", NULL);
}
static void no_type(struct h2_link *link, int32_t id) {
    h2_link_headers(link, H2_END_STREAM, id, ":status", "200", "grpc-status", "0", NULL);
}
static void status_twice(struct h2_link *link, int32_t id) {
    h2_link_headers(link, 0, id, ":status", "200", "content-type", grpc, NULL);
    h2_link_message(link, id, "x");
    h2_link_headers(link, H2_END_STREAM, id, "grpc-status", "0", "grpc-status", "2", NULL);
}
static void status_a_word(struct h2_link *link, int32_t id) {
    h2_link_status(link, id, "OK", "");
}
static void status_too_long(struct h2_link *link, int32_t id) {
    h2_link_status(link, id, "0000", "");
}
static void status_first(struct h2_link *link, int32_t id) {
    h2_link_headers(link, 0, id, ":status", "200", "content-type", grpc, "grpc-status", "0", NULL);
}
static void ok_of_500(struct h2_link *link, int32_t id) {
    h2_link_headers(link, H2_END_STREAM, id, ":status", "500", "content-type", grpc, "grpc-status",
                    "0", NULL);
}
static void many_headers(struct h2_link *link, int32_t id) {
    char value[15000];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    h2_link_headers(link, 0, id, ":status", "200", "content-type", grpc, "x", value, NULL);
    value[2000] = '\0';
    h2_link_headers(link, H2_END_STREAM, id, "grpc-status", "0", "y", value, NULL);
}
static void reset(struct h2_link *link, int32_t id) {
    h2_link_reset(link, id, NGHTTP2_INTERNAL_ERROR);
}
static void reset_calmly(struct h2_link *link, int32_t id) {
    h2_link_reset(link, id, NGHTTP2_NO_ERROR);
}
static void reset_as_cancelled(struct h2_link *link, int32_t id) {
    h2_link_reset(link, id, NGHTTP2_CANCEL);
}
static void refused_too_late(struct h2_link *link, int32_t id) {
    h2_link_headers(link, 0, id, ":status", "200", "content-type", grpc, NULL);
    h2_link_reset(link, id, NGHTTP2_REFUSED_STREAM);
}
static void reset_in_a_message(struct h2_link *link, int32_t id) {
    h2_link_headers(link, 0, id, ":status", "200", "content-type", grpc, NULL);
    h2_link_frame(link, H2_DATA, 0, id, "\0\0\0\0\x09half", 9);
    h2_link_reset(link, id, NGHTTP2_CANCEL);
}
static void upper_case_header(struct h2_link *link, int32_t id) {
    h2_link_headers(link, 0, id, ":status", "200", "Content-Type", grpc, NULL);
}
static void no_http_status(struct h2_link *link, int32_t id) {
    h2_link_headers(link, H2_END_STREAM, id, "content-type", grpc, "grpc-status", "0", NULL);
}

Test(grpc_call, what_is_no_answer_is_broken_and_the_connection_goes_on) {
    static const struct {
        const char *name;
        void (*answer)(struct h2_link *link, int32_t id);
        const char *words;
    } rows[] = {
        {"no status", no_status, "without a status"},
        {"headers only", headers_only, "without a status"},
        {"no message", no_message, "OK without a message"},
        {"half a message", half_a_message, "OK in the middle of a message"},
        {"half a prefix", half_a_prefix, "OK in the middle of a message"},
        {"two messages", two_messages, "more than one message"},
        {"compressed", compressed, "compressed its message"},
        {"oversized", oversized, "a message of 1001 bytes; at most 1000"},
        {"a page", a_page, "content type \"text/html"},
        {"another encoding", other_encoding, "content type \"application/grpc+json\""},
        {"no content type", no_type, "without a content type"},
        {"two statuses", status_twice, "its status twice"},
        {"a word for a status", status_a_word, "no number: \"OK\""},
        {"a long status", status_too_long, "no number: \"0000\""},
        {"the status first", status_first, "before the end"},
        {"OK of 500", ok_of_500, "HTTP status 500 with a status of OK"},
        {"many headers", many_headers, "more than 16384 bytes of headers"},
        {"reset", reset, "reset (INTERNAL_ERROR)"},
        {"reset calmly", reset_calmly, "reset (NO_ERROR)"},
        {"reset as cancelled", reset_as_cancelled, "reset (CANCEL)"},
        {"refused too late", refused_too_late, "reset (REFUSED_STREAM)"},
        {"reset in a message", reset_in_a_message, "reset (CANCEL)"},
        {"upper-case header", upper_case_header, "no valid HTTP/2"},
        {"no status of HTTP", no_http_status, "no valid HTTP/2"},
    };
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    grpc_scene_begin(&scene);
    int32_t stream_id = 1;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rows[i].answer(&scene.links[0], stream_id);
        grpc_scene_expect(&scene, (int)(i + 1), GRPC_OUTCOME_BROKEN, rows[i].words, rows[i].name);
        (void)grpc_scene_call(&scene, (int)(i + 2));
        SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
        stream_id = scene.request.stream_id;
        cr_assert_eq(stream_id, (int32_t)(2 * i + 3), "row %s: the same connection", rows[i].name);
    }
    grpc_scene_close(&scene);
}

Test(grpc_call, what_the_server_never_looked_at_is_unprocessed) {
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    grpc_scene_begin(&scene);
    h2_link_reset(&scene.links[0], 1, NGHTTP2_REFUSED_STREAM);
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_UNPROCESSED, "REFUSED_STREAM", "refused");
    for (int number = 2; number <= 4; number++) {
        (void)grpc_scene_call(&scene, number);
        SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
    }
    h2_link_goaway(&scene.links[0], 3, NGHTTP2_NO_ERROR); /* it has call 2 */
    int numbers = 0;
    for (int i = 0; i < 2; i++) {
        SCENE_UNTIL(&scene, grpc_scene_next(&scene));
        cr_expect_eq(scene.completion.outcome, GRPC_OUTCOME_UNPROCESSED);
        cr_expect(scene.completion.handed);
        numbers += grpc_scene_number(&scene);
    }
    cr_expect_eq(numbers, 3 + 4, "in any order");
    cr_expect_not(grpc_scene_next(&scene), "2 is still worked on");
    h2_link_reply(&scene.links[0], 3, "yes");
    grpc_scene_expect(&scene, 2, GRPC_OUTCOME_REPLY, "", "2");
    SCENE_UNTIL(&scene, grpc_scene_ends(&scene, 0));
    cr_expect_not(h2_link_request(&scene.links[0], &scene.request), "nothing was said again");
    grpc_scene_close(&scene);
}

Test(grpc_call, a_connection_that_ends_takes_what_was_handed_over_with_it) {
    static const struct {
        const char *name;
        bool reset;
        bool half;
    } rows[] = {{"calmly", false, false}, {"reset", true, false}, {"in a message", false, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct grpc_scene scene;
        grpc_scene_open(&scene);
        grpc_scene_begin(&scene);
        if (rows[i].half) {
            h2_link_headers(&scene.links[0], 0, 1, ":status", "200", "content-type", grpc, NULL);
        }
        h2_link_hang_up(&scene.links[0], rows[i].reset);
        grpc_scene_expect(&scene, 1, GRPC_OUTCOME_BROKEN, "connection", rows[i].name);
        cr_expect_not(h2_peer_accept(&scene.peer, &scene.links[1]), "row %s: no second attempt",
                      rows[i].name);
        grpc_scene_close(&scene);
    }
}

Test(grpc_call, bytes_that_are_no_http2_break_the_connection) {
    static const struct {
        const char *name;
        const char *bytes;
        size_t length;
        const char *words;
    } rows[] = {
        {"HTTP/1.1", "HTTP/1.1 400 Bad Request\r\n\r\n", 28, "HTTP/2"},
        {"too large a frame", "\xff\xff\xff\0\0\0\0\0\1", 9, "HTTP/2"},
        {"data for stream 0", "\0\0\1\0\0\0\0\0\0x", 10, "HTTP/2"},
        {"data for a stream that never was", "\0\0\1\0\0\0\0\0\x63x", 10, "HTTP/2"},
        {"headers that cannot be read", "\0\0\1\1\4\0\0\0\1\x7f", 10, "HTTP/2"},
        {"a ping of no size", "\0\0\1\6\0\0\0\0\0x", 10, "HTTP/2"},
        {"a window of 0 more", "\0\0\4\x08\0\0\0\0\0\0\0\0\0", 13, "HTTP/2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct grpc_scene scene;
        grpc_scene_open(&scene);
        grpc_scene_begin(&scene);
        h2_link_send(&scene.links[0], rows[i].bytes, rows[i].length);
        grpc_scene_expect(&scene, 1, GRPC_OUTCOME_BROKEN, rows[i].words, rows[i].name);
        SCENE_UNTIL(&scene, grpc_scene_ends(&scene, 0));
        grpc_scene_close(&scene);
    }
}

Test(grpc_call, headers_without_end_break_the_connection) {
    struct grpc_scene scene;
    static char value[16000];
    memset(value, 'v', sizeof value - 1);
    grpc_scene_open(&scene);
    grpc_scene_begin(&scene);
    uint8_t block[16384] = {
        0, 1, 'x', 127, 0x80 | ((sizeof value - 1 - 127) & 0x7f), (sizeof value - 1 - 127) >> 7};
    memcpy(block + 6, value, sizeof value - 1);
    const size_t length = 6 + sizeof value - 1;
    h2_link_frame(&scene.links[0], H2_HEADERS, 0, 1, "\x88", 1); /* :status 200 */
    bool ended = false;
    for (int i = 0; i < 40 && !ended; i++) {
        h2_link_frame(&scene.links[0], H2_CONTINUATION, 0, 1, block, length);
        ended = grpc_scene_ends(&scene, 0);
    }
    cr_expect(ended, "it went on for ever");
    cr_expect(grpc_next(scene.client, &scene.completion));
    cr_expect_eq(scene.completion.outcome, GRPC_OUTCOME_BROKEN);
    grpc_scene_close(&scene);
}

Test(grpc_call, silence_ends_at_the_deadline_and_the_stream_is_cancelled) {
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    grpc_scene_begin(&scene);
    scene.now_ms += 15000; /* before it would be pinged */
    h2_link_frame(&scene.links[0], H2_PING, 0, 0, "12345678", 8);
    SCENE_UNTIL(&scene, (grpc_poll(scene.client),
                         grpc_next_deadline_ms(scene.client) == 1000 + SCENE_DEADLINE_MS));
    scene.now_ms = 1000 + SCENE_DEADLINE_MS - 1;
    cr_expect_not(grpc_scene_next(&scene), "not before");
    scene.now_ms++;
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_TIMED_OUT, "no whole answer", "silence");
    SCENE_UNTIL(&scene, (grpc_scene_requests(&scene, 0), scene.links[0].resets == 1));
    cr_expect_eq(scene.links[0].reset_code, NGHTTP2_CANCEL);
    h2_link_reply(&scene.links[0], 1, "at last");
    (void)grpc_scene_call(&scene, 2);
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
    h2_link_reply(&scene.links[0], 3, "in time");
    grpc_scene_expect(&scene, 2, GRPC_OUTCOME_REPLY, "", "nothing is said of 1 again");
    grpc_scene_close(&scene);
}

Test(grpc_call, a_server_that_is_gone_in_silence_is_found_by_a_ping) {
    struct grpc_scene scene;
    grpc_scene_open(&scene);
    grpc_scene_begin(&scene);
    scene.now_ms += GRPC_PING_AFTER_MS;
    SCENE_UNTIL(&scene, (grpc_scene_requests(&scene, 0), scene.links[0].pings == 1));
    cr_expect_eq(grpc_next_deadline_ms(scene.client), scene.now_ms + GRPC_PING_TIMEOUT_MS);
    scene.now_ms += GRPC_PING_TIMEOUT_MS - 1;
    cr_expect_not(grpc_scene_next(&scene));
    h2_link_frame(&scene.links[0], H2_PING, H2_ACK, 0, "\0\0\0\0\0\0\0\0", 8);
    SCENE_UNTIL(&scene, (grpc_poll(scene.client),
                         grpc_next_deadline_ms(scene.client) == 1000 + SCENE_DEADLINE_MS));
    h2_link_reply(&scene.links[0], 1, "slow");
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_REPLY, "", "it was there");

    scene.now_ms += 100000; /* idle, and nothing is asked */
    grpc_poll(scene.client);
    cr_expect_eq(grpc_next_deadline_ms(scene.client), INT64_MAX);
    (void)grpc_scene_call(&scene, 2);
    SCENE_UNTIL(&scene, grpc_scene_requests(&scene, 0));
    scene.now_ms += GRPC_PING_AFTER_MS;
    SCENE_UNTIL(&scene, (grpc_scene_requests(&scene, 0), scene.links[0].pings == 2));
    scene.now_ms += GRPC_PING_TIMEOUT_MS - 1;
    cr_expect_not(grpc_scene_next(&scene));
    scene.now_ms++;
    grpc_scene_expect(&scene, 2, GRPC_OUTCOME_BROKEN, "does not answer a ping", "gone");
    grpc_scene_close(&scene);
}

Test(grpc_call, an_answer_before_the_call_is_whole_is_no_reply) {
    struct grpc_scene scene;
    static uint8_t message[70000];
    grpc_scene_open(&scene);
    (void)grpc_call_start(scene.client, "/a/b", (struct bytes){message, sizeof message},
                          scene.now_ms + SCENE_DEADLINE_MS, grpc_scene_context(1));
    grpc_scene_connect(&scene, 0, H2_NOT_SAID, H2_NOT_SAID);
    SCENE_UNTIL(&scene, (grpc_poll(scene.client), h2_link_has_begun(&scene.links[0], 1)));
    h2_link_reply(&scene.links[0], 1, "done");
    grpc_scene_expect(&scene, 1, GRPC_OUTCOME_BROKEN, "before it had the whole call", "early");

    (void)grpc_call_start(scene.client, "/a/b", (struct bytes){message, 60000},
                          scene.now_ms + SCENE_DEADLINE_MS, grpc_scene_context(2));
    cr_expect_not(grpc_scene_next(&scene));
    h2_link_window(&scene.links[0], 0, 100);
    SCENE_UNTIL(&scene, (grpc_poll(scene.client), h2_link_has_begun(&scene.links[0], 3)));
    h2_link_status(&scene.links[0], 3, "8", "too much at once");
    grpc_scene_expect(&scene, 2, GRPC_OUTCOME_STATUS, "too much", "a status may come early");
    grpc_scene_close(&scene);
}

Test(grpc_call, an_address_is_understood_or_named_as_wrong) {
    static const struct {
        const char *address;
        bool right;
    } rows[] = {
        {"http://localhost:5000", true},
        {"http://[::1]:5000", true},
        {"https://a-b.example:443", true},
        {"http://10.0.0.1:1", true},
        {"localhost:5000", false},
        {"http://localhost", false},
        {"http://:5000", false},
        {"http://localhost:0", false},
        {"http://localhost:65536", false},
        {"http://localhost:5000/", false},
        {"http://me@localhost:5000", false},
        {"http://a b:5000", false},
        {"http://::1:5000", false},
        {"ftp://localhost:5000", false},
        {"", false},
        {"http://a\r\nb:1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct clock clock = clock_os();
        const struct grpc_options options = {.address = rows[i].address,
                                             .connections_max = 1,
                                             .reply_bytes_max = 1,
                                             .clock = &clock,
                                             .logger = logger_silent()};
        struct grpc_client *client = NULL;
        struct error error = {.text = ""};
        const enum result result = grpc_open(&options, &client, &error);
        cr_expect_eq(result, rows[i].right ? RESULT_OK : RESULT_INVALID, "row %s", rows[i].address);
        cr_expect_eq(error.text[0] == '\0', rows[i].right, "row %s", rows[i].address);
        if (client != NULL) {
            grpc_close(client);
        }
    }
}
