/* How fast lanes restore what a deployment of long standing has in its changelogs.
 *
 *   restore [CERTIFICATES [PARTITIONS [raw|restore]]]     with MILLRACE_KAFKA_BOOTSTRAP_SERVERS
 *
 * A state, a ledger and ten answers for each certificate lie in three topics, in transactions of a
 * thousand records. Ours are the lanes of both processors, a thread each, as the loop restores them
 * from Kafka into stores in memory. The others are as many consumers with the same settings that
 * read the same partitions to the same ends, and do nothing with what they read. */
#include <assert.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/placement.h"
#include "domain/uuid.h"
#include "loop/restore.h"
#include "loop/turn_inside.h"
#include "outside/kafka/batch.h"
#include "outside/kafka/properties.h"
#include "outside/kafka/restorer.h"
#include "outside/store_memory/store_memory.h"
#include "tests/bench/support/books.h"
#include "tests/bench/support/metered.h"

enum { FILL_TRANSACTION = 1000, READ_MAX = 1000, CALL_MS = 1000, PROCESSORS = 2 };

static struct measure_arguments arguments;
static struct kafka_cluster cluster;
static struct processor_kind kinds[PROCESSORS];
static atomic_uint records; /* of this round, read or restored */

/* A lane of one processor, ours or a consumer in its place. */
struct reading {
    const struct processor_kind *kind;
    int32_t partition;
    int64_t ends[LOG_TOPICS_MAX];
    pthread_t thread;
    struct kafka_restorer restorer;
};

static const char *full_name(const char *topic, char name[128]) {
    (void)snprintf(name, 128, "%s%s", cluster.prefix, topic);
    return name;
}

static rd_kafka_t *new_client(enum kafka_role role, const char *id) {
    const struct kafka_client_plan plan = {
        .role = role, .processor = "raw", .transactional_id = id};
    rd_kafka_conf_t *conf;
    struct error error;
    const enum result result = kafka_properties_build(&cluster.config, &plan, id, &conf, &error);
    assert(result == RESULT_OK);
    char text[256];
    rd_kafka_t *client =
        rd_kafka_new(role == KAFKA_ROLE_RESTORER ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf,
                     text, sizeof text);
    assert(client != NULL);
    return client;
}

static void check(rd_kafka_error_t *failed) {
    if (failed != NULL) {
        (void)fprintf(stderr, "%s\n", rd_kafka_error_string(failed));
        abort();
    }
}

/* --- What lies there. --- */

