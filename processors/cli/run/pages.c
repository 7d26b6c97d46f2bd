#include "cli/run/pages.h"

#include <assert.h>
#include <stdlib.h>

#include "cli/run/health.h"
#include "domain/version.h"
#include "metrics/exposition.h"
#include "outside/clock_os/clock_os.h"
#include "outside/http_server/http_server.h"
#include "outside/kafka/statistics.h"
#include "outside/process_os/usage.h"
#include "registry_connector/gauges.h"

enum { OK = 200, UNAVAILABLE = 503 };

/* --- Metrics. --- */

static void add(struct exposition *exposition, enum metric metric, double value) {
    exposition_add(exposition, metric, (const char *const[]){NULL}, value);
}

/* What each processor's lanes do, and how far behind they are. */
static void add_part(struct exposition *exposition, const struct health_part *part) {
    const char *processor = part->processor->name;
    for (uint32_t state = 0; state < metric_lane_states_count; state++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < part->lanes_count; i++) {
            count += (uint32_t)part->lanes[i].state == state ? 1 : 0;
        }
        exposition_add(exposition, METRIC_LANES,
                       (const char *const[]){processor, metric_lane_states[state]}, count);
    }
    exposition_add(exposition, METRIC_GROUP_REJOINS, &processor, part->group.rejoins);
    const struct log_topology *topology = part->processor->topology;
    for (uint32_t input = 0; input < topology->inputs_count; input++) {
        int64_t lag = -1; /* nobody knows */
        for (uint32_t i = 0; i < part->lanes_count; i++) {
            const int64_t of_lane = part->lanes[i].lags[input];
            lag = of_lane < 0 ? lag : lag < 0 ? of_lane : lag + of_lane;
        }
        if (lag >= 0) {
            exposition_add(exposition, METRIC_LAG_RECORDS, &topology->inputs[input], (double)lag);
        }
    }
}

static void add_health(struct exposition *exposition, struct run *run) {
    struct health health;
    health_look(run, &health);
    int64_t remaining = 0;
    for (uint32_t i = 0; i < health.parts_count; i++) {
        add_part(exposition, &health.parts[i]);
        for (uint32_t lane = 0; lane < health.parts[i].lanes_count; lane++) {
            remaining += health.parts[i].lanes[lane].restore_remaining;
        }
    }
    add(exposition, METRIC_RESTORE_REMAINING, (double)remaining);
    add(exposition, METRIC_ALIVE, health.alive ? 1 : 0);
    add(exposition, METRIC_READY, health.ready ? 1 : 0);
    health_free(&health);
}

static int64_t gauge(const _Atomic int64_t *of) {
    return atomic_load_explicit(of, memory_order_relaxed);
}

static void add_submissions(struct exposition *exposition, const struct run *run,
                            const struct connector_gauges *all) {
    const struct clock clock = clock_os();
    int64_t open = 0;
    int64_t unknown = 0;
    int64_t oldest_at = INT64_MAX;
    for (uint32_t p = 0; p < run->topics->partitions; p++) {
        const struct connector_gauges *gauges = &all[p];
        const int64_t of_lane = gauge(&gauges->unknown);
        const int64_t at = gauge(&gauges->oldest_unknown_at);
        open += gauge(&gauges->open);
        unknown += of_lane;
        oldest_at = of_lane > 0 && at < oldest_at ? at : oldest_at;
    }
    const int64_t age_ms = oldest_at == INT64_MAX ? 0 : clock.wall_ms(clock.self) - oldest_at;
    add(exposition, METRIC_SUBMISSIONS_OPEN, (double)open);
    add(exposition, METRIC_SUBMISSIONS_UNKNOWN, (double)unknown);
    add(exposition, METRIC_SUBMISSIONS_UNKNOWN_OLDEST, age_ms > 0 ? (double)age_ms / 1000 : 0);
}

