/* One lane's connection, as a process has it: what registry_plain does, and what
 * registry_project_origin does where the registry can be asked, without sockets. */
#include <assert.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "tests/simulate/lying_inside.h"
#include "tests/simulate/lying_transaction.h"

enum {
    CONNECT_TIMEOUT_MS = 5000,
    QUESTION_MS = 5000,   /* for the answer to one */
    PAUSE_FIRST_MS = 500, /* before a call is asked for; doubled each time */
    PAUSE_MOST_MS = 8000,
    LATE_MS = 600000, /* so long one that is unknown is still asked for */
};

enum connection_state {
    CONNECTION_CLOSED,
    CONNECTION_CONNECTING,
    CONNECTION_UP,
};

struct lying_connection {
    struct lying_registry *registry;
    struct sim_process *process;
    const struct clock *clock;
    const struct lying_name *name;
    enum connection_state state;
    struct lying_socket *socket; /* unless CLOSED */
    int64_t connect_deadline_ms; /* of CONNECTING */
    bool answered;               /* something came over it */
    struct lying_line open;      /* UNSENT and OUT */
    struct lying_line late;      /* LATE */
    uint32_t unsent;
    uint32_t calls_out;               /* started, their reply not fetched yet */
    struct lying_question *questions; /* without an answer, the oldest first */
    uint32_t questions_unsent;
    struct lying_ready *ready_head;
    struct lying_ready *ready_tail;
};

static int64_t now_of(const struct lying_connection *connection) {
    return connection->clock->monotonic_ms(connection->clock->self);
}

/* ---- lines ---- */

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

/* Nobody waits for anything of it any more. */
static void forget(struct lying_connection *connection, struct lying_request *request) {
    assert(request->place != LYING_PLACE_GONE && request->connection == connection);
    line_remove(request->place == LYING_PLACE_LATE ? &connection->late : &connection->open,
                request);
    connection->unsent -= request->place == LYING_PLACE_UNSENT ? 1 : 0;
    request->place = LYING_PLACE_GONE;
    request->connection = NULL;
}

/* ---- replies ---- */

static void append_ready(struct lying_connection *connection, struct lying_ready *ready) {
    *(connection->ready_head == NULL ? &connection->ready_head : &connection->ready_tail->next) =
        ready;
    connection->ready_tail = ready;
}

static struct lying_ready *add_ready(struct lying_connection *connection,
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
    append_ready(connection, ready);
    return ready;
}

static void end_unknown(struct lying_connection *connection, struct lying_request *request,
                        enum millrace_unknown_cause cause, const char *words) {
    assert(request->place == LYING_PLACE_OUT); /* what was not sent is known to be not sent */
    add_ready(connection, request, REGISTRY_REPLY_UNKNOWN, words)->unknown_cause = cause;
}

static void end_not_sent(struct lying_connection *connection, struct lying_request *request,
                         const char *words) {
    assert(request->place == LYING_PLACE_UNSENT && request->socket == NULL);
    (void)add_ready(connection, request, REGISTRY_REPLY_NOT_SENT, words);
    forget(connection, request);
}

/* ---- questions ---- */

static void question_add(struct lying_connection *connection, struct lying_question *question,
                         int64_t deadline_ms) {
    struct lying_question **link = &connection->questions;
    while (*link != NULL) {
        link = &(*link)->line_behind;
    }
    *link = question;
    question->deadline_ms = deadline_ms;
    connection->questions_unsent++;
}

static void question_end(struct lying_connection *connection, struct lying_question *question) {
    struct lying_question **link = &connection->questions;
    while (*link != question) {
        assert(*link != NULL);
        link = &(*link)->line_behind;
    }
    *link = question->line_behind;
    connection->questions_unsent -= question->out ? 0 : 1;
    question->connection = NULL;
}

