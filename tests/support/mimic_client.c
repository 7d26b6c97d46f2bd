#include "tests/support/mimic_client.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "outside/clock_os/clock_os.h"

#define FIELD(name, value)                                                                       \
    (nghttp2_nv) {                                                                               \
        (uint8_t *)(name), (uint8_t *)(value), strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE \
    }

static struct mimic_client_call *call_of(nghttp2_session *http2, int32_t stream) {
    return nghttp2_session_get_stream_user_data(http2, stream);
}

static int header(nghttp2_session *http2, const nghttp2_frame *frame, const uint8_t *name,
                  size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                  void *self) {
    struct mimic_client_call *call = call_of(http2, frame->hd.stream_id);
    char text[256];
    (void)flags;
    (void)self;
    (void)snprintf(text, sizeof text, "%.*s", (int)value_length, (const char *)value);
    if (call == NULL) {
        return 0;
    }
    if (name_length == 7 && memcmp(name, ":status", 7) == 0) {
        call->http_status = atoi(text);
    } else if (name_length == 11 && memcmp(name, "grpc-status", 11) == 0) {
        call->grpc_status = atoi(text);
    } else if (name_length == 12 && memcmp(name, "grpc-message", 12) == 0) {
        (void)snprintf(call->grpc_message, sizeof call->grpc_message, "%s", text);
    }
    return 0;
}

static int data(nghttp2_session *http2, uint8_t flags, int32_t stream, const uint8_t *bytes,
                size_t length, void *self) {
    struct mimic_client_call *call = call_of(http2, stream);
    (void)flags;
    (void)self;
    cr_assert_leq(length, sizeof call->body - call->size);
    memcpy(call->body + call->size, bytes, length);
    call->size += length;
    return 0;
}

static int received(nghttp2_session *http2, const nghttp2_frame *frame, void *self) {
    struct mimic_client *client = self;
    if (frame->hd.type == NGHTTP2_HEADERS) {
        struct mimic_client_call *call = call_of(http2, frame->hd.stream_id);
        if (call != NULL) {
            call->headers++;
        }
    } else if (frame->hd.type == NGHTTP2_GOAWAY) {
        client->goaway = true;
        client->goaway_last = frame->goaway.last_stream_id;
    }
    return 0;
}

static int closed(nghttp2_session *http2, int32_t stream, uint32_t code, void *self) {
    struct mimic_client_call *call = call_of(http2, stream);
    (void)self;
    if (call != NULL) {
        call->closed = true;
        call->code = code;
    }
    return 0;
}

static ssize_t read_body(nghttp2_session *http2, int32_t stream, uint8_t *buffer, size_t length,
                         uint32_t *flags, nghttp2_data_source *source, void *self) {
    struct mimic_client_call *call = source->ptr;
    const size_t left = call->length - call->sent;
    const size_t count = left < length ? left : length;
    (void)http2;
    (void)stream;
    (void)self;
    memcpy(buffer, call->request + call->sent, count);
    call->sent += count;
    if (call->sent == call->length) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)count;
}

void mimic_client_open(struct mimic_client *client, const char *address, SSL_CTX *tls) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    nghttp2_session_callbacks *callbacks;
    *client = (struct mimic_client){0};
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", address + strlen("unix:"));
    client->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(client->socket, (const struct sockaddr *)&at, sizeof at), 0, "%s: %s",
                 address, strerror(errno));
    if (tls != NULL) {
        (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes as it likes */
        client->ssl = SSL_new(tls);
        cr_assert_eq(SSL_set_fd(client->ssl, client->socket), 1);
        client->lost = SSL_connect(client->ssl) != 1;
    }
    cr_assert_eq(nghttp2_session_callbacks_new(&callbacks), 0);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, received);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, closed);
    cr_assert_eq(nghttp2_session_client_new(&client->http2, callbacks, client), 0);
    nghttp2_session_callbacks_del(callbacks);
    cr_assert_eq(nghttp2_submit_settings(client->http2, NGHTTP2_FLAG_NONE, NULL, 0), 0);
}

void mimic_client_close(struct mimic_client *client) {
    nghttp2_session_del(client->http2);
    SSL_free(client->ssl);
    (void)close(client->socket);
}

static void flush(struct mimic_client *client) {
    const uint8_t *bytes;
    if (client->corked) {
        return;
    }
    /* In one piece, so that the server reads it in one. */
    size_t length = 0;
    for (ssize_t count; (count = nghttp2_session_mem_send(client->http2, &bytes)) > 0;) {
        cr_assert_leq((size_t)count, sizeof client->output - length);
        memcpy(client->output + length, bytes, (size_t)count);
        length += (size_t)count;
    }
    for (size_t sent = 0; sent < length && !client->lost;) {
        const uint8_t *rest = client->output + sent;
        const ssize_t count = client->ssl == NULL
                                  ? send(client->socket, rest, length - sent, MSG_NOSIGNAL)
                                  : SSL_write(client->ssl, rest, (int)(length - sent));
        client->lost = count <= 0;
        sent += count > 0 ? (size_t)count : 0;
    }
}

struct mimic_client_call *mimic_client_start(struct mimic_client *client, const char *path,
                                             const char *content_type, const uint8_t *body,
                                             size_t length) {
    cr_assert_lt(client->calls_count, MIMIC_CALLS_MAX);
    struct mimic_client_call *call = &client->calls[client->calls_count++];
    const nghttp2_nv fields[] = {
        FIELD(":method", "POST"),
        FIELD(":scheme", "http"),
        FIELD(":path", path),
        FIELD(":authority", "standin"),
        FIELD("content-type", content_type),
        FIELD("te", "trailers"),
    };
    const nghttp2_data_provider provider = {.source = {.ptr = call}, .read_callback = read_body};
    cr_assert_leq(length, sizeof call->request);
    memcpy(call->request, body, length);
    call->length = length;
    call->grpc_status = -1;
    call->stream = nghttp2_submit_request(client->http2, NULL, fields,
                                          sizeof fields / sizeof fields[0], &provider, call);
    cr_assert_gt(call->stream, 0);
    flush(client);
    return call;
}

static void receive(struct mimic_client *client) {
    uint8_t bytes[16384];
    ssize_t count;
    if (client->ssl == NULL) {
        count = recv(client->socket, bytes, sizeof bytes, 0);
    } else {
        count = SSL_read(client->ssl, bytes, sizeof bytes);
        client->goodbye = count <= 0 && SSL_get_shutdown(client->ssl) == SSL_RECEIVED_SHUTDOWN;
    }
    client->lost = count <= 0 || nghttp2_session_mem_recv(client->http2, bytes, (size_t)count) < 0;
    flush(client);
}

bool mimic_client_wait(struct mimic_client *client, const struct mimic_client_call *call,
                       int64_t timeout_ms) {
    const struct clock os = clock_os();
    const int64_t end_ms = os.monotonic_ms(os.self) + timeout_ms;
    while (!call->closed && !client->lost) {
        const int64_t left_ms = end_ms - os.monotonic_ms(os.self);
        struct pollfd wait = {.fd = client->socket, .events = POLLIN};
        if (left_ms <= 0) {
            return false;
        }
        const bool has_read = client->ssl != NULL && SSL_pending(client->ssl) > 0;
        if (has_read || poll(&wait, 1, (int)left_ms) > 0) {
            receive(client);
        }
    }
    return true;
}
