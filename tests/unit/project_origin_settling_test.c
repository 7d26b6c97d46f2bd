/* From a sending to what became of it, against a registry that the test plays by hand and with a
 * clock that only the test moves. Whatever is heard: each transaction is sent once. */
#include <criterion/criterion.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "outside/clock_os/clock_os.h"
#include "outside/registry_project_origin/projection.h"
#include "outside/registry_project_origin/registry_project_origin.h"
#include "outside/registry_project_origin/transaction.h"
#include "tests/support/fault_notes.h"
#include "tests/support/h2_peer.h"

enum { CALL_MS = 30000, PATIENCE_MS = 10000, REPLIES_MAX = 8, REQUESTS_MAX = 64 };

#define SERVICE ":path: /project_origin.registry.v1.RegistryService/"

static struct h2_peer peer;
static struct h2_link link_;
static struct h2_request request;
static char address[64];
static int64_t now_ms;
static struct registry_project_origin_adapter adapter;
static struct registry registry;
static struct blinding_secrets secrets;
static struct registry_reply replies[REPLIES_MAX];
static uint32_t replies_count;
static uint32_t sendings; /* that have come to the registry */

static int64_t tell_now(void *self) {
    (void)self;
    return now_ms;
}

static const struct clock test_clock = {.monotonic_ms = tell_now, .wall_ms = tell_now};

static const struct origin_settings settings = {
    .name = "narnia",
    .own_name = "Narnia",
    .connections_max = 1,
    .schedule = {.first_ms = 500, .longest_ms = 4000},
};

static void open_all(void) {
    static const uint8_t secret[BLINDING_SECRET_MIN] = {1};
    struct error error;
    h2_peer_open(&peer);
    link_.socket = -1;
    now_ms = 1000;
    (void)snprintf(address, sizeof address, "http://127.0.0.1:%u", peer.port);
    cr_assert_eq(blinding_secrets_add(&secrets, text_of("first"),
                                      (struct bytes){secret, sizeof secret}, &error),
                 RESULT_OK);
    static struct prover prover;
    prover = prover_chosen();
    adapter = (struct registry_project_origin_adapter){
        .logger = logger_silent(),
        .settings = &settings,
        .settings_count = 1,
        .secrets = &secrets,
        .prover = &prover,
    };
    const struct registry_adapter port = registry_project_origin(&adapter);
    const struct registry_config config = {
        .name = "narnia", .adapter = "project-origin", .address = address, .in_flight_max = 100};
    cr_assert_eq(port.open(port.self, &config, &test_clock, &registry, &error), RESULT_OK, "%s",
                 error.text);
}

static void close_all(void) {
    registry.close(registry.self);
    h2_link_hang_up(&link_, false);
    h2_peer_close(&peer);
    cr_expect_leq(sendings, 1, "it was sent %u times", sendings);
}

TestSuite(project_origin_settling, .init = open_all, .fini = close_all);

/* --- Both sides, moved on until something holds. --- */

static bool moves(void) {
    replies_count +=
        registry.poll(registry.self, replies + replies_count, REPLIES_MAX - replies_count);
    return true;
}

