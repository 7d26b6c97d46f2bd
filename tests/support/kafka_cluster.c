#include "tests/support/kafka_cluster.h"

#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outside/clock_os/clock_os.h"
#include "outside/kafka/batch.h"
#include "outside/kafka/kafka_group.h"
#include "outside/logging/logging.h"

enum { CALL_MS = 10000 };

static rd_kafka_conf_t *conf_of(const struct kafka_cluster *cluster) {
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    cr_assert_eq(
        rd_kafka_conf_set(conf, "bootstrap.servers", cluster->bootstrap, reason, sizeof reason),
        RD_KAFKA_CONF_OK, "%s", reason);
    return conf;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char reason[256];
    cr_assert_eq(rd_kafka_conf_set(conf, name, value, reason, sizeof reason), RD_KAFKA_CONF_OK,
                 "%s", reason);
}

static rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
    char reason[256];
    rd_kafka_t *handle = rd_kafka_new(type, conf, reason, sizeof reason);
    cr_assert_not_null(handle, "%s", reason);
    return handle;
}

static const char *full_name(const struct kafka_cluster *cluster, const char *topic,
                             char name[256]) {
    (void)snprintf(name, 256, "%s%s", cluster->prefix, topic);
    return name;
}

struct delivery {
    uint32_t waiting;
    int64_t offset;
};

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque) {
    struct delivery *delivery = message->_private;
    (void)handle;
    (void)opaque;
    cr_assert_eq(message->err, RD_KAFKA_RESP_ERR_NO_ERROR, "%s", rd_kafka_err2str(message->err));
    delivery->waiting--;
    delivery->offset = message->offset;
}

static void configure(struct kafka_cluster *cluster, const char *instance) {
    cluster->properties[0] = (struct kafka_property){
        .name = "bootstrap.servers", .value = cluster->bootstrap, .scope = KAFKA_PROPERTY_ALL};
    cluster->config = (struct kafka_config){
        .properties = cluster->properties,
        .properties_count = 1,
        .topic_prefix = cluster->prefix,
        .application = cluster->prefix,
        .instance = instance,
        .options = &cluster->options,
        .logger = logging_logger(&cluster->logging, "kafka"),
        .clock = clock_os(),
    };
}

void kafka_cluster_open(struct kafka_cluster *cluster) {
    static uint32_t opened;
    *cluster = (struct kafka_cluster){.options = options_default()};
    const char *bootstrap = getenv("MILLRACE_KAFKA_BOOTSTRAP_SERVERS");
    cr_assert_not_null(bootstrap, "MILLRACE_KAFKA_BOOTSTRAP_SERVERS is not set: tests/flow/run");
    (void)snprintf(cluster->bootstrap, sizeof cluster->bootstrap, "%s", bootstrap);
    const struct clock clock = clock_os();
    (void)snprintf(cluster->prefix, sizeof cluster->prefix, "t%llx-%x-%u.",
                   (unsigned long long)clock.wall_ms(clock.self), (unsigned)getpid(), opened++);
    logging_init(&cluster->logging, STDERR_FILENO, LOGGING_FORMAT_TEXT, LOGGER_LEVEL_WARNING,
                 &clock);
    arena_init(&cluster->arena, malloc(KAFKA_CLUSTER_MEMORY), KAFKA_CLUSTER_MEMORY);
    configure(cluster, "a");
    rd_kafka_conf_t *conf = conf_of(cluster);
    set(conf, "acks", "all");
    set(conf, "linger.ms", "0");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    cluster->writer = client(RD_KAFKA_PRODUCER, conf);
}

void kafka_cluster_share(struct kafka_cluster *other, const struct kafka_cluster *cluster,
                         const char *bootstrap, const char *instance) {
    const struct clock clock = clock_os();
    *other = *cluster;
    other->writer = NULL;
    other->arena.base = NULL;
    logging_init(&other->logging, STDERR_FILENO, LOGGING_FORMAT_TEXT, LOGGER_LEVEL_WARNING, &clock);
    (void)snprintf(other->bootstrap, sizeof other->bootstrap, "%s", bootstrap);
    configure(other, instance);
}

struct log_group kafka_cluster_join(const struct kafka_cluster *cluster,
                                    const struct log_topology *topology, int32_t partitions,
                                    int32_t call_ms) {
    struct log_group group;
    struct error error;
    int32_t found;
    cr_assert_eq(kafka_group_open(&cluster->config, topology, call_ms, &group, &found, &error),
                 RESULT_OK, "%s", error.text);
    cr_assert_eq(found, partitions);
    return group;
}

void kafka_cluster_close(struct kafka_cluster *cluster) {
    if (cluster->writer != NULL) {
        rd_kafka_destroy(cluster->writer);
    }
    free(cluster->arena.base);
    logging_deinit(&cluster->logging);
}

/* --- Topics. --- */

