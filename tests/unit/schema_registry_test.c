/* What the client of the schema registry makes of the answers that a server may give. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "outside/schema_registry/schema_registry.h"

/* A server that gives one answer to each connection, whatever was asked. */
struct server {
    int fd;
    char url[64];
    pthread_t thread;
    pthread_mutex_t lock; /* held while it serves */
    const char *answer;   /* the whole HTTP response; NULL: close without a word */
    const char *then;     /* that to all after the next; NULL: the same */
    char request[4096];   /* what was asked last */
};

/* Reads one request: the head, and as much body as it says. */
static void take_request(struct server *server, int fd) {
    size_t used = 0;
    size_t expected = SIZE_MAX; /* bytes of head and body, once the head is there */
    while (used < expected) {
        const ssize_t got = recv(fd, server->request + used, sizeof server->request - 1 - used, 0);
        if (got <= 0) {
            return;
        }
        used += (size_t)got;
        server->request[used] = '\0';
        const char *end = strstr(server->request, "\r\n\r\n");
        const char *length = strcasestr(server->request, "content-length: ");
        if (end != NULL) {
            expected = (size_t)(end + 4 - server->request);
            expected += length == NULL ? 0 : strtoul(length + 16, NULL, 10);
        }
    }
}

static void *serve(void *context) {
    struct server *server = context;
    for (;;) {
        const int fd = accept(server->fd, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        pthread_mutex_lock(&server->lock);
        take_request(server, fd);
        if (server->answer != NULL) {
            (void)send(fd, server->answer, strlen(server->answer), MSG_NOSIGNAL);
        }
        server->answer = server->then != NULL ? server->then : server->answer;
        pthread_mutex_unlock(&server->lock);
        (void)close(fd);
    }
}

static void server_answers(struct server *server, const char *answer) {
    pthread_mutex_lock(&server->lock);
    server->answer = answer;
    server->then = NULL;
    pthread_mutex_unlock(&server->lock);
}

static void server_answers_then(struct server *server, const char *answer, const char *then) {
    pthread_mutex_lock(&server->lock);
    server->answer = answer;
    server->then = then;
    pthread_mutex_unlock(&server->lock);
}

static void expect_request(struct server *server, const char *part) {
    pthread_mutex_lock(&server->lock);
    cr_expect(strstr(server->request, part) != NULL, "expected %s in %s", part, server->request);
    pthread_mutex_unlock(&server->lock);
}

static void server_open(struct server *server) {
    *server =
        (struct server){.fd = socket(AF_INET, SOCK_STREAM, 0), .lock = PTHREAD_MUTEX_INITIALIZER};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    cr_assert_eq(bind(server->fd, (struct sockaddr *)&address, length), 0);
    cr_assert_eq(listen(server->fd, 8), 0);
    cr_assert_eq(getsockname(server->fd, (struct sockaddr *)&address, &length), 0);
    (void)snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d/v7",
                   ntohs(address.sin_port));
    cr_assert_eq(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void server_close(struct server *server) {
    (void)shutdown(server->fd, SHUT_RDWR);
    (void)pthread_join(server->thread, NULL);
    (void)close(server->fd);
}

static struct schema_registry *registry_at(const char *url) {
    struct schema_registry *registry;
    struct error error;
    const struct schema_registry_options options = {.url = url, .user_info = "me:secret"};
    cr_assert_eq(schema_registry_open(&options, &registry, &error), RESULT_OK, "%s", error.text);
    return registry;
}

#define HEAD(status) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n"

struct row {
    const char *answer;
    enum result result;
    const char *says; /* part of the schema's text, or of the error */
};

Test(schema_registry, a_schema_by_its_id) {
    static const struct row rows[] = {
        {HEAD("200 OK") "{\"schema\":\"\\\"string\\\"\"}", RESULT_OK, "\"string\""},
        {HEAD("200 OK") "{\"schema\":\"\\\"string\\\"\",\"schemaType\":\"AVRO\"}", RESULT_OK,
         "str"},
        {HEAD("200 OK") "{\"schema\":\"x\",\"schemaType\":\"JSON\"}", RESULT_INVALID, "JSON"},
        {HEAD("200 OK") "{\"schema\":\"x\",\"references\":[{}]}", RESULT_INVALID, "refers"},
        {HEAD("200 OK") "{\"schema\":7}", RESULT_AGAIN, "HTTP 200"},
        {HEAD("200 OK") "<html>", RESULT_AGAIN, "HTTP 200"},
        {HEAD("200 OK"), RESULT_AGAIN, "HTTP 200"},
        {HEAD("404 Not Found") "{\"error_code\":40403,\"message\":\"no\"}", RESULT_NOT_FOUND,
         "schema id 7"},
        {HEAD("404 Not Found") "<html>no such page</html>", RESULT_AGAIN, "HTTP 404"},
        {HEAD("404 Not Found") "{\"status\":404}", RESULT_AGAIN, "HTTP 404"},
        {HEAD("404 Not Found") "{\"error_code\":404,\"message\":\"no\"}", RESULT_AGAIN, "code 404"},
        {HEAD("401 Unauthorized") "{}", RESULT_DENIED, "schema.registry.basic.auth.user.info"},
        {HEAD("403 Forbidden") "<html>", RESULT_DENIED, "schema.registry.basic.auth.user.info"},
        {HEAD("403 Forbidden") "{\"error_code\":40301,\"message\":\"no\"}", RESULT_DENIED,
         "HTTP 403"},
        {HEAD("500 Oh") "{\"error_code\":50001,\"message\":\"store\"}", RESULT_AGAIN, "store"},
        {HEAD("429 Too Many Requests") "slow down", RESULT_AGAIN, "HTTP 429"},
        {HEAD("503 Oh") "<html>", RESULT_AGAIN, "is it a schema registry?"},
        {HEAD("302 Found"), RESULT_AGAIN, "HTTP 302"},
        {"HTTP/1.1 301 Moved\r\nLocation: http://localhost/v8/x\r\nContent-Length: 0\r\n\r\n",
         RESULT_AGAIN, "http://localhost/v8/x (HTTP 301 for /schemas/ids/7): if it has moved"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"schema\":\"\\\"string\\\"\"}",
         RESULT_AGAIN, "no answer"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"schema\":\"\\\"string\\\"\"}",
         RESULT_AGAIN, "HTTP 200"},
        {"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nConnection: "
         "close\r\n\r\n{\"schema\":\"y\"}",
         RESULT_OK, "y"},
        {HEAD("200 OK") "{\"schema\":\"a\",\"schema\":\"b\"}", RESULT_AGAIN, "HTTP 200"},
        {HEAD("200 OK") "{\"schema\":\"\xff\"}", RESULT_AGAIN, "HTTP 200"},
        {HEAD("200 OK") "[\"schema\"]", RESULT_AGAIN, "HTTP 200"},
        {HEAD("200 OK") "\"schema\"", RESULT_AGAIN, "HTTP 200"},
        {"no HTTP at all", RESULT_AGAIN, "no answer"},
        {NULL, RESULT_AGAIN, "no answer"},
    };
    struct server server;
    server_open(&server);
    struct schema_registry *registry = registry_at(server.url);
    const struct schemas port = schema_registry_port(registry);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        server_answers(&server, rows[i].answer);
        struct error error = {0};
        struct text text = {.data = error.text};
        const enum result result = port.text_by_id(port.self, 7, &text, &error);
        cr_expect_eq(result, rows[i].result, "row %s: %s", rows[i].answer, error.text);
        const char *said = result == RESULT_OK ? text.data : error.text;
        cr_expect(strstr(said, rows[i].says) != NULL, "row %s: %s", rows[i].answer, said);
        cr_expect_null(strstr(said, "secret"));
    }
    expect_request(&server, "GET /v7/schemas/ids/7 HTTP");
    expect_request(&server, "Authorization: Basic bWU6c2VjcmV0\r\n");
    port.close(port.self);
    server_close(&server);
}

/* Waiting would not make it shorter: whoever has such a schema is told so, and nobody else waits.
 */
Test(schema_registry, a_schema_that_is_larger_than_we_read_is_none) {
    enum { LARGE = 5 << 20 };
    static const struct {
        const char *head;
        enum result result;
        const char *says;
    } rows[] = {
        {HEAD("200 OK") "{\"schema\":\"", RESULT_INVALID, "schema id 7 is longer than the 4 MiB"},
        {HEAD("200 OK") "<html>", RESULT_AGAIN, "no answer"},
        {HEAD("500 Oh") "{\"message\":\"", RESULT_AGAIN, "no answer"},
    };
    struct server server;
    server_open(&server);
    struct schema_registry *registry = registry_at(server.url);
    const struct schemas port = schema_registry_port(registry);
    char *answer = malloc(LARGE + 1);
    cr_assert_not_null(answer);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pthread_mutex_lock(&server.lock); /* it may still be sending the one before */
        memset(answer, 'x', LARGE);
        memcpy(answer, rows[i].head, strlen(rows[i].head));
        answer[LARGE] = '\0';
        pthread_mutex_unlock(&server.lock);
        server_answers(&server, answer);
        struct error error = {0};
        struct text text;
        cr_expect_eq(port.text_by_id(port.self, 7, &text, &error), rows[i].result, "row %s: %s",
                     rows[i].head, error.text);
        cr_expect(strstr(error.text, rows[i].says) != NULL, "row %s: %s", rows[i].head, error.text);
    }
    port.close(port.self);
    server_close(&server);
    free(answer);
}

