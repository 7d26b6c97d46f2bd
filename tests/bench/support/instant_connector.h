/* The connector with a registry inside the process that answers at once. */
#ifndef MILLRACE_TESTS_BENCH_INSTANT_CONNECTOR_H
#define MILLRACE_TESTS_BENCH_INSTANT_CONNECTOR_H

#include <stdint.h>

#include "outside/process_os/process_os.h"
#include "registry_connector/registry_connector.h"
#include "tests/support/kafka_cluster.h"

/* Must not move while it is open. */
struct instant_connector {
    struct registry_adapter adapter;
    struct process_os process_os;
    struct late_replies late;
    struct log_plain plain;
    struct registry_connector_config config;
    struct processor_kind kind; /* what it is all for */
};

void instant_connector_open(struct instant_connector *connector,
                            const struct kafka_cluster *cluster, int32_t partitions);
/* After its group. */
void instant_connector_close(struct instant_connector *connector);

#endif
