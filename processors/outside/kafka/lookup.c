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
        static const char what[] = "asking the brokers for topics";
        const rd_kafka_resp_err_t cause = kafka_client_cause(asker, code);
        return cause == RD_KAFKA_RESP_ERR__SSL ? kafka_client_distrusts(asker, what, error)
                                               : kafka_failed(cause, error, what, "Describe");
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

/* The client's own function for both watermarks waits for a broker that is silent, whatever time it
 * was given (librdkafka #2588); the one for times does not, and takes these two for times. */
static enum result ask_offset(rd_kafka_t *asker, const char *name, int32_t partition, int64_t at,
                              int32_t timeout_ms, int64_t *offset, struct error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, name, partition)->offset = at;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(asker, list, timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = list->elems[0].err;
    }
    *offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && *offset < 0) {
        code = RD_KAFKA_RESP_ERR__TIMED_OUT; /* the question came back */
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? RESULT_OK : topic_failed(code, name, error);
}

enum result kafka_lookup_watermarks(rd_kafka_t *asker, const char *name, int32_t partition,
                                    int32_t timeout_ms, int64_t *low, int64_t *high,
                                    struct error *error) {
    assert(timeout_ms > 0);
    const int32_t half_ms = (timeout_ms + 1) / 2;
    const enum result result =
        ask_offset(asker, name, partition, RD_KAFKA_OFFSET_BEGINNING, half_ms, low, error);
    /* In this order: what is deleted or written in between never makes low larger than high. */
    return result == RESULT_OK
               ? ask_offset(asker, name, partition, RD_KAFKA_OFFSET_END, half_ms, high, error)
               : result;
}

bool kafka_lookup_reaches(rd_kafka_t *asker, int32_t timeout_ms) {
    assert(timeout_ms > 0);
    const struct rd_kafka_metadata *metadata = NULL;
    const rd_kafka_resp_err_t code = rd_kafka_metadata(asker, 0, NULL, &metadata, timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(metadata);
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}
