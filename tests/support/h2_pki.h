/* Certificates made on the fly, and servers of TLS that show them. */
#ifndef MILLRACE_TESTS_H2_PKI_H
#define MILLRACE_TESTS_H2_PKI_H

#include <openssl/ssl.h>
#include <stdbool.h>

/* One authority, in a directory of its own, and who it vouches for. */
struct h2_pki {
    char directory[64];
    char authority_file[128];
    char client_file[128];     /* a client's certificate */
    char client_key_file[128]; /* and its key */
    char locked_key_file[128]; /* the same key, with a password */
    EVP_PKEY *key;             /* the authority's */
    X509 *authority;
};

void h2_pki_open(struct h2_pki *pki);
void h2_pki_close(struct h2_pki *pki);

struct h2_pki_server {
    const char *name;     /* "DNS:localhost", "IP:127.0.0.1" */
    const char *protocol; /* what it agrees to by ALPN; NULL: it does not know ALPN */
    bool expired;
    bool wants_certificate; /* of its clients */
};

/* The caller frees it. `server` must outlive it. */
SSL_CTX *h2_pki_serve(const struct h2_pki *pki, const struct h2_pki_server *server);

#endif
