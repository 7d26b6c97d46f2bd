#include "outside/kafka/positions.h"

#include <assert.h>
#include <inttypes.h>

#include "outside/kafka/failure.h"
#include "outside/kafka/later.h"
#include "outside/kafka/lookup.h"

/* One search, with the time it may take. */
struct search {
    const struct kafka_inputs *inputs;
    const struct kafka_config *config;
    rd_kafka_t *asker;
    int64_t deadline_ms;
    struct error *error;
};

static int32_t remaining_ms(const struct search *search) {
    const struct clock *clock = &search->config->clock;
    const int64_t rest_ms = search->deadline_ms - clock->monotonic_ms(clock->self);
    return rest_ms > 1 ? (int32_t)rest_ms : 1;
}

/* What the group has committed; the consumer reads committed data, so the coordinator answers only
 * when no transaction with offsets of these partitions is open. */
static enum result ask_committed(const struct search *search,
                                 rd_kafka_topic_partition_list_t *list) {
    rd_kafka_resp_err_t code =
        rd_kafka_committed(search->inputs->consumer, list, remaining_ms(search));
    for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        code = list->elems[i].err;
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? RESULT_OK
               : kafka_failed(code, search->error, "asking for committed offsets", "Read");
}

static enum result ask_watermarks(const struct search *search, const char *name, int64_t *low,
                                  int64_t *high) {
    return kafka_lookup_watermarks(search->asker, name, search->inputs->partition,
                                   remaining_ms(search), low, high, search->error);
}

static enum result out_of_range(const struct search *search, const char *name, int64_t committed,
                                int64_t low, int64_t high) {
    if (committed < low) {
        return error_set(search->error, RESULT_INVALID,
                         "%s, partition %" PRId32 ": %" PRId64 " records from offset %" PRId64
                         " on were deleted before they were read (retention?); restore them or, "
                         "if that loss is accepted, move the group's offset to %" PRId64,
                         name, search->inputs->partition, low - committed, committed, low);
    }
    return error_set(search->error, RESULT_INVALID,
                     "%s, partition %" PRId32 " ends at %" PRId64 ", but was read up to %" PRId64
                     ": the topic was made anew or restored from an older copy; restore it whole, "
                     "or start a new deployment",
                     name, search->inputs->partition, high, committed);
}

static enum result find_input(const struct search *search,
                              const rd_kafka_topic_partition_t *committed, int64_t *position) {
    int64_t low;
    int64_t high;
    const enum result result = ask_watermarks(search, committed->topic, &low, &high);
    if (result != RESULT_OK) {
        return result;
    }
    assert(low >= 0 && high >= low);
    *position = committed->offset;
    if (committed->offset < 0) {
        *position = low; /* a new group begins with what there is */
    } else if (committed->offset < low || committed->offset > high) {
        return out_of_range(search, committed->topic, committed->offset, low, high);
    }
    return RESULT_OK;
}

static enum result find_inputs(const struct search *search, struct log_positions *positions) {
    rd_kafka_topic_partition_list_t *list = kafka_inputs_list(search->inputs, NULL);
    enum result result = ask_committed(search, list);
    for (uint32_t i = 0; i < search->inputs->count && result == RESULT_OK; i++) {
        result = find_input(search, &list->elems[i], &positions->inputs[i]);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

static enum result find_changelogs(const struct search *search, const struct log_topology *topology,
                                   struct log_positions *positions) {
    enum result result = RESULT_OK;
    for (uint32_t i = 0; i < topology->changelogs_count && result == RESULT_OK; i++) {
        char name[KAFKA_NAME_MAX];
        result = kafka_topic_name(search->config, topology->changelogs[i], name, search->error);
        if (result == RESULT_OK) {
            result = ask_watermarks(search, name, &positions->changelog_starts[i],
                                    &positions->changelog_ends[i]);
        }
    }
    return result;
}

/* Topics' ids cannot be had from librdkafka 2.0. */
static enum result find_origin(const struct search *search, struct log_positions *positions) {
    char *cluster = rd_kafka_clusterid(search->asker, remaining_ms(search));
    if (cluster == NULL) {
        return error_set(search->error, RESULT_AGAIN, "the brokers do not say which cluster it is");
    }
    const int length =
        snprintf(positions->origin, sizeof positions->origin, "cluster %.64s, prefix \"%.240s\"",
                 cluster, search->config->topic_prefix);
    rd_kafka_mem_free(search->asker, cluster);
    assert(length > 0 && (size_t)length < sizeof positions->origin);
    return RESULT_OK;
}

enum result kafka_positions_find(const struct kafka_inputs *inputs,
                                 const struct kafka_config *config,
                                 const struct log_topology *topology, rd_kafka_t *asker,
                                 int32_t timeout_ms, struct log_positions *positions,
                                 struct error *error) {
    const struct search search = {
        .inputs = inputs,
        .config = config,
        .asker = asker,
        .deadline_ms = config->clock.monotonic_ms(config->clock.self) + timeout_ms,
        .error = error,
    };
    *positions = (struct log_positions){0};
    enum result result = find_inputs(&search, positions);
    if (result == RESULT_OK) {
        result = find_changelogs(&search, topology, positions);
    }
    if (result == RESULT_OK) {
        result = find_origin(&search, positions);
    }
    if (result == RESULT_AGAIN) {
        kafka_later(timeout_ms);
    }
    return result;
}