Test(schema_registry, an_id_by_its_schema) {
    static const struct row rows[] = {
        {HEAD("200 OK") "{\"subject\":\"a.B\",\"id\":44,\"version\":1}", RESULT_OK, ""},
        {HEAD("200 OK") "{\"id\":0}", RESULT_AGAIN, "HTTP 200"},
        {HEAD("200 OK") "{\"id\":2147483648}", RESULT_AGAIN, "HTTP 200"},
        {HEAD("404 x") "{\"error_code\":40401,\"message\":\"x\"}", RESULT_NOT_FOUND, "'a.B'"},
        {HEAD("404 x") "{\"error_code\":40403,\"message\":\"x\"}", RESULT_NOT_FOUND, "'a.B'"},
    };
    struct server server;
    server_open(&server);
    struct schema_registry *registry = registry_at(server.url);
    const struct schemas port = schema_registry_port(registry);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        server_answers(&server, rows[i].answer);
        struct error error = {0};
        int32_t id = 0;
        cr_expect_eq(port.id_by_text(port.self, "a.B", text_of("\"int\""), &id, &error),
                     rows[i].result, "row %s: %s", rows[i].answer, error.text);
        cr_expect_eq(id, rows[i].result == RESULT_OK ? 44 : 0);
        cr_expect(strstr(error.text, rows[i].says) != NULL, "row %s: %s", rows[i].answer,
                  error.text);
    }
    expect_request(&server, "POST /v7/subjects/a.B?normalize=true HTTP");
    expect_request(&server, "\r\n\r\n{\"schema\":\"\\\"int\\\"\"}");
    port.close(port.self);
    server_close(&server);
}

