#include "outside/kafka/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* One allocation: this, the messages, the records, the headers. */
struct block {
    uint32_t count;
    rd_kafka_message_t **messages;
    struct log_record *records;
    struct log_header *headers;
};

/* The headers of a message, as many as are kept. */
struct found {
    rd_kafka_headers_t *headers; /* NULL: none */
    uint32_t count;
};

/* A message without any is parsed anew each time it is asked, so it is asked once. */
static struct found headers_of(const rd_kafka_message_t *message) {
    struct found found = {.headers = NULL};
    if (rd_kafka_message_headers(message, &found.headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return (struct found){.headers = NULL};
    }
    const size_t count = rd_kafka_header_cnt(found.headers);
    found.count = count < LOG_HEADERS_MAX ? (uint32_t)count : LOG_HEADERS_MAX;
    return found;
}

static struct block *block_new(rd_kafka_message_t *const *messages, uint32_t count,
                               uint32_t headers_count) {
    const size_t messages_size = count * sizeof(rd_kafka_message_t *);
    const size_t records_size = count * sizeof(struct log_record);
    const size_t headers_size = headers_count * sizeof(struct log_header);
    struct block *block = malloc(sizeof *block + messages_size + records_size + headers_size);
    assert(block != NULL);
    uint8_t *rest = (uint8_t *)(block + 1);
    block->count = count;
    block->records = (struct log_record *)(void *)rest;
    block->headers = (struct log_header *)(void *)(rest + records_size);
    block->messages = (rd_kafka_message_t **)(void *)(rest + records_size + headers_size);
    memcpy(block->messages, messages, messages_size);
    return block;
}

static void copy_headers(const struct found *found, struct log_header *to) {
    for (uint32_t i = 0; i < found->count; i++) {
        const char *name;
        const void *value;
        size_t size;
        const rd_kafka_resp_err_t error =
            rd_kafka_header_get_all(found->headers, i, &name, &value, &size);
        assert(error == RD_KAFKA_RESP_ERR_NO_ERROR);
        to[i] = (struct log_header){.name = text_of(name),
                                    .value = {.data = value, .length = (uint32_t)size}};
    }
}

void kafka_batch_take(rd_kafka_message_t *const *messages, uint32_t count,
                      const char *(*topic_of)(void *context, const rd_kafka_message_t *message),
                      void *context, bool with_headers, struct log_batch *batch) {
    *batch = (struct log_batch){0};
    if (count == 0) {
        return;
    }
    struct found *found = malloc(count * sizeof *found);
    assert(found != NULL);
    uint32_t headers_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        found[i] = with_headers ? headers_of(messages[i]) : (struct found){.headers = NULL};
        headers_count += found[i].count;
    }
    struct block *block = block_new(messages, count, headers_count);
    struct log_header *headers = block->headers;
    for (uint32_t i = 0; i < count; i++) {
        const rd_kafka_message_t *message = messages[i];
        assert(message->err == RD_KAFKA_RESP_ERR_NO_ERROR);
        copy_headers(&found[i], headers);
        block->records[i] = (struct log_record){
            .topic = topic_of(context, message),
            .partition = message->partition,
            .offset = message->offset,
            .timestamp_ms = rd_kafka_message_timestamp(message, NULL),
            .key_null = message->key == NULL,
            .value_null = message->payload == NULL,
            .key = {.data = message->key, .length = (uint32_t)message->key_len},
            .value = {.data = message->payload, .length = (uint32_t)message->len},
            .headers = headers,
            .headers_count = found[i].count,
        };
        headers += found[i].count;
    }
    free(found);
    *batch = (struct log_batch){.records = block->records, .count = count, .handle = block};
}

void kafka_batch_release(struct log_batch *batch) {
    struct block *block = batch->handle;
    if (block != NULL) {
        for (uint32_t i = 0; i < block->count; i++) {
            rd_kafka_message_destroy(block->messages[i]);
        }
        free(block);
    }
    *batch = (struct log_batch){0};
}

rd_kafka_headers_t *kafka_headers_new(const struct log_header *headers, uint32_t count) {
    if (count == 0) {
        return NULL;
    }
    rd_kafka_headers_t *list = rd_kafka_headers_new(count);
    assert(list != NULL);
    for (uint32_t i = 0; i < count; i++) {
        const rd_kafka_resp_err_t error =
            rd_kafka_header_add(list, headers[i].name.data, (ssize_t)headers[i].name.length,
                                headers[i].value.data, (ssize_t)headers[i].value.length);
        assert(error == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    return list;
}
