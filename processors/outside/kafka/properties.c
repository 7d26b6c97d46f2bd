#include "outside/kafka/properties.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Roles as bits, so that a row of a table may be for several. */
enum {
    MEMBER = 1 << KAFKA_ROLE_MEMBER,
    RESTORER = 1 << KAFKA_ROLE_RESTORER,
    READER = 1 << KAFKA_ROLE_READER,
    PEEKER = 1 << KAFKA_ROLE_PEEKER,
    ASKER = 1 << KAFKA_ROLE_ASKER,
    TRANSACTOR = 1 << KAFKA_ROLE_TRANSACTOR,
    PRODUCER = 1 << KAFKA_ROLE_PRODUCER,
    EVIDENCE = 1 << KAFKA_ROLE_EVIDENCE,
    PROBER = 1 << KAFKA_ROLE_PROBER,
    CONSUMERS = MEMBER | RESTORER | READER | PEEKER | ASKER,
    PRODUCERS = TRANSACTOR | PRODUCER | EVIDENCE,
    ALL = CONSUMERS | PRODUCERS | PROBER,
};

struct row {
    unsigned roles;
    const char *name;
    const char *value;
};

/* A user may know better. */
static const struct row defaults[] = {
    {ALL, "socket.nagle.disable", "true"},
    {ALL, "socket.keepalive.enable", "true"},
    /* A broker that was away for a moment must be found again within a session. */
    {ALL, "reconnect.backoff.max.ms", "1000"},
    /* Just after a commit the coordinator says "concurrent transactions"; the client asks again
     * after this (its own default of 100 is felt by every second transaction). */
    {TRANSACTOR, "retry.backoff.ms", "10"},
    /* A request without an answer must not keep a lane from ticking: librdkafka waits up to two
     * of these for offsets. A commit that takes as long is too slow anyway. */
    {TRANSACTOR, "socket.timeout.ms", "4000"},
    {PRODUCERS, "linger.ms", "1"},
    /* A turn is bounded by the loop, in records and in bytes; the queue never refuses one. */
    {PRODUCERS, "queue.buffering.max.messages", "10000000"},
    {PRODUCERS, "queue.buffering.max.kbytes", "2000000"},
    /* The largest single record, that of dead letters; batches stay below what each topic takes. */
    {PRODUCERS, "message.max.bytes", "2097152"},
    {PRODUCERS, "batch.size", "1000000"},
    /* A lane that starts joins the fetch that is under way only when that one returns. */
    {MEMBER, "fetch.wait.max.ms", "100"},
    {MEMBER, "statistics.interval.ms", "5000"},
    /* Per partition queue. A queue that is full stops its fetching for a second, so it should take
     * that long to empty. */
    {MEMBER, "queued.max.messages.kbytes", "16384"},
    {RESTORER, "queued.min.messages", "1000000"},
    {RESTORER, "queued.max.messages.kbytes", "65536"},
    {READER | PEEKER, "queued.max.messages.kbytes", "16384"},
    /* How long after the last record the end of the partition is told. */
    {RESTORER, "fetch.wait.max.ms", "10"},
    {READER | PEEKER, "fetch.wait.max.ms", "50"},
};

/* Nobody does: a promise rests on each. */
static const struct row fixed[] = {
    {CONSUMERS, "check.crcs", "true"},
    {CONSUMERS, "enable.auto.commit", "false"},
    {CONSUMERS, "enable.auto.offset.store", "false"},
    {CONSUMERS, "auto.offset.reset", "error"},
    {MEMBER | RESTORER | READER, "isolation.level", "read_committed"},
    /* The asker's watermarks are those of the log, not of the oldest open transaction. */
    {PEEKER | ASKER, "isolation.level", "read_uncommitted"},
    {RESTORER | READER | PEEKER, "enable.partition.eof", "true"},
    /* Only a member is polled however little there is to do; with others they would pile up. */
    {ALL & ~MEMBER, "statistics.interval.ms", "0"},
    {MEMBER, "partition.assignment.strategy", "range"},
    {PRODUCERS, "enable.idempotence", "true"},
    /* A reply that nobody else knows outlives every outage, and a process that stood still. */
    {EVIDENCE, "message.timeout.ms", "0"},
    {PRODUCERS, "acks", "all"},
    /* There is no such number of acknowledgements, so nothing of this one is ever written. */
    {PROBER, "enable.idempotence", "false"},
    {PROBER, "acks", "2"},
    {PROBER, "message.send.max.retries", "0"},
};

static enum result set(rd_kafka_conf_t *conf, const char *name, const char *value,
                       struct error *error) {
    char reason[256];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) {
        return error_set(error, RESULT_INVALID, "%s; see the setting kafka.%s", reason, name);
    }
    return RESULT_OK;
}

