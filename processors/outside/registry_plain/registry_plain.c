#include "outside/registry_plain/registry_plain.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "outside/registry_plain/calls.h"
#include "outside/registry_plain/connection.h"
#include "outside/registry_plain/transaction.h"
#include "outside/registry_replies/registry_replies.h"
#include "ports/fault.h"

struct plain {
    struct logger logger;
    const struct clock *clock;
    struct plain_connection connection;
    struct plain_calls calls;
    struct registry_replies replies;
};

static int64_t now_of(const struct plain *plain) {
    return plain->clock->monotonic_ms(plain->clock->self);
}

static struct registry_reply *add_ready(struct plain *plain, const struct plain_call *call,
                                        enum registry_reply_kind kind, struct text words) {
    return registry_replies_add(&plain->replies, &call->call, kind, call->place == PLAIN_CALL_LATE,
                                words);
}

static void end_unknown(struct plain *plain, struct plain_call *call,
                        enum millrace_unknown_cause cause, const char *words) {
    assert(call->place == PLAIN_CALL_OUT); /* what was not sent is known to be not sent */
    add_ready(plain, call, REGISTRY_REPLY_UNKNOWN, text_of(words))->unknown_cause = cause;
}

static void end_not_sent(struct plain *plain, struct plain_call *call, const char *words) {
    assert(call->place == PLAIN_CALL_UNSENT && call->sent == 0);
    add_ready(plain, call, REGISTRY_REPLY_NOT_SENT, text_of(words))->not_sent_cause =
        MILLRACE_NOT_SENT_CAUSE_CONNECT_FAILED;
    plain_calls_remove(&plain->calls, call);
}

/* The connection is gone. What the kernel had a byte of is unknown. The rest was not sent: it may
 * wait for the next connection where this one had worked, it ends here where none ever stood. */
static void lose_connection(struct plain *plain, enum millrace_unknown_cause cause,
                            const struct error *error) {
    const bool worked = plain->connection.answered;
    bool any = false;
    plain_connection_drop(&plain->connection);
    for (struct plain_call *call = plain->calls.open.head; call != NULL;) {
        struct plain_call *behind = call->line_behind;
        if (call->place == PLAIN_CALL_OUT) {
            end_unknown(plain, call, cause, error->text);
            plain_calls_remove(&plain->calls, call);
            any = true;
        } else if (!worked) {
            end_not_sent(plain, call, error->text);
            any = true;
        }
        call = behind;
    }
    plain_calls_forget_late(&plain->calls); /* they cannot be answered any more */
    if (any) {
        logger_warning(&plain->logger, "registry connection lost with calls out",
                       LOGGER_FIELDS(logger_error_field(error)));
    }
}

static void answer(struct plain *plain, struct plain_call *call, const struct plain_reply *reply) {
    const struct text id = {.data = call->transaction_id, .length = call->transaction_id_length};
    const bool ours = text_equal(reply->transaction_id, id);
    if (ours && reply->verdict == PLAIN_VERDICT_EXECUTED) {
        (void)add_ready(plain, call, REGISTRY_REPLY_SUCCEEDED,
                        reply->words.length > 0 ? reply->words : text_of("executed"));
    } else if (ours && reply->verdict == PLAIN_VERDICT_REFUSED) {
        (void)add_ready(plain, call, REGISTRY_REPLY_REFUSED,
                        reply->words.length > 0 ? reply->words : text_of("refused"));
    } else if (call->place != PLAIN_CALL_LATE) {
        char words[REGISTRY_TEXT_MAX];
        (void)snprintf(words, sizeof words,
                       ours ? "the registry answered \"%.*s\": %.*s"
                            : "the registry answered for another transaction "
                              "(\"%.*s\"): %.*s",
                       (int)(reply->verdict_word.length < 64 ? reply->verdict_word.length : 64),
                       reply->verdict_word.data,
                       (int)(reply->words.length < 512 ? reply->words.length : 512),
                       reply->words.data);
        end_unknown(plain, call, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY, words);
    }
    plain_calls_remove(&plain->calls, call);
}

static void receive(struct plain *plain) {
    struct bytes frame = {.data = NULL};
    struct error error;
    for (;;) {
        switch (plain_connection_receive(&plain->connection, &frame, &error)) {
        case PLAIN_INPUT_NOTHING:
            return;
        case PLAIN_INPUT_BROKEN:
            lose_connection(plain, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST, &error);
            return;
        case PLAIN_INPUT_FRAME:
            break;
        }
        plain->connection.answered = true;
        FAULT("reply.read");
        struct plain_reply reply;
        if (!plain_reply_read(frame, &reply)) {
            (void)error_set(&error, RESULT_FAILED,
                            "a reply that cannot be read: what listens there does not speak this "
                            "protocol");
            lose_connection(plain, MILLRACE_UNKNOWN_CAUSE_BAD_REPLY, &error);
            return;
        }
        struct plain_call *call =
            plain_calls_find(&plain->calls, &reply.submission_id, reply.attempt);
        if (call == NULL || call->frame != NULL) {
            /* A second reply, or one to what was never asked, or before it was: nobody's. The
             * call it was perhaps meant for ends by its deadline. */
            logger_warning(&plain->logger, "registry reply that belongs to no call",
                           LOGGER_FIELDS(logger_uuid("submission_id", &reply.submission_id),
                                         logger_number("attempt", reply.attempt)));
            continue;
        }
        FAULT("reply.decoded");
        answer(plain, call, &reply);
    }
}

