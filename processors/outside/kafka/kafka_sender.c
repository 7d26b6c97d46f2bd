#include "outside/kafka/kafka_sender.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "domain/placement.h"
#include "outside/kafka/batch.h"
#include "outside/kafka/client.h"
#include "outside/kafka/failure.h"
#include "outside/kafka/tool_ask.h"

enum { TOPICS_MAX_OPEN = 32, ASK_TIMEOUT_MS = 10000, FULL_WAIT_MS = 100 };

struct topic {
    char name[KAFKA_NAME_MAX]; /* with the prefix */
    int32_t partitions;        /* as Kafka said before the first record */
};

struct kafka_sender {
    const struct kafka_config *config;
    struct kafka_client client;
    struct topic topics[TOPICS_MAX_OPEN];
    uint32_t topics_count;
};

/* What librdkafka's report means. Only what it knows not to be written counts as not written. */
static enum result result_of(rd_kafka_resp_err_t code, rd_kafka_msg_status_t status) {
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return RESULT_OK;
    }
    if (status != RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
        return RESULT_DOUBTFUL;
    }
    switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
        return RESULT_INVALID;
    default:
        return kafka_is_denied(code) ? RESULT_DENIED : RESULT_FAILED;
    }
}

static void on_delivery(void *context, const rd_kafka_message_t *message) {
    struct kafka_sender_delivery *delivery = message->_private;
    (void)context;
    assert(delivery != NULL && delivery->result == RESULT_AGAIN);
    delivery->result = result_of(message->err, rd_kafka_message_status(message));
    delivery->offset = message->offset;
    delivery->cause = message->err;
}

enum result kafka_sender_open(const struct kafka_config *config, struct kafka_sender **sender,
                              struct error *error) {
    assert(config != NULL && sender != NULL);
    struct kafka_sender *opened = calloc(1, sizeof *opened);
    assert(opened != NULL);
    opened->config = config;
    const struct kafka_client_plan plan = {
        .role = KAFKA_ROLE_PRODUCER, .partition = -1, .delivered = on_delivery};
    const enum result result = kafka_client_open(&opened->client, config, &plan, error);
    if (result != RESULT_OK) {
        free(opened);
        opened = NULL;
    }
    *sender = opened;
    return result;
}

/* Kafka is asked once for each topic: whoever changes the number of partitions stops everything
 * before. Asked for all topics: a producer that names one may make a broker create it. */
static enum result find_topic(struct kafka_sender *sender, const char *topic_name,
                              const struct topic **found, struct error *error) {
    struct topic topic;
    enum result result = kafka_topic_name(sender->config, topic_name, topic.name, error);
    if (result != RESULT_OK) {
        return result;
    }
    for (uint32_t i = 0; i < sender->topics_count; i++) {
        if (strcmp(sender->topics[i].name, topic.name) == 0) {
            *found = &sender->topics[i];
            return RESULT_OK;
        }
    }
    assert(sender->topics_count < TOPICS_MAX_OPEN);
    const rd_kafka_metadata_t *metadata;
    result = kafka_tool_topics(&sender->client, sender->config, ASK_TIMEOUT_MS, &metadata, error);
    if (result != RESULT_OK) {
        return result;
    }
    result = kafka_tool_partitions(sender->config, metadata, topic.name, ASK_TIMEOUT_MS,
                                   &topic.partitions, error);
    rd_kafka_metadata_destroy(metadata);
    if (result == RESULT_OK) {
        sender->topics[sender->topics_count] = topic;
        *found = &sender->topics[sender->topics_count++];
    }
    return result;
}