#define UNTIL(condition)                                                                      \
    do {                                                                                      \
        const struct clock os = clock_os();                                                   \
        const int64_t end_ms = os.monotonic_ms(os.self) + PATIENCE_MS;                        \
        while (moves() && !(condition)) {                                                     \
            cr_assert_lt(os.monotonic_ms(os.self), end_ms, "waited in vain for " #condition); \
            struct pollfd wait = {.fd = registry.wait_fd(registry.self), .events = POLLIN};   \
            (void)poll(&wait, 1, 2);                                                          \
        }                                                                                     \
    } while (0)

static bool is_asked(const char *method) {
    char line[128];
    (void)snprintf(line, sizeof line, SERVICE "%s", method);
    if (!h2_link_request(&link_, &request)) {
        return false;
    }
    sendings += h2_request_has(&request, SERVICE "SendTransactions") ? 1 : 0;
    cr_assert(h2_request_has(&request, line), "%s, and not %s", request.headers, method);
    return true;
}

/* The clock goes on, but much slower for what is on its way between the two. */
static void pass_time(void) {
    enum { STEP_MS = 20 };
    struct pollfd wait = {.fd = registry.wait_fd(registry.self), .events = POLLIN};
    if (poll(&wait, 1, 1) == 0) {
        const int64_t next_ms = registry.next_deadline_ms(registry.self);
        now_ms = next_ms > now_ms && next_ms < now_ms + STEP_MS ? next_ms : now_ms + STEP_MS;
    }
    (void)moves();
}

/* Until something is said, or it is too late: a slot of the wheel later than this. */
static void pass_time_until(int64_t deadline_ms) {
    while (replies_count == 0 && now_ms <= deadline_ms) {
        pass_time();
    }
}

/* The next thing that the adapter asks is this. */
static void await_question(const char *method) {
    const struct clock os = clock_os();
    const int64_t end_ms = os.monotonic_ms(os.self) + PATIENCE_MS;
    while (!is_asked(method)) {
        cr_assert_lt(os.monotonic_ms(os.self), end_ms, "waited in vain for %s", method);
        pass_time();
    }
}

static struct registry_call call_of(int attempt) {
    return (struct registry_call){
        .certificate_id = {{1}}, .submission_id = {{2}}, .attempt = attempt};
}

static const char transaction[] = "a transaction";

static struct text id_of(const char *bytes, char id[ORIGIN_TRANSACTION_ID_CHARACTERS + 1]) {
    uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const uint8_t *)bytes, strlen(bytes));
    sodium_bin2base64(id, ORIGIN_TRANSACTION_ID_CHARACTERS + 1, digest, sizeof digest,
                      sodium_base64_VARIANT_ORIGINAL);
    return (struct text){id, ORIGIN_TRANSACTION_ID_CHARACTERS};
}

static void start(void) {
    char id[ORIGIN_TRANSACTION_ID_CHARACTERS + 1];
    const struct registry_request started = {
        .call = call_of(1),
        .transaction = {.id = id_of(transaction, id),
                        .bytes = {(const uint8_t *)transaction, sizeof transaction - 1}},
        .deadline_ms = now_ms + CALL_MS,
    };
    registry.start(registry.self, &started);
    cr_assert_eq(registry.calls_out(registry.self), 1);
}

static void connect_(void) {
    UNTIL(h2_peer_accept(&peer, &link_));
    h2_link_settings(&link_, H2_NOT_SAID, H2_NOT_SAID);
}

/* The transaction is at the registry; its answer is not given yet. */
static void send_it(void) {
    start();
    connect_();
    UNTIL(is_asked("SendTransactions"));
    static const char expected[] =
        "\0\0\0\0\x0f\x0a\x0d"
        "a transaction";
    cr_assert_eq(request.length, sizeof expected - 1);
    cr_expect_arr_eq(request.data, expected, sizeof expected - 1);
}

static void accept_it(void) {
    send_it();
    h2_link_reply(&link_, request.stream_id, "");
    UNTIL(replies_count == 1);
    cr_expect_eq(replies[0].kind, REGISTRY_REPLY_ACCEPTED);
    replies_count = 0;
}

static void answer_status(const char *status) {
    await_question("GetTransactionStatus");
    char id[ORIGIN_TRANSACTION_ID_CHARACTERS + 1];
    (void)id_of(transaction, id);
    cr_expect_eq(request.length, 5 + 2 + ORIGIN_TRANSACTION_ID_CHARACTERS);
    cr_expect_arr_eq(request.data + 7, id, ORIGIN_TRANSACTION_ID_CHARACTERS);
    h2_link_reply(&link_, request.stream_id, status);
}

static void answer_stream(const char *stream) {
    await_question("GetStreamTransactions");
    cr_expect_arr_eq(request.data + 9, "01000000-0000-0000-0000-000000000000", 36);
    h2_link_reply(&link_, request.stream_id, stream);
}

/* The next reply, and nothing more to come. */
static const struct registry_reply *expect_end(enum registry_reply_kind kind, const char *words) {
    UNTIL(replies_count > 0);
    cr_expect_eq(replies_count, 1);
    cr_expect_eq((int)replies[0].kind, (int)kind, "%d: %.*s", (int)replies[0].kind,
                 (int)replies[0].text_length, replies[0].text);
    cr_expect_eq(replies[0].call.attempt, 1);
    char text[REGISTRY_TEXT_MAX + 1] = "";
    memcpy(text, replies[0].text, replies[0].text_length);
    cr_expect_not_null(strstr(text, words), "\"%s\"", text);
    cr_expect_eq(registry.calls_out(registry.self), 0);
    return &replies[0];
}