static void add_registries(struct exposition *exposition, const struct run *run,
                           const struct connector_gauges *all) {
    for (uint32_t i = 0; i < run->deployment.registries_count; i++) {
        const char *name = run->deployment.registries[i].name;
        uint64_t calls_out = 0;
        uint64_t readings_open = 0;
        uint64_t readings[METRIC_READING_RESULTS] = {0};
        for (uint32_t p = 0; p < run->topics->partitions; p++) {
            calls_out +=
                atomic_load_explicit(&all[p].registries[i].calls_out, memory_order_relaxed);
            readings_open +=
                atomic_load_explicit(&all[p].registries[i].readings_open, memory_order_relaxed);
            for (uint32_t r = 0; r < METRIC_READING_RESULTS; r++) {
                readings[r] +=
                    atomic_load_explicit(&all[p].registries[i].readings[r], memory_order_relaxed);
            }
        }
        exposition_add(exposition, METRIC_REGISTRY_CALLS_OUT, &name, (double)calls_out);
        exposition_add(exposition, METRIC_REGISTRY_CIRCUITS_OPEN, &name,
                       gauges_circuits_open(all, run->topics->partitions, i));
        exposition_add(exposition, METRIC_REGISTRY_READINGS_OPEN, &name, (double)readings_open);
        for (uint32_t r = 0; r < METRIC_READING_RESULTS; r++) {
            exposition_add(exposition, METRIC_REGISTRY_READINGS,
                           (const char *const[]){name, metric_reading_results[r]},
                           (double)readings[r]);
        }
    }
}

static void add_process(struct exposition *exposition, const struct run *run) {
    struct process_usage usage;
    process_usage(&usage);
    add(exposition, METRIC_PROCESS_CPU, usage.cpu_s);
    add(exposition, METRIC_PROCESS_MEMORY, (double)usage.resident_bytes);
    add(exposition, METRIC_PROCESS_FDS, (double)usage.descriptors);
    add(exposition, METRIC_PROCESS_THREADS, (double)usage.threads);
    exposition_add(exposition, METRIC_BUILD_INFO,
                   (const char *const[]){MILLRACE_VERSION, run->connection.kafka.application,
                                         kafka_library_version()},
                   1);
}

static void tell(void *context, enum metric metric, const char *const *labels, double value) {
    exposition_add(context, metric, labels, value);
}

static unsigned write_metrics(void *self, FILE *out) {
    struct run *run = self;
    struct exposition *exposition = exposition_open();
    exposition_add_counts(exposition, &run->counts);
    add_health(exposition, run);
    const struct connector_gauges *gauges = run_gauges(run);
    if (gauges != NULL) {
        add_submissions(exposition, run, gauges);
        add_registries(exposition, run, gauges);
    }
    add_process(exposition, run);
    kafka_statistics_tell(run->kafka_statistics, tell, exposition);
    exposition_write(exposition, out);
    exposition_close(exposition);
    return OK;
}

/* --- Health. --- */

static void write_json(json_t *report, FILE *out) {
    const int failed = json_dumpf(report, out, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    assert(failed == 0);
    (void)failed;
    (void)fputc('\n', out);
    json_decref(report);
}

static unsigned write_alive(void *self, FILE *out) {
    struct health health;
    health_look(self, &health);
    const bool alive = health.alive;
    json_t *report =
        json_pack("{s:s, s:O}", "status", alive ? "alive" : "not alive", "reasons", health.dead);
    assert(report != NULL);
    write_json(report, out);
    health_free(&health);
    return alive ? OK : UNAVAILABLE;
}

static unsigned write_ready(void *self, FILE *out) {
    struct health health;
    health_look(self, &health);
    const bool ready = health.ready;
    write_json(health_report(self, &health), out);
    health_free(&health);
    return ready ? OK : UNAVAILABLE;
}

static const struct http_page pages[] = {
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", write_metrics},
    {"/livez", "application/json", write_alive},
    {"/readyz", "application/json", write_ready},
};

enum result pages_open(struct run *run, const char *listen, struct error *error) {
    assert(run->pages == NULL);
    if (listen[0] == '\0') {
        return RESULT_OK;
    }
    const struct http_server_options options = {
        .listen = listen,
        .pages = pages,
        .pages_count = sizeof pages / sizeof pages[0],
        .self = run,
        .logger = logger_for(&run->logger, "http", -1),
    };
    const enum result result = http_server_open(&options, &run->pages, error);
    if (result != RESULT_OK) {
        return error_wrap(error, "http.listen");
    }
    logger_info(&run->logger, "pages are served: /metrics, /livez, /readyz",
                LOGGER_FIELDS(logger_string("address", http_server_address(run->pages))));
    return RESULT_OK;
}

void pages_close(struct run *run) {
    if (run->pages != NULL) {
        http_server_close(run->pages);
        run->pages = NULL;
    }
}
