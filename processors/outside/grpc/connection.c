#include "outside/grpc/connection.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "outside/grpc/tls.h"
#include "ports/fault.h"

enum {
    READ_BYTES = 16384,
    READS_MAX = 16,           /* in one round, so that no connection keeps the others waiting */
    BATCH_BYTES = READ_BYTES, /* made of further calls before the kernel has taken the first */
};

static enum result fail(const struct grpc_connection *connection, const char *words,
                        struct error *error) {
    return error_set(error, RESULT_FAILED, "no connection to %s: %s",
                     connection->setup->address.authority, words);
}

/* Epoll waits for what brings the connection on. */
static enum result watch(struct grpc_connection *connection, struct error *error) {
    const struct grpc_socket *socket = &connection->socket;
    const bool output = socket->write_wants_output || socket->read_wants_output;
    const uint32_t wanted = (uint32_t)EPOLLIN | (output ? (uint32_t)EPOLLOUT : 0);
    if (wanted == connection->watched) {
        return RESULT_OK;
    }
    struct epoll_event event = {.events = wanted};
    const int operation = connection->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(connection->setup->epoll, operation, socket->fd, &event) != 0) {
        return error_set(error, RESULT_FAILED, "epoll_ctl: %s", strerror(errno));
    }
    connection->watched = wanted;
    return RESULT_OK;
}

enum result grpc_connection_open(struct grpc_setup *setup, int64_t now_ms,
                                 struct grpc_connection **connection, struct error *error) {
    assert(setup != NULL && connection != NULL);
    struct grpc_connection *made = malloc(sizeof *made);
    assert(made != NULL);
    memset(made, 0, offsetof(struct grpc_connection, output.bytes));
    made->setup = setup;
    made->socket.fd = -1;
    made->deadline_ms = now_ms + GRPC_CONNECT_TIMEOUT_MS;
    FAULT("call.before-connect");
    made->lookup = host_lookup_open(setup->address.host, setup->address.port);
    if (made->lookup == NULL) {
        (void)fail(made, "nobody can be asked for the host now", error);
        free(made);
        return RESULT_FAILED;
    }
    *connection = made;
    return RESULT_OK;
}

static void close_lookup(struct grpc_connection *connection) {
    host_lookup_close(connection->lookup);
    connection->lookup = NULL;
    connection->candidate = NULL;
}

void grpc_connection_close(struct grpc_connection *connection) {
    assert(connection->out.count == 0);
    nghttp2_session_del(connection->session);
    grpc_socket_close(&connection->socket);
    close_lookup(connection);
    free(connection);
}

/* Try the hosts that the name stands for, one after the other. `number`: what became of the last.
 */
static enum result try_candidates(struct grpc_connection *connection, int number,
                                  struct error *error) {
    for (; connection->candidate != NULL; connection->candidate = connection->candidate->ai_next) {
        const struct addrinfo *host = connection->candidate;
        if (grpc_socket_begin(&connection->socket, host->ai_addr, host->ai_addrlen,
                              host->ai_family) == RESULT_OK) {
            connection->state = GRPC_CONNECTION_CONNECTING;
            connection->watched = 0;
            return RESULT_AGAIN;
        }
        number = errno;
    }
    return fail(connection, strerror(number), error);
}

static enum result look_up(struct grpc_connection *connection, struct error *error) {
    struct error trouble;
    const enum result result =
        host_lookup_poll(connection->lookup, &connection->candidate, &trouble);
    if (result == RESULT_OK) {
        return try_candidates(connection, EHOSTUNREACH, error);
    }
    return result == RESULT_AGAIN ? RESULT_AGAIN : fail(connection, trouble.text, error);
}

static enum result connect_socket(struct grpc_connection *connection, struct error *error) {
    const enum result result = grpc_socket_connected(&connection->socket);
    if (result == RESULT_OK) {
        FAULT("call.connected");
        close_lookup(connection);
        connection->state = GRPC_CONNECTION_SHAKING_HANDS;
        return RESULT_OK;
    }
    if (result == RESULT_FAILED) {
        const int number = errno;
        grpc_socket_close(&connection->socket);
        connection->candidate = connection->candidate->ai_next;
        return try_candidates(connection, number, error);
    }
    return RESULT_AGAIN;
}

