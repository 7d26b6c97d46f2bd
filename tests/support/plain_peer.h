/* The other end of a plain registry's connection, moved by hand from the test's own thread: it does
 * exactly what the test says, and nothing by itself. Written from PROTOCOL.md, not from our code.
 */
#ifndef MILLRACE_TESTS_PLAIN_PEER_H
#define MILLRACE_TESTS_PLAIN_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plain_peer {
    char directory[64];
    char address[128]; /* as the adapter wants it */
    int listener;      /* -1: nobody listens */
    int socket;        /* the one connection; -1: none */
    uint16_t port;     /* of TCP; 0: a local socket */
};

/* A request as it arrived. */
struct peer_request {
    char submission_id[40];
    int attempt;
    char transaction_id[80];
    char transaction[4096]; /* cut */
};

/* Listens from now on: over TCP on this host, or on a local socket. */
void plain_peer_open(struct plain_peer *peer, bool tcp);
void plain_peer_close(struct plain_peer *peer);
/* Stop listening (a connection stays), and listen again at the same address. */
void plain_peer_stop_listening(struct plain_peer *peer);
void plain_peer_listen(struct plain_peer *peer);

/* Take a connection that waits. False: there is none. */
bool plain_peer_accept(struct plain_peer *peer);
/* Read one whole request that has come. False: none has. */
bool plain_peer_read(struct plain_peer *peer, struct peer_request *request);
/* Send any bytes. */
void plain_peer_send(struct plain_peer *peer, const void *bytes, size_t length);
/* Send a well-formed frame of this text. */
void plain_peer_send_frame(struct plain_peer *peer, const char *text, size_t length);
/* Send the reply `verdict` for a request, in these words. */
void plain_peer_reply(struct plain_peer *peer, const struct peer_request *request,
                      const char *verdict, const char *words);
/* End the connection, calmly or by a reset. */
void plain_peer_hang_up(struct plain_peer *peer, bool reset);
/* Make both socket buffers small, so that a large request does not fit into the kernel. */
void plain_peer_small_buffers(struct plain_peer *peer);

#endif
