/* A small HTTP server for pages that are made when somebody asks: of metrics and of health. */
#ifndef MILLRACE_OUTSIDE_HTTP_SERVER_H
#define MILLRACE_OUTSIDE_HTTP_SERVER_H

#include <stdint.h>
#include <stdio.h>

#include "ports/error.h"
#include "ports/logger.h"

enum {
    HTTP_SERVER_CONNECTIONS_MAX = 32,
    HTTP_SERVER_IDLE_S = 10, /* a connection on which nothing moves for this long is closed */
    HTTP_SERVER_ADDRESS_MAX = 128,
};

struct http_page {
    const char *path; /* "/metrics" */
    const char *content_type;
    /* Write the body; returns the status, 200 or 503. From the server's own thread. */
    unsigned (*write)(void *self, FILE *out);
};

struct http_server_options {
    const char *listen; /* host:port, [host]:port for IPv6; port 0: any that is free */
    const struct http_page *pages;
    uint32_t pages_count;
    void *self; /* of all pages */
    struct logger logger;
};

struct http_server;

/* It answers from then on, in a thread of its own. What `options` point to must outlive it.
 * INVALID: the address cannot be read, or is taken; `error` says what to do. */
enum result http_server_open(const struct http_server_options *options, struct http_server **server,
                             struct error *error);
/* No page is being made any more when it returns. */
void http_server_close(struct http_server *server);

/* Where it listens: host:port, with the port that it got. */
const char *http_server_address(const struct http_server *server);

#endif
