/* From a sending to what became of it, against a registry that the test plays by hand and with a
 * clock that only the test moves. Whatever is heard: each transaction is sent once. */
#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

#include "outside/registry_project_origin/transaction.h"
#include "tests/support/fault_notes.h"
#include "tests/unit/project_origin_rig.h"

TestSuite(project_origin_settling, .init = origin_rig_open, .fini = origin_rig_close);

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
        .deadline_ms = origin_rig.now_ms + ORIGIN_RIG_CALL_MS,
    };
    origin_rig.registry.start(origin_rig.registry.self, &started);
    cr_assert_eq(origin_rig.registry.calls_out(origin_rig.registry.self), 1);
}

/* The transaction is at the registry; its answer is not given yet. */
static void send_it(void) {
    start();
    origin_rig_connect();
    ORIGIN_RIG_UNTIL(origin_rig_is_asked("SendTransactions"));
    static const char expected[] =
        "\0\0\0\0\x0f\x0a\x0d"
        "a transaction";
    cr_assert_eq(origin_rig.request.length, sizeof expected - 1);
    cr_expect_arr_eq(origin_rig.request.data, expected, sizeof expected - 1);
}

static void accept_it(void) {
    send_it();
    h2_link_reply(&origin_rig.link, origin_rig.request.stream_id, "");
    ORIGIN_RIG_UNTIL(origin_rig.replies_count == 1);
    cr_expect_eq(origin_rig.replies[0].kind, REGISTRY_REPLY_ACCEPTED);
    origin_rig.replies_count = 0;
}

static void answer_status(const char *status) {
    origin_rig_await_question("GetTransactionStatus");
    char id[ORIGIN_TRANSACTION_ID_CHARACTERS + 1];
    (void)id_of(transaction, id);
    cr_expect_eq(origin_rig.request.length, 5 + 2 + ORIGIN_TRANSACTION_ID_CHARACTERS);
    cr_expect_arr_eq(origin_rig.request.data + 7, id, ORIGIN_TRANSACTION_ID_CHARACTERS);
    h2_link_reply(&origin_rig.link, origin_rig.request.stream_id, status);
}

/* The next reply, and nothing more to come. */
static const struct registry_reply *expect_end(enum registry_reply_kind kind, const char *words) {
    ORIGIN_RIG_UNTIL(origin_rig.replies_count > 0);
    cr_expect_eq(origin_rig.replies_count, 1);
    cr_expect_eq((int)origin_rig.replies[0].kind, (int)kind, "%d: %.*s",
                 (int)origin_rig.replies[0].kind, (int)origin_rig.replies[0].text_length,
                 origin_rig.replies[0].text);
    cr_expect_eq(origin_rig.replies[0].call.attempt, 1);
    char text[REGISTRY_TEXT_MAX + 1] = "";
    memcpy(text, origin_rig.replies[0].text, origin_rig.replies[0].text_length);
    cr_expect_not_null(strstr(text, words), "\"%s\"", text);
    cr_expect_eq(origin_rig.registry.calls_out(origin_rig.registry.self), 0);
    return &origin_rig.replies[0];
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
    origin_rig_answer_stream(STREAM_WITHOUT);
    (void)expect_end(REGISTRY_REPLY_REFUSED, "Slice not found");
}

Test(project_origin_settling, what_failed_and_is_in_the_stream_was_executed_before) {
    accept_it();
    answer_status(FAILED_SLICE);
    origin_rig_answer_stream(STREAM_WITH_IT);
    (void)expect_end(REGISTRY_REPLY_SUCCEEDED, "stream");
}

Test(project_origin_settling, a_refusal_is_not_believed_before_the_stream_was_read) {
    accept_it();
    answer_status(FAILED_SLICE);
    origin_rig_await_question("GetStreamTransactions");
    h2_link_status(&origin_rig.link, origin_rig.request.stream_id, "14", "not now");
    origin_rig_answer_stream("\x0a\x7f garbage");
    origin_rig_answer_stream(STREAM_WITHOUT);
    (void)expect_end(REGISTRY_REPLY_REFUSED, "Slice not found");
}

/* What the sending came to, when it is not known whether it came to anything. */
static void reset(void) {
    h2_link_reset(&origin_rig.link, origin_rig.request.stream_id, 2);
}
static void unavailable(void) {
    h2_link_status(&origin_rig.link, origin_rig.request.stream_id, "14", "try again");
}
static void silence(void) {
    origin_rig.now_ms += ORIGIN_RIG_CALL_MS / 2;
}
static void garbage(void) {
    h2_link_reply(&origin_rig.link, origin_rig.request.stream_id, "\xff\xff");
}

