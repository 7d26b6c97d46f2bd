#include "outside/kafka/client.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "outside/kafka/failure.h"
#include "outside/kafka/properties.h"
#include "outside/kafka/statistics.h"
#include "outside/kafka/trust.h"

/* What librdkafka says, by its facility: our own constant sentence, since repeats are held back by
 * sentence, and its text as a field. */
static const struct {
    const char *facility;
    const char *message;
} messages[] = {
    {"FAIL", "the connection to a broker failed; it is tried again"},
    {"ERROR", "Kafka reported an error"},
    {"FATAL", "a Kafka client can not go on; it is replaced"},
    {"SSLCERTVRFY", "a broker's certificate is not accepted; its connection is tried again"},
    {"GETPID", "the transactional id is still busy with an older transaction; it is asked again"},
    {"REQTMOUT", "a broker did not answer in time; is it overloaded?"},
    {"TXNERR", "a transaction failed"},
    {"CONFWARN", "a Kafka property has no effect; remove it from the configuration"},
    {"MAXPOLL", "the group's consumer was not polled in time; its partitions go to others"},
    {"SESSTMOUT", "the group's coordinator was not heard in time; partitions go to others"},
    {"COORDINATOR", "the group's coordinator is not available; it is looked for again"},
    {"PARTCNT", "the number of a topic's partitions changed; every processor must be stopped"},
    {"CLUSTERID", "the brokers belong to another cluster now; check kafka.bootstrap.servers"},
};

static void say(const rd_kafka_t *handle, int level, const char *facility, const char *text) {
    const struct kafka_client *client = rd_kafka_opaque(handle);
    const char *message = "a Kafka client says";
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        if (strcmp(messages[i].facility, facility) == 0) {
            message = messages[i].message;
        }
    }
    /* Levels of syslog: up to 4 a warning or worse, 7 for developers. The client goes on by itself
     * after all of them; what does not is told by the call that meets it. */
    enum logger_level as = level <= 4 ? LOGGER_LEVEL_WARNING : LOGGER_LEVEL_INFO;
    as = level >= 7 ? LOGGER_LEVEL_DEBUG : as;
    as = atomic_load(&client->ending) ? LOGGER_LEVEL_DEBUG : as;
    logger_say(&client->logger, as, message,
               LOGGER_FIELDS(logger_string("client", client->name),
                             logger_string("facility", facility), logger_string("text", text)));
}

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque) {
    const struct kafka_client *client = opaque;
    (void)handle;
    client->delivered(client->delivered_context, message);
}

/* From within polls, but for a group's member, which hears of errors by events. */
static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque) {
    struct kafka_client *client = opaque;
    if (kafka_is_denied((rd_kafka_resp_err_t)code) || code == RD_KAFKA_RESP_ERR__SSL) {
        atomic_store(&client->refused, code); /* it was logged when the connection failed */
        return;
    }
    enum { SYSLOG_ERROR = 3 };
    say(handle, SYSLOG_ERROR, "ERROR", reason); /* as it would be without a callback */
}

rd_kafka_resp_err_t kafka_client_cause(rd_kafka_t *handle, rd_kafka_resp_err_t code) {
    const struct kafka_client *client = rd_kafka_opaque(handle);
    char text[256];
    const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(handle, text, sizeof text);
    if (kafka_is_denied(fatal)) {
        return fatal;
    }
    if (!kafka_is_passing(code)) {
        return code;
    }
    (void)rd_kafka_poll(handle, 0);
    const int refused = atomic_load(&client->refused);
    return refused != 0 ? (rd_kafka_resp_err_t)refused : code;
}

enum result kafka_client_distrusts(rd_kafka_t *handle, const char *what, struct error *error) {
    const struct kafka_client *client = rd_kafka_opaque(handle);
    return error_set(error, RESULT_AGAIN, "%s: no connection to Kafka: %s", what,
                     kafka_trust_advice(atomic_load(&client->distrusted)));
}

static void name_client(struct kafka_client *client, const struct kafka_config *config,
                        const struct kafka_client_plan *plan) {
    static const char *const roles[] = {
        [KAFKA_ROLE_MEMBER] = "member",     [KAFKA_ROLE_RESTORER] = "restorer",
        [KAFKA_ROLE_READER] = "reader",     [KAFKA_ROLE_PEEKER] = "peeker",
        [KAFKA_ROLE_ASKER] = "asker",       [KAFKA_ROLE_TRANSACTOR] = "transactor",
        [KAFKA_ROLE_PRODUCER] = "producer", [KAFKA_ROLE_EVIDENCE] = "evidence",
        [KAFKA_ROLE_PROBER] = "prober",
    };
    char lane[16] = "";
    if (plan->partition >= 0) {
        (void)snprintf(lane, sizeof lane, "-%d", plan->partition);
    }
    (void)snprintf(client->name, sizeof client->name, "%s.%s%s.%s", config->application,
                   plan->processor != NULL ? plan->processor : "tool", lane, roles[plan->role]);
}