static enum result shake_hands(struct grpc_connection *connection, struct error *error) {
    struct error trouble;
    enum result result = RESULT_OK;
    if (connection->setup->tls != NULL) {
        result = grpc_socket_shake_hands(&connection->socket, connection->setup->tls,
                                         &connection->setup->address, &trouble);
    }
    if (result == RESULT_OK) {
        result = grpc_session_open(connection, &trouble);
    }
    return result == RESULT_FAILED ? fail(connection, trouble.text, error) : result;
}

/* Until there is a session. AGAIN: not yet. */
static enum result advance(struct grpc_connection *connection, struct error *error) {
    enum result result = RESULT_OK;
    if (connection->state == GRPC_CONNECTION_LOOKING_UP) {
        result = look_up(connection, error);
    }
    if (connection->state == GRPC_CONNECTION_CONNECTING) {
        result = connect_socket(connection, error);
    }
    if (connection->state == GRPC_CONNECTION_SHAKING_HANDS) {
        result = shake_hands(connection, error);
    }
    if (result == RESULT_AGAIN && connection->socket.fd >= 0 &&
        watch(connection, error) != RESULT_OK) {
        return RESULT_FAILED;
    }
    return result;
}

/* Has nghttp2 given the connection up, for what came? */
static enum result check(const struct grpc_connection *connection, struct error *error) {
    if ((connection->retired && connection->out.count == 0) ||
        nghttp2_session_want_read(connection->session) != 0 ||
        nghttp2_session_want_write(connection->session) != 0 || connection->output.length > 0) {
        return RESULT_OK;
    }
    if (connection->wrong[0] != '\0') {
        return error_set(error, RESULT_FAILED, "%s", connection->wrong);
    }
    return error_set(error, RESULT_FAILED, "what the server sent is no valid HTTP/2");
}

static enum result take_input(struct grpc_connection *connection, int64_t now_ms,
                              struct error *error) {
    uint8_t bytes[READ_BYTES];
    size_t count = 0;
    connection->input_left = false;
    for (int i = 0; i < READS_MAX; i++) {
        enum result result =
            grpc_socket_read(&connection->socket, bytes, sizeof bytes, &count, error);
        if (result == RESULT_OK) {
            connection->heard_ms = now_ms;
            connection->pinged = false;
            result = grpc_session_receive(connection, bytes, count, error);
        }
        if (result != RESULT_OK) {
            return result == RESULT_AGAIN ? RESULT_OK : result;
        }
    }
    connection->input_left = true;
    return RESULT_OK;
}

enum result grpc_connection_receive(struct grpc_connection *connection, int64_t now_ms,
                                    struct error *error) {
    enum result result = RESULT_OK;
    if (connection->session == NULL) {
        result = advance(connection, error);
    }
    if (connection->session == NULL || result != RESULT_OK) {
        return result == RESULT_FAILED ? RESULT_FAILED : RESULT_OK;
    }
    result = take_input(connection, now_ms, error);
    if (result == RESULT_OK) {
        result = grpc_connection_send(connection, error);
    }
    if (connection->state != GRPC_CONNECTION_GREETING) {
        return result;
    }
    if (result == RESULT_FAILED) {
        struct error trouble = *error;
        return fail(connection, trouble.text, error);
    }
    /* A server that has said its settings takes calls; one that has not may be anything. */
    if (connection->settled && connection->output.length == 0) {
        connection->state = GRPC_CONNECTION_UP;
    }
    return RESULT_OK;
}

/* Do frames of calls lie in the output? A call's are made behind those of the calls before it. */
static bool holds_calls(const struct grpc_connection *connection) {
    const struct grpc_call *last = connection->out.tail;
    return last != NULL &&
           last->last_out > grpc_output_handed(&connection->output, connection->socket.in_record);
}

