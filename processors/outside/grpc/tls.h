/* TLS under HTTP/2: whom we trust, who we are, and the name that a server must prove. */
#ifndef MILLRACE_OUTSIDE_GRPC_TLS_H
#define MILLRACE_OUTSIDE_GRPC_TLS_H

#include <openssl/ssl.h>

#include "outside/grpc/address.h"
#include "outside/grpc/grpc.h"

/* What the connections of one client share. INVALID: a file cannot be used, says which. */
enum result grpc_tls_open(const struct grpc_options *options, SSL_CTX **context,
                          struct error *error);
void grpc_tls_close(SSL_CTX *context); /* NULL: nothing happens */

/* TLS over a connected socket, before its handshake; the certificate must be made out to the
 * address. `*fd` must stay where it is. NULL: no memory. */
SSL *grpc_tls_begin(SSL_CTX *context, const struct grpc_address *address, int *fd);

/* Why OpenSSL does not go on, behind a call of its that failed with `code` (SSL_get_error). */
enum result grpc_tls_failed(SSL *ssl, int code, struct error *error);

#endif
