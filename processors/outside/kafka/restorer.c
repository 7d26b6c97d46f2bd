#include "outside/kafka/restorer.h"

#include <assert.h>
#include <inttypes.h>

#include "outside/kafka/batch.h"
#include "outside/kafka/failure.h"

enum { READ_MAX = 1000 }; /* records of one read */

static enum result open_client(struct kafka_restorer *restorer, const struct kafka_config *config,
                               const struct log_topology *topology, int32_t partition,
                               struct error *error) {
    const struct kafka_client_plan plan = {
        .role = KAFKA_ROLE_RESTORER, .partition = partition, .processor = topology->processor};
    const enum result result = kafka_client_open(&restorer->client, config, &plan, error);
    if (result == RESULT_OK) {
        restorer->queue = rd_kafka_queue_new(restorer->client.handle);
        assert(restorer->queue != NULL);
    }
    return result;
}

static void stop(struct kafka_restorer *restorer, int32_t partition) {
    if (restorer->topic != NULL) {
        (void)rd_kafka_consume_stop(restorer->topic, partition);
        rd_kafka_topic_destroy(restorer->topic);
        restorer->topic = NULL;
    }
}

/* Stand at an offset of a changelog, unless the reading is there already. */
static enum result stand_at(struct kafka_restorer *restorer, const struct kafka_config *config,
                            const struct log_topology *topology, int32_t partition,
                            uint32_t changelog, int64_t from, struct error *error) {
    if (restorer->topic != NULL && restorer->changelog == changelog && restorer->next == from) {
        return RESULT_OK;
    }
    stop(restorer, partition);
    char name[KAFKA_NAME_MAX];
    if (kafka_topic_name(config, topology->changelogs[changelog], name, error) != RESULT_OK) {
        return error->result;
    }
    restorer->topic = rd_kafka_topic_new(restorer->client.handle, name, NULL);
    assert(restorer->topic != NULL);
    restorer->changelog = changelog;
    restorer->next = from;
    if (rd_kafka_consume_start_queue(restorer->topic, partition, from, restorer->queue) != 0) {
        return kafka_failed(rd_kafka_last_error(), error, name, "Read");
    }
    return RESULT_OK;
}

static const char *topic_of(void *context, const rd_kafka_message_t *message) {
    (void)message;
    const char *const *topic = context;
    return *topic;
}

static enum result read_failed(const struct kafka_restorer *restorer, const char *topic,
                               int32_t partition, const rd_kafka_message_t *message,
                               struct error *error) {
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        return error_set(error, RESULT_FAILED,
                         "restoring from %s, partition %d: offset %" PRId64 " does not exist (%s)",
                         topic, partition, restorer->next, rd_kafka_message_errstr(message));
    }
    if (kafka_failed(message->err, error, topic, "Read") != RESULT_DENIED) {
        error->result = RESULT_FAILED;
    }
    return error->result;
}

/* Good records stay in front; the end of the partition only moves `next`. */
static uint32_t sort_out(struct kafka_restorer *restorer, rd_kafka_message_t **messages,
                         uint32_t count, rd_kafka_message_t **failed) {
    uint32_t good = 0;
    *failed = NULL;
    for (uint32_t i = 0; i < count; i++) {
        rd_kafka_message_t *message = messages[i];
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            assert(message->offset >= restorer->next);
            restorer->next = message->offset + 1;
            messages[good++] = message;
            continue;
        }
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            /* Its offset is behind markers and whatever was aborted. */
            assert(message->offset >= restorer->next);
            restorer->next = message->offset;
            rd_kafka_message_destroy(message);
        } else if (*failed == NULL) {
            *failed = message;
        } else {
            rd_kafka_message_destroy(message);
        }
    }
    return good;
}

/* Waits for one record, not for as many as fit. */
static uint32_t take(struct kafka_restorer *restorer, int32_t timeout_ms,
                     rd_kafka_message_t **messages) {
    const ssize_t first = rd_kafka_consume_batch_queue(restorer->queue, timeout_ms, messages, 1);
    assert(first >= 0);
    if (first == 0) {
        return 0;
    }
    const ssize_t more =
        rd_kafka_consume_batch_queue(restorer->queue, 0, messages + 1, READ_MAX - 1);
    assert(more >= 0);
    return (uint32_t)(first + more);
}

enum result kafka_restorer_read(struct kafka_restorer *restorer, const struct kafka_config *config,
                                const struct log_topology *topology, int32_t partition,
                                uint32_t changelog, int64_t from, int32_t timeout_ms,
                                struct log_batch *batch, int64_t *next, struct error *error) {
    assert(changelog < topology->changelogs_count && from >= 0);
    *batch = (struct log_batch){0};
    *next = from;
    if (restorer->client.handle == NULL &&
        open_client(restorer, config, topology, partition, error) != RESULT_OK) {
        return error->result;
    }
    if (stand_at(restorer, config, topology, partition, changelog, from, error) != RESULT_OK) {
        return error->result;
    }
    rd_kafka_message_t *messages[READ_MAX];
    rd_kafka_message_t *failed;
    const uint32_t count = take(restorer, timeout_ms, messages);
    const uint32_t good = sort_out(restorer, messages, count, &failed);
    const char *topic = topology->changelogs[changelog];
    kafka_batch_take(messages, good, topic_of, &topic, false, batch);
    enum result result = RESULT_OK;
    if (failed != NULL) {
        result = read_failed(restorer, topic, partition, failed, error);
        rd_kafka_message_destroy(failed);
        kafka_batch_release(batch);
    } else {
        *next = restorer->next;
    }
    return result;
}

void kafka_restorer_close(struct kafka_restorer *restorer, int32_t partition) {
    if (restorer->client.handle == NULL) {
        return;
    }
    stop(restorer, partition);
    rd_kafka_queue_destroy(restorer->queue);
    kafka_client_close(&restorer->client);
    restorer->queue = NULL;
}