static void wait_for_leaders(rd_kafka_t *handle, const char *name, int32_t partitions) {
    rd_kafka_topic_t *topic = rd_kafka_topic_new(handle, name, NULL);
    for (int32_t led = 0; led < partitions;) {
        const struct rd_kafka_metadata *metadata;
        led = 0;
        if (rd_kafka_metadata(handle, 0, topic, &metadata, CALL_MS) != 0) {
            continue;
        }
        for (int i = 0; i < metadata->topics[0].partition_cnt; i++) {
            led += metadata->topics[0].partitions[i].leader >= 0 ? 1 : 0;
        }
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(topic);
}

static bool create(struct kafka_cluster *cluster, const char *name, int32_t partitions,
                   bool compacted) {
    char reason[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, reason, sizeof reason);
    cr_assert_not_null(topic, "%s", reason);
    if (compacted) {
        (void)rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(cluster->writer);
    rd_kafka_CreateTopics(cluster->writer, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CALL_MS);
    cr_assert_not_null(event, "no answer to the creation of %s", name);
    size_t count;
    const rd_kafka_topic_result_t *const *results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    cr_assert_eq(count, 1, "%s", rd_kafka_event_error_string(event));
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[0]);
    cr_assert(
        error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS,
        "%s: %s", name, rd_kafka_topic_result_error_string(results[0]));
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void kafka_cluster_create(struct kafka_cluster *cluster, const char *topic, int32_t partitions,
                          bool compacted) {
    char name[256];
    if (create(cluster, full_name(cluster, topic, name), partitions, compacted)) {
        wait_for_leaders(cluster->writer, name, partitions);
    }
}

void kafka_cluster_delete_records(struct kafka_cluster *cluster, const char *topic,
                                  int32_t partition, int64_t before) {
    char name[256];
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, full_name(cluster, topic, name), partition)->offset =
        before;
    rd_kafka_DeleteRecords_t *records = rd_kafka_DeleteRecords_new(list);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(cluster->writer);
    rd_kafka_DeleteRecords(cluster->writer, &records, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CALL_MS);
    cr_assert(event != NULL && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteRecords_destroy(records);
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_cluster_create_all(struct kafka_cluster *cluster, const struct log_topology *topology,
                              int32_t partitions) {
    for (uint32_t i = 0; i < topology->changelogs_count; i++) {
        kafka_cluster_create(cluster, topology->changelogs[i], partitions, true);
    }
    for (uint32_t i = 0; i < topology->inputs_count; i++) {
        kafka_cluster_create(cluster, topology->inputs[i], partitions, false);
    }
    for (uint32_t i = 0; i < topology->outputs_count; i++) {
        kafka_cluster_create(cluster, topology->outputs[i], partitions, false);
    }
}

static void delete_topic(struct kafka_cluster *cluster, const char *topic) {
    char name[256];
    rd_kafka_DeleteTopic_t *deleted = rd_kafka_DeleteTopic_new(full_name(cluster, topic, name));
    rd_kafka_queue_t *queue = rd_kafka_queue_new(cluster->writer);
    rd_kafka_DeleteTopics(cluster->writer, &deleted, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CALL_MS);
    cr_assert(event != NULL && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR,
              "%s is not deleted", name);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteTopic_destroy(deleted);
}

void kafka_cluster_delete_all(struct kafka_cluster *cluster, const struct log_topology *topology) {
    for (uint32_t i = 0; i < topology->inputs_count; i++) {
        delete_topic(cluster, topology->inputs[i]);
    }
    for (uint32_t i = 0; i < topology->outputs_count; i++) {
        delete_topic(cluster, topology->outputs[i]);
    }
}

/* --- Records. --- */

static void enqueue(struct kafka_cluster *cluster, const char *name, int32_t partition,
                    const struct log_record *record, struct delivery *delivery) {
    rd_kafka_headers_t *headers = kafka_headers_new(record->headers, record->headers_count);
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        cluster->writer, RD_KAFKA_V_TOPIC(name), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(record->key_null ? NULL : record->key.data, record->key.length),
        RD_KAFKA_V_VALUE(record->value_null ? NULL : (void *)record->value.data,
                         record->value.length),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(delivery), RD_KAFKA_V_END);
    cr_assert_eq(error, RD_KAFKA_RESP_ERR_NO_ERROR, "%s", rd_kafka_err2str(error));
    delivery->waiting++;
}

int64_t kafka_cluster_append(struct kafka_cluster *cluster, const char *topic, int32_t partition,
                             const struct log_record *record) {
    char name[256];
    struct delivery delivery = {0};
    enqueue(cluster, full_name(cluster, topic, name), partition, record, &delivery);
    while (delivery.waiting > 0) {
        (void)rd_kafka_flush(cluster->writer, CALL_MS);
    }
    return delivery.offset;
}

void kafka_cluster_append_numbers(struct kafka_cluster *cluster, const char *topic,
                                  int32_t partition, const char *key, uint32_t first,
                                  uint32_t count) {
    char name[256];
    struct delivery delivery = {0};
    (void)full_name(cluster, topic, name);
    for (uint32_t i = 0; i < count; i++) {
        char value[16];
        const int length = snprintf(value, sizeof value, "%u", first + i);
        const struct log_record record = {
            .key = {.data = (const uint8_t *)key, .length = (uint32_t)strlen(key)},
            .value = {.data = (const uint8_t *)value, .length = (uint32_t)length},
        };
        enqueue(cluster, name, partition, &record, &delivery);
    }
    while (delivery.waiting > 0) {
        (void)rd_kafka_flush(cluster->writer, CALL_MS);
    }
}

static struct bytes copy_bytes(struct kafka_cluster *cluster, struct bytes bytes) {
    return bytes.data == NULL ? bytes : arena_bytes(&cluster->arena, bytes);
}

static void copy_record(struct kafka_cluster *cluster, const struct log_record *from,
                        struct log_record *to) {
    struct log_header *headers =
        arena_take(&cluster->arena, sizeof(struct log_header) * (from->headers_count + 1));
    for (uint32_t i = 0; i < from->headers_count; i++) {
        headers[i].name = arena_text(&cluster->arena, from->headers[i].name);
        headers[i].value = copy_bytes(cluster, from->headers[i].value);
    }
    *to = *from;
    to->key = copy_bytes(cluster, from->key);
    to->value = copy_bytes(cluster, from->value);
    to->headers = headers;
}

static const char *topic_of(void *context, const rd_kafka_message_t *message) {
    (void)message;
    const char *const *topic = context;
    return *topic;
}

uint32_t kafka_cluster_read(struct kafka_cluster *cluster, const char *topic, int32_t partition,
                            struct log_record *records, uint32_t records_max) {
    char name[256];
    rd_kafka_conf_t *conf = conf_of(cluster);
    set(conf, "enable.partition.eof", "true");
    set(conf, "isolation.level", "read_committed");
    set(conf, "fetch.wait.max.ms", "10");
    rd_kafka_t *reader = client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_topic_t *opened = rd_kafka_topic_new(reader, full_name(cluster, topic, name), NULL);
    cr_assert_eq(rd_kafka_consume_start(opened, partition, RD_KAFKA_OFFSET_BEGINNING), 0);
    uint32_t count = 0;
    for (bool ended = false; !ended;) {
        rd_kafka_message_t *message = rd_kafka_consume(opened, partition, CALL_MS);
        cr_assert_not_null(message, "no end of %s within %d ms", name, CALL_MS);
        ended = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (ended) {
            rd_kafka_message_destroy(message);
            continue;
        }
        cr_assert_eq(message->err, RD_KAFKA_RESP_ERR_NO_ERROR, "%s",
                     rd_kafka_message_errstr(message));
        struct log_batch batch;
        kafka_batch_take(&message, 1, topic_of, &topic, true, &batch);
        if (count < records_max) {
            copy_record(cluster, &batch.records[0], &records[count]);
        }
        kafka_batch_release(&batch);
        count++;
    }
    (void)rd_kafka_consume_stop(opened, partition);
    rd_kafka_topic_destroy(opened);
    rd_kafka_destroy(reader);
    return count;
}

int64_t kafka_cluster_end(struct kafka_cluster *cluster, const char *topic, int32_t partition,
                          bool stable) {
    char name[256];
    int64_t low;
    int64_t high;
    rd_kafka_conf_t *conf = conf_of(cluster);
    set(conf, "isolation.level", stable ? "read_committed" : "read_uncommitted");
    rd_kafka_t *asker = client(RD_KAFKA_CONSUMER, conf);
    cr_assert_eq(rd_kafka_query_watermark_offsets(asker, full_name(cluster, topic, name), partition,
                                                  &low, &high, CALL_MS),
                 RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(asker);
    return high;
}

int64_t kafka_cluster_committed(struct kafka_cluster *cluster, const char *processor,
                                const char *topic, int32_t partition) {
    char name[256];
    char group[256];
    (void)snprintf(group, sizeof group, "%s.%s", cluster->config.application, processor);
    rd_kafka_conf_t *conf = conf_of(cluster);
    set(conf, "group.id", group);
    rd_kafka_t *asker = client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, full_name(cluster, topic, name), partition);
    /* It is unstable while a transaction with offsets of the group is open. */
    rd_kafka_resp_err_t error;
    while ((error = rd_kafka_committed(asker, list, CALL_MS)) ==
               RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT ||
           error == RD_KAFKA_RESP_ERR__TIMED_OUT) {
    }
    cr_assert_eq(error, RD_KAFKA_RESP_ERR_NO_ERROR, "%s", rd_kafka_err2str(error));
    const int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(asker);
    return offset >= 0 ? offset : -1;
}

void kafka_cluster_usurp(struct kafka_cluster *cluster, const char *processor, int32_t partition) {
    char id[256];
    (void)snprintf(id, sizeof id, "%s.%s-%d", cluster->config.application, processor, partition);
    rd_kafka_conf_t *conf = conf_of(cluster);
    set(conf, "transactional.id", id);
    rd_kafka_t *usurper = client(RD_KAFKA_PRODUCER, conf);
    rd_kafka_error_t *error = rd_kafka_init_transactions(usurper, CALL_MS);
    cr_assert_null(error, "%s", rd_kafka_error_string(error));
    rd_kafka_destroy(usurper);
}
