#include "outside/kafka/group.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "outside/kafka/failure.h"
#include "outside/kafka/inputs.h"
#include "outside/kafka/statistics.h"

static struct logger *logger_of(struct kafka_group *group) {
    return &group->member.logger;
}

int64_t kafka_group_now_ms(const struct kafka_group *group) {
    return group->config->clock.monotonic_ms(group->config->clock.self);
}

bool kafka_group_holds(struct kafka_group *group, uint64_t assignment) {
    assert(assignment != 0);
    /* A process that was stopped (a debugger, a paused machine) hears of its end only when its
     * threads have asked again; until then it must not trust what it remembers. */
    const int64_t silent_ms = kafka_group_now_ms(group) - atomic_load(&group->polled_ms);
    return atomic_load(&group->assignment) == assignment &&
           rd_kafka_assignment_lost(group->member.handle) == 0 &&
           silent_ms <= group->config->options->session_timeout_ms;
}

/* --- Membership. --- */

static enum result subscribe(struct kafka_group *group, struct error *error) {
    rd_kafka_topic_partition_list_t *topics =
        rd_kafka_topic_partition_list_new((int)group->topology->inputs_count);
    enum result result = RESULT_OK;
    for (uint32_t i = 0; i < group->topology->inputs_count && result == RESULT_OK; i++) {
        char name[KAFKA_NAME_MAX];
        result = kafka_topic_name(group->config, group->topology->inputs[i], name, error);
        if (result == RESULT_OK) {
            rd_kafka_topic_partition_list_add(topics, name, RD_KAFKA_PARTITION_UA);
        }
    }
    if (result == RESULT_OK) {
        const rd_kafka_resp_err_t code = rd_kafka_subscribe(group->member.handle, topics);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            result = kafka_failed(code, error, "joining the group", "Read");
        }
    }
    rd_kafka_topic_partition_list_destroy(topics);
    return result;
}

enum result kafka_group_join(struct kafka_group *group, struct error *error) {
    const struct kafka_client_plan plan = {
        .role = KAFKA_ROLE_MEMBER, .partition = -1, .processor = group->topology->processor};
    const enum result result = kafka_client_open(&group->member, group->config, &plan, error);
    if (result != RESULT_OK) {
        return result;
    }
    rd_kafka_poll_set_consumer(group->member.handle);
    group->events = rd_kafka_queue_get_consumer(group->member.handle);
    assert(group->events != NULL);
    atomic_store(&group->polled_ms, kafka_group_now_ms(group));
    return subscribe(group, error);
}

static void forget(rd_kafka_topic_partition_list_t **list) {
    if (*list != NULL) {
        rd_kafka_topic_partition_list_destroy(*list);
        *list = NULL;
    }
}

void kafka_group_give_up(struct kafka_group *group) {
    assert(atomic_load(&group->lanes_open) == 0);
    atomic_store(&group->assignment, 0);
    forget(&group->assigned);
    if (group->membership != NULL) {
        rd_kafka_consumer_group_metadata_destroy(group->membership);
        group->membership = NULL;
    }
    free(group->lanes);
    group->lanes = NULL;
    group->lanes_count = 0;
    group->revoking = false;
}

void kafka_group_leave(struct kafka_group *group) {
    kafka_group_give_up(group);
    forget(&group->next);
    if (group->events != NULL) {
        rd_kafka_queue_destroy(group->events);
        group->events = NULL;
    }
    kafka_client_close(&group->member); /* it also ends the membership */
}

/* --- Assignments. --- */

/* The partitions of which every input is among `assigned`. */
static void find_lanes(struct kafka_group *group) {
    const rd_kafka_topic_partition_list_t *assigned = group->assigned;
    group->lanes = calloc((size_t)group->partitions, sizeof *group->lanes);
    assert(group->lanes != NULL);
    for (int32_t partition = 0; partition < group->partitions; partition++) {
        uint32_t inputs = 0;
        for (int i = 0; i < assigned->cnt; i++) {
            inputs += assigned->elems[i].partition == partition ? 1 : 0;
        }
        if (inputs == group->topology->inputs_count) {
            group->lanes[group->lanes_count++] = partition;
        } else if (inputs > 0) {
            logger_warning(logger_of(group),
                           "only some inputs of a partition were assigned, so it waits; do all "
                           "members of the group run the same version?",
                           LOGGER_FIELDS(logger_number("partition", partition)));
        }
    }
}

/* Offsets sent in the name of no generation would be taken from anybody. The generation can only be
 * read from the serialised form: a magic, then the number. */
