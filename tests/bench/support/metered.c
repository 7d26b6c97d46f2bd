#include "tests/bench/support/metered.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "domain/metadata.h"
#include "domain/uuid.h"
#include "outside/clock_os/clock_os.h"
#include "outside/kafka/kafka_group.h"
#include "outside/kafka/kafka_plain.h"
#include "outside/store_memory/store_memory.h"
#include "wire/envelope.h"

enum {
    FILL_BYTES_MAX = 4096,
    FILL_FLUSH = 10000, /* records that are written before they are waited for */
    SCHEMA_ID_FIRST = 1,
};

/* --- Schemas: the id is the type. --- */

const struct emitter *metered_emitter(void) {
    static struct emitter emitter = {.application = "bench", .dead_letter_bytes_max = 1000000};
    for (int32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        emitter.schema_ids[i] = SCHEMA_ID_FIRST + i;
    }
    return &emitter;
}

static enum result text_by_id(void *self, int32_t id, struct text *text, struct error *error) {
    (void)self;
    (void)error;
    assert(id >= SCHEMA_ID_FIRST && id < SCHEMA_ID_FIRST + MESSAGE_TYPES_COUNT);
    *text = text_of(message_types[id - SCHEMA_ID_FIRST].schema);
    return RESULT_OK;
}

static void close_nothing(void *self) {
    (void)self;
}

enum result metered_schemas_open(void *context, struct schemas *schemas, struct error *error) {
    (void)context;
    (void)error;
    *schemas = (struct schemas){.text_by_id = text_by_id, .close = close_nothing};
    return RESULT_OK;
}

/* --- The input. --- */

struct uuid metered_id(const char *what, uint32_t number) {
    static const struct uuid space = {{0xbe}};
    struct id_name name;
    id_name_begin(&name);
    id_name_add_text(&name, text_of(what));
    id_name_add_number(&name, number);
    return uuid_v5(&space, &name);
}

void metered_fill(const struct kafka_cluster *cluster, const char *topic, int32_t partitions,
                  uint32_t count, metered_write write) {
    struct log_plain plain;
    struct error error;
    enum result result =
        kafka_plain_open(&cluster->config, "bench-fill", partitions, &plain, &error);
    assert(result == RESULT_OK);
    for (uint32_t i = 1; i <= count; i++) {
        struct uuid key;
        char key_text[UUID_CHARACTERS];
        uint8_t value[FILL_BYTES_MAX];
        const uint32_t length = write(i, &key, value, sizeof value);
        assert(length > ENVELOPE_BYTES && length <= sizeof value);
        uuid_to_text(&key, key_text);
        result = plain.write(
            plain.self, topic,
            (struct bytes){.data = (const uint8_t *)key_text, .length = sizeof key_text},
            (struct bytes){.data = value, .length = length}, NULL, 0, &error);
        assert(result == RESULT_OK);
        if (i % FILL_FLUSH == 0 || i == count) {
            while ((result = plain.flush(plain.self, METERED_CALL_MS, &error)) == RESULT_AGAIN) {
            }
            assert(result == RESULT_OK);
        }
    }
    plain.close(plain.self);
}

/* --- What the lanes do is counted at their log. --- */

static struct {
    const struct metered_round *round;
    struct log_group group; /* Kafka's own functions, behind those below */
    struct log log;
    pthread_barrier_t start; /* all lanes begin to read together */
    atomic_uint starts;
    struct measure_moment began;
    atomic_uint records; /* committed */
    atomic_uint pieces;
} meter;
static _Thread_local uint32_t records_staged; /* by this lane, in the transaction that is open */
static _Thread_local uint32_t pieces_staged;

static enum result metered_start(void *self, const int64_t *inputs, int32_t timeout_ms,
                                 struct error *error) {
    /* A lane that calls again, or began anew, does not wait for the others. */
    if (atomic_fetch_add(&meter.starts, 1) < (uint32_t)meter.round->partitions) {
        const int last = pthread_barrier_wait(&meter.start);
        if (last != 0) {
            meter.began = measure_now();
        }
    }
    return meter.log.start(self, inputs, timeout_ms, error);
}

static bool is_piece(const struct log_staged *record) {
    uint32_t id;
    struct bytes payload;
    return envelope_read(record->value, &id, &payload) == ENVELOPE_CONFLUENT &&
           (int32_t)id == metered_emitter()->schema_ids[meter.round->counted];
}