static enum result set_number(rd_kafka_conf_t *conf, const char *name, int64_t value,
                              struct error *error) {
    char text[32];
    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    return set(conf, name, text, error);
}

static enum result set_rows(rd_kafka_conf_t *conf, const struct row *rows, size_t count,
                            enum kafka_role role, struct error *error) {
    enum result result = RESULT_OK;
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        if ((rows[i].roles & (1U << role)) != 0) {
            result = set(conf, rows[i].name, rows[i].value, error);
        }
    }
    return result;
}

static enum result set_users(rd_kafka_conf_t *conf, const struct kafka_config *config,
                             enum kafka_property_scope scope, struct error *error) {
    enum result result = RESULT_OK;
    for (uint32_t i = 0; i < config->properties_count && result == RESULT_OK; i++) {
        const struct kafka_property *property = &config->properties[i];
        if (property->scope == scope) {
            result = set(conf, property->name, property->value, error);
        }
    }
    return result;
}

static enum result set_membership(rd_kafka_conf_t *conf, const struct kafka_config *config,
                                  const char *processor, struct error *error) {
    enum { HEARTBEATS_PER_SESSION = 6 };
    const struct options *options = config->options;
    char text[KAFKA_NAME_MAX];
    (void)snprintf(text, sizeof text, "%s.%s", config->application, processor);
    enum result result = set(conf, "group.id", text, error);
    if (result == RESULT_OK && config->instance != NULL) {
        (void)snprintf(text, sizeof text, "%s.%s.%s", config->application, processor,
                       config->instance);
        result = set(conf, "group.instance.id", text, error);
    }
    if (result == RESULT_OK) {
        result = set_number(conf, "session.timeout.ms", options->session_timeout_ms, error);
    }
    if (result == RESULT_OK) {
        result = set_number(conf, "heartbeat.interval.ms",
                            options->session_timeout_ms / HEARTBEATS_PER_SESSION, error);
    }
    if (result == RESULT_OK) {
        result = set_number(conf, "max.poll.interval.ms", options->max_poll_interval_ms, error);
    }
    return result;
}

static enum result set_transactions(rd_kafka_conf_t *conf, const struct kafka_config *config,
                                    const char *transactional_id, struct error *error) {
    const int64_t timeout_ms = config->options->transaction_timeout_ms;
    enum result result = set(conf, "transactional.id", transactional_id, error);
    if (result == RESULT_OK) {
        result = set_number(conf, "transaction.timeout.ms", timeout_ms, error);
    }
    if (result == RESULT_OK) {
        result = set_number(conf, "message.timeout.ms", timeout_ms, error);
    }
    return result;
}

static enum result set_all(rd_kafka_conf_t *conf, const struct kafka_config *config,
                           const struct kafka_client_plan *plan, const char *client_id,
                           struct error *error) {
    const unsigned role = 1U << plan->role;
    enum result result =
        set_rows(conf, defaults, sizeof defaults / sizeof *defaults, plan->role, error);
    if (result == RESULT_OK) {
        result = set(conf, "client.id", client_id, error);
    }
    if (result == RESULT_OK) {
        result = set_users(conf, config, KAFKA_PROPERTY_ALL, error);
    }
    if (result == RESULT_OK) {
        result = set_users(
            conf, config,
            (role & (PRODUCERS | PROBER)) != 0 ? KAFKA_PROPERTY_PRODUCER : KAFKA_PROPERTY_CONSUMER,
            error);
    }
    if (result == RESULT_OK) {
        result = set_rows(conf, fixed, sizeof fixed / sizeof *fixed, plan->role, error);
    }
    if (result == RESULT_OK && config->statistics == NULL) {
        result = set(conf, "statistics.interval.ms", "0", error);
    }
    if (result == RESULT_OK && plan->role == KAFKA_ROLE_MEMBER) {
        result = set_membership(conf, config, plan->processor, error);
    }
    if (result == RESULT_OK && plan->role == KAFKA_ROLE_TRANSACTOR) {
        result = set_transactions(conf, config, plan->transactional_id, error);
    }
    return result;
}

enum result kafka_properties_build(const struct kafka_config *config,
                                   const struct kafka_client_plan *plan, const char *client_id,
                                   rd_kafka_conf_t **conf, struct error *error) {
    assert(config->application != NULL && config->topic_prefix != NULL);
    assert(plan->role != KAFKA_ROLE_MEMBER || plan->processor != NULL);
    assert(plan->role != KAFKA_ROLE_TRANSACTOR || plan->transactional_id != NULL);
    *conf = rd_kafka_conf_new();
    const enum result result = set_all(*conf, config, plan, client_id, error);
    if (result != RESULT_OK) {
        rd_kafka_conf_destroy(*conf);
        *conf = NULL;
    }
    return result;
}
