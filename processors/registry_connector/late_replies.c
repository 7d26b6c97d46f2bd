#include "registry_connector/late_replies.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "domain/metadata.h"
#include "domain/uuid.h"
#include "generated/c/message_types.h"
#include "generated/c/registry_evidence.h"
#include "ports/fault.h"
#include "wire/message.h"

enum {
    REPLIES_AT_ONCE = 16,
    EVIDENCE_BYTES_MAX = 8192, /* encoded; far more than its bounded fields can take */
    CONNECTIONS_WAITED_MAX = 64,
    STEP_MS_MAX = 100,
    FLUSH_MS = 10000,
};

/* A connection that outlives its lane. */
struct late_connection {
    struct registry registry;
    struct flight_subject *subjects;
    uint32_t subjects_count;
    int64_t until_ms; /* monotonic: no longer, once nothing is owed */
    struct late_connection *next;
};

enum result late_replies_open(struct late_replies *late, const struct late_replies_config *config,
                              struct error *error) {
    assert(config->log != NULL && config->schema_id >= 0);
    *late = (struct late_replies){
        .clock = config->clock,
        .logger = logger_for(&config->logger, "late-replies", -1),
        .log = config->log,
        .source = config->source,
        .schema_id = config->schema_id,
        .wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
    };
    if (late->wake < 0) {
        return error_set(error, RESULT_FAILED, "eventfd: %s", strerror(errno));
    }
    (void)snprintf(late->observer, sizeof late->observer, "%.*s on %.*s",
                   (int)config->source.name.length, config->source.name.data,
                   (int)config->host.length, config->host.data);
    (void)pthread_mutex_init(&late->mutex, NULL);
    return RESULT_OK;
}

static int64_t now_of(const struct late_replies *late) {
    return late->clock.monotonic_ms(late->clock.self);
}

static enum millrace_evidence_kind kind_of(enum registry_learnt learnt) {
    switch (learnt) {
    case REGISTRY_LEARNT_BY_REPLY:
        return MILLRACE_EVIDENCE_KIND_REPLY;
    case REGISTRY_LEARNT_BY_STATUS:
        return MILLRACE_EVIDENCE_KIND_STATUS;
    case REGISTRY_LEARNT_BY_STREAM:
        return MILLRACE_EVIDENCE_KIND_STREAM;
    }
    assert(false);
    return MILLRACE_EVIDENCE_KIND_OTHER;
}

static struct registry_evidence_evidence_found evidence_of(const struct late_replies *late,
                                                           const struct flight_subject *subject,
                                                           const struct registry_reply *reply) {
    const struct millrace_metadata parent = {
        .id = subject->intended_id,
        .has_correlation_id = true,
        .correlation_id = subject->correlation_id,
        .has_channel = subject->channel_length > 0,
        .channel = {.data = subject->channel, .length = subject->channel_length},
    };
    const int64_t wall_ms = late->clock.wall_ms(late->clock.self);
    const struct text words = {.data = reply->text, .length = reply->text_length};
    const enum message_type type = MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND;
    /* One id for each kind of reply and each way to it, so that the same one written twice is one
     * message. */
    const uint32_t ordinal =
        (uint32_t)reply->kind + (uint32_t)reply->learnt * (REGISTRY_REPLY_UNKNOWN + 1);
    return (struct registry_evidence_evidence_found){
        .metadata =
            metadata_child(&parent, &subject->call.certificate_id,
                           text_of(message_types[type].full_name), ordinal, wall_ms, &late->source),
        .submission_id = subject->call.submission_id,
        .certificate_id = subject->call.certificate_id,
        .incarnation = subject->incarnation,
        .transaction_id = {.data = subject->transaction_id,
                           .length = subject->transaction_id_length},
        .kind = kind_of(reply->learnt),
        .has_executed = reply->kind != REGISTRY_REPLY_ACCEPTED,
        .executed = reply->kind == REGISTRY_REPLY_SUCCEEDED,
        .has_message = reply->kind == REGISTRY_REPLY_REFUSED,
        .message = words,
        .raw = {.data = (const uint8_t *)words.data, .length = words.length},
        .observed_at = wall_ms,
        .observed_by = text_of(late->observer),
    };
}

void late_replies_testify(struct late_replies *late, const struct flight_subject *subject,
                          const struct registry_reply *reply) {
    if (reply->kind == REGISTRY_REPLY_NOT_SENT || reply->kind == REGISTRY_REPLY_UNKNOWN) {
        return; /* that is no evidence of anything */
    }
    const struct registry_evidence_evidence_found evidence = evidence_of(late, subject, reply);
    uint8_t value[EVIDENCE_BYTES_MAX];
    const enum message_type type = MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND;
    const size_t length = wire_encode(type, &evidence, late->schema_id, value, sizeof value);
    assert(length <= sizeof value);
    char key[UUID_CHARACTERS];
    char id[UUID_CHARACTERS];
    uuid_to_text(&evidence.certificate_id, key);
    uuid_to_text(&evidence.metadata.id, id);
    const struct text type_name = text_of(message_types[type].full_name);
    const struct log_header headers[] = {
        {.name = text_of("ce_id"), .value = {(const uint8_t *)id, sizeof id}},
        {.name = text_of("ce_type"), .value = {(const uint8_t *)type_name.data, type_name.length}},
    };
    struct error error;
    const struct bytes key_bytes = {(const uint8_t *)key, sizeof key};
    FAULT("evidence.before");
    if (late->log->write(late->log->self, message_types[type].topic, key_bytes,
                         (struct bytes){value, (uint32_t)length}, headers,
                         sizeof headers / sizeof headers[0], &error) != RESULT_OK) {
        /* The successor then says unknown: nothing is wrong, but somebody has to look. */
        logger_error(&late->logger, "a late reply could not be written to registry.evidence",
                     LOGGER_FIELDS(logger_uuid("certificate_id", &evidence.certificate_id),
                                   logger_uuid("submission_id", &evidence.submission_id),
                                   logger_error_field(&error)));
    }
    FAULT("evidence.after");
}

