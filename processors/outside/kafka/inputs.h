/* The partition queues of one lane: its part of the group's consumer, which is shared.
 *
 * The group pauses every partition before it assigns it, and forwards its queue to nowhere, so
 * nothing is fetched until a lane seeks and resumes: only the lane, after its fence, knows from
 * where. In librdkafka each of these calls bumps the partition's version, and what was fetched
 * under an older version is dropped when it is taken from the queue. Measured with 2.0.2 by
 * tests/flow/kafka_lane.c: no record lost, none twice, none from a wrong offset, in
 * lanes that were closed and started anew at other offsets while records kept coming. */
#ifndef MILLRACE_OUTSIDE_KAFKA_INPUTS_H
#define MILLRACE_OUTSIDE_KAFKA_INPUTS_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "outside/kafka/client.h"
#include "ports/log.h"

struct kafka_input {
    const char *topic; /* without the prefix */
    char name[KAFKA_NAME_MAX];
    rd_kafka_queue_t *queue;
    int64_t next;               /* nothing below this offset is delivered any more */
    rd_kafka_message_t *failed; /* an error that came behind good records; told by the next poll */
};

struct kafka_inputs {
    rd_kafka_t *consumer; /* the group's */
    int32_t partition;
    struct kafka_input inputs[LOG_TOPICS_MAX];
    uint32_t count;
    bool started;
    int wake_fd; /* an eventfd: written whenever a queue is no longer empty */
};

/* Before the assignment: nothing of these partitions is fetched or goes to the consumer's own
 * queue. The list's offsets are set to 0, which no lane reads from without a seek. */
void kafka_inputs_hold(rd_kafka_t *consumer, rd_kafka_topic_partition_list_t *partitions);

/* INVALID: a topic's name is too long with its prefix. */
enum result kafka_inputs_open(struct kafka_inputs *inputs, const struct kafka_config *config,
                              rd_kafka_t *consumer, const struct log_topology *topology,
                              int32_t partition, struct error *error);
void kafka_inputs_close(struct kafka_inputs *inputs);

/* As in the port. */
enum result kafka_inputs_start(struct kafka_inputs *inputs, const int64_t *offsets,
                               int32_t timeout_ms, struct error *error);
enum result kafka_inputs_poll(struct kafka_inputs *inputs, uint32_t input, uint32_t count_max,
                              struct log_batch *batch, struct error *error);
int64_t kafka_inputs_end(const struct kafka_inputs *inputs, uint32_t input);

/* A list of this partition of all inputs; the caller destroys it. `offsets` may be NULL. */
rd_kafka_topic_partition_list_t *kafka_inputs_list(const struct kafka_inputs *inputs,
                                                   const int64_t *offsets);

#endif