/* Hands over as much of the output as the kernel takes at once. AGAIN: nothing now. */
static enum result write_output(struct grpc_connection *connection, struct error *error) {
    struct grpc_output *output = &connection->output;
    size_t offered = output->length - output->sent;
    size_t taken = 0;
    const bool has_calls = holds_calls(connection);
    if (has_calls) {
        if (FAULT_IS_ARMED("call.half-written") && connection->socket.in_record == 0) {
            offered = (offered + 1) / 2;
        }
        FAULT("call.before-write");
    }
    /* The one place where it is known which bytes the kernel has. */
    const enum result result = grpc_socket_write(&connection->socket, output->bytes + output->sent,
                                                 offered, &taken, error);
    grpc_output_taken(output, taken);
    if (result == RESULT_OK && has_calls) {
        if (holds_calls(connection)) {
            FAULT("call.half-written");
        } else {
            FAULT("call.written");
        }
    }
    return result;
}

enum result grpc_connection_send(struct grpc_connection *connection, struct error *error) {
    assert(connection->session != NULL);
    for (;;) {
        if (grpc_session_make_frames(connection, error) != RESULT_OK) {
            return RESULT_FAILED;
        }
        if (connection->output.length == 0) {
            break;
        }
        const enum result result = write_output(connection, error);
        if (result == RESULT_AGAIN) {
            break;
        }
        if (result != RESULT_OK) {
            return RESULT_FAILED;
        }
    }
    if (check(connection, error) != RESULT_OK) {
        return RESULT_FAILED;
    }
    return watch(connection, error);
}

enum result grpc_connection_tick(struct grpc_connection *connection, int64_t now_ms,
                                 struct error *error) {
    if (connection->state != GRPC_CONNECTION_UP) {
        return now_ms < connection->deadline_ms
                   ? RESULT_OK
                   : fail(connection,
                          connection->state == GRPC_CONNECTION_GREETING
                              ? "something listens there, but does not answer as HTTP/2 does"
                              : strerror(ETIMEDOUT),
                          error);
    }
    if (connection->out.count == 0) {
        return RESULT_OK;
    }
    if (connection->pinged && now_ms >= connection->pinged_ms + GRPC_PING_TIMEOUT_MS) {
        return error_set(error, RESULT_FAILED,
                         "the server is silent, and does not answer a ping either");
    }
    if (!connection->pinged && now_ms >= connection->heard_ms + GRPC_PING_AFTER_MS) {
        connection->pinged = true;
        connection->pinged_ms = now_ms;
        grpc_session_ping(connection);
    }
    return RESULT_OK;
}

int64_t grpc_connection_deadline_ms(const struct grpc_connection *connection, int64_t now_ms) {
    if (connection->input_left) {
        return INT64_MIN;
    }
    if (connection->state == GRPC_CONNECTION_LOOKING_UP) {
        const int64_t look_ms = now_ms + HOST_LOOKUP_INTERVAL_MS;
        return look_ms < connection->deadline_ms ? look_ms : connection->deadline_ms;
    }
    if (connection->state != GRPC_CONNECTION_UP) {
        return connection->deadline_ms;
    }
    if (connection->out.count == 0) {
        return INT64_MAX;
    }
    return connection->pinged ? connection->pinged_ms + GRPC_PING_TIMEOUT_MS
                              : connection->heard_ms + GRPC_PING_AFTER_MS;
}

