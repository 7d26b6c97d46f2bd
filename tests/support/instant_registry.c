#include "tests/support/instant_registry.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "outside/registry_plain/transaction.h"

struct connection {
    struct registry_call calls[INSTANT_REGISTRY_CALLS_MAX]; /* a ring */
    uint32_t first;
    uint32_t count;
    int descriptor; /* never readable: `next_deadline_ms` says when there are replies */
};

static enum result prepare(void *self, const struct uuid *submission_id,
                           const struct uuid *certificate_id,
                           const struct millrace_operation *operation, struct arena *arena,
                           struct registry_transaction *transaction, struct error *error) {
    (void)self;
    return plain_transaction_make(submission_id, certificate_id, operation, arena, transaction,
                                  error);
}

static void start(void *self, const struct registry_request *request) {
    struct connection *connection = self;
    assert(connection->count < INSTANT_REGISTRY_CALLS_MAX);
    const uint32_t last = connection->first + connection->count++;
    connection->calls[last % INSTANT_REGISTRY_CALLS_MAX] = request->call;
}

static uint32_t poll_replies(void *self, struct registry_reply *replies, uint32_t replies_max) {
    static const char words[] = "executed";
    struct connection *connection = self;
    uint32_t count = 0;
    while (count < replies_max && connection->count > 0) {
        struct registry_reply *reply = &replies[count++];
        /* Not the whole kilobyte of its text. */
        reply->call = connection->calls[connection->first];
        reply->kind = REGISTRY_REPLY_SUCCEEDED;
        reply->to_question = false;
        reply->learnt = REGISTRY_LEARNT_BY_REPLY;
        reply->not_sent_cause = MILLRACE_NOT_SENT_CAUSE_OTHER;
        reply->unknown_cause = MILLRACE_UNKNOWN_CAUSE_OTHER;
        reply->text_length = sizeof words - 1;
        memcpy(reply->text, words, sizeof words - 1);
        connection->first = (connection->first + 1) % INSTANT_REGISTRY_CALLS_MAX;
        connection->count--;
    }
    return count;
}

static bool withdraw(void *self, const struct registry_call *call) {
    (void)self;
    (void)call;
    return false; /* it was executed when it was started */
}

static uint32_t calls_out(void *self) {
    return ((const struct connection *)self)->count;
}

static int wait_fd(void *self) {
    return ((const struct connection *)self)->descriptor;
}

static int64_t next_deadline_ms(void *self) {
    return calls_out(self) > 0 ? 0 : INT64_MAX;
}

static void close_connection(void *self) {
    struct connection *connection = self;
    (void)close(connection->descriptor);
    free(connection);
}

static enum result open_connection(void *self, const struct registry_config *config,
                                   const struct clock *clock, struct registry *registry,
                                   struct error *error) {
    (void)self;
    (void)config;
    (void)clock;
    struct connection *connection = calloc(1, sizeof *connection);
    assert(connection != NULL);
    connection->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (connection->descriptor < 0) {
        free(connection);
        return error_set(error, RESULT_FAILED, "eventfd: %s", strerror(errno));
    }
    *registry = (struct registry){
        .self = connection,
        .prepare = prepare,
        .start = start,
        .poll = poll_replies,
        .withdraw = withdraw,
        .calls_out = calls_out,
        .wait_fd = wait_fd,
        .next_deadline_ms = next_deadline_ms,
        .close = close_connection,
    };
    return RESULT_OK;
}

struct registry_adapter instant_registry_adapter(void) {
    return (struct registry_adapter){.name = "instant", .open = open_connection};
}
