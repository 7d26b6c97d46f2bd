/* One HTTP/2 connection: getting it, the calls that are out on it, and its end. */
#ifndef MILLRACE_OUTSIDE_GRPC_CONNECTION_H
#define MILLRACE_OUTSIDE_GRPC_CONNECTION_H

#include <nghttp2/nghttp2.h>

#include "outside/grpc/call.h"
#include "outside/grpc/output.h"
#include "outside/grpc/socket.h"
#include "outside/host_lookup/host_lookup.h"

/* What the connections of one client share. */
struct grpc_setup {
    struct grpc_address address;
    SSL_CTX *tls; /* NULL: none */
    int epoll;    /* holds the sockets of all */
    uint32_t reply_bytes_max;
    struct grpc_calls calls;
};

enum grpc_connection_state {
    GRPC_CONNECTION_LOOKING_UP,
    GRPC_CONNECTION_CONNECTING,
    GRPC_CONNECTION_SHAKING_HANDS, /* of TLS */
    GRPC_CONNECTION_GREETING,      /* HTTP/2: until the server's settings are known */
    GRPC_CONNECTION_UP,
};

struct grpc_connection {
    struct grpc_setup *setup;
    enum grpc_connection_state state;
    struct host_lookup *lookup;       /* until it is connected */
    const struct addrinfo *candidate; /* the host being tried */
    int64_t deadline_ms;              /* to be UP */
    struct grpc_socket socket;
    uint32_t watched;         /* what epoll waits for; 0: the socket is not in it */
    nghttp2_session *session; /* of GREETING and UP */
    struct grpc_line out;     /* its calls, in the order of their streams */
    uint32_t streams;         /* as nghttp2 counts them: those that are being reset, too */
    bool settled;             /* the server's settings have come */
    bool retired;             /* takes no more calls, and ends with its last one */
    bool answered;            /* headers of an answer came over it */
    bool pinged;              /* since anything was heard last */
    bool input_left;          /* there may be more to read, of which epoll does not know */
    int64_t heard_ms;         /* when anything came last, or the first call was taken after none */
    int64_t pinged_ms;
    uint32_t block_bytes; /* of the header block that is being read */
    char wrong[256];      /* what nghttp2 or its callbacks found wrong; empty: nothing */
    struct grpc_output output;
};

enum grpc_room {
    GRPC_ROOM_YES,
    GRPC_ROOM_STREAMS, /* all streams that the server allows are taken */
    GRPC_ROOM_LATER,   /* the kernel or the server's window must take something first */
    GRPC_ROOM_NEVER,   /* not UP, or retired */
};

/* Begins to connect. FAILED: it could not. */
enum result grpc_connection_open(struct grpc_setup *setup, int64_t now_ms,
                                 struct grpc_connection **connection, struct error *error);
/* No call is out any more. */
void grpc_connection_close(struct grpc_connection *connection);

/* Goes on connecting, or takes what has come. FAILED: it is over. */
enum result grpc_connection_receive(struct grpc_connection *connection, int64_t now_ms,
                                    struct error *error);
/* Hands over as much as the kernel takes. FAILED: it is over. */
enum result grpc_connection_send(struct grpc_connection *connection, struct error *error);
/* Asks a server that is silent whether it is there. FAILED: it is not, or did not come UP in time.
 */
enum result grpc_connection_tick(struct grpc_connection *connection, int64_t now_ms,
                                 struct error *error);
/* When `tick` has something to do; INT64_MAX: never. */
int64_t grpc_connection_deadline_ms(const struct grpc_connection *connection, int64_t now_ms);

/* Can it take this call now? */
enum grpc_room grpc_connection_room(const struct grpc_connection *connection,
                                    const struct grpc_call *call);
/* Give a call that waits its stream, and make its frames; there is room. FAILED: it is over. */
enum result grpc_connection_take(struct grpc_connection *connection, struct grpc_call *call,
                                 int64_t now_ms, struct error *error);
/* Was any byte of this call, which is out on it, handed over? */
bool grpc_connection_handed(const struct grpc_connection *connection, const struct grpc_call *call);
/* A call of which no byte was handed over, and all behind it, become the first that wait. The
 * connection retires, since its other end will never know of their streams. */
void grpc_connection_take_back(struct grpc_connection *connection, struct grpc_call *call);
/* End a call that is out. `words`: NULL for those of its answer. */
void grpc_connection_end_call(struct grpc_connection *connection, struct grpc_call *call,
                              enum grpc_outcome outcome, const char *words);
/* The same, and reset its stream: nothing more of it is sent but what has begun. */
void grpc_connection_cancel_call(struct grpc_connection *connection, struct grpc_call *call,
                                 enum grpc_outcome outcome, const char *words);

/* The session of nghttp2 (session.c): begins the greeting. FAILED: no memory. */
enum result grpc_session_open(struct grpc_connection *connection, struct error *error);
/* FAILED: what came is no HTTP/2. */
enum result grpc_session_receive(struct grpc_connection *connection, const uint8_t *bytes,
                                 size_t length, struct error *error);
/* Makes frames into the output, as long as there are any and room. */
enum result grpc_session_make_frames(struct grpc_connection *connection, struct error *error);
/* Opens the stream of a call. AGAIN: there can be no more on this connection. FAILED: it is over.
 */
enum result grpc_session_take(struct grpc_connection *connection, struct grpc_call *call,
                              int64_t timeout_ms, struct error *error);
/* Frames were dropped from the output: say anew where those of each call lie. */
void grpc_session_note_frames(struct grpc_connection *connection);
void grpc_session_ping(struct grpc_connection *connection);

#endif
