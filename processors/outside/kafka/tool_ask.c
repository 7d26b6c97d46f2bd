#include "outside/kafka/tool_ask.h"

#include <assert.h>
#include <string.h>

#include "outside/kafka/failure.h"
#include "outside/kafka/lookup.h"

static const char *servers_of(const struct kafka_config *config) {
    for (uint32_t i = 0; i < config->properties_count; i++) {
        if (strcmp(config->properties[i].name, "bootstrap.servers") == 0) {
            return config->properties[i].value;
        }
    }
    return "(kafka.bootstrap.servers is not set)";
}

enum result kafka_tool_failed(rd_kafka_t *handle, const struct kafka_config *config,
                              rd_kafka_resp_err_t code, const char *what, const char *right,
                              struct error *error) {
    assert(code != RD_KAFKA_RESP_ERR_NO_ERROR && what != NULL);
    const rd_kafka_resp_err_t cause = kafka_client_cause(handle, code);
    if (cause == RD_KAFKA_RESP_ERR__SSL) {
        (void)kafka_client_distrusts(handle, what, error);
        return error->result = RESULT_FAILED;
    }
    if (kafka_is_passing(cause)) {
        return error_set(error, RESULT_FAILED,
                         "%s: no answer from Kafka at %.200s (%s); see that it runs and can be "
                         "reached from here, then try again",
                         what, servers_of(config), rd_kafka_err2str(cause));
    }
    if (kafka_failed(cause, error, what, right) != RESULT_DENIED) {
        error->result = RESULT_FAILED;
    }
    return error->result;
}

/* A broker that does not let one in says so at once, while librdkafka goes on trying: so the first
 * try is a short one. */
static rd_kafka_resp_err_t ask_topics(const struct kafka_client *client, int32_t timeout_ms,
                                      const rd_kafka_metadata_t **metadata) {
    enum { FIRST_MS = 1000 };
    const int32_t first_ms = timeout_ms < FIRST_MS ? timeout_ms : FIRST_MS;
    const rd_kafka_resp_err_t code = rd_kafka_metadata(client->handle, 1, NULL, metadata, first_ms);
    if (timeout_ms == first_ms || !kafka_is_passing(kafka_client_cause(client->handle, code))) {
        return code;
    }
    return rd_kafka_metadata(client->handle, 1, NULL, metadata, timeout_ms - first_ms);
}

enum result kafka_tool_topics(const struct kafka_client *client, const struct kafka_config *config,
                              int32_t timeout_ms, const rd_kafka_metadata_t **metadata,
                              struct error *error) {
    assert(client->handle != NULL && timeout_ms > 0);
    const rd_kafka_resp_err_t code = ask_topics(client, timeout_ms, metadata);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        *metadata = NULL;
        return kafka_tool_failed(client->handle, config, code, "asking for the topics", "Describe",
                                 error);
    }
    return RESULT_OK;
}

/* Asked for by name, a broker tells a topic that is not there from one that may not be seen. By a
 * consumer, for which no broker creates it. */
static enum result ask_one(const struct kafka_config *config, const char *name, int32_t timeout_ms,
                           int32_t *partitions, struct error *error) {
    const struct kafka_client_plan plan = {.role = KAFKA_ROLE_ASKER, .partition = -1};
    struct kafka_client asker = {.handle = NULL};
    enum result result = kafka_client_open(&asker, config, &plan, error);
    if (result == RESULT_OK) {
        result = kafka_lookup_partitions(asker.handle, name, timeout_ms, partitions, error);
    }
    kafka_client_close(&asker);
    return result;
}

enum result kafka_tool_partitions(const struct kafka_config *config,
                                  const rd_kafka_metadata_t *metadata, const char *name,
                                  int32_t timeout_ms, int32_t *partitions, struct error *error) {
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
    const enum result result = ask_one(config, name, timeout_ms, partitions, error);
    return result == RESULT_AGAIN ? error->result = RESULT_FAILED : result;
}
