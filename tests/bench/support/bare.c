#include "tests/bench/support/bare.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "outside/kafka/properties.h"

enum {
    CALL_MS = 10000,
    BATCH = 1000, /* records of a turn, as the default of loop.batch.records.max */
    LOOK_MS = 100,
};

rd_kafka_t *bare_client(const struct kafka_cluster *cluster, enum kafka_role role,
                        const char *name) {
    char id[128];
    snprintf(id, sizeof id, "%s%s", cluster->prefix, name);
    const struct kafka_client_plan plan = {.role = role, .processor = id, .transactional_id = id};
    rd_kafka_conf_t *conf;
    struct error error;
    const enum result result = kafka_properties_build(&cluster->config, &plan, id, &conf, &error);
    assert(result == RESULT_OK);
    char text[256];
    rd_kafka_t *client = rd_kafka_new(
        role == KAFKA_ROLE_MEMBER ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert(client != NULL);
    return client;
}

const char *bare_topic(const struct kafka_cluster *cluster, const char *topic, char name[128]) {
    snprintf(name, 128, "%s%s", cluster->prefix, topic);
    return name;
}

static void check(rd_kafka_error_t *failed) {
    if (failed != NULL) {
        fprintf(stderr, "%s\n", rd_kafka_error_string(failed));
        abort();
    }
}

/* One record at least, or none within a moment; with it, what else is there in time. */
static uint32_t take(const struct bare_lane *lane, rd_kafka_message_t **messages) {
    ssize_t count = rd_kafka_consume_batch_queue(lane->queue, LOOK_MS, messages, 1);
    if (count == 1) {
        count += rd_kafka_consume_batch_queue(lane->queue, lane->bare->plan->batch_wait_ms,
                                              messages + 1, BATCH - 1);
    }
    assert(count >= 0);
    return (uint32_t)count;
}

static void work(struct bare_lane *lane, rd_kafka_t *producer, rd_kafka_topic_t *const *outputs) {
    const struct bare_plan *plan = lane->bare->plan;
    char name[128];
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *place = rd_kafka_topic_partition_list_add(
        offsets, bare_topic(plan->cluster, plan->input, name), lane->partition);
    (void)bare_topic(plan->cluster, plan->name, name);
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata_new(name);
    rd_kafka_message_t *messages[BATCH];
    while (!atomic_load(&lane->bare->stopped)) {
        const uint32_t count = take(lane, messages);
        if (count == 0) {
            continue;
        }
        check(rd_kafka_begin_transaction(producer));
        for (uint32_t i = 0; i < count; i++) {
            assert(messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR);
            plan->write(producer, outputs, lane->partition, messages[i]);
            place->offset = messages[i]->offset + 1;
            rd_kafka_message_destroy(messages[i]);
        }
        check(rd_kafka_send_offsets_to_transaction(producer, offsets, group, CALL_MS));
        check(rd_kafka_commit_transaction(producer, CALL_MS));
        (void)atomic_fetch_add(plan->handled, count);
    }
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(offsets);
}

static void *run_lane(void *context) {
    struct bare_lane *lane = context;
    const struct bare_plan *plan = lane->bare->plan;
    char name[128];
    snprintf(name, sizeof name, "%s-%d", plan->name, lane->partition);
    rd_kafka_t *producer = bare_client(plan->cluster, KAFKA_ROLE_TRANSACTOR, name);
    rd_kafka_topic_t *outputs[BARE_OUTPUTS_MAX];
    for (uint32_t i = 0; i < plan->outputs_count; i++) {
        outputs[i] =
            rd_kafka_topic_new(producer, bare_topic(plan->cluster, plan->outputs[i], name), NULL);
    }
    check(rd_kafka_init_transactions(producer, CALL_MS));
    (void)pthread_barrier_wait(&lane->bare->ready);
    work(lane, producer, outputs);
    for (uint32_t i = 0; i < plan->outputs_count; i++) {
        rd_kafka_topic_destroy(outputs[i]);
    }
    rd_kafka_destroy(producer);
    return NULL;
}

/* Partition queues are made before the partitions are assigned. */
void bare_open(struct bare *bare, const struct bare_plan *plan) {
    char name[128];
    assert(plan->partitions <= BARE_PARTITIONS_MAX && plan->outputs_count <= BARE_OUTPUTS_MAX);
    *bare = (struct bare){.plan = plan};
    bare->consumer = bare_client(plan->cluster, KAFKA_ROLE_MEMBER, plan->name);
    bare->places = rd_kafka_topic_partition_list_new(plan->partitions);
    (void)bare_topic(plan->cluster, plan->input, name);
    (void)pthread_barrier_init(&bare->ready, NULL, (unsigned)plan->partitions + 1);
    for (int32_t p = 0; p < plan->partitions; p++) {
        struct bare_lane *lane = &bare->lanes[p];
        rd_kafka_topic_partition_list_add(bare->places, name, p)->offset = 0;
        *lane = (struct bare_lane){.bare = bare, .partition = p};
        lane->queue = rd_kafka_queue_get_partition(bare->consumer, name, p);
        rd_kafka_queue_forward(lane->queue, NULL);
        const int failed = pthread_create(&lane->thread, NULL, run_lane, lane);
        assert(failed == 0);
    }
    (void)pthread_barrier_wait(&bare->ready);
}

void bare_begin(struct bare *bare) {
    const rd_kafka_resp_err_t assigned = rd_kafka_assign(bare->consumer, bare->places);
    assert(assigned == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void bare_close(struct bare *bare) {
    atomic_store(&bare->stopped, true);
    for (int32_t p = 0; p < bare->plan->partitions; p++) {
        pthread_join(bare->lanes[p].thread, NULL);
        rd_kafka_queue_destroy(bare->lanes[p].queue);
    }
    rd_kafka_topic_partition_list_destroy(bare->places);
    rd_kafka_destroy(bare->consumer);
    (void)pthread_barrier_destroy(&bare->ready);
}
