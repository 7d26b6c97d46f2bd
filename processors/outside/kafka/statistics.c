#include "outside/kafka/statistics.h"

#include <assert.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "outside/kafka/client.h"

struct client {
    char name[KAFKA_NAME_MAX]; /* "": none */
    char *json;
};

struct kafka_statistics {
    pthread_mutex_t mutex; /* guards all below */
    struct client clients[KAFKA_STATISTICS_CLIENTS_MAX];
};

const char *kafka_library_version(void) {
    return rd_kafka_version_str();
}

struct kafka_statistics *kafka_statistics_open(void) {
    struct kafka_statistics *statistics = calloc(1, sizeof *statistics);
    assert(statistics != NULL);
    const int failed = pthread_mutex_init(&statistics->mutex, NULL);
    assert(failed == 0);
    return statistics;
}

void kafka_statistics_close(struct kafka_statistics *statistics) {
    for (uint32_t i = 0; i < KAFKA_STATISTICS_CLIENTS_MAX; i++) {
        free(statistics->clients[i].json);
    }
    pthread_mutex_destroy(&statistics->mutex);
    free(statistics);
}

/* The place of a client, or of "" for a free one; NULL: there is none. */
static struct client *find(struct kafka_statistics *statistics, const char *name) {
    for (uint32_t i = 0; i < KAFKA_STATISTICS_CLIENTS_MAX; i++) {
        if (strcmp(statistics->clients[i].name, name) == 0) {
            return &statistics->clients[i];
        }
    }
    return NULL;
}

void kafka_statistics_take(struct kafka_statistics *statistics, const char *client,
                           const char *json) {
    assert(client[0] != '\0' && strlen(client) < KAFKA_NAME_MAX);
    pthread_mutex_lock(&statistics->mutex);
    struct client *place = find(statistics, client);
    place = place != NULL ? place : find(statistics, "");
    if (place != NULL) { /* else there are more clients than anybody looks at */
        free(place->json);
        memcpy(place->name, client, strlen(client) + 1);
        place->json = strdup(json);
        assert(place->json != NULL);
    }
    pthread_mutex_unlock(&statistics->mutex);
}

void kafka_statistics_forget(struct kafka_statistics *statistics, const char *client) {
    pthread_mutex_lock(&statistics->mutex);
    struct client *place = find(statistics, client);
    if (place != NULL) {
        free(place->json);
        *place = (struct client){.json = NULL};
    }
    pthread_mutex_unlock(&statistics->mutex);
}

/* --- What is told of it. --- */

struct telling {
    void (*tell)(void *context, enum metric metric, const char *const *labels, double value);
    void *context;
    const char *client;
};

static void tell(const struct telling *telling, enum metric metric, const char *part,
                 double value) {
    const char *const labels[METRIC_LABELS_MAX] = {telling->client, part};
    telling->tell(telling->context, metric, labels, value);
}

static bool says(const json_t *object, const char *key, const char *word) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL && strcmp(text, word) == 0;
}

/* A number of `object`, or of an object in it. */
struct field {
    enum metric metric;
    const char *within; /* NULL: of `object` itself */
    const char *key;
    double unit; /* what its unit is in ours */
};

static void tell_fields(const struct telling *telling, const json_t *object, const char *part,
                        const struct field *fields, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const json_t *holder =
            fields[i].within == NULL ? object : json_object_get(object, fields[i].within);
        const json_t *number = json_object_get(holder, fields[i].key);
        if (json_is_number(number)) {
            tell(telling, fields[i].metric, part, json_number_value(number) * fields[i].unit);
        }
    }
}

static void tell_client(const struct telling *telling, const json_t *root) {
    static const struct field fields[] = {
        {METRIC_KAFKA_REPLY_QUEUE, NULL, "replyq", 1},
        {METRIC_KAFKA_REBALANCES, "cgrp", "rebalance_cnt", 1},
    };
    tell_fields(telling, root, NULL, fields, sizeof fields / sizeof fields[0]);
    const json_t *group = json_object_get(root, "cgrp");
    if (group != NULL) {
        const bool up = says(group, "state", "up") && says(group, "join_state", "steady");
        tell(telling, METRIC_KAFKA_MEMBER_UP, NULL, up ? 1 : 0);
    }
}

