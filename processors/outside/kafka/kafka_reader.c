#include "outside/kafka/kafka_reader.h"

#include <assert.h>
#include <stdlib.h>

#include "outside/kafka/client.h"
#include "outside/kafka/failure.h"
#include "outside/kafka/reader_ranges.h"
#include "outside/kafka/tool_ask.h"

/* Opaque of its handle, so that a message tells where it belongs. */
struct topic {
    uint32_t index; /* in the plan */
    rd_kafka_topic_t *handle;
};

struct kafka_reader {
    const struct kafka_config *config;
    struct kafka_client client;
    struct topic topics[KAFKA_READER_TOPICS_MAX];
    uint32_t topics_count;
    struct kafka_reader_ranges ranges;
    bool *reading;               /* of each range: is it being fetched? */
    uint32_t running;            /* how many are */
    bool stops;                  /* a range ends at its end */
    rd_kafka_queue_t *queue;     /* where all of them arrive */
    rd_kafka_message_t *message; /* of the last event; NULL: none */
    struct log_header headers[KAFKA_READER_HEADERS_MAX];
};

/* Ask for what must be known before the reading. What a client takes for a partition's end depends
 * on what it may see: with committed records only, it is the last stable offset. */
static enum result ask(struct kafka_reader *reader, const struct kafka_reader_plan *plan,
                       int32_t timeout_ms, struct error *error) {
    const bool all = plan->uncommitted || plan->until == KAFKA_READER_UNTIL_WRITTEN;
    const struct kafka_client_plan client_plan = {
        .role = all ? KAFKA_ROLE_PEEKER : KAFKA_ROLE_READER, .partition = -1};
    struct kafka_client asker = {.handle = NULL};
    enum result result = kafka_client_open(&asker, reader->config, &client_plan, error);
    if (result == RESULT_OK) {
        result = kafka_reader_ranges_open(&reader->ranges, &asker, reader->config, plan, timeout_ms,
                                          error);
    }
    kafka_client_close(&asker);
    return result;
}

static enum result open_topic(struct kafka_reader *reader, const char *topic_name,
                              struct error *error) {
    char name[KAFKA_NAME_MAX];
    const enum result result = kafka_topic_name(reader->config, topic_name, name, error);
    if (result != RESULT_OK) {
        return result;
    }
    struct topic *topic = &reader->topics[reader->topics_count];
    rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(reader->client.handle);
    rd_kafka_topic_conf_set_opaque(conf, topic);
    topic->index = reader->topics_count;
    topic->handle = rd_kafka_topic_new(reader->client.handle, name, conf);
    if (topic->handle == NULL) {
        rd_kafka_topic_conf_destroy(conf);
        return kafka_tool_failed(reader->client.handle, reader->config, rd_kafka_last_error(), name,
                                 "Read", error);
    }
    reader->topics_count++;
    return RESULT_OK;
}

static enum result start(struct kafka_reader *reader, struct error *error) {
    reader->queue = rd_kafka_queue_new(reader->client.handle);
    reader->reading = calloc(reader->ranges.count, sizeof *reader->reading);
    assert(reader->queue != NULL && reader->reading != NULL);
    for (uint32_t i = 0; i < reader->topics_count; i++) {
        for (uint32_t j = reader->ranges.starts[i]; j < reader->ranges.starts[i + 1]; j++) {
            const struct kafka_reader_range *range = &reader->ranges.items[j];
            if (reader->stops && range->from == range->end) {
                continue;
            }
            if (rd_kafka_consume_start_queue(reader->topics[i].handle, range->partition,
                                             range->from, reader->queue) != 0) {
                return kafka_tool_failed(reader->client.handle, reader->config,
                                         rd_kafka_last_error(), range->topic, "Read", error);
            }
            reader->reading[j] = true;
            reader->running++;
        }
    }
    return RESULT_OK;
}

enum result kafka_reader_open(const struct kafka_config *config,
                              const struct kafka_reader_plan *plan, int32_t timeout_ms,
                              struct kafka_reader **reader, struct error *error) {
    assert(plan->topics_count > 0 && plan->topics_count <= KAFKA_READER_TOPICS_MAX);
    assert(!plan->uncommitted || plan->until != KAFKA_READER_UNTIL_STABLE);
    struct kafka_reader *opened = calloc(1, sizeof *opened);
    assert(opened != NULL);
    opened->config = config;
    opened->stops = plan->until != KAFKA_READER_UNTIL_STOPPED;
    const struct kafka_client_plan client_plan = {
        .role = plan->uncommitted ? KAFKA_ROLE_PEEKER : KAFKA_ROLE_READER, .partition = -1};
    enum result result = ask(opened, plan, timeout_ms, error);
    if (result == RESULT_OK) {
        result = kafka_client_open(&opened->client, config, &client_plan, error);
    }
    for (uint32_t i = 0; i < plan->topics_count && result == RESULT_OK; i++) {
        result = open_topic(opened, plan->topics[i], error);
    }
    if (result == RESULT_OK) {
        result = start(opened, error);
    }
    if (result != RESULT_OK) {
        kafka_reader_close(opened);
        opened = NULL;
    }
    *reader = opened;
    return result;
}

static void release(struct kafka_reader *reader) {
    if (reader->message != NULL) {
        rd_kafka_message_destroy(reader->message);
        reader->message = NULL;
    }
}

