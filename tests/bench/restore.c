/* How fast lanes restore what a deployment of long standing has in its changelogs.
 *
 *   restore [CERTIFICATES [PARTITIONS [raw|restore|warm]]]     with
 * MILLRACE_KAFKA_BOOTSTRAP_SERVERS
 *
 * A state, a ledger and ten answers for each certificate lie in three topics, in transactions of a
 * thousand records. Ours are the lanes of both processors, a thread each, as the loop restores them
 * from Kafka into stores in memory. The others are as many consumers with the same settings that
 * read the same partitions to the same ends, and do nothing with what they read.
 *
 * Warm is a start with state on disk: a process of its own restores all of it into RocksDB and is
 * killed with -9; then it is measured how long another one takes until every lane could work, with
 * the memory that it builds. The page cache is left as it is, as a process finds it that is started
 * anew at once. */
#include <assert.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain/placement.h"
#include "domain/uuid.h"
#include "loop/restore.h"
#include "loop/turn_inside.h"
#include "outside/clock_os/clock_os.h"
#include "outside/kafka/batch.h"
#include "outside/kafka/properties.h"
#include "outside/kafka/restorer.h"
#include "outside/store_memory/store_memory.h"
#include "outside/store_rocksdb/store_rocksdb.h"
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
    const struct stores *stores;
    bool killed;    /* it leaves everything open */
    double ready_s; /* when it could work, with what is built in memory only; wall clock */
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

static bool alive(void *context) {
    (void)context;
    return true;
}

static void start(const struct processor *processor, int32_t partition, struct turn *turn) {
    const struct lane_identity identity = {
        .partition = partition, .partitions = arguments.partitions, .alive = alive};
    const struct clock clock = clock_os();
    struct error error;
    turn_look(turn, &clock);
    const enum result result = processor->started(processor->self, &identity, turn, &error);
    if (result != RESULT_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
        abort();
    }
}

