/* One request of librdkafka's for administrators, and the wait for its answer. */
#ifndef MILLRACE_OUTSIDE_KAFKA_ADMIN_CALL_H
#define MILLRACE_OUTSIDE_KAFKA_ADMIN_CALL_H

#include <librdkafka/rdkafka.h>

#include "outside/kafka/client.h"

/* Give the options and the queue to one request, then take its answer. */
struct kafka_admin_call {
    const struct kafka_config *config;
    rd_kafka_t *handle;
    rd_kafka_AdminOptions_t *options;
    rd_kafka_queue_t *queue;
    rd_kafka_event_t *event; /* the answer; what is taken from it lives until `_end` */
    const char *what;        /* for error messages: "creating topic x" */
    const char *right;       /* what one must be allowed with the topic: "Create" */
    int32_t timeout_ms;
};

void kafka_admin_call_begin(struct kafka_admin_call *call, const struct kafka_client *client,
                            const struct kafka_config *config, rd_kafka_admin_op_t operation,
                            const char *what, int32_t timeout_ms);

/* DENIED: the right is lacking. FAILED: no answer in time, or the whole request was refused. OK:
 * each topic has its own error. */
enum result kafka_admin_call_wait(struct kafka_admin_call *call, struct error *error);

/* What Kafka says about one topic; `text` is its own sentence, or NULL. */
enum result kafka_admin_call_check(const struct kafka_admin_call *call, rd_kafka_resp_err_t code,
                                   const char *text, struct error *error);

void kafka_admin_call_end(struct kafka_admin_call *call);

#endif
