/* A connection's questions: for its own calls whose time has come, and those it was told to ask. */
#include <assert.h>

#include "tests/simulate/lying_connection.h"

enum {
    QUESTION_MS = 5000,   /* for the answer to one */
    PAUSE_MOST_MS = 8000, /* between two for one call */
    LATE_MS = 600000,     /* so long one that is unknown is still asked for */
};

static void append(struct lying_question **line, struct lying_question *question) {
    while (*line != NULL) {
        line = &(*line)->line_behind;
    }
    question->line_behind = NULL;
    *line = question;
}

void lying_question_add(struct lying_connection *connection, struct lying_question *question,
                        int64_t deadline_ms) {
    append(&connection->questions, question);
    question->deadline_ms = deadline_ms;
    connection->questions_unsent++;
}

void lying_question_end(struct lying_connection *connection, struct lying_question *question) {
    struct lying_question **link = &connection->questions;
    while (*link != question) {
        assert(*link != NULL);
        link = &(*link)->line_behind;
    }
    *link = question->line_behind;
    connection->questions_unsent -= question->out ? 0 : 1;
    question->connection = NULL;
}

void lying_question_settle(struct lying_connection *connection, struct lying_question *question,
                           enum registry_reply_kind told) {
    struct lying_request *request = question->request;
    lying_question_end(connection, question);
    if (question->reads) {
        append(&connection->streams, question);
        if (question->words == NULL || question->told != told) {
            question->words = "nobody has answered";
        }
        question->told = told;
    } else if (request == NULL) {
        question->ready = (struct lying_ready){.question = question, .kind = told, .late = true};
        question->ready.words = question->words != NULL ? question->words : "not heard of";
        lying_ready_append(connection, &question->ready);
    } else if (request->place == LYING_PLACE_OUT || request->place == LYING_PLACE_LATE) {
        if (told != REGISTRY_REPLY_UNKNOWN) {
            lying_call_ready(connection, request, told, question->words)->question = question;
            lying_call_forget(connection, request);
            return;
        }
        request->ask_ms = lying_connection_now_ms(connection) + request->pause_ms;
        request->pause_ms =
            request->pause_ms < PAUSE_MOST_MS ? 2 * request->pause_ms : PAUSE_MOST_MS;
    }
}

/* Own calls whose time has come. */
static void ask_for(struct lying_connection *connection, const struct lying_line *line) {
    const int64_t now_ms = lying_connection_now_ms(connection);
    for (struct lying_request *request = line->head; request != NULL;
         request = request->line_behind) {
        if (request->place == LYING_PLACE_UNSENT || request->ask_ms > now_ms) {
            continue;
        }
        const struct registry_call call = lying_call_of(request);
        struct lying_question *question =
            lying_question_new(connection->registry, &call, connection);
        question->request = request;
        request->ask_ms = INT64_MAX; /* until it has its answer */
        lying_question_add(connection, question, now_ms + QUESTION_MS);
    }
}

void lying_questions_begin(struct lying_connection *connection) {
    ask_for(connection, &connection->open);
    ask_for(connection, &connection->late);
}

void lying_questions_lose(struct lying_connection *connection, bool worked) {
    for (struct lying_question *question = connection->questions; question != NULL;) {
        struct lying_question *behind = question->line_behind;
        if (question->out || !worked) {
            lying_question_settle(connection, question, REGISTRY_REPLY_UNKNOWN);
        }
        question = behind;
    }
}

bool lying_call_doubt(struct lying_connection *connection, struct lying_request *request) {
    if (!connection->registry->can_be_asked) {
        return false;
    }
    const int64_t soon_ms = lying_connection_now_ms(connection) + LYING_PAUSE_FIRST_MS;
    if (request->ask_ms != INT64_MAX && request->ask_ms > soon_ms) {
        request->ask_ms = soon_ms;
    }
    return true;
}

bool lying_questions_send(struct lying_connection *connection) {
    while (connection->questions_unsent > 0 && connection->state == CONNECTION_UP) {
        if (!process_comes_to(connection->process, POINT_ASK)) {
            return false;
        }
        if (connection->socket->reset) {
            lying_connection_lose(connection, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST,
                                  "the connection was reset");
            return true;
        }
        struct lying_question *question = connection->questions;
        while (question->out) {
            question = question->line_behind;
        }
        connection->questions_unsent--;
        transcript_say(connection->registry->transcript, "process %u asks %s %s %s",
                       connection->process->number, connection->name->name,
                       question->reads ? "for the stream of" : "what became of",
                       short_id(question->reads ? &question->call.certificate_id
                                                : &question->call.submission_id));
        lying_socket_ask(connection->socket, question);
    }
    return true;
}

void lying_questions_expire(struct lying_connection *connection) {
    const int64_t now_ms = lying_connection_now_ms(connection);
    for (struct lying_question *question = connection->questions; question != NULL;) {
        struct lying_question *behind = question->line_behind;
        if (question->deadline_ms <= now_ms) {
            lying_question_settle(connection, question, REGISTRY_REPLY_UNKNOWN);
        }
        question = behind;
    }
    while (connection->registry->can_be_asked && connection->late.head != NULL &&
           connection->late.head->deadline_ms + LATE_MS <= now_ms) {
        lying_call_forget(connection, connection->late.head);
    }
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

int64_t lying_questions_next_ms(const struct lying_connection *connection, int64_t next_ms) {
    const struct lying_line *const lines[] = {&connection->open, &connection->late};
    for (uint32_t i = 0; i < 2; i++) {
        for (const struct lying_request *request = lines[i]->head; request != NULL;
             request = request->line_behind) {
            next_ms =
                request->place == LYING_PLACE_UNSENT ? next_ms : least(next_ms, request->ask_ms);
        }
    }
    for (const struct lying_question *question = connection->questions; question != NULL;
         question = question->line_behind) {
        next_ms = least(next_ms, question->deadline_ms);
    }
    return connection->late.head == NULL
               ? next_ms
               : least(next_ms, connection->late.head->deadline_ms + LATE_MS);
}

/* --- Streams. --- */

void lying_stream_ask(struct lying_connection *connection, const struct uuid *certificate_id,
                      int64_t deadline_ms) {
    for (const struct lying_question *other = connection->questions; other != NULL;
         other = other->line_behind) {
        assert(!other->reads || !uuid_equal(&other->call.certificate_id, certificate_id));
    }
    const struct registry_call call = {.certificate_id = *certificate_id};
    struct lying_question *question = lying_question_new(connection->registry, &call, connection);
    question->reads = true;
    question->name = connection->name->name;
    lying_question_add(connection, question, deadline_ms);
}

bool lying_stream_take(struct lying_connection *connection, struct arena *arena,
                       struct registry_stream *stream) {
    const struct lying_question *question = connection->streams;
    if (question == NULL) {
        return false;
    }
    connection->streams = question->line_behind;
    if (question->told == REGISTRY_REPLY_SUCCEEDED) {
        *stream = lying_stream_show(&question->seen, arena);
    } else {
        *stream = (struct registry_stream){.certificate_id = question->call.certificate_id,
                                           .words = text_of(question->words)};
    }
    return true;
}

void lying_streams_forget(struct lying_connection *connection) {
    connection->streams = NULL;
    for (struct lying_question *question = connection->questions; question != NULL;) {
        struct lying_question *behind = question->line_behind;
        if (question->reads) {
            lying_question_end(connection, question);
        }
        question = behind;
    }
}