/* It ends as it was told, if it was; an own call that is still open is asked for again. */
static void question_settle(struct lying_connection *connection, struct lying_question *question,
                            enum registry_reply_kind told) {
    struct lying_request *request = question->request;
    question_end(connection, question);
    if (request == NULL) {
        question->ready = (struct lying_ready){.question = question, .kind = told, .late = true};
        question->ready.words = question->words != NULL ? question->words : "not heard of";
        append_ready(connection, &question->ready);
    } else if (request->place == LYING_PLACE_OUT || request->place == LYING_PLACE_LATE) {
        if (told != REGISTRY_REPLY_UNKNOWN) {
            add_ready(connection, request, told, question->words)->question = question;
            forget(connection, request);
            return;
        }
        request->ask_ms = now_of(connection) + request->pause_ms;
        request->pause_ms =
            request->pause_ms < PAUSE_MOST_MS ? 2 * request->pause_ms : PAUSE_MOST_MS;
    }
}

/* Own calls whose time has come. */
static void ask_for(struct lying_connection *connection, const struct lying_line *line) {
    const int64_t now_ms = now_of(connection);
    for (struct lying_request *request = line->head; request != NULL;
         request = request->line_behind) {
        if (request->place == LYING_PLACE_UNSENT || request->ask_ms > now_ms) {
            continue;
        }
        const struct registry_call call = {.certificate_id = request->entry.certificate_id,
                                           .submission_id = request->entry.submission_id,
                                           .attempt = request->entry.attempt};
        struct lying_question *question =
            lying_question_new(connection->registry, &call, connection);
        question->request = request;
        request->ask_ms = INT64_MAX; /* until it has its answer */
        question_add(connection, question, now_ms + QUESTION_MS);
    }
}

static void lose_questions(struct lying_connection *connection, bool worked) {
    for (struct lying_question *question = connection->questions; question != NULL;) {
        struct lying_question *behind = question->line_behind;
        if (question->out || !worked) {
            question_settle(connection, question, REGISTRY_REPLY_UNKNOWN);
        }
        question = behind;
    }
}

/* An own call whose sending came to nothing that is known; where it can be, it is asked for. */
static bool doubt(struct lying_connection *connection, struct lying_request *request) {
    if (!connection->registry->can_be_asked) {
        return false;
    }
    const int64_t soon_ms = now_of(connection) + PAUSE_FIRST_MS;
    if (request->ask_ms != INT64_MAX && request->ask_ms > soon_ms) {
        request->ask_ms = soon_ms;
    }
    return true;
}

static void drop_socket(struct lying_connection *connection) {
    connection->socket->connection = NULL;
    connection->socket = NULL;
    connection->state = CONNECTION_CLOSED;
}

/* The connection is gone. What the kernel had a byte of is unknown. The rest was not sent: it may
 * wait for the next connection where this one had worked, it ends here where none ever stood. */