/* An address of the configuration that turned out to be no broker's own is not told. */
static bool is_broker(const json_t *broker) {
    return says(broker, "source", "logical") ||
           json_integer_value(json_object_get(broker, "nodeid")) >= 0;
}

static void tell_brokers(const struct telling *telling, json_t *brokers) {
    static const double us = 1e-6;
    static const double ms = 1e-3;
    const struct field fields[] = {
        {METRIC_KAFKA_BROKER_ROUND_TRIP, "rtt", "avg", us},
        {METRIC_KAFKA_BROKER_THROTTLE, "throttle", "avg", ms},
        {METRIC_KAFKA_BROKER_SENT, NULL, "txbytes", 1},
        {METRIC_KAFKA_BROKER_RECEIVED, NULL, "rxbytes", 1},
        {METRIC_KAFKA_BROKER_ERRORS, NULL, "txerrs", 1},
        {METRIC_KAFKA_BROKER_TIMEOUTS, NULL, "req_timeouts", 1},
        {METRIC_KAFKA_BROKER_DISCONNECTS, NULL, "disconnects", 1},
    };
    const char *name;
    json_t *broker;
    uint32_t told = 0;
    json_object_foreach(brokers, name, broker) {
        if (is_broker(broker) && told++ < KAFKA_STATISTICS_BROKERS_MAX) {
            tell(telling, METRIC_KAFKA_BROKER_UP, name, says(broker, "state", "UP") ? 1 : 0);
            tell_fields(telling, broker, name, fields, sizeof fields / sizeof fields[0]);
        }
    }
}

/* Over the topic's partitions; what is negative is not known. */
static double sum_of(json_t *partitions, const char *key) {
    double sum = 0;
    const char *number;
    json_t *partition;
    json_object_foreach(partitions, number, partition) {
        const double value = json_number_value(json_object_get(partition, key));
        sum += number[0] != '-' && value > 0 ? value : 0;
    }
    return sum;
}

static void tell_topics(const struct telling *telling, json_t *topics) {
    const char *name;
    json_t *topic;
    uint32_t told = 0;
    json_object_foreach(topics, name, topic) {
        json_t *partitions = json_object_get(topic, "partitions");
        if (told++ < KAFKA_STATISTICS_TOPICS_MAX) {
            tell(telling, METRIC_KAFKA_TOPIC_RECEIVED, name, sum_of(partitions, "rxmsgs"));
            tell(telling, METRIC_KAFKA_TOPIC_FETCH_QUEUE, name, sum_of(partitions, "fetchq_cnt"));
            tell(telling, METRIC_KAFKA_TOPIC_LAG, name, sum_of(partitions, "consumer_lag"));
        }
    }
}

void kafka_statistics_tell(struct kafka_statistics *statistics,
                           void (*teller)(void *context, enum metric metric,
                                          const char *const *labels, double value),
                           void *context) {
    for (uint32_t i = 0; i < KAFKA_STATISTICS_CLIENTS_MAX; i++) {
        const struct client *client = &statistics->clients[i];
        char name[KAFKA_NAME_MAX];
        json_t *root = NULL;
        pthread_mutex_lock(&statistics->mutex);
        memcpy(name, client->name, sizeof name);
        root = client->json == NULL ? NULL : json_loads(client->json, 0, NULL);
        pthread_mutex_unlock(&statistics->mutex);
        if (root != NULL) {
            const struct telling telling = {teller, context, name};
            tell_client(&telling, root);
            tell_brokers(&telling, json_object_get(root, "brokers"));
            tell_topics(&telling, json_object_get(root, "topics"));
            json_decref(root);
        }
    }
}
