#include "outside/kafka/reader_ranges.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "outside/kafka/tool_ask.h"

/* Instead of a time, Kafka's protocol takes these two for the ends of a partition. */
enum { AT_END = -1, AT_BEGINNING = -2 };

/* One opening, for the functions below. */
struct asking {
    struct kafka_reader_ranges *ranges;
    const struct kafka_client *asker;
    const struct kafka_config *config;
    const struct kafka_reader_plan *plan;
    int32_t timeout_ms;
    struct error *error;
};

static enum result lay_out(const struct asking *asking, const rd_kafka_metadata_t *metadata) {
    struct kafka_reader_ranges *ranges = asking->ranges;
    const struct kafka_reader_plan *plan = asking->plan;
    int32_t partitions[KAFKA_READER_TOPICS_MAX];
    uint32_t total = 0;
    for (uint32_t i = 0; i < plan->topics_count; i++) {
        char name[KAFKA_NAME_MAX];
        enum result result = kafka_topic_name(asking->config, plan->topics[i], name, asking->error);
        if (result == RESULT_OK) {
            result = kafka_tool_partitions(asking->config, metadata, name, asking->timeout_ms,
                                           &partitions[i], asking->error);
        }
        if (result != RESULT_OK) {
            return result;
        }
        if (plan->partition >= partitions[i]) {
            return error_set(asking->error, RESULT_NOT_FOUND,
                             "topic %s has partitions 0 to %d, and no partition %d", name,
                             partitions[i] - 1, plan->partition);
        }
        ranges->starts[i] = total;
        total += plan->partition >= 0 ? 1 : (uint32_t)partitions[i];
    }
    ranges->starts[plan->topics_count] = total;
    ranges->items = calloc(total, sizeof *ranges->items);
    assert(ranges->items != NULL);
    ranges->count = total;
    for (uint32_t i = 0; i < plan->topics_count; i++) {
        for (uint32_t j = ranges->starts[i]; j < ranges->starts[i + 1]; j++) {
            ranges->items[j].topic = plan->topics[i];
            ranges->items[j].partition =
                plan->partition >= 0 ? plan->partition : (int32_t)(j - ranges->starts[i]);
        }
    }
    return RESULT_OK;
}

/* The offsets of one topic's partitions at a time, or AT_BEGINNING or AT_END, in the order of its
 * ranges; AT_END (-1) for a time behind the last record. The caller destroys `*offsets`. */
static enum result ask_offsets(const struct asking *asking, uint32_t topic, int64_t at,
                               rd_kafka_topic_partition_list_t **offsets) {
    const struct kafka_reader_ranges *ranges = asking->ranges;
    const uint32_t start = ranges->starts[topic];
    const uint32_t count = ranges->starts[topic + 1] - start;
    char name[KAFKA_NAME_MAX];
    const enum result named =
        kafka_topic_name(asking->config, asking->plan->topics[topic], name, asking->error);
    assert(named == RESULT_OK && count > 0); /* `lay_out` has built it before */
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (uint32_t i = 0; i < count; i++) {
        rd_kafka_topic_partition_list_add(list, name, ranges->items[start + i].partition)->offset =
            at;
    }
    rd_kafka_resp_err_t code =
        rd_kafka_offsets_for_times(asking->asker->handle, list, asking->timeout_ms);
    for (uint32_t i = 0; i < count && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        assert(list->elems[i].partition == ranges->items[start + i].partition);
        code = list->elems[i].err;
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_topic_partition_list_destroy(list);
        const enum result failed = kafka_tool_failed(asking->asker->handle, asking->config, code,
                                                     name, "Describe", asking->error);
        assert(failed != RESULT_OK);
        return failed;
    }
    *offsets = list;
    return RESULT_OK;
}

static enum result ask_ends(const struct asking *asking) {
    const struct kafka_reader_ranges *ranges = asking->ranges;
    for (uint32_t i = 0; i < asking->plan->topics_count; i++) {
        rd_kafka_topic_partition_list_t *offsets = NULL;
        const enum result result = ask_offsets(asking, i, AT_END, &offsets);
        if (result != RESULT_OK) {
            return result;
        }
        for (uint32_t j = ranges->starts[i]; j < ranges->starts[i + 1]; j++) {
            ranges->items[j].end = offsets->elems[j - ranges->starts[i]].offset;
        }
        rd_kafka_topic_partition_list_destroy(offsets);
    }
    return RESULT_OK;
}

