#include "outside/kafka/transactor.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/placement.h"
#include "outside/kafka/batch.h"
#include "outside/kafka/failure.h"
#include "outside/kafka/later.h"
#include "ports/fault.h"

enum {
    ABORT_TIMEOUT_MS = 5000,
    /* The least that a call gets which librdkafka takes amiss when its time is over, and which uses
     * it only while a coordinator does not answer: of the offsets it gives the whole transaction
     * up, and a commit that is waited for once more, and is not taken up by its thread in time, it
     * forgets and takes for an abort (tests/flow/0002-resumed-commit.c). */
    ANSWER_TIMEOUT_MS = 4000,
};

static int64_t now_ms(const struct kafka_transactor *transactor) {
    const struct clock *clock = &transactor->config->clock;
    return clock->monotonic_ms(clock->self);
}

/* The changelog that an output is, or -1. */
static int32_t changelog_of(const struct log_topology *topology, uint32_t output) {
    for (uint32_t i = 0; i < topology->changelogs_count; i++) {
        if (strcmp(topology->changelogs[i], topology->outputs[output]) == 0) {
            return (int32_t)i;
        }
    }
    return -1;
}

/* Will this record never be taken, by any broker at any time? */
static bool is_impossible(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
           code == RD_KAFKA_RESP_ERR_INVALID_RECORD; /* without a key, on a compacted topic */
}

static void note_failed(struct kafka_transactor *transactor, const rd_kafka_message_t *message) {
    if (transactor->failed.result == RESULT_OK) {
        char what[KAFKA_NAME_MAX + 64];
        (void)snprintf(what, sizeof what, "a record of %zu bytes for %s was not written",
                       message->len, rd_kafka_topic_name(message->rkt));
        (void)kafka_failed(message->err, &transactor->failed, what, "Write");
        transactor->failed.result = is_impossible(message->err)     ? RESULT_INVALID
                                    : kafka_is_denied(message->err) ? RESULT_DENIED
                                                                    : RESULT_FAILED;
    }
}

/* A delivery report; `_private` points to the output. From within flush and abort only. */
static void delivered(void *context, const rd_kafka_message_t *message) {
    struct kafka_transactor *transactor = context;
    assert(transactor->undelivered > 0);
    transactor->undelivered--;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        note_failed(transactor, message);
        return;
    }
    rd_kafka_topic_t *const *output = message->_private;
    const int32_t changelog =
        changelog_of(transactor->topology, (uint32_t)(output - transactor->outputs));
    /* A repeated request may be acknowledged without an offset; then nothing new is known, and the
     * next restore begins a little earlier. */
    if (changelog >= 0 && message->partition == transactor->partition &&
        message->offset >= transactor->written_next[changelog]) {
        transactor->written_next[changelog] = message->offset + 1;
    }
}

enum result kafka_transactor_open(struct kafka_transactor *transactor,
                                  const struct kafka_config *config,
                                  const struct log_topology *topology, int32_t partition,
                                  int32_t partitions, struct error *error) {
    assert(partition >= 0 && partition < partitions);
    *transactor = (struct kafka_transactor){
        .config = config, .topology = topology, .partition = partition, .partitions = partitions};
    char id[KAFKA_NAME_MAX];
    (void)snprintf(id, sizeof id, "%s.%s-%d", config->application, topology->processor, partition);
    const struct kafka_client_plan plan = {
        .role = KAFKA_ROLE_TRANSACTOR,
        .partition = partition,
        .processor = topology->processor,
        .transactional_id = id,
        .delivered = delivered,
        .delivered_context = transactor,
    };
    enum result result = kafka_client_open(&transactor->client, config, &plan, error);
    for (uint32_t i = 0; i < topology->outputs_count && result == RESULT_OK; i++) {
        char name[KAFKA_NAME_MAX];
        result = kafka_topic_name(config, topology->outputs[i], name, error);
        if (result == RESULT_OK) {
            transactor->outputs[i] = rd_kafka_topic_new(transactor->client.handle, name, NULL);
            assert(transactor->outputs[i] != NULL);
        }
    }
    return result;
}