enum grpc_room grpc_connection_room(const struct grpc_connection *connection,
                                    const struct grpc_call *call) {
    if (connection->state != GRPC_CONNECTION_UP || connection->retired) {
        return GRPC_ROOM_NEVER;
    }
    const uint32_t streams_max = nghttp2_session_get_remote_settings(
        connection->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    if (connection->streams >= streams_max || connection->streams >= GRPC_STREAMS_MAX) {
        return GRPC_ROOM_STREAMS;
    }
    const struct grpc_output *output = &connection->output;
    if (nghttp2_session_want_write(connection->session) != 0 || output->length >= BATCH_BYTES ||
        (output->length > 0 && connection->socket.write_wants_output)) {
        return GRPC_ROOM_LATER;
    }
    /* Headers alone would hand a call over that then waits. But where nothing is out, nothing
     * makes the server widen its window either. */
    const int32_t window = nghttp2_session_get_remote_window_size(connection->session);
    const int64_t needed = connection->out.count == 0 ? 1 : call->message_length;
    return window >= needed ? GRPC_ROOM_YES : GRPC_ROOM_LATER;
}

enum result grpc_connection_take(struct grpc_connection *connection, struct grpc_call *call,
                                 int64_t now_ms, struct error *error) {
    assert(grpc_connection_room(connection, call) == GRPC_ROOM_YES);
    assert(call->place == GRPC_PLACE_WAITING && call->deadline_ms > now_ms);
    struct grpc_calls *calls = &connection->setup->calls;
    if (connection->out.count == 0) {
        connection->heard_ms = now_ms;
    }
    grpc_line_remove(&calls->waiting, call);
    grpc_line_add(&connection->out, call);
    call->place = GRPC_PLACE_OUT;
    call->connection = connection;
    call->answer = grpc_answer_new(connection->setup->reply_bytes_max);
    call->made = 0;
    call->first_out = UINT64_MAX;
    call->last_out = UINT64_MAX;
    const enum result result =
        grpc_session_take(connection, call, call->deadline_ms - now_ms, error);
    if (result == RESULT_AGAIN) {
        connection->retired = true;
        grpc_line_remove(&connection->out, call);
        grpc_calls_return(calls, call);
        return RESULT_OK;
    }
    return result;
}

bool grpc_connection_handed(const struct grpc_connection *connection,
                            const struct grpc_call *call) {
    assert(call->connection == connection);
    return call->first_out < grpc_output_handed(&connection->output, connection->socket.in_record);
}

/* Its stream, if there still is one, belongs to nobody from now on. */
static void detach(struct grpc_connection *connection, struct grpc_call *call) {
    assert(call->place == GRPC_PLACE_OUT && call->connection == connection);
    (void)nghttp2_session_set_stream_user_data(connection->session, call->stream_id, NULL);
    grpc_line_remove(&connection->out, call);
}

void grpc_connection_take_back(struct grpc_connection *connection, struct grpc_call *call) {
    assert(!grpc_connection_handed(connection, call));
    const int32_t first = call->stream_id;
    (void)grpc_output_drop(&connection->output, connection->socket.in_record, first, INT32_MAX);
    while (connection->out.tail != NULL && connection->out.tail->stream_id >= first) {
        struct grpc_call *last = connection->out.tail;
        detach(connection, last);
        grpc_calls_return(&connection->setup->calls, last);
    }
    grpc_session_note_frames(connection);
    connection->retired = true;
    assert(call->place == GRPC_PLACE_WAITING);
}

void grpc_connection_end_call(struct grpc_connection *connection, struct grpc_call *call,
                              enum grpc_outcome outcome, const char *words) {
    const bool handed = grpc_connection_handed(connection, call);
    assert(handed);
    detach(connection, call);
    grpc_calls_end(&connection->setup->calls, call, outcome, handed, words);
}

void grpc_connection_cancel_call(struct grpc_connection *connection, struct grpc_call *call,
                                 enum grpc_outcome outcome, const char *words) {
    const int32_t stream_id = call->stream_id;
    grpc_connection_end_call(connection, call, outcome, words);
    /* What was made and not handed over is not sent any more; the two ends then count the window
     * of the connection differently. */
    if (grpc_output_drop(&connection->output, connection->socket.in_record, stream_id, stream_id) >
        0) {
        grpc_session_note_frames(connection);
        connection->retired = true;
    }
    const int code = nghttp2_submit_rst_stream(connection->session, NGHTTP2_FLAG_NONE, stream_id,
                                               NGHTTP2_CANCEL);
    assert(code == 0);
}
