#include "outside/kafka/kafka_rights.h"

#include <assert.h>
#include <stdlib.h>

#include "outside/kafka/admin_call.h"
#include "outside/kafka/failure.h"
#include "outside/kafka/lookup.h"
#include "outside/kafka/tool_ask.h"

/* No partition of any topic has this number. */
enum { NO_PARTITION = INT32_MAX - 1, POLL_MS = 50, PROBES_MAX = 256 };

/* A record that asks for the right to write. */
struct probe {
    bool answered;
    rd_kafka_resp_err_t code; /* with what */
};

struct kafka_rights {
    const struct kafka_config *config;
    struct kafka_client reader;
    struct kafka_client prober;
    struct probe probes[PROBES_MAX]; /* taken in turn: one given up may be reported later */
    uint32_t probes_taken;
    bool takes_what_it_may_not; /* a broker took a record that none may take: no more of these */
};

static void on_delivery(void *context, const rd_kafka_message_t *message) {
    struct probe *probe = message->_private;
    (void)context;
    *probe = (struct probe){.answered = true, .code = message->err};
}

enum result kafka_rights_open(const struct kafka_config *config, struct kafka_rights **rights,
                              struct error *error) {
    assert(config != NULL && rights != NULL);
    struct kafka_rights *opened = calloc(1, sizeof *opened);
    assert(opened != NULL);
    opened->config = config;
    const struct kafka_client_plan reader = {.role = KAFKA_ROLE_READER, .partition = -1};
    const struct kafka_client_plan prober = {
        .role = KAFKA_ROLE_PROBER, .partition = -1, .delivered = on_delivery};
    enum result result = kafka_client_open(&opened->reader, config, &reader, error);
    if (result == RESULT_OK) {
        result = kafka_client_open(&opened->prober, config, &prober, error);
    }
    if (result != RESULT_OK) {
        kafka_rights_close(opened);
        opened = NULL;
    }
    *rights = opened;
    return result;
}

void kafka_rights_close(struct kafka_rights *rights) {
    if (rights != NULL) {
        kafka_client_close(&rights->prober);
        kafka_client_close(&rights->reader);
        free(rights);
    }
}

static int64_t now_ms(const struct kafka_rights *rights) {
    return rights->config->clock.monotonic_ms(rights->config->clock.self);
}

/* What an answer says about the right: DENIED, or FAILED for no clear answer. */
static enum result unclear(struct kafka_rights *rights, rd_kafka_resp_err_t code, const char *name,
                           const char *right, struct error *error) {
    char what[KAFKA_NAME_MAX + 32];
    (void)snprintf(what, sizeof what, "asking for %s on %s", right, name);
    return kafka_tool_failed(rights->reader.handle, rights->config, code, what, right, error);
}

static enum result describe_topic(struct kafka_rights *rights, const char *name, int32_t timeout_ms,
                                  struct error *error) {
    int32_t partitions;
    const enum result result =
        kafka_lookup_partitions(rights->reader.handle, name, timeout_ms, &partitions, error);
    return result == RESULT_AGAIN ? error->result = RESULT_FAILED : result;
}

/* Fetched from the end on: either its end is told, or that one may not fetch. */
static rd_kafka_resp_err_t fetch(struct kafka_rights *rights, rd_kafka_topic_t *topic,
                                 int32_t timeout_ms) {
    const int64_t until_ms = now_ms(rights) + timeout_ms;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rights->reader.handle);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    assert(queue != NULL);
    if (rd_kafka_consume_start_queue(topic, 0, RD_KAFKA_OFFSET_END, queue) != 0) {
        code = rd_kafka_last_error();
        rd_kafka_queue_destroy(queue);
        return code;
    }
    while (kafka_is_passing(code) && now_ms(rights) < until_ms) {
        rd_kafka_message_t *message = rd_kafka_consume_queue(queue, POLL_MS);
        if (message != NULL) {
            code = message->rkt == NULL ? code : message->err;
            rd_kafka_message_destroy(message);
        }
    }
    (void)rd_kafka_consume_stop(topic, 0);
    rd_kafka_queue_destroy(queue);
    return code == RD_KAFKA_RESP_ERR__PARTITION_EOF ? RD_KAFKA_RESP_ERR_NO_ERROR : code;
}

