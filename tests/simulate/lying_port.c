/* The port of the registry over a connection. */
#include <assert.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "tests/simulate/lying_connection.h"
#include "tests/simulate/lying_transaction.h"

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
    lying_call_add(connection, request);
}

static void give_out(struct lying_connection *connection, struct registry_reply *reply) {
    const struct lying_ready *ready = connection->ready_head;
    connection->ready_head = ready->next;
    *reply = (struct registry_reply){
        .call = ready->request != NULL ? lying_call_of(ready->request) : ready->question->call,
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
    if (connection->process->dead || !lying_connection_drive(connection)) {
        return 0;
    }
    lying_connection_expire(connection);
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
    lying_call_forget(connection, request);
    connection->calls_out--;
    return true;
}

static void lying_ask(void *self, const struct registry_question *wanted) {
    struct lying_connection *connection = self;
    if (connection->process->dead) {
        return;
    }
    lying_question_add(connection,
                       lying_question_new(connection->registry, &wanted->call, connection),
                       wanted->deadline_ms);
}

static void lying_read_stream(void *self, const struct uuid *certificate_id, int64_t deadline_ms) {
    struct lying_connection *connection = self;
    if (!connection->process->dead) {
        lying_stream_ask(connection, certificate_id, deadline_ms);
    }
}

static bool lying_stream_answer(void *self, struct arena *arena, struct registry_stream *stream) {
    struct lying_connection *connection = self;
    if (connection->process->dead || connection->streams == NULL ||
        !process_comes_to(connection->process, POINT_REPLY)) {
        return false;
    }
    return lying_stream_take(connection, arena, stream);
}

static void lying_forget_streams(void *self) {
    lying_streams_forget(self);
}

static uint32_t lying_slices_of(void *self, const struct millrace_operation *operation,
                                struct bytes transaction, struct arena *arena,
                                struct millrace_slice_hash **hashes) {
    (void)self;
    return lying_names(operation, transaction, arena, hashes);
}

static uint32_t lying_calls_out(void *self) {
    return ((const struct lying_connection *)self)->calls_out;
}

static int lying_wait_fd(void *self) {
    return ((const struct lying_connection *)self)->name->descriptor;
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
    return connection->registry->can_be_asked ? lying_questions_next_ms(connection, next_ms)
                                              : next_ms;
}

static void lying_close(void *self) {
    struct lying_connection *connection = self;
    if (connection->socket != NULL) {
        lying_connection_drop(connection);
    }
    while (connection->open.head != NULL) {
        lying_call_forget(connection, connection->open.head);
    }
    while (connection->late.head != NULL) {
        lying_call_forget(connection, connection->late.head);
    }
    while (connection->questions != NULL) {
        lying_question_end(connection, connection->questions);
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
        .capabilities = (registry->can_be_asked ? REGISTRY_CAPABILITY_STATUS : 0) |
                        (registry->can_be_read ? REGISTRY_CAPABILITY_STREAM : 0),
        .prepare = lying_prepare,
        .slices_of = registry->can_be_read ? lying_slices_of : NULL,
        .start = lying_start,
        .poll = lying_poll,
        .withdraw = lying_withdraw,
        .ask = registry->can_be_asked ? lying_ask : NULL,
        .read_stream = registry->can_be_read ? lying_read_stream : NULL,
        .stream_answer = registry->can_be_read ? lying_stream_answer : NULL,
        .forget_streams = registry->can_be_read ? lying_forget_streams : NULL,
        .calls_out = lying_calls_out,
        .wait_fd = lying_wait_fd,
        .next_deadline_ms = lying_next_deadline_ms,
        .close = lying_close,
    };
}
