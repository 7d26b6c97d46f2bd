/* Bytes of one connection, in the open or by TLS; nothing blocks. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_TRANSPORT_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_TRANSPORT_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "ports/error.h"

/* Who the server is, and whom it lets in. All NULL: no TLS. */
struct mimic_tls_options {
    const char *certificate_file; /* PEM, with those that vouch for it */
    const char *key_file;         /* PEM, without a password */
    const char *client_ca_file;   /* PEM: clients must show a certificate of these; NULL: anybody */
};

/* Only HTTP/2 is agreed to. `context` is NULL without a certificate. INVALID: a file cannot be
 * used; says which. */
enum result mimic_tls_open(const struct mimic_tls_options *options, SSL_CTX **context,
                           struct error *error);

struct mimic_transport {
    int socket;
    SSL *ssl;                /* NULL: in the open */
    bool reading_is_blocked; /* reading, or writing, goes on when the socket takes more */
    bool writing_is_blocked;
};

enum {
    MIMIC_TRANSPORT_AGAIN = -1, /* nothing now */
    MIMIC_TRANSPORT_ENDED = -2,
};

/* Takes over the socket; `context` may be NULL. */
void mimic_transport_open(struct mimic_transport *transport, int socket, SSL_CTX *context);
/* Says no farewell. */
void mimic_transport_close(struct mimic_transport *transport);

/* How many bytes were read or written, more than 0, or why none. */
ssize_t mimic_transport_read(struct mimic_transport *transport, void *bytes, size_t size);
ssize_t mimic_transport_write(struct mimic_transport *transport, const void *bytes, size_t length);

#endif
