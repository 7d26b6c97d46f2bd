#include "tests/support/plain_peer.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A name asks the resolver, whose thread ThreadSanitizer does not know: it would crash there. */
#ifdef __SANITIZE_THREAD__
static const char loopback[] = "127.0.0.1";
#else
static const char loopback[] = "localhost";
#endif

static void listen_local(struct plain_peer *peer) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", peer->directory);
    (void)unlink(address.sun_path);
    peer->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(peer->listener, (const struct sockaddr *)&address, sizeof address), 0);
}

static void listen_tcp(struct plain_peer *peer) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(peer->port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    (void)setsockopt(peer->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    cr_assert_eq(bind(peer->listener, (const struct sockaddr *)&address, sizeof address), 0);
    socklen_t length = sizeof address;
    cr_assert_eq(getsockname(peer->listener, (struct sockaddr *)&address, &length), 0);
    peer->port = ntohs(address.sin_port);
}

void plain_peer_listen(struct plain_peer *peer) {
    if (peer->directory[0] == '\0') {
        listen_tcp(peer);
    } else {
        listen_local(peer);
    }
    cr_assert_geq(peer->listener, 0);
    cr_assert_eq(listen(peer->listener, 8), 0);
}

void plain_peer_open(struct plain_peer *peer, bool tcp) {
    *peer = (struct plain_peer){.listener = -1, .socket = -1};
    if (!tcp) {
        (void)snprintf(peer->directory, sizeof peer->directory, "/tmp/millrace-peer-XXXXXX");
        cr_assert_not_null(mkdtemp(peer->directory));
    }
    plain_peer_listen(peer);
    if (tcp) {
        (void)snprintf(peer->address, sizeof peer->address, "%s:%u", loopback, peer->port);
    } else {
        (void)snprintf(peer->address, sizeof peer->address, "unix:%s/socket", peer->directory);
    }
}

void plain_peer_stop_listening(struct plain_peer *peer) {
    (void)close(peer->listener);
    peer->listener = -1;
}

void plain_peer_close(struct plain_peer *peer) {
    if (peer->listener >= 0) {
        plain_peer_stop_listening(peer);
    }
    if (peer->socket >= 0) {
        plain_peer_hang_up(peer, false);
    }
    if (peer->directory[0] != '\0') {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/socket", peer->directory);
        (void)unlink(path);
        (void)rmdir(peer->directory);
    }
}

bool plain_peer_accept(struct plain_peer *peer) {
    cr_assert_lt(peer->socket, 0, "only one connection is expected at a time");
    peer->socket = accept4(peer->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return peer->socket >= 0;
}

/* Look at what has come without taking it: a request is taken whole or not at all. */
bool plain_peer_read(struct plain_peer *peer, struct peer_request *request) {
    static uint8_t bytes[4 + 262144];
    const ssize_t count = recv(peer->socket, bytes, sizeof bytes, MSG_PEEK);
    if (count < 4) {
        return false;
    }
    const size_t length =
        (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | (size_t)bytes[3];
    if ((size_t)count < 4 + length) {
        return false;
    }
    cr_assert_eq(recv(peer->socket, bytes, 4 + length, 0), (ssize_t)(4 + length));
    memset(request, 0, sizeof *request);
    char *text = (char *)bytes + 4;
    char *end = memchr(text, '\n', length);
    cr_assert_not_null(end);
    *end = '\0';
    cr_assert_eq(sscanf(text, "send %36s %d %64s", request->submission_id, &request->attempt,
                        request->transaction_id),
                 3, "\"%s\"", text);
    const size_t rest = length - (size_t)(end + 1 - text);
    memcpy(request->transaction, end + 1,
           rest < sizeof request->transaction ? rest : sizeof request->transaction - 1);
    return true;
}

void plain_peer_send(struct plain_peer *peer, const void *bytes, size_t length) {
    cr_assert_eq(send(peer->socket, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

void plain_peer_send_frame(struct plain_peer *peer, const char *text, size_t length) {
    const uint8_t head[] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16),
                            (uint8_t)(length >> 8), (uint8_t)length};
    plain_peer_send(peer, head, sizeof head);
    plain_peer_send(peer, text, length);
}

void plain_peer_reply(struct plain_peer *peer, const struct peer_request *request,
                      const char *verdict, const char *words) {
    char text[8192];
    const int length =
        snprintf(text, sizeof text, "%s %s %d %s\n%s", verdict, request->submission_id,
                 request->attempt, request->transaction_id, words);
    plain_peer_send_frame(peer, text, (size_t)length);
}

void plain_peer_hang_up(struct plain_peer *peer, bool reset) {
    if (reset) {
        const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(peer->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    (void)close(peer->socket);
    peer->socket = -1;
}

void plain_peer_small_buffers(struct plain_peer *peer) {
    const int size = 4096;
    (void)setsockopt(peer->listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}
