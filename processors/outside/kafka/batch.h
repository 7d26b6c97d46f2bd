/* Records as librdkafka holds them, shown as the port shows them, without copying. */
#ifndef MILLRACE_OUTSIDE_KAFKA_BATCH_H
#define MILLRACE_OUTSIDE_KAFKA_BATCH_H

#include <librdkafka/rdkafka.h>
#include <stdint.h>

#include "ports/log.h"

/* A batch of `count` messages, all without error, which it owns from now on; the array remains the
 * caller's. `topic_of` gives the name of a message's topic without the prefix; it outlives the
 * batch. Headers cost more to parse than all else of a message: they are left away where nobody
 * reads them. Give it back with `kafka_batch_release`. */
void kafka_batch_take(rd_kafka_message_t *const *messages, uint32_t count,
                      const char *(*topic_of)(void *context, const rd_kafka_message_t *message),
                      void *context, bool with_headers, struct log_batch *batch);

/* Harmless for an empty batch, and twice. */
void kafka_batch_release(struct log_batch *batch);

/* Headers for a record to be written; NULL: none. The caller destroys them, or gives them away. */
rd_kafka_headers_t *kafka_headers_new(const struct log_header *headers, uint32_t count);

#endif
