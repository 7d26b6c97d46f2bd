#include "outside/kafka/failure.h"

#include <assert.h>
#include <stddef.h>

bool kafka_is_fenced(rd_kafka_resp_err_t code) {
    switch (code) {
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    /* The group's coordinator knows better who has the partition. */
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
        return true;
    default:
        return false;
    }
}

bool kafka_is_passing(rd_kafka_resp_err_t code) {
    switch (code) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__RETRY:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
        return true;
    default:
        return false;
    }
}

bool kafka_is_forbidden(rd_kafka_resp_err_t code) {
    switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_AUTHORIZATION_FAILED:
        return true;
    default:
        return false;
    }
}

bool kafka_is_denied(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
           code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED || kafka_is_forbidden(code);
}

/* What a person can do about it, with `right` between the two; the rest is said by Kafka's own
 * text. */
struct advice {
    const char *before;
    const char *right;
    const char *after;
};

static struct advice advice_of(rd_kafka_resp_err_t code, const char *right) {
    const char *text = "";
    switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return (struct advice){
            "; grant this principal ", right,
            " on the topic (`millrace topics plan --rights` lists what each role needs)"};
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        text = "; grant this principal Read on the group";
        break;
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        text = "; grant this principal Write on the transactional id";
        break;
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        /* A producer hears so when it may not write a single topic. */
        return (struct advice){"; grant this principal ", right,
                               " on the topic, or the operation on the cluster"};
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        text = "; check kafka.sasl.* and kafka.security.protocol";
        break;
    case RD_KAFKA_RESP_ERR__SSL:
        text = "; check kafka.ssl.*";
        break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        text = "; see `millrace topics plan`";
        break;
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
        text = "; loop.transaction.timeout.ms is above the broker's transaction.max.timeout.ms";
        break;
    default:
        text = kafka_is_passing(code) ? "; it is tried again" : "";
        break;
    }
    return (struct advice){text, "", ""};
}

static enum result meaning(rd_kafka_resp_err_t code) {
    if (kafka_is_fenced(code)) {
        return RESULT_FENCED;
    }
    if (kafka_is_denied(code)) {
        return RESULT_DENIED;
    }
    /* A certificate is renewed, or trusted, without us. */
    return kafka_is_passing(code) || code == RD_KAFKA_RESP_ERR__SSL ? RESULT_AGAIN : RESULT_FAILED;
}

enum result kafka_failed(rd_kafka_resp_err_t code, struct error *error, const char *what,
                         const char *right) {
    assert(code != RD_KAFKA_RESP_ERR_NO_ERROR && right != NULL);
    const struct advice advice = advice_of(code, right);
    return error_set(error, meaning(code), "%s: %s%s%s%s", what, rd_kafka_err2str(code),
                     advice.before, advice.right, advice.after);
}

enum result kafka_failed_object(rd_kafka_t *handle, rd_kafka_error_t *object, struct error *error,
                                const char *what) {
    if (object == NULL) {
        return RESULT_OK;
    }
    char text[256];
    const rd_kafka_resp_err_t code = rd_kafka_error_code(object);
    const struct advice advice = advice_of(code, "Write");
    /* Once a client has met a fatal error, later calls may only say that its state is wrong. */
    const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(handle, text, sizeof text);
    enum result result = RESULT_FAILED;
    if (kafka_is_fenced(code) || kafka_is_fenced(fatal)) {
        result = RESULT_FENCED;
    } else if (kafka_is_denied(code) || kafka_is_denied(fatal)) {
        result = RESULT_DENIED;
    } else if (rd_kafka_error_is_retriable(object)) {
        /* librdkafka knows of its transactional calls which may be resumed; a code does not. */
        result = RESULT_AGAIN;
    }
    (void)error_set(error, result, "%s: %s%s%s%s", what, rd_kafka_error_string(object),
                    advice.before, advice.right, advice.after);
    rd_kafka_error_destroy(object);
    return result;
}
