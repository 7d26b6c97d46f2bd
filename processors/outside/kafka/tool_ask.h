/* What tools ask a cluster: anew each time, and once, since somebody waits for the answer. */
#ifndef MILLRACE_OUTSIDE_KAFKA_TOOL_ASK_H
#define MILLRACE_OUTSIDE_KAFKA_TOOL_ASK_H

#include <librdkafka/rdkafka.h>

#include "outside/kafka/client.h"

/* All topics that one may see, so that no broker creates one because it was asked for it. The
 * caller destroys `*metadata`. FAILED: no answer in time. DENIED: the brokers do not let us in. */
enum result kafka_tool_topics(const struct kafka_client *client, const struct kafka_config *config,
                              int32_t timeout_ms, const rd_kafka_metadata_t **metadata,
                              struct error *error);

/* How many partitions a topic has. NOT_FOUND: there is none of this name; `name` has the prefix.
 * DENIED: there may be one, which we may not see; asked by name, and so of nobody who lists. */
enum result kafka_tool_partitions(const struct kafka_config *config,
                                  const rd_kafka_metadata_t *metadata, const char *name,
                                  int32_t timeout_ms, int32_t *partitions, struct error *error);

/* A call of a tool on `handle` that did not go well, and is not repeated by itself: DENIED, else
 * FAILED, whatever the cause; the sentence is "<what>: <Kafka's text>; <what to do>". `right`: see
 * `kafka_failed`. */
enum result kafka_tool_failed(rd_kafka_t *handle, const struct kafka_config *config,
                              rd_kafka_resp_err_t code, const char *what, const char *right,
                              struct error *error);

#endif
