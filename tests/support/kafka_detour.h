/* A cluster, and another way to it, through a proxy in which requests can be held and cut. */
#ifndef MILLRACE_TESTS_SUPPORT_KAFKA_DETOUR_H
#define MILLRACE_TESTS_SUPPORT_KAFKA_DETOUR_H

#include "tests/support/kafka_cluster.h"
#include "tests/support/kafka_proxy.h"

struct kafka_detour {
    struct kafka_cluster direct;  /* what others see */
    struct kafka_cluster proxied; /* the same topics, by way of the proxy */
    struct kafka_proxy *proxy;
};

/* With all topics of the topology. The detour must not move. */
void kafka_detour_open(struct kafka_detour *detour, const struct log_topology *topology,
                       int32_t partitions);
/* One more property of producers that go through the proxy. */
void kafka_detour_set_producers(struct kafka_detour *detour, const char *name, const char *value);
void kafka_detour_close(struct kafka_detour *detour);

#endif
