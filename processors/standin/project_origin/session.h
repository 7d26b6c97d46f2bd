/* One connection: HTTP/2 with prior knowledge or by TLS, and the calls that are open on it. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_SESSION_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_SESSION_H

#include <nghttp2/nghttp2.h>

#include "standin/project_origin/service.h"
#include "standin/project_origin/transport.h"

enum { MIMIC_PATH_MAX = 256 };

struct mimic_session;

/* A stream of the connection that carries one call. */
struct mimic_call {
    struct mimic_session *session;
    int32_t stream;
    char path[MIMIC_PATH_MAX]; /* what is longer is no method's */
    bool is_grpc;              /* by its content-type */
    bool too_large;
    uint8_t *body;
    size_t size;
    size_t capacity;
    struct mimic_answer answer;
    size_t sent; /* of the answer's bytes */
    struct mimic_call *next;
    struct mimic_call *previous;
};

struct mimic_session {
    struct mimic_transport transport;
    uint64_t number;        /* of the connection: timers name it, for it may be gone by then */
    bool ended;             /* to be closed */
    bool hang_up;           /* to be closed when all output is sent */
    bool is_blocked;        /* epoll was told that it waits until the socket takes more */
    int32_t processed_last; /* the highest stream that was not declared unprocessed */
    int32_t stream_last;    /* what GOAWAY said: calls above it are not looked at any more */
    nghttp2_session *http2;
    struct mimic_call *calls;
    uint8_t *output;
    size_t output_length;
    size_t output_sent;
    /* A request has come to its end. */
    void (*arrived)(void *self, struct mimic_call *call);
    void *self;
    struct mimic_session *next;
};

/* Takes over the socket; `tls` is NULL in the open. */
struct mimic_session *mimic_session_open(int socket, SSL_CTX *tls, uint64_t number,
                                         uint32_t streams_max,
                                         void (*arrived)(void *self, struct mimic_call *call),
                                         void *self);
void mimic_session_close(struct mimic_session *session);

/* Read what has come, and send what waits; either may end the session. */
void mimic_session_receive(struct mimic_session *session);
void mimic_session_flush(struct mimic_session *session);

/* NULL: the call is gone. */
struct mimic_call *mimic_session_call(struct mimic_session *session, int32_t stream);
/* Answer as `call->answer` says. */
void mimic_session_answer(struct mimic_call *call);
/* So many streams at once from now on. */
void mimic_session_limit(struct mimic_session *session, uint32_t streams_max);

#endif
