#include "cli/cut.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "certificates/certificates.h"
#include "outside/kafka/kafka_committed.h"
#include "registry_connector/registry_connector.h"

__attribute__((noreturn)) static void die(const struct error *error) {
    complain("%s", error->text);
    exit((int)exit_code_of(error->result));
}

static bool is_state(const char *topic) {
    const char *dot = strrchr(topic, '.');
    return dot != NULL && strcmp(dot, ".state") == 0;
}

static uint32_t index_of(const char *topic) {
    uint32_t index = 0;
    while (strcmp(verify_topics[index], topic) != 0) {
        index++;
    }
    assert(index < VERIFY_TOPICS_COUNT);
    return index;
}

/* The ends, as of now, of the states or of all other topics. */
static void ask_ends(struct reading *reading, bool states, int32_t partitions,
                     int64_t ends[VERIFY_TOPICS_COUNT][CUT_PARTITIONS_MAX]) {
    const char *topics[VERIFY_TOPICS_COUNT];
    uint32_t topics_count = 0;
    struct kafka_reader *reader = NULL;
    struct error error;
    for (uint32_t i = 0; i < VERIFY_TOPICS_COUNT; i++) {
        if (is_state(verify_topics[i]) == states) {
            topics[topics_count++] = verify_topics[i];
        }
    }
    const struct kafka_reader_plan plan = {
        .topics = topics,
        .topics_count = topics_count,
        .partition = -1,
        .from = KAFKA_READER_FROM_END,
        .until = KAFKA_READER_UNTIL_WRITTEN,
    };
    if (kafka_reader_open(&reading->connection.kafka, &plan, READING_TIMEOUT_MS, &reader, &error) !=
        RESULT_OK) {
        die(&error);
    }
    uint32_t count = 0;
    const struct kafka_reader_range *ranges = kafka_reader_ranges(reader, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (ranges[i].partition >= partitions) {
            complain("%s has more partitions than topics.yaml says: `millrace topics check`",
                     ranges[i].topic);
            exit(EXIT_CODE_CONFIGURATION);
        }
        ends[index_of(ranges[i].topic)][ranges[i].partition] = ranges[i].end;
    }
    kafka_reader_close(reader);
}

void cut_take(struct reading *reading, int32_t partitions, struct cut *cut) {
    assert(reading != NULL && cut != NULL);
    assert(partitions > 0 && partitions <= CUT_PARTITIONS_MAX);
    const struct kafka_config *kafka = &reading->connection.kafka;
    struct error error;
    *cut = (struct cut){.partitions = partitions};
    if (kafka_committed(kafka, certificates_topology.processor, "certificates.commands", partitions,
                        READING_TIMEOUT_MS, cut->certificates_commands, &error) != RESULT_OK ||
        kafka_committed(kafka, registry_connector_topology.processor, "registry.commands",
                        partitions, READING_TIMEOUT_MS, cut->registry_commands,
                        &error) != RESULT_OK) {
        die(&error);
    }
    ask_ends(reading, false, partitions, cut->dues);
    ask_ends(reading, true, partitions, cut->ends);
    memcpy(cut->dues[index_of("certificates.state")], cut->ends[index_of("certificates.state")],
           sizeof cut->dues[0]);
    memcpy(cut->dues[index_of("registry.state")], cut->ends[index_of("registry.state")],
           sizeof cut->dues[0]);
    ask_ends(reading, false, partitions, cut->ends);
}
