#include "outside/kafka/lookup.h"

#include <assert.h>

#include "outside/kafka/failure.h"

static enum result topic_failed(rd_kafka_resp_err_t code, const char *name, struct error *error) {
    char what[KAFKA_NAME_MAX + 8];
    (void)snprintf(what, sizeof what, "topic %s", name);
    return kafka_failed(code, error, what, "Describe");
}

enum result kafka_lookup_partitions(rd_kafka_t *asker, const char *name, int32_t timeout_ms,
                                    int32_t *partitions, struct error *error) {
    assert(timeout_ms > 0);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(asker, name, NULL);
    assert(topic != NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    const rd_kafka_resp_err_t code = rd_kafka_metadata(asker, 0, topic, &metadata, timeout_ms);
    rd_kafka_topic_destroy(topic);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_failed(kafka_client_cause(asker, code), error, "asking the brokers for topics",
                            "Describe");
    }
    assert(metadata->topic_cnt == 1);
    const rd_kafka_resp_err_t failed = metadata->topics[0].err;
    *partitions = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    if (failed == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        return error_set(error, RESULT_NOT_FOUND,
                         "there is no topic %s; create it with `millrace topics apply`", name);
    }
    return failed == RD_KAFKA_RESP_ERR_NO_ERROR ? RESULT_OK : topic_failed(failed, name, error);
}

enum result kafka_lookup_watermarks(rd_kafka_t *asker, const char *name, int32_t partition,
                                    int32_t timeout_ms, int64_t *low, int64_t *high,
                                    struct error *error) {
    assert(timeout_ms > 0);
    const rd_kafka_resp_err_t code =
        rd_kafka_query_watermark_offsets(asker, name, partition, low, high, timeout_ms);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? RESULT_OK : topic_failed(code, name, error);
}
