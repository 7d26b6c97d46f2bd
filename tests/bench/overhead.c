/* How long a command takes to become an event, at a load that is no load, beside five transactions
 * in sequence that do nothing else.
 *
 *   overhead [COMMANDS [PARTITIONS]]     with MILLRACE_KAFKA_BOOTSTRAP_SERVERS
 *
 * Ours is certificates and the connector, in this process, with a registry that answers at once:
 * decide, queue, intend, outcome, event. The bare way is as many loops of librdkafka with our
 * settings, each of which writes what it reads to the next one's topic. A command's time begins
 * when it is due, 500 of them a second, and ends when a reader of committed records has the event.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domain/placement.h"
#include "domain/uuid.h"
#include "tests/bench/support/bare.h"
#include "tests/bench/support/instant_connector.h"
#include "tests/bench/support/issue.h"
#include "tests/bench/support/metered.h"
#include "tests/support/measure.h"

enum {
    PER_S = 500,
    WARM_UP = 300, /* commands that are answered before those that are measured are sent */
    STAGES = 5,
    VALUE_BYTES_MAX = 1024,
};

static struct measure_arguments arguments;
static struct kafka_cluster cluster; /* of this round */

/* --- The client. --- */

/* A command that was sent, found again by its certificate. */
struct sent {
    struct uuid certificate_id;
    double due_s;
    double took_s; /* 0: not yet */
};

static struct {
    struct sent *commands; /* in the order of their certificates */
    uint32_t count;
    atomic_uint seen;
    atomic_bool stopped;
    rd_kafka_t *producer;
    const char *input;
    const char *output;
} client;

static double now_s(void) {
    return measure_now().wall_s;
}

static int compare_sent(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct uuid));
}

static struct sent *sent_of(const struct uuid *certificate_id) {
    return bsearch(certificate_id, client.commands, client.count, sizeof *client.commands,
                   compare_sent);
}

static void take_event(const rd_kafka_message_t *message) {
    struct uuid id;
    const struct text key = {.data = message->key, .length = (uint32_t)message->key_len};
    const bool read = uuid_from_text(key, &id);
    assert(message->err == RD_KAFKA_RESP_ERR_NO_ERROR && read);
    struct sent *sent = sent_of(&id);
    assert(sent != NULL && sent->took_s == 0);
    sent->took_s = now_s() - sent->due_s;
    (void)atomic_fetch_add(&client.seen, 1);
}

static void *read_events(void *context) {
    char name[128];
    (void)context;
    rd_kafka_t *consumer = bare_client(&cluster, KAFKA_ROLE_MEMBER, "overhead-client");
    rd_kafka_topic_partition_list_t *places =
        rd_kafka_topic_partition_list_new(arguments.partitions);
    for (int32_t p = 0; p < arguments.partitions; p++) {
        rd_kafka_topic_partition_list_add(places, bare_topic(&cluster, client.output, name), p)
            ->offset = 0;
    }
    rd_kafka_assign(consumer, places);
    while (!atomic_load(&client.stopped)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 50);
        if (message != NULL) {
            take_event(message);
            rd_kafka_message_destroy(message);
        }
    }
    rd_kafka_topic_partition_list_destroy(places);
    rd_kafka_destroy(consumer);
    return NULL;
}

