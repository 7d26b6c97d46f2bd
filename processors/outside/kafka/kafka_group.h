/* The log of ports/log.h on Kafka: one processor's membership in its group, and its lanes. */
#ifndef MILLRACE_OUTSIDE_KAFKA_KAFKA_GROUP_H
#define MILLRACE_OUTSIDE_KAFKA_KAFKA_GROUP_H

#include <stdint.h>

#include "outside/kafka/kafka_config.h"
#include "ports/log.h"

/* Checks all topics of the topology, then joins `<application>.<processor>`. `poll` the group at
 * least once per session time-out: a process that was stopped for longer than that owns nothing
 * until it polls again.
 * A member with an instance name does not tell the group that it leaves: its partitions wait for it
 * for one session time-out, so that a restart disturbs nobody.
 * `partitions`: how many each topic has. `config` and `topology` must outlive the group.
 * INVALID: a topic is missing, or they do not have the same number of partitions; what to do is
 * said. AGAIN: no broker answers within `timeout_ms`. */
enum result kafka_group_open(const struct kafka_config *config, const struct log_topology *topology,
                             int32_t timeout_ms, struct log_group *group, int32_t *partitions,
                             struct error *error);

#endif
