#include "registry_connector/gauges.h"

#include <assert.h>
#include <stddef.h>

#include "registry_connector/lane.h"

static struct connector_gauges *gauges_of(const struct connector_lane *lane) {
    return lane->config->gauges == NULL ? NULL : &lane->config->gauges[lane->partition];
}

static void show(_Atomic int64_t *gauge, int64_t value) {
    atomic_store_explicit(gauge, value, memory_order_relaxed);
}

static void show_registry(struct connector_gauges *gauges, uint32_t index, uint32_t calls_out,
                          enum circuit_state circuit, uint32_t readings_open) {
    atomic_store_explicit(&gauges->registries[index].calls_out, calls_out, memory_order_relaxed);
    atomic_store_explicit(&gauges->registries[index].circuit, (int)circuit, memory_order_relaxed);
    atomic_store_explicit(&gauges->registries[index].readings_open, readings_open,
                          memory_order_relaxed);
}

void gauges_show(struct connector_lane *lane) {
    struct connector_gauges *gauges = gauges_of(lane);
    if (gauges == NULL) {
        return;
    }
    assert(lane->open >= lane->quarantines.count);
    show(&gauges->open, lane->open);
    show(&gauges->unknown, lane->quarantines.count);
    show(&gauges->oldest_unknown_at, quarantines_oldest_at(&lane->quarantines));
    for (uint32_t i = 0; i < lane->registries_count; i++) {
        const struct lane_registry *registry = &lane->registries[i];
        show_registry(gauges, i, registry->in_flight, registry->circuit.state,
                      registry->readings.open);
    }
}

void gauges_count_reading(const struct connector_lane *lane, const struct lane_registry *registry,
                          enum metric_reading_result result) {
    assert(result < METRIC_READING_RESULTS);
    struct connector_gauges *gauges = gauges_of(lane);
    if (gauges != NULL) {
        const ptrdiff_t index = registry - lane->registries;
        assert(index >= 0 && index < (ptrdiff_t)lane->registries_count);
        atomic_fetch_add_explicit(&gauges->registries[index].readings[result], 1,
                                  memory_order_relaxed);
    }
}

void gauges_clear(const struct connector_lane *lane) {
    struct connector_gauges *gauges = gauges_of(lane);
    if (gauges == NULL) {
        return;
    }
    show(&gauges->open, 0);
    show(&gauges->unknown, 0);
    show(&gauges->oldest_unknown_at, 0);
    for (uint32_t i = 0; i < REGISTRIES_MAX; i++) {
        show_registry(gauges, i, 0, CIRCUIT_CLOSED, 0);
    }
}

uint32_t gauges_circuits_open(const struct connector_gauges *gauges, uint32_t partitions,
                              uint32_t registry) {
    assert(registry < REGISTRIES_MAX);
    uint32_t open = 0;
    for (uint32_t p = 0; p < partitions; p++) {
        const int state =
            atomic_load_explicit(&gauges[p].registries[registry].circuit, memory_order_relaxed);
        open += state == CIRCUIT_CLOSED ? 0 : 1;
    }
    return open;
}
