/* Unary gRPC calls over HTTP/2: bytes out, bytes back, and whether any byte of a call ever left.
 * It knows nothing of what is said, and never says anything twice: a call is one stream, once. */
#ifndef MILLRACE_OUTSIDE_GRPC_H
#define MILLRACE_OUTSIDE_GRPC_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"
#include "ports/clock.h"
#include "ports/error.h"
#include "ports/logger.h"

/* All limits of this room. A client holds at most, besides its calls: for each connection
 * GRPC_OUTPUT_BYTES, what nghttp2 and OpenSSL need, and for each of its streams a reply and words;
 * for calls that have ended and were not fetched, the same (then no more is read). */
enum {
    GRPC_CONNECTIONS_MAX = 16,        /* that take calls; as many may be on their way out */
    GRPC_STREAMS_MAX = 1000,          /* of one connection, whatever its server allows */
    GRPC_CALLS_MAX = 1 << 20,         /* started and not fetched */
    GRPC_UNFETCHED_MAX = 1024,        /* ended calls behind which nothing more is read */
    GRPC_MESSAGE_BYTES_MAX = 4 << 20, /* of a request */
    GRPC_WORDS_MAX = 1024,            /* of an outcome's words; what is longer is cut */
    GRPC_HEADER_BYTES_MAX = 16384,    /* names and values of all headers and trailers of a reply */
    GRPC_HEADER_BLOCK_BYTES_MAX =
        262144,                        /* likewise, whoever they are for: more ends a connection */
    GRPC_REPLY_WINDOW_BYTES = 1 << 20, /* that a server may send ahead, of one reply */
    GRPC_CONNECTION_WINDOW_BYTES = 4 << 20, /* and of all on a connection; they are taken at once */
    GRPC_OUTPUT_BYTES = 65536,      /* made for a connection, and not yet taken by the kernel */
    GRPC_CONNECT_TIMEOUT_MS = 5000, /* until the server has said its settings */
    GRPC_PING_AFTER_MS = 20000,     /* of silence while a call is out */
    GRPC_PING_TIMEOUT_MS = 10000,   /* for the answer to it, or anything else */
    GRPC_BACK_OFF_FIRST_MS = 100,   /* after a connection that came to nothing; doubled each time */
    GRPC_BACK_OFF_MAX_MS = 5000,    /* the upper half of it is left to chance */
};

/* The strings must live as long as the client. */
struct grpc_options {
    const char *address;              /* `http://host:port` or `https://host:port` */
    const char *tls_ca_file;          /* PEM, whom we trust; NULL: whom the system trusts */
    const char *tls_certificate_file; /* PEM, ours with those that vouch for it; NULL: none */
    const char *tls_key_file;         /* PEM, without a password; only with a certificate */
    uint32_t connections_max;         /* 1 to GRPC_CONNECTIONS_MAX */
    uint32_t reply_bytes_max;         /* of one reply */
    uint64_t seed;                    /* of the back-off's chance; another one for each client */
    const struct clock *clock;        /* only the monotonic one is asked */
    struct logger logger;
};

enum grpc_outcome {
    GRPC_OUTCOME_REPLY,       /* status OK and exactly one whole message */
    GRPC_OUTCOME_STATUS,      /* any other status, as the server or something before it says */
    GRPC_OUTCOME_NOT_HANDED,  /* no byte was handed to the kernel, and none ever will be */
    GRPC_OUTCOME_UNPROCESSED, /* the protocol says that the server did nothing with it:
                                 REFUSED_STREAM, or GOAWAY below our stream */
    GRPC_OUTCOME_BROKEN,      /* reset, cut, or no well-formed answer */
    GRPC_OUTCOME_TIMED_OUT,   /* nothing whole by the deadline */
};

/* How a call ended. `words` and `reply` are valid until the next `grpc_next` or `grpc_close`. */
struct grpc_completion {
    void *context; /* as it was started with */
    enum grpc_outcome outcome;
    bool handed;         /* at least one byte of it was handed to the kernel, or to OpenSSL */
    uint32_t status;     /* REPLY: 0. STATUS: enum grpc_status, or a number beyond it */
    int32_t http_status; /* 0: no header of an answer came. STATUS with another one than 200 and
                            `status_is_http`: the status was only derived from it */
    bool status_is_http;
    struct text
        words; /* the server's, or ours about what went wrong; UTF-8, no control characters */
    struct bytes reply; /* REPLY: the message */
};

/* One server, for one thread at a time; nothing blocks. */
struct grpc_client;
struct grpc_call;

/* Contacts nobody yet. INVALID: the address is none, or a file cannot be used; says which. */
enum result grpc_open(const struct grpc_options *options, struct grpc_client **client,
                      struct error *error);

/* Begin the one attempt; its bytes leave with the next `grpc_poll`. It waits in line for a stream
 * of a connection, also while a connection is made and backed off; where none can be had it is not
 * handed. `path`: "/package.Service/Method", constant text that outlives the client. `message` is
 * copied. The call may be named until its completion is fetched or it is withdrawn. */
struct grpc_call *grpc_call_start(struct grpc_client *client, const char *path,
                                  struct bytes message, int64_t deadline_ms, void *context);

/* Destroy a call of which no byte was handed over. True: it is gone, never will be sent, and has no
 * completion. False: too late. */
bool grpc_call_withdraw(struct grpc_client *client, struct grpc_call *call);

/* Moves everything on, without waiting. */
void grpc_poll(struct grpc_client *client);

/* The next call that has ended; each is given out once. False: none. */
bool grpc_next(struct grpc_client *client, struct grpc_completion *completion);

/* Calls started, neither fetched nor withdrawn. */
uint32_t grpc_calls_out(const struct grpc_client *client);

/* When there is work for `grpc_poll` or `grpc_next`, the one is readable or the other has passed
 * (monotonic; INT64_MAX: never). The descriptor stays the same. */
int grpc_wait_fd(const struct grpc_client *client);
int64_t grpc_next_deadline_ms(const struct grpc_client *client);

/* Ends the connections. What was handed over may still be done, and nobody hears of it. */
void grpc_close(struct grpc_client *client);

/* Connect until the server has said its settings, say nothing more, and end the connection; takes
 * GRPC_CONNECT_TIMEOUT_MS at most. INVALID: as by `grpc_open`. FAILED: nobody is there who speaks
 * HTTP/2 and is believed, `error` says why. */
enum result grpc_reach(const struct grpc_options *options, struct error *error);

#endif
