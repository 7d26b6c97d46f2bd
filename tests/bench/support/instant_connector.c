#include "tests/bench/support/instant_connector.h"

#include <assert.h>

#include "domain/submission.h"
#include "outside/clock_os/clock_os.h"
#include "outside/kafka/kafka_plain.h"
#include "tests/bench/support/metered.h"
#include "tests/support/instant_registry.h"

static const struct registry_config registries[] = {
    {.name = "main", .adapter = "instant", .address = "", .in_flight_max = 10000}};

void instant_connector_open(struct instant_connector *connector,
                            const struct kafka_cluster *cluster, int32_t partitions) {
    static const struct millrace_source source = {.name = {"bench", 5}, .version = {"1", 1}};
    const struct emitter *emitter = metered_emitter();
    struct process process;
    struct error error;
    enum result result = kafka_plain_open(&cluster->config, "registry-connector", partitions,
                                          &connector->plain, &error);
    assert(result == RESULT_OK);
    result = process_os_init(&connector->process_os, &process, &error);
    assert(result == RESULT_OK);
    const struct late_replies_config late_config = {
        .clock = clock_os(),
        .logger = cluster->config.logger,
        .log = &connector->plain,
        .source = source,
        .host = process.writer.host,
        .schema_id = emitter->schema_ids[MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND],
    };
    result = late_replies_open(&connector->late, &late_config, &error);
    assert(result == RESULT_OK);
    connector->adapter = instant_registry_adapter();
    connector->config = (struct registry_connector_config){
        .options = &cluster->options,
        .emitter = emitter,
        .source = source,
        .state_format = SUBMISSION_FORMAT_VERSION,
        .schemas_open = metered_schemas_open,
        .registries = registries,
        .registries_count = 1,
        .adapters = &connector->adapter,
        .adapters_count = 1,
        .process = process,
        .late_replies = &connector->late,
        .clock = clock_os(),
        .logger = cluster->config.logger,
    };
    connector->kind = registry_connector_kind(&connector->config);
}

void instant_connector_close(struct instant_connector *connector) {
    late_replies_close(&connector->late, 0);
    connector->plain.close(connector->plain.self);
}
