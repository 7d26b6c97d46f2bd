#include "tests/support/fake_registry.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct connection {
    struct fake_registry *fake;
    const struct clock *clock;
    char name[32];
    int descriptor; /* never readable: the tests' time does not pass while anybody waits */
};

static int64_t now_of(const struct connection *connection) {
    return connection->clock->monotonic_ms(connection->clock->self);
}

static enum result prepare(void *self, const struct uuid *submission_id,
                           const struct uuid *certificate_id,
                           const struct millrace_operation *operation, struct arena *arena,
                           struct registry_transaction *transaction, struct error *error) {
    const struct connection *connection = self;
    if (connection->fake->impossible) {
        return error_set(error, RESULT_INVALID, "this cannot be done at this registry");
    }
    cr_assert_not_null(operation->transfer);
    char *text = arena_take(arena, FAKE_REGISTRY_BYTES_MAX);
    const int length =
        snprintf(text, FAKE_REGISTRY_BYTES_MAX, "transfer %02x%02x of %02x%02x to %.*s (%u)",
                 submission_id->bytes[0], submission_id->bytes[15], certificate_id->bytes[0],
                 certificate_id->bytes[15], (int)operation->transfer->new_owner.length,
                 operation->transfer->new_owner.data, connection->fake->edition);
    transaction->id = (struct text){.data = text, .length = 13};
    transaction->bytes = (struct bytes){.data = (const uint8_t *)text, .length = (uint32_t)length};
    return RESULT_OK;
}

static uint32_t slices_of(void *self, const struct millrace_operation *operation,
                          struct bytes transaction, struct arena *arena,
                          struct millrace_slice_hash **hashes) {
    const struct connection *connection = self;
    if (!connection->fake->names_slices) {
        return 0;
    }
    *hashes = arena_take(arena, sizeof **hashes);
    **hashes = (struct millrace_slice_hash){.slice_id = operation->transfer->slice_id,
                                            .registry_hash = transaction};
    return 1;
}

static void keep(struct fake_transaction *kept, const struct registry_transaction *given) {
    cr_assert_leq(given->bytes.length, sizeof kept->bytes);
    cr_assert_lt(given->id.length, sizeof kept->id);
    memcpy(kept->bytes, given->bytes.data, given->bytes.length);
    kept->length = given->bytes.length;
    memcpy(kept->id, given->id.data, given->id.length);
    kept->id[given->id.length] = '\0';
}

static void set_reply(struct fake_call *call, enum registry_reply_kind kind, const char *words) {
    cr_assert_not(call->has_reply);
    call->has_reply = true;
    call->reply = (struct registry_reply){.call = call->call, .kind = kind};
    call->reply.text_length =
        (uint32_t)snprintf(call->reply.text, sizeof call->reply.text, "%s", words);
}

static void set_unknown(struct fake_call *call, enum millrace_unknown_cause cause,
                        enum fake_call_stage stage) {
    set_reply(call, REGISTRY_REPLY_UNKNOWN, "nobody knows");
    call->reply.unknown_cause = cause;
    call->stage = stage;
}

static void start(void *self, const struct registry_request *request) {
    struct connection *connection = self;
    struct fake_registry *fake = connection->fake;
    cr_assert_lt(fake->count, FAKE_REGISTRY_CALLS_MAX);
    if (fake->watch != NULL) {
        fake->watch(fake->watch_context, request);
    }
    for (uint32_t i = 0; i < fake->count; i++) {
        const struct fake_call *other = &fake->calls[i];
        if (!uuid_equal(&other->call.submission_id, &request->call.submission_id)) {
            continue;
        }
        /* The one promise, on the receiver's side. */
        cr_assert(
            other->stage == FAKE_CALL_WITHDRAWN || (other->stage == FAKE_CALL_ANSWERED &&
                                                    other->reply.kind == REGISTRY_REPLY_NOT_SENT),
            "a submission is sent twice: attempts %d and %d", other->call.attempt,
            request->call.attempt);
        cr_assert_lt(other->call.attempt, request->call.attempt);
    }
    struct fake_call *call = &fake->calls[fake->count++];
    *call = (struct fake_call){
        .call = request->call,
        .deadline_ms = request->deadline_ms,
        .started_ms = now_of(connection),
        .stage = fake->keeps_unsent ? FAKE_CALL_UNSENT : FAKE_CALL_SENT,
        .connection = connection,
    };
    memcpy(call->registry, connection->name, sizeof call->registry);
    keep(&call->transaction, &request->transaction);
    if (fake->refuses) {
        set_reply(call, REGISTRY_REPLY_NOT_SENT, "connection refused");
        call->reply.not_sent_cause = MILLRACE_NOT_SENT_CAUSE_CONNECT_FAILED;
        call->stage = FAKE_CALL_ANSWERED;
    }
}