static void expire(struct plain *plain) {
    const int64_t now_ms = now_of(plain);
    while (plain->calls.open.head != NULL && plain->calls.open.head->deadline_ms <= now_ms) {
        struct plain_call *call = plain->calls.open.head;
        if (call->place == PLAIN_CALL_UNSENT) {
            end_not_sent(plain, call, "the registry took nothing in the time of a call");
        } else if (call->frame == NULL) {
            end_unknown(plain, call, MILLRACE_UNKNOWN_CAUSE_TIMEOUT,
                        "no reply in the time of a call");
            plain_calls_make_late(&plain->calls, call);
        } else {
            /* Half a request is in the kernel. Better that it never gets whole. */
            struct error error;
            (void)error_set(&error, RESULT_FAILED,
                            "the registry took only part of a request in the time of a call");
            lose_connection(plain, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST, &error);
            return;
        }
    }
}

/* Bring the connection up where there is something to send, and pass bytes both ways. */
static void drive(struct plain *plain) {
    struct plain_connection *connection = &plain->connection;
    struct error error;
    enum result result = RESULT_OK;
    if (connection->state == PLAIN_CONNECTION_UP) {
        receive(plain); /* first, so that a connection that has ended is not sent to */
    }
    if (connection->state == PLAIN_CONNECTION_CLOSED && plain->calls.queue_head != NULL) {
        result = plain_connection_begin(connection, now_of(plain), &error);
    }
    if (connection->state == PLAIN_CONNECTION_LOOKING_UP ||
        connection->state == PLAIN_CONNECTION_CONNECTING) {
        result = plain_connection_advance(connection, now_of(plain), &error);
    }
    if (connection->state == PLAIN_CONNECTION_UP) {
        result = plain_connection_send(connection, &plain->calls, &error);
    }
    if (result == RESULT_FAILED) {
        lose_connection(plain, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST, &error);
    }
}

static enum result plain_prepare(void *self, const struct uuid *submission_id,
                                 const struct uuid *certificate_id,
                                 const struct millrace_operation *operation, struct arena *arena,
                                 struct registry_transaction *transaction, struct error *error) {
    (void)self;
    return plain_transaction_make(submission_id, certificate_id, operation, arena, transaction,
                                  error);
}

static void plain_start(void *self, const struct registry_request *request) {
    struct plain *plain = self;
    (void)plain_calls_add(&plain->calls, request);
    registry_replies_expect(&plain->replies);
}

static uint32_t plain_poll(void *self, struct registry_reply *replies, uint32_t replies_max) {
    struct plain *plain = self;
    drive(plain);
    expire(plain);
    return registry_replies_take(&plain->replies, replies, replies_max);
}

static bool plain_withdraw(void *self, const struct registry_call *name) {
    struct plain *plain = self;
    struct plain_call *call = plain_calls_find(&plain->calls, &name->submission_id, name->attempt);
    if (call == NULL || call->place != PLAIN_CALL_UNSENT) {
        return false;
    }
    plain_calls_remove(&plain->calls, call);
    registry_replies_forgo(&plain->replies);
    return true;
}

static uint32_t plain_calls_out(void *self) {
    return ((const struct plain *)self)->replies.calls_out;
}

static int plain_wait_fd(void *self) {
    return ((const struct plain *)self)->connection.epoll;
}

static int64_t plain_next_deadline_ms(void *self) {
    const struct plain *plain = self;
    const struct plain_connection *connection = &plain->connection;
    const bool to_send =
        plain->calls.queue_head != NULL && !connection->watches_output &&
        (connection->state == PLAIN_CONNECTION_CLOSED || connection->state == PLAIN_CONNECTION_UP);
    if (plain->replies.head != NULL || to_send) {
        return INT64_MIN; /* no descriptor tells of that */
    }
    int64_t next_ms = INT64_MAX;
    if (plain->calls.open.head != NULL) {
        next_ms = plain->calls.open.head->deadline_ms;
    }
    if (connection->state == PLAIN_CONNECTION_LOOKING_UP) {
        const int64_t look_ms = now_of(plain) + HOST_LOOKUP_INTERVAL_MS;
        next_ms = look_ms < next_ms ? look_ms : next_ms;
    }
    if (connection->state == PLAIN_CONNECTION_CONNECTING && connection->deadline_ms < next_ms) {
        next_ms = connection->deadline_ms;
    }
    return next_ms;
}

static void plain_close(void *self) {
    struct plain *plain = self;
    plain_connection_close(&plain->connection);
    plain_calls_deinit(&plain->calls);
    registry_replies_deinit(&plain->replies);
    free(plain);
}

static enum result plain_open(void *self, const struct registry_config *config,
                              const struct clock *clock, struct registry *registry,
                              struct error *error) {
    const struct registry_plain_adapter *adapter = self;
    struct plain_address address;
    if (plain_address_parse(config->address, &address, error) != RESULT_OK) {
        return error_wrap(error, "registry %s", config->name);
    }
    struct plain *plain = calloc(1, sizeof *plain);
    if (plain == NULL) {
        return error_set(error, RESULT_FAILED, "registry %s: no memory", config->name);
    }
    plain->logger = adapter->logger;
    plain->clock = clock;
    if (plain_connection_open(&plain->connection, &address, error) != RESULT_OK) {
        free(plain);
        return error_wrap(error, "registry %s", config->name);
    }
    *registry = (struct registry){
        .self = plain,
        .prepare = plain_prepare,
        .start = plain_start,
        .poll = plain_poll,
        .withdraw = plain_withdraw,
        .calls_out = plain_calls_out,
        .wait_fd = plain_wait_fd,
        .next_deadline_ms = plain_next_deadline_ms,
        .close = plain_close,
    };
    return RESULT_OK;
}

struct registry_adapter registry_plain(struct registry_plain_adapter *self) {
    assert(self != NULL);
    return (struct registry_adapter){.name = "plain", .self = self, .open = plain_open};
}