enum result kafka_transactor_fence(struct kafka_transactor *transactor, int32_t timeout_ms,
                                   struct error *error) {
    assert(!transactor->fenced_in);
    const enum result result =
        kafka_failed_object(transactor->client.handle,
                            rd_kafka_init_transactions(transactor->client.handle, timeout_ms),
                            error, "taking over the transactional id");
    transactor->fenced_in = result == RESULT_OK;
    if (result == RESULT_AGAIN) {
        kafka_later(timeout_ms);
    }
    return result;
}

static rd_kafka_error_t *produce(struct kafka_transactor *transactor,
                                 const struct log_staged *record) {
    static const uint8_t nothing[1];
    const int32_t partition = record->key_null
                                  ? transactor->partition
                                  : placement_partition(record->key, transactor->partitions);
    const uint8_t *key = record->key.length > 0 ? record->key.data : nothing;
    const uint8_t *value = record->value.length > 0 ? record->value.data : nothing;
    rd_kafka_headers_t *headers = kafka_headers_new(record->headers, record->headers_count);
    const rd_kafka_vu_t fields[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = transactor->outputs[record->output]},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {.ptr = record->key_null ? NULL : (void *)key,
                   .size = record->key_null ? 0 : record->key.length}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = record->value_null ? NULL : (void *)value,
                   .size = record->value_null ? 0 : record->value.length}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = &transactor->outputs[record->output]},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    const size_t count = sizeof fields / sizeof *fields - (headers == NULL ? 1 : 0);
    rd_kafka_error_t *failed = rd_kafka_produceva(transactor->client.handle, fields, count);
    if (failed == NULL) {
        transactor->undelivered++; /* its headers are the client's now */
    } else if (headers != NULL) {
        rd_kafka_headers_destroy(headers);
    }
    return failed;
}

static enum result produce_failed(const struct kafka_transactor *transactor,
                                  const struct log_staged *record, rd_kafka_error_t *failed,
                                  struct error *error) {
    const rd_kafka_resp_err_t code = rd_kafka_error_code(failed);
    (void)kafka_failed_object(transactor->client.handle, failed, error, "it can not be written");
    if (is_impossible(code)) {
        error->result = RESULT_INVALID;
    } else if (error->result == RESULT_AGAIN) {
        error->result = RESULT_FAILED;
    }
    return error_wrap(error, "a record of %" PRIu32 " bytes for %s", record->value.length,
                      transactor->topology->outputs[record->output]);
}

enum result kafka_transactor_begin(struct kafka_transactor *transactor,
                                   const struct log_staged *records, uint32_t count,
                                   rd_kafka_topic_partition_list_t *offsets, struct error *error) {
    assert(transactor->fenced_in && !transactor->worn);
    assert(transactor->step == KAFKA_TRANSACTION_NONE && transactor->undelivered == 0);
    assert(transactor->offsets == NULL);
    transactor->offsets = offsets;
    transactor->begun_ms = now_ms(transactor);
    transactor->unanswered_before = atomic_load(&transactor->client.wear.unanswered);
    transactor->failed = (struct error){.result = RESULT_OK};
    transactor->outputs_used = 0;
    for (uint32_t i = 0; i < LOG_TOPICS_MAX; i++) {
        transactor->written_next[i] = -1;
    }
    const enum result result = kafka_failed_object(
        transactor->client.handle, rd_kafka_begin_transaction(transactor->client.handle), error,
        "beginning a transaction");
    if (result != RESULT_OK) {
        return result == RESULT_AGAIN ? error->result = RESULT_FAILED : result;
    }
    transactor->step = KAFKA_TRANSACTION_OFFSETS;
    FAULT("commit.begun");
    for (uint32_t i = 0; i < count; i++) {
        assert(records[i].output < transactor->topology->outputs_count);
        transactor->outputs_used |= 1U << records[i].output;
        rd_kafka_error_t *failed = produce(transactor, &records[i]);
        if (failed != NULL) {
            return produce_failed(transactor, &records[i], failed, error);
        }
        if (i + 1 < count) {
            FAULT("commit.half-produced");
        }
    }
    FAULT("commit.produced");
    return RESULT_OK;
}

static int32_t remaining_ms(const struct kafka_transactor *transactor, int64_t deadline_ms) {
    const int64_t rest_ms = deadline_ms - now_ms(transactor);
    return rest_ms > 0 ? (int32_t)rest_ms : 0;
}