static void set_told(struct fake_question *question, enum registry_reply_kind kind,
                     enum registry_learnt learnt) {
    cr_assert_not(question->told);
    question->told = true;
    question->has_reply = question->connection != NULL;
    question->reply = (struct registry_reply){
        .call = question->call, .kind = kind, .to_question = true, .learnt = learnt};
    question->reply.text_length =
        (uint32_t)snprintf(question->reply.text, sizeof question->reply.text, "%s",
                           kind == REGISTRY_REPLY_REFUSED ? "no, never" : "as asked");
}

static void ask(void *self, const struct registry_question *wanted) {
    struct connection *connection = self;
    struct fake_registry *fake = connection->fake;
    cr_assert_lt(fake->questions_count, FAKE_REGISTRY_QUESTIONS_MAX);
    for (uint32_t i = 0; i < fake->questions_count; i++) {
        const struct fake_question *other = &fake->questions[i];
        cr_assert(other->connection != connection || (other->told && !other->has_reply) ||
                      !uuid_equal(&other->call.submission_id, &wanted->call.submission_id) ||
                      other->call.attempt != wanted->call.attempt,
                  "one question at a time");
    }
    struct fake_question *question = &fake->questions[fake->questions_count++];
    *question = (struct fake_question){
        .call = wanted->call,
        .asked_ms = now_of(connection),
        .deadline_ms = wanted->deadline_ms,
        .connection = connection,
    };
    memcpy(question->registry, connection->name, sizeof question->registry);
    keep(&question->transaction, &wanted->transaction);
}

static void read_stream(void *self, const struct uuid *certificate_id, int64_t deadline_ms) {
    struct connection *connection = self;
    struct fake_registry *fake = connection->fake;
    cr_assert_lt(fake->readings_count, FAKE_REGISTRY_READINGS_MAX);
    for (uint32_t i = 0; i < fake->readings_count; i++) {
        const struct fake_reading *other = &fake->readings[i];
        cr_assert(other->connection != connection || (other->told && !other->has_answer) ||
                      !uuid_equal(&other->certificate_id, certificate_id),
                  "one reading of a certificate at a time");
    }
    struct fake_reading *reading = &fake->readings[fake->readings_count++];
    *reading = (struct fake_reading){.certificate_id = *certificate_id,
                                     .asked_ms = now_of(connection),
                                     .deadline_ms = deadline_ms,
                                     .connection = connection};
    memcpy(reading->registry, connection->name, sizeof reading->registry);
}

static void show(struct fake_reading *reading, const struct registry_stream *stream) {
    cr_assert(!reading->told, "it has its answer");
    reading->told = true;
    reading->has_answer = reading->connection != NULL;
    reading->stream = *stream;
    reading->stream.certificate_id = reading->certificate_id;
}

static bool stream_answer(void *self, struct arena *arena, struct registry_stream *stream) {
    const struct connection *connection = self;
    (void)arena; /* what the test has shown is still there */
    for (uint32_t i = 0; i < connection->fake->readings_count; i++) {
        struct fake_reading *reading = &connection->fake->readings[i];
        if (reading->connection == connection && reading->has_answer) {
            reading->has_answer = false;
            *stream = reading->stream;
            return true;
        }
    }
    return false;
}

static void forget_streams(void *self) {
    const struct connection *connection = self;
    for (uint32_t i = 0; i < connection->fake->readings_count; i++) {
        struct fake_reading *reading = &connection->fake->readings[i];
        if (reading->connection == connection) {
            reading->told = true;
            reading->has_answer = false;
        }
    }
}

