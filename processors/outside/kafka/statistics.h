/* What librdkafka says of itself from time to time, kept until somebody asks: a chosen part of it,
 * by the names of metrics/table.h. */
#ifndef MILLRACE_OUTSIDE_KAFKA_STATISTICS_H
#define MILLRACE_OUTSIDE_KAFKA_STATISTICS_H

#include <stddef.h>

#include "metrics/table.h"

enum {
    KAFKA_STATISTICS_CLIENTS_MAX = 8,
    KAFKA_STATISTICS_BROKERS_MAX = 64, /* told of one client; likewise */
    KAFKA_STATISTICS_TOPICS_MAX = 64,
};

struct kafka_statistics;

/* Of librdkafka, as it calls itself. */
const char *kafka_library_version(void);

struct kafka_statistics *kafka_statistics_open(void);
void kafka_statistics_close(struct kafka_statistics *statistics);

/* The newest of a client, as JSON; it is copied. From any thread. */
void kafka_statistics_take(struct kafka_statistics *statistics, const char *client,
                           const char *json);
/* The client has ended. */
void kafka_statistics_forget(struct kafka_statistics *statistics, const char *client);

/* Tell all of it. `labels`: the client, and the broker or the topic where the metric is of one. */
void kafka_statistics_tell(struct kafka_statistics *statistics,
                           void (*tell)(void *context, enum metric metric,
                                        const char *const *labels, double value),
                           void *context);

#endif