static enum result read_topic(struct kafka_rights *rights, const char *name, int32_t timeout_ms,
                              struct error *error) {
    /* Known to the client before it is asked for, so that its leader is known afterwards. */
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rights->reader.handle, name, NULL);
    assert(topic != NULL);
    enum result result = describe_topic(rights, name, timeout_ms, error);
    if (result == RESULT_OK) {
        const rd_kafka_resp_err_t code = fetch(rights, topic, timeout_ms);
        result = code == RD_KAFKA_RESP_ERR_NO_ERROR ? RESULT_OK
                                                    : unclear(rights, code, name, "Read", error);
    }
    rd_kafka_topic_destroy(topic);
    return result;
}

static rd_kafka_resp_err_t produce(struct kafka_rights *rights, const char *name,
                                   int32_t timeout_ms) {
    struct probe *probe = &rights->probes[rights->probes_taken++ % PROBES_MAX];
    *probe = (struct probe){.answered = false};
    const rd_kafka_resp_err_t code =
        rd_kafka_producev(rights->prober.handle, RD_KAFKA_V_TOPIC(name), RD_KAFKA_V_PARTITION(0),
                          RD_KAFKA_V_OPAQUE(probe), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return code;
    }
    (void)rd_kafka_flush(rights->prober.handle, timeout_ms);
    if (probe->answered) {
        return probe->code;
    }
    (void)rd_kafka_purge(rights->prober.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    return RD_KAFKA_RESP_ERR__TIMED_OUT;
}

/* A record with acks=2, which the protocol does not know: a broker looks first whether one may
 * write at all, and then refuses it whole (INVALID_REQUIRED_ACKS). */
static enum result write_topic(struct kafka_rights *rights, const char *name, int32_t timeout_ms,
                               struct error *error) {
    int32_t partitions;
    enum result result = describe_topic(rights, name, timeout_ms, error);
    if (result != RESULT_OK) {
        return result;
    }
    /* A producer that does not know a topic yet waits a second before it asks; and one that asked
     * first might have made it. */
    result = kafka_lookup_partitions(rights->prober.handle, name, timeout_ms, &partitions, error);
    if (result != RESULT_OK) {
        return result == RESULT_AGAIN ? error->result = RESULT_FAILED : result;
    }
    if (rights->takes_what_it_may_not) {
        return error_set(error, RESULT_FAILED,
                         "these brokers take records with acks=2, so it is not asked; "
                         "`millrace topics plan --rights` lists what to grant");
    }
    const rd_kafka_resp_err_t code = produce(rights, name, timeout_ms);
    if (code == RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS) {
        return RESULT_OK;
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rights->takes_what_it_may_not = true;
        return error_set(error, RESULT_FAILED,
                         "the brokers took an empty record with acks=2 into %s, partition 0, which "
                         "Apache Kafka refuses: see that nobody stumbles over it",
                         name);
    }
    return unclear(rights, code, name, "Write", error);
}

/* What a group's offsets are asked for, or set for: never a partition that exists. */
static rd_kafka_topic_partition_list_t *no_partition(const struct kafka_rights *rights) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    char name[KAFKA_NAME_MAX];
    (void)snprintf(name, sizeof name, "%.128smillrace.no-such-topic", rights->config->topic_prefix);
    rd_kafka_topic_partition_list_add(list, name, NO_PARTITION)->offset = 0;
    return list;
}

static enum result group_answer(const struct kafka_admin_call *call,
                                const rd_kafka_group_result_t *group, struct error *error) {
    const rd_kafka_error_t *whole = rd_kafka_group_result_error(group);
    if (whole != NULL) {
        return kafka_admin_call_check(call, rd_kafka_error_code(whole),
                                      rd_kafka_error_string(whole), error);
    }
    const rd_kafka_topic_partition_list_t *list = rd_kafka_group_result_partitions(group);
    for (int i = 0; list != NULL && i < list->cnt; i++) {
        if (list->elems[i].err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) {
            return kafka_admin_call_check(call, list->elems[i].err, NULL, error);
        }
    }
    return RESULT_OK; /* the partition is refused, and so the group is not */
}

