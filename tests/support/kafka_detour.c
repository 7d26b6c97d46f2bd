#include "tests/support/kafka_detour.h"

#include <criterion/criterion.h>

void kafka_detour_open(struct kafka_detour *detour, const struct log_topology *topology,
                       int32_t partitions) {
    kafka_cluster_open(&detour->direct);
    kafka_cluster_create_all(&detour->direct, topology, partitions);
    detour->proxy = kafka_proxy_open(detour->direct.bootstrap);
    kafka_cluster_share(&detour->proxied, &detour->direct, kafka_proxy_address(detour->proxy), "a");
}

void kafka_detour_set_producers(struct kafka_detour *detour, const char *name, const char *value) {
    struct kafka_cluster *proxied = &detour->proxied;
    cr_assert_lt(proxied->config.properties_count, KAFKA_CLUSTER_PROPERTIES_MAX);
    proxied->properties[proxied->config.properties_count++] =
        (struct kafka_property){name, value, KAFKA_PROPERTY_PRODUCER};
}

void kafka_detour_close(struct kafka_detour *detour) {
    kafka_proxy_close(detour->proxy);
    kafka_cluster_close(&detour->proxied);
    kafka_cluster_close(&detour->direct);
}
