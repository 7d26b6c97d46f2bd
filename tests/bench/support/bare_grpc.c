#include "tests/bench/support/bare_grpc.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <signal.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outside/clock_os/clock_os.h"

enum {
    EVENTS_AT_ONCE = 64,
    READ_BYTES = 65536,
    OUTPUT_BYTES = 1 << 20,
    WINDOW_BYTES = 1 << 20, /* of each call, and of each connection: nobody waits for it */
    FRAME_MAX = 16384 + 9,
    BODY_MAX = 4096,
    ID_CHARACTERS = 44, /* Base64 of a SHA-256 */
    PREFIX_BYTES = 5,   /* of gRPC */
    QUESTION_BYTES = PREFIX_BYTES + 2 + ID_CHARACTERS,
    KNOWN_MAX = 1 << 20, /* a power of two; half of it can be used */
};

/* A message with its prefix. */
struct answer {
    size_t length;
    uint8_t bytes[PREFIX_BYTES + 2];
};

/* Of the registry's contract: to a sending, and two statuses. */
static const struct answer taken = {PREFIX_BYTES, {0}};
static const struct answer pending = {PREFIX_BYTES + 2, {0, 0, 0, 0, 2, 0x08, 0x01}};
static const struct answer committed = {PREFIX_BYTES + 2, {0, 0, 0, 0, 2, 0x08, 0x03}};

/* The body of a call, where it counts. */
struct call {
    size_t length;
    uint8_t body[BODY_MAX];
};

/* A transaction that was sent. */
struct known {
    int64_t committed_ms; /* monotonic; 0: this place is free */
    uint8_t id[crypto_hash_sha256_BYTES];
};

static int64_t latency_ms;
static struct known *known; /* KNOWN_MAX, by the first bytes of the id */

struct client {
    int socket;
    nghttp2_session *session;
    size_t length; /* bytes of the output that the kernel has not taken */
    uint8_t output[OUTPUT_BYTES];
};

static nghttp2_nv field(const char *name, const char *value) {
    return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value),
                        NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

static int64_t now_ms(void) {
    const struct clock os = clock_os();
    return os.monotonic_ms(os.self);
}

/* Where it is, or would be. */
static struct known *place_of(const uint8_t id[crypto_hash_sha256_BYTES]) {
    uint32_t at;
    memcpy(&at, id, sizeof at);
    while (known[at % KNOWN_MAX].committed_ms != 0 &&
           memcmp(known[at % KNOWN_MAX].id, id, crypto_hash_sha256_BYTES) != 0) {
        at++;
    }
    return &known[at % KNOWN_MAX];
}

/* Both are one field with a length: a transaction, whose length has two bytes, or its id. */
static const struct answer *answer_of(const struct call *call) {
    uint8_t id[crypto_hash_sha256_BYTES];
    if (call->length == QUESTION_BYTES) {
        const int code = sodium_base642bin(
            id, sizeof id, (const char *)call->body + QUESTION_BYTES - ID_CHARACTERS, ID_CHARACTERS,
            NULL, NULL, NULL, sodium_base64_VARIANT_ORIGINAL);
        assert(code == 0);
        const int64_t committed_ms = place_of(id)->committed_ms;
        return committed_ms != 0 && committed_ms <= now_ms() ? &committed : &pending;
    }
    enum { BEFORE = PREFIX_BYTES + 3 };
    assert(call->length > BEFORE + 127);
    crypto_hash_sha256(id, call->body + BEFORE, call->length - BEFORE);
    struct known *place = place_of(id);
    memcpy(place->id, id, sizeof id);
    place->committed_ms = now_ms() + latency_ms;
    return &taken;
}

static ssize_t give_answer(nghttp2_session *session, int32_t stream_id, uint8_t *bytes, size_t size,
                           uint32_t *flags, nghttp2_data_source *source, void *self) {
    (void)self;
    const struct answer *answer = source->ptr;
    assert(size >= answer->length);
    memcpy(bytes, answer->bytes, answer->length);
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const nghttp2_nv trailers[] = {field("grpc-status", "0")};
    const int code = nghttp2_submit_trailer(session, stream_id, trailers, 1);
    assert(code == 0);
    return (ssize_t)answer->length;
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *self) {
    (void)self;
    struct call *call = malloc(sizeof *call);
    assert(call != NULL);
    call->length = 0;
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, call);
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *data,
                   size_t length, void *self) {
    (void)flags;
    (void)self;
    struct call *call = nghttp2_session_get_stream_user_data(session, stream_id);
    assert(length <= sizeof call->body - call->length);
    memcpy(call->body + call->length, data, length);
    call->length += length;
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream_id, uint32_t code, void *self) {
    (void)code;
    (void)self;
    free(nghttp2_session_get_stream_user_data(session, stream_id));
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *self) {
    (void)self;
    const bool is_whole = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
                          (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS);
    if (is_whole) {
        const nghttp2_nv headers[] = {field(":status", "200"),
                                      field("content-type", "application/grpc")};
        const struct call *call =
            nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
        const struct answer *answer = call != NULL                         ? answer_of(call)
                                      : frame->hd.length == QUESTION_BYTES ? &committed
                                                                           : &taken;
        const nghttp2_data_provider body = {.source = {.ptr = (void *)answer},
                                            .read_callback = give_answer};
        const int code = nghttp2_submit_response(session, frame->hd.stream_id, headers, 2, &body);
        assert(code == 0);
    }
    return 0;
}

