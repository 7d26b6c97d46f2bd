/* What the loop costs over a bare one: one record in, two out, exactly once, a thread a partition.
 *
 *   loop [RECORDS [PARTITIONS [bare|loop]]]     with MILLRACE_KAFKA_BOOTSTRAP_SERVERS
 *
 * The bare loop is librdkafka with the same settings and records, without store, arena or clock. A
 * round begins when the first transaction is committed. */
#include <assert.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/group.h"
#include "loop/headers.h"
#include "loop/turn_inside.h"
#include "outside/clock_os/clock_os.h"
#include "outside/kafka/kafka_group.h"
#include "outside/kafka/properties.h"
#include "outside/store_memory/store_memory.h"
#include "tests/support/kafka_cluster.h"
#include "tests/support/measure.h"

enum { VALUE_BYTES = 100, BATCH = 1000, CALL_MS = 10000, OUTPUTS = 2 };

static struct kafka_cluster cluster;
static char application[96]; /* of this round: no offsets are committed for it yet */
static uint32_t records_count;
static int32_t partitions;
static atomic_uint handled;                /* and committed */
static _Thread_local uint32_t handled_now; /* by this lane, in the open transaction */

static const struct log_topology topology = {
    .processor = "bench",
    .inputs = {"bench.in"},
    .inputs_count = 1,
    .outputs = {"bench.one", "bench.two"},
    .outputs_count = 2,
    .changelogs = {"bench.state"},
    .changelogs_count = 1,
};

/* --- The input. --- */