static void send_one(uint32_t number, double due_s) {
    struct uuid key;
    uint8_t value[VALUE_BYTES_MAX];
    char text[UUID_CHARACTERS];
    char name[128];
    const uint32_t length = issue_write(number, &key, value, sizeof value);
    assert(length <= sizeof value);
    uuid_to_text(&key, text);
    sent_of(&key)->due_s = due_s;
    const struct bytes bytes = {.data = (const uint8_t *)text, .length = sizeof text};
    const rd_kafka_resp_err_t failed = rd_kafka_producev(
        client.producer, RD_KAFKA_V_TOPIC(bare_topic(&cluster, client.input, name)),
        RD_KAFKA_V_PARTITION(placement_partition(bytes, arguments.partitions)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(text, sizeof text),
        RD_KAFKA_V_VALUE(value, length), RD_KAFKA_V_END);
    assert(failed == RD_KAFKA_RESP_ERR_NO_ERROR);
    (void)rd_kafka_poll(client.producer, 0);
}

/* Send numbers `first` to `last` when each is due, and wait for their events. */
static void send_some(const char *name, uint32_t first, uint32_t last) {
    const struct measure_way way = {.name = name};
    const double began_s = now_s();
    for (uint32_t number = first; number <= last; number++) {
        const double due_s = began_s + (double)(number - first) / PER_S;
        const double early_s = due_s - now_s();
        if (early_s > 0) {
            (void)nanosleep(&(struct timespec){.tv_nsec = (long)(early_s * 1e9)}, NULL);
        }
        send_one(number, due_s);
    }
    measure_await(&way, &client.seen, last);
}

static int compare_times(const void *a, const void *b) {
    const double left = *(const double *)a;
    const double right = *(const double *)b;
    return left < right ? -1 : left > right ? 1 : 0;
}

/* What one round found, in ms. */
struct times {
    double p50;
    double p99;
};

static struct times times_of(void) {
    double *all = calloc(arguments.count, sizeof *all);
    assert(all != NULL);
    for (uint32_t i = 0; i < arguments.count; i++) {
        const struct uuid id = metered_id("certificate", WARM_UP + 1 + i);
        all[i] = sent_of(&id)->took_s;
    }
    qsort(all, arguments.count, sizeof *all, compare_times);
    const struct times times = {.p50 = all[arguments.count / 2] * 1e3,
                                .p99 = all[(uint64_t)arguments.count * 99 / 100] * 1e3};
    free(all);
    return times;
}

static struct times ask(const char *name, const char *input, const char *output) {
    pthread_t reader;
    memset(&client, 0, sizeof client);
    client.input = input;
    client.output = output;
    client.count = WARM_UP + arguments.count;
    client.commands = calloc(client.count, sizeof *client.commands);
    assert(client.commands != NULL);
    for (uint32_t i = 0; i < client.count; i++) {
        client.commands[i].certificate_id = metered_id("certificate", i + 1);
    }
    qsort(client.commands, client.count, sizeof *client.commands, compare_sent);
    client.producer = bare_client(&cluster, KAFKA_ROLE_PRODUCER, "overhead-client");
    const int failed = pthread_create(&reader, NULL, read_events, NULL);
    assert(failed == 0);
    send_some(name, 1, WARM_UP);
    send_some(name, WARM_UP + 1, client.count);
    atomic_store(&client.stopped, true);
    pthread_join(reader, NULL);
    rd_kafka_destroy(client.producer);
    const struct times times = times_of();
    free(client.commands);
    (void)fprintf(stderr, "  %-8s p50 %6.1f ms  p99 %6.1f ms\n", name, times.p50, times.p99);
    return times;
}

/* --- The two ways. --- */

static struct times ask_ours(void) {
    struct instant_connector connector;
    struct metered_group certificates;
    struct metered_group submissions;
    kafka_cluster_open(&cluster);
    kafka_cluster_create_all(&cluster, &certificates_topology, arguments.partitions);
    kafka_cluster_create_all(&cluster, &registry_connector_topology, arguments.partitions);
    const struct certificates_config config = issue_config(&cluster);
    const struct processor_kind kind = certificates_kind(&config);
    instant_connector_open(&connector, &cluster, arguments.partitions);
    metered_group_open(&certificates, &kind, &cluster, arguments.partitions, NULL);
    metered_group_open(&submissions, &connector.kind, &cluster, arguments.partitions, NULL);
    const struct times times = ask("overhead", "certificates.commands", "certificates.events");
    metered_group_close(&certificates, "certificates");
    metered_group_close(&submissions, "connector");
    instant_connector_close(&connector);
    kafka_cluster_close(&cluster);
    return times;
}

static void pass_on(rd_kafka_t *producer, rd_kafka_topic_t *const *outputs, int32_t partition,
                    const rd_kafka_message_t *record) {
    const rd_kafka_resp_err_t failed = rd_kafka_producev(
        producer, RD_KAFKA_V_RKT(outputs[0]), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(record->key, record->key_len),
        RD_KAFKA_V_VALUE(record->payload, record->len), RD_KAFKA_V_END);
    assert(failed == RD_KAFKA_RESP_ERR_NO_ERROR);
}

static struct times ask_bare(void) {
    static const char *const topics[STAGES + 1] = {"command",  "decided", "queued",
                                                   "intended", "outcome", "event"};
    static struct bare stages[STAGES];
    struct bare_plan plans[STAGES];
    atomic_uint handled = 0;
    kafka_cluster_open(&cluster);
    for (uint32_t i = 0; i <= STAGES; i++) {
        kafka_cluster_create(&cluster, topics[i], arguments.partitions, false);
    }
    for (uint32_t i = 0; i < STAGES; i++) {
        plans[i] = (struct bare_plan){.cluster = &cluster,
                                      .name = topics[i + 1],
                                      .partitions = arguments.partitions,
                                      .input = topics[i],
                                      .outputs = {topics[i + 1]},
                                      .outputs_count = 1,
                                      .write = pass_on,
                                      .handled = &handled};
        bare_open(&stages[i], &plans[i]);
        bare_begin(&stages[i]);
    }
    const struct times times = ask("bare", topics[0], topics[STAGES]);
    for (uint32_t i = 0; i < STAGES; i++) {
        bare_close(&stages[i]);
    }
    kafka_cluster_close(&cluster);
    return times;
}

static double median(double *rounds) {
    qsort(rounds, MEASURE_ROUNDS, sizeof *rounds, compare_times);
    return rounds[MEASURE_ROUNDS / 2];
}

int main(int argc, char **argv) {
    double found[4][MEASURE_ROUNDS]; /* p50 and p99 of ours, then of the bare way */
    arguments = measure_arguments(argc, argv, 5000);
    (void)fprintf(stderr, "overhead: %u commands, %d a second, in turns on one broker\n",
                  arguments.count, PER_S);
    for (uint32_t i = 0; i < MEASURE_ROUNDS; i++) {
        const struct times bare = ask_bare();
        const struct times ours = ask_ours();
        found[0][i] = ours.p50;
        found[1][i] = ours.p99;
        found[2][i] = bare.p50;
        found[3][i] = bare.p99;
    }
    const double p50 = median(found[0]);
    const double p99 = median(found[1]);
    const double bare_p50 = median(found[2]);
    const double bare_p99 = median(found[3]);
    const struct measure_value values[] = {
        {"p50_ratio", p50 / bare_p50},
        {"p99_ratio", p99 / bare_p99},
        {"p50_ms", p50},
        {"p99_ms", p99},
        {"bare_p50_ms", bare_p50},
        {"bare_p99_ms", bare_p99},
    };
    measure_print("overhead", values, sizeof values / sizeof values[0]);
    return 0;
}
