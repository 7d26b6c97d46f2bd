/* A loop of librdkafka alone, with our settings: a consumer, and for each partition its queue, a
 * thread and a transactional producer. What comes in goes out in the transaction of its offsets. */
#ifndef MILLRACE_TESTS_BENCH_BARE_H
#define MILLRACE_TESTS_BENCH_BARE_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "outside/kafka/client.h"
#include "tests/support/kafka_cluster.h"

enum { BARE_OUTPUTS_MAX = 2, BARE_PARTITIONS_MAX = 64 };

struct bare_plan {
    const struct kafka_cluster *cluster;
    const char *name; /* no two loops of a cluster share one */
    int32_t partitions;
    const char *input;
    const char *outputs[BARE_OUTPUTS_MAX];
    uint32_t outputs_count;
    int batch_wait_ms; /* how long a batch of 1,000 is waited for once one record is there */
    /* What a record becomes. */
    void (*write)(rd_kafka_t *producer, rd_kafka_topic_t *const *outputs, int32_t partition,
                  const rd_kafka_message_t *record);
    atomic_uint *handled; /* and committed, of all lanes */
};

struct bare_lane {
    struct bare *bare;
    int32_t partition;
    pthread_t thread;
    rd_kafka_queue_t *queue;
};

struct bare {
    const struct bare_plan *plan;
    rd_kafka_t *consumer;
    rd_kafka_topic_partition_list_t *places; /* every partition of the input */
    pthread_barrier_t ready;
    atomic_bool stopped;
    struct bare_lane lanes[BARE_PARTITIONS_MAX];
};

/* Returns when every producer has its id; nothing is read yet. `plan` is borrowed. */
void bare_open(struct bare *bare, const struct bare_plan *plan);
/* Read, from the first record on. */
void bare_begin(struct bare *bare);
void bare_close(struct bare *bare);

/* A client with our settings; group and transactional id follow from the name. */
rd_kafka_t *bare_client(const struct kafka_cluster *cluster, enum kafka_role role,
                        const char *name);
/* A topic's name on the cluster. */
const char *bare_topic(const struct kafka_cluster *cluster, const char *topic, char name[128]);

#endif