static struct client *client_open(int socket) {
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, BARE_GRPC_STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES},
    };
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    struct client *client = malloc(sizeof *client);
    assert(client != NULL);
    client->socket = socket;
    client->length = 0;
    int code = nghttp2_session_callbacks_new(&callbacks);
    assert(code == 0);
    code = nghttp2_option_new(&option);
    assert(code == 0);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    if (latency_ms > 0) {
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    }
    code = nghttp2_session_server_new2(&client->session, callbacks, client, option);
    assert(code == 0);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    code = nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, settings, 2);
    assert(code == 0);
    code =
        nghttp2_session_set_local_window_size(client->session, NGHTTP2_FLAG_NONE, 0, WINDOW_BYTES);
    assert(code == 0);
    return client;
}

static void client_close(struct client *client) {
    nghttp2_session_del(client->session);
    (void)close(client->socket);
    free(client);
}

/* Makes frames, and gives them to the kernel by one write. False: the client is gone. */
static bool client_write(struct client *client) {
    while (sizeof client->output - client->length > FRAME_MAX) {
        const uint8_t *frame;
        const ssize_t length = nghttp2_session_mem_send(client->session, &frame);
        assert(length >= 0);
        if (length == 0) {
            break;
        }
        memcpy(client->output + client->length, frame, (size_t)length);
        client->length += (size_t)length;
    }
    if (client->length == 0) {
        return true;
    }
    const ssize_t sent =
        send(client->socket, client->output, client->length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
        return errno == EAGAIN;
    }
    client->length -= (size_t)sent;
    memmove(client->output, client->output + sent, client->length);
    return true;
}

/* Until nothing more is there, for epoll tells of it once. False: the client is gone. */
static bool client_move(struct client *client) {
    static uint8_t input[READ_BYTES];
    for (;;) {
        const ssize_t received = recv(client->socket, input, sizeof input, MSG_DONTWAIT);
        if (received < 0 && errno == EAGAIN) {
            return client_write(client);
        }
        if (received <= 0 ||
            nghttp2_session_mem_recv(client->session, input, (size_t)received) < 0 ||
            !client_write(client)) {
            return false;
        }
    }
}

static void add(int epoll, int descriptor, uint32_t events, void *object) {
    struct epoll_event event = {.events = events, .data = {.ptr = object}};
    const int code = epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
    assert(code == 0);
}

static _Noreturn void serve(int listener) {
    struct epoll_event events[EVENTS_AT_ONCE];
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    assert(epoll >= 0);
    add(epoll, listener, EPOLLIN, NULL);
    for (;;) {
        const int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < count; i++) {
            struct client *client = events[i].data.ptr;
            if (client != NULL) {
                if (!client_move(client)) {
                    client_close(client);
                }
                continue;
            }
            const int on = 1;
            const int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (accepted >= 0) {
                (void)setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                add(epoll, accepted, EPOLLIN | EPOLLOUT | EPOLLET, client_open(accepted));
            }
        }
    }
}

void bare_grpc_start(struct bare_grpc *server, int64_t committed_after_ms) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int code = bind(listener, (const struct sockaddr *)&address, sizeof address);
    assert(code == 0);
    code = listen(listener, EVENTS_AT_ONCE);
    assert(code == 0);
    code = getsockname(listener, (struct sockaddr *)&address, &length);
    assert(code == 0);
    server->port = ntohs(address.sin_port);
    server->pid = fork();
    assert(server->pid >= 0);
    if (server->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)prctl(PR_SET_NAME, "bare-grpc"); /* so that a profile tells them apart */
        latency_ms = committed_after_ms;
        known = calloc(KNOWN_MAX, sizeof *known);
        assert(known != NULL);
        serve(listener);
    }
    (void)close(listener);
}

void bare_grpc_stop(struct bare_grpc *server) {
    (void)kill(server->pid, SIGKILL);
    (void)waitpid(server->pid, NULL, 0);
    server->pid = 0;
}