/* Answers of the contract. */
#define UNKNOWN ""
#define PENDING "\x08\x01"
#define FAILED_SLICE "\x08\x02\x12\x0fSlice not found"
#define COMMITTED "\x08\x03"
#define FINALIZED "\x08\x04"
#define STREAM_WITH_IT      \
    "\x0a\x05other\x0a\x0d" \
    "a transaction"
#define STREAM_WITHOUT      \
    "\x0a\x05other\x0a\x0d" \
    "a transactioN"

/* --- What is heard. --- */

Test(project_origin_settling, what_is_committed_has_succeeded) {
    accept_it();
    answer_status(UNKNOWN);
    answer_status(PENDING);
    answer_status(COMMITTED);
    (void)expect_end(REGISTRY_REPLY_SUCCEEDED, "committed");
}

Test(project_origin_settling, and_what_is_finalized_too) {
    accept_it();
    answer_status(FINALIZED);
    (void)expect_end(REGISTRY_REPLY_SUCCEEDED, "committed");
}

Test(project_origin_settling, what_failed_and_is_not_in_the_stream_is_refused) {
    accept_it();
    answer_status(FAILED_SLICE);
    answer_stream(STREAM_WITHOUT);
    (void)expect_end(REGISTRY_REPLY_REFUSED, "Slice not found");
}

Test(project_origin_settling, what_failed_and_is_in_the_stream_was_executed_before) {
    accept_it();
    answer_status(FAILED_SLICE);
    answer_stream(STREAM_WITH_IT);
    (void)expect_end(REGISTRY_REPLY_SUCCEEDED, "stream");
}

Test(project_origin_settling, a_refusal_is_not_believed_before_the_stream_was_read) {
    accept_it();
    answer_status(FAILED_SLICE);
    await_question("GetStreamTransactions");
    h2_link_status(&link_, request.stream_id, "14", "not now");
    answer_stream("\x0a\x7f garbage");
    answer_stream(STREAM_WITHOUT);
    (void)expect_end(REGISTRY_REPLY_REFUSED, "Slice not found");
}

/* What the sending came to, when it is not known whether it came to anything. */
static void reset(void) {
    h2_link_reset(&link_, request.stream_id, 2);
}
static void unavailable(void) {
    h2_link_status(&link_, request.stream_id, "14", "try again");
}
static void silence(void) {
    now_ms += CALL_MS / 2;
}
static void garbage(void) {
    h2_link_reply(&link_, request.stream_id, "\xff\xff");
}

Test(project_origin_settling, whatever_the_sending_came_to_it_is_asked_for) {
    static void (*const ends[])(void) = {reset, unavailable, silence, garbage};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (i > 0) {
            close_all();
            replies_count = 0;
            sendings = 0;
            blinding_secrets_init(&secrets);
            open_all();
        }
        send_it();
        ends[i]();
        answer_status(UNKNOWN);
        answer_status(COMMITTED);
        (void)expect_end(REGISTRY_REPLY_SUCCEEDED, "committed");
    }
}

Test(project_origin_settling, who_cannot_be_asked_is_asked_again) {
    accept_it();
    await_question("GetTransactionStatus");
    h2_link_status(&link_, request.stream_id, "2", "no Base64");
    await_question("GetTransactionStatus");
    h2_link_reset(&link_, request.stream_id, 2);
    answer_status("\x08\x09"); /* a status of some later version */
    answer_status("\x12\x7f not protobuf");
    answer_status(COMMITTED);
    (void)expect_end(REGISTRY_REPLY_SUCCEEDED, "committed");
}

/* All questions up to the stream's are answered so. */
static void answer_until_stream(const char *status, const char *stream) {
    const struct clock os = clock_os();
    const int64_t end_ms = os.monotonic_ms(os.self) + PATIENCE_MS;
    for (;;) {
        cr_assert_lt(os.monotonic_ms(os.self), end_ms);
        if (!h2_link_request(&link_, &request)) {
            pass_time();
        } else if (h2_request_has(&request, SERVICE "GetTransactionStatus")) {
            h2_link_reply(&link_, request.stream_id, status);
        } else {
            cr_assert(h2_request_has(&request, SERVICE "GetStreamTransactions"));
            h2_link_reply(&link_, request.stream_id, stream);
            return;
        }
    }
}

