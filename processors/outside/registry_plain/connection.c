#include "outside/registry_plain/connection.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "outside/host_lookup/tcp_socket.h"
#include "ports/fault.h"

enum { SEND_AT_ONCE_MAX = 64 /* requests in one system call */ };

enum result plain_connection_open(struct plain_connection *connection,
                                  const struct plain_address *address, struct error *error) {
    assert(connection != NULL && address != NULL);
    *connection = (struct plain_connection){.address = *address, .socket = -1};
    connection->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (connection->epoll < 0) {
        return error_set(error, RESULT_FAILED, "epoll_create1: %s", strerror(errno));
    }
    return RESULT_OK;
}

static void close_socket(struct plain_connection *connection) {
    if (connection->socket >= 0) {
        (void)close(connection->socket); /* leaves the epoll set as well */
        connection->socket = -1;
    }
}

void plain_connection_drop(struct plain_connection *connection) {
    close_socket(connection);
    host_lookup_close(connection->lookup);
    connection->lookup = NULL;
    connection->candidate = NULL;
    connection->state = PLAIN_CONNECTION_CLOSED;
    connection->answered = false;
    connection->watches_output = false;
    connection->received = 0;
}

void plain_connection_close(struct plain_connection *connection) {
    plain_connection_drop(connection);
    (void)close(connection->epoll);
    connection->epoll = -1;
}

static bool watch(struct plain_connection *connection, bool output) {
    const int operation = connection->state == PLAIN_CONNECTION_UP ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    struct epoll_event event = {.events = EPOLLIN | (output ? (uint32_t)EPOLLOUT : 0)};
    if (epoll_ctl(connection->epoll, operation, connection->socket, &event) != 0) {
        return false;
    }
    connection->watches_output = output;
    return true;
}

/* Begin to connect to one address. False: not even that, errno says why. */
static bool try_address(struct plain_connection *connection, int family,
                        const struct sockaddr *address, socklen_t length) {
    close_socket(connection);
    connection->socket = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->socket < 0) {
        return false;
    }
    if (family != AF_UNIX) {
        tcp_socket_tune(connection->socket);
    }
    if (connect(connection->socket, address, length) != 0 && errno != EINPROGRESS) {
        return false;
    }
    connection->state = PLAIN_CONNECTION_CONNECTING;
    return watch(connection, true);
}

static enum result fail(struct plain_connection *connection, struct error *error, int number) {
    plain_connection_drop(connection);
    const struct plain_address *address = &connection->address;
    return error_set(error, RESULT_FAILED, "no connection to the registry at %s%s%s: %s",
                     address->local ? address->local_address.sun_path : address->host,
                     address->local ? "" : ":", address->local ? "" : address->port,
                     strerror(number));
}

/* Try the hosts that the name stands for, one after the other. */
static enum result try_candidates(struct plain_connection *connection, struct error *error) {
    int number = EHOSTUNREACH;
    for (; connection->candidate != NULL; connection->candidate = connection->candidate->ai_next) {
        if (try_address(connection, connection->candidate->ai_family,
                        connection->candidate->ai_addr, connection->candidate->ai_addrlen)) {
            return RESULT_AGAIN;
        }
        number = errno;
    }
    return fail(connection, error, number);
}

enum result plain_connection_begin(struct plain_connection *connection, int64_t now_ms,
                                   struct error *error) {
    assert(connection->state == PLAIN_CONNECTION_CLOSED && connection->socket < 0);
    connection->deadline_ms = now_ms + PLAIN_CONNECT_TIMEOUT_MS;
    FAULT("call.before-connect");
    if (connection->address.local) {
        const struct sockaddr_un *address = &connection->address.local_address;
        if (!try_address(connection, AF_UNIX, (const struct sockaddr *)address, sizeof *address)) {
            return fail(connection, error, errno);
        }
        return RESULT_OK;
    }
    connection->lookup = host_lookup_open(connection->address.host, connection->address.port);
    if (connection->lookup == NULL) {
        return fail(connection, error, ENOMEM);
    }
    connection->state = PLAIN_CONNECTION_LOOKING_UP;
    return RESULT_OK;
}

static enum result advance_lookup(struct plain_connection *connection, struct error *error) {
    const enum result result = host_lookup_poll(connection->lookup, &connection->candidate, error);
    if (result == RESULT_FAILED) {
        plain_connection_drop(connection);
    }
    return result == RESULT_OK ? try_candidates(connection, error) : result;
}

static enum result advance_connect(struct plain_connection *connection, struct error *error) {
    struct epoll_event event;
    if (epoll_wait(connection->epoll, &event, 1, 0) <= 0) {
        return RESULT_AGAIN;
    }
    int number = 0;
    socklen_t length = sizeof number;
    if (getsockopt(connection->socket, SOL_SOCKET, SO_ERROR, &number, &length) != 0) {
        number = errno;
    }
    if (number == 0) {
        FAULT("call.connected");
        connection->state = PLAIN_CONNECTION_UP;
        host_lookup_close(connection->lookup);
        connection->lookup = NULL;
        connection->candidate = NULL;
        return RESULT_OK;
    }
    if (connection->candidate == NULL || connection->candidate->ai_next == NULL) {
        return fail(connection, error, number);
    }
    connection->candidate = connection->candidate->ai_next;
    return try_candidates(connection, error);
}

