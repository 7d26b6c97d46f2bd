#include "cli/run/registry_connector.h"

#include <assert.h>
#include <stdlib.h>

#include "cli/registries.h"
#include "domain/version.h"
#include "outside/clock_os/clock_os.h"
#include "outside/kafka/kafka_plain.h"
#include "outside/process_os/process_os.h"
#include "registry_connector/registry_connector.h"

/* How long after the drain replies are still waited for: who ended it wants to see it end. */
enum { LATE_MS = 2000 };

/* Everything that the lanes refer to; it must not move. */
struct wiring {
    struct registry_connector_config config;
    struct registries registries;
    struct process_os process;
    struct log_plain evidence;
    struct late_replies late_replies;
};

static enum result open_late_replies(struct run_part *part, struct wiring *wiring,
                                     struct error *error) {
    const struct run *run = part->run;
    enum result result =
        kafka_plain_open(&run->connection.kafka, part->processor->topology->processor,
                         (int32_t)run->topics->partitions, &wiring->evidence, error);
    if (result != RESULT_OK) {
        return result;
    }
    const struct late_replies_config config = {
        .clock = clock_os(),
        .logger = run->logger,
        .log = &wiring->evidence,
        .source = wiring->config.source,
        .host = wiring->process.writer.host,
        .schema_id = part->emitter.schema_ids[MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND],
    };
    result = late_replies_open(&wiring->late_replies, &config, error);
    if (result != RESULT_OK) {
        wiring->evidence.close(wiring->evidence.self);
        return result;
    }
    result = late_replies_run(&wiring->late_replies, error);
    if (result != RESULT_OK) {
        late_replies_close(&wiring->late_replies, 0);
        wiring->evidence.close(wiring->evidence.self);
    }
    return result;
}

static enum result configure(struct run_part *part, struct wiring *wiring, struct error *error) {
    struct run *run = part->run;
    struct process process;
    const enum result result = process_os_init(&wiring->process, &process, error);
    if (result != RESULT_OK) {
        return result;
    }
    wiring->config = (struct registry_connector_config){
        .options = &run->deployment.options,
        .emitter = &part->emitter,
        .source = {.name = text_of(part->source_name), .version = text_of(MILLRACE_VERSION)},
        .state_format = run_state_format(run, "registry.state"),
        .schemas_directory = run->schemas_directory,
        .schemas_open = run_schemas_open,
        .schemas_context = run,
        .registries = run->deployment.registries,
        .registries_count = run->deployment.registries_count,
        .adapters = wiring->registries.adapters,
        .adapters_count = wiring->registries.adapters_count,
        .process = process,
        .late_replies = &wiring->late_replies,
        .counts = &run->counts,
        .gauges = calloc(run->topics->partitions, sizeof *wiring->config.gauges),
        .clock = clock_os(),
        .logger = run->logger,
    };
    assert(wiring->config.gauges != NULL);
    return registry_connector_check(&wiring->config, error);
}

enum result run_registry_connector_open(struct run_part *part, struct error *error) {
    struct wiring *wiring = calloc(1, sizeof *wiring);
    assert(wiring != NULL);
    registries_init(&wiring->registries, &part->run->deployment, &part->run->logger);
    enum result result = registries_read_secrets(&wiring->registries, part->run->settings, error);
    if (result == RESULT_OK) {
        result = configure(part, wiring, error);
    }
    if (result == RESULT_OK) {
        registries_tell(&wiring->registries, &part->run->logger);
        result = open_late_replies(part, wiring, error);
    }
    if (result != RESULT_OK) {
        registries_deinit(&wiring->registries);
        free(wiring);
        return result;
    }
    pthread_mutex_lock(&part->run->mutex);
    part->run->gauges = wiring->config.gauges;
    pthread_mutex_unlock(&part->run->mutex);
    part->config = wiring;
    part->kind = registry_connector_kind(&wiring->config);
    return RESULT_OK;
}

/* A lane that ended early leaves the rest of the drain's time to late replies. */
static int32_t late_ms(const struct run *run) {
    const struct options *options = &run->deployment.options;
    const int64_t now_ms = clock_os().monotonic_ms(clock_os().self);
    const int64_t left_ms = run->stopping_ms + options->revoke_drain_ms + LATE_MS - now_ms;
    return left_ms > 0 ? (int32_t)left_ms : 0;
}

void run_registry_connector_close(struct run_part *part) {
    struct wiring *wiring = part->config;
    late_replies_close(&wiring->late_replies, late_ms(part->run));
    wiring->evidence.close(wiring->evidence.self);
    registries_deinit(&wiring->registries);
    free(wiring);
    part->config = NULL;
}
