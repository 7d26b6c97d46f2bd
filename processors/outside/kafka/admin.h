/* What the two halves of kafka_admin.h share: asking (kafka_admin.c) and changing (admin_change.c).
 */
#ifndef MILLRACE_OUTSIDE_KAFKA_ADMIN_INTERNAL_H
#define MILLRACE_OUTSIDE_KAFKA_ADMIN_INTERNAL_H

#include "outside/kafka/client.h"
#include "outside/kafka/kafka_admin.h"

/* A topic of the last answer: what `struct topic_live` points to. */
struct kafka_admin_topic {
    char name[KAFKA_NAME_MAX];
    struct topic_setting settings[TOPIC_SETTINGS_MAX];
};

struct kafka_admin {
    const struct kafka_config *config;
    struct kafka_client client;
    struct kafka_admin_topic *remembered; /* by the same index as `live` */
    struct topic_live *live;
    uint32_t live_count;
};

#endif