Test(project_origin_settling, at_last_the_stream_is_read) {
    accept_it();
    answer_until_stream(PENDING, STREAM_WITH_IT);
    (void)expect_end(REGISTRY_REPLY_SUCCEEDED, "stream");
}

Test(project_origin_settling, what_nobody_knows_is_unknown_in_time_and_may_still_be_heard_of) {
    accept_it();
    const int64_t deadline_ms = now_ms + CALL_MS;
    answer_until_stream(PENDING, STREAM_WITHOUT);
    pass_time_until(deadline_ms);
    const struct registry_reply *reply = expect_end(REGISTRY_REPLY_UNKNOWN, "told no outcome");
    cr_expect_eq(reply->unknown_cause, MILLRACE_UNKNOWN_CAUSE_NO_OUTCOME);
    replies_count = 0;
    answer_status(PENDING);
    answer_status(COMMITTED);
    (void)expect_end(REGISTRY_REPLY_SUCCEEDED, "committed");
}

Test(project_origin_settling, a_registry_that_says_nothing_any_more_holds_nobody_up) {
    send_it();
    const int64_t deadline_ms = now_ms + CALL_MS;
    pass_time_until(deadline_ms);
    const struct registry_reply *reply = expect_end(REGISTRY_REPLY_UNKNOWN, "");
    cr_expect_eq(reply->unknown_cause, MILLRACE_UNKNOWN_CAUSE_TIMEOUT);
}

/* --- What somebody else has sent. --- */

static void ask_within(int64_t timeout_ms) {
    char id[ORIGIN_TRANSACTION_ID_CHARACTERS + 1];
    const struct registry_question question = {
        .call = call_of(1),
        .transaction = {.id = id_of(transaction, id),
                        .bytes = {(const uint8_t *)transaction, sizeof transaction - 1}},
        .deadline_ms = now_ms + timeout_ms,
    };
    registry.ask(registry.self, &question);
    cr_expect_eq(registry.calls_out(registry.self), 0, "a drain does not wait for it");
}

/* The question makes the connection. */
static void ask_and_connect(void) {
    ask_within(CALL_MS);
    while (!h2_peer_accept(&peer, &link_)) {
        pass_time();
        cr_assert_lt(now_ms, CALL_MS);
    }
    h2_link_settings(&link_, H2_NOT_SAID, H2_NOT_SAID);
}

static void expect_answer(enum registry_reply_kind kind, enum registry_learnt learnt,
                          const char *words) {
    pass_time_until(now_ms + CALL_MS);
    const struct registry_reply *reply = expect_end(kind, words);
    cr_expect(reply->to_question);
    cr_expect_eq((int)reply->learnt, (int)learnt, "%s", words);
    replies_count = 0;
}

