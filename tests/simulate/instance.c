#include "tests/simulate/instance.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/submission.h"
#include "outside/store_memory/store_memory.h"

enum {
    CLOCK_BEGIN_MS = 1000000, /* no process's clock begins at 0 */
    IN_FLIGHT_MAX = 64,
    LATE_STEP_MS = 1000, /* between two looks of the collector while nothing is heard */
};

static const char *const registry_names[INSTANCE_REGISTRIES] = {"main", "other"};

/* The id of a new incarnation: where transcripts use names, it goes by that of its process. */
static struct uuid fresh_id(void *self) {
    struct instance *instance = self;
    struct transcript *transcript = instance->deployment->transcript;
    struct uuid id = {{0}};
    for (uint32_t i = 0; i < sizeof id.bytes; i++) {
        id.bytes[i] = (uint8_t)chance_below(&instance->deployment->ids, 256);
    }
    if (transcript->names_count > 0) {
        char process[TRANSCRIPT_NAME_MAX];
        (void)snprintf(process, sizeof process, "process %u", instance->process.number);
        transcript_name(transcript, short_id(&id), process);
    }
    return id;
}

/* Lanes close their connection to the schema registry; this one is everybody's. */
static void close_nothing(void *self) {
    (void)self;
}

static enum result schemas_open(void *context, struct schemas *schemas, struct error *error) {
    const struct deployment *deployment = context;
    (void)error;
    *schemas = deployment->schemas;
    schemas->close = close_nothing;
    return RESULT_OK;
}

/* --- What it logs, in the transcript. --- */

static void log_line(void *self, enum logger_level level, const char *component, int32_t lane,
                     const char *message, const struct logger_field *fields) {
    const struct instance *instance = self;
    char told[160] = "";
    for (; fields->name != NULL; fields++) {
        const size_t used = strlen(told);
        if (fields->kind == LOGGER_FIELD_ERROR) {
            (void)snprintf(told + used, sizeof told - used, ": %.110s", fields->error->text);
        } else if (fields->kind == LOGGER_FIELD_NUMBER) {
            (void)snprintf(told + used, sizeof told - used, ", %s %lld", fields->name,
                           (long long)fields->number);
        }
    }
    if (level != LOGGER_LEVEL_DEBUG) {
        transcript_say(instance->process.transcript, "process %u, %s %d: %s%s",
                       instance->process.number, component, lane, message, told);
    }
}

/* --- Its parts. --- */

static void open_late_replies(struct instance *instance, struct millrace_source source,
                              const struct logger *logger) {
    const struct deployment *deployment = instance->deployment;
    const struct late_replies_config config = {
        .clock = process_clock(&instance->process),
        .logger = *logger,
        .log = &instance->plain,
        .source = source,
        .host = text_of(instance->host),
        .schema_id = deployment->emitter.schema_ids[MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND],
    };
    struct error error;
    const enum result result = late_replies_open(&instance->late, &config, &error);
    assert(result == RESULT_OK);
}

static void configure_certificates(struct instance *instance, const struct logger *logger) {
    struct deployment *deployment = instance->deployment;
    instance->certificates = (struct certificates_config){
        .rules = deployment->rules,
        .emitter = &deployment->emitter,
        .source = {.name = text_of("millrace-certificates"), .version = text_of("1")},
        .state_format = CERTIFICATES_FORMAT_VERSION,
        .schemas_open = schemas_open,
        .schemas_context = deployment,
        .logger = *logger,
    };
    instance->parts[0].kind = certificates_kind(&instance->certificates);
}

/* A host can only tell of its own processes. */
static bool proven_dead(void *self, const struct millrace_writer *writer) {
    const struct instance *instance = self;
    return text_equal(writer->host, text_of(instance->host)) &&
           instance->is_over(instance->process.world, writer);
}

