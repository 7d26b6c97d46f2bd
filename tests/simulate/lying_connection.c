/* A connection: how it comes up, what passes over it, and how it is lost. */
#include <assert.h>
#include <stdlib.h>

#include "tests/simulate/lying_connection.h"

enum { CONNECT_TIMEOUT_MS = 5000 };

int64_t lying_connection_now_ms(const struct lying_connection *connection) {
    return connection->clock->monotonic_ms(connection->clock->self);
}

void lying_connection_drop(struct lying_connection *connection) {
    connection->socket->connection = NULL;
    connection->socket = NULL;
    connection->state = CONNECTION_CLOSED;
}

void lying_connection_lose(struct lying_connection *connection, enum millrace_unknown_cause cause,
                           const char *words) {
    const bool worked = connection->answered;
    transcript_say(connection->registry->transcript, "process %u has lost its connection to %s: %s",
                   connection->process->number, connection->name->name, words);
    lying_connection_drop(connection);
    for (struct lying_request *request = connection->open.head; request != NULL;) {
        struct lying_request *behind = request->line_behind;
        if (request->place == LYING_PLACE_OUT) {
            if (!lying_call_doubt(connection, request)) {
                lying_call_unknown(connection, request, cause, words);
                lying_call_forget(connection, request);
            }
        } else if (!worked) {
            lying_call_not_sent(connection, request, words);
        }
        request = behind;
    }
    while (connection->late.head != NULL && !connection->registry->can_be_asked) {
        lying_call_forget(connection, connection->late.head); /* they cannot be answered any more */
    }
    lying_questions_lose(connection, worked);
}

static void hear(struct lying_connection *connection, const struct lying_parcel *parcel) {
    struct lying_request *request = parcel->request;
    if (request->place == LYING_PLACE_GONE) {
        return; /* nobody's */
    }
    assert(request->connection == connection && request->place != LYING_PLACE_UNSENT);
    switch (parcel->kind) {
    case LYING_PARCEL_ACCEPTED:
        if (request->place == LYING_PLACE_OUT) {
            (void)lying_call_ready(connection, request, REGISTRY_REPLY_ACCEPTED, "accepted");
            (void)lying_call_doubt(connection, request);
        }
        return;
    case LYING_PARCEL_EXECUTED:
        (void)lying_call_ready(connection, request, REGISTRY_REPLY_SUCCEEDED, "executed");
        break;
    case LYING_PARCEL_REFUSED:
        (void)lying_call_ready(connection, request, REGISTRY_REPLY_REFUSED, request->fate.words);
        break;
    case LYING_PARCEL_VAGUE:
        if (lying_call_doubt(connection, request)) {
            return;
        }
        if (request->place == LYING_PLACE_OUT) {
            lying_call_unknown(connection, request, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY,
                               "the registry answered \"failed\"");
        }
        break;
    case LYING_PARCEL_REQUEST:
    case LYING_PARCEL_UNREADABLE:
    case LYING_PARCEL_END:
    case LYING_PARCEL_RESET:
    case LYING_PARCEL_QUESTION:
    case LYING_PARCEL_TOLD:
        assert(false);
    }
    lying_call_forget(connection, request);
}

static void receive(struct lying_connection *connection) {
    while (connection->socket != NULL && connection->socket->inbox != NULL) {
        struct lying_parcel *parcel = connection->socket->inbox;
        connection->socket->inbox = parcel->next;
        if (parcel->kind == LYING_PARCEL_END || parcel->kind == LYING_PARCEL_RESET) {
            lying_connection_lose(connection, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST,
                                  "the registry ended the connection");
        } else if (parcel->kind == LYING_PARCEL_UNREADABLE) {
            lying_connection_lose(connection, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY,
                                  "a reply that cannot be read");
        } else if (parcel->kind == LYING_PARCEL_TOLD) {
            connection->answered = true;
            if (parcel->question->connection != NULL) { /* else it was given up */
                lying_question_settle(connection, parcel->question, parcel->question->told);
            }
        } else {
            connection->answered = true;
            hear(connection, parcel);
        }
        free(parcel);
    }
}

static void advance(struct lying_connection *connection) {
    if (connection->socket->up) {
        connection->state = CONNECTION_UP;
    } else if (connection->socket->refused) {
        lying_connection_lose(connection, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST,
                              "connection refused");
    } else if (connection->connect_deadline_ms <= lying_connection_now_ms(connection)) {
        lying_connection_lose(connection, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST,
                              "nobody answered in the time to connect");
    }
}

static struct lying_request *first_unsent(const struct lying_connection *connection) {
    struct lying_request *request = connection->open.head;
    while (request->place != LYING_PLACE_UNSENT) {
        request = request->line_behind;
    }
    return request;
}

/* Hand over what waits, request by request: between two of them the process may die or stand
 * still, and what its kernel has by then goes out. */
static bool send_all(struct lying_connection *connection) {
    while (connection->unsent > 0) {
        if (!process_comes_to(connection->process, POINT_WIRE)) {
            return false;
        }
        if (connection->socket->reset) { /* meanwhile; the kernel says so before it takes a byte */
            lying_connection_lose(connection, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST,
                                  "the connection was reset");
            return true;
        }
        struct lying_request *request = first_unsent(connection);
        connection->unsent--;
        transcript_say(connection->registry->transcript, "process %u sends attempt %d of %s to %s",
                       connection->process->number, request->entry.attempt,
                       short_id(&request->entry.submission_id), connection->name->name);
        request->pause_ms = LYING_PAUSE_FIRST_MS;
        if (connection->registry->can_be_asked) {
            request->ask_ms = (lying_connection_now_ms(connection) + request->deadline_ms) / 2;
        }
        lying_socket_send(connection->socket, request);
        if (!process_comes_to(connection->process, POINT_WIRED)) {
            return false;
        }
    }
    return true;
}

bool lying_connection_drive(struct lying_connection *connection) {
    lying_registry_look(connection->registry);
    if (connection->state == CONNECTION_UP) {
        receive(connection); /* first, so that a connection that has ended is not sent to */
    }
    lying_questions_begin(connection);
    if (connection->state == CONNECTION_CLOSED &&
        connection->unsent + connection->questions_unsent > 0) {
        connection->socket =
            lying_socket_new(connection->registry, connection->process, connection);
        connection->state = CONNECTION_CONNECTING;
        connection->connect_deadline_ms = lying_connection_now_ms(connection) + CONNECT_TIMEOUT_MS;
        connection->answered = false;
    }
    if (connection->state == CONNECTION_CONNECTING) {
        advance(connection);
    }
    return connection->state != CONNECTION_UP ||
           (send_all(connection) && lying_questions_send(connection));
}

void lying_connection_expire(struct lying_connection *connection) {
    const int64_t now_ms = lying_connection_now_ms(connection);
    while (connection->open.head != NULL && connection->open.head->deadline_ms <= now_ms) {
        struct lying_request *request = connection->open.head;
        if (request->place == LYING_PLACE_UNSENT) {
            lying_call_not_sent(connection, request,
                                "the registry took nothing in the time of a call");
            continue;
        }
        lying_call_unknown(connection, request, MILLRACE_UNKNOWN_CAUSE_TIMEOUT,
                           "no reply in the time of a call");
        lying_call_keep_late(connection, request);
    }
    lying_questions_expire(connection);
}
