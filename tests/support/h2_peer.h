/* A server's end of HTTP/2, moved by hand from the test's own thread: it sends the frames that the
 * test says, right or wrong, and nothing by itself. Frames are written from RFC 9113 and headers
 * from RFC 7541 (as literals); only to read headers it uses nghttp2. */
#ifndef MILLRACE_TESTS_H2_PEER_H
#define MILLRACE_TESTS_H2_PEER_H

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    H2_DATA = 0,
    H2_HEADERS = 1,
    H2_RST_STREAM = 3,
    H2_SETTINGS = 4,
    H2_PUSH_PROMISE = 5,
    H2_PING = 6,
    H2_GOAWAY = 7,
    H2_WINDOW_UPDATE = 8,
    H2_CONTINUATION = 9,
    H2_END_STREAM = 1,
    H2_ACK = 1,
    H2_END_HEADERS = 4,
    H2_ALL_STREAMS = 1 << 30,
    H2_NOT_SAID = -1,
};

struct h2_peer {
    int listener; /* -1: nobody listens */
    uint16_t port;
    SSL_CTX *tls; /* of connections that are taken; NULL: none. The test's own */
};

/* A request as it came. */
struct h2_request {
    int32_t stream_id;
    char headers[2048]; /* "name: value\n" each, in the order they came */
    uint32_t length;    /* bytes of DATA */
    uint8_t data[70000];
};

enum { H2_OPEN_MAX = 64, H2_INPUT_BYTES = 1 << 20 };

/* One connection. */
struct h2_link {
    int socket; /* -1: none */
    SSL *ssl;
    nghttp2_hd_inflater *inflater;
    bool greeted; /* the client's preface was read */
    bool ended;   /* the client ended the connection */
    uint32_t received;
    uint8_t *input;
    struct h2_request *open[H2_OPEN_MAX]; /* requests that are not whole yet */
    uint32_t settings;                    /* frames of the client's so far, by type */
    uint32_t pings;
    uint32_t resets;
    uint32_t reset_code; /* of the last one */
    int32_t reset_stream_id;
    uint32_t goaways;
    uint32_t window_updates;
};

/* Listens from now on, on a port of this host's. */
void h2_peer_open(struct h2_peer *peer);
void h2_peer_close(struct h2_peer *peer);
/* Stop listening (connections stay), and listen again at the same port. */
void h2_peer_stop_listening(struct h2_peer *peer);
void h2_peer_listen(struct h2_peer *peer);
/* Take a connection that waits. False: there is none. */
bool h2_peer_accept(struct h2_peer *peer, struct h2_link *link);

/* Read what has come. */
void h2_link_read(struct h2_link *link);
/* Read, and give out one request that is whole now. False: none is. */
bool h2_link_request(struct h2_link *link, struct h2_request *request);
/* Read, and say whether headers of this stream have come. */
bool h2_link_has_begun(struct h2_link *link, int32_t stream_id);
bool h2_request_has(const struct h2_request *request, const char *line);

void h2_link_send(struct h2_link *link, const void *bytes, size_t length);
void h2_link_frame(struct h2_link *link, uint8_t type, uint8_t flags, int32_t stream_id,
                   const void *payload, size_t length);
/* Settings, with H2_NOT_SAID for what is not said. */
void h2_link_settings(struct h2_link *link, int64_t streams_max, int64_t window);
/* Headers: names and values in turns, then NULL. */
void h2_link_headers(struct h2_link *link, uint8_t flags, int32_t stream_id, ...);
/* A message of gRPC in one DATA frame. */
void h2_link_message(struct h2_link *link, int32_t stream_id, const char *message);
/* A whole answer with status OK. */
void h2_link_reply(struct h2_link *link, int32_t stream_id, const char *message);
/* Nothing but a status, in one block of headers. */
void h2_link_status(struct h2_link *link, int32_t stream_id, const char *status,
                    const char *message);
void h2_link_reset(struct h2_link *link, int32_t stream_id, uint32_t code);
void h2_link_goaway(struct h2_link *link, int32_t last_stream_id, uint32_t code);
void h2_link_window(struct h2_link *link, int32_t stream_id, uint32_t more);
/* End the connection, calmly or by a reset. */
void h2_link_hang_up(struct h2_link *link, bool reset);
/* Make the buffers of the kernel small on this side; before the client connects. */
void h2_peer_small_buffers(struct h2_peer *peer);

#endif
