#include "tests/support/h2_peer.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum { HEAD_BYTES = 9, PREFACE_BYTES = sizeof preface - 1, PATIENCE_MS = 5000 };

void h2_peer_listen(struct h2_peer *peer) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(peer->port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    const int on = 1;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)setsockopt(peer->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    cr_assert_eq(bind(peer->listener, (const struct sockaddr *)&address, sizeof address), 0);
    socklen_t length = sizeof address;
    cr_assert_eq(getsockname(peer->listener, (struct sockaddr *)&address, &length), 0);
    peer->port = ntohs(address.sin_port);
    cr_assert_eq(listen(peer->listener, 64), 0);
}

void h2_peer_open(struct h2_peer *peer) {
    *peer = (struct h2_peer){.listener = -1};
    h2_peer_listen(peer);
}

void h2_peer_stop_listening(struct h2_peer *peer) {
    (void)close(peer->listener);
    peer->listener = -1;
}

void h2_peer_close(struct h2_peer *peer) {
    if (peer->listener >= 0) {
        h2_peer_stop_listening(peer);
    }
}

void h2_peer_small_buffers(struct h2_peer *peer) {
    const int bytes = 4096;
    cr_assert_eq(setsockopt(peer->listener, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
}

bool h2_peer_accept(struct h2_peer *peer, struct h2_link *link) {
    const int taken = accept4(peer->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (taken < 0) {
        return false;
    }
    *link = (struct h2_link){.socket = taken, .input = malloc(H2_INPUT_BYTES)};
    cr_assert_not_null(link->input);
    cr_assert_eq(nghttp2_hd_inflate_new(&link->inflater), 0);
    if (peer->tls != NULL) {
        link->ssl = SSL_new(peer->tls);
        cr_assert_not_null(link->ssl);
        (void)SSL_set_fd(link->ssl, taken);
        SSL_set_accept_state(link->ssl);
    }
    return true;
}

/* -1: not now; 0: it has ended. */
static ssize_t read_some(struct h2_link *link, uint8_t *bytes, size_t size) {
    if (link->ssl == NULL) {
        return recv(link->socket, bytes, size, MSG_DONTWAIT);
    }
    const int count = SSL_read(link->ssl, bytes, (int)size);
    if (count > 0) {
        return count;
    }
    const int code = SSL_get_error(link->ssl, count);
    errno = EAGAIN;
    return code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

void h2_link_read(struct h2_link *link) {
    while (!link->ended && link->received < H2_INPUT_BYTES) {
        errno = EAGAIN;
        const ssize_t count =
            read_some(link, link->input + link->received, H2_INPUT_BYTES - link->received);
        if (count < 0 && errno == EAGAIN) {
            break;
        }
        link->ended = count <= 0;
        link->received += count > 0 ? (uint32_t)count : 0;
    }
}

static struct h2_request **request_of(struct h2_link *link, int32_t stream_id) {
    struct h2_request **unused = NULL;
    for (size_t i = 0; i < H2_OPEN_MAX; i++) {
        if (link->open[i] != NULL && link->open[i]->stream_id == stream_id) {
            return &link->open[i];
        }
        unused = link->open[i] == NULL ? &link->open[i] : unused;
    }
    cr_assert_not_null(unused);
    *unused = calloc(1, sizeof **unused);
    cr_assert_not_null(*unused);
    (*unused)->stream_id = stream_id;
    return unused;
}

static void read_headers(struct h2_link *link, struct h2_request *request, const uint8_t *block,
                         size_t length) {
    for (int flags = 0; (flags & NGHTTP2_HD_INFLATE_FINAL) == 0;) {
        nghttp2_nv header;
        const ssize_t used =
            nghttp2_hd_inflate_hd2(link->inflater, &header, &flags, block, length, 1);
        cr_assert_geq(used, 0, "headers that cannot be read");
        block += used;
        length -= (size_t)used;
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
            const size_t at = strlen(request->headers);
            (void)snprintf(request->headers + at, sizeof request->headers - at, "%s: %s\n",
                           (const char *)header.name, (const char *)header.value);
        }
    }
    (void)nghttp2_hd_inflate_end_headers(link->inflater);
}

static uint32_t number_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void take_other(struct h2_link *link, uint8_t type, uint8_t flags, int32_t stream_id,
                       const uint8_t *payload) {
    switch (type) {
    case H2_SETTINGS:
        link->settings += (flags & H2_ACK) == 0 ? 1 : 0;
        break;
    case H2_PING:
        link->pings += (flags & H2_ACK) == 0 ? 1 : 0;
        break;
    case H2_RST_STREAM:
        link->resets++;
        link->reset_code = number_at(payload);
        link->reset_stream_id = stream_id;
        break;
    case H2_GOAWAY:
        link->goaways++;
        break;
    case H2_WINDOW_UPDATE:
        link->window_updates++;
        break;
    default:
        cr_assert_fail("a frame of type %u from a client", type);
    }
}

/* Takes one frame. Gives the request that it makes whole, or NULL. */
static struct h2_request **take_frame(struct h2_link *link, const uint8_t *frame, size_t length) {
    const uint8_t type = frame[3];
    const uint8_t flags = frame[4];
    const int32_t stream_id = (int32_t)number_at(frame + 5);
    const uint8_t *payload = frame + HEAD_BYTES;
    if (type != H2_HEADERS && type != H2_DATA) {
        take_other(link, type, flags, stream_id, payload);
        return NULL;
    }
    struct h2_request **request = request_of(link, stream_id);
    if (type == H2_HEADERS) {
        cr_assert((flags & H2_END_HEADERS) != 0 &&
                  (flags & ~(H2_END_HEADERS | H2_END_STREAM)) == 0);
        read_headers(link, *request, payload, length);
    } else {
        cr_assert_eq(flags & ~H2_END_STREAM, 0);
        cr_assert_leq((*request)->length + length, sizeof(*request)->data);
        memcpy((*request)->data + (*request)->length, payload, length);
        (*request)->length += (uint32_t)length;
    }
    return (flags & H2_END_STREAM) != 0 ? request : NULL;
}

static void shift(struct h2_link *link, uint32_t count) {
    link->received -= count;
    memmove(link->input, link->input + count, link->received);
}

/* Takes frames until one makes a request whole. */
static struct h2_request **take_frames(struct h2_link *link) {
    if (!link->greeted && link->received >= PREFACE_BYTES) {
        cr_assert_eq(memcmp(link->input, preface, PREFACE_BYTES), 0);
        link->greeted = true;
        shift(link, PREFACE_BYTES);
    }
    struct h2_request **request = NULL;
    while (link->greeted && link->received >= HEAD_BYTES && request == NULL) {
        const uint32_t length = number_at(link->input) >> 8;
        if (link->received < HEAD_BYTES + length) {
            break;
        }
        request = take_frame(link, link->input, length);
        shift(link, HEAD_BYTES + length);
    }
    return request;
}

bool h2_link_request(struct h2_link *link, struct h2_request *request) {
    h2_link_read(link);
    struct h2_request **whole = take_frames(link);
    if (whole == NULL) {
        return false;
    }
    *request = **whole;
    free(*whole);
    *whole = NULL;
    return true;
}

bool h2_link_has_begun(struct h2_link *link, int32_t stream_id) {
    h2_link_read(link);
    cr_assert_null(take_frames(link), "a whole request");
    for (size_t i = 0; i < H2_OPEN_MAX; i++) {
        if (link->open[i] != NULL && link->open[i]->stream_id == stream_id) {
            return true;
        }
    }
    return false;
}

bool h2_request_has(const struct h2_request *request, const char *line) {
    char wanted[256];
    (void)snprintf(wanted, sizeof wanted, "%s\n", line);
    const char *found = strstr(request->headers, wanted);
    return found != NULL && (found == request->headers || found[-1] == '\n');
}

void h2_link_send(struct h2_link *link, const void *bytes, size_t length) {
    const uint8_t *rest = bytes;
    while (length > 0) {
        ssize_t sent = link->ssl == NULL ? send(link->socket, rest, length, MSG_NOSIGNAL)
                                         : SSL_write(link->ssl, rest, (int)length);
        if (sent <= 0) { /* the client has gone, or reads nothing for a while */
            struct pollfd wait = {.fd = link->socket, .events = POLLOUT};
            if (errno != EAGAIN || poll(&wait, 1, PATIENCE_MS) != 1) {
                return;
            }
            sent = 0;
        }
        rest += sent;
        length -= (size_t)sent;
    }
}

void h2_link_frame(struct h2_link *link, uint8_t type, uint8_t flags, int32_t stream_id,
                   const void *payload, size_t length) {
    const uint32_t id = (uint32_t)stream_id;
    uint8_t *frame = malloc(HEAD_BYTES + length);
    cr_assert_not_null(frame);
    const uint8_t head[HEAD_BYTES] = {
        (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length,    type,       flags,
        (uint8_t)(id >> 24),     (uint8_t)(id >> 16),    (uint8_t)(id >> 8), (uint8_t)id};
    memcpy(frame, head, HEAD_BYTES);
    if (length > 0) {
        memcpy(frame + HEAD_BYTES, payload, length);
    }
    h2_link_send(link, frame, HEAD_BYTES + length);
    free(frame);
}

static size_t put_number(uint8_t *bytes, uint32_t number) {
    bytes[0] = (uint8_t)(number >> 24);
    bytes[1] = (uint8_t)(number >> 16);
    bytes[2] = (uint8_t)(number >> 8);
    bytes[3] = (uint8_t)number;
    return 4;
}

static size_t put_setting(uint8_t *bytes, uint16_t name, int64_t value) {
    if (value == H2_NOT_SAID) {
        return 0;
    }
    bytes[0] = (uint8_t)(name >> 8);
    bytes[1] = (uint8_t)name;
    return 2 + put_number(bytes + 2, (uint32_t)value);
}

void h2_link_settings(struct h2_link *link, int64_t streams_max, int64_t window) {
    enum { MAX_CONCURRENT_STREAMS = 3, INITIAL_WINDOW_SIZE = 4 };
    uint8_t payload[12];
    size_t length = put_setting(payload, MAX_CONCURRENT_STREAMS, streams_max);
    length += put_setting(payload + length, INITIAL_WINDOW_SIZE, window);
    h2_link_frame(link, H2_SETTINGS, 0, 0, payload, length);
}

/* A string as a literal: its length in seven bits and what does not fit into them behind. */
static size_t put_string(uint8_t *bytes, const char *text) {
    size_t rest = strlen(text);
    size_t at = 0;
    if (rest < 127) {
        bytes[at++] = (uint8_t)rest;
    } else {
        bytes[at++] = 127;
        for (rest -= 127; rest >= 128; rest /= 128) {
            bytes[at++] = (uint8_t)(rest % 128 + 128);
        }
        bytes[at++] = (uint8_t)rest;
    }
    const size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        bytes[at + i] = (uint8_t)text[i];
    }
    return at + length;
}

void h2_link_headers(struct h2_link *link, uint8_t flags, int32_t stream_id, ...) {
    static uint8_t block[1 << 16];
    size_t length = 0;
    va_list arguments;
    va_start(arguments, stream_id);
    for (;;) {
        const char *name = va_arg(arguments, const char *);
        if (name == NULL) {
            break;
        }
        block[length++] = 0; /* a literal that is not indexed, with its name */
        length += put_string(block + length, name);
        length += put_string(block + length, va_arg(arguments, const char *));
    }
    va_end(arguments);
    h2_link_frame(link, H2_HEADERS, (uint8_t)(flags | H2_END_HEADERS), stream_id, block, length);
}

void h2_link_message(struct h2_link *link, int32_t stream_id, const char *message) {
    uint8_t payload[1024] = {0};
    const size_t length = strlen(message);
    cr_assert_leq(length, sizeof payload - 5);
    (void)put_number(payload + 1, (uint32_t)length);
    for (size_t i = 0; i < length; i++) {
        payload[5 + i] = (uint8_t)message[i];
    }
    h2_link_frame(link, H2_DATA, 0, stream_id, payload, 5 + length);
}

void h2_link_reply(struct h2_link *link, int32_t stream_id, const char *message) {
    h2_link_headers(link, 0, stream_id, ":status", "200", "content-type", "application/grpc", NULL);
    h2_link_message(link, stream_id, message);
    h2_link_headers(link, H2_END_STREAM, stream_id, "grpc-status", "0", NULL);
}

void h2_link_status(struct h2_link *link, int32_t stream_id, const char *status,
                    const char *message) {
    h2_link_headers(link, H2_END_STREAM, stream_id, ":status", "200", "content-type",
                    "application/grpc", "grpc-status", status, "grpc-message", message, NULL);
}

void h2_link_reset(struct h2_link *link, int32_t stream_id, uint32_t code) {
    uint8_t payload[4];
    h2_link_frame(link, H2_RST_STREAM, 0, stream_id, payload, put_number(payload, code));
}

void h2_link_goaway(struct h2_link *link, int32_t last_stream_id, uint32_t code) {
    uint8_t payload[8];
    (void)put_number(payload, (uint32_t)last_stream_id);
    (void)put_number(payload + 4, code);
    h2_link_frame(link, H2_GOAWAY, 0, 0, payload, sizeof payload);
}

void h2_link_window(struct h2_link *link, int32_t stream_id, uint32_t more) {
    uint8_t payload[4];
    h2_link_frame(link, H2_WINDOW_UPDATE, 0, stream_id, payload, put_number(payload, more));
}

void h2_link_hang_up(struct h2_link *link, bool reset) {
    if (link->socket < 0 || link->input == NULL) {
        return;
    }
    if (reset) {
        const struct linger linger = {.l_onoff = 1};
        (void)setsockopt(link->socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    SSL_free(link->ssl);
    (void)close(link->socket);
    nghttp2_hd_inflate_del(link->inflater);
    for (size_t i = 0; i < H2_OPEN_MAX; i++) {
        free(link->open[i]);
    }
    free(link->input);
    *link = (struct h2_link){.socket = -1};
}