static void lose_connection(struct lying_connection *connection, enum millrace_unknown_cause cause,
                            const char *words) {
    const bool worked = connection->answered;
    transcript_say(connection->registry->transcript, "process %u has lost its connection to %s: %s",
                   connection->process->number, connection->name->name, words);
    drop_socket(connection);
    for (struct lying_request *request = connection->open.head; request != NULL;) {
        struct lying_request *behind = request->line_behind;
        if (request->place == LYING_PLACE_OUT) {
            if (!doubt(connection, request)) {
                end_unknown(connection, request, cause, words);
                forget(connection, request);
            }
        } else if (!worked) {
            end_not_sent(connection, request, words);
        }
        request = behind;
    }
    while (connection->late.head != NULL && !connection->registry->can_be_asked) {
        forget(connection, connection->late.head); /* they cannot be answered any more */
    }
    lose_questions(connection, worked);
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
            (void)add_ready(connection, request, REGISTRY_REPLY_ACCEPTED, "accepted");
            (void)doubt(connection, request);
        }
        return;
    case LYING_PARCEL_EXECUTED:
        (void)add_ready(connection, request, REGISTRY_REPLY_SUCCEEDED, "executed");
        break;
    case LYING_PARCEL_REFUSED:
        (void)add_ready(connection, request, REGISTRY_REPLY_REFUSED, request->fate.words);
        break;
    case LYING_PARCEL_VAGUE:
        if (doubt(connection, request)) {
            return;
        }
        if (request->place == LYING_PLACE_OUT) {
            end_unknown(connection, request, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY,
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
    forget(connection, request);
}

static void receive(struct lying_connection *connection) {
    while (connection->socket != NULL && connection->socket->inbox != NULL) {
        struct lying_parcel *parcel = connection->socket->inbox;
        connection->socket->inbox = parcel->next;
        if (parcel->kind == LYING_PARCEL_END || parcel->kind == LYING_PARCEL_RESET) {
            lose_connection(connection, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST,
                            "the registry ended the connection");
        } else if (parcel->kind == LYING_PARCEL_UNREADABLE) {
            lose_connection(connection, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY,
                            "a reply that cannot be read");
        } else if (parcel->kind == LYING_PARCEL_TOLD) {
            connection->answered = true;
            if (parcel->question->connection != NULL) { /* else it was given up */
                question_settle(connection, parcel->question, parcel->question->told);
            }
        } else {
            connection->answered = true;
            hear(connection, parcel);
        }
        free(parcel);
    }
}

/* ---- driving ---- */

static void advance(struct lying_connection *connection) {
    if (connection->socket->up) {
        connection->state = CONNECTION_UP;
    } else if (connection->socket->refused) {
        lose_connection(connection, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST, "connection refused");
    } else if (connection->connect_deadline_ms <= now_of(connection)) {
        lose_connection(connection, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST,
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
            lose_connection(connection, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST,
                            "the connection was reset");
            return true;
        }
        struct lying_request *request = first_unsent(connection);
        connection->unsent--;
        transcript_say(connection->registry->transcript, "process %u sends attempt %d of %s to %s",
                       connection->process->number, request->entry.attempt,
                       short_id(&request->entry.submission_id), connection->name->name);
        request->pause_ms = PAUSE_FIRST_MS;
        if (connection->registry->can_be_asked) {
            request->ask_ms = (now_of(connection) + request->deadline_ms) / 2;
        }
        lying_socket_send(connection->socket, request);
        if (!process_comes_to(connection->process, POINT_WIRED)) {
            return false;
        }
    }
    return true;
}

static bool ask_all(struct lying_connection *connection) {
    while (connection->questions_unsent > 0 && connection->state == CONNECTION_UP) {
        if (!process_comes_to(connection->process, POINT_ASK)) {
            return false;
        }
        if (connection->socket->reset) {
            lose_connection(connection, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST,
                            "the connection was reset");
            return true;
        }
        struct lying_question *question = connection->questions;
        while (question->out) {
            question = question->line_behind;
        }
        connection->questions_unsent--;
        transcript_say(connection->registry->transcript, "process %u asks %s what became of %s",
                       connection->process->number, connection->name->name,
                       short_id(&question->call.submission_id));
        lying_socket_ask(connection->socket, question);
    }
    return true;
}

/* Bring the connection up where there is something to send, and pass bytes both ways. False: the
 * process is dead. */
static bool drive(struct lying_connection *connection) {
    lying_registry_look(connection->registry);
    if (connection->state == CONNECTION_UP) {
        receive(connection); /* first, so that a connection that has ended is not sent to */
    }
    ask_for(connection, &connection->open);
    ask_for(connection, &connection->late);
    if (connection->state == CONNECTION_CLOSED &&
        connection->unsent + connection->questions_unsent > 0) {
        connection->socket =
            lying_socket_new(connection->registry, connection->process, connection);
        connection->state = CONNECTION_CONNECTING;
        connection->connect_deadline_ms = now_of(connection) + CONNECT_TIMEOUT_MS;
        connection->answered = false;
    }
    if (connection->state == CONNECTION_CONNECTING) {
        advance(connection);
    }
    return connection->state != CONNECTION_UP || (send_all(connection) && ask_all(connection));
}

static void expire(struct lying_connection *connection) {
    const int64_t now_ms = now_of(connection);
    while (connection->open.head != NULL && connection->open.head->deadline_ms <= now_ms) {
        struct lying_request *request = connection->open.head;
        if (request->place == LYING_PLACE_UNSENT) {
            end_not_sent(connection, request, "the registry took nothing in the time of a call");
            continue;
        }
        end_unknown(connection, request, MILLRACE_UNKNOWN_CAUSE_TIMEOUT,
                    "no reply in the time of a call");
        line_remove(&connection->open, request);
        request->place = LYING_PLACE_LATE;
        line_add(&connection->late, request);
    }
    for (struct lying_question *question = connection->questions; question != NULL;) {
        struct lying_question *behind = question->line_behind;
        if (question->deadline_ms <= now_ms) {
            question_settle(connection, question, REGISTRY_REPLY_UNKNOWN);
        }
        question = behind;
    }
    while (connection->registry->can_be_asked && connection->late.head != NULL &&
           connection->late.head->deadline_ms + LATE_MS <= now_ms) {
        forget(connection, connection->late.head);
    }
}

/* ---- the port ---- */

static struct registry_call call_of(const struct lying_request *request) {
    return (struct registry_call){
        .certificate_id = request->entry.certificate_id,
        .submission_id = request->entry.submission_id,
        .attempt = request->entry.attempt,
    };
}

static enum result lying_prepare(void *self, const struct uuid *submission_id,
                                 const struct uuid *certificate_id,
                                 const struct millrace_operation *operation, struct arena *arena,
                                 struct registry_transaction *transaction, struct error *error) {
    (void)self;
    (void)error;
    *transaction = lying_transaction_make(submission_id, certificate_id, operation, arena);
    return RESULT_OK;
}

static void lying_start(void *self, const struct registry_request *wanted) {
    struct lying_connection *connection = self;
    if (!process_comes_to(connection->process, POINT_SEND)) {
        return;
    }
    if (lying_request_find(connection->registry, &wanted->call.submission_id, connection) != NULL) {
        /* Half of a pair, the connector has the other: no second request of a submission. */
        transcript_violation(connection->registry->transcript, "I1",
                             "process %u begins attempt %d of %s over an open one",
                             connection->process->number, wanted->call.attempt,
                             short_id(&wanted->call.submission_id));
    }
    struct lying_request *request = lying_request_new(connection->registry, wanted);
    request->connection = connection;
    line_add(&connection->open, request);
    connection->unsent++;
    connection->calls_out++;
}

static void give_out(struct lying_connection *connection, struct registry_reply *reply) {
    const struct lying_ready *ready = connection->ready_head;
    connection->ready_head = ready->next;
    *reply = (struct registry_reply){
        .call = ready->request != NULL ? call_of(ready->request) : ready->question->call,
        .kind = ready->kind,
        .to_question = ready->request == NULL,
    };
    if (ready->kind == REGISTRY_REPLY_SUCCEEDED || ready->kind == REGISTRY_REPLY_REFUSED) {
        reply->learnt =
            ready->question != NULL ? ready->question->learnt : REGISTRY_LEARNT_BY_REPLY;
        if (ready->request != NULL) {
            ready->request->heard_by = connection->process;
        } else {
            lying_registry_note_heard(connection->registry, &reply->call.submission_id,
                                      connection->process);
        }
        transcript_say(connection->registry->transcript, "process %u hears of %s: %s",
                       connection->process->number, short_id(&reply->call.submission_id),
                       ready->words);
    }
    reply->not_sent_cause = ready->kind == REGISTRY_REPLY_NOT_SENT
                                ? MILLRACE_NOT_SENT_CAUSE_CONNECT_FAILED
                                : MILLRACE_NOT_SENT_CAUSE_OTHER;
    reply->unknown_cause = ready->unknown_cause;
    reply->text_length = (uint32_t)strlen(ready->words);
    memcpy(reply->text, ready->words, reply->text_length);
    if (ready->kind != REGISTRY_REPLY_ACCEPTED && !ready->late) {
        assert(connection->calls_out > 0);
        connection->calls_out--;
    }
}

static uint32_t lying_poll(void *self, struct registry_reply *replies, uint32_t replies_max) {
    struct lying_connection *connection = self;
    if (connection->process->dead || !drive(connection)) {
        return 0;
    }
    expire(connection);
    uint32_t count = 0;
    while (count < replies_max && connection->ready_head != NULL) {
        if (!process_comes_to(connection->process, POINT_REPLY)) {
            return 0;
        }
        give_out(connection, &replies[count++]);
    }
    return count;
}

static bool lying_withdraw(void *self, const struct registry_call *call) {
    struct lying_connection *connection = self;
    if (!process_comes_to(connection->process, POINT_WITHDRAW)) {
        return false;
    }
    struct lying_request *request =
        lying_request_find(connection->registry, &call->submission_id, connection);
    if (request == NULL || request->entry.attempt != call->attempt ||
        request->place != LYING_PLACE_UNSENT) {
        return false;
    }
    forget(connection, request);
    connection->calls_out--;
    return true;
}

static void lying_ask(void *self, const struct registry_question *wanted) {
    struct lying_connection *connection = self;
    if (connection->process->dead) {
        return;
    }
    question_add(connection, lying_question_new(connection->registry, &wanted->call, connection),
                 wanted->deadline_ms);
}

static uint32_t lying_calls_out(void *self) {
    return ((const struct lying_connection *)self)->calls_out;
}

static int lying_wait_fd(void *self) {
    return ((const struct lying_connection *)self)->name->descriptor;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t next_question_ms(const struct lying_connection *connection, int64_t next_ms) {
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

static int64_t lying_next_deadline_ms(void *self) {
    const struct lying_connection *connection = self;
    const struct lying_socket *socket = connection->socket;
    const bool heard = socket != NULL && socket->inbox != NULL;
    const bool to_send = connection->unsent + connection->questions_unsent > 0 &&
                         (socket == NULL || socket->up || socket->refused);
    if (connection->ready_head != NULL || heard || to_send) {
        return INT64_MIN; /* no descriptor tells of that */
    }
    int64_t next_ms =
        connection->open.head != NULL ? connection->open.head->deadline_ms : INT64_MAX;
    if (connection->state == CONNECTION_CONNECTING && connection->connect_deadline_ms < next_ms) {
        next_ms = connection->connect_deadline_ms;
    }
    return connection->registry->can_be_asked ? next_question_ms(connection, next_ms) : next_ms;
}

static void lying_close(void *self) {
    struct lying_connection *connection = self;
    if (connection->socket != NULL) {
        drop_socket(connection);
    }
    while (connection->open.head != NULL) {
        forget(connection, connection->open.head);
    }
    while (connection->late.head != NULL) {
        forget(connection, connection->late.head);
    }
    while (connection->questions != NULL) {
        question_end(connection, connection->questions);
    }
    free(connection);
}

static const struct lying_name *name_of(struct lying_registry *registry, const char *name) {
    for (uint32_t i = 0; i < registry->names_count; i++) {
        if (strcmp(registry->names[i].name, name) == 0) {
            return &registry->names[i];
        }
    }
    assert(registry->names_count < LYING_NAMES_MAX && strlen(name) < LYING_NAME_MAX);
    struct lying_name *fresh = &registry->names[registry->names_count++];
    memcpy(fresh->name, name, strlen(name) + 1);
    fresh->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert(fresh->descriptor >= 0);
    return fresh;
}

void lying_connection_open(struct lying_registry *registry, struct sim_process *process,
                           const struct registry_config *config, const struct clock *clock,
                           struct registry *port) {
    struct lying_connection *connection = calloc(1, sizeof *connection);
    assert(connection != NULL);
    connection->registry = registry;
    connection->process = process;
    connection->clock = clock;
    connection->name = name_of(registry, config->name);
    *port = (struct registry){
        .self = connection,
        .capabilities =
            registry->can_be_asked ? REGISTRY_CAPABILITY_STATUS | REGISTRY_CAPABILITY_STREAM : 0,
        .prepare = lying_prepare,
        .start = lying_start,
        .poll = lying_poll,
        .withdraw = lying_withdraw,
        .ask = registry->can_be_asked ? lying_ask : NULL,
        .calls_out = lying_calls_out,
        .wait_fd = lying_wait_fd,
        .next_deadline_ms = lying_next_deadline_ms,
        .close = lying_close,
    };
}