static bool membership_stands(const rd_kafka_consumer_group_metadata_t *membership) {
    static const char magic[7] = "CGMDv2:"; /* without a zero */
    int32_t generation = -1;
    void *form;
    size_t size;
    if (membership == NULL) {
        return false;
    }
    rd_kafka_error_t *failed = rd_kafka_consumer_group_metadata_write(membership, &form, &size);
    assert(failed == NULL);
    assert(size > sizeof magic + sizeof generation && memcmp(form, magic, sizeof magic) == 0);
    memcpy(&generation, (const char *)form + sizeof magic, sizeof generation);
    rd_kafka_mem_free(NULL, form);
    return generation >= 0;
}

/* Take over what was assigned; the list is kept. */
void kafka_group_take(struct kafka_group *group, rd_kafka_topic_partition_list_t *assigned,
                      struct log_group_event *event) {
    assert(group->assigned == NULL && !group->revoking);
    kafka_inputs_hold(group->member.handle, assigned);
    const rd_kafka_resp_err_t code = rd_kafka_assign(group->member.handle, assigned);
    group->assigned = assigned;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        /* The client is ending, or has met a fatal error, which the next poll tells. */
        logger_warning(logger_of(group), "an assignment could not be taken",
                       LOGGER_FIELDS(logger_string("text", rd_kafka_err2str(code))));
        return;
    }
    group->membership = rd_kafka_consumer_group_metadata(group->member.handle);
    if (!membership_stands(group->membership)) {
        return; /* lost again already; that is told by the next event */
    }
    find_lanes(group);
    atomic_store(&group->assignment, ++group->assignments);
    event->kind = LOG_GROUP_ASSIGNED;
    event->partitions = group->lanes;
    event->partitions_count = group->lanes_count;
}

/* Tell the lanes to end; without any, there is nothing to wait for. */
static void revoke(struct kafka_group *group, enum log_group_event_kind kind,
                   struct log_group_event *event) {
    if (kind == LOG_GROUP_LOST) {
        atomic_store(&group->assignment, 0);
    }
    if (group->lanes_count == 0) {
        kafka_group_give_up(group);
        (void)rd_kafka_assign(group->member.handle, NULL);
        return;
    }
    group->revoking = true;
    event->kind = kind;
    event->partitions = group->lanes;
    event->partitions_count = group->lanes_count;
}

static void on_assigned(struct kafka_group *group, const rd_kafka_topic_partition_list_t *given,
                        struct log_group_event *event) {
    rd_kafka_topic_partition_list_t *assigned = rd_kafka_topic_partition_list_copy(given);
    if (group->assigned == NULL) {
        kafka_group_take(group, assigned, event);
        return;
    }
    /* The member lost its session and joined anew before we answered: what we hold is stale. */
    forget(&group->next);
    group->next = assigned;
    if (!group->revoking) {
        revoke(group, LOG_GROUP_LOST, event);
    }
}

static void on_revoked(struct kafka_group *group, struct log_group_event *event) {
    forget(&group->next);
    if (group->assigned == NULL) {
        (void)rd_kafka_assign(group->member.handle, NULL);
    } else if (!group->revoking) {
        revoke(group,
               rd_kafka_assignment_lost(group->member.handle) != 0 ? LOG_GROUP_LOST
                                                                   : LOG_GROUP_REVOKED,
               event);
    }
}

/* Without its rights the membership comes to nothing, however long it is tried; Kafka's own clients
 * end by it too. A broker that does not let one in may only be learning new passwords, and is tried
 * again. */
static void hear_error(struct kafka_group *group, rd_kafka_event_t *happened) {
    const rd_kafka_resp_err_t code = rd_kafka_event_error(happened);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    if (kafka_is_forbidden(code)) {
        char what[KAFKA_NAME_MAX * 2];
        (void)snprintf(what, sizeof what, "the membership in group %s.%s",
                       group->config->application, group->topology->processor);
        (void)kafka_failed(code, &group->forbidden, what, "Read");
        return;
    }
    logger_warning(logger_of(group), "the group's consumer reported an error",
                   LOGGER_FIELDS(logger_string("text", rd_kafka_event_error_string(happened))));
}

void kafka_group_hear(struct kafka_group *group, rd_kafka_event_t *happened,
                      struct log_group_event *event) {
    /* Records have queues of their own: one that comes here would be lost. */
    assert(rd_kafka_event_type(happened) != RD_KAFKA_EVENT_FETCH ||
           rd_kafka_event_error(happened) != RD_KAFKA_RESP_ERR_NO_ERROR);
    if (rd_kafka_event_type(happened) == RD_KAFKA_EVENT_STATS) {
        if (group->member.statistics != NULL) {
            kafka_statistics_take(group->member.statistics, group->member.name,
                                  rd_kafka_event_stats(happened));
        }
    } else if (rd_kafka_event_type(happened) != RD_KAFKA_EVENT_REBALANCE) {
        hear_error(group, happened);
    } else if (rd_kafka_event_error(happened) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        on_assigned(group, rd_kafka_event_topic_partition_list(happened), event);
    } else {
        on_revoked(group, event);
    }
}