enum result plain_connection_advance(struct plain_connection *connection, int64_t now_ms,
                                     struct error *error) {
    assert(connection->state == PLAIN_CONNECTION_LOOKING_UP ||
           connection->state == PLAIN_CONNECTION_CONNECTING);
    const enum result result = connection->state == PLAIN_CONNECTION_LOOKING_UP
                                   ? advance_lookup(connection, error)
                                   : advance_connect(connection, error);
    if (result == RESULT_AGAIN && now_ms >= connection->deadline_ms) {
        return fail(connection, error, ETIMEDOUT);
    }
    return result;
}

enum result plain_connection_send(struct plain_connection *connection, struct plain_calls *calls,
                                  struct error *error) {
    assert(connection->state == PLAIN_CONNECTION_UP);
    while (calls->queue_head != NULL) {
        struct iovec parts[SEND_AT_ONCE_MAX];
        struct msghdr message = {.msg_iov = parts};
        for (struct plain_call *call = calls->queue_head;
             call != NULL && message.msg_iovlen < SEND_AT_ONCE_MAX; call = call->queue_behind) {
            parts[message.msg_iovlen++] = (struct iovec){
                .iov_base = call->frame + call->sent,
                .iov_len = call->frame_length - call->sent,
            };
        }
        if (FAULT_IS_ARMED("call.half-written")) {
            parts[0].iov_len = (parts[0].iov_len + 1) / 2;
            message.msg_iovlen = 1;
        }
        FAULT("call.before-write");
        const ssize_t taken = sendmsg(connection->socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (taken < 0 && errno == EINTR) {
            continue;
        }
        if (taken < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            break;
        }
        if (taken < 0) {
            return error_set(error, RESULT_FAILED, "the connection to the registry broke: %s",
                             strerror(errno));
        }
        /* The one place where it is known which bytes the kernel has. */
        for (size_t left = (size_t)taken; left > 0;) {
            struct plain_call *call = calls->queue_head;
            const uint32_t open = call->frame_length - call->sent;
            const uint32_t part = left < open ? (uint32_t)left : open;
            plain_calls_sent(calls, call, part);
            left -= part;
        }
        if (calls->queue_head != NULL && calls->queue_head->sent > 0) {
            FAULT("call.half-written");
        } else {
            FAULT("call.written");
        }
    }
    const bool output = calls->queue_head != NULL;
    if (output != connection->watches_output && !watch(connection, output)) {
        return error_set(error, RESULT_FAILED, "epoll_ctl: %s", strerror(errno));
    }
    return RESULT_OK;
}

/* The frame at the beginning of the input, if all of it is there. */
static enum plain_input first_frame(const struct plain_connection *connection, struct bytes *frame,
                                    struct error *error) {
    if (connection->received < PLAIN_LENGTH_BYTES) {
        return PLAIN_INPUT_NOTHING;
    }
    const uint32_t length = plain_frame_length(connection->input);
    if (length == 0 || length > PLAIN_REPLY_MAX) {
        (void)error_set(error, RESULT_FAILED,
                        "the registry began a reply of %u bytes; 1 to %d are possible: what "
                        "listens there does not speak this protocol",
                        length, PLAIN_REPLY_MAX);
        return PLAIN_INPUT_BROKEN;
    }
    if (connection->received < PLAIN_LENGTH_BYTES + length) {
        return PLAIN_INPUT_NOTHING;
    }
    *frame = (struct bytes){.data = connection->input + PLAIN_LENGTH_BYTES, .length = length};
    return PLAIN_INPUT_FRAME;
}

/* Forget the frame that was given out last. */
static void shift(struct plain_connection *connection) {
    const uint32_t used = PLAIN_LENGTH_BYTES + plain_frame_length(connection->input);
    assert(used <= connection->received);
    connection->received -= used;
    memmove(connection->input, connection->input + used, connection->received);
}

enum plain_input plain_connection_receive(struct plain_connection *connection, struct bytes *frame,
                                          struct error *error) {
    assert(connection->state == PLAIN_CONNECTION_UP);
    if (frame->data != NULL) {
        shift(connection);
        frame->data = NULL;
    }
    for (;;) {
        const enum plain_input input = first_frame(connection, frame, error);
        if (input != PLAIN_INPUT_NOTHING) {
            return input;
        }
        assert(connection->received < sizeof connection->input);
        const ssize_t count = recv(connection->socket, connection->input + connection->received,
                                   sizeof connection->input - connection->received, MSG_DONTWAIT);
        if (count > 0) {
            connection->received += (uint32_t)count;
        } else if (count == 0) {
            (void)error_set(error, RESULT_FAILED, "the registry closed the connection%s",
                            connection->received > 0 ? " in the middle of a reply" : "");
            return PLAIN_INPUT_BROKEN;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return PLAIN_INPUT_NOTHING;
        } else if (errno != EINTR) {
            (void)error_set(error, RESULT_FAILED, "the connection to the registry broke: %s",
                            strerror(errno));
            return PLAIN_INPUT_BROKEN;
        }
    }
}
