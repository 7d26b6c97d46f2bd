/* What the processor `certificates` costs over a bare loop: IssueCertificate in, SubmitTransaction
 * and the certificate's state out, exactly once, a thread a partition.
 *
 *   lane [COMMANDS [PARTITIONS [bare|lane]]]     with MILLRACE_KAFKA_BOOTSTRAP_SERVERS
 *
 * The bare loop is librdkafka alone, with our settings: one consumer, and for each partition its
 * queue, a thread and a transactional producer. It decides nothing and keeps nothing: for each
 * command it writes the two records that the processor wrote for one, with the key of this one. A
 * round begins when all lanes may read, and ends when the last command is committed. */
#include <assert.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certificates/certificates.h"
#include "generated/c/certificates_commands.h"
#include "outside/kafka/properties.h"
#include "tests/bench/support/metered.h"
#include "wire/message.h"

enum {
    BATCH = 1000, /* records of a turn, as the default of loop.batch.records.max */
    OUTPUTS = 2,
    SAMPLE_COMMANDS = 60,
    HEADERS_MAX = 8,
};

static const char input[] = "certificates.commands";
static const char *const outputs[OUTPUTS] = {"registry.commands", "certificates.state"};

static struct measure_arguments arguments;
static struct kafka_cluster sample;        /* where the processor wrote what is written after it */
static struct log_record written[OUTPUTS]; /* one of each */
static struct kafka_cluster cluster;       /* of this round: topics of its own */

/* --- The input. --- */

static uint32_t write_command(uint32_t number, struct uuid *key, uint8_t *value,
                              uint32_t capacity) {
    enum { PERIOD_MS = 3600000 };
    static const enum message_type type = MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE;
    const int64_t period_start_ms = 1750000000000 / PERIOD_MS * PERIOD_MS;
    const struct certificates_commands_issue_certificate command = {
        .metadata = {.id = metered_id("message", number),
                     .timestamp = period_start_ms + PERIOD_MS,
                     .source = {.name = text_of("meters"), .version = text_of("1.0.0")}},
        .certificate_id = metered_id("certificate", number),
        .requested_by = text_of("issuer-dk1"),
        .certificate_type = MILLRACE_CERTIFICATE_TYPE_PRODUCTION,
        .grid_area = text_of("DK1"),
        .period_start = period_start_ms,
        .period_end = period_start_ms + PERIOD_MS,
        .quantity = 1000,
        .owner = text_of("alice"),
        .registry = text_of("main"),
    };
    *key = command.certificate_id;
    return (uint32_t)wire_encode(type, &command, metered_emitter()->schema_ids[type], value,
                                 capacity);
}

static void open_topics(struct kafka_cluster *where, uint32_t count) {
    kafka_cluster_open(where);
    kafka_cluster_create_all(where, &certificates_topology, arguments.partitions);
    metered_fill(where, input, arguments.partitions, count, write_command);
}

static void close_topics(struct kafka_cluster *where) {
    kafka_cluster_delete_all(where, &certificates_topology);
    kafka_cluster_close(where);
}

/* --- The processor. --- */

static void run_processor(struct kafka_cluster *where, uint32_t count, struct measure_way *way) {
    static const struct rules_issuer issuer = {.grid_area = {"DK1", 3}, .name = {"issuer-dk1", 10}};
    static const struct rules_registry registry = {.name = {"main", 4}};
    static const struct rules rules = {.issuers = &issuer,
                                       .issuers_count = 1,
                                       .registries = &registry,
                                       .registries_count = 1,
                                       .owners_any = true};
    const struct certificates_config config = {
        .rules = &rules,
        .emitter = metered_emitter(),
        .source = {.name = text_of("bench"), .version = text_of("1")},
        .schemas_open = metered_schemas_open,
        .logger = where->config.logger,
    };
    const struct processor_kind kind = certificates_kind(&config);
    const struct metered_round round = {
        .kind = &kind,
        .cluster = where,
        .partitions = arguments.partitions,
        .counted = MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION,
        .count = count,
    };
    metered_run(&round, way);
}

static void run_lane(struct measure_way *way) {
    open_topics(&cluster, arguments.count);
    run_processor(&cluster, arguments.count, way);
    close_topics(&cluster);
}

/* What the processor writes for such a command. */
static void take_sample(void) {
    struct measure_way way = {.name = "sample"};
    open_topics(&sample, SAMPLE_COMMANDS);
    run_processor(&sample, SAMPLE_COMMANDS, &way);
    for (uint32_t output = 0; output < OUTPUTS; output++) {
        for (int32_t p = 0; written[output].value.data == NULL; p++) {
            assert(p < arguments.partitions);
            (void)kafka_cluster_read(&sample, outputs[output], p, &written[output], 1);
        }
        assert(written[output].headers_count <= HEADERS_MAX);
    }
}

/* --- The bare loop. --- */

struct bare {
    rd_kafka_t *consumer;
    rd_kafka_topic_partition_list_t *places; /* every partition of the input */
    pthread_barrier_t ready; /* every producer has its id, and the lanes may be read */
    atomic_uint handled;     /* and committed */
};

struct bare_lane {
    struct bare *bare;
    int32_t partition;
    pthread_t thread;
    rd_kafka_queue_t *queue;
};

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

static const char *full_name(const char *topic, char name[128]) {
    snprintf(name, 128, "%s%s", cluster.prefix, topic);
    return name;
}

static void check(rd_kafka_error_t *failed) {
    if (failed != NULL) {
        fprintf(stderr, "%s\n", rd_kafka_error_string(failed));
        abort();
    }
}

/* The headers that the processor wrote, with a transaction's name of the length it has in a full
 * turn. */