Test(schema_registry, registering) {
    struct server server;
    server_open(&server);
    struct schema_registry *registry = registry_at(server.url);
    struct error error = {0};
    int32_t id = 0;
    server_answers(&server, HEAD("200 OK") "{\"id\":45}");
    cr_expect_eq(schema_registry_register(registry, "a.B", text_of("x"), &id, &error), RESULT_OK);
    cr_expect_eq(id, 45);
    /* Refused, and it is not there either; or somebody else has just registered it. */
    static const char refused[] =
        HEAD("409 Conflict") "{\"error_code\":409,\"message\":\"x at /fields/3\"}";
    server_answers_then(&server, refused, HEAD("404 x") "{\"error_code\":40403,\"message\":\"x\"}");
    cr_expect_eq(schema_registry_register(registry, "a.B", text_of("x"), &id, &error),
                 RESULT_INVALID);
    cr_expect(strstr(error.text, "x at /fields/3") != NULL, "%s", error.text);
    server_answers_then(&server, refused, HEAD("200 OK") "{\"id\":46}");
    cr_expect_eq(schema_registry_register(registry, "a.B", text_of("x"), &id, &error), RESULT_OK);
    cr_expect_eq(id, 46);

    server_answers(&server, HEAD("409 Conflict") "{\"status\":409,\"by\":\"a proxy\"}");
    cr_expect_eq(schema_registry_register(registry, "a.B", text_of("x"), &id, &error),
                 RESULT_AGAIN);

    bool compatible;
    struct text why;
    server_answers(&server, HEAD("200 OK") "{\"is_compatible\":false,\"reason\":\"because\"}");
    cr_expect_eq(
        schema_registry_compatible(registry, "a.B", text_of("x"), &compatible, &why, &error),
        RESULT_OK);
    cr_expect_not(compatible);
    cr_expect(text_equal(why, text_of("because")));
    server_answers(&server,
                   HEAD("200 OK") "{\"is_compatible\":false,\"messages\":[\"first\",\"second\"]}");
    cr_expect_eq(
        schema_registry_compatible(registry, "a.B", text_of("x"), &compatible, &why, &error),
        RESULT_OK);
    cr_expect(text_equal(why, text_of("first")));

    char level[SCHEMA_REGISTRY_LEVEL_MAX];
    server_answers(&server, HEAD("200 OK") "{\"compatibilityLevel\":\"FULL_TRANSITIVE\"}");
    cr_expect_eq(schema_registry_level(registry, NULL, level, &error), RESULT_OK);
    cr_expect_str_eq(level, "FULL_TRANSITIVE");
    expect_request(&server, "GET /v7/config HTTP");
    server_answers(&server, HEAD("404 x") "{\"error_code\":40408,\"message\":\"none\"}");
    cr_expect_eq(schema_registry_level(registry, "a.B", level, &error), RESULT_NOT_FOUND);
    server_answers(&server, HEAD("422 x") "{\"error_code\":42203,\"message\":\"bad level\"}");
    cr_expect_eq(schema_registry_level_set(registry, "a.B", "FULL", &error), RESULT_INVALID);
    expect_request(&server, "PUT /v7/config/a.B HTTP");
    schema_registry_close(registry);
    server_close(&server);
}