void late_replies_take(struct late_replies *late, const struct registry *registry,
                       const struct flight_subject *subjects, uint32_t subjects_count) {
    struct late_connection *connection = calloc(1, sizeof *connection);
    assert(connection != NULL);
    connection->registry = *registry;
    connection->subjects = malloc((subjects_count + 1) * sizeof *subjects);
    assert(connection->subjects != NULL);
    if (subjects_count > 0) {
        memcpy(connection->subjects, subjects, subjects_count * sizeof *subjects);
    }
    connection->subjects_count = subjects_count;
    connection->until_ms = now_of(late) + LATE_LINGER_MS;
    (void)pthread_mutex_lock(&late->mutex);
    connection->next = late->connections;
    late->connections = connection;
    (void)pthread_mutex_unlock(&late->mutex);
    const uint64_t one = 1;
    (void)!write(late->wake, &one, sizeof one);
}

static void connection_close(struct late_connection *connection) {
    connection->registry.close(connection->registry.self);
    free(connection->subjects);
    free(connection);
}

static void fetch(struct late_replies *late, struct late_connection *connection) {
    struct registry_reply replies[REPLIES_AT_ONCE];
    uint32_t count;
    do {
        count = connection->registry.poll(connection->registry.self, replies, REPLIES_AT_ONCE);
        for (uint32_t i = 0; i < count; i++) {
            for (uint32_t s = 0; s < connection->subjects_count; s++) {
                const struct flight_subject *subject = &connection->subjects[s];
                if (uuid_equal(&subject->call.submission_id, &replies[i].call.submission_id) &&
                    subject->call.attempt == replies[i].call.attempt) {
                    late_replies_testify(late, subject, &replies[i]);
                    break; /* a call and a question about it say the same */
                }
            }
        }
    } while (count == REPLIES_AT_ONCE);
}

bool late_replies_step(struct late_replies *late) {
    (void)pthread_mutex_lock(&late->mutex);
    const int64_t now_ms = now_of(late);
    for (struct late_connection **link = &late->connections; *link != NULL;) {
        struct late_connection *connection = *link;
        fetch(late, connection);
        const bool owes = connection->registry.calls_out(connection->registry.self) > 0;
        if (owes || now_ms < connection->until_ms) {
            link = &connection->next;
            continue;
        }
        *link = connection->next;
        connection_close(connection);
    }
    const bool more = late->connections != NULL;
    (void)pthread_mutex_unlock(&late->mutex);
    return more;
}

/* Does any connection still owe a reply? */
static bool is_owed(struct late_replies *late) {
    bool owed = false;
    (void)pthread_mutex_lock(&late->mutex);
    for (const struct late_connection *c = late->connections; c != NULL; c = c->next) {
        owed = owed || c->registry.calls_out(c->registry.self) > 0;
    }
    (void)pthread_mutex_unlock(&late->mutex);
    return owed;
}

/* Until something may have come; time-outs of calls are seen a little late, which harms nobody. */
static void wait_for_more(struct late_replies *late) {
    struct pollfd waits[CONNECTIONS_WAITED_MAX + 1] = {{.fd = late->wake, .events = POLLIN}};
    nfds_t count = 1;
    (void)pthread_mutex_lock(&late->mutex);
    const bool any = late->connections != NULL;
    for (const struct late_connection *c = late->connections;
         c != NULL && count <= CONNECTIONS_WAITED_MAX; c = c->next) {
        waits[count++] =
            (struct pollfd){.fd = c->registry.wait_fd(c->registry.self), .events = POLLIN};
    }
    (void)pthread_mutex_unlock(&late->mutex);
    (void)poll(waits, count, any ? STEP_MS_MAX : -1);
    uint64_t woken;
    (void)!read(late->wake, &woken, sizeof woken);
}

static void *run(void *context) {
    struct late_replies *late = context;
    while (!atomic_load(&late->stopping)) {
        wait_for_more(late);
        (void)late_replies_step(late);
    }
    return NULL;
}

enum result late_replies_run(struct late_replies *late, struct error *error) {
    assert(!late->threaded);
    const int number = pthread_create(&late->thread, NULL, run, late);
    if (number != 0) {
        return error_set(error, RESULT_FAILED, "pthread_create: %s", strerror(number));
    }
    late->threaded = true;
    return RESULT_OK;
}

void late_replies_close(struct late_replies *late, int32_t timeout_ms) {
    const int64_t end_ms = now_of(late) + timeout_ms;
    atomic_store(&late->stopping, true);
    if (late->threaded) {
        const uint64_t one = 1;
        (void)!write(late->wake, &one, sizeof one);
        (void)pthread_join(late->thread, NULL);
    }
    while (is_owed(late) && now_of(late) < end_ms) {
        wait_for_more(late);
        (void)late_replies_step(late);
    }
    while (late->connections != NULL) {
        struct late_connection *connection = late->connections;
        late->connections = connection->next;
        connection_close(connection);
    }
    struct error error;
    if (late->log->flush(late->log->self, FLUSH_MS, &error) != RESULT_OK) {
        logger_error(&late->logger, "late replies may not have reached registry.evidence",
                     LOGGER_FIELDS(logger_error_field(&error)));
    }
    (void)pthread_mutex_destroy(&late->mutex);
    (void)close(late->wake);
}
