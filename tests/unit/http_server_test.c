/* What the HTTP server makes of what a client may send. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "outside/http_server/http_server.h"

enum { DEADLINE_S = 10, ANSWER_MAX = 64 << 10 };

static struct http_server *server;
static unsigned status = 200;
static char answer[ANSWER_MAX];

static unsigned write_page(void *self, FILE *out) {
    (void)fputs(self, out);
    return status;
}

static unsigned write_large(void *self, FILE *out) {
    (void)self;
    for (int i = 0; i < 30000; i++) {
        (void)fputc('x', out);
    }
    return 200;
}

static const struct http_page pages[] = {
    {"/page", "text/plain", write_page},
    {"/large", "text/plain", write_large},
};

static enum result open_at(const char *listen, struct http_server **opened, struct error *error) {
    const struct http_server_options options = {
        .listen = listen,
        .pages = pages,
        .pages_count = sizeof pages / sizeof pages[0],
        .self = "hello\n",
        .logger = logger_silent(),
    };
    return http_server_open(&options, opened, error);
}

static void open_server(void) {
    struct error error;
    cr_assert_eq(open_at("127.0.0.1:0", &server, &error), RESULT_OK, "%s", error.text);
}

static void close_server(void) {
    http_server_close(server);
}

TestSuite(http_server, .init = open_server, .fini = close_server);

static int connect_to(const struct http_server *to) {
    const char *port = strrchr(http_server_address(to), ':') + 1;
    struct sockaddr_in place = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval deadline = {.tv_sec = DEADLINE_S};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&place, sizeof place), 0);
    return fd;
}

/* Everything that comes until the server closes, or until `end` was read. */
static void receive(int fd, const char *end) {
    size_t used = 0;
    answer[0] = '\0';
    while (used + 1 < sizeof answer && (end == NULL || strstr(answer, end) == NULL)) {
        const ssize_t got = recv(fd, answer + used, sizeof answer - 1 - used, 0);
        if (got <= 0) {
            break;
        }
        used += (size_t)got;
        answer[used] = '\0';
    }
}

static void ask(const char *request) {
    const int fd = connect_to(server);
    cr_assert_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    receive(fd, NULL);
    close(fd);
}

static void expect_answer(const char *first_line, const char *body) {
    cr_expect_eq(strncmp(answer, first_line, strlen(first_line)), 0, "%s", answer);
    const char *end = strstr(answer, "\r\n\r\n");
    cr_assert(end != NULL, "%s", answer);
    cr_expect_str_eq(end + 4, body);
}

