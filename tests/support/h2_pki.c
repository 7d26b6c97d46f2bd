#include "tests/support/h2_pki.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAY_S = 86400 };

static void add_extension(X509 *certificate, int name, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, name, value);
    cr_assert_not_null(extension);
    cr_assert_eq(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* `issuer`: NULL for one that vouches for itself. */
static X509 *make_certificate(const char *subject, EVP_PKEY *key, X509 *issuer,
                              EVP_PKEY *issuer_key, const char *alternative, bool expired) {
    static long serial = 1;
    X509 *certificate = X509_new();
    cr_assert_not_null(certificate);
    (void)X509_set_version(certificate, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * DAY_S);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), expired ? -DAY_S : DAY_S);
    (void)X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)subject, -1,
                                     -1, 0);
    (void)X509_set_issuer_name(certificate,
                               X509_get_subject_name(issuer == NULL ? certificate : issuer));
    if (issuer == NULL) {
        add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    }
    if (alternative != NULL) {
        add_extension(certificate, NID_subject_alt_name, alternative);
    }
    cr_assert_gt(X509_sign(certificate, issuer_key, EVP_sha256()), 0);
    return certificate;
}

static FILE *new_file(const struct h2_pki *pki, char path[128], const char *name) {
    (void)snprintf(path, 128, "%s/%s", pki->directory, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    return file;
}

static void write_certificate(const struct h2_pki *pki, char path[128], const char *name,
                              X509 *certificate) {
    FILE *file = new_file(pki, path, name);
    cr_assert_eq(PEM_write_X509(file, certificate), 1);
    (void)fclose(file);
}

static void write_key(const struct h2_pki *pki, char path[128], const char *name, EVP_PKEY *key,
                      const char *password) {
    FILE *file = new_file(pki, path, name);
    cr_assert_eq(PEM_write_PrivateKey(file, key, password == NULL ? NULL : EVP_aes_128_cbc(),
                                      (const unsigned char *)password,
                                      password == NULL ? 0 : (int)strlen(password), NULL, NULL),
                 1);
    (void)fclose(file);
}

void h2_pki_open(struct h2_pki *pki) {
    memset(pki, 0, sizeof *pki);
    (void)snprintf(pki->directory, sizeof pki->directory, "/tmp/millrace-pki-XXXXXX");
    cr_assert_not_null(mkdtemp(pki->directory));
    pki->key = EVP_EC_gen("P-256");
    cr_assert_not_null(pki->key);
    pki->authority = make_certificate("authority", pki->key, NULL, pki->key, NULL, false);
    write_certificate(pki, pki->authority_file, "authority.pem", pki->authority);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *client = make_certificate("client", key, pki->authority, pki->key, NULL, false);
    write_certificate(pki, pki->client_file, "client.pem", client);
    write_key(pki, pki->client_key_file, "client.key", key, NULL);
    write_key(pki, pki->locked_key_file, "locked.key", key, "secret");
    X509_free(client);
    EVP_PKEY_free(key);
}

void h2_pki_close(struct h2_pki *pki) {
    (void)unlink(pki->authority_file);
    (void)unlink(pki->client_file);
    (void)unlink(pki->client_key_file);
    (void)unlink(pki->locked_key_file);
    (void)rmdir(pki->directory);
    X509_free(pki->authority);
    EVP_PKEY_free(pki->key);
}

static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_length,
                           const unsigned char *offered, unsigned int offered_length, void *self) {
    (void)ssl;
    const struct h2_pki_server *server = self;
    const size_t length = strlen(server->protocol);
    for (unsigned int at = 0; at < offered_length; at += 1 + offered[at]) {
        if (offered[at] == length && memcmp(offered + at + 1, server->protocol, length) == 0) {
            *chosen = offered + at + 1;
            *chosen_length = offered[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

SSL_CTX *h2_pki_serve(const struct h2_pki *pki, const struct h2_pki_server *server) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    cr_assert(context != NULL && key != NULL);
    X509 *certificate =
        make_certificate("server", key, pki->authority, pki->key, server->name, server->expired);
    cr_assert_eq(SSL_CTX_use_certificate(context, certificate), 1);
    cr_assert_eq(SSL_CTX_use_PrivateKey(context, key), 1);
    (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE);
    if (server->protocol != NULL) {
        SSL_CTX_set_alpn_select_cb(context, choose_protocol, (void *)server);
    }
    if (server->wants_certificate) {
        cr_assert_eq(SSL_CTX_load_verify_locations(context, pki->authority_file, NULL), 1);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}
