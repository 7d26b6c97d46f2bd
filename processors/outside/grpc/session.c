/* What nghttp2 does for us, and what it tells us. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "domain/version.h"
#include "outside/grpc/connection.h"
#include "ports/fault.h"

static int fail(struct grpc_connection *connection, const char *words) {
    (void)snprintf(connection->wrong, sizeof connection->wrong, "%s", words);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* NULL: nobody waits for that stream any more. */
static struct grpc_call *call_of(nghttp2_session *session, int32_t stream_id) {
    return nghttp2_session_get_stream_user_data(session, stream_id);
}

/* All frames of it were handed over. */
static bool is_whole(const struct grpc_connection *connection, const struct grpc_call *call) {
    return call->made == call->message_length &&
           call->last_out <= grpc_output_handed(&connection->output, connection->socket.in_record);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *self) {
    struct grpc_connection *connection = self;
    const struct grpc_call *call = call_of(session, frame->hd.stream_id);
    connection->block_bytes = 0;
    if (call != NULL && !grpc_connection_handed(connection, call)) {
        return fail(connection, "the server answered a call that was not sent yet");
    }
    connection->answered = true;
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *self) {
    (void)flags;
    struct grpc_connection *connection = self;
    struct grpc_call *call = call_of(session, frame->hd.stream_id);
    connection->block_bytes += (uint32_t)(name_length + value_length + 1);
    if (connection->block_bytes > GRPC_HEADER_BLOCK_BYTES_MAX) {
        return fail(connection, "the server does not stop sending headers");
    }
    if (call == NULL) {
        return 0;
    }
    const struct text name_text = {.data = (const char *)name, .length = (uint32_t)name_length};
    const struct text value_text = {.data = (const char *)value, .length = (uint32_t)value_length};
    const bool is_last_block = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (!grpc_answer_take_header(call->answer, name_text, value_text, is_last_block)) {
        grpc_connection_cancel_call(connection, call, GRPC_OUTCOME_BROKEN, NULL);
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *data,
                   size_t length, void *self) {
    (void)flags;
    struct grpc_call *call = call_of(session, stream_id);
    if (call != NULL && !grpc_answer_take_data(call->answer, data, length)) {
        grpc_connection_cancel_call(self, call, GRPC_OUTCOME_BROKEN, NULL);
    }
    return 0;
}

/* The last of an answer has come. */
static void finish(struct grpc_connection *connection, struct grpc_call *call) {
    FAULT("reply.read");
    const enum grpc_outcome outcome = grpc_answer_end(call->answer);
    if (outcome == GRPC_OUTCOME_REPLY && !is_whole(connection, call)) {
        grpc_connection_cancel_call(connection, call, GRPC_OUTCOME_BROKEN,
                                    "the server answered before it had the whole call");
    } else if (call->made < call->message_length) {
        grpc_connection_cancel_call(connection, call, outcome, NULL); /* it wants no more of it */
    } else {
        grpc_connection_end_call(connection, call, outcome, NULL);
    }
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *self) {
    struct grpc_connection *connection = self;
    switch (frame->hd.type) {
    case NGHTTP2_SETTINGS:
        connection->settled |= (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0;
        break;
    case NGHTTP2_GOAWAY:
        connection->retired = true;
        break;
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA: {
        struct grpc_call *call = call_of(session, frame->hd.stream_id);
        if (call != NULL && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
            finish(connection, call);
        }
        break;
    }
    default:
        break;
    }
    return 0;
}

static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int code,
                            void *self) {
    (void)session;
    struct grpc_connection *connection = self;
    (void)snprintf(connection->wrong, sizeof connection->wrong,
                   "what the server sent is no valid HTTP/2 (frame of type %d: %s)",
                   (int)frame->hd.type, nghttp2_strerror(code));
    return 0;
}

/* A stream has ended, and its answer had not: reset by the server, or by nghttp2 for what the
 * server sent; or the server went away and says that it never looked at it. */
static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t code, void *self) {
    struct grpc_connection *connection = self;
    struct grpc_call *call = call_of(session, stream_id);
    assert(connection->streams > 0);
    connection->streams--;
    char words[sizeof connection->wrong + 64];
    if (call == NULL) {
        /* nobody waits for it */
    } else if (!grpc_connection_handed(connection, call)) {
        grpc_connection_take_back(connection, call);
    } else if (code == NGHTTP2_REFUSED_STREAM && call->answer->http_status == 0) {
        grpc_connection_end_call(connection, call, GRPC_OUTCOME_UNPROCESSED,
                                 connection->retired
                                     ? "the server went away before it looked at the call"
                                     : "the server refused to look at the call (REFUSED_STREAM)");
    } else {
        (void)snprintf(words, sizeof words, "the call was reset (%s)%s%s",
                       nghttp2_http2_strerror(code), connection->wrong[0] == '\0' ? "" : ": ",
                       connection->wrong);
        grpc_connection_end_call(connection, call, GRPC_OUTCOME_BROKEN, words);
    }
    connection->wrong[0] = '\0';
    return 0;
}