static enum result describe_group(struct kafka_rights *rights, const char *name, int32_t timeout_ms,
                                  struct error *error) {
    struct kafka_admin_call call;
    rd_kafka_topic_partition_list_t *list = no_partition(rights);
    rd_kafka_ListConsumerGroupOffsets_t *asked = rd_kafka_ListConsumerGroupOffsets_new(name, list);
    kafka_admin_call_begin(&call, &rights->reader, rights->config,
                           RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, name, timeout_ms);
    rd_kafka_ListConsumerGroupOffsets(rights->reader.handle, &asked, 1, call.options, call.queue);
    enum result result = kafka_admin_call_wait(&call, error);
    if (result == RESULT_OK) {
        size_t count;
        const rd_kafka_group_result_t **groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
            rd_kafka_event_ListConsumerGroupOffsets_result(call.event), &count);
        assert(count == 1);
        result = group_answer(&call, groups[0], error);
    }
    kafka_admin_call_end(&call);
    rd_kafka_ListConsumerGroupOffsets_destroy(asked);
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

static enum result read_group(struct kafka_rights *rights, const char *name, int32_t timeout_ms,
                              struct error *error) {
    struct kafka_admin_call call;
    rd_kafka_topic_partition_list_t *list = no_partition(rights);
    rd_kafka_AlterConsumerGroupOffsets_t *asked =
        rd_kafka_AlterConsumerGroupOffsets_new(name, list);
    kafka_admin_call_begin(&call, &rights->reader, rights->config,
                           RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, name, timeout_ms);
    rd_kafka_AlterConsumerGroupOffsets(rights->reader.handle, &asked, 1, call.options, call.queue);
    enum result result = kafka_admin_call_wait(&call, error);
    if (result == RESULT_OK) {
        size_t count;
        const rd_kafka_group_result_t **groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
            rd_kafka_event_AlterConsumerGroupOffsets_result(call.event), &count);
        assert(count == 1);
        result = group_answer(&call, groups[0], error);
    }
    kafka_admin_call_end(&call);
    rd_kafka_AlterConsumerGroupOffsets_destroy(asked);
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

static enum result write_transactional_id(struct kafka_rights *rights, const char *name,
                                          int32_t timeout_ms, struct error *error) {
    char id[KAFKA_NAME_MAX];
    struct kafka_client client = {.handle = NULL};
    (void)snprintf(id, sizeof id, "%.200scheck", name);
    const struct kafka_client_plan plan = {.role = KAFKA_ROLE_TRANSACTOR,
                                           .partition = -1,
                                           .transactional_id = id,
                                           .delivered = on_delivery};
    enum result result = kafka_client_open(&client, rights->config, &plan, error);
    if (result == RESULT_OK) {
        result = kafka_failed_object(
            client.handle, rd_kafka_init_transactions(client.handle, timeout_ms), error, id);
    }
    kafka_client_close(&client);
    return result == RESULT_OK || result == RESULT_DENIED ? result : RESULT_FAILED;
}

enum result kafka_rights_ask(struct kafka_rights *rights, enum kafka_right right, const char *name,
                             int32_t timeout_ms, struct error *error) {
    static enum result (*const questions[])(struct kafka_rights *, const char *, int32_t,
                                            struct error *) = {
        [KAFKA_RIGHT_TOPIC_DESCRIBE] = describe_topic,
        [KAFKA_RIGHT_TOPIC_READ] = read_topic,
        [KAFKA_RIGHT_TOPIC_WRITE] = write_topic,
        [KAFKA_RIGHT_GROUP_DESCRIBE] = describe_group,
        [KAFKA_RIGHT_GROUP_READ] = read_group,
        [KAFKA_RIGHT_TRANSACTIONAL_ID_WRITE] = write_transactional_id,
    };
    assert(rights != NULL && name != NULL && timeout_ms > 0);
    assert((size_t)right < sizeof questions / sizeof *questions);
    return questions[right](rights, name, timeout_ms, error);
}