Test(project_origin_settling, whatever_the_sending_came_to_it_is_asked_for) {
    static void (*const ends[])(void) = {reset, unavailable, silence, garbage};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (i > 0) {
            origin_rig_close();
            origin_rig_open();
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
    origin_rig_await_question("GetTransactionStatus");
    h2_link_status(&origin_rig.link, origin_rig.request.stream_id, "2", "no Base64");
    origin_rig_await_question("GetTransactionStatus");
    h2_link_reset(&origin_rig.link, origin_rig.request.stream_id, 2);
    answer_status("\x08\x09"); /* a status of some later version */
    answer_status("\x12\x7f not protobuf");
    answer_status(COMMITTED);
    (void)expect_end(REGISTRY_REPLY_SUCCEEDED, "committed");
}

/* All questions up to the stream's are answered so. */
static void answer_until_stream(const char *status, const char *stream) {
    const struct clock os = clock_os();
    const int64_t end_ms = os.monotonic_ms(os.self) + ORIGIN_RIG_PATIENCE_MS;
    for (;;) {
        cr_assert_lt(os.monotonic_ms(os.self), end_ms);
        if (!h2_link_request(&origin_rig.link, &origin_rig.request)) {
            origin_rig_pass_time();
        } else if (h2_request_has(&origin_rig.request, ORIGIN_RIG_SERVICE "GetTransactionStatus")) {
            h2_link_reply(&origin_rig.link, origin_rig.request.stream_id, status);
        } else {
            cr_assert(
                h2_request_has(&origin_rig.request, ORIGIN_RIG_SERVICE "GetStreamTransactions"));
            h2_link_reply(&origin_rig.link, origin_rig.request.stream_id, stream);
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
    const int64_t deadline_ms = origin_rig.now_ms + ORIGIN_RIG_CALL_MS;
    answer_until_stream(PENDING, STREAM_WITHOUT);
    origin_rig_pass_time_until(deadline_ms);
    const struct registry_reply *reply = expect_end(REGISTRY_REPLY_UNKNOWN, "told no outcome");
    cr_expect_eq(reply->unknown_cause, MILLRACE_UNKNOWN_CAUSE_NO_OUTCOME);
    origin_rig.replies_count = 0;
    answer_status(PENDING);
    answer_status(COMMITTED);
    (void)expect_end(REGISTRY_REPLY_SUCCEEDED, "committed");
}

Test(project_origin_settling, a_registry_that_says_nothing_any_more_holds_nobody_up) {
    send_it();
    const int64_t deadline_ms = origin_rig.now_ms + ORIGIN_RIG_CALL_MS;
    origin_rig_pass_time_until(deadline_ms);
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
        .deadline_ms = origin_rig.now_ms + timeout_ms,
    };
    origin_rig.registry.ask(origin_rig.registry.self, &question);
    cr_expect_eq(origin_rig.registry.calls_out(origin_rig.registry.self), 0,
                 "a drain does not wait for it");
}

/* The question makes the connection. */
static void ask_and_connect(void) {
    ask_within(ORIGIN_RIG_CALL_MS);
    while (!h2_peer_accept(&origin_rig.peer, &origin_rig.link)) {
        origin_rig_pass_time();
        cr_assert_lt(origin_rig.now_ms, ORIGIN_RIG_CALL_MS);
    }
    h2_link_settings(&origin_rig.link, H2_NOT_SAID, H2_NOT_SAID);
}

static void expect_answer(enum registry_reply_kind kind, enum registry_learnt learnt,
                          const char *words) {
    origin_rig_pass_time_until(origin_rig.now_ms + ORIGIN_RIG_CALL_MS);
    const struct registry_reply *reply = expect_end(kind, words);
    cr_expect(reply->to_question);
    cr_expect_eq((int)reply->learnt, (int)learnt, "%s", words);
    origin_rig.replies_count = 0;
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
            ask_within(ORIGIN_RIG_CALL_MS);
        }
        answer_status(rows[i].status);
        if (rows[i].stream != NULL) {
            origin_rig_answer_stream(rows[i].stream);
        }
        expect_answer(rows[i].kind, rows[i].learnt, rows[i].words);
    }
    cr_expect_eq(origin_rig.sendings, 0, "nothing was ever sent");
}

Test(project_origin_settling, a_question_without_an_answer_ends_in_its_time) {
    ask_and_connect();
    origin_rig_await_question("GetTransactionStatus");
    h2_link_status(&origin_rig.link, origin_rig.request.stream_id, "14", "not now");
    expect_answer(REGISTRY_REPLY_UNKNOWN, 0, "");
    ask_within(200);
    const int64_t deadline_ms = origin_rig.now_ms + 200;
    origin_rig_await_question("GetTransactionStatus");
    expect_answer(REGISTRY_REPLY_UNKNOWN, 0, "");
    cr_expect_leq(origin_rig.now_ms, deadline_ms + 50);
    h2_peer_stop_listening(&origin_rig.peer);
    h2_link_hang_up(&origin_rig.link, true);
    ask_within(ORIGIN_RIG_CALL_MS);
    expect_answer(REGISTRY_REPLY_UNKNOWN, 0, "");
    h2_peer_listen(&origin_rig.peer);
    cr_expect_eq(origin_rig.sendings, 0, "nothing was ever sent");
}

