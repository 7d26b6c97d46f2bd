/* One connection to a plain registry: getting it, and passing bytes both ways without waiting. */
#ifndef MILLRACE_REGISTRY_PLAIN_CONNECTION_H
#define MILLRACE_REGISTRY_PLAIN_CONNECTION_H

#include "outside/host_lookup/host_lookup.h"
#include "outside/registry_plain/address.h"
#include "outside/registry_plain/calls.h"
#include "outside/registry_plain/message.h"
#include "ports/error.h"

enum {
    PLAIN_CONNECT_TIMEOUT_MS = 5000,
};

enum plain_connection_state {
    PLAIN_CONNECTION_CLOSED,
    PLAIN_CONNECTION_LOOKING_UP,
    PLAIN_CONNECTION_CONNECTING,
    PLAIN_CONNECTION_UP,
};

struct plain_connection {
    enum plain_connection_state state;
    struct plain_address address;
    struct host_lookup *lookup;       /* of LOOKING_UP, and while its hosts are tried */
    const struct addrinfo *candidate; /* the host being tried, of TCP */
    int64_t deadline_ms;              /* of LOOKING_UP and CONNECTING */
    int epoll;                        /* holds the socket; lives as long as the connection */
    int socket;                       /* -1: none */
    bool answered;                    /* something came over it */
    bool watches_output;              /* epoll waits for room in the socket, too */
    uint32_t received;                /* bytes in `input` */
    uint8_t input[PLAIN_LENGTH_BYTES + PLAIN_REPLY_MAX];
};

/* What receiving found. */
enum plain_input {
    PLAIN_INPUT_NOTHING, /* no whole frame yet */
    PLAIN_INPUT_FRAME,   /* `frame` is one; valid until the next call */
    PLAIN_INPUT_BROKEN,  /* the connection ended, or what came is no frame; `error` says which */
};

enum result plain_connection_open(struct plain_connection *connection,
                                  const struct plain_address *address, struct error *error);
/* Begin to connect; only when CLOSED. FAILED: it could not, and is CLOSED. */
enum result plain_connection_begin(struct plain_connection *connection, int64_t now_ms,
                                   struct error *error);
/* Go on connecting. OK: UP. AGAIN: not yet. FAILED: nobody could be reached, and it is CLOSED. */
enum result plain_connection_advance(struct plain_connection *connection, int64_t now_ms,
                                     struct error *error);
/* Hand over as much of the queue as the kernel takes; only when UP. FAILED: the connection is
 * broken; what the kernel took before is noted in the calls. */
enum result plain_connection_send(struct plain_connection *connection, struct plain_calls *calls,
                                  struct error *error);
/* The next frame that has come; only when UP. `frame` is empty in the first call of a round and
 * then what the last one gave: with the next call it is forgotten. */
enum plain_input plain_connection_receive(struct plain_connection *connection, struct bytes *frame,
                                          struct error *error);
/* Back to CLOSED. */
void plain_connection_drop(struct plain_connection *connection);
void plain_connection_close(struct plain_connection *connection);

#endif