static void write_batch(rd_kafka_t *producer, rd_kafka_topic_t *topic, struct batch *batch) {
    static const struct uuid incarnation = {{1}};
    static uint64_t sequence;
    batch_mark(batch, &incarnation, ++sequence);
    check(rd_kafka_begin_transaction(producer));
    for (uint32_t i = 0; i < batch->records_count; i++) {
        const struct log_staged *record = &batch->records[i];
        const rd_kafka_resp_err_t failed = rd_kafka_producev(
            producer, RD_KAFKA_V_RKT(topic),
            RD_KAFKA_V_PARTITION(placement_partition(record->key, arguments.partitions)),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_VALUE((void *)record->value.data, record->value.length),
            RD_KAFKA_V_KEY(record->key.data, record->key.length),
            RD_KAFKA_V_HEADERS(kafka_headers_new(record->headers, record->headers_count)),
            RD_KAFKA_V_END);
        assert(failed == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    check(rd_kafka_commit_transaction(producer, METERED_CALL_MS));
    batch_reset(batch);
}

static void fill(struct turn *turn, rd_kafka_t *producer, enum books_kind kind) {
    const uint32_t each_max = kind == BOOKS_ANSWERED ? BOOKS_ANSWERS : 1;
    char name[128];
    rd_kafka_topic_t *topic =
        rd_kafka_topic_new(producer, full_name(books_topics[kind], name), NULL);
    for (uint32_t i = 0; i < arguments.count; i++) {
        for (uint32_t each = 0; each < each_max; each++) {
            (void)books_emit(turn, kind, i, each);
        }
        if (turn->batch.records_count >= FILL_TRANSACTION || i == arguments.count - 1) {
            write_batch(producer, topic, &turn->batch);
        }
    }
    rd_kafka_topic_destroy(topic);
}

static void open_books(void) {
    static const struct store none;
    struct turn turn;
    struct error error;
    kafka_cluster_open(&cluster);
    for (uint32_t kind = 0; kind < BOOKS_KINDS; kind++) {
        kafka_cluster_create(&cluster, books_topics[kind], arguments.partitions, false);
    }
    const enum result result = turn_open(&turn, metered_emitter(), &none, &error);
    assert(result == RESULT_OK);
    char id[128];
    rd_kafka_t *producer = new_client(KAFKA_ROLE_TRANSACTOR, full_name("fill", id));
    check(rd_kafka_init_transactions(producer, METERED_CALL_MS));
    for (uint32_t kind = 0; kind < BOOKS_KINDS; kind++) {
        fill(&turn, producer, (enum books_kind)kind);
    }
    rd_kafka_destroy(producer);
    turn_close(&turn);
}

/* --- Ours. --- */

static enum result log_restore(void *self, uint32_t changelog, int64_t from, int32_t timeout_ms,
                               struct log_batch *batch, int64_t *next, struct error *error) {
    struct reading *reading = self;
    return kafka_restorer_read(&reading->restorer, &cluster.config, reading->kind->topology,
                               reading->partition, changelog, from, timeout_ms, batch, next, error);
}

static void log_release(void *self, struct log_batch *batch) {
    (void)self;
    kafka_batch_release(batch);
}

static void *restore_lane(void *context) {
    struct reading *reading = context;
    const struct log_topology *topology = reading->kind->topology;
    const struct stores stores = stores_memory();
    const struct log log = {.self = reading, .restore = log_restore, .release = log_release};
    struct store store;
    struct processor processor;
    struct turn turn;
    struct error error;
    enum result result =
        stores.lane_open(stores.self, topology->processor, reading->partition,
                         reading->kind->tables, topology->changelogs_count, &store, &error);
    assert(result == RESULT_OK);
    result = reading->kind->lane_open(reading->kind->self, reading->partition, &processor, &error);
    assert(result == RESULT_OK);
    result = turn_open(&turn, metered_emitter(), &store, &error);
    assert(result == RESULT_OK);
    struct restore restore = {
        .topology = topology, .log = &log, .store = &store, .processor = &processor, .turn = &turn};
    struct log_positions positions = {0};
    memcpy(positions.changelog_ends, reading->ends, sizeof reading->ends);
    bool cleared;
    result = restore_begin(&restore, &positions, &cleared, &error);
    assert(result == RESULT_OK);
    enum restore_outcome outcome;
    do {
        outcome = restore_step(&restore, CALL_MS, &error);
    } while (outcome == RESTORE_MORE || outcome == RESTORE_IDLE);
    assert(outcome == RESTORE_DONE);
    (void)atomic_fetch_add(&records, (unsigned)restore.records);
    restore_end(&restore);
    kafka_restorer_close(&reading->restorer, reading->partition);
    turn_close(&turn);
    processor.close(processor.self);
    store.close(store.self);
    return NULL;
}

/* --- The others. --- */

static void *read_raw(void *context) {
    struct reading *reading = context;
    const struct log_topology *topology = reading->kind->topology;
    char name[128];
    rd_kafka_t *consumer = new_client(KAFKA_ROLE_RESTORER, "raw");
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer);
    for (uint32_t i = 0; i < topology->changelogs_count; i++) {
        rd_kafka_topic_t *topic =
            rd_kafka_topic_new(consumer, full_name(topology->changelogs[i], name), NULL);
        const int failed = rd_kafka_consume_start_queue(topic, reading->partition, 0, queue);
        assert(failed == 0);
        rd_kafka_message_t *messages[READ_MAX];
        unsigned found = 0;
        for (int64_t next = 0; next < reading->ends[i];) {
            const ssize_t count = rd_kafka_consume_batch_queue(queue, CALL_MS, messages, READ_MAX);
            for (ssize_t m = 0; m < count; m++) {
                const bool good = messages[m]->err == RD_KAFKA_RESP_ERR_NO_ERROR;
                assert(good || messages[m]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF);
                next = messages[m]->offset + (good ? 1 : 0);
                found += good ? 1 : 0;
                rd_kafka_message_destroy(messages[m]);
            }
        }
        (void)atomic_fetch_add(&records, found);
        (void)rd_kafka_consume_stop(topic, reading->partition);
        rd_kafka_topic_destroy(topic);
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(consumer);
    return NULL;
}

/* --- A round. --- */

static void run_round(struct measure_way *way, void *(*read)(void *reading)) {
    const uint32_t count = PROCESSORS * (uint32_t)arguments.partitions;
    const uint32_t expected = arguments.count * (2 + BOOKS_ANSWERS);
    struct reading *readings = calloc(count, sizeof *readings);
    assert(readings != NULL);
    for (uint32_t i = 0; i < count; i++) {
        const struct log_topology *topology = kinds[i % PROCESSORS].topology;
        readings[i].kind = &kinds[i % PROCESSORS];
        readings[i].partition = (int32_t)(i / PROCESSORS);
        for (uint32_t c = 0; c < topology->changelogs_count; c++) {
            readings[i].ends[c] =
                kafka_cluster_end(&cluster, topology->changelogs[c], readings[i].partition, true);
        }
    }
    atomic_store(&records, 0);
    const struct measure_moment began = measure_now();
    for (uint32_t i = 0; i < count; i++) {
        const int failed = pthread_create(&readings[i].thread, NULL, read, &readings[i]);
        assert(failed == 0);
    }
    for (uint32_t i = 0; i < count; i++) {
        (void)pthread_join(readings[i].thread, NULL);
    }
    measure_note(way, &began, expected);
    assert(atomic_load(&records) == expected); /* each once */
    free(readings);
}

static void run_restore(struct measure_way *way) {
    run_round(way, restore_lane);
}

static void run_raw(struct measure_way *way) {
    run_round(way, read_raw);
}

int main(int argc, char **argv) {
    arguments = measure_arguments(argc, argv, 1000000);
    kinds[0] = books_certificates();
    kinds[1] = books_connector();
    open_books();
    struct measure_way ours = {.name = "restore", .run = run_restore};
    struct measure_way other = {.name = "raw", .run = run_raw};
    measure_pair("restore", "records", &ours, &other, arguments.only);
    const struct log_topology topology = {
        .outputs = {books_topics[0], books_topics[1], books_topics[2]},
        .outputs_count = BOOKS_KINDS};
    kafka_cluster_delete_all(&cluster, &topology);
    kafka_cluster_close(&cluster);
    return 0;
}
