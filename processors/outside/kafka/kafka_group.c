#include <assert.h>
#include <stdlib.h>

#include "outside/kafka/group.h"
#include "outside/kafka/kafka_group.h"
#include "outside/kafka/lookup.h"

static bool is_dead(struct kafka_group *group, struct error *error) {
    if (group->forbidden.result != RESULT_OK) {
        *error = group->forbidden;
        return true;
    }
    char text[256];
    const rd_kafka_resp_err_t code = rd_kafka_fatal_error(group->member.handle, text, sizeof text);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return false;
    }
    /* The client says so too where there is no other: it repeats a heartbeat with the member's id
     * from before it lost its session (librdkafka #3437). So this is not the end at once. */
    const bool twice = code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
    (void)error_set(
        error, twice ? RESULT_FENCED : RESULT_FAILED, "the membership in group %s.%s ended: %s%s",
        group->config->application, group->topology->processor, text,
        twice ? "; if another process runs with the same instance name, give each its own" : "");
    return true;
}

static enum result port_poll(void *self, int32_t timeout_ms, struct log_group_event *event,
                             struct error *error) {
    struct kafka_group *group = self;
    *event = (struct log_group_event){.kind = LOG_GROUP_NOTHING};
    atomic_store(&group->polled_ms, kafka_group_now_ms(group));
    if (group->next != NULL && group->assigned == NULL) {
        rd_kafka_topic_partition_list_t *next = group->next;
        group->next = NULL;
        kafka_group_take(group, next, event);
        return RESULT_OK;
    }
    rd_kafka_event_t *happened = rd_kafka_queue_poll(group->events, timeout_ms);
    atomic_store(&group->polled_ms, kafka_group_now_ms(group));
    if (happened != NULL) {
        kafka_group_hear(group, happened, event);
        rd_kafka_event_destroy(happened);
    }
    if (event->kind == LOG_GROUP_NOTHING && is_dead(group, error)) {
        const bool forgotten =
            error->result == RESULT_FENCED && atomic_load(&group->member.wear.unanswered) > 0;
        event->kind = forgotten ? LOG_GROUP_FORGOTTEN : LOG_GROUP_FAILED;
        return error->result;
    }
    return RESULT_OK;
}

static void port_revoke_done(void *self) {
    struct kafka_group *group = self;
    assert(group->revoking);
    kafka_group_give_up(group);
    /* With a newer assignment at hand, the next poll takes that instead. */
    if (group->next == NULL) {
        (void)rd_kafka_assign(group->member.handle, NULL);
    }
}

static enum result port_lane_open(void *self, int32_t partition, struct log *log,
                                  struct error *error) {
    return kafka_lane_open(self, partition, log, error);
}

static enum result port_rejoin(void *self, struct error *error) {
    struct kafka_group *group = self;
    kafka_group_leave(group);
    return kafka_group_join(group, error);
}

static bool port_reachable(void *self, int32_t timeout_ms) {
    const struct kafka_group *group = self;
    return kafka_lookup_reaches(group->asker.handle, timeout_ms);
}

static void port_close(void *self) {
    struct kafka_group *group = self;
    kafka_group_leave(group);
    kafka_client_close(&group->asker);
    free(group);
}

/* --- Topics. --- */

/* One topic among those seen before: all must have the same number of partitions. */
static enum result check_topic(struct kafka_group *group, const char *topic, int32_t timeout_ms,
                               struct error *error) {
    char name[KAFKA_NAME_MAX];
    int32_t partitions;
    enum result result = kafka_topic_name(group->config, topic, name, error);
    if (result == RESULT_OK) {
        result = kafka_lookup_partitions(group->asker.handle, name, timeout_ms, &partitions, error);
    }
    if (result != RESULT_OK) {
        return result == RESULT_NOT_FOUND ? error->result = RESULT_INVALID : result;
    }
    if (group->partitions != 0 && group->partitions != partitions) {
        return error_set(error, RESULT_INVALID,
                         "topic %s has %d partitions, others of this deployment have %d: a key's "
                         "records would not meet; see `millrace topics plan`",
                         name, partitions, group->partitions);
    }
    group->partitions = partitions;
    return RESULT_OK;
}

static enum result check_topics(struct kafka_group *group, const char *const *topics,
                                uint32_t count, int32_t timeout_ms, struct error *error) {
    const int64_t deadline_ms = kafka_group_now_ms(group) + timeout_ms;
    enum result result = RESULT_OK;
    for (uint32_t i = 0; i < count && result == RESULT_OK; i++) {
        const int64_t rest_ms = deadline_ms - kafka_group_now_ms(group);
        result = check_topic(group, topics[i], rest_ms > 1 ? (int32_t)rest_ms : 1, error);
    }
    return result;
}

static enum result open_group(struct kafka_group *group, int32_t timeout_ms, struct error *error) {
    const struct log_topology *topology = group->topology;
    const struct kafka_client_plan plan = {
        .role = KAFKA_ROLE_ASKER, .partition = -1, .processor = topology->processor};
    enum result result = kafka_client_open(&group->asker, group->config, &plan, error);
    if (result == RESULT_OK) {
        result = check_topics(group, topology->inputs, topology->inputs_count, timeout_ms, error);
    }
    if (result == RESULT_OK) {
        result = check_topics(group, topology->outputs, topology->outputs_count, timeout_ms, error);
    }
    if (result == RESULT_OK) {
        result = check_topics(group, topology->changelogs, topology->changelogs_count, timeout_ms,
                              error);
    }
    return result == RESULT_OK ? kafka_group_join(group, error) : result;
}

enum result kafka_group_open(const struct kafka_config *config, const struct log_topology *topology,
                             int32_t timeout_ms, struct log_group *log_group, int32_t *partitions,
                             struct error *error) {
    assert(topology->inputs_count > 0 && topology->inputs_count <= LOG_TOPICS_MAX);
    struct kafka_group *group = calloc(1, sizeof *group);
    assert(group != NULL);
    group->config = config;
    group->topology = topology;
    const enum result result = open_group(group, timeout_ms, error);
    if (result != RESULT_OK) {
        port_close(group);
        return result;
    }
    *partitions = group->partitions;
    *log_group = (struct log_group){
        .self = group,
        .poll = port_poll,
        .revoke_done = port_revoke_done,
        .lane_open = port_lane_open,
        .rejoin = port_rejoin,
        .reachable = port_reachable,
        .close = port_close,
    };
    return RESULT_OK;
}