static void *restore_lane(void *context) {
    struct reading *reading = context;
    const struct log_topology *topology = reading->kind->topology;
    const struct stores *stores = reading->stores;
    const struct log log = {.self = reading, .restore = log_restore, .release = log_release};
    struct store store;
    struct processor processor;
    struct turn turn;
    struct error error;
    enum result result =
        stores->lane_open(stores->self, topology->processor, reading->partition,
                          reading->kind->tables + 1, topology->changelogs_count, &store, &error);
    assert(result == RESULT_OK);
    result = reading->kind->lane_open(reading->kind->self, reading->partition, &processor, &error);
    assert(result == RESULT_OK);
    result = turn_open(&turn, metered_emitter(), &store, &error);
    assert(result == RESULT_OK);
    struct restore restore = {.topology = topology,
                              .log = &log,
                              .store = &store,
                              .processor = &processor,
                              .turn = &turn,
                              .own_table = reading->kind->tables};
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
    if (reading->killed) {
        return NULL;
    }
    start(&processor, reading->partition, &turn);
    reading->ready_s = measure_now().wall_s;
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

static struct reading *lanes_of(const struct stores stores[PROCESSORS], bool killed) {
    const uint32_t count = PROCESSORS * (uint32_t)arguments.partitions;
    struct reading *readings = calloc(count, sizeof *readings);
    assert(readings != NULL);
    for (uint32_t i = 0; i < count; i++) {
        const struct log_topology *topology = kinds[i % PROCESSORS].topology;
        readings[i].kind = &kinds[i % PROCESSORS];
        readings[i].stores = &stores[i % PROCESSORS];
        readings[i].killed = killed;
        readings[i].partition = (int32_t)(i / PROCESSORS);
        for (uint32_t c = 0; c < topology->changelogs_count; c++) {
            readings[i].ends[c] =
                kafka_cluster_end(&cluster, topology->changelogs[c], readings[i].partition, true);
        }
    }
    return readings;
}

/* All at once. Returns when they began. */
static struct measure_moment run_lanes(struct reading *readings, void *(*read)(void *reading)) {
    const uint32_t count = PROCESSORS * (uint32_t)arguments.partitions;
    atomic_store(&records, 0);
    const struct measure_moment began = measure_now();
    for (uint32_t i = 0; i < count; i++) {
        const int failed = pthread_create(&readings[i].thread, NULL, read, &readings[i]);
        assert(failed == 0);
    }
    for (uint32_t i = 0; i < count; i++) {
        (void)pthread_join(readings[i].thread, NULL);
    }
    return began;
}

static void run_round(struct measure_way *way, void *(*read)(void *reading)) {
    const uint32_t expected = arguments.count * (2 + BOOKS_ANSWERS);
    const struct stores memory[PROCESSORS] = {stores_memory(), stores_memory()};
    struct reading *readings = lanes_of(memory, false);
    const struct measure_moment began = run_lanes(readings, read);
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

/* --- From disk. --- */

static void open_on_disk(const char *directory, struct stores stores[PROCESSORS],
                         struct stores_rocksdb *on_disk[PROCESSORS]) {
    struct error error;
    for (uint32_t i = 0; i < PROCESSORS; i++) {
        const struct store_rocksdb_config config = {
            .directory = directory,
            .name = kinds[i].topology->processor,
            .memory_bytes = 64 << 20, /* as `run` has it unless told otherwise, and the next */
            .lanes_max = (uint32_t)arguments.partitions,
            .whole_bytes_max = 32 << 20,
            .logger = cluster.config.logger,
        };
        const enum result result = stores_rocksdb_open(&config, &on_disk[i], &error);
        assert(result == RESULT_OK);
        stores[i] = stores_rocksdb_port(on_disk[i]);
    }
}

/* A process that restores all of it to disk, and is killed. */
struct filler {
    pid_t pid;
    int tell; /* a pipe: the prefix of the topics; closed: there is nothing to do */
    char directory[256];
};

static void fill_disk(const struct filler *filler, int told) {
    struct stores stores[PROCESSORS];
    struct stores_rocksdb *on_disk[PROCESSORS];
    char prefix[sizeof cluster.prefix];
    if (read(told, prefix, sizeof prefix) != (ssize_t)sizeof prefix) {
        _exit(0);
    }
    kafka_cluster_open(&cluster);
    memcpy(cluster.prefix, prefix, sizeof prefix);
    open_on_disk(filler->directory, stores, on_disk);
    struct reading *readings = lanes_of(stores, true);
    (void)run_lanes(readings, restore_lane);
    assert(atomic_load(&records) == arguments.count * (2 + BOOKS_ANSWERS));
    free(readings);
    (void)raise(SIGKILL);
}

/* Before there is any thread. */
static void fork_filler(struct filler *filler) {
    const char *given = getenv("BENCH_DIR");
    int ends[2];
    (void)snprintf(filler->directory, sizeof filler->directory, "%s/state-XXXXXX",
                   given != NULL ? given : P_tmpdir);
    const bool made = mkdtemp(filler->directory) != NULL && pipe(ends) == 0;
    assert(made);
    filler->pid = fork();
    assert(filler->pid >= 0);
    if (filler->pid == 0) {
        (void)close(ends[1]);
        fill_disk(filler, ends[0]);
    }
    (void)close(ends[0]);
    filler->tell = ends[1];
}

/* Seconds until all lanes could work. */
static double warm_s(const struct filler *filler) {
    struct stores stores[PROCESSORS];
    struct stores_rocksdb *on_disk[PROCESSORS];
    int status;
    (void)fprintf(stderr, "restore: a process restores all of it to disk and is killed\n");
    const ssize_t told = write(filler->tell, cluster.prefix, sizeof cluster.prefix);
    assert(told == (ssize_t)sizeof cluster.prefix);
    const pid_t ended = waitpid(filler->pid, &status, 0);
    assert(ended == filler->pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

    const struct measure_moment before = measure_now();
    open_on_disk(filler->directory, stores, on_disk);
    double seconds = measure_now().wall_s - before.wall_s;
    struct reading *readings = lanes_of(stores, false);
    const struct measure_moment began = run_lanes(readings, restore_lane);
    double ready_s = began.wall_s;
    for (int32_t i = 0; i < PROCESSORS * arguments.partitions; i++) {
        ready_s = readings[i].ready_s > ready_s ? readings[i].ready_s : ready_s;
    }
    seconds += ready_s - began.wall_s;
    (void)fprintf(stderr, "restore: warm after %.2f s, %u records were read of %u\n", seconds,
                  atomic_load(&records), arguments.count * (2 + BOOKS_ANSWERS));
    free(readings);
    for (uint32_t i = 0; i < PROCESSORS; i++) {
        stores_rocksdb_close(on_disk[i]);
    }
    return seconds;
}

static void remove_disk(const struct filler *filler) {
    char command[300];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", filler->directory);
    const int failed = system(command);
    assert(failed == 0);
}

static void measure_all(const struct filler *filler) {
    struct measure_way ours = {.name = "restore", .run = run_restore};
    struct measure_way other = {.name = "raw", .run = run_raw};
    const bool warm = arguments.only == NULL || strcmp(arguments.only, "warm") == 0;
    const struct measure_value more[] = {{"warm_s", warm ? warm_s(filler) : 0}};
    measure_pair_and("restore", "records", &ours, &other, arguments.only, more,
                     sizeof more / sizeof more[0]);
}

int main(int argc, char **argv) {
    struct filler filler;
    arguments = measure_arguments(argc, argv, 1000000);
    kinds[0] = books_certificates();
    kinds[1] = books_connector();
    fork_filler(&filler);
    open_books();
    measure_all(&filler);
    (void)close(filler.tell);
    remove_disk(&filler);
    const struct log_topology topology = {
        .outputs = {books_topics[0], books_topics[1], books_topics[2]},
        .outputs_count = BOOKS_KINDS};
    kafka_cluster_delete_all(&cluster, &topology);
    kafka_cluster_close(&cluster);
    return 0;
}
