#include "outside/grpc/socket.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "outside/grpc/tls.h"
#include "outside/host_lookup/tcp_socket.h"

enum { RECORD_BYTES_MAX = 16384 /* of TLS: what one SSL_write may take (RFC 8446, 5.1) */ };

enum result grpc_socket_begin(struct grpc_socket *self, const struct sockaddr *address,
                              socklen_t length, int family) {
    assert(self->fd < 0 && self->ssl == NULL);
    self->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (self->fd < 0) {
        return RESULT_FAILED;
    }
    tcp_socket_tune(self->fd);
    self->write_wants_output = true;
    if (connect(self->fd, address, length) != 0 && errno != EINPROGRESS) {
        const int number = errno;
        grpc_socket_close(self);
        errno = number;
        return RESULT_FAILED;
    }
    return RESULT_OK;
}

enum result grpc_socket_connected(struct grpc_socket *self) {
    struct pollfd wait = {.fd = self->fd, .events = POLLOUT};
    if (poll(&wait, 1, 0) <= 0) {
        return RESULT_AGAIN;
    }
    int number = 0;
    socklen_t length = sizeof number;
    if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &number, &length) != 0) {
        number = errno;
    }
    self->write_wants_output = false;
    errno = number;
    return number == 0 ? RESULT_OK : RESULT_FAILED;
}

/* A call of OpenSSL's did not succeed. */
static enum result not_now(const struct grpc_socket *self, int returned, bool *wants_output,
                           struct error *error) {
    const int code = SSL_get_error(self->ssl, returned);
    if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE) {
        *wants_output = code == SSL_ERROR_WANT_WRITE;
        return RESULT_AGAIN;
    }
    return grpc_tls_failed(self->ssl, code, error);
}

static void before_openssl(void) {
    ERR_clear_error();
    errno = 0;
}

enum result grpc_socket_shake_hands(struct grpc_socket *self, SSL_CTX *context,
                                    const struct grpc_address *address, struct error *error) {
    if (self->ssl == NULL) {
        self->ssl = grpc_tls_begin(context, address, &self->fd);
        if (self->ssl == NULL) {
            return error_set(error, RESULT_FAILED, "no memory for TLS");
        }
    }
    before_openssl();
    const int returned = SSL_do_handshake(self->ssl);
    if (returned != 1) {
        return not_now(self, returned, &self->write_wants_output, error);
    }
    self->write_wants_output = false;
    const unsigned char *protocol = NULL;
    unsigned int length = 0;
    SSL_get0_alpn_selected(self->ssl, &protocol, &length);
    if (length != 2 || memcmp(protocol, "h2", 2) != 0) {
        return error_set(error, RESULT_FAILED,
                         "the server speaks TLS, but no HTTP/2 over it (ALPN h2)");
    }
    return RESULT_OK;
}

static enum result broke(struct error *error) {
    return error_set(error, RESULT_FAILED, "the connection broke: %s", strerror(errno));
}

enum result grpc_socket_read(struct grpc_socket *self, uint8_t *bytes, size_t size, size_t *count,
                             struct error *error) {
    assert(self->fd >= 0 && size > 0);
    if (self->ssl != NULL) {
        before_openssl();
        const int returned = SSL_read_ex(self->ssl, bytes, size, count);
        self->read_wants_output = false;
        return returned == 1 ? RESULT_OK : not_now(self, returned, &self->read_wants_output, error);
    }
    for (;;) {
        const ssize_t received = recv(self->fd, bytes, size, MSG_DONTWAIT);
        if (received > 0) {
            *count = (size_t)received;
            return RESULT_OK;
        }
        if (received == 0) {
            return error_set(error, RESULT_FAILED, "the server ended the connection");
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return RESULT_AGAIN;
        }
        if (errno != EINTR) {
            return broke(error);
        }
    }
}

static enum result write_record(struct grpc_socket *self, const uint8_t *bytes, size_t length,
                                size_t *taken, struct error *error) {
    const size_t offered = self->in_record > 0         ? self->in_record
                           : length < RECORD_BYTES_MAX ? length
                                                       : RECORD_BYTES_MAX;
    assert(offered <= length);
    before_openssl();
    const int returned = SSL_write_ex(self->ssl, bytes, offered, taken);
    if (returned == 1) {
        self->in_record = 0;
        self->write_wants_output = false;
        return RESULT_OK;
    }
    *taken = 0;
    self->in_record = (uint32_t)offered; /* whatever the reason: it was given all of them */
    return not_now(self, returned, &self->write_wants_output, error);
}

enum result grpc_socket_write(struct grpc_socket *self, const uint8_t *bytes, size_t length,
                              size_t *taken, struct error *error) {
    assert(self->fd >= 0 && length > 0);
    *taken = 0;
    if (self->ssl != NULL) {
        return write_record(self, bytes, length, taken, error);
    }
    for (;;) {
        const ssize_t sent = send(self->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            *taken = (size_t)sent;
            self->write_wants_output = false;
            return RESULT_OK;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            self->write_wants_output = true;
            return RESULT_AGAIN;
        }
        if (errno != EINTR) {
            return broke(error);
        }
    }
}

void grpc_socket_close(struct grpc_socket *self) {
    if (self->ssl != NULL) {
        before_openssl();
        if (SSL_is_init_finished(self->ssl)) {
            (void)SSL_shutdown(self->ssl); /* says goodbye if there is room, and does not wait */
        }
        SSL_free(self->ssl);
        self->ssl = NULL;
    }
    if (self->fd >= 0) {
        (void)close(self->fd); /* leaves the epoll set as well */
    }
    *self = (struct grpc_socket){.fd = -1};
}
