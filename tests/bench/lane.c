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
#include <stdatomic.h>

#include "certificates/certificates.h"
#include "tests/bench/support/bare.h"
#include "tests/bench/support/issue.h"
#include "tests/bench/support/metered.h"

enum {
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

/* --- The processor. --- */

static void open_topics(struct kafka_cluster *where, uint32_t count) {
    kafka_cluster_open(where);
    kafka_cluster_create_all(where, &certificates_topology, arguments.partitions);
    metered_fill(where, input, arguments.partitions, count, issue_write);
}

static void close_topics(struct kafka_cluster *where) {
    kafka_cluster_delete_all(where, &certificates_topology);
    kafka_cluster_close(where);
}

static void run_processor(struct kafka_cluster *where, uint32_t count, struct measure_way *way) {
    const struct certificates_config config = issue_config(where);
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

static void run_bare(struct measure_way *way) {
    atomic_uint handled = 0;
    struct bare bare;
    const struct bare_plan plan = {
        .cluster = &cluster,
        .name = "bare",
        .partitions = arguments.partitions,
        .input = input,
        .outputs = {outputs[0], outputs[1]},
        .outputs_count = OUTPUTS,
        .batch_wait_ms = 10,
        .write = bare_write,
        .handled = &handled,
    };
    open_topics(&cluster, arguments.count);
    bare_open(&bare, &plan);
    const struct measure_moment began = measure_now();
    bare_begin(&bare);
    measure_await(way, &handled, arguments.count);
    measure_note(way, &began, arguments.count);
    way->written_each = OUTPUTS;
    bare_close(&bare);
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
