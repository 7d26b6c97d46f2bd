/* Which byte of which call was handed over: a connection whose kernel is the test itself. */
#include "outside/grpc/connection.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/h2_peer.h"

enum { DEADLINE_MS = 30000, CALLS = 4, MESSAGE = 200 };

struct bench {
    struct grpc_setup setup;
    struct grpc_connection *connection;
    struct grpc_call *calls[CALLS];
    int server;
};

/* A connection that is up, with four calls made and no byte of them taken; `window`: of each
 * stream. */
static void bench_open(struct bench *bench, int64_t window) {
    static const uint8_t message[MESSAGE];
    struct error error;
    int pair[2];
    *bench = (struct bench){.setup = {.reply_bytes_max = 100}};
    bench->setup.epoll = epoll_create1(EPOLL_CLOEXEC);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    bench->server = pair[1];
    bench->connection = calloc(1, sizeof *bench->connection);
    bench->connection->setup = &bench->setup;
    bench->connection->socket.fd = pair[0];
    cr_assert_eq(grpc_session_open(bench->connection, &error), RESULT_OK);
    struct h2_link link = {.socket = bench->server};
    h2_link_settings(&link, H2_NOT_SAID, window);
    cr_assert_eq(grpc_connection_receive(bench->connection, 0, &error), RESULT_OK);
    cr_assert_eq(bench->connection->state, GRPC_CONNECTION_UP);
    for (int i = 0; i < CALLS; i++) {
        bench->calls[i] = grpc_calls_add(&bench->setup.calls, "/a/b",
                                         (struct bytes){message, MESSAGE}, DEADLINE_MS, NULL);
        cr_assert_eq(grpc_connection_take(bench->connection, bench->calls[i], 0, &error),
                     RESULT_OK);
    }
    cr_assert_eq(bench->connection->output.sent, 0);
}

static void bench_close(struct bench *bench) {
    struct grpc_connection *connection = bench->connection;
    if (connection->out.tail != NULL) {
        grpc_output_taken(&connection->output, connection->output.length - connection->output.sent);
        while (connection->out.tail != NULL) {
            grpc_connection_end_call(connection, connection->out.tail, GRPC_OUTCOME_BROKEN, "end");
        }
    }
    grpc_connection_close(connection);
    grpc_calls_deinit(&bench->setup.calls);
    (void)close(bench->server);
    (void)close(bench->setup.epoll);
}

/* Where the frames of a stream begin in the output, as its bytes say; the length: there are none.
 */
static uint32_t begin_of(const struct grpc_output *output, int32_t stream_id) {
    uint32_t at = 0;
    while (at < output->length) {
        const struct grpc_frame_head head = grpc_frame_head(output->bytes + at);
        if (head.stream_id == stream_id) {
            break;
        }
        at += GRPC_FRAME_HEAD_BYTES + head.length;
    }
    return at;
}

/* As the kernel takes byte after byte, each call is handed over with its first and not before. */
static void expect_exact(const struct bench *bench, const char *why) {
    struct grpc_connection *connection = bench->connection;
    const struct grpc_output before = connection->output;
    for (uint32_t sent = before.sent; sent < before.length; sent++) {
        connection->output.sent = sent;
        for (const struct grpc_call *call = connection->out.head; call != NULL;
             call = call->behind) {
            const uint32_t begin = begin_of(&before, call->stream_id);
            const bool all_gone = begin == before.length;
            cr_expect_eq(grpc_connection_handed(connection, call), all_gone || sent > begin,
                         "%s: call %d, which begins at %u, with %u bytes sent", why,
                         call->stream_id, begin, sent);
        }
    }
    connection->output = before;
}

Test(grpc_connection, a_call_is_handed_over_with_its_first_byte) {
    struct bench bench;
    bench_open(&bench, H2_NOT_SAID);
    expect_exact(&bench, "as made");
    bench_close(&bench);
}