static rd_kafka_headers_t *headers_like(const struct log_record *record) {
    static const char txn[] = "01000000-0000-0000-0000-000000000000/123/1234/2000";
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->headers_count);
    for (uint32_t i = 0; i < record->headers_count; i++) {
        const struct log_header *header = &record->headers[i];
        const bool is_txn = text_equal(header->name, text_of("millrace.txn"));
        rd_kafka_header_add(headers, header->name.data, (ssize_t)header->name.length,
                            is_txn ? txn : (const char *)header->value.data,
                            (ssize_t)(is_txn ? sizeof txn - 1 : header->value.length));
    }
    return headers;
}

static void bare_write(rd_kafka_t *producer, rd_kafka_topic_t *const *topics, int32_t partition,
                       const rd_kafka_message_t *command) {
    for (uint32_t output = 0; output < OUTPUTS; output++) {
        const rd_kafka_resp_err_t failed = rd_kafka_producev(
            producer, RD_KAFKA_V_RKT(topics[output]), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_VALUE((void *)written[output].value.data, written[output].value.length),
            RD_KAFKA_V_KEY(command->key, command->key_len),
            RD_KAFKA_V_HEADERS(headers_like(&written[output])), RD_KAFKA_V_END);
        assert(failed == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
}

static void bare_turns(struct bare_lane *lane, rd_kafka_t *producer,
                       rd_kafka_topic_t *const *topics) {
    struct bare *bare = lane->bare;
    char name[128];
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *place =
        rd_kafka_topic_partition_list_add(offsets, full_name(input, name), lane->partition);
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata_new(name);
    rd_kafka_message_t *messages[BATCH];
    while (atomic_load(&bare->handled) < arguments.count) {
        const ssize_t count = rd_kafka_consume_batch_queue(lane->queue, 100, messages, BATCH);
        if (count <= 0) {
            continue;
        }
        check(rd_kafka_begin_transaction(producer));
        for (ssize_t i = 0; i < count; i++) {
            assert(messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR);
            bare_write(producer, topics, lane->partition, messages[i]);
            place->offset = messages[i]->offset + 1;
            rd_kafka_message_destroy(messages[i]);
        }
        check(rd_kafka_send_offsets_to_transaction(producer, offsets, group, METERED_CALL_MS));
        check(rd_kafka_commit_transaction(producer, METERED_CALL_MS));
        (void)atomic_fetch_add(&bare->handled, (unsigned)count);
    }
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(offsets);
}

static void *bare_lane(void *context) {
    struct bare_lane *lane = context;
    char name[128];
    rd_kafka_t *producer = new_client(KAFKA_ROLE_TRANSACTOR, lane->partition);
    rd_kafka_topic_t *topics[OUTPUTS];
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        topics[i] = rd_kafka_topic_new(producer, full_name(outputs[i], name), NULL);
    }
    check(rd_kafka_init_transactions(producer, METERED_CALL_MS));
    (void)pthread_barrier_wait(&lane->bare->ready);
    bare_turns(lane, producer, topics);
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        rd_kafka_topic_destroy(topics[i]);
    }
    rd_kafka_destroy(producer);
    return NULL;
}

/* Partition queues are made before the partitions are assigned. */
static void open_lanes(struct bare *bare, struct bare_lane *lanes) {
    char name[128];
    bare->consumer = new_client(KAFKA_ROLE_MEMBER, 0);
    bare->places = rd_kafka_topic_partition_list_new(arguments.partitions);
    (void)full_name(input, name);
    for (int32_t p = 0; p < arguments.partitions; p++) {
        rd_kafka_topic_partition_list_add(bare->places, name, p)->offset = 0;
        lanes[p] = (struct bare_lane){
            .bare = bare,
            .partition = p,
            .queue = rd_kafka_queue_get_partition(bare->consumer, name, p),
        };
        rd_kafka_queue_forward(lanes[p].queue, NULL);
    }
    (void)pthread_barrier_init(&bare->ready, NULL, (unsigned)arguments.partitions + 1);
}

static void run_bare(struct measure_way *way) {
    struct bare bare = {.handled = 0};
    open_topics(&cluster, arguments.count);
    struct bare_lane *lanes = calloc((size_t)arguments.partitions, sizeof *lanes);
    assert(lanes != NULL);
    open_lanes(&bare, lanes);
    for (int32_t p = 0; p < arguments.partitions; p++) {
        const int failed = pthread_create(&lanes[p].thread, NULL, bare_lane, &lanes[p]);
        assert(failed == 0);
    }
    (void)pthread_barrier_wait(&bare.ready);
    const struct measure_moment began = measure_now();
    const rd_kafka_resp_err_t assigned = rd_kafka_assign(bare.consumer, bare.places);
    assert(assigned == RD_KAFKA_RESP_ERR_NO_ERROR);
    measure_await(way, &bare.handled, arguments.count);
    measure_note(way, &began, arguments.count);
    way->written_each = OUTPUTS;
    for (int32_t p = 0; p < arguments.partitions; p++) {
        pthread_join(lanes[p].thread, NULL);
        rd_kafka_queue_destroy(lanes[p].queue);
    }
    rd_kafka_topic_partition_list_destroy(bare.places);
    rd_kafka_destroy(bare.consumer);
    (void)pthread_barrier_destroy(&bare.ready);
    free(lanes);
    close_topics(&cluster);
}

int main(int argc, char **argv) {
    arguments = measure_arguments(argc, argv, 1000000);
    take_sample();
    struct measure_way ours = {.name = "lane", .run = run_lane};
    struct measure_way other = {.name = "bare", .run = run_bare};
    measure_pair("lane", "commands", &ours, &other, arguments.only);
    close_topics(&sample);
    return 0;
}