static void count_subject(void *context, const char *subject) {
    uint32_t *count = context;
    *count += strcmp(subject, "a.B") == 0 ? 1 : 100;
}

Test(schema_registry, subjects_and_addresses) {
    struct server server;
    server_open(&server);
    struct schema_registry *registry = registry_at(server.url);
    struct error error = {0};
    uint32_t count = 0;
    server_answers(&server, HEAD("200 OK") "[\"a.B\",\"c.D\"]");
    cr_expect_eq(schema_registry_subjects(registry, count_subject, &count, &error), RESULT_OK);
    cr_expect_eq(count, 101);
    schema_registry_close(registry);
    server_close(&server);

    registry = registry_at(server.url); /* nobody listens there any more */
    cr_expect_eq(schema_registry_subjects(registry, count_subject, &count, &error), RESULT_AGAIN);
    cr_expect(strstr(error.text, server.url) != NULL, "%s", error.text);
    schema_registry_close(registry);

    static const char *const wrong[] = {NULL, "", "localhost:8081", "file:///etc/passwd"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct schema_registry_options options = {.url = wrong[i]};
        cr_expect_eq(schema_registry_open(&options, &registry, &error), RESULT_INVALID);
        cr_expect(strstr(error.text, "schema.registry.url") != NULL, "%s", error.text);
    }
}