Test(grpc_connection, what_is_in_a_record_of_tls_was_handed_over) {
    struct bench bench;
    bench_open(&bench, H2_NOT_SAID);
    const uint32_t begin = begin_of(&bench.connection->output, bench.calls[1]->stream_id);
    bench.connection->socket.in_record = begin;
    cr_expect(grpc_connection_handed(bench.connection, bench.calls[0]));
    cr_expect_not(grpc_connection_handed(bench.connection, bench.calls[1]));
    bench.connection->socket.in_record = begin + 1;
    cr_expect(grpc_connection_handed(bench.connection, bench.calls[1]));
    cr_expect_not(grpc_connection_handed(bench.connection, bench.calls[2]));
    grpc_connection_take_back(bench.connection, bench.calls[2]);
    cr_expect_eq(bench.connection->output.length,
                 begin_of(&bench.connection->output, bench.calls[2]->stream_id));
    cr_expect(grpc_connection_handed(bench.connection, bench.calls[1]));
    bench.connection->socket.in_record = 0;
    bench_close(&bench);
}

Test(grpc_connection, what_is_taken_back_leaves_the_output_with_all_behind_it) {
    for (int i = 0; i < CALLS; i++) {
        struct bench bench;
        bench_open(&bench, H2_NOT_SAID);
        const uint32_t begin = begin_of(&bench.connection->output, bench.calls[i]->stream_id);
        grpc_connection_take_back(bench.connection, bench.calls[i]);
        cr_expect_eq(bench.connection->output.length, begin);
        cr_expect_eq(bench.connection->out.count, (uint32_t)i);
        cr_expect(bench.connection->retired);
        const struct grpc_call *waiting = bench.setup.calls.waiting.head;
        for (int k = i; k < CALLS; k++, waiting = waiting->behind) {
            cr_assert_eq(waiting, bench.calls[k], "in their order");
        }
        cr_expect_null(waiting);
        expect_exact(&bench, "the rest");
        bench_close(&bench);
    }
}

/* What has begun must end; the rest of a cancelled call does not follow, and no other moves. */
Test(grpc_connection, of_what_is_cancelled_only_what_has_begun_is_sent) {
    struct bench bench;
    bench_open(&bench, H2_NOT_SAID);
    struct grpc_connection *connection = bench.connection;
    const uint32_t before = connection->output.length;
    grpc_output_taken(&connection->output, 5); /* of the headers of the first */
    grpc_connection_cancel_call(connection, bench.calls[0], GRPC_OUTCOME_TIMED_OUT, "late");
    cr_expect_eq(connection->output.length,
                 before - GRPC_FRAME_HEAD_BYTES - GRPC_FRAME_PREFIX_BYTES - MESSAGE);
    cr_expect(connection->retired, "the two ends count the window differently");
    cr_expect_not(grpc_connection_handed(connection, bench.calls[1]));
    expect_exact(&bench, "behind a cancelled one");
    bench_close(&bench);
}

/* What is made late lies behind the calls that are taken back, and moves up. */
Test(grpc_connection, what_is_taken_back_hides_no_end_of_another) {
    static const uint8_t window[] = {0, 0, 4, H2_WINDOW_UPDATE, 0, 0, 0, 0, 1, 0, 0, 4, 0};
    struct bench bench;
    struct error error;
    bench_open(&bench, 10);
    struct grpc_connection *connection = bench.connection;
    cr_assert_lt(bench.calls[0]->made, bench.calls[0]->message_length);
    cr_assert_eq(grpc_session_receive(connection, window, sizeof window, &error), RESULT_OK);
    cr_assert_eq(grpc_session_make_frames(connection, &error), RESULT_OK);
    cr_assert_eq(bench.calls[0]->made, bench.calls[0]->message_length);
    grpc_connection_take_back(connection, bench.calls[1]);
    cr_expect_eq(bench.calls[0]->last_out, connection->output.made);
    cr_assert_eq(grpc_connection_send(connection, &error), RESULT_OK);
    struct h2_link link = {.socket = bench.server};
    h2_link_reply(&link, 1, "ok");
    cr_assert_eq(grpc_connection_receive(connection, 1, &error), RESULT_OK, "%s", error.text);
    cr_expect_eq(bench.calls[0]->place, GRPC_PLACE_ENDED);
    cr_expect_eq(bench.calls[0]->outcome, GRPC_OUTCOME_REPLY);
    bench_close(&bench);
}
