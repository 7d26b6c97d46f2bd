#include "cli/run/part.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "cli/fresh_ids.h"
#include "outside/clock_os/clock_os.h"
#include "outside/kafka/kafka_group.h"
#include "outside/store_memory/store_memory.h"
#include "outside/store_rocksdb/store_rocksdb.h"
#include "wire/message.h"

enum {
    KAFKA_TIMEOUT_MS = 3000,
    RETRY_MS = 1000,
    LANE_CALL_MS = 1000,
    STATE_WHOLE_BYTES_MAX = 32 << 20,     /* a partition: a tenth of a second */
    PRODUCER_BYTES_MAX = 2 * 1024 * 1024, /* of a record, as our producers take it */
};

/* Let the pages say what is waited for. */
static void show_waiting(struct run_part *part, const char *what) {
    pthread_mutex_lock(&part->run->mutex);
    (void)snprintf(part->waits, sizeof part->waits, "%.500s", what);
    pthread_mutex_unlock(&part->run->mutex);
}

/* Do something until it is no longer AGAIN, telling why it is waited for. */
static enum result persist(struct run_part *part, const char *what,
                           enum result (*attempt)(struct run_part *part, struct error *error),
                           struct error *error) {
    for (;;) {
        const enum result result = attempt(part, error);
        if (result != RESULT_AGAIN) {
            show_waiting(part, "");
            return result;
        }
        show_waiting(part, error->text);
        logger_warning(&part->run->logger, what,
                       LOGGER_FIELDS(logger_string("processor", part->processor->name),
                                     logger_error_field(error)));
        if (!run_may_go_on(part->run, RETRY_MS)) {
            return RESULT_AGAIN;
        }
    }
}

static enum result resolve_schemas(struct run_part *part, struct error *error) {
    struct schemas schemas;
    struct wire_ids ids = {.of = {0}};
    enum result result = run_schemas_open(part->run, &schemas, error);
    if (result != RESULT_OK) {
        return result;
    }
    struct schema_cache *cache = schema_cache_open(&schemas, part->run->schemas_directory);
    result = wire_ids_resolve(&schemas, cache, part->processor->writes,
                              *part->processor->writes_count, &ids, error);
    schema_cache_close(cache);
    schemas.close(schemas.self);
    if (result == RESULT_NOT_FOUND) {
        result = RESULT_INVALID; /* here it is a deployment that is not made yet */
    }
    for (uint32_t i = 0; result == RESULT_OK && i < MESSAGE_TYPES_COUNT; i++) {
        part->emitter.schema_ids[i] = ids.of[i] == 0 ? SCHEMA_ID_NONE : ids.of[i];
    }
    return result;
}

/* State on disk belongs to one process: another one that has it is found before anybody joins. */
static enum result open_stores(struct run_part *part, struct error *error) {
    const struct run *run = part->run;
    if (run->state_directory == NULL) {
        part->stores = stores_memory();
        return RESULT_OK;
    }
    const struct store_rocksdb_config config = {
        .directory = run->state_directory,
        .name = part->writer_name,
        .memory_bytes = run->state_memory_bytes,
        .lanes_max = run->topics->partitions,
        .whole_bytes_max = STATE_WHOLE_BYTES_MAX,
        .logger = run->logger,
    };
    const enum result result = stores_rocksdb_open(&config, &part->on_disk, error);
    if (result == RESULT_OK) {
        part->stores = stores_rocksdb_port(part->on_disk);
    }
    return result;
}

static enum result join(struct run_part *part, struct error *error) {
    const struct run *run = part->run;
    int32_t partitions = 0;
    const enum result result =
        kafka_group_open(&run->connection.kafka, part->processor->topology, KAFKA_TIMEOUT_MS,
                         &part->log_group, &partitions, error);
    if (result != RESULT_OK) {
        return result;
    }
    part->joined = true;
    if (partitions != (int32_t)run->topics->partitions) {
        return error_set(error, RESULT_INVALID,
                         "the topics have %d partitions and topics.yaml says %u: keys would move; "
                         "put the true number into topics.yaml, or name another file with "
                         "--set topics.file=PATH",
                         partitions, run->topics->partitions);
    }
    part->partitions = partitions;
    return RESULT_OK;
}

