#include "standin/project_origin/admin.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STATUS_OK = 200, STATUS_BAD = 400, STATUS_NOT_FOUND = 404 };

struct mimic_visitor *mimic_visitor_open(int socket) {
    struct mimic_visitor *visitor = calloc(1, sizeof *visitor);
    assert(visitor != NULL);
    visitor->socket = socket;
    return visitor;
}

void mimic_visitor_close(struct mimic_visitor *visitor) {
    (void)close(visitor->socket);
    free(visitor);
}

static int get_state(struct mimic_server *server, const char *body, FILE *out) {
    const struct mimic_counts *counts = &server->registry.counts;
    (void)body;
    (void)fprintf(out,
                  "{\"requests\":%" PRIu64 ",\"queued\":%" PRIu64 ",\"committed\":%" PRIu64
                  ",\"failed\":%" PRIu64 ",\"poisoned\":%" PRIu64 ",\"lost\":%" PRIu64
                  ",\"rules\":%u,\"aheadMs\":%" PRId64 ",\"outage\":%s}\n",
                  server->service.requests, counts->queued, counts->committed, counts->failed,
                  counts->poisoned, counts->lost, server->options->faults.count, server->ahead_ms,
                  server->told.outage ? "true" : "false");
    return STATUS_OK;
}

static int get_rules(struct mimic_server *server, const char *body, FILE *out) {
    const struct mimic_faults *faults = &server->options->faults;
    (void)body;
    for (uint32_t i = 0; i < faults->count; i++) {
        (void)fprintf(out, "%s %s matched %" PRIu64 "\n", mimic_action_name(faults->each[i].action),
                      faults->each[i].when.kind, faults->each[i].when.matched);
    }
    return STATUS_OK;
}

static int add_rules(struct mimic_server *server, const char *body, FILE *out) {
    struct mimic_faults *faults = &server->options->faults;
    const uint32_t before = faults->count;
    char *lines = strdup(body);
    assert(lines != NULL);
    int status = STATUS_OK;
    char *rest = lines;
    for (char *line; status == STATUS_OK && (line = strsep(&rest, "\n")) != NULL;) {
        if (line[0] != '\0' && !mimic_fault_add_line(faults, line)) {
            faults->count = before; /* all or none */
            (void)fprintf(out, "\"%.200s\" cannot be understood\n", line);
            status = STATUS_BAD;
        }
    }
    free(lines);
    return status;
}

static int remove_rules(struct mimic_server *server, const char *body, FILE *out) {
    (void)body;
    (void)out;
    server->options->faults.count = 0;
    return STATUS_OK;
}

static int set_latency(struct mimic_server *server, const char *body, FILE *out) {
    (void)out;
    return standin_latency_parse(body, &server->options->latency) ? STATUS_OK : STATUS_BAD;
}

static int set_answering(struct mimic_server *server, const char *body, FILE *out) {
    (void)out;
    return standin_latency_parse(body, &server->options->answering) ? STATUS_OK : STATUS_BAD;
}

static int move_clock(struct mimic_server *server, const char *body, FILE *out) {
    int64_t by_ms;
    (void)out;
    if (!standin_duration_parse(body, &by_ms)) {
        return STATUS_BAD;
    }
    server->ahead_ms += by_ms;
    return STATUS_OK;
}

static int set_outage(struct mimic_server *server, const char *body, FILE *out) {
    (void)out;
    if (strcmp(body, "begin") != 0 && strcmp(body, "end") != 0) {
        return STATUS_BAD;
    }
    server->told.outage = strcmp(body, "begin") == 0;
    return STATUS_OK;
}

static int set_streams_max(struct mimic_server *server, const char *body, FILE *out) {
    char *end;
    const unsigned long number = strtoul(body, &end, 10);
    (void)out;
    if (end == body || *end != '\0' || number > INT32_MAX) {
        return STATUS_BAD;
    }
    server->options->streams_max = (uint32_t)number;
    for (struct mimic_session *session = server->sessions; session != NULL;
         session = session->next) {
        mimic_session_limit(session, (uint32_t)number);
    }
    return STATUS_OK;
}

static const struct {
    const char *what;
    int (*act)(struct mimic_server *server, const char *body, FILE *out);
} routes[] = {
    {"GET /state", get_state},
    {"GET /rules", get_rules},
    {"POST /rules", add_rules},
    {"DELETE /rules", remove_rules},
    {"POST /latency", set_latency},
    {"POST /answer-latency", set_answering},
    {"POST /clock", move_clock},
    {"POST /outage", set_outage},
    {"POST /max-streams", set_streams_max},
};

static int route(struct mimic_server *server, const char *request, const char *body, FILE *out) {
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        const size_t length = strlen(routes[i].what);
        if (strncmp(request, routes[i].what, length) == 0 && request[length] == ' ') {
            return routes[i].act(server, body, out);
        }
    }
    return STATUS_NOT_FOUND;
}

static void answer(struct mimic_visitor *visitor, struct mimic_server *server, const char *body) {
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {{STATUS_OK, "OK"}, {STATUS_BAD, "Bad Request"}, {STATUS_NOT_FOUND, "Not Found"}};
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert(out != NULL);
    const int status = route(server, visitor->bytes, body, out);
    (void)fclose(out);
    const char *reason = "";
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        reason = reasons[i].status == status ? reasons[i].reason : reason;
    }
    char head[256];
    const int written = snprintf(head, sizeof head,
                                 "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\n"
                                 "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                                 status, reason, length);
    /* It is short: what a fresh socket does not take at once is not sent. */
    (void)send(visitor->socket, head, (size_t)written, MSG_NOSIGNAL | MSG_MORE);
    (void)send(visitor->socket, text, length, MSG_NOSIGNAL);
    free(text);
}

/* Where the body begins, when all of it is there; NULL: not yet. */
static char *whole_body(struct mimic_visitor *visitor) {
    static const char field[] = "\r\ncontent-length:";
    char *end = strstr(visitor->bytes, "\r\n\r\n");
    if (end == NULL) {
        return NULL;
    }
    size_t length = 0;
    for (const char *at = visitor->bytes; at < end; at++) {
        if (strncasecmp(at, field, sizeof field - 1) == 0) {
            length = strtoul(at + sizeof field - 1, NULL, 10);
        }
    }
    char *body = end + 4;
    return (size_t)(visitor->bytes + visitor->length - body) >= length ? body : NULL;
}

void mimic_visitor_serve(struct mimic_visitor *visitor, struct mimic_server *server) {
    const ssize_t count = recv(visitor->socket, visitor->bytes + visitor->length,
                               MIMIC_VISITOR_BYTES_MAX - visitor->length, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return;
    }
    if (count <= 0) {
        visitor->ended = true; /* also when it says more than there is room for */
        return;
    }
    visitor->length += (size_t)count;
    visitor->bytes[visitor->length] = '\0';
    char *body = whole_body(visitor);
    if (body != NULL) {
        body[strcspn(body, "\r")] = '\0';
        size_t length = strlen(body);
        while (length > 0 && body[length - 1] == '\n') {
            body[--length] = '\0';
        }
        answer(visitor, server, body);
        visitor->ended = true;
    }
}