/* The topics that the transaction writes to, for a person. */
static void name_outputs(const struct kafka_transactor *transactor, char *text, size_t size) {
    size_t length = (size_t)snprintf(text, size, "writing to");
    for (uint32_t i = 0; i < transactor->topology->outputs_count && length < size; i++) {
        if ((transactor->outputs_used & 1U << i) != 0) {
            length += (size_t)snprintf(text + length, size - length, " %s",
                                       transactor->topology->outputs[i]);
        }
    }
}

/* When one topic may not be written, librdkafka gives up all records of the transaction and says
 * why only to its next call; to begin another transaction would do nothing in this state. */
static bool find_denial(const struct kafka_transactor *transactor, struct error *error) {
    rd_kafka_error_t *cause = rd_kafka_begin_transaction(transactor->client.handle);
    if (!kafka_is_denied(rd_kafka_error_code(cause))) {
        assert(cause != NULL);
        rd_kafka_error_destroy(cause);
        return false;
    }
    char what[sizeof error->text / 2];
    name_outputs(transactor, what, sizeof what);
    (void)kafka_failed(rd_kafka_error_code(cause), error, what, "Write");
    rd_kafka_error_destroy(cause);
    return true;
}

/* What a record failed of says more than that the transaction did; except who was fenced. */
static enum result record_failed(const struct kafka_transactor *transactor, struct error *error) {
    assert(transactor->failed.result != RESULT_OK);
    if (transactor->failed.result == RESULT_FAILED && find_denial(transactor, error)) {
        return RESULT_DENIED;
    }
    char text[256];
    *error = transactor->failed;
    if (kafka_is_fenced(rd_kafka_fatal_error(transactor->client.handle, text, sizeof text))) {
        error->result = RESULT_FENCED;
    }
    return error->result;
}

static enum result send_offsets(struct kafka_transactor *transactor,
                                const rd_kafka_consumer_group_metadata_t *membership,
                                struct error *error) {
    enum { REPORT_MS = 500, POLL_MS = 10 };
    const enum result result = kafka_failed_object(
        transactor->client.handle,
        rd_kafka_send_offsets_to_transaction(transactor->client.handle, transactor->offsets,
                                             membership, ANSWER_TIMEOUT_MS),
        error, "writing the offsets that were read");
    if (result != RESULT_FAILED && result != RESULT_DENIED) {
        return result;
    }
    /* A record that failed meanwhile makes this fail too; its report follows at once. */
    const int64_t deadline_ms = now_ms(transactor) + REPORT_MS;
    while (transactor->failed.result == RESULT_OK && transactor->undelivered > 0 &&
           now_ms(transactor) < deadline_ms) {
        (void)rd_kafka_poll(transactor->client.handle, POLL_MS);
    }
    return transactor->failed.result != RESULT_OK ? record_failed(transactor, error) : result;
}

static enum result flush(struct kafka_transactor *transactor, int32_t timeout_ms,
                         struct error *error) {
    const rd_kafka_resp_err_t code = rd_kafka_flush(transactor->client.handle, timeout_ms);
    if (transactor->failed.result != RESULT_OK) {
        return record_failed(transactor, error);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_failed(code, error, "waiting for records to be written", "Write");
    }
    assert(transactor->undelivered == 0);
    return RESULT_OK;
}

static enum result end(struct kafka_transactor *transactor, int32_t timeout_ms,
                       struct error *error) {
    const int32_t given_ms = timeout_ms > ANSWER_TIMEOUT_MS ? timeout_ms : ANSWER_TIMEOUT_MS;
    const enum result result = kafka_failed_object(
        transactor->client.handle, rd_kafka_commit_transaction(transactor->client.handle, given_ms),
        error, "committing the transaction");
    if (result == RESULT_FAILED || result == RESULT_DENIED) {
        /* The request to commit may have been carried out, whatever was said of it later. */
        error->result = RESULT_DOUBTFUL;
        return RESULT_DOUBTFUL;
    }
    return result;
}

