#include "outside/kafka/kafka_admin.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outside/kafka/admin.h"
#include "outside/kafka/admin_call.h"
#include "outside/kafka/lookup.h"
#include "outside/kafka/tool_ask.h"

enum result kafka_admin_open(const struct kafka_config *config, struct kafka_admin **admin,
                             struct error *error) {
    assert(config != NULL && admin != NULL);
    struct kafka_admin *opened = calloc(1, sizeof *opened);
    assert(opened != NULL);
    opened->config = config;
    const struct kafka_client_plan plan = {.role = KAFKA_ROLE_ASKER, .partition = -1};
    const enum result result = kafka_client_open(&opened->client, config, &plan, error);
    if (result != RESULT_OK) {
        free(opened);
        opened = NULL;
    }
    *admin = opened;
    return result;
}

static void forget(struct kafka_admin *admin) {
    free(admin->remembered);
    free(admin->live);
    admin->remembered = NULL;
    admin->live = NULL;
    admin->live_count = 0;
}

void kafka_admin_close(struct kafka_admin *admin) {
    if (admin == NULL) {
        return;
    }
    forget(admin);
    kafka_client_close(&admin->client);
    free(admin);
}

enum result kafka_admin_cluster(struct kafka_admin *admin, int32_t timeout_ms,
                                struct kafka_admin_cluster *cluster, struct error *error) {
    assert(admin != NULL && cluster != NULL);
    const rd_kafka_metadata_t *metadata;
    const enum result result =
        kafka_tool_topics(&admin->client, admin->config, timeout_ms, &metadata, error);
    if (result != RESULT_OK) {
        return result;
    }
    cluster->brokers_count = (uint32_t)metadata->broker_cnt;
    rd_kafka_metadata_destroy(metadata);
    char *id = rd_kafka_clusterid(admin->client.handle, timeout_ms);
    if (id == NULL) {
        return kafka_tool_failed(admin->client.handle, admin->config, RD_KAFKA_RESP_ERR__TIMED_OUT,
                                 "asking for the cluster's id", "Describe", error);
    }
    (void)snprintf(cluster->id, sizeof cluster->id, "%s", id);
    rd_kafka_mem_free(admin->client.handle, id);
    return RESULT_OK;
}

static bool is_under(const struct kafka_config *config, const char *name) {
    return strncmp(name, config->topic_prefix, strlen(config->topic_prefix)) == 0 &&
           strncmp(name, "__", 2) != 0;
}

/* The fewest copies that any of its partitions has. */
static uint32_t replicas_of(const rd_kafka_metadata_topic_t *topic) {
    int fewest = topic->partition_cnt > 0 ? topic->partitions[0].replica_cnt : 0;
    for (int i = 1; i < topic->partition_cnt; i++) {
        if (topic->partitions[i].replica_cnt < fewest) {
            fewest = topic->partitions[i].replica_cnt;
        }
    }
    return (uint32_t)fewest;
}

static enum result remember(struct kafka_admin *admin, const rd_kafka_metadata_t *metadata,
                            struct error *error) {
    forget(admin);
    const size_t room = metadata->topic_cnt > 0 ? (size_t)metadata->topic_cnt : 1;
    admin->remembered = calloc(room, sizeof *admin->remembered);
    admin->live = calloc(room, sizeof *admin->live);
    assert(admin->remembered != NULL && admin->live != NULL);
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const rd_kafka_metadata_topic_t *topic = &metadata->topics[i];
        if (!is_under(admin->config, topic->topic)) {
            continue;
        }
        if (admin->live_count == TOPICS_LIVE_MAX) {
            return error_set(error, RESULT_INVALID,
                             "this cluster has more than %d topics: set topics.prefix, so that "
                             "only those of this deployment are looked at",
                             TOPICS_LIVE_MAX);
        }
        struct kafka_admin_topic *remembered = &admin->remembered[admin->live_count];
        (void)snprintf(remembered->name, sizeof remembered->name, "%s", topic->topic);
        admin->live[admin->live_count++] =
            (struct topic_live){.name = remembered->name,
                                .partitions = (uint32_t)topic->partition_cnt,
                                .replication_factor = replicas_of(topic),
                                .settings = remembered->settings};
    }
    return RESULT_OK;
}

/* Of all settings of a topic, those that a target of ours can name. */
static void take_settings(struct kafka_admin *admin, uint32_t index,
                          const struct topic_target *target,
                          const rd_kafka_ConfigResource_t *resource) {
    size_t entries_count;
    const rd_kafka_ConfigEntry_t **entries =
        rd_kafka_ConfigResource_configs(resource, &entries_count);
    struct topic_live *live = &admin->live[index];
    for (uint32_t i = 0; i < target->settings_count; i++) {
        for (size_t j = 0; j < entries_count; j++) {
            const char *value = rd_kafka_ConfigEntry_value(entries[j]);
            if (value == NULL ||
                strcmp(rd_kafka_ConfigEntry_name(entries[j]), target->settings[i].name) != 0) {
                continue;
            }
            struct topic_setting *setting =
                &admin->remembered[index].settings[live->settings_count++];
            setting->name = target->settings[i].name;
            (void)snprintf(setting->value, sizeof setting->value, "%s", value);
        }
    }
}

