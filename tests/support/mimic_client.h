/* A client of gRPC that hides nothing: what came of a call, frame by frame. */
#ifndef MILLRACE_TESTS_MIMIC_CLIENT_H
#define MILLRACE_TESTS_MIMIC_CLIENT_H

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MIMIC_CALLS_MAX = 16, MIMIC_BODY_BYTES_MAX = 16384, MIMIC_REPLY_MAX = 65536 };

#define MIMIC_METHOD(name) "/project_origin.registry.v1.RegistryService/" name

struct mimic_client_call {
    int32_t stream;
    uint8_t request[MIMIC_BODY_BYTES_MAX];
    size_t length;
    size_t sent;
    int http_status; /* 0: no headers came */
    int grpc_status; /* -1: none came */
    char grpc_message[256];
    int headers; /* blocks of them: 1 where there are trailers only */
    uint8_t body[MIMIC_REPLY_MAX];
    size_t size;
    bool closed;
    uint32_t code; /* of RST_STREAM, or NGHTTP2_NO_ERROR */
};

struct mimic_client {
    int socket;
    SSL *ssl;     /* NULL: in the open */
    bool lost;    /* the connection is gone */
    bool goodbye; /* it ended as TLS wants it: with a farewell */
    bool corked;  /* calls are kept, to be sent with the first that is started without */
    bool goaway;
    int32_t goaway_last;
    nghttp2_session *http2;
    uint8_t output[MIMIC_CALLS_MAX * MIMIC_BODY_BYTES_MAX];
    struct mimic_client_call calls[MIMIC_CALLS_MAX];
    uint32_t calls_count;
};

/* Connect to unix:/path; `tls` is NULL in the open. */
void mimic_client_open(struct mimic_client *client, const char *address, SSL_CTX *tls);
void mimic_client_close(struct mimic_client *client);

/* Begin a call with a body as it is; it is sent when this returns, if the peer lets it. */
struct mimic_client_call *mimic_client_start(struct mimic_client *client, const char *path,
                                             const char *content_type, const uint8_t *body,
                                             size_t length);
/* Until the call has ended, the connection is gone, or so much time is over: false. */
bool mimic_client_wait(struct mimic_client *client, const struct mimic_client_call *call,
                       int64_t timeout_ms);

#endif
