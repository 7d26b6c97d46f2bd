#include "outside/kafka/kafka_plain.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "domain/placement.h"
#include "outside/kafka/batch.h"
#include "outside/kafka/client.h"
#include "outside/kafka/failure.h"

struct kafka_plain {
    const struct kafka_config *config;
    int32_t partitions;
    struct kafka_client client;
    _Atomic uint32_t lost; /* records given up since the last flush */
};

static void delivered(void *context, const rd_kafka_message_t *message) {
    struct kafka_plain *plain = context;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    (void)atomic_fetch_add(&plain->lost, 1);
    const struct text key = {.data = message->key, .length = (uint32_t)message->key_len};
    logger_error(
        &plain->client.logger,
        "a record outside of transactions was not written; its content is lost here, so "
        "look for the same fact elsewhere",
        LOGGER_FIELDS(logger_string("topic", rd_kafka_topic_name(message->rkt)),
                      logger_number("partition", message->partition), logger_text("key", key),
                      logger_string("text", rd_kafka_err2str(message->err))));
}

static enum result port_write(void *self, const char *topic, struct bytes key, struct bytes value,
                              const struct log_header *headers, uint32_t headers_count,
                              struct error *error) {
    struct kafka_plain *plain = self;
    assert(key.length > 0 && value.length > 0);
    char name[KAFKA_NAME_MAX];
    if (kafka_topic_name(plain->config, topic, name, error) != RESULT_OK) {
        return error->result;
    }
    rd_kafka_headers_t *list = kafka_headers_new(headers, headers_count);
    const rd_kafka_resp_err_t code = rd_kafka_producev(
        plain->client.handle, RD_KAFKA_V_TOPIC(name),
        RD_KAFKA_V_PARTITION(placement_partition(key, plain->partitions)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data, key.length),
        RD_KAFKA_V_VALUE((void *)value.data, value.length), RD_KAFKA_V_HEADERS(list),
        RD_KAFKA_V_END);
    (void)rd_kafka_poll(plain->client.handle, 0); /* older records' delivery reports */
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return RESULT_OK; /* the headers are the client's now */
    }
    if (list != NULL) {
        rd_kafka_headers_destroy(list);
    }
    (void)kafka_failed(code, error, name, "Write");
    error->result = code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? RESULT_INVALID : RESULT_FAILED;
    return error->result;
}

static enum result port_flush(void *self, int32_t timeout_ms, struct error *error) {
    struct kafka_plain *plain = self;
    const rd_kafka_resp_err_t code = rd_kafka_flush(plain->client.handle, timeout_ms);
    const uint32_t lost = atomic_exchange(&plain->lost, 0);
    if (lost > 0) {
        return error_set(error, RESULT_FAILED,
                         "%u records outside of transactions were not "
                         "written; the log says which",
                         lost);
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? RESULT_OK
               : kafka_failed(code, error, "waiting for records outside of transactions", "Write");
}

static void port_close(void *self) {
    struct kafka_plain *plain = self;
    (void)rd_kafka_purge(plain->client.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_poll(plain->client.handle, 0); /* says what was given up */
    kafka_client_close(&plain->client);
    free(plain);
}

enum result kafka_plain_open(const struct kafka_config *config, const char *processor,
                             int32_t partitions, struct log_plain *log_plain, struct error *error) {
    assert(partitions > 0);
    struct kafka_plain *plain = calloc(1, sizeof *plain);
    assert(plain != NULL);
    plain->config = config;
    plain->partitions = partitions;
    const struct kafka_client_plan plan = {
        .role = KAFKA_ROLE_EVIDENCE,
        .partition = -1,
        .processor = processor,
        .delivered = delivered,
        .delivered_context = plain,
    };
    const enum result result = kafka_client_open(&plain->client, config, &plan, error);
    if (result != RESULT_OK) {
        free(plain);
        return result;
    }
    *log_plain = (struct log_plain){
        .self = plain, .write = port_write, .flush = port_flush, .close = port_close};
    return RESULT_OK;
}
