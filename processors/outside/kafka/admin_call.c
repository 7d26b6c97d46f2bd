#include "outside/kafka/admin_call.h"

#include <assert.h>

#include "outside/kafka/tool_ask.h"

/* librdkafka gives up by itself; this much later it would be a bug of its own. */
enum { ANSWER_GRACE_MS = 2000 };

static const char *right_of(rd_kafka_admin_op_t operation) {
    switch (operation) {
    case RD_KAFKA_ADMIN_OP_CREATETOPICS:
        return "Create";
    case RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS:
        return "Describe and DescribeConfigs";
    case RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS:
        return "Describe";
    case RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS:
        return "Read";
    default:
        assert(operation == RD_KAFKA_ADMIN_OP_ALTERCONFIGS);
        return "AlterConfigs";
    }
}

void kafka_admin_call_begin(struct kafka_admin_call *call, const struct kafka_client *client,
                            const struct kafka_config *config, rd_kafka_admin_op_t operation,
                            const char *what, int32_t timeout_ms) {
    assert(client->handle != NULL && timeout_ms > 0);
    *call =
        (struct kafka_admin_call){.config = config,
                                  .handle = client->handle,
                                  .options = rd_kafka_AdminOptions_new(client->handle, operation),
                                  .queue = rd_kafka_queue_new(client->handle),
                                  .what = what,
                                  .right = right_of(operation),
                                  .timeout_ms = timeout_ms};
    assert(call->options != NULL && call->queue != NULL);
    char reason[256];
    const rd_kafka_resp_err_t code =
        rd_kafka_AdminOptions_set_request_timeout(call->options, timeout_ms, reason, sizeof reason);
    assert(code == RD_KAFKA_RESP_ERR_NO_ERROR);
}

enum result kafka_admin_call_wait(struct kafka_admin_call *call, struct error *error) {
    assert(call->event == NULL && error != NULL);
    call->event = rd_kafka_queue_poll(call->queue, call->timeout_ms + ANSWER_GRACE_MS);
    if (call->event == NULL) {
        return kafka_tool_failed(call->handle, call->config, RD_KAFKA_RESP_ERR__TIMED_OUT,
                                 call->what, call->right, error);
    }
    return kafka_admin_call_check(call, rd_kafka_event_error(call->event),
                                  rd_kafka_event_error_string(call->event), error);
}

enum result kafka_admin_call_check(const struct kafka_admin_call *call, rd_kafka_resp_err_t code,
                                   const char *text, struct error *error) {
    switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return RESULT_OK;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
        return error_set(error, RESULT_FAILED, "%s: somebody has created it meanwhile; plan again",
                         call->what);
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        return error_set(error, RESULT_INVALID,
                         "%s: Kafka will not have it: %.250s; change topics.yaml or topics.*",
                         call->what, text != NULL ? text : rd_kafka_err2str(code));
    default:
        return kafka_tool_failed(call->handle, call->config, code, call->what, call->right, error);
    }
}

void kafka_admin_call_end(struct kafka_admin_call *call) {
    if (call->event != NULL) {
        rd_kafka_event_destroy(call->event);
    }
    rd_kafka_queue_destroy(call->queue);
    rd_kafka_AdminOptions_destroy(call->options);
}