static enum result ask_beginnings(const struct asking *asking) {
    const struct kafka_reader_ranges *ranges = asking->ranges;
    for (uint32_t i = 0; i < asking->plan->topics_count; i++) {
        rd_kafka_topic_partition_list_t *offsets = NULL;
        const enum result result = ask_offsets(asking, i, AT_BEGINNING, &offsets);
        if (result != RESULT_OK) {
            return result;
        }
        for (uint32_t j = ranges->starts[i]; j < ranges->starts[i + 1]; j++) {
            const int64_t first = offsets->elems[j - ranges->starts[i]].offset;
            struct kafka_reader_range *range = &ranges->items[j];
            /* Records may have been removed since its end was asked for. */
            range->first = first < range->end ? first : range->end;
        }
        rd_kafka_topic_partition_list_destroy(offsets);
    }
    return RESULT_OK;
}

static void begin_at(struct kafka_reader_range *range, int64_t offset) {
    range->from = offset < range->first ? range->first : offset;
    if (range->from > range->end) {
        range->from = range->end;
    }
}

static enum result begin_at_time(const struct asking *asking) {
    const struct kafka_reader_ranges *ranges = asking->ranges;
    for (uint32_t i = 0; i < asking->plan->topics_count; i++) {
        rd_kafka_topic_partition_list_t *offsets = NULL;
        const enum result result = ask_offsets(asking, i, asking->plan->from_value, &offsets);
        if (result != RESULT_OK) {
            return result;
        }
        for (uint32_t j = ranges->starts[i]; j < ranges->starts[i + 1]; j++) {
            const int64_t offset = offsets->elems[j - ranges->starts[i]].offset;
            begin_at(&ranges->items[j], offset < 0 ? ranges->items[j].end : offset);
        }
        rd_kafka_topic_partition_list_destroy(offsets);
    }
    return RESULT_OK;
}

static enum result begin(const struct asking *asking) {
    const struct kafka_reader_ranges *ranges = asking->ranges;
    const struct kafka_reader_plan *plan = asking->plan;
    if (plan->from == KAFKA_READER_FROM_TIME) {
        assert(plan->from_value >= 0);
        const enum result result = begin_at_time(asking);
        if (result != RESULT_OK) {
            return result;
        }
    } else {
        for (uint32_t i = 0; i < ranges->count; i++) {
            struct kafka_reader_range *range = &ranges->items[i];
            begin_at(range, plan->from == KAFKA_READER_FROM_BEGINNING ? range->first
                            : plan->from == KAFKA_READER_FROM_END     ? range->end
                                                                      : plan->from_value);
        }
    }
    for (uint32_t i = 0; i < plan->positions_count; i++) {
        const struct kafka_reader_position *position = &plan->positions[i];
        bool found = false;
        for (uint32_t j = 0; j < ranges->count && !found; j++) {
            struct kafka_reader_range *range = &ranges->items[j];
            found = range->partition == position->partition &&
                    strcmp(range->topic, position->topic) == 0;
            if (found) {
                begin_at(range, position->offset);
            }
        }
        if (!found) {
            return error_set(asking->error, RESULT_NOT_FOUND,
                             "topic %s has no partition %d here; is this the offset of another "
                             "deployment?",
                             position->topic, position->partition);
        }
    }
    return RESULT_OK;
}

enum result kafka_reader_ranges_open(struct kafka_reader_ranges *ranges,
                                     const struct kafka_client *asker,
                                     const struct kafka_config *config,
                                     const struct kafka_reader_plan *plan, int32_t timeout_ms,
                                     struct error *error) {
    assert(plan->topics_count > 0 && plan->topics_count <= KAFKA_READER_TOPICS_MAX);
    assert(ranges->items == NULL && timeout_ms > 0);
    const struct asking asking = {.ranges = ranges,
                                  .asker = asker,
                                  .config = config,
                                  .plan = plan,
                                  .timeout_ms = timeout_ms,
                                  .error = error};
    const rd_kafka_metadata_t *metadata;
    enum result result = kafka_tool_topics(asker, config, timeout_ms, &metadata, error);
    if (result != RESULT_OK) {
        return result;
    }
    result = lay_out(&asking, metadata);
    rd_kafka_metadata_destroy(metadata);
    if (result == RESULT_OK) {
        result = ask_ends(&asking);
    }
    if (result == RESULT_OK) {
        result = ask_beginnings(&asking);
    }
    return result == RESULT_OK ? begin(&asking) : result;
}

uint32_t kafka_reader_ranges_find(const struct kafka_reader_ranges *ranges, uint32_t topic,
                                  int32_t partition) {
    assert(topic < KAFKA_READER_TOPICS_MAX);
    for (uint32_t i = ranges->starts[topic];; i++) {
        assert(i < ranges->starts[topic + 1]);
        if (ranges->items[i].partition == partition) {
            return i;
        }
    }
}

void kafka_reader_ranges_close(struct kafka_reader_ranges *ranges) {
    free(ranges->items);
    *ranges = (struct kafka_reader_ranges){.items = NULL};
}
