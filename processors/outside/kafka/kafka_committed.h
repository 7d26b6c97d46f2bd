/* How far a processor has read: what its group has committed, for a tool that compares. */
#ifndef MILLRACE_OUTSIDE_KAFKA_COMMITTED_H
#define MILLRACE_OUTSIDE_KAFKA_COMMITTED_H

#include <stdint.h>

#include "outside/kafka/kafka_config.h"
#include "ports/error.h"

/* The next offset of each partition of an input; 0 where nothing was committed yet. `offsets` has
 * room for all partitions. Offsets of transactions that are still open are waited for. FAILED: no
 * answer in time. INVALID: librdkafka refuses a property. */
enum result kafka_committed(const struct kafka_config *config, const char *processor,
                            const char *topic, int32_t partitions, int32_t timeout_ms,
                            int64_t *offsets, struct error *error);

#endif