static void expire(struct connection *connection) {
    struct fake_registry *fake = connection->fake;
    for (uint32_t i = 0; i < fake->readings_count; i++) {
        struct fake_reading *reading = &fake->readings[i];
        if (reading->connection == connection && !reading->told &&
            reading->deadline_ms <= now_of(connection)) {
            show(reading, &(struct registry_stream){.words = text_of("nobody says anything")});
        }
    }
    for (uint32_t i = 0; i < fake->questions_count; i++) {
        struct fake_question *question = &fake->questions[i];
        if (question->connection == connection && !question->told &&
            question->deadline_ms <= now_of(connection)) {
            set_told(question, REGISTRY_REPLY_UNKNOWN, REGISTRY_LEARNT_BY_REPLY);
        }
    }
    for (uint32_t i = 0; i < fake->count; i++) {
        struct fake_call *call = &fake->calls[i];
        if (call->connection == connection && call->stage == FAKE_CALL_SENT && !call->has_reply &&
            call->deadline_ms <= now_of(connection)) {
            set_unknown(call, MILLRACE_UNKNOWN_CAUSE_TIMEOUT, FAKE_CALL_LATE);
        }
    }
}

static uint32_t poll_replies(void *self, struct registry_reply *replies, uint32_t replies_max) {
    struct connection *connection = self;
    struct fake_registry *fake = connection->fake;
    uint32_t count = 0;
    expire(connection);
    for (uint32_t i = 0; i < fake->count && count < replies_max; i++) {
        struct fake_call *call = &fake->calls[i];
        if (call->connection == connection && call->has_reply) {
            call->has_reply = false;
            replies[count++] = call->reply;
        }
    }
    for (uint32_t i = 0; i < fake->questions_count && count < replies_max; i++) {
        struct fake_question *question = &fake->questions[i];
        if (question->connection == connection && question->has_reply) {
            question->has_reply = false;
            replies[count++] = question->reply;
        }
    }
    return count;
}

static bool withdraw(void *self, const struct registry_call *name) {
    struct connection *connection = self;
    struct fake_registry *fake = connection->fake;
    for (uint32_t i = 0; i < fake->count; i++) {
        struct fake_call *call = &fake->calls[i];
        if (call->connection == connection && call->stage == FAKE_CALL_UNSENT &&
            uuid_equal(&call->call.submission_id, &name->submission_id) &&
            call->call.attempt == name->attempt) {
            call->stage = FAKE_CALL_WITHDRAWN;
            return true;
        }
    }
    return false;
}

static uint32_t calls_out(void *self) {
    const struct connection *connection = self;
    uint32_t count = 0;
    for (uint32_t i = 0; i < connection->fake->count; i++) {
        const struct fake_call *call = &connection->fake->calls[i];
        count +=
            call->connection == connection && (call->stage == FAKE_CALL_UNSENT ||
                                               call->stage == FAKE_CALL_SENT || call->has_reply)
                ? 1
                : 0;
    }
    return count;
}

static int wait_fd(void *self) {
    return ((const struct connection *)self)->descriptor;
}

static int64_t next_deadline_ms(void *self) {
    const struct connection *connection = self;
    int64_t next_ms = INT64_MAX;
    for (uint32_t i = 0; i < connection->fake->count; i++) {
        const struct fake_call *call = &connection->fake->calls[i];
        if (call->connection != connection) {
            continue;
        }
        if (call->has_reply) {
            return INT64_MIN;
        }
        if (call->stage == FAKE_CALL_SENT && call->deadline_ms < next_ms) {
            next_ms = call->deadline_ms;
        }
    }
    for (uint32_t i = 0; i < connection->fake->questions_count; i++) {
        const struct fake_question *question = &connection->fake->questions[i];
        if (question->connection != connection) {
            continue;
        }
        if (question->has_reply) {
            return INT64_MIN;
        }
        if (!question->told && question->deadline_ms < next_ms) {
            next_ms = question->deadline_ms;
        }
    }
    for (uint32_t i = 0; i < connection->fake->readings_count; i++) {
        const struct fake_reading *reading = &connection->fake->readings[i];
        if (reading->connection == connection && reading->has_answer) {
            return INT64_MIN;
        }
        if (reading->connection == connection && !reading->told && reading->deadline_ms < next_ms) {
            next_ms = reading->deadline_ms;
        }
    }
    return next_ms;
}

