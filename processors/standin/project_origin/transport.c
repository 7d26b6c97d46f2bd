#include "standin/project_origin/transport.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *length,
                           const unsigned char *offered, unsigned offered_length, void *self) {
    static const unsigned char h2[] = {2, 'h', '2'};
    unsigned char *found;
    (void)ssl;
    (void)self;
    if (SSL_select_next_proto(&found, length, h2, sizeof h2, offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

static enum result refuse(const char *file, struct error *error) {
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return error_set(error, RESULT_INVALID, "%.200s cannot be used for TLS: %.200s", file,
                     reason == NULL ? "OpenSSL does not say why" : reason);
}

static enum result use_files(const struct mimic_tls_options *options, SSL_CTX *context,
                             struct error *error) {
    if (SSL_CTX_use_certificate_chain_file(context, options->certificate_file) != 1) {
        return refuse(options->certificate_file, error);
    }
    if (SSL_CTX_use_PrivateKey_file(context, options->key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return refuse(options->key_file, error);
    }
    if (options->client_ca_file != NULL) {
        if (SSL_CTX_load_verify_locations(context, options->client_ca_file, NULL) != 1) {
            return refuse(options->client_ca_file, error);
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return RESULT_OK;
}

enum result mimic_tls_open(const struct mimic_tls_options *options, SSL_CTX **out,
                           struct error *error) {
    *out = NULL;
    if (options->certificate_file == NULL) {
        return RESULT_OK;
    }
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert(context != NULL && options->key_file != NULL);
    (void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    (void)SSL_CTX_set_mode(context,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    ERR_clear_error();
    if (use_files(options, context, error) != RESULT_OK) {
        SSL_CTX_free(context);
        return error->result;
    }
    *out = context;
    return RESULT_OK;
}

void mimic_transport_open(struct mimic_transport *transport, int socket, SSL_CTX *context) {
    *transport = (struct mimic_transport){.socket = socket};
    if (context != NULL) {
        transport->ssl = SSL_new(context);
        assert(transport->ssl != NULL);
        const int set = SSL_set_fd(transport->ssl, socket);
        assert(set == 1);
        SSL_set_accept_state(transport->ssl);
    }
}

void mimic_transport_close(struct mimic_transport *transport) {
    SSL_free(transport->ssl);
    (void)close(transport->socket);
}

/* What an operation of OpenSSL's came to that returned `count`, 0 or less. */
static ssize_t outcome_of(const struct mimic_transport *transport, int count, bool *is_blocked) {
    switch (SSL_get_error(transport->ssl, count)) {
    case SSL_ERROR_WANT_READ:
        return MIMIC_TRANSPORT_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        *is_blocked = true;
        return MIMIC_TRANSPORT_AGAIN;
    default:
        return MIMIC_TRANSPORT_ENDED;
    }
}

ssize_t mimic_transport_read(struct mimic_transport *transport, void *bytes, size_t size) {
    assert(size > 0 && size <= INT_MAX);
    transport->reading_is_blocked = false;
    if (transport->ssl != NULL) {
        ERR_clear_error();
        const int count = SSL_read(transport->ssl, bytes, (int)size);
        return count > 0 ? count : outcome_of(transport, count, &transport->reading_is_blocked);
    }
    for (;;) {
        const ssize_t count = recv(transport->socket, bytes, size, MSG_DONTWAIT);
        if (count > 0) {
            return count;
        }
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return MIMIC_TRANSPORT_AGAIN;
        }
        if (count == 0 || errno != EINTR) {
            return MIMIC_TRANSPORT_ENDED;
        }
    }
}

ssize_t mimic_transport_write(struct mimic_transport *transport, const void *bytes, size_t length) {
    assert(length > 0 && length <= INT_MAX);
    transport->writing_is_blocked = false;
    if (transport->ssl != NULL) {
        ERR_clear_error();
        const int count = SSL_write(transport->ssl, bytes, (int)length);
        return count > 0 ? count : outcome_of(transport, count, &transport->writing_is_blocked);
    }
    for (;;) {
        const ssize_t count = send(transport->socket, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) {
            return count;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            transport->writing_is_blocked = true;
            return MIMIC_TRANSPORT_AGAIN;
        }
        if (errno != EINTR) {
            return MIMIC_TRANSPORT_ENDED;
        }
    }
}
