/* From where to where a tool reads each partition, settled before the first record is read. */
#ifndef MILLRACE_OUTSIDE_KAFKA_READER_RANGES_H
#define MILLRACE_OUTSIDE_KAFKA_READER_RANGES_H

#include "outside/kafka/client.h"
#include "outside/kafka/kafka_reader.h"

struct kafka_reader_ranges {
    struct kafka_reader_range *items; /* by topic, in the plan's order, and by partition */
    uint32_t count;
    uint32_t starts[KAFKA_READER_TOPICS_MAX + 1]; /* where each topic's ranges begin; and the end */
};

/* `asker` must see what the plan takes for the end. Give it back with `_close`, also after an
 * error. NOT_FOUND, FAILED: as `kafka_reader_open`. */
enum result kafka_reader_ranges_open(struct kafka_reader_ranges *ranges,
                                     const struct kafka_client *asker,
                                     const struct kafka_config *config,
                                     const struct kafka_reader_plan *plan, int32_t timeout_ms,
                                     struct error *error);

/* The range of a topic's partition, which must be one of them. */
uint32_t kafka_reader_ranges_find(const struct kafka_reader_ranges *ranges, uint32_t topic,
                                  int32_t partition);

void kafka_reader_ranges_close(struct kafka_reader_ranges *ranges);

#endif