/* One step; OK: it is done, and the next may be taken. */
static enum result advance(struct kafka_transactor *transactor,
                           const rd_kafka_consumer_group_metadata_t *membership, int32_t timeout_ms,
                           struct error *error) {
    enum result result = RESULT_OK;
    switch (transactor->step) {
    case KAFKA_TRANSACTION_OFFSETS:
        result = send_offsets(transactor, membership, error);
        break;
    case KAFKA_TRANSACTION_FLUSH:
        result = flush(transactor, timeout_ms, error);
        break;
    case KAFKA_TRANSACTION_END:
        result = end(transactor, timeout_ms, error);
        break;
    case KAFKA_TRANSACTION_NONE:
        assert(false && "no transaction is under way");
    }
    return result;
}

static enum result give_up(const struct kafka_transactor *transactor, struct error *error) {
    if (transactor->step == KAFKA_TRANSACTION_END) {
        return error_set(error, RESULT_DOUBTFUL,
                         "no answer to the end of a transaction for %" PRId32 " ms",
                         transactor->config->options->transaction_timeout_ms);
    }
    return error_set(error, RESULT_FAILED, "a transaction was not written within %" PRId32 " ms",
                     transactor->config->options->transaction_timeout_ms);
}

static void forget_offsets(struct kafka_transactor *transactor) {
    if (transactor->offsets != NULL) {
        rd_kafka_topic_partition_list_destroy(transactor->offsets);
        transactor->offsets = NULL;
    }
}

static void note_end(struct kafka_transactor *transactor) {
    const int64_t took_ms = now_ms(transactor) - transactor->begun_ms;
    const uint32_t unanswered = atomic_load(&transactor->client.wear.unanswered);
    transactor->worn = took_ms > transactor->config->options->commit_slow_ms ||
                       unanswered != transactor->unanswered_before;
    forget_offsets(transactor);
}

enum result kafka_transactor_wait(struct kafka_transactor *transactor,
                                  const rd_kafka_consumer_group_metadata_t *membership,
                                  int32_t timeout_ms, struct error *error) {
    assert(transactor->step != KAFKA_TRANSACTION_NONE);
    const int64_t deadline_ms = now_ms(transactor) + timeout_ms;
    const int64_t given_up_ms =
        transactor->begun_ms + transactor->config->options->transaction_timeout_ms;
    for (;;) {
        const int32_t rest_ms = remaining_ms(transactor, deadline_ms);
        const enum result result = advance(transactor, membership, rest_ms, error);
        if (result == RESULT_AGAIN) {
            kafka_later(rest_ms);
            return now_ms(transactor) < given_up_ms ? RESULT_AGAIN : give_up(transactor, error);
        }
        if (result != RESULT_OK) {
            return result;
        }
        if (transactor->step == KAFKA_TRANSACTION_END) {
            FAULT("commit.after-end");
            transactor->step = KAFKA_TRANSACTION_NONE;
            note_end(transactor);
            return RESULT_OK;
        }
        transactor->step++;
        if (transactor->step == KAFKA_TRANSACTION_FLUSH) {
            FAULT("commit.offsets-sent");
        } else {
            FAULT("commit.before-end");
        }
        if (rest_ms == 0) {
            return error_set(error, RESULT_AGAIN, "a transaction is still being written");
        }
    }
}

void kafka_transactor_changelogs_next(const struct kafka_transactor *transactor,
                                      int64_t *changelogs_next) {
    for (uint32_t i = 0; i < transactor->topology->changelogs_count; i++) {
        if (transactor->written_next[i] >= 0) {
            changelogs_next[i] = transactor->written_next[i];
        }
    }
}

void kafka_transactor_close(struct kafka_transactor *transactor) {
    if (transactor->client.handle == NULL) {
        return;
    }
    atomic_store(&transactor->client.ending, true);
    if (transactor->step == KAFKA_TRANSACTION_OFFSETS ||
        transactor->step == KAFKA_TRANSACTION_FLUSH) {
        /* If this fails, the next owner's fence ends it. */
        struct error error;
        (void)kafka_failed_object(
            transactor->client.handle,
            rd_kafka_abort_transaction(transactor->client.handle, ABORT_TIMEOUT_MS), &error,
            "aborting a transaction");
    }
    (void)rd_kafka_purge(transactor->client.handle,
                         RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_poll(transactor->client.handle, 0);
    forget_offsets(transactor);
    for (uint32_t i = 0; i < transactor->topology->outputs_count; i++) {
        if (transactor->outputs[i] != NULL) {
            rd_kafka_topic_destroy(transactor->outputs[i]);
        }
    }
    kafka_client_close(&transactor->client);
}
