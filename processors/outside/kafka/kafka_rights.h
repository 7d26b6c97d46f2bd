/* Asks the brokers whether this principal has a right, by requests that they refuse for another
 * reason once they have found the right to be there: nothing of anybody's is read or written. */
#ifndef MILLRACE_OUTSIDE_KAFKA_RIGHTS_H
#define MILLRACE_OUTSIDE_KAFKA_RIGHTS_H

#include <stdint.h>

#include "outside/kafka/kafka_config.h"
#include "ports/error.h"

enum kafka_right {
    KAFKA_RIGHT_TOPIC_DESCRIBE,
    KAFKA_RIGHT_TOPIC_READ,
    KAFKA_RIGHT_TOPIC_WRITE,
    KAFKA_RIGHT_GROUP_DESCRIBE,
    KAFKA_RIGHT_GROUP_READ,
    KAFKA_RIGHT_TRANSACTIONAL_ID_WRITE,
};

struct kafka_rights;

/* Nothing is contacted yet. INVALID: librdkafka refuses a property. */
enum result kafka_rights_open(const struct kafka_config *config, struct kafka_rights **rights,
                              struct error *error);

/* `name` is whole: with the deployment's prefix. Of a transactional id it is the beginning; asking
 * makes the brokers know `<name>check`, which no lane uses. OK: the right is there. DENIED: it is
 * not, `error` says what to grant. NOT_FOUND: there is no such topic. FAILED: no answer in about
 * `timeout_ms`, or one that says neither. */
enum result kafka_rights_ask(struct kafka_rights *rights, enum kafka_right right, const char *name,
                             int32_t timeout_ms, struct error *error);

/* NULL is harmless. */
void kafka_rights_close(struct kafka_rights *rights);

#endif