/* nghttp2 found that it may not open this stream. */
static int on_not_sent(nghttp2_session *session, const nghttp2_frame *frame, int code, void *self) {
    (void)code;
    struct grpc_connection *connection = self;
    if (frame->hd.type == NGHTTP2_HEADERS) {
        struct grpc_call *call = call_of(session, frame->hd.stream_id);
        if (call != NULL) {
            grpc_connection_take_back(connection, call);
        }
    }
    return 0;
}

static ssize_t read_message(nghttp2_session *session, int32_t stream_id, uint8_t *bytes,
                            size_t size, uint32_t *flags, nghttp2_data_source *source, void *self) {
    (void)source;
    (void)self;
    struct grpc_call *call = call_of(session, stream_id);
    if (call == NULL) {
        return NGHTTP2_ERR_DEFERRED; /* for ever: it is being cancelled, or was never sent */
    }
    const uint32_t left = call->message_length - call->made;
    const uint32_t count = left < size ? left : (uint32_t)size;
    memcpy(bytes, call->message + call->made, count);
    call->made += count;
    if (call->made == call->message_length) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)count;
}

static int make_session(struct grpc_connection *connection) {
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        return NGHTTP2_ERR_NOMEM;
    }
    if (nghttp2_option_new(&option) != 0) {
        nghttp2_session_callbacks_del(callbacks);
        return NGHTTP2_ERR_NOMEM;
    }
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_not_sent);
    const int code =
        nghttp2_session_client_new2(&connection->session, callbacks, connection, option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    return code;
}

enum result grpc_session_open(struct grpc_connection *connection, struct error *error) {
    assert(connection->session == NULL && connection->socket.fd >= 0);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, GRPC_REPLY_WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, GRPC_HEADER_BYTES_MAX},
    };
    int code = make_session(connection);
    if (code == 0) {
        code = nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, settings,
                                       sizeof settings / sizeof settings[0]);
    }
    if (code == 0) {
        code = nghttp2_session_set_local_window_size(connection->session, NGHTTP2_FLAG_NONE, 0,
                                                     GRPC_CONNECTION_WINDOW_BYTES);
    }
    if (code != 0) {
        return error_set(error, RESULT_FAILED, "nghttp2: %s", nghttp2_strerror(code));
    }
    connection->state = GRPC_CONNECTION_GREETING;
    return RESULT_OK;
}

enum result grpc_session_receive(struct grpc_connection *connection, const uint8_t *bytes,
                                 size_t length, struct error *error) {
    const ssize_t used = nghttp2_session_mem_recv(connection->session, bytes, length);
    if (used == (ssize_t)length) {
        return RESULT_OK;
    }
    assert(used < 0);
    return error_set(
        error, RESULT_FAILED, "%s",
        connection->wrong[0] != '\0' ? connection->wrong : nghttp2_strerror((int)used));
}