static void configure_connector(struct instance *instance, const struct logger *logger) {
    struct deployment *deployment = instance->deployment;
    const struct sim_process *process = &instance->process;
    const struct millrace_source source = {.name = text_of("millrace-registry-connector"),
                                           .version = text_of("1")};
    open_late_replies(instance, source, logger);
    instance->adapter = lying_registry_adapter(deployment->registry, &instance->process);
    for (uint32_t i = 0; i < INSTANCE_REGISTRIES; i++) {
        instance->registries[i] = (struct registry_config){
            .name = registry_names[i],
            .adapter = instance->adapter.name,
            .address = "anywhere",
            .in_flight_max = IN_FLIGHT_MAX,
        };
    }
    instance->connector = (struct registry_connector_config){
        .options = deployment->options,
        .emitter = &deployment->emitter,
        .source = source,
        .state_format = SUBMISSION_FORMAT_VERSION,
        .schemas_open = schemas_open,
        .schemas_context = deployment,
        .registries = instance->registries,
        .registries_count = INSTANCE_REGISTRIES,
        .adapters = &instance->adapter,
        .adapters_count = 1,
        .process =
            {
                .self = instance,
                .writer =
                    {
                        .host = text_of(instance->host),
                        .boot_id = {{1}},
                        .pid = process->number + 1,
                        .start_time = process->life,
                    },
                .proven_dead = proven_dead,
            },
        .late_replies = &instance->late,
        .clock = process_clock(&instance->process),
        .logger = *logger,
    };
    struct error error;
    assert(registry_connector_check(&instance->connector, &error) == RESULT_OK);
    instance->parts[1].kind = registry_connector_kind(&instance->connector);
}

static void open_part(struct instance *instance, struct instance_part *part,
                      const struct instance_setup *setup, const struct stores *stores,
                      const struct logger *logger) {
    struct deployment *deployment = instance->deployment;
    part->log_group = kafka_join(deployment->kafka, &instance->process, part->kind.topology,
                                 setup->is_static ? instance->name : NULL);
    part->setup = (struct group_setup){
        .lanes =
            {
                .kind = &part->kind,
                .log_group = &part->log_group,
                .stores = stores,
                .emitter = &deployment->emitter,
                .options = deployment->options,
                .clock = process_clock(&instance->process),
                .ids = {.self = instance, .fresh = fresh_id},
                .logger = *logger,
                .partitions = deployment->partitions,
                .call_ms = 0,
            },
        .threads = false,
    };
    struct error error;
    const enum result result = group_open(&part->setup, &part->group, &error);
    assert(result == RESULT_OK);
}

struct instance *instance_start(const struct instance_setup *setup) {
    struct deployment *deployment = setup->deployment;
    struct instance *instance = calloc(1, sizeof *instance);
    assert(instance != NULL);
    instance->deployment = deployment;
    instance->is_over = setup->proven_dead;
    instance->process = (struct sim_process){
        .number = setup->place,
        .life = setup->life,
        .timeline = deployment->timeline,
        .transcript = deployment->transcript,
        .monotonic_offset_ms = CLOCK_BEGIN_MS * (int64_t)(setup->place + 1),
        .meanwhile = setup->meanwhile,
        .died = setup->died,
        .world = setup->world,
    };
    (void)snprintf(instance->host, sizeof instance->host, "host-%u", setup->place / 2);
    (void)snprintf(instance->name, sizeof instance->name, "place-%u", setup->place);
    struct logger logger = logger_silent();
    if (deployment->tells_logs) {
        logger = (struct logger){.self = instance, .component = "", .lane = -1, .write = log_line};
    }
    instance->plain = kafka_plain(deployment->kafka, &instance->process);
    configure_certificates(instance, &logger);
    configure_connector(instance, &logger);
    instance->disk_user = (struct disk_user){.disk = setup->disk, .process = &instance->process};
    instance->stores = setup->disk != NULL ? disk_stores(&instance->disk_user) : stores_memory();
    for (uint32_t i = 0; i < INSTANCE_PARTS; i++) {
        if ((setup->parts & (1u << i)) != 0) {
            open_part(instance, &instance->parts[i], setup, &instance->stores, &logger);
        } else {
            instance->parts[i].ended = true;
        }
    }
    transcript_say(deployment->transcript, "process %u starts", setup->place);
    return instance;
}