static bool is_producer(enum kafka_role role) {
    return role == KAFKA_ROLE_TRANSACTOR || role == KAFKA_ROLE_PRODUCER ||
           role == KAFKA_ROLE_EVIDENCE || role == KAFKA_ROLE_PROBER;
}

enum result kafka_client_open(struct kafka_client *client, const struct kafka_config *config,
                              const struct kafka_client_plan *plan, struct error *error) {
    assert(client->handle == NULL);
    assert(is_producer(plan->role) == (plan->delivered != NULL));
    client->role = plan->role;
    client->logger = logger_for(&config->logger, "kafka", plan->partition);
    client->delivered = plan->delivered;
    client->delivered_context = plan->delivered_context;
    name_client(client, config, plan);
    rd_kafka_conf_t *conf;
    enum result result = kafka_properties_build(config, plan, client->name, &conf, error);
    if (result != RESULT_OK) {
        return result;
    }
    result = kafka_trust_watch(conf, error);
    if (result != RESULT_OK) {
        rd_kafka_conf_destroy(conf);
        return result;
    }
    rd_kafka_conf_set_opaque(conf, client);
    rd_kafka_conf_set_log_cb(conf, say);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if (plan->delivered != NULL) {
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    }
    if (plan->role == KAFKA_ROLE_MEMBER) {
        /* Rebalances as events: they are answered when the lanes are ready, not in a callback. */
        rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_STATS);
        client->statistics = config->statistics;
    }
    if (plan->role == KAFKA_ROLE_TRANSACTOR || plan->role == KAFKA_ROLE_MEMBER) {
        kafka_wear_watch(conf, &client->wear);
    }
    char reason[256];
    client->handle = rd_kafka_new(is_producer(plan->role) ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
                                  conf, reason, sizeof reason);
    if (client->handle == NULL) {
        const bool impossible = rd_kafka_last_error() == RD_KAFKA_RESP_ERR__INVALID_ARG;
        rd_kafka_conf_destroy(conf);
        return error_set(error, impossible ? RESULT_INVALID : RESULT_FAILED,
                         "no Kafka client %s: %s%s", client->name, reason,
                         impossible ? "; check the setting kafka.* of this name" : "");
    }
    return RESULT_OK;
}

/* --- The end: rd_kafka_destroy waits without bound for whatever was not given back, and also does
 * so when topics were deleted meanwhile (librdkafka #4362). --- */

enum { CLOSE_SLOW_MS = 5000, CLOSE_STUCK_MS = 15000 };

struct close_watch {
    const struct kafka_client *client;
    int ended_fd; /* readable when the client has ended */
};

static void *watch_close(void *argument) {
    const struct close_watch *watch = argument;
    struct pollfd ended = {.fd = watch->ended_fd, .events = POLLIN};
    if (poll(&ended, 1, CLOSE_SLOW_MS) != 0) {
        return NULL;
    }
    logger_warning(&watch->client->logger, "a Kafka client takes long to end",
                   LOGGER_FIELDS(logger_string("client", watch->client->name)));
    if (poll(&ended, 1, CLOSE_STUCK_MS - CLOSE_SLOW_MS) == 0) {
        /* What it had to write is written or given up by now, and nothing else ever wakes it. */
        logger_error(&watch->client->logger,
                     "a Kafka client hangs at its end, and so the process ends without it; were "
                     "topics deleted? `millrace topics plan` says what is missing",
                     LOGGER_FIELDS(logger_string("client", watch->client->name)));
        _exit(EXIT_FAILURE);
    }
    return NULL;
}

void kafka_client_close(struct kafka_client *client) {
    if (client->handle == NULL) {
        return;
    }
    atomic_store(&client->ending, true);
    struct close_watch watch = {.client = client, .ended_fd = eventfd(0, EFD_CLOEXEC)};
    pthread_t thread;
    assert(watch.ended_fd >= 0);
    const bool watched = pthread_create(&thread, NULL, watch_close, &watch) == 0;
    rd_kafka_destroy(client->handle);
    client->handle = NULL;
    if (client->statistics != NULL) {
        kafka_statistics_forget(client->statistics, client->name);
    }
    if (watched) {
        (void)eventfd_write(watch.ended_fd, 1);
        (void)pthread_join(thread, NULL);
    }
    (void)close(watch.ended_fd);
}

enum result kafka_topic_name(const struct kafka_config *config, const char *topic,
                             char name[KAFKA_NAME_MAX], struct error *error) {
    const int length = snprintf(name, KAFKA_NAME_MAX, "%s%s", config->topic_prefix, topic);
    if (length < 0 || length >= KAFKA_NAME_MAX) {
        return error_set(error, RESULT_INVALID,
                         "the name of topic %s is too long with the prefix %s", topic,
                         config->topic_prefix);
    }
    return RESULT_OK;
}