static void fill(void) {
    struct error error;
    rd_kafka_conf_t *conf;
    const struct kafka_client_plan plan = {.role = KAFKA_ROLE_PRODUCER};
    enum result result =
        kafka_properties_build(&cluster.config, &plan, "bench-fill", &conf, &error);
    assert(result == RESULT_OK);
    char text[256];
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    char topic[128];
    snprintf(topic, sizeof topic, "%sbench.in", cluster.prefix);
    static uint8_t value[VALUE_BYTES];
    for (uint32_t i = 0; i < records_count; i++) {
        char key[16];
        const int length = snprintf(key, sizeof key, "%u", i);
        const rd_kafka_resp_err_t failed = rd_kafka_producev(
            producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION((int32_t)i % partitions),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, (size_t)length),
            RD_KAFKA_V_VALUE(value, sizeof value), RD_KAFKA_V_END);
        assert(failed == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    result =
        rd_kafka_flush(producer, 120000) == RD_KAFKA_RESP_ERR_NO_ERROR ? RESULT_OK : RESULT_FAILED;
    assert(result == RESULT_OK);
    rd_kafka_destroy(producer);
}

/* --- Our loop. --- */

static enum result handle(void *self, uint32_t input, const struct log_record *record,
                          struct turn *turn, struct error *error) {
    (void)self;
    (void)input;
    (void)error;
    for (uint32_t output = 0; output < OUTPUTS; output++) {
        struct headers headers;
        headers_begin(&headers, turn_arena(turn), 1);
        const struct log_staged staged = {
            .output = output,
            .key = arena_bytes(turn_arena(turn), record->key),
            .value = arena_bytes(turn_arena(turn), record->value),
            .headers = headers.items,
            .headers_count = headers.count,
        };
        batch_stage(&turn->batch, &staged, headers.items);
    }
    turn_put(turn, 0, record->key, record->value);
    handled_now++;
    return RESULT_OK;
}

static void committed(void *self) {
    (void)self;
    (void)atomic_fetch_add(&handled, handled_now);
    handled_now = 0;
}

static enum result restore(void *self, uint32_t changelog, const struct log_record *record,
                           struct turn *turn, struct error *error) {
    (void)self;
    (void)changelog;
    (void)record;
    (void)turn;
    (void)error;
    return RESULT_OK;
}

static enum result started(void *self, const struct lane_identity *identity, struct turn *turn,
                           struct error *error) {
    (void)self;
    (void)identity;
    (void)turn;
    (void)error;
    return RESULT_OK;
}

static enum result tick(void *self, struct turn *turn, struct error *error) {
    (void)self;
    (void)turn;
    (void)error;
    return RESULT_OK;
}

static enum result drain(void *self, enum drain_cause cause, struct turn *turn,
                         struct error *error) {
    (void)cause;
    return tick(self, turn, error);
}

static void nothing(void *self) {
    (void)self;
}

static bool drained(void *self) {
    (void)self;
    return true;
}

static int no_fd(void *self) {
    (void)self;
    return -1;
}

static int64_t never(void *self) {
    (void)self;
    return INT64_MAX;
}

static enum result open_lane(void *self, int32_t partition, struct processor *processor,
                             struct error *error) {
    (void)partition;
    (void)error;
    *processor = (struct processor){.self = self,
                                    .restore = restore,
                                    .started = started,
                                    .handle = handle,
                                    .tick = tick,
                                    .committed = committed,
                                    .drain = drain,
                                    .drained = drained,
                                    .wait_fd = no_fd,
                                    .next_deadline_ms = never,
                                    .close = nothing};
    return RESULT_OK;
}

static struct uuid fresh(void *self) {
    (void)self;
    return (struct uuid){{1}};
}

/* From the first transaction to the last. */
static void measure(struct measure_way *way) {
    measure_await(way, &handled, 1);
    const struct measure_moment began = measure_now();
    const uint32_t before = (uint32_t)atomic_load(&handled);
    measure_await(way, &handled, records_count);
    measure_note(way, &began, records_count - before);
    way->written_each = OUTPUTS;
}

static void begin_round(const struct measure_way *way) {
    atomic_store(&handled, 0);
    (void)snprintf(application, sizeof application, "%s%u", cluster.prefix, way->rounds);
    cluster.config.application = application;
}

static void *run_group(void *group) {
    struct error error;
    (void)group_run(group, &error);
    return NULL;
}

static void run_loop(struct measure_way *way) {
    static const struct processor_kind kind = {
        .topology = &topology, .tables = 1, .lane_open = open_lane};
    const struct stores stores = stores_memory();
    const struct emitter emitter = {.application = "bench"};
    struct log_group log_group;
    struct error error;
    int32_t found;
    begin_round(way);
    enum result result =
        kafka_group_open(&cluster.config, &topology, CALL_MS, &log_group, &found, &error);
    assert(result == RESULT_OK && found == partitions);
    const struct group_setup setup = {
        .lanes = {.kind = &kind,
                  .log_group = &log_group,
                  .stores = &stores,
                  .emitter = &emitter,
                  .options = &cluster.options,
                  .clock = clock_os(),
                  .ids = {.fresh = fresh},
                  .logger = cluster.config.logger,
                  .partitions = partitions,
                  .call_ms = 1000},
        .threads = true,
    };
    struct group *group;
    result = group_open(&setup, &group, &error);
    assert(result == RESULT_OK);
    pthread_t thread;
    pthread_create(&thread, NULL, run_group, group);
    measure(way);
    group_stop(group);
    pthread_join(thread, NULL);
    group_close(group);
    log_group.close(log_group.self);
}

/* --- The bare loop. --- */

static rd_kafka_t *new_client(enum kafka_role role, int32_t partition) {
    char id[128];
    snprintf(id, sizeof id, "%sbare-%d", cluster.prefix, partition);
    const struct kafka_client_plan plan = {
        .role = role, .processor = "bare", .transactional_id = id};
    rd_kafka_conf_t *conf;
    struct error error;
    const enum result result = kafka_properties_build(&cluster.config, &plan, id, &conf, &error);
    assert(result == RESULT_OK);
    char text[256];
    rd_kafka_t *client = rd_kafka_new(
        role == KAFKA_ROLE_MEMBER ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert(client != NULL);
    return client;
}

static void check(rd_kafka_error_t *failed) {
    if (failed != NULL) {
        fprintf(stderr, "%s\n", rd_kafka_error_string(failed));
        abort();
    }
}

static void *bare_lane(void *context) {
    static const char txn[] = "01000000-0000-0000-0000-000000000000/1234/567/1000";
    const int32_t partition = *(const int32_t *)context;
    rd_kafka_t *consumer = new_client(KAFKA_ROLE_MEMBER, partition);
    rd_kafka_t *producer = new_client(KAFKA_ROLE_TRANSACTOR, partition);
    char names[3][128];
    static const char *const plain[] = {"bench.in", "bench.one", "bench.two"};
    rd_kafka_topic_t *outputs[OUTPUTS];
    for (uint32_t i = 0; i < 3; i++) {
        snprintf(names[i], sizeof names[i], "%s%s", cluster.prefix, plain[i]);
    }
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        outputs[i] = rd_kafka_topic_new(producer, names[i + 1], NULL);
    }
    check(rd_kafka_init_transactions(producer, CALL_MS));
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *place =
        rd_kafka_topic_partition_list_add(list, names[0], partition);
    place->offset = 0;
    rd_kafka_assign(consumer, list);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata_new(names[0]);
    rd_kafka_message_t *messages[BATCH];
    while (atomic_load(&handled) < records_count) {
        const ssize_t count = rd_kafka_consume_batch_queue(queue, 100, messages, BATCH);
        if (count <= 0) {
            continue;
        }
        check(rd_kafka_begin_transaction(producer));
        for (ssize_t i = 0; i < count; i++) {
            for (uint32_t output = 0; output < OUTPUTS; output++) {
                const rd_kafka_resp_err_t failed = rd_kafka_producev(
                    producer, RD_KAFKA_V_RKT(outputs[output]), RD_KAFKA_V_PARTITION(partition),
                    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                    RD_KAFKA_V_VALUE(messages[i]->payload, messages[i]->len),
                    RD_KAFKA_V_KEY(messages[i]->key, messages[i]->key_len),
                    RD_KAFKA_V_HEADER("millrace.txn", txn, sizeof txn - 1), RD_KAFKA_V_END);
                assert(failed == RD_KAFKA_RESP_ERR_NO_ERROR);
            }
            place->offset = messages[i]->offset + 1;
            rd_kafka_message_destroy(messages[i]);
        }
        check(rd_kafka_send_offsets_to_transaction(producer, list, group, CALL_MS));
        check(rd_kafka_commit_transaction(producer, CALL_MS));
        (void)atomic_fetch_add(&handled, (unsigned)count);
    }
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        rd_kafka_topic_destroy(outputs[i]);
    }
    rd_kafka_destroy(producer);
    rd_kafka_destroy(consumer);
    return NULL;
}

static void run_bare(struct measure_way *way) {
    enum { PARTITIONS_MAX = 64 };
    pthread_t threads[PARTITIONS_MAX];
    int32_t numbers[PARTITIONS_MAX];
    const int32_t count = partitions;
    assert(count <= PARTITIONS_MAX);
    begin_round(way);
    for (int32_t p = 0; p < count; p++) {
        numbers[p] = p;
        pthread_create(&threads[p], NULL, bare_lane, &numbers[p]);
    }
    measure(way);
    for (int32_t p = 0; p < count; p++) {
        pthread_join(threads[p], NULL);
    }
}

int main(int argc, char **argv) {
    const struct measure_arguments arguments = measure_arguments(argc, argv, 300000);
    records_count = arguments.count;
    partitions = arguments.partitions;
    kafka_cluster_open(&cluster);
    kafka_cluster_create_all(&cluster, &topology, partitions);
    fill();
    struct measure_way ours = {.name = "loop", .run = run_loop};
    struct measure_way other = {.name = "bare", .run = run_bare};
    measure_pair("loop", "records", &ours, &other, arguments.only);
    kafka_cluster_close(&cluster);
    return 0;
}
