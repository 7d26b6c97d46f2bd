#include "outside/kafka/inputs.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "outside/kafka/batch.h"
#include "outside/kafka/failure.h"
#include "outside/kafka/later.h"

enum { POLL_MAX = 1000 }; /* records of one poll */

static const uint64_t one = 1; /* what wakes an eventfd */

void kafka_inputs_hold(rd_kafka_t *consumer, rd_kafka_topic_partition_list_t *partitions) {
    for (int i = 0; i < partitions->cnt; i++) {
        rd_kafka_topic_partition_t *partition = &partitions->elems[i];
        partition->offset = 0;
        /* Asking for the queue also makes the partition known, so that it can be paused. */
        rd_kafka_queue_t *queue =
            rd_kafka_queue_get_partition(consumer, partition->topic, partition->partition);
        assert(queue != NULL);
        rd_kafka_queue_forward(queue, NULL);
        rd_kafka_queue_destroy(queue);
    }
    const rd_kafka_resp_err_t paused = rd_kafka_pause_partitions(consumer, partitions);
    assert(paused == RD_KAFKA_RESP_ERR_NO_ERROR);
    for (int i = 0; i < partitions->cnt; i++) {
        assert(partitions->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
}

enum result kafka_inputs_open(struct kafka_inputs *inputs, const struct kafka_config *config,
                              rd_kafka_t *consumer, const struct log_topology *topology,
                              int32_t partition, struct error *error) {
    *inputs = (struct kafka_inputs){.consumer = consumer, .partition = partition};
    inputs->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (inputs->wake_fd < 0) {
        return error_set(error, RESULT_FAILED, "no eventfd: %s; raise the limit of open files",
                         strerrordesc_np(errno));
    }
    for (uint32_t i = 0; i < topology->inputs_count; i++) {
        struct kafka_input *input = &inputs->inputs[i];
        input->topic = topology->inputs[i];
        if (kafka_topic_name(config, input->topic, input->name, error) != RESULT_OK) {
            return error->result;
        }
        input->queue = rd_kafka_queue_get_partition(consumer, input->name, partition);
        assert(input->queue != NULL);
        rd_kafka_queue_io_event_enable(input->queue, inputs->wake_fd, &one, sizeof one);
        inputs->count++;
    }
    return RESULT_OK;
}

rd_kafka_topic_partition_list_t *kafka_inputs_list(const struct kafka_inputs *inputs,
                                                   const int64_t *offsets) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)inputs->count);
    for (uint32_t i = 0; i < inputs->count; i++) {
        rd_kafka_topic_partition_t *partition =
            rd_kafka_topic_partition_list_add(list, inputs->inputs[i].name, inputs->partition);
        partition->offset = offsets != NULL ? offsets[i] : RD_KAFKA_OFFSET_INVALID;
    }
    return list;
}

static enum result seek(struct kafka_inputs *inputs, rd_kafka_topic_partition_list_t *list,
                        int32_t timeout_ms, struct error *error) {
    rd_kafka_error_t *failed = rd_kafka_seek_partitions(inputs->consumer, list, timeout_ms);
    if (failed != NULL) {
        const rd_kafka_resp_err_t code = rd_kafka_error_code(failed);
        rd_kafka_error_destroy(failed);
        return kafka_failed(code, error, "going to the first record to be read", "Read");
    }
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_resp_err_t code = list->elems[i].err;
        /* The assignment has not reached the partition's own state yet, or is just ending. */
        if (code == RD_KAFKA_RESP_ERR__STATE || code == RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS) {
            return error_set(error, RESULT_AGAIN, "partition %d of %s is not ready to be read",
                             inputs->partition, list->elems[i].topic);
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return kafka_failed(code, error, list->elems[i].topic, "Read");
        }
    }
    return RESULT_OK;
}

