/* What a lane of the connector shows of itself while it works: written by the lane, read by whoever
 * asks, from any thread. */
#ifndef MILLRACE_REGISTRY_CONNECTOR_GAUGES_H
#define MILLRACE_REGISTRY_CONNECTOR_GAUGES_H

#include <stdatomic.h>
#include <stdint.h>

#include "metrics/table.h"

enum { REGISTRIES_MAX = 16 };

/* Of one partition; what is not counted is zero where it has no lane that works. */
struct connector_gauges {
    _Atomic int64_t open;              /* submissions without an outcome */
    _Atomic int64_t unknown;           /* of these, those of which the outcome is unknown */
    _Atomic int64_t oldest_unknown_at; /* ms since 1970; of `unknown` > 0 */
    struct {
        _Atomic uint32_t calls_out;
        _Atomic int circuit; /* enum circuit_state */
        _Atomic uint32_t readings_open;
        /* How many have ended since the process began, whatever lane had them. */
        _Atomic uint64_t readings[METRIC_READING_RESULTS];
    } registries[REGISTRIES_MAX]; /* in the order of the configuration */
};

/* How many of these partitions' lanes hold the registry with this index for down. */
uint32_t gauges_circuits_open(const struct connector_gauges *gauges, uint32_t partitions,
                              uint32_t registry);

struct connector_lane;
struct lane_registry;

/* Show how the lane stands; once it has started. */
void gauges_show(struct connector_lane *lane);
/* A reading at this registry has ended. */
void gauges_count_reading(const struct connector_lane *lane, const struct lane_registry *registry,
                          enum metric_reading_result result);
/* The lane has ended. */
void gauges_clear(const struct connector_lane *lane);

#endif