static enum result metered_commit_begin(void *self, const struct log_staged *records,
                                        uint32_t count, const int64_t *inputs,
                                        struct error *error) {
    records_staged = count;
    pieces_staged = 0;
    for (uint32_t i = 0; i < count; i++) {
        pieces_staged += is_piece(&records[i]) ? 1 : 0;
    }
    return meter.log.commit_begin(self, records, count, inputs, error);
}

static enum result metered_commit_wait(void *self, int32_t timeout_ms, struct error *error) {
    const enum result result = meter.log.commit_wait(self, timeout_ms, error);
    if (result == RESULT_OK) {
        (void)atomic_fetch_add(&meter.records, records_staged);
        (void)atomic_fetch_add(&meter.pieces, pieces_staged);
    }
    return result;
}

static enum result metered_lane_open(void *self, int32_t partition, struct log *log,
                                     struct error *error) {
    const enum result result = meter.group.lane_open(self, partition, log, error);
    assert(result == RESULT_OK);
    if (meter.log.start == NULL) {
        meter.log = *log; /* its functions are every lane's */
    }
    log->start = metered_start;
    log->commit_begin = metered_commit_begin;
    log->commit_wait = metered_commit_wait;
    return RESULT_OK;
}

/* --- A round. --- */

static struct uuid fresh(void *self) {
    static atomic_uint made;
    (void)self;
    return metered_id("fresh", atomic_fetch_add(&made, 1));
}

static void *run_group(void *group) {
    struct error error;
    const enum result result = group_run(group, &error);
    if (result != RESULT_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
    }
    return NULL;
}

static void open_log(const struct processor_kind *kind, const struct kafka_cluster *cluster,
                     int32_t partitions, struct log_group *log_group) {
    struct error error;
    int32_t found;
    const enum result result = kafka_group_open(&cluster->config, kind->topology, METERED_CALL_MS,
                                                log_group, &found, &error);
    assert(result == RESULT_OK && found == partitions);
}

void metered_group_open(struct metered_group *running, const struct processor_kind *kind,
                        const struct kafka_cluster *cluster, int32_t partitions,
                        const struct log_group *log_group) {
    struct error error;
    running->stores = stores_memory();
    if (log_group != NULL) {
        running->log_group = *log_group;
    } else {
        open_log(kind, cluster, partitions, &running->log_group);
    }
    running->setup = (struct group_setup){
        .lanes = {.kind = kind,
                  .log_group = &running->log_group,
                  .stores = &running->stores,
                  .emitter = metered_emitter(),
                  .options = &cluster->options,
                  .clock = clock_os(),
                  .ids = {.fresh = fresh},
                  .logger = cluster->config.logger,
                  .partitions = partitions,
                  .call_ms = 1000},
        .threads = true,
    };
    const enum result result = group_open(&running->setup, &running->group, &error);
    assert(result == RESULT_OK);
    const int failed = pthread_create(&running->thread, NULL, run_group, running->group);
    assert(failed == 0);
}

void metered_group_close(struct metered_group *running, const char *name) {
    struct group_status status;
    group_status(running->group, &status, NULL, 0);
    group_stop(running->group);
    (void)pthread_join(running->thread, NULL);
    group_close(running->group);
    running->log_group.close(running->log_group.self);
    if (status.rebuilt > 0) {
        (void)fprintf(stderr, "%s: %u lanes began anew meanwhile: the machine is too busy\n", name,
                      status.rebuilt);
    }
}

void metered_run(const struct metered_round *round, struct measure_way *way) {
    struct metered_group running;
    memset(&meter, 0, sizeof meter);
    meter.round = round;
    (void)pthread_barrier_init(&meter.start, NULL, (unsigned)round->partitions);
    open_log(round->kind, round->cluster, round->partitions, &meter.group);
    struct log_group metered = meter.group;
    metered.lane_open = metered_lane_open;
    metered_group_open(&running, round->kind, round->cluster, round->partitions, &metered);
    measure_await(way, &meter.pieces, round->count);
    measure_note(way, &meter.began, round->count);
    metered_group_close(&running, way->name);
    (void)pthread_barrier_destroy(&meter.start);
    assert(atomic_load(&meter.pieces) == round->count); /* each once */
    way->written_each = (double)atomic_load(&meter.records) / round->count;
}
