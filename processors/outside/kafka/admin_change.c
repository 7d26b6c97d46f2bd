#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "outside/kafka/admin.h"
#include "outside/kafka/admin_call.h"
#include "outside/kafka/lookup.h"
#include "outside/kafka/tool_ask.h"

/* Brokers hear of a change a moment after it was made. */
enum { SEE_AGAIN_MS = 20, WHAT_MAX = KAFKA_NAME_MAX + 64 };

static int64_t now_ms(const struct kafka_admin *admin) {
    return admin->config->clock.monotonic_ms(admin->config->clock.self);
}

static enum result wait_until_there(struct kafka_admin *admin, const char *name, int32_t timeout_ms,
                                    struct error *error) {
    const int64_t until_ms = now_ms(admin) + timeout_ms;
    for (;;) {
        int32_t partitions;
        const enum result result =
            kafka_lookup_partitions(admin->client.handle, name, timeout_ms, &partitions, error);
        if ((result != RESULT_NOT_FOUND && result != RESULT_AGAIN) || now_ms(admin) >= until_ms) {
            return result;
        }
        (void)rd_kafka_poll(admin->client.handle, SEE_AGAIN_MS);
    }
}

static rd_kafka_NewTopic_t *new_topic(const struct topic_target *target, struct error *error) {
    char reason[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
        target->name, (int)target->partitions, target->replication_factor, reason, sizeof reason);
    if (topic == NULL) {
        (void)error_set(error, RESULT_INVALID, "topic %s: %s", target->name, reason);
        return NULL;
    }
    for (uint32_t i = 0; i < target->settings_count; i++) {
        const rd_kafka_resp_err_t code = rd_kafka_NewTopic_set_config(
            topic, target->settings[i].name, target->settings[i].value);
        assert(code == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    return topic;
}

static enum result check_topics(const struct kafka_admin_call *call,
                                const rd_kafka_topic_result_t **topics, size_t count,
                                struct error *error) {
    enum result result = RESULT_OK;
    for (size_t i = 0; i < count && result == RESULT_OK; i++) {
        result = kafka_admin_call_check(call, rd_kafka_topic_result_error(topics[i]),
                                        rd_kafka_topic_result_error_string(topics[i]), error);
    }
    return result;
}

enum result kafka_admin_create(struct kafka_admin *admin, const struct topic_target *target,
                               int32_t timeout_ms, struct error *error) {
    assert(admin != NULL && target != NULL && target->partitions > 0);
    rd_kafka_NewTopic_t *topic = new_topic(target, error);
    if (topic == NULL) {
        return error->result;
    }
    char what[WHAT_MAX];
    (void)snprintf(what, sizeof what, "creating topic %s", target->name);
    struct kafka_admin_call call;
    kafka_admin_call_begin(&call, &admin->client, admin->config, RD_KAFKA_ADMIN_OP_CREATETOPICS,
                           what, timeout_ms);
    rd_kafka_CreateTopics(admin->client.handle, &topic, 1, call.options, call.queue);
    enum result result = kafka_admin_call_wait(&call, error);
    if (result == RESULT_OK) {
        size_t count;
        const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(
            rd_kafka_event_CreateTopics_result(call.event), &count);
        result = check_topics(&call, topics, count, error);
    }
    kafka_admin_call_end(&call);
    rd_kafka_NewTopic_destroy(topic);
    return result == RESULT_OK ? wait_until_there(admin, target->name, timeout_ms, error) : result;
}

static bool names(const struct topic_target *target, const char *setting) {
    for (uint32_t i = 0; i < target->settings_count; i++) {
        if (strcmp(target->settings[i].name, setting) == 0) {
            return true;
        }
    }
    return false;
}

static void set_config(rd_kafka_ConfigResource_t *resource, const char *name, const char *value) {
    const rd_kafka_resp_err_t code = rd_kafka_ConfigResource_set_config(resource, name, value);
    assert(code == RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* The topic with all settings that it shall have: the target's, and of those that it has what was
 * set for this very topic, as opposed to what comes from the cluster. Kafka refuses a setting that
 * is given twice. */
static rd_kafka_ConfigResource_t *wanted_settings(const struct topic_target *target,
                                                  const rd_kafka_ConfigResource_t *is) {
    rd_kafka_ConfigResource_t *wanted =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, target->name);
    assert(wanted != NULL);
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(is, &count);
    for (size_t i = 0; i < count; i++) {
        const char *name = rd_kafka_ConfigEntry_name(entries[i]);
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (value != NULL && !names(target, name) &&
            rd_kafka_ConfigEntry_source(entries[i]) ==
                RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG) {
            set_config(wanted, name, value);
        }
    }
    for (uint32_t i = 0; i < target->settings_count; i++) {
        set_config(wanted, target->settings[i].name, target->settings[i].value);
    }
    return wanted;
}

/* Has the topic each setting of the target? */
static bool has_settings(const struct topic_target *target, const rd_kafka_ConfigResource_t *is) {
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(is, &count);
    uint32_t found = 0;
    for (uint32_t i = 0; i < target->settings_count; i++) {
        for (size_t j = 0; j < count; j++) {
            const char *value = rd_kafka_ConfigEntry_value(entries[j]);
            found += value != NULL && strcmp(value, target->settings[i].value) == 0 &&
                     strcmp(rd_kafka_ConfigEntry_name(entries[j]), target->settings[i].name) == 0;
        }
    }
    return found == target->settings_count;
}

/* The settings as they are: has the topic the target's already, and what must be written if not.
 * The caller destroys `*wanted`, which is NULL after an error. */
static enum result compare(struct kafka_admin *admin, const struct topic_target *target,
                           int32_t timeout_ms, bool *same, rd_kafka_ConfigResource_t **wanted,
                           struct error *error) {
    char what[WHAT_MAX];
    (void)snprintf(what, sizeof what, "asking for the settings of topic %s", target->name);
    rd_kafka_ConfigResource_t *asked =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, target->name);
    assert(asked != NULL);
    struct kafka_admin_call call;
    kafka_admin_call_begin(&call, &admin->client, admin->config, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS,
                           what, timeout_ms);
    rd_kafka_DescribeConfigs(admin->client.handle, &asked, 1, call.options, call.queue);
    *wanted = NULL;
    enum result result = kafka_admin_call_wait(&call, error);
    if (result == RESULT_OK) {
        size_t count;
        const rd_kafka_ConfigResource_t **answers = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(call.event), &count);
        assert(count == 1);
        result = kafka_admin_call_check(&call, rd_kafka_ConfigResource_error(answers[0]),
                                        rd_kafka_ConfigResource_error_string(answers[0]), error);
        if (result == RESULT_OK) {
            *same = has_settings(target, answers[0]);
            *wanted = wanted_settings(target, answers[0]);
        }
    }
    kafka_admin_call_end(&call);
    rd_kafka_ConfigResource_destroy(asked);
    return result;
}

static enum result write_settings(struct kafka_admin *admin, rd_kafka_ConfigResource_t *wanted,
                                  int32_t timeout_ms, struct error *error) {
    char what[WHAT_MAX];
    (void)snprintf(what, sizeof what, "changing the settings of topic %s",
                   rd_kafka_ConfigResource_name(wanted));
    struct kafka_admin_call call;
    kafka_admin_call_begin(&call, &admin->client, admin->config, RD_KAFKA_ADMIN_OP_ALTERCONFIGS,
                           what, timeout_ms);
    rd_kafka_AlterConfigs(admin->client.handle, &wanted, 1, call.options, call.queue);
    enum result result = kafka_admin_call_wait(&call, error);
    if (result == RESULT_OK) {
        size_t count;
        const rd_kafka_ConfigResource_t **answers = rd_kafka_AlterConfigs_result_resources(
            rd_kafka_event_AlterConfigs_result(call.event), &count);
        assert(count == 1);
        result = kafka_admin_call_check(&call, rd_kafka_ConfigResource_error(answers[0]),
                                        rd_kafka_ConfigResource_error_string(answers[0]), error);
    }
    kafka_admin_call_end(&call);
    return result;
}

enum result kafka_admin_set(struct kafka_admin *admin, const struct topic_target *target,
                            int32_t timeout_ms, struct error *error) {
    assert(admin != NULL && target != NULL && target->settings_count > 0);
    const int64_t until_ms = now_ms(admin) + timeout_ms;
    bool same = false;
    rd_kafka_ConfigResource_t *wanted;
    enum result result = compare(admin, target, timeout_ms, &same, &wanted, error);
    if (result == RESULT_OK && !same) {
        result = write_settings(admin, wanted, timeout_ms, error);
    }
    /* Until it is seen: the next change begins with what is read then. */
    while (result == RESULT_OK && !same && now_ms(admin) < until_ms) {
        (void)rd_kafka_poll(admin->client.handle, SEE_AGAIN_MS);
        rd_kafka_ConfigResource_destroy(wanted);
        result = compare(admin, target, timeout_ms, &same, &wanted, error);
    }
    if (wanted != NULL) {
        rd_kafka_ConfigResource_destroy(wanted);
    }
    return result == RESULT_OK && !same
               ? error_set(
                     error, RESULT_FAILED,
                     "topic %s: Kafka took the settings, but does not show them; see `millrace "
                     "topics plan`",
                     target->name)
               : result;
}