static uint32_t dead_letter_bytes_max(const struct topics_file *topics) {
    const struct topic_wanted *topic = topics_file_find(topics, "dead-letters");
    const uint32_t taken = topic == NULL ? 0 : topic->max_message_bytes;
    return taken < PRODUCER_BYTES_MAX ? taken : PRODUCER_BYTES_MAX;
}

enum result run_part_open(struct run_part *part, struct run *run,
                          const struct run_processor *processor, struct error *error) {
    assert(part != NULL && run != NULL && processor != NULL);
    assert(part->processor == processor);
    part->run = run;
    (void)snprintf(part->source_name, sizeof part->source_name, "millrace-%s", processor->name);
    (void)snprintf(part->writer_name, sizeof part->writer_name, "%.60s.%.60s",
                   run->connection.kafka.application, processor->name);
    part->emitter.application = part->writer_name;
    part->emitter.dead_letter_bytes_max = dead_letter_bytes_max(run->topics);
    enum result result = persist(part, "waiting for the schema registry", resolve_schemas, error);
    if (result == RESULT_OK) {
        result = processor->open(part, error);
    }
    if (result == RESULT_OK) {
        result = persist(part, "waiting for the data directory", open_stores, error);
    }
    return result == RESULT_OK ? persist(part, "waiting for Kafka", join, error) : result;
}

static enum result open_group(struct run_part *part, struct error *error) {
    const struct run *run = part->run;
    part->setup = (struct group_setup){
        .lanes =
            {
                .kind = &part->kind,
                .log_group = &part->log_group,
                .stores = &part->stores,
                .emitter = &part->emitter,
                .options = &run->deployment.options,
                .clock = clock_os(),
                .ids = fresh_ids(),
                .logger = run->logger,
                .counts = &part->run->counts,
                .partitions = part->partitions,
                .call_ms = LANE_CALL_MS,
            },
        .threads = true,
    };
    struct group *group = NULL;
    const enum result result = group_open(&part->setup, &group, error);
    pthread_mutex_lock(&part->run->mutex);
    part->group = group;
    pthread_mutex_unlock(&part->run->mutex);
    return result;
}

static void *work(void *argument) {
    struct run_part *part = argument;
    part->result = group_run(part->group, &part->error);
    const uint64_t one = 1;
    const ssize_t written = write(part->run->ended_fd, &one, sizeof one);
    assert(written == sizeof one);
    return NULL;
}

enum result run_part_start(struct run_part *part, struct error *error) {
    assert(part->joined && part->group == NULL);
    const enum result result = open_group(part, error);
    if (result != RESULT_OK) {
        return result;
    }
    logger_info(&part->run->logger, "a processor starts",
                LOGGER_FIELDS(logger_string("processor", part->processor->name),
                              logger_string("application", part->writer_name)));
    if (pthread_create(&part->thread, NULL, work, part) != 0) {
        return error_set(error, RESULT_FAILED, "no thread can be started for %s",
                         part->processor->name);
    }
    part->threaded = true;
    return RESULT_OK;
}

void run_part_stop(const struct run_part *part) {
    if (part->group != NULL) {
        group_stop(part->group);
    }
}

enum result run_part_end(struct run_part *part) {
    assert(part != NULL);
    if (part->threaded) {
        const int joined = pthread_join(part->thread, NULL);
        assert(joined == 0);
    }
    if (part->result != RESULT_OK) {
        return part
            ->result; /* a lane may still hang in a call and use all of it: the process ends */
    }
    if (part->group != NULL) {
        struct group *group = part->group;
        pthread_mutex_lock(&part->run->mutex);
        part->group = NULL; /* nobody looks at it any more */
        pthread_mutex_unlock(&part->run->mutex);
        show_waiting(part, "it has ended");
        group_close(group);
    }
    if (part->on_disk != NULL) {
        stores_rocksdb_close(part->on_disk);
    }
    if (part->config != NULL) {
        part->processor->close(part);
    }
    return part->result;
}

void run_part_leave(struct run_part *part) {
    if (part->result != RESULT_OK) {
        return;
    }
    if (part->joined) {
        part->log_group.close(part->log_group.self);
    }
    if (part->threaded) {
        logger_info(&part->run->logger, "a processor has ended",
                    LOGGER_FIELDS(logger_string("processor", part->processor->name)));
    }
}