Test(project_origin_settling, what_was_made_for_another_registry_is_not_asked_for) {
    const struct registry_question question = {
        .call = call_of(1),
        .transaction = {.id = text_of("0001"), .bytes = {(const uint8_t *)"x", 1}},
        .deadline_ms = origin_rig.now_ms + ORIGIN_RIG_CALL_MS,
    };
    origin_rig.registry.ask(origin_rig.registry.self, &question);
    expect_answer(REGISTRY_REPLY_UNKNOWN, 0, "");
}

Test(project_origin_settling, a_question_goes_beside_what_is_late) {
    accept_it();
    const int64_t deadline_ms = origin_rig.now_ms + ORIGIN_RIG_CALL_MS;
    answer_until_stream(PENDING, STREAM_WITHOUT);
    origin_rig_pass_time_until(deadline_ms);
    (void)expect_end(REGISTRY_REPLY_UNKNOWN, "told no outcome");
    origin_rig.replies_count = 0;
    ask_within(ORIGIN_RIG_CALL_MS);
    answer_status(COMMITTED);
    answer_status(COMMITTED);
    ORIGIN_RIG_UNTIL(origin_rig.replies_count == 2);
    cr_expect_neq(origin_rig.replies[0].to_question, origin_rig.replies[1].to_question);
    for (uint32_t i = 0; i < 2; i++) {
        cr_expect_eq(origin_rig.replies[i].kind, REGISTRY_REPLY_SUCCEEDED);
    }
    cr_expect_eq(origin_rig.registry.calls_out(origin_rig.registry.self), 0);
}

/* --- What was not sent. --- */

Test(project_origin_settling, what_the_protocol_calls_unprocessed_was_not_sent) {
    send_it();
    h2_link_reset(&origin_rig.link, origin_rig.request.stream_id, NGHTTP2_REFUSED_STREAM);
    cr_expect_eq(expect_end(REGISTRY_REPLY_NOT_SENT, "")->not_sent_cause,
                 MILLRACE_NOT_SENT_CAUSE_NOT_PROCESSED);
}

Test(project_origin_settling, without_a_connection_nothing_was_sent) {
    h2_peer_stop_listening(&origin_rig.peer);
    start();
    cr_expect_eq(expect_end(REGISTRY_REPLY_NOT_SENT, "")->not_sent_cause,
                 MILLRACE_NOT_SENT_CAUSE_CONNECT_FAILED);
    h2_peer_listen(&origin_rig.peer);
}

Test(project_origin_settling, what_is_withdrawn_is_gone) {
    const struct registry_call call = call_of(1);
    const struct registry_call other = call_of(2);
    start();
    cr_expect_not(origin_rig.registry.withdraw(origin_rig.registry.self, &other));
    cr_expect(origin_rig.registry.withdraw(origin_rig.registry.self, &call));
    cr_expect_not(origin_rig.registry.withdraw(origin_rig.registry.self, &call));
    cr_expect_eq(origin_rig.registry.calls_out(origin_rig.registry.self), 0);
}

Test(project_origin_settling, what_has_left_cannot_be_withdrawn) {
    const struct registry_call call = call_of(1);
    accept_it();
    cr_expect_not(origin_rig.registry.withdraw(origin_rig.registry.self, &call));
    answer_status(COMMITTED);
    (void)expect_end(REGISTRY_REPLY_SUCCEEDED, "committed");
}

/* A question that has not left yet may be taken back, but not what it is about. */
Test(project_origin_settling, what_was_sent_cannot_be_withdrawn_while_a_question_waits) {
    const struct registry_call call = call_of(1);
    accept_it();
    h2_peer_stop_listening(&origin_rig.peer);
    h2_link_hang_up(&origin_rig.link, true);
    for (const int64_t later_ms = origin_rig.now_ms + 1000; origin_rig.now_ms < later_ms;) {
        origin_rig_pass_time();
        cr_assert_not(origin_rig.registry.withdraw(origin_rig.registry.self, &call));
    }
    h2_peer_listen(&origin_rig.peer);
    while (!h2_peer_accept(&origin_rig.peer, &origin_rig.link)) {
        origin_rig_pass_time();
        cr_assert_lt(origin_rig.now_ms, ORIGIN_RIG_CALL_MS);
    }
    h2_link_settings(&origin_rig.link, H2_NOT_SAID, H2_NOT_SAID);
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
    origin_rig_answer_stream(STREAM_WITHOUT);
    (void)expect_end(REGISTRY_REPLY_REFUSED, "Slice not found");
    cr_expect_str_eq(fault_notes_take(),
                     "status.asked call.before-write call.written reply.read stream.asked "
                     "call.before-write call.written reply.read reply.decoded ");
    fault_notes_end();
}