enum result kafka_inputs_start(struct kafka_inputs *inputs, const int64_t *offsets,
                               int32_t timeout_ms, struct error *error) {
    assert(!inputs->started);
    rd_kafka_topic_partition_list_t *list = kafka_inputs_list(inputs, offsets);
    const enum result result = seek(inputs, list, timeout_ms, error);
    if (result == RESULT_OK) {
        for (uint32_t i = 0; i < inputs->count; i++) {
            assert(offsets[i] >= 0);
            inputs->inputs[i].next = offsets[i];
        }
        const rd_kafka_resp_err_t resumed = rd_kafka_resume_partitions(inputs->consumer, list);
        assert(resumed == RD_KAFKA_RESP_ERR_NO_ERROR);
        inputs->started = true;
        /* What came before the queues could wake anybody is found by a first look. */
        const ssize_t written = write(inputs->wake_fd, &one, sizeof one);
        assert(written == sizeof one);
    } else if (result == RESULT_AGAIN) {
        kafka_later(timeout_ms);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

static enum result input_failed(const struct kafka_inputs *inputs, const struct kafka_input *input,
                                struct error *error) {
    const rd_kafka_message_t *message = input->failed;
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
        message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        return error_set(error, RESULT_INVALID,
                         "offset %" PRId64
                         " of %s, partition %d, is gone (%s): records were "
                         "deleted before they were read; restore them or, if that loss is "
                         "accepted, move the group's offset by hand",
                         input->next, input->name, inputs->partition,
                         rd_kafka_message_errstr(message));
    }
    if (kafka_failed(message->err, error, input->name, "Read") != RESULT_DENIED) {
        /* The client goes on by itself after what passes; what it tells here it has given up. */
        error->result = RESULT_FAILED;
    }
    return error->result;
}

static const char *topic_of(void *context, const rd_kafka_message_t *message) {
    (void)message;
    const struct kafka_input *input = context;
    return input->topic;
}

/* Of what came: good records stay in front, the first error goes into `failed`. What is below
 * `next`, should the client ever deliver an offset again, is dropped, as is what is behind an
 * error. Returns how many are good. */
static uint32_t sort_out(struct kafka_input *input, rd_kafka_message_t **messages, uint32_t count) {
    uint32_t good = 0;
    for (uint32_t i = 0; i < count; i++) {
        rd_kafka_message_t *message = messages[i];
        if (input->failed == NULL && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            input->failed = message;
        } else if (input->failed == NULL && message->offset >= input->next) {
            input->next = message->offset + 1;
            messages[good++] = message;
        } else {
            rd_kafka_message_destroy(message);
        }
    }
    return good;
}

enum result kafka_inputs_poll(struct kafka_inputs *inputs, uint32_t index, uint32_t count_max,
                              struct log_batch *batch, struct error *error) {
    assert(inputs->started && index < inputs->count && count_max > 0);
    struct kafka_input *input = &inputs->inputs[index];
    *batch = (struct log_batch){0};
    if (input->failed != NULL) {
        return input_failed(inputs, input, error);
    }
    rd_kafka_message_t *messages[POLL_MAX];
    ssize_t count;
    uint32_t good;
    do {
        count = rd_kafka_consume_batch_queue(input->queue, 0, messages,
                                             count_max < POLL_MAX ? count_max : POLL_MAX);
        assert(count >= 0);
        good = sort_out(input, messages, (uint32_t)count);
        /* An empty batch means an empty queue: only then does its next record wake anybody. */
    } while (count > 0 && good == 0 && input->failed == NULL);
    kafka_batch_take(messages, good, topic_of, input, true, batch);
    return good == 0 && input->failed != NULL ? input_failed(inputs, input, error) : RESULT_OK;
}

int64_t kafka_inputs_end(const struct kafka_inputs *inputs, uint32_t index) {
    assert(index < inputs->count);
    int64_t low;
    int64_t high;
    const rd_kafka_resp_err_t code = rd_kafka_get_watermark_offsets(
        inputs->consumer, inputs->inputs[index].name, inputs->partition, &low, &high);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : -1;
}

void kafka_inputs_close(struct kafka_inputs *inputs) {
    if (inputs->started) {
        rd_kafka_topic_partition_list_t *list = kafka_inputs_list(inputs, NULL);
        (void)rd_kafka_pause_partitions(inputs->consumer, list);
        rd_kafka_topic_partition_list_destroy(list);
    }
    for (uint32_t i = 0; i < inputs->count; i++) {
        struct kafka_input *input = &inputs->inputs[i];
        if (input->failed != NULL) {
            rd_kafka_message_destroy(input->failed);
        }
        rd_kafka_queue_io_event_enable(input->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(input->queue);
    }
    if (inputs->wake_fd >= 0) {
        (void)close(inputs->wake_fd);
    }
    *inputs = (struct kafka_inputs){.wake_fd = -1};
}
