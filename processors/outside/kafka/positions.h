/* Where a lane stands: what its group has committed, and where its topics begin and end. */
#ifndef MILLRACE_OUTSIDE_KAFKA_POSITIONS_H
#define MILLRACE_OUTSIDE_KAFKA_POSITIONS_H

#include <stdint.h>

#include "outside/kafka/inputs.h"
#include "ports/log.h"

/* As in the port. INVALID: what was committed is no longer, or not yet, in the log. */
enum result kafka_positions_find(const struct kafka_inputs *inputs,
                                 const struct kafka_config *config,
                                 const struct log_topology *topology, rd_kafka_t *asker,
                                 int32_t timeout_ms, struct log_positions *positions,
                                 struct error *error);

#endif
