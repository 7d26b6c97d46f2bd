/* A connection's own calls, in lines by deadline, and the replies that wait to be given out. */
#include <assert.h>

#include "tests/simulate/lying_connection.h"

struct registry_call lying_call_of(const struct lying_request *request) {
    return (struct registry_call){
        .certificate_id = request->entry.certificate_id,
        .submission_id = request->entry.submission_id,
        .attempt = request->entry.attempt,
    };
}

/* Deadlines come almost in order, so the place is found from the end. */
static void line_add(struct lying_line *line, struct lying_request *request) {
    struct lying_request *before = line->tail;
    while (before != NULL && before->deadline_ms > request->deadline_ms) {
        before = before->line_before;
    }
    request->line_before = before;
    request->line_behind = before == NULL ? line->head : before->line_behind;
    *(before == NULL ? &line->head : &before->line_behind) = request;
    *(request->line_behind == NULL ? &line->tail : &request->line_behind->line_before) = request;
}

static void line_remove(struct lying_line *line, struct lying_request *request) {
    *(request->line_before == NULL ? &line->head : &request->line_before->line_behind) =
        request->line_behind;
    *(request->line_behind == NULL ? &line->tail : &request->line_behind->line_before) =
        request->line_before;
}

void lying_call_forget(struct lying_connection *connection, struct lying_request *request) {
    assert(request->place != LYING_PLACE_GONE && request->connection == connection);
    line_remove(request->place == LYING_PLACE_LATE ? &connection->late : &connection->open,
                request);
    connection->unsent -= request->place == LYING_PLACE_UNSENT ? 1 : 0;
    request->place = LYING_PLACE_GONE;
    request->connection = NULL;
}

void lying_ready_append(struct lying_connection *connection, struct lying_ready *ready) {
    *(connection->ready_head == NULL ? &connection->ready_head : &connection->ready_tail->next) =
        ready;
    connection->ready_tail = ready;
}

struct lying_ready *lying_call_ready(struct lying_connection *connection,
                                     struct lying_request *request, enum registry_reply_kind kind,
                                     const char *words) {
    assert(request->ready_count < LYING_READY_MAX);
    struct lying_ready *ready = &request->ready[request->ready_count++];
    *ready = (struct lying_ready){
        .request = request,
        .kind = kind,
        .words = words,
        .late = request->place == LYING_PLACE_LATE,
    };
    lying_ready_append(connection, ready);
    return ready;
}

void lying_call_unknown(struct lying_connection *connection, struct lying_request *request,
                        enum millrace_unknown_cause cause, const char *words) {
    assert(request->place == LYING_PLACE_OUT); /* what was not sent is known to be not sent */
    lying_call_ready(connection, request, REGISTRY_REPLY_UNKNOWN, words)->unknown_cause = cause;
}

void lying_call_not_sent(struct lying_connection *connection, struct lying_request *request,
                         const char *words) {
    assert(request->place == LYING_PLACE_UNSENT && request->socket == NULL);
    (void)lying_call_ready(connection, request, REGISTRY_REPLY_NOT_SENT, words);
    lying_call_forget(connection, request);
}

void lying_call_add(struct lying_connection *connection, struct lying_request *request) {
    request->connection = connection;
    request->entry.registry = connection->name->name;
    line_add(&connection->open, request);
    connection->unsent++;
    connection->calls_out++;
}

void lying_call_keep_late(struct lying_connection *connection, struct lying_request *request) {
    line_remove(&connection->open, request);
    request->place = LYING_PLACE_LATE;
    line_add(&connection->late, request);
}
