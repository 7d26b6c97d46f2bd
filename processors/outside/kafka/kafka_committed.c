#include "outside/kafka/kafka_committed.h"

#include <assert.h>

#include "outside/kafka/client.h"
#include "outside/kafka/tool_ask.h"

static enum result ask(const struct kafka_client *client, const struct kafka_config *config,
                       const char *name, int32_t partitions, int32_t timeout_ms, int64_t *offsets,
                       struct error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    rd_kafka_topic_partition_list_add_range(list, name, 0, partitions - 1);
    rd_kafka_resp_err_t code = rd_kafka_committed(client->handle, list, timeout_ms);
    for (int32_t i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        assert(one->partition >= 0 && one->partition < partitions);
        code = one->err;
        offsets[one->partition] = one->offset >= 0 ? one->offset : 0;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? RESULT_OK
               : kafka_tool_failed(config, code, "asking how far a processor has read", error);
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
