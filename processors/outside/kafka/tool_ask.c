#include "outside/kafka/tool_ask.h"

#include <assert.h>
#include <string.h>

#include "outside/kafka/failure.h"

static const char *servers_of(const struct kafka_config *config) {
    for (uint32_t i = 0; i < config->properties_count; i++) {
        if (strcmp(config->properties[i].name, "bootstrap.servers") == 0) {
            return config->properties[i].value;
        }
    }
    return "(kafka.bootstrap.servers is not set)";
}

enum result kafka_tool_failed(const struct kafka_config *config, rd_kafka_resp_err_t code,
                              const char *what, struct error *error) {
    assert(code != RD_KAFKA_RESP_ERR_NO_ERROR && what != NULL);
    if (kafka_is_passing(code)) {
        return error_set(error, RESULT_FAILED,
                         "%s: no answer from Kafka at %.200s (%s); see that it runs and can be "
                         "reached from here, then try again",
                         what, servers_of(config), rd_kafka_err2str(code));
    }
    (void)kafka_failed(code, error, what);
    error->result = RESULT_FAILED;
    return RESULT_FAILED;
}

enum result kafka_tool_topics(const struct kafka_client *client, const struct kafka_config *config,
                              int32_t timeout_ms, const rd_kafka_metadata_t **metadata,
                              struct error *error) {
    assert(client->handle != NULL && timeout_ms > 0);
    const rd_kafka_resp_err_t code =
        rd_kafka_metadata(client->handle, 1, NULL, metadata, timeout_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        *metadata = NULL;
        return kafka_tool_failed(config, code, "asking for the topics", error);
    }
    return RESULT_OK;
}

enum result kafka_tool_partitions(const rd_kafka_metadata_t *metadata, const char *name,
                                  int32_t *partitions, struct error *error) {
    assert(metadata != NULL && name != NULL);
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const rd_kafka_metadata_topic_t *topic = &metadata->topics[i];
        if (strcmp(topic->topic, name) != 0) {
            continue;
        }
        if (topic->partition_cnt > 0) {
            *partitions = topic->partition_cnt;
            return RESULT_OK;
        }
        return error_set(error, RESULT_FAILED, "topic %s: %s; try again", name,
                         rd_kafka_err2str(topic->err));
    }
    return error_set(error, RESULT_NOT_FOUND,
                     "there is no topic %s, or this user may not see it: `millrace topics plan` "
                     "shows what is missing, `millrace topics apply` creates it",
                     name);
}
