/* Any bytes as what a gRPC server sends over HTTP/2, in pieces and with calls out as the first byte
 * says: every call ends in one way, with words that do no harm, and none is lost. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "outside/grpc/connection.h"
#include "tests/fuzz/fuzz.h"
#include "wire/utf8.h"

enum { CALLS_MAX = 8, REPLY_MAX = 4096, DEADLINE_MS = 30000 };

static struct grpc_setup setup = {.epoll = -1, .reply_bytes_max = REPLY_MAX};

static struct grpc_connection *connection_over(int fd) {
    struct grpc_connection *connection = calloc(1, sizeof *connection);
    struct error error;
    assert(connection != NULL);
    connection->setup = &setup;
    connection->socket.fd = fd;
    fuzz_require(grpc_session_open(connection, &error) == RESULT_OK);
    return connection;
}

/* Give streams to the calls that wait, and pass bytes on. False: it is over. */
static bool move(struct grpc_connection *connection, int server, int64_t now_ms) {
    struct error error = {0};
    uint8_t ignored[4096];
    bool goes_on = grpc_connection_receive(connection, now_ms, &error) == RESULT_OK;
    while (goes_on && setup.calls.waiting.head != NULL &&
           grpc_connection_room(connection, setup.calls.waiting.head) == GRPC_ROOM_YES) {
        goes_on =
            grpc_connection_take(connection, setup.calls.waiting.head, now_ms, &error) == RESULT_OK;
    }
    goes_on = goes_on && grpc_connection_send(connection, &error) == RESULT_OK;
    while (recv(server, ignored, sizeof ignored, MSG_DONTWAIT) > 0) {
    }
    fuzz_require(goes_on || error.text[0] != '\0');
    return goes_on;
}

static void require_harmless(const char *words, uint32_t length) {
    fuzz_require(length <= GRPC_WORDS_MAX && utf8_valid((const uint8_t *)words, length));
    for (uint32_t i = 0; i < length; i++) {
        fuzz_require((uint8_t)words[i] >= 0x20 && words[i] != 0x7f);
    }
}

/* Each ended call is what it may be; gives how many. */
static uint32_t take_ended(void) {
    uint32_t count = 0;
    for (struct grpc_call *call = setup.calls.ended.head; call != NULL;
         call = setup.calls.ended.head) {
        const struct grpc_answer *answer = call->answer;
        fuzz_require(call->handed && call->outcome != GRPC_OUTCOME_NOT_HANDED);
        if (call->words != NULL) {
            require_harmless(call->words, (uint32_t)strlen(call->words));
        } else {
            assert(answer != NULL);
            require_harmless(answer->words, answer->words_length);
        }
        if (call->outcome == GRPC_OUTCOME_REPLY) {
            assert(answer != NULL);
            fuzz_require(answer->http_status == 200 && answer->has_status && answer->status == 0);
            fuzz_require(answer->length == answer->received && answer->length <= REPLY_MAX);
        }
        grpc_calls_remove(&setup.calls, call);
        count++;
    }
    return count;
}

/* As the client does it. */
static void end_all(struct grpc_connection *connection) {
    while (connection->out.tail != NULL &&
           !grpc_connection_handed(connection, connection->out.tail)) {
        grpc_connection_take_back(connection, connection->out.tail);
    }
    while (connection->out.head != NULL) {
        grpc_connection_end_call(connection, connection->out.head, GRPC_OUTCOME_BROKEN, "over");
    }
    grpc_connection_close(connection);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t settings[9] = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    static const uint8_t message[100];
    int pair[2];
    if (size == 0) {
        return 0;
    }
    const size_t piece_max = (size_t)1 << data[0] % 16;
    const uint32_t calls = 1 + data[0] / 16 % CALLS_MAX;
    if (setup.epoll < 0) {
        setup.epoll = epoll_create1(EPOLL_CLOEXEC);
    }
    fuzz_require(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct grpc_connection *connection = connection_over(pair[0]);
    for (uint32_t i = 0; i < calls; i++) {
        (void)grpc_calls_add(&setup.calls, "/a/b", (struct bytes){message, i * 10}, DEADLINE_MS,
                             NULL);
    }
    if (data[0] < 128) { /* otherwise settings have to come by themselves */
        fuzz_require(send(pair[1], settings, sizeof settings, MSG_NOSIGNAL) == sizeof settings);
    }
    bool goes_on = move(connection, pair[1], 0);
    uint32_t ended = take_ended();
    for (size_t at = 1; at < size && goes_on;) {
        const size_t piece = piece_max < size - at ? piece_max : size - at;
        fuzz_require(send(pair[1], data + at, piece, MSG_NOSIGNAL) == (ssize_t)piece);
        at += piece;
        goes_on = move(connection, pair[1], 0);
        ended += take_ended();
    }
    end_all(connection);
    ended += take_ended();
    fuzz_require(ended + setup.calls.waiting.count == calls);
    while (setup.calls.waiting.head != NULL) {
        grpc_calls_remove(&setup.calls, setup.calls.waiting.head);
    }
    (void)close(pair[1]);
    return 0;
}