Test(http_server, answers_get_and_head) {
    ask("GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect_answer("HTTP/1.1 200 OK\r\n", "hello\n");
    cr_expect(strstr(answer, "Content-Type: text/plain\r\n") != NULL, "%s", answer);
    cr_expect(strstr(answer, "Cache-Control: no-store\r\n") != NULL, "%s", answer);
    ask("HEAD /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect_answer("HTTP/1.1 200 OK\r\n", "");
    cr_expect(strstr(answer, "Content-Length: 6\r\n") != NULL, "%s", answer);
    status = 503;
    ask("GET /page?verbose=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect_answer("HTTP/1.1 503 Service Unavailable\r\n", "hello\n");
    ask("GET /large HTTP/1.0\r\n\r\n");
    cr_expect_eq(strlen(strstr(answer, "\r\n\r\n") + 4), 30000);
}

Test(http_server, says_what_it_does_not_have) {
    ask("GET /pages HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect_answer("HTTP/1.1 404 Not Found\r\n", "there is no such page; there are /page, /large\n");
    ask("GET /page/../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect_answer("HTTP/1.1 404 Not Found\r\n", "there is no such page; there are /page, /large\n");
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        char request[128];
        (void)snprintf(request, sizeof request,
                       "%s /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", methods[i]);
        ask(request);
        expect_answer("HTTP/1.1 405 Method Not Allowed\r\n", "only GET and HEAD\n");
        cr_expect(strstr(answer, "Allow: GET, HEAD\r\n") != NULL, "%s", answer);
    }
}

Test(http_server, a_connection_may_be_used_again) {
    const int fd = connect_to(server);
    for (int i = 0; i < 3; i++) {
        static const char request[] = "GET /page HTTP/1.1\r\nHost: a\r\n\r\n";
        cr_assert_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
        receive(fd, "hello\n");
        expect_answer("HTTP/1.1 200 OK\r\n", "hello\n");
    }
    close(fd);
}

Test(http_server, what_is_no_request_is_refused) {
    ask("GET /page HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde");
    cr_expect_eq(strncmp(answer, "HTTP/1.1 200", 12) == 0, false, "%s", answer);
    ask("nonsense\r\n\r\n");
    cr_expect_eq(strncmp(answer, "HTTP/1.1 200", 12) == 0, false, "%s", answer);
    char *long_request = malloc(40000);
    (void)snprintf(long_request, 40000, "GET /%039000d HTTP/1.1\r\n\r\n", 1);
    const int fd = connect_to(server);
    (void)send(fd, long_request, strlen(long_request), MSG_NOSIGNAL);
    receive(fd, NULL);
    close(fd);
    free(long_request);
    cr_expect(answer[0] == '\0' || strncmp(answer, "HTTP/1.1 414", 12) == 0 ||
                  strncmp(answer, "HTTP/1.1 413", 12) == 0 ||
                  strncmp(answer, "HTTP/1.1 431", 12) == 0,
              "%s", answer);
    ask("GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect_answer("HTTP/1.1 200 OK\r\n", "hello\n");
}

/* Those who hold connections open keep others out only until they are told off. */
Test(http_server, no_more_connections_than_its_limit) {
    int fds[HTTP_SERVER_CONNECTIONS_MAX];
    for (int i = 0; i < HTTP_SERVER_CONNECTIONS_MAX; i++) {
        static const char request[] = "GET /page HTTP/1.1\r\nHost: a\r\n\r\n";
        fds[i] = connect_to(server);
        cr_assert_eq(send(fds[i], request, strlen(request), MSG_NOSIGNAL),
                     (ssize_t)strlen(request));
        receive(fds[i], "hello\n");
        expect_answer("HTTP/1.1 200 OK\r\n", "hello\n");
    }
    const int fd = connect_to(server);
    static const char request[] = "GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    (void)send(fd, request, strlen(request), MSG_NOSIGNAL);
    const struct timeval soon = {.tv_usec = 200000};
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon), 0);
    receive(fd, NULL);
    cr_expect_str_eq(answer, "", "one too many is answered");
    close(fd);
    for (int i = 0; i < HTTP_SERVER_CONNECTIONS_MAX; i++) {
        close(fds[i]);
    }
}

Test(http_server, addresses) {
    static const struct {
        const char *listen;
        const char *complaint; /* NULL: it is fine */
    } rows[] = {
        {"127.0.0.1:0", NULL},
        {"localhost:0", NULL},
        {"0.0.0.0:0", NULL},
        {"9464", "no address to listen at"},
        {":9464", "no address to listen at"},
        {"127.0.0.1:", "no address to listen at"},
        {"127.0.0.1:http", "no address to listen at"},
        {"::1:9464", "no address to listen at"},
        {"[]:1", "no address to listen at"},
        {"127.0.0.1:99999", "no address to listen at"},
        {"192.0.2.1:9464", "cannot be listened at"},
        {"no-such-host.invalid:1", "cannot be listened at"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_server *opened = NULL;
        struct error error = {.text = ""};
        const enum result result = open_at(rows[i].listen, &opened, &error);
        cr_expect_eq(result, rows[i].complaint == NULL ? RESULT_OK : RESULT_INVALID, "%s: %s",
                     rows[i].listen, error.text);
        if (result == RESULT_OK) {
            cr_expect_eq(
                strncmp(http_server_address(opened), rows[i].listen, strlen(rows[i].listen) - 1), 0,
                "%s", http_server_address(opened));
            http_server_close(opened);
        } else if (rows[i].complaint != NULL) {
            cr_expect(strstr(error.text, rows[i].complaint) != NULL, "%s: %s", rows[i].listen,
                      error.text);
        }
    }
    struct http_server *second = NULL;
    struct error error;
    cr_expect_eq(open_at(http_server_address(server), &second, &error), RESULT_INVALID);
    cr_expect(strstr(error.text, "port of its own") != NULL, "%s", error.text);
}
