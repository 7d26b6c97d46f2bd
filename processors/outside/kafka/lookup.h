/* Questions about topics, put to the brokers by a client that reads nothing itself. */
#ifndef MILLRACE_OUTSIDE_KAFKA_LOOKUP_H
#define MILLRACE_OUTSIDE_KAFKA_LOOKUP_H

#include <stdint.h>

#include "outside/kafka/client.h"

/* How many partitions a topic has, by its full name. NOT_FOUND: there is no such topic. DENIED: it
 * may not be seen, or the brokers do not let us in. */
enum result kafka_lookup_partitions(rd_kafka_t *asker, const char *name, int32_t timeout_ms,
                                    int32_t *partitions, struct error *error);

/* The first offset that exists, and the one behind the last (the high watermark). */
enum result kafka_lookup_watermarks(rd_kafka_t *asker, const char *name, int32_t partition,
                                    int32_t timeout_ms, int64_t *low, int64_t *high,
                                    struct error *error);

/* Does a broker answer at all? */
bool kafka_lookup_reaches(rd_kafka_t *asker, int32_t timeout_ms);

#endif