static void close_connection(void *self) {
    struct connection *connection = self;
    for (uint32_t i = 0; i < connection->fake->count; i++) {
        struct fake_call *call = &connection->fake->calls[i];
        if (call->connection == connection) {
            call->connection = NULL;
        }
    }
    for (uint32_t i = 0; i < connection->fake->questions_count; i++) {
        struct fake_question *question = &connection->fake->questions[i];
        if (question->connection == connection) {
            question->connection = NULL;
        }
    }
    forget_streams(connection);
    for (uint32_t i = 0; i < connection->fake->readings_count; i++) {
        struct fake_reading *reading = &connection->fake->readings[i];
        if (reading->connection == connection) {
            reading->connection = NULL;
        }
    }
    connection->fake->connections--;
    (void)close(connection->descriptor);
    free(connection);
}

static enum result open_connection(void *self, const struct registry_config *config,
                                   const struct clock *clock, struct registry *registry,
                                   struct error *error) {
    if (strcmp(config->address, "nowhere") == 0) {
        return error_set(error, RESULT_INVALID, "\"nowhere\" is no address");
    }
    struct connection *connection = calloc(1, sizeof *connection);
    cr_assert_not_null(connection);
    connection->fake = self;
    connection->clock = clock;
    connection->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)snprintf(connection->name, sizeof connection->name, "%s", config->name);
    connection->fake->connections++;
    const bool reads = (connection->fake->capabilities & REGISTRY_CAPABILITY_STREAM) != 0;
    *registry = (struct registry){
        .self = connection,
        .capabilities = connection->fake->capabilities,
        .prepare = prepare,
        .slices_of = slices_of,
        .start = start,
        .poll = poll_replies,
        .withdraw = withdraw,
        .ask = (connection->fake->capabilities & REGISTRY_CAPABILITY_STATUS) != 0 ? ask : NULL,
        .read_stream = reads ? read_stream : NULL,
        .stream_answer = reads ? stream_answer : NULL,
        .forget_streams = reads ? forget_streams : NULL,
        .calls_out = calls_out,
        .wait_fd = wait_fd,
        .next_deadline_ms = next_deadline_ms,
        .close = close_connection,
    };
    return RESULT_OK;
}

struct registry_adapter fake_registry_adapter(struct fake_registry *fake) {
    return (struct registry_adapter){.name = "fake", .self = fake, .open = open_connection};
}

void fake_registry_take(struct fake_registry *fake) {
    for (uint32_t i = 0; i < fake->count; i++) {
        if (fake->calls[i].stage == FAKE_CALL_UNSENT) {
            fake->calls[i].stage = FAKE_CALL_SENT;
        }
    }
}

void fake_registry_answer(struct fake_registry *fake, uint32_t number,
                          enum registry_reply_kind kind) {
    cr_assert_lt(number, fake->count, "there is no call %u", number);
    struct fake_call *call = &fake->calls[number];
    cr_assert(call->stage == FAKE_CALL_SENT || call->stage == FAKE_CALL_LATE, "call %u: stage %d",
              number, (int)call->stage);
    set_reply(call, kind, kind == REGISTRY_REPLY_REFUSED ? "no" : "yes");
    if (kind != REGISTRY_REPLY_ACCEPTED) {
        call->stage = FAKE_CALL_ANSWERED;
    }
}

void fake_registry_tell(struct fake_registry *fake, uint32_t number, enum registry_reply_kind kind,
                        enum registry_learnt learnt) {
    cr_assert_lt(number, fake->questions_count, "there is no question %u", number);
    set_told(&fake->questions[number], kind, learnt);
}

void fake_registry_show(struct fake_registry *fake, uint32_t number,
                        const struct registry_stream *stream) {
    cr_assert_lt(number, fake->readings_count, "there is no reading %u", number);
    show(&fake->readings[number], stream);
}

void fake_registry_break(struct fake_registry *fake, uint32_t number) {
    const void *connection = fake->calls[number].connection;
    cr_assert_not_null(connection);
    for (uint32_t i = 0; i < fake->count; i++) {
        struct fake_call *call = &fake->calls[i];
        if (call->connection == connection && call->stage == FAKE_CALL_SENT) {
            set_unknown(call, MILLRACE_UNKNOWN_CAUSE_CONNECTION_LOST, FAKE_CALL_ANSWERED);
        }
    }
}