/* Where in all that is sent do the frames of a call lie? */
static void note(struct grpc_connection *connection, const uint8_t *frame, uint64_t position) {
    const struct grpc_frame_head head = grpc_frame_head(frame);
    struct grpc_call *call = call_of(connection->session, head.stream_id);
    if (call != NULL && head.type == NGHTTP2_HEADERS) {
        call->first_out = position;
    }
    if (call != NULL && (head.type == NGHTTP2_HEADERS || head.type == NGHTTP2_DATA)) {
        call->last_out = position + GRPC_FRAME_HEAD_BYTES + head.length;
    }
}

void grpc_session_note_frames(struct grpc_connection *connection) {
    const struct grpc_output *output = &connection->output;
    for (uint32_t at = 0; at < output->length;) {
        note(connection, output->bytes + at, output->made - output->length + at);
        at += GRPC_FRAME_HEAD_BYTES + grpc_frame_head(output->bytes + at).length;
    }
}

enum result grpc_session_make_frames(struct grpc_connection *connection, struct error *error) {
    while (grpc_output_has_room(&connection->output)) {
        const uint8_t *frame;
        const ssize_t length = nghttp2_session_mem_send(connection->session, &frame);
        if (length < 0) {
            return error_set(error, RESULT_FAILED, "nghttp2: %s", nghttp2_strerror((int)length));
        }
        if (length == 0) {
            break;
        }
        if (connection->output.made > 0) { /* the first is no frame: NGHTTP2_CLIENT_MAGIC */
            assert(length == GRPC_FRAME_HEAD_BYTES + grpc_frame_head(frame).length);
            note(connection, frame, connection->output.made);
        }
        grpc_output_add(&connection->output, frame, (size_t)length);
    }
    return RESULT_OK;
}

void grpc_session_ping(struct grpc_connection *connection) {
    const int code = nghttp2_submit_ping(connection->session, NGHTTP2_FLAG_NONE, NULL);
    assert(code == 0);
}

static nghttp2_nv header(const char *name, const char *value, uint8_t flags) {
    return (nghttp2_nv){
        .name = (uint8_t *)name,
        .namelen = strlen(name),
        .value = (uint8_t *)value,
        .valuelen = strlen(value),
        .flags = (uint8_t)(NGHTTP2_NV_FLAG_NO_COPY_NAME | flags),
    };
}

enum result grpc_session_take(struct grpc_connection *connection, struct grpc_call *call,
                              int64_t timeout_ms, struct error *error) {
    enum { FIXED = NGHTTP2_NV_FLAG_NO_COPY_VALUE };
    const struct grpc_address *address = &connection->setup->address;
    char timeout[GRPC_TIMEOUT_CHARACTERS];
    grpc_timeout_write(timeout_ms, timeout);
    const nghttp2_nv headers[] = {
        header(":method", "POST", FIXED),
        header(":scheme", address->tls ? "https" : "http", FIXED),
        header(":path", call->path, FIXED),
        header(":authority", address->authority, FIXED),
        header("te", "trailers", FIXED),
        header("content-type", "application/grpc", FIXED),
        header("user-agent", "millrace/" MILLRACE_VERSION, FIXED),
        header("grpc-timeout", timeout, NGHTTP2_NV_FLAG_NO_INDEX), /* each another one */
    };
    const nghttp2_data_provider message = {.read_callback = read_message};
    call->stream_id = nghttp2_submit_request(connection->session, NULL, headers,
                                             sizeof headers / sizeof headers[0], &message, call);
    if (call->stream_id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE) {
        return error_set(error, RESULT_AGAIN, "all streams of the connection's life are used");
    }
    assert(call->stream_id > 0);
    connection->streams++;
    const enum result result = grpc_session_make_frames(connection, error);
    /* Made at once, or not at all: what can be taken back lies in the output and nowhere else. */
    assert(result != RESULT_OK || call->first_out != UINT64_MAX || call->connection == NULL);
    return result;
}