Test(project_origin_settling, a_question_is_answered_by_what_is_there_and_never_by_what_is_not) {
    static const struct {
        const char *status;
        const char *stream; /* NULL: it need not be read */
        enum registry_reply_kind kind;
        enum registry_learnt learnt;
        const char *words;
    } rows[] = {
        {COMMITTED, NULL, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STATUS, "committed"},
        {FINALIZED, NULL, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STATUS, "committed"},
        {UNKNOWN, STREAM_WITH_IT, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STREAM, "stream"},
        {PENDING, STREAM_WITH_IT, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STREAM, "stream"},
        {UNKNOWN, STREAM_WITHOUT, REGISTRY_REPLY_UNKNOWN, 0, ""},
        {PENDING, STREAM_WITHOUT, REGISTRY_REPLY_UNKNOWN, 0, ""},
        {UNKNOWN, "", REGISTRY_REPLY_UNKNOWN, 0, ""},
        {UNKNOWN, "\x0a\x7f garbage", REGISTRY_REPLY_UNKNOWN, 0, ""},
        {"\x08\x09", NULL, REGISTRY_REPLY_UNKNOWN, 0, ""}, /* a status of some later version */
        {FAILED_SLICE, STREAM_WITHOUT, REGISTRY_REPLY_REFUSED, REGISTRY_LEARNT_BY_STATUS,
         "Slice not found"},
        {FAILED_SLICE, STREAM_WITH_IT, REGISTRY_REPLY_SUCCEEDED, REGISTRY_LEARNT_BY_STREAM,
         "stream"},
        {FAILED_SLICE, "\x0a\x7f garbage", REGISTRY_REPLY_UNKNOWN, 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (i == 0) {
            ask_and_connect();
        } else {
            ask_within(CALL_MS);
        }
        answer_status(rows[i].status);
        if (rows[i].stream != NULL) {
            answer_stream(rows[i].stream);
        }
        expect_answer(rows[i].kind, rows[i].learnt, rows[i].words);
    }
    cr_expect_eq(sendings, 0, "nothing was ever sent");
}

Test(project_origin_settling, a_question_without_an_answer_ends_in_its_time) {
    ask_and_connect();
    await_question("GetTransactionStatus");
    h2_link_status(&link_, request.stream_id, "14", "not now");
    expect_answer(REGISTRY_REPLY_UNKNOWN, 0, "");
    ask_within(200);
    const int64_t deadline_ms = now_ms + 200;
    await_question("GetTransactionStatus");
    expect_answer(REGISTRY_REPLY_UNKNOWN, 0, "");
    cr_expect_leq(now_ms, deadline_ms + 50);
    h2_peer_stop_listening(&peer);
    h2_link_hang_up(&link_, true);
    ask_within(CALL_MS);
    expect_answer(REGISTRY_REPLY_UNKNOWN, 0, "");
    h2_peer_listen(&peer);
    cr_expect_eq(sendings, 0, "nothing was ever sent");
}

Test(project_origin_settling, what_was_made_for_another_registry_is_not_asked_for) {
    const struct registry_question question = {
        .call = call_of(1),
        .transaction = {.id = text_of("0001"), .bytes = {(const uint8_t *)"x", 1}},
        .deadline_ms = now_ms + CALL_MS,
    };
    registry.ask(registry.self, &question);
    expect_answer(REGISTRY_REPLY_UNKNOWN, 0, "");
}

Test(project_origin_settling, a_question_goes_beside_what_is_late) {
    accept_it();
    const int64_t deadline_ms = now_ms + CALL_MS;
    answer_until_stream(PENDING, STREAM_WITHOUT);
    pass_time_until(deadline_ms);
    (void)expect_end(REGISTRY_REPLY_UNKNOWN, "told no outcome");
    replies_count = 0;
    ask_within(CALL_MS);
    answer_status(COMMITTED);
    answer_status(COMMITTED);
    UNTIL(replies_count == 2);
    cr_expect_neq(replies[0].to_question, replies[1].to_question);
    for (uint32_t i = 0; i < 2; i++) {
        cr_expect_eq(replies[i].kind, REGISTRY_REPLY_SUCCEEDED);
    }
    cr_expect_eq(registry.calls_out(registry.self), 0);
}

/* --- Whole streams. --- */

static _Alignas(16) uint8_t memory[PROJECTION_ARENA_BYTES];
static struct registry_stream stream;

static bool is_answered(void) {
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    return registry.stream_answer(registry.self, &arena, &stream);
}

static void read_within(int64_t timeout_ms) {
    const struct uuid certificate_id = {{1}};
    registry.read_stream(registry.self, &certificate_id, now_ms + timeout_ms);
    cr_expect_eq(registry.calls_out(registry.self), 0, "a drain does not wait for it");
}

static void read_and_connect(void) {
    read_within(CALL_MS);
    connect_();
}

static void expect_reading(bool is_read, const char *words) {
    UNTIL(is_answered());
    char text[REGISTRY_TEXT_MAX + 1] = "";
    if (stream.words.length > 0) {
        memcpy(text, stream.words.data, stream.words.length);
    }
    cr_expect_eq(stream.is_read, is_read, "%s", text);
    cr_expect_not_null(strstr(text, words), "\"%s\"", text);
    cr_expect_eq(stream.certificate_id.bytes[0], 1);
    cr_expect_not(is_answered(), "each is given out once");
    cr_expect_eq(replies_count, 0);
}

Test(project_origin_settling, a_stream_is_read_or_it_is_said_why_not) {
    read_and_connect();
    answer_stream("");
    expect_reading(true, "");
    cr_expect_eq(stream.transactions, 0);
    read_within(CALL_MS);
    answer_stream("\x0a\x05other");
    expect_reading(false, "transaction 1");
    read_within(CALL_MS);
    await_question("GetStreamTransactions");
    h2_link_status(&link_, request.stream_id, "14", "not now");
    expect_reading(false, "not now");
    read_within(200);
    await_question("GetStreamTransactions");
    now_ms += 200;
    expect_reading(false, "");
}

Test(project_origin_settling, an_answer_that_waits_wakes_whoever_is_to_take_it) {
    read_and_connect();
    answer_stream("");
    UNTIL(registry.next_deadline_ms(registry.self) == INT64_MIN);
    expect_reading(true, "");
    cr_expect_gt(registry.next_deadline_ms(registry.self), now_ms);
}

Test(project_origin_settling, streams_that_nobody_waits_for_are_dropped) {
    read_and_connect();
    answer_stream("");
    UNTIL(registry.next_deadline_ms(registry.self) == INT64_MIN);
    registry.forget_streams(registry.self);
    cr_expect_gt(registry.next_deadline_ms(registry.self), now_ms);
    cr_expect_not(is_answered());
    read_within(CALL_MS);
    await_question("GetStreamTransactions");
    registry.forget_streams(registry.self);
    const int32_t first = request.stream_id;
    read_within(CALL_MS); /* the same again, beside what is still out */
    await_question("GetStreamTransactions");
    h2_link_reply(&link_, first, "\x0a\x05other");
    h2_link_reply(&link_, request.stream_id, "");
    expect_reading(true, "");
}

/* --- What was not sent. --- */

Test(project_origin_settling, what_the_protocol_calls_unprocessed_was_not_sent) {
    send_it();
    h2_link_reset(&link_, request.stream_id, NGHTTP2_REFUSED_STREAM);
    cr_expect_eq(expect_end(REGISTRY_REPLY_NOT_SENT, "")->not_sent_cause,
                 MILLRACE_NOT_SENT_CAUSE_NOT_PROCESSED);
}

Test(project_origin_settling, without_a_connection_nothing_was_sent) {
    h2_peer_stop_listening(&peer);
    start();
    cr_expect_eq(expect_end(REGISTRY_REPLY_NOT_SENT, "")->not_sent_cause,
                 MILLRACE_NOT_SENT_CAUSE_CONNECT_FAILED);
    h2_peer_listen(&peer);
}

Test(project_origin_settling, what_is_withdrawn_is_gone) {
    const struct registry_call call = call_of(1);
    const struct registry_call other = call_of(2);
    start();
    cr_expect_not(registry.withdraw(registry.self, &other));
    cr_expect(registry.withdraw(registry.self, &call));
    cr_expect_not(registry.withdraw(registry.self, &call));
    cr_expect_eq(registry.calls_out(registry.self), 0);
}

Test(project_origin_settling, what_has_left_cannot_be_withdrawn) {
    const struct registry_call call = call_of(1);
    accept_it();
    cr_expect_not(registry.withdraw(registry.self, &call));
    answer_status(COMMITTED);
    (void)expect_end(REGISTRY_REPLY_SUCCEEDED, "committed");
}

/* A question that has not left yet may be taken back, but not what it is about. */
Test(project_origin_settling, what_was_sent_cannot_be_withdrawn_while_a_question_waits) {
    const struct registry_call call = call_of(1);
    accept_it();
    h2_peer_stop_listening(&peer);
    h2_link_hang_up(&link_, true);
    for (const int64_t later_ms = now_ms + 1000; now_ms < later_ms;) {
        pass_time();
        cr_assert_not(registry.withdraw(registry.self, &call));
    }
    h2_peer_listen(&peer);
    while (!h2_peer_accept(&peer, &link_)) {
        pass_time();
        cr_assert_lt(now_ms, CALL_MS);
    }
    h2_link_settings(&link_, H2_NOT_SAID, H2_NOT_SAID);
    answer_status(COMMITTED);
    (void)expect_end(REGISTRY_REPLY_SUCCEEDED, "committed");
}

/* --- Where it can be killed. --- */

Test(project_origin_settling, fault_points_on_the_way_to_an_outcome) {
    fault_notes_begin(NULL, NULL);
    accept_it();
    cr_expect_str_eq(fault_notes_take(),
                     "call.before-connect call.connected call.before-write call.written reply.read "
                     "call.accepted ");
    answer_status(FAILED_SLICE);
    answer_stream(STREAM_WITHOUT);
    (void)expect_end(REGISTRY_REPLY_REFUSED, "Slice not found");
    cr_expect_str_eq(fault_notes_take(),
                     "status.asked call.before-write call.written reply.read stream.asked "
                     "call.before-write call.written reply.read reply.decoded ");
    fault_notes_end();
}