static rd_kafka_resp_err_t produce(struct kafka_sender *sender, const char *topic,
                                   const struct kafka_sender_record *record,
                                   struct kafka_sender_delivery *delivery) {
    rd_kafka_headers_t *headers = kafka_headers_new(record->headers, record->headers_count);
    const rd_kafka_resp_err_t code = rd_kafka_producev(
        sender->client.handle, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(delivery->partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(record->key.data, record->key.length),
        RD_KAFKA_V_VALUE((void *)record->value.data, record->value.length),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(delivery), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && headers != NULL) {
        rd_kafka_headers_destroy(headers); /* librdkafka has them only if it took the record */
    }
    return code;
}

enum result kafka_sender_queue(struct kafka_sender *sender,
                               const struct kafka_sender_record *record,
                               struct kafka_sender_delivery *delivery, struct error *error) {
    assert(sender != NULL && record != NULL && delivery != NULL && error != NULL);
    assert(record->key.length > 0 && record->value.length > 0);
    *delivery = (struct kafka_sender_delivery){.result = RESULT_FAILED, .partition = -1};
    const struct topic *topic;
    const enum result result = find_topic(sender, record->topic, &topic, error);
    if (result != RESULT_OK) {
        delivery->result = result;
        return result;
    }
    delivery->partition = placement_partition(record->key, topic->partitions);
    delivery->result = RESULT_AGAIN;
    rd_kafka_resp_err_t code = produce(sender, topic->name, record, delivery);
    /* Ends: each record in the queue is delivered or given up within message.timeout.ms. */
    while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        (void)rd_kafka_poll(sender->client.handle, FULL_WAIT_MS);
        code = produce(sender, topic->name, record, delivery);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        delivery->result = result_of(code, RD_KAFKA_MSG_STATUS_NOT_PERSISTED);
        delivery->cause = code;
        return kafka_sender_explain(sender, record, delivery, error);
    }
    (void)rd_kafka_poll(sender->client.handle, 0);
    return RESULT_OK;
}

enum result kafka_sender_flush(struct kafka_sender *sender, int32_t timeout_ms) {
    assert(sender != NULL && timeout_ms >= 0);
    return rd_kafka_flush(sender->client.handle, timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR
               ? RESULT_OK
               : RESULT_AGAIN;
}

enum result kafka_sender_send(struct kafka_sender *sender, const struct kafka_sender_record *record,
                              struct kafka_sender_delivery *delivery, struct error *error) {
    const enum result result = kafka_sender_queue(sender, record, delivery, error);
    if (result != RESULT_OK) {
        return result;
    }
    while (delivery->result == RESULT_AGAIN) {
        (void)kafka_sender_flush(sender, INT_MAX);
    }
    return delivery->result == RESULT_OK ? RESULT_OK
                                         : kafka_sender_explain(sender, record, delivery, error);
}

enum result kafka_sender_explain(const struct kafka_sender *sender,
                                 const struct kafka_sender_record *record,
                                 const struct kafka_sender_delivery *delivery,
                                 struct error *error) {
    assert(delivery->result != RESULT_OK && delivery->result != RESULT_AGAIN);
    const rd_kafka_resp_err_t code = (rd_kafka_resp_err_t)delivery->cause;
    assert(code != RD_KAFKA_RESP_ERR_NO_ERROR);
    char what[KAFKA_NAME_MAX];
    (void)snprintf(what, sizeof what, "record with key %.*s for topic %.128s, partition %d",
                   record->key.length < 64 ? (int)record->key.length : 64,
                   (const char *)record->key.data, record->topic, delivery->partition);
    switch (delivery->result) {
    case RESULT_DOUBTFUL:
        return error_set(error, RESULT_DOUBTFUL,
                         "%s: it may have been written or not (%s); read the topic before it is "
                         "sent again",
                         what, rd_kafka_err2str(code));
    case RESULT_INVALID:
        return error_set(error, RESULT_INVALID,
                         "%s: it was not written, and never will be (%s): its value has %u bytes",
                         what, rd_kafka_err2str(code), record->value.length);
    default:
        (void)kafka_tool_failed(sender->client.handle, sender->config, code, "it was not written",
                                "Write", error);
        return error_wrap(error, "%s", what);
    }
}

void kafka_sender_close(struct kafka_sender *sender) {
    if (sender == NULL) {
        return;
    }
    (void)rd_kafka_purge(sender->client.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_flush(sender->client.handle, ASK_TIMEOUT_MS);
    kafka_client_close(&sender->client);
    free(sender);
}