static void stop(struct kafka_reader *reader, uint32_t index, uint32_t topic) {
    assert(reader->reading[index] && reader->running > 0);
    (void)rd_kafka_consume_stop(reader->topics[topic].handle,
                                reader->ranges.items[index].partition);
    reader->reading[index] = false;
    reader->running--;
}

static void show(struct kafka_reader *reader, const struct kafka_reader_range *range,
                 struct log_record *record) {
    const rd_kafka_message_t *message = reader->message;
    uint32_t headers_count = 0;
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char *name;
        const void *value;
        size_t size;
        while (headers_count < KAFKA_READER_HEADERS_MAX &&
               rd_kafka_header_get_all(headers, headers_count, &name, &value, &size) ==
                   RD_KAFKA_RESP_ERR_NO_ERROR) {
            reader->headers[headers_count++] = (struct log_header){
                .name = text_of(name), .value = {.data = value, .length = (uint32_t)size}};
        }
    }
    rd_kafka_timestamp_type_t kind;
    *record = (struct log_record){
        .topic = range->topic,
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, &kind),
        .key_null = message->key == NULL,
        .value_null = message->payload == NULL,
        .key = {.data = message->key, .length = (uint32_t)message->key_len},
        .value = {.data = message->payload, .length = (uint32_t)message->len},
        .headers = reader->headers,
        .headers_count = headers_count,
    };
}

static enum result unreadable(const struct kafka_reader *reader,
                              const struct kafka_reader_range *range, struct error *error) {
    const rd_kafka_message_t *message = reader->message;
    char what[KAFKA_NAME_MAX];
    (void)snprintf(what, sizeof what, "topic %.128s, partition %d, offset %lld cannot be read",
                   range->topic, range->partition, (long long)message->offset);
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
        message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        return error_set(error, RESULT_FAILED,
                         "%s: Kafka has removed it since the reading began; begin again", what);
    }
    return kafka_tool_failed(reader->client.handle, reader->config, message->err, what, "Read",
                             error);
}

/* Take in what has come; the event stays NOTHING where it is not for the caller. */
static enum result take(struct kafka_reader *reader, struct kafka_reader_event *event,
                        struct error *error) {
    const rd_kafka_message_t *message = reader->message;
    if (message->rkt == NULL || kafka_is_passing(message->err)) {
        return RESULT_OK; /* brokers that are away, which the log tells */
    }
    const struct topic *topic = rd_kafka_topic_opaque(message->rkt);
    const uint32_t index =
        kafka_reader_ranges_find(&reader->ranges, topic->index, message->partition);
    const struct kafka_reader_range *range = &reader->ranges.items[index];
    if (!reader->reading[index]) {
        return RESULT_OK;
    }
    const bool is_record = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!is_record && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        return unreadable(reader, range, error);
    }
    /* The end may lie behind the last record: where a transaction ends there is a mark, and where
     * one was aborted, or a topic compacted, there is nothing to be seen. */
    if (reader->stops && message->offset >= range->end) {
        stop(reader, index, topic->index);
    } else if (is_record) {
        show(reader, range, &event->record);
        event->kind = KAFKA_READER_RECORD;
        if (reader->stops && message->offset == range->end - 1) {
            stop(reader, index, topic->index);
        }
    }
    return RESULT_OK;
}

enum result kafka_reader_next(struct kafka_reader *reader, int32_t timeout_ms,
                              struct kafka_reader_event *event, struct error *error) {
    assert(reader != NULL && event != NULL && timeout_ms >= 0);
    const struct clock *clock = &reader->config->clock;
    const int64_t until_ms = clock->monotonic_ms(clock->self) + timeout_ms;
    int32_t left_ms = timeout_ms;
    event->kind = KAFKA_READER_NOTHING;
    while (event->kind == KAFKA_READER_NOTHING) {
        release(reader);
        if (reader->stops && reader->running == 0) {
            event->kind = KAFKA_READER_END;
            break;
        }
        reader->message = rd_kafka_consume_queue(reader->queue, left_ms);
        if (reader->message != NULL) {
            const enum result result = take(reader, event, error);
            if (result != RESULT_OK) {
                return result;
            }
        }
        const int64_t now_ms = clock->monotonic_ms(clock->self);
        left_ms = now_ms < until_ms ? (int32_t)(until_ms - now_ms) : 0;
        if (left_ms == 0 && reader->message == NULL) {
            break;
        }
    }
    return RESULT_OK;
}

const struct kafka_reader_range *kafka_reader_ranges(const struct kafka_reader *reader,
                                                     uint32_t *count) {
    assert(reader != NULL && count != NULL);
    *count = reader->ranges.count;
    return reader->ranges.items;
}

void kafka_reader_close(struct kafka_reader *reader) {
    if (reader == NULL) {
        return;
    }
    release(reader);
    for (uint32_t i = 0; i < reader->topics_count; i++) {
        for (uint32_t j = reader->ranges.starts[i]; j < reader->ranges.starts[i + 1]; j++) {
            if (reader->reading != NULL && reader->reading[j]) {
                stop(reader, j, i);
            }
        }
    }
    if (reader->queue != NULL) {
        rd_kafka_queue_destroy(reader->queue);
    }
    for (uint32_t i = 0; i < reader->topics_count; i++) {
        rd_kafka_topic_destroy(reader->topics[i].handle);
    }
    kafka_client_close(&reader->client);
    kafka_reader_ranges_close(&reader->ranges);
    free(reader->reading);
    free(reader);
}
