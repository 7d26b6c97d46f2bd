#include "standin/project_origin/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { READ_AT_ONCE = 65536, SEND_AT_ONCE = 65536, OUTPUT_BYTES = 131072, WINDOW = 1 << 20 };

static int begin_headers(nghttp2_session *http2, const nghttp2_frame *frame, void *self) {
    struct mimic_session *session = self;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
        return 0;
    }
    struct mimic_call *call = calloc(1, sizeof *call);
    assert(call != NULL);
    call->session = session;
    call->stream = frame->hd.stream_id;
    call->next = session->calls;
    if (call->next != NULL) {
        call->next->previous = call;
    }
    session->calls = call;
    return nghttp2_session_set_stream_user_data(http2, call->stream, call);
}

static bool is_named(const uint8_t *name, size_t length, const char *expected) {
    return strlen(expected) == length && memcmp(name, expected, length) == 0;
}

static int header(nghttp2_session *http2, const nghttp2_frame *frame, const uint8_t *name,
                  size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                  void *self) {
    static const char grpc[] = "application/grpc";
    struct mimic_call *call = nghttp2_session_get_stream_user_data(http2, frame->hd.stream_id);
    (void)flags;
    (void)self;
    if (call == NULL) {
        return 0;
    }
    if (is_named(name, name_length, ":path") && value_length < sizeof call->path) {
        memcpy(call->path, value, value_length);
        call->path[value_length] = '\0';
    } else if (is_named(name, name_length, "content-type")) {
        call->is_grpc =
            value_length >= sizeof grpc - 1 && memcmp(value, grpc, sizeof grpc - 1) == 0;
    }
    return 0;
}

static int data(nghttp2_session *http2, uint8_t flags, int32_t stream, const uint8_t *bytes,
                size_t length, void *self) {
    struct mimic_call *call = nghttp2_session_get_stream_user_data(http2, stream);
    (void)flags;
    (void)self;
    if (call == NULL || length > MIMIC_BODY_MAX - call->size) {
        if (call != NULL) {
            call->too_large = true;
        }
        return 0;
    }
    if (call->size + length > call->capacity) {
        call->capacity = (call->size + length) * 2;
        call->body = realloc(call->body, call->capacity);
        assert(call->body != NULL);
    }
    memcpy(call->body + call->size, bytes, length);
    call->size += length;
    return 0;
}

static int frame_received(nghttp2_session *http2, const nghttp2_frame *frame, void *self) {
    struct mimic_session *session = self;
    if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) {
        return 0;
    }
    struct mimic_call *call = nghttp2_session_get_stream_user_data(http2, frame->hd.stream_id);
    if (call != NULL && !session->ended && !session->hang_up &&
        call->stream <= session->stream_last) {
        session->arrived(session->self, call);
    }
    return 0;
}

static void forget_call(struct mimic_call *call) {
    if (call->previous != NULL) {
        call->previous->next = call->next;
    } else {
        call->session->calls = call->next;
    }
    if (call->next != NULL) {
        call->next->previous = call->previous;
    }
}

static void close_call(struct mimic_call *call) {
    mimic_answer_close(&call->answer);
    free(call->body);
    free(call);
}

static int stream_closed(nghttp2_session *http2, int32_t stream, uint32_t code, void *self) {
    struct mimic_call *call = nghttp2_session_get_stream_user_data(http2, stream);
    (void)code;
    (void)self;
    if (call != NULL) {
        forget_call(call);
        close_call(call);
        (void)nghttp2_session_set_stream_user_data(http2, stream, NULL);
    }
    return 0;
}

static nghttp2_session *open_http2(struct mimic_session *session, uint32_t streams_max) {
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *http2;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams_max},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW},
    };
    int failed = nghttp2_session_callbacks_new(&callbacks);
    assert(failed == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    failed = nghttp2_session_server_new(&http2, callbacks, session);
    assert(failed == 0);
    nghttp2_session_callbacks_del(callbacks);
    failed = nghttp2_submit_settings(http2, NGHTTP2_FLAG_NONE, settings,
                                     sizeof settings / sizeof settings[0]);
    assert(failed == 0);
    failed = nghttp2_session_set_local_window_size(http2, NGHTTP2_FLAG_NONE, 0, 8 * WINDOW);
    assert(failed == 0);
    return http2;
}

struct mimic_session *mimic_session_open(int socket, SSL_CTX *tls, uint64_t number,
                                         uint32_t streams_max,
                                         void (*arrived)(void *self, struct mimic_call *call),
                                         void *self) {
    struct mimic_session *session = calloc(1, sizeof *session);
    assert(session != NULL);
    mimic_transport_open(&session->transport, socket, tls);
    session->number = number;
    session->stream_last = INT32_MAX;
    session->arrived = arrived;
    session->self = self;
    session->output = malloc(OUTPUT_BYTES);
    assert(session->output != NULL);
    session->http2 = open_http2(session, streams_max);
    return session;
}

void mimic_session_close(struct mimic_session *session) {
    nghttp2_session_del(session->http2);
    for (struct mimic_call *call = session->calls, *next; call != NULL; call = next) {
        next = call->next;
        close_call(call);
    }
    mimic_transport_close(&session->transport);
    free(session->output);
    free(session);
}

struct mimic_call *mimic_session_call(struct mimic_session *session, int32_t stream) {
    return nghttp2_session_get_stream_user_data(session->http2, stream);
}

void mimic_session_limit(struct mimic_session *session, uint32_t streams_max) {
    const nghttp2_settings_entry setting = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams_max};
    const int failed = nghttp2_submit_settings(session->http2, NGHTTP2_FLAG_NONE, &setting, 1);
    assert(failed == 0);
}

void mimic_session_receive(struct mimic_session *session) {
    uint8_t bytes[READ_AT_ONCE];
    while (!session->ended) {
        const ssize_t count = mimic_transport_read(&session->transport, bytes, sizeof bytes);
        if (count == MIMIC_TRANSPORT_AGAIN) {
            return;
        }
        if (count < 0 || nghttp2_session_mem_recv(session->http2, bytes, (size_t)count) < 0) {
            session->ended = true;
        }
    }
}

/* Take frames until there are enough for one send, or no more. False: the session is broken. */
static bool fill(struct mimic_session *session) {
    session->output_length = 0;
    session->output_sent = 0;
    while (session->output_length < SEND_AT_ONCE) {
        const uint8_t *bytes;
        const ssize_t count = nghttp2_session_mem_send(session->http2, &bytes);
        if (count < 0) {
            return false;
        }
        if (count == 0) {
            break;
        }
        assert((size_t)count <= OUTPUT_BYTES - session->output_length);
        memcpy(session->output + session->output_length, bytes, (size_t)count);
        session->output_length += (size_t)count;
    }
    return true;
}

void mimic_session_flush(struct mimic_session *session) {
    session->transport.writing_is_blocked = false;
    while (!session->ended) {
        if (session->output_sent == session->output_length) {
            if (!fill(session)) {
                session->ended = true;
                return;
            }
            if (session->output_length == 0) {
                break;
            }
        }
        const ssize_t count =
            mimic_transport_write(&session->transport, session->output + session->output_sent,
                                  session->output_length - session->output_sent);
        if (count == MIMIC_TRANSPORT_AGAIN) {
            return; /* for room, or for a handshake */
        }
        if (count == MIMIC_TRANSPORT_ENDED) {
            session->ended = true;
        } else {
            session->output_sent += (size_t)count;
        }
    }
    if (session->hang_up || (nghttp2_session_want_read(session->http2) == 0 &&
                             nghttp2_session_want_write(session->http2) == 0)) {
        session->ended = true;
    }
}
