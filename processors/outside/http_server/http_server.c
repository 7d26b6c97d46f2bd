#include "outside/http_server/http_server.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MEMORY_PER_CONNECTION = 16 << 10, /* bytes; a longer request is refused */
    BACKLOG = 16,
    LINE_MAX = 256,
};

struct http_server {
    struct http_server_options options;
    struct MHD_Daemon *daemon;
    char address[HTTP_SERVER_ADDRESS_MAX];
};

/* --- Requests. --- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, char *body,
                              size_t length, const char *content_type, const char *allow) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, body, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(body);
        return MHD_NO; /* closes the connection */
    }
    bool headed = MHD_add_response_header(response, "Content-Type", content_type) == MHD_YES &&
                  MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES;
    if (allow != NULL) {
        headed = headed && MHD_add_response_header(response, "Allow", allow) == MHD_YES;
    }
    const enum MHD_Result queued =
        headed ? MHD_queue_response(connection, status, response) : MHD_NO;
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result answer_page(struct MHD_Connection *connection, void *self,
                                   const struct http_page *page) {
    char *body = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&body, &length);
    assert(out != NULL);
    const unsigned status = page->write(self, out);
    const int failed = fclose(out);
    assert(failed == 0 && (status == MHD_HTTP_OK || status == MHD_HTTP_SERVICE_UNAVAILABLE));
    return answer(connection, status, body, length, page->content_type, NULL);
}

static enum MHD_Result answer_line(struct MHD_Connection *connection, unsigned status,
                                   const char *line, const char *allow) {
    char *body = strdup(line);
    assert(body != NULL);
    return answer(connection, status, body, strlen(body), "text/plain; charset=utf-8", allow);
}

static enum MHD_Result answer_unknown(struct MHD_Connection *connection,
                                      const struct http_server_options *options) {
    char line[LINE_MAX] = "there is no such page; there are";
    for (uint32_t i = 0; i < options->pages_count; i++) {
        const size_t used = strlen(line);
        (void)snprintf(line + used, sizeof line - used, "%s %s", i == 0 ? "" : ",",
                       options->pages[i].path);
    }
    const size_t used = strlen(line);
    (void)snprintf(line + used, sizeof line - used, "\n");
    return answer_line(connection, MHD_HTTP_NOT_FOUND, line, NULL);
}

/* Called when the head of a request is there, and again behind its end: only what is answered then
 * leaves the connection open for the next. Whoever sends a body is not listened to. */
static enum MHD_Result on_request(void *self, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context) {
    const struct http_server *server = self;
    (void)version;
    (void)upload;
    static int seen;
    if (*upload_size > 0) {
        *upload_size = 0; /* it is thrown away */
        return MHD_NO;
    }
    const struct http_page *page = NULL;
    for (uint32_t i = 0; i < server->options.pages_count; i++) {
        if (strcmp(url, server->options.pages[i].path) == 0) {
            page = &server->options.pages[i];
        }
    }
    if (page == NULL) {
        return answer_unknown(connection, &server->options);
    }
    /* libmicrohttpd leaves the body of an answer to HEAD out by itself. */
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        return answer_line(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n",
                           "GET, HEAD");
    }
    if (*context == NULL) {
        *context = &seen;
        return MHD_YES;
    }
    return answer_page(connection, server->options.self, page);
}

static void say(void *self, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void say(void *self, const char *format, va_list arguments) {
    const struct http_server *server = self;
    char text[LINE_MAX];
    (void)vsnprintf(text, sizeof text, format, arguments);
    logger_debug(&server->options.logger, "the HTTP server says",
                 LOGGER_FIELDS(logger_string("text", text)));
}

/* --- Where it listens. --- */

/* "host:port" or "[host]:port", in two. False: it is neither. */
static bool divide(const char *listen, char host[HTTP_SERVER_ADDRESS_MAX], const char **port) {
    const char *colon = strrchr(listen, ':');
    const bool bracketed = listen[0] == '[' && colon != NULL && colon > listen && colon[-1] == ']';
    if (colon == NULL || colon == listen || colon[1] == '\0' ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1) || strlen(colon + 1) > 5 ||
        strtoul(colon + 1, NULL, 10) > UINT16_MAX) {
        return false;
    }
    const char *begin = bracketed ? listen + 1 : listen;
    const size_t length = (size_t)((bracketed ? colon - 1 : colon) - begin);
    if (length == 0 || length >= HTTP_SERVER_ADDRESS_MAX ||
        (!bracketed && memchr(begin, ':', length) != NULL)) {
        return false;
    }
    memcpy(host, begin, length);
    host[length] = '\0';
    *port = colon + 1;
    return true;
}

/* -1: `errno` says why not. */
static int listen_at(const struct addrinfo *place) {
    const int one = 1;
    const int fd = socket(place->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, place->ai_addr, place->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        const int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

static void name_address(struct http_server *server, int fd, const char *host) {
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    char port[NI_MAXSERV];
    int failed = getsockname(fd, (struct sockaddr *)&name, &length);
    assert(failed == 0);
    failed =
        getnameinfo((struct sockaddr *)&name, length, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    assert(failed == 0);
    const bool bracketed = strchr(host, ':') != NULL;
    (void)snprintf(server->address, sizeof server->address, "%s%.100s%s:%.6s", bracketed ? "[" : "",
                   host, bracketed ? "]" : "", port);
}

static enum result open_socket(struct http_server *server, int *fd, struct error *error) {
    const char *listen = server->options.listen;
    char host[HTTP_SERVER_ADDRESS_MAX];
    const char *port;
    if (!divide(listen, host, &port)) {
        return error_set(error, RESULT_INVALID,
                         "\"%.100s\" is no address to listen at: write it as 127.0.0.1:9464, or "
                         "[::1]:9464",
                         listen);
    }
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *places;
    const int failed = getaddrinfo(host, port, &hints, &places);
    if (failed != 0) {
        return error_set(error, RESULT_INVALID, "%.100s cannot be listened at: %s", listen,
                         gai_strerror(failed));
    }
    *fd = listen_at(places);
    const int why = errno;
    freeaddrinfo(places);
    if (*fd < 0) {
        return error_set(error, RESULT_INVALID,
                         "%.100s cannot be listened at: %s; give each process of a host a port of "
                         "its own (0: any that is free)",
                         listen, strerror(why));
    }
    name_address(server, *fd, host);
    return RESULT_OK;
}

enum result http_server_open(const struct http_server_options *options, struct http_server **server,
                             struct error *error) {
    assert(options->listen != NULL && options->pages_count > 0);
    struct http_server *opened = calloc(1, sizeof *opened);
    assert(opened != NULL);
    opened->options = *options;
    int fd = -1;
    const enum result result = open_socket(opened, &fd, error);
    if (result != RESULT_OK) {
        free(opened);
        return result;
    }
    opened->daemon = MHD_start_daemon(
        MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        on_request, opened, MHD_OPTION_EXTERNAL_LOGGER, say, opened, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_SERVER_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_SERVER_IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_PER_CONNECTION, MHD_OPTION_END);
    if (opened->daemon == NULL) {
        close(fd);
        free(opened);
        return error_set(error, RESULT_FAILED,
                         "the HTTP server does not start; look at the limits of this process");
    }
    *server = opened;
    return RESULT_OK;
}

void http_server_close(struct http_server *server) {
    MHD_stop_daemon(server->daemon); /* closes the socket too */
    free(server);
}

const char *http_server_address(const struct http_server *server) {
    return server->address;
}
