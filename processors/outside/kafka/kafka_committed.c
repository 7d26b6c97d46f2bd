#include "outside/kafka/kafka_committed.h"

#include <assert.h>

#include "outside/kafka/client.h"
#include "outside/kafka/failure.h"
#include "outside/kafka/tool_ask.h"

/* Why it failed, where the consumer was told only: without a right, librdkafka goes on asking. */
static rd_kafka_resp_err_t cause_of(const struct kafka_client *client, rd_kafka_resp_err_t code) {
    rd_kafka_resp_err_t cause = code;
    rd_kafka_message_t *told = rd_kafka_consumer_poll(client->handle, 0);
    while (told != NULL) {
        cause = kafka_is_denied(told->err) ? told->err : cause;
        rd_kafka_message_destroy(told);
        told = rd_kafka_consumer_poll(client->handle, 0);
    }
    return kafka_client_cause(client->handle, cause);
}

/* The first try is a short one, as somebody waits for a refusal that came at once. */
static rd_kafka_resp_err_t ask_twice(const struct kafka_client *client,
                                     rd_kafka_topic_partition_list_t *list, int32_t timeout_ms) {
    enum { FIRST_MS = 2000 };
    const int32_t first_ms = timeout_ms < FIRST_MS ? timeout_ms : FIRST_MS;
    rd_kafka_resp_err_t code = cause_of(client, rd_kafka_committed(client->handle, list, first_ms));
    if (kafka_is_passing(code) && timeout_ms > first_ms) {
        code = cause_of(client, rd_kafka_committed(client->handle, list, timeout_ms - first_ms));
    }
    return code;
}

static enum result ask(const struct kafka_client *client, const struct kafka_config *config,
                       const char *name, int32_t partitions, int32_t timeout_ms, int64_t *offsets,
                       struct error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    rd_kafka_topic_partition_list_add_range(list, name, 0, partitions - 1);
    rd_kafka_resp_err_t code = ask_twice(client, list, timeout_ms);
    for (int32_t i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        assert(one->partition >= 0 && one->partition < partitions);
        code = one->err;
        offsets[one->partition] = one->offset >= 0 ? one->offset : 0;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? RESULT_OK
               : kafka_tool_failed(client->handle, config, code,
                                   "asking how far a processor has read", "Describe", error);
}

enum result kafka_committed(const struct kafka_config *config, const char *processor,
                            const char *topic, int32_t partitions, int32_t timeout_ms,
                            int64_t *offsets, struct error *error) {
    assert(config != NULL && processor != NULL && topic != NULL && offsets != NULL);
    assert(partitions > 0 && timeout_ms > 0);
    struct kafka_client client = {.handle = NULL};
    char name[KAFKA_NAME_MAX];
    /* Only a member may ask for its group's offsets; one that never subscribes never joins. */
    const struct kafka_client_plan plan = {
        .role = KAFKA_ROLE_MEMBER, .partition = -1, .processor = processor};
    enum result result = kafka_topic_name(config, topic, name, error);
    if (result == RESULT_OK) {
        result = kafka_client_open(&client, config, &plan, error);
    }
    if (result != RESULT_OK) {
        return result;
    }
    result = ask(&client, config, name, partitions, timeout_ms, offsets, error);
    kafka_client_close(&client);
    return result;
}