bool instance_wants_step(const struct instance *instance) {
    const struct deployment *deployment = instance->deployment;
    return !instance->process.paused && !instance->stepping &&
           (instance->process.dead || instance->told ||
            instance->kafka_seen != kafka_changes(deployment->kafka) ||
            instance->registry_seen != lying_registry_changes(deployment->registry) ||
            instance_due_ms(instance) <= deployment->timeline->now_ms);
}

/* Its groups have ended; what is still out is waited for as `millrace run` does. */
static bool lingers(struct instance *instance) {
    enum { FLUSH_MS = 10000 };
    const int64_t now_ms = instance->deployment->timeline->now_ms;
    struct error error;
    if (!instance->all_ended) {
        instance->all_ended = true;
        instance->lingers_until_ms = now_ms + instance->deployment->options->call_timeout_ms;
    }
    if (instance->late_awaited && now_ms < instance->lingers_until_ms) {
        return true;
    }
    return now_ms < instance->lingers_until_ms + FLUSH_MS &&
           instance->plain.flush(instance->plain.self, 0, &error) == RESULT_AGAIN;
}

bool instance_step(struct instance *instance) {
    struct deployment *deployment = instance->deployment;
    assert(!instance->stepping && !instance->process.paused);
    instance->stepping = true;
    instance->told = false;
    instance->kafka_seen = kafka_changes(deployment->kafka);
    instance->registry_seen = lying_registry_changes(deployment->registry);
    instance->stepped_ms = deployment->timeline->now_ms;
    bool all_ended = true;
    for (uint32_t i = 0; i < INSTANCE_PARTS && !instance->process.dead; i++) {
        struct instance_part *part = &instance->parts[i];
        part->ended = part->ended || !group_step(part->group, 0);
        all_ended = all_ended && part->ended;
    }
    if (!instance->process.dead) {
        instance->late_awaited = late_replies_step(&instance->late);
    }
    instance->stepping = false;
    return !instance->process.dead && (!all_ended || lingers(instance));
}

int64_t instance_due_ms(const struct instance *instance) {
    int64_t due_ms = INT64_MAX;
    for (uint32_t i = 0; i < INSTANCE_PARTS; i++) {
        const int64_t part_ms =
            instance->parts[i].ended ? INT64_MAX : group_due_ms(instance->parts[i].group);
        if (part_ms != INT64_MAX && part_ms - instance->process.monotonic_offset_ms < due_ms) {
            due_ms = part_ms - instance->process.monotonic_offset_ms;
        }
    }
    if ((instance->late_awaited || instance->all_ended) &&
        instance->stepped_ms + LATE_STEP_MS < due_ms) {
        due_ms = instance->stepped_ms + LATE_STEP_MS;
    }
    return due_ms;
}

void instance_stop(struct instance *instance) {
    transcript_say(instance->process.transcript, "process %u is told to end",
                   instance->process.number);
    instance->told = true;
    for (uint32_t i = 0; i < INSTANCE_PARTS; i++) {
        if (instance->parts[i].group != NULL) {
            group_stop(instance->parts[i].group);
        }
    }
}

void instance_end(struct instance *instance) {
    assert(!instance->stepping);
    for (uint32_t i = 0; i < INSTANCE_PARTS; i++) {
        if (instance->parts[i].group != NULL) {
            group_close(instance->parts[i].group);
            instance->parts[i].log_group.close(instance->parts[i].log_group.self);
        }
    }
    late_replies_close(&instance->late, 0);
    instance->plain.close(instance->plain.self);
}

void instance_free(struct instance *instance) {
    free(instance);
}
