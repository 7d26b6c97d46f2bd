/* What every client of Kafka needs to know: where it is, how it is spoken to, how things are named.
 */
#ifndef MILLRACE_OUTSIDE_KAFKA_KAFKA_CONFIG_H
#define MILLRACE_OUTSIDE_KAFKA_KAFKA_CONFIG_H

#include <stdint.h>

#include "loop/options.h"
#include "ports/clock.h"
#include "ports/logger.h"

enum kafka_property_scope {
    KAFKA_PROPERTY_ALL,
    KAFKA_PROPERTY_CONSUMER,
    KAFKA_PROPERTY_PRODUCER,
};

/* A property of librdkafka, with its name and its spelling of the value. */
struct kafka_property {
    const char *name;
    const char *value;
    enum kafka_property_scope scope; /* CONSUMER and PRODUCER win over ALL */
};

struct kafka_statistics;

/* Everything in it must outlive whatever is opened with it. What a promise rests on (acks,
 * isolation, assignment, ...) is set after the properties and so cannot be changed by them. */
struct kafka_config {
    const struct kafka_property *properties; /* at least bootstrap.servers */
    uint32_t properties_count;
    const char *topic_prefix; /* of the deployment, before each topic's name; "": none */
    const char *application;  /* group and transactional id are <application>.<processor>... */
    const char *instance;     /* this process among its like, for static membership; NULL: a restart
                                 moves its partitions to others and back */
    const struct options *options;
    struct logger logger;
    struct clock clock;
    struct kafka_statistics *statistics; /* where librdkafka's own are kept; NULL: nowhere */
};

#endif
