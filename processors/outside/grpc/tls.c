#include "outside/grpc/tls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

/* The wire form of the one protocol that we speak. */
static const unsigned char alpn[] = {2, 'h', '2'};

/* OpenSSL's own socket BIO raises SIGPIPE when the server has gone; this one does not. */
static int bio_write(BIO *bio, const char *data, int length) {
    const int *fd = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    const ssize_t taken = send(*fd, data, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        BIO_set_retry_write(bio);
    }
    return (int)taken;
}

static int bio_read(BIO *bio, char *data, int length) {
    const int *fd = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    const ssize_t count = recv(*fd, data, (size_t)length, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        BIO_set_retry_read(bio);
    }
    return (int)count;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *bio_method;
static pthread_once_t bio_once = PTHREAD_ONCE_INIT;

static void make_bio_method(void) {
    bio_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quiet socket");
    assert(bio_method != NULL);
    (void)BIO_meth_set_write(bio_method, bio_write);
    (void)BIO_meth_set_read(bio_method, bio_read);
    (void)BIO_meth_set_ctrl(bio_method, bio_control);
}

/* A key with a password would be asked for at the terminal. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is OpenSSL's */
static int no_password(char *buffer, int size, int for_writing, void *context) {
    (void)buffer;
    (void)size;
    (void)for_writing;
    (void)context;
    return -1;
}

static const char *openssl_words(char words[256]) {
    const unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);
    if (code == 0) {
        return "no reason given";
    }
    if (reason != NULL) {
        return reason;
    }
    ERR_error_string_n(code, words, 256);
    return words;
}

static enum result unusable(const char *what, const char *file, struct error *error) {
    char words[256];
    return error_set(error, RESULT_INVALID, "%s \"%.200s\" cannot be used: %s", what, file,
                     openssl_words(words));
}

static enum result load_files(SSL_CTX *context, const struct grpc_options *options,
                              struct error *error) {
    ERR_clear_error();
    if (options->tls_ca_file == NULL) {
        if (SSL_CTX_set_default_verify_paths(context) != 1) {
            return unusable("the system's certificates of authorities", "", error);
        }
    } else if (SSL_CTX_load_verify_locations(context, options->tls_ca_file, NULL) != 1) {
        return unusable("the file of authorities", options->tls_ca_file, error);
    }
    if (options->tls_certificate_file == NULL) {
        return RESULT_OK;
    }
    if (SSL_CTX_use_certificate_chain_file(context, options->tls_certificate_file) != 1) {
        return unusable("the client certificate", options->tls_certificate_file, error);
    }
    if (SSL_CTX_use_PrivateKey_file(context, options->tls_key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return unusable("the client certificate's key", options->tls_key_file, error);
    }
    return RESULT_OK;
}

enum result grpc_tls_open(const struct grpc_options *options, SSL_CTX **context,
                          struct error *error) {
    assert(options != NULL && context != NULL);
    if ((options->tls_certificate_file == NULL) != (options->tls_key_file == NULL)) {
        return error_set(error, RESULT_INVALID,
                         "a client certificate needs its key, and a key its certificate");
    }
    (void)pthread_once(&bio_once, make_bio_method);
    SSL_CTX *made = SSL_CTX_new(TLS_client_method());
    if (made == NULL) {
        return error_set(error, RESULT_FAILED, "no memory for TLS");
    }
    (void)SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION);
    (void)SSL_CTX_set_options(made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    (void)SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                     SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(made, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_default_passwd_cb(made, no_password);
    const int refused = SSL_CTX_set_alpn_protos(made, alpn, sizeof alpn);
    assert(refused == 0);
    const enum result result = load_files(made, options, error);
    if (result != RESULT_OK) {
        SSL_CTX_free(made);
        return result;
    }
    *context = made;
    return RESULT_OK;
}

void grpc_tls_close(SSL_CTX *context) {
    SSL_CTX_free(context);
}

static bool is_digits(const char *host) {
    struct in6_addr ignored;
    return inet_pton(AF_INET, host, &ignored) == 1 || inet_pton(AF_INET6, host, &ignored) == 1;
}

SSL *grpc_tls_begin(SSL_CTX *context, const struct grpc_address *address, int *fd) {
    assert(context != NULL && *fd >= 0);
    SSL *ssl = SSL_new(context);
    BIO *bio = BIO_new(bio_method);
    if (ssl == NULL || bio == NULL) {
        SSL_free(ssl);
        (void)BIO_free(bio);
        return NULL;
    }
    BIO_set_data(bio, fd);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_connect_state(ssl);
    /* SNI is for names only (RFC 6066, 3). */
    const bool named = is_digits(address->host)
                           ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), address->host) == 1
                           : SSL_set1_host(ssl, address->host) == 1 &&
                                 SSL_set_tlsext_host_name(ssl, address->host) == 1;
    if (!named) {
        SSL_free(ssl);
        return NULL;
    }
    return ssl;
}

static const char *trust_advice(long code) {
    switch (code) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "it is made out to another name; use the one that is on it in the address, or have "
               "one made for this name";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return "nobody whom we trust vouches for it; put the certificate of who does into the file "
               "of authorities";
    default:
        return X509_verify_cert_error_string(code);
    }
}

enum result grpc_tls_failed(SSL *ssl, int code, struct error *error) {
    const long trust = SSL_get_verify_result(ssl);
    char words[256];
    if (trust != X509_V_OK) {
        return error_set(error, RESULT_FAILED, "the server's certificate is not accepted: %s",
                         trust_advice(trust));
    }
    if (code == SSL_ERROR_ZERO_RETURN) {
        return error_set(error, RESULT_FAILED, "the server ended the connection");
    }
    if (code == SSL_ERROR_SYSCALL || ERR_peek_last_error() == 0) {
        return error_set(error, RESULT_FAILED, "the connection broke under TLS: %s",
                         errno == 0 ? "it was cut" : strerror(errno));
    }
    return error_set(error, RESULT_FAILED, "TLS failed: %s", openssl_words(words));
}
