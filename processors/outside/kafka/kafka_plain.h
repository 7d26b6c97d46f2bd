/* The producer without transactions of ports/log.h on Kafka: for what must be written whoever owns
 * the partition. */
#ifndef MILLRACE_OUTSIDE_KAFKA_KAFKA_PLAIN_H
#define MILLRACE_OUTSIDE_KAFKA_KAFKA_PLAIN_H

#include <stdint.h>

#include "outside/kafka/kafka_config.h"
#include "ports/log.h"

/* `processor` names the client. `partitions`: of every topic, as `kafka_group_open` tells; records
 * are placed by murmur2 among them. Nothing is contacted yet. INVALID: a property is wrong.
 *
 * What can not be delivered within message.timeout.ms is logged as an error, and makes the next
 * `flush` FAILED; `flush` is AGAIN as long as something is on its way. `close` waits for nothing.
 */
enum result kafka_plain_open(const struct kafka_config *config, const char *processor,
                             int32_t partitions, struct log_plain *plain, struct error *error);

#endif