static bool is_named(const struct kafka_admin *admin, uint32_t index,
                     const struct topics_file *file, struct topic_target *target) {
    /* With copies, so that the target names that setting too. */
    const struct topics_deployment deployment = {
        .prefix = admin->config->topic_prefix, .replication_factor = -1, .min_insync_replicas = 1};
    const struct topic_wanted *wanted =
        topics_file_find(file, admin->live[index].name + strlen(deployment.prefix));
    if (wanted != NULL) {
        topic_target_of(file, wanted, &deployment, target);
    }
    return wanted != NULL;
}

static enum result ask_settings(struct kafka_admin *admin, const struct topics_file *file,
                                int32_t timeout_ms, struct error *error) {
    rd_kafka_ConfigResource_t *wanted[TOPICS_MAX];
    uint32_t indexes[TOPICS_MAX];
    struct topic_target targets[TOPICS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < admin->live_count; i++) {
        struct topic_target target;
        if (is_named(admin, i, file, &target)) {
            assert(count < TOPICS_MAX); /* names are unique, in the file and in the cluster */
            targets[count] = target;
            indexes[count] = i;
            wanted[count++] =
                rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, admin->live[i].name);
        }
    }
    if (count == 0) {
        return RESULT_OK;
    }
    struct kafka_admin_call call;
    kafka_admin_call_begin(&call, &admin->client, admin->config, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS,
                           "asking for the topics' settings", timeout_ms);
    rd_kafka_DescribeConfigs(admin->client.handle, wanted, count, call.options, call.queue);
    enum result result = kafka_admin_call_wait(&call, error);
    size_t answered = 0;
    const rd_kafka_ConfigResource_t **answers = NULL;
    if (result == RESULT_OK) {
        answers = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(call.event), &answered);
    }
    for (size_t i = 0; i < answered && result == RESULT_OK; i++) {
        result = kafka_admin_call_check(&call, rd_kafka_ConfigResource_error(answers[i]),
                                        rd_kafka_ConfigResource_error_string(answers[i]), error);
        for (size_t j = 0; j < count && result == RESULT_OK; j++) {
            if (strcmp(rd_kafka_ConfigResource_name(answers[i]), targets[j].name) == 0) {
                take_settings(admin, indexes[j], &targets[j], answers[i]);
            }
        }
    }
    kafka_admin_call_end(&call);
    rd_kafka_ConfigResource_destroy_array(wanted, count);
    return result;
}

/* A topic that is wanted and not listed may be there, and hidden from us. */
static enum result ask_hidden(const struct kafka_admin *admin, const struct topics_file *file,
                              int32_t timeout_ms, struct error *error) {
    for (uint32_t i = 0; i < file->topics_count; i++) {
        char name[KAFKA_NAME_MAX];
        int32_t partitions;
        bool listed = false;
        enum result result = kafka_topic_name(admin->config, file->topics[i].name, name, error);
        for (uint32_t j = 0; j < admin->live_count && result == RESULT_OK; j++) {
            listed = listed || strcmp(admin->live[j].name, name) == 0;
        }
        if (result == RESULT_OK && !listed) {
            result =
                kafka_lookup_partitions(admin->client.handle, name, timeout_ms, &partitions, error);
        }
        if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
            return result == RESULT_AGAIN ? error->result = RESULT_FAILED : result;
        }
    }
    return RESULT_OK;
}

static enum result list(struct kafka_admin *admin, int32_t timeout_ms, struct error *error) {
    const rd_kafka_metadata_t *metadata;
    enum result result =
        kafka_tool_topics(&admin->client, admin->config, timeout_ms, &metadata, error);
    if (result == RESULT_OK) {
        result = remember(admin, metadata, error);
        rd_kafka_metadata_destroy(metadata);
    }
    return result;
}

enum result kafka_admin_topics(struct kafka_admin *admin, const struct topics_file *file,
                               int32_t timeout_ms, const struct topic_live **live, uint32_t *count,
                               struct error *error) {
    assert(admin != NULL && file != NULL && live != NULL && count != NULL);
    enum result result = list(admin, timeout_ms, error);
    if (result == RESULT_OK) {
        result = ask_hidden(admin, file, timeout_ms, error);
    }
    if (result == RESULT_OK) {
        result = ask_settings(admin, file, timeout_ms, error);
    }
    *live = admin->live;
    *count = admin->live_count;
    return result;
}

enum result kafka_admin_topics_seen(struct kafka_admin *admin, const struct topics_file *file,
                                    int32_t timeout_ms, const struct topic_live **live,
                                    uint32_t *count, struct error *settings, struct error *error) {
    assert(admin != NULL && file != NULL && live != NULL && count != NULL && settings != NULL);
    settings->result = RESULT_OK;
    enum result result = list(admin, timeout_ms, error);
    if (result == RESULT_OK) {
        result = ask_settings(admin, file, timeout_ms, error);
    }
    if (result == RESULT_DENIED && admin->live_count > 0) {
        *settings = *error;
        result = RESULT_OK;
    }
    *live = admin->live;
    *count = admin->live_count;
    return result;
}
