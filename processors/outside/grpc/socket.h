/* One socket, with or without TLS, that never waits; and which bytes it has taken. */
#ifndef MILLRACE_OUTSIDE_GRPC_SOCKET_H
#define MILLRACE_OUTSIDE_GRPC_SOCKET_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "outside/grpc/address.h"
#include "ports/error.h"

struct grpc_socket {
    int fd;   /* -1: none */
    SSL *ssl; /* NULL: no TLS, or not yet */
    /* Bytes that OpenSSL has taken into a record which the kernel does not take whole: the same
     * must be given to it again. They are handed over; it cannot be told how far they came. */
    uint32_t in_record;
    bool write_wants_output; /* writing or connecting goes on when the kernel has room */
    bool read_wants_output;  /* so does reading: TLS has to say something first */
};

/* OK: it happened. AGAIN: not now. FAILED: the connection has ended, `error` says how. */

/* Begin to connect. FAILED: errno says why. */
enum result grpc_socket_begin(struct grpc_socket *self, const struct sockaddr *address,
                              socklen_t length, int family);
/* FAILED: errno says why. */
enum result grpc_socket_connected(struct grpc_socket *self);
/* The handshake of TLS; behind the first call `ssl` is there. */
enum result grpc_socket_shake_hands(struct grpc_socket *self, SSL_CTX *context,
                                    const struct grpc_address *address, struct error *error);
/* `*count` > 0 bytes came. */
enum result grpc_socket_read(struct grpc_socket *self, uint8_t *bytes, size_t size, size_t *count,
                             struct error *error);
/* `*taken` bytes are sent, and `in_record` more handed over. */
enum result grpc_socket_write(struct grpc_socket *self, const uint8_t *bytes, size_t length,
                              size_t *taken, struct error *error);
void grpc_socket_close(struct grpc_socket *self);

#endif
