#include "cli/cut.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "certificates/certificates.h"
#include "outside/clock_os/clock_os.h"
#include "outside/kafka/kafka_committed.h"
#include "registry_connector/registry_connector.h"

enum { STABLE_TIMEOUT_MS = 120 * 1000 };

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

enum which { OTHERS, STATES, ALL };

/* The ends of some topics, as of now. */
static void ask_ends(struct reading *reading, enum which which, enum kafka_reader_until until,
                     struct cut *cut, int64_t ends[VERIFY_TOPICS_COUNT][CUT_PARTITIONS_MAX]) {
    const char *topics[VERIFY_TOPICS_COUNT];
    uint32_t topics_count = 0;
    struct kafka_reader *reader = NULL;
    struct error error;
    for (uint32_t i = 0; i < VERIFY_TOPICS_COUNT; i++) {
        if (which == ALL || is_state(verify_topics[i]) == (which == STATES)) {
            topics[topics_count++] = verify_topics[i];
        }
    }
    const struct kafka_reader_plan plan = {
        .topics = topics,
        .topics_count = topics_count,
        .partition = -1,
        .from = KAFKA_READER_FROM_END,
        .until = until,
    };
    if (kafka_reader_open(&reading->connection.kafka, &plan, READING_TIMEOUT_MS, &reader, &error) !=
        RESULT_OK) {
        die(&error);
    }
    uint32_t count = 0;
    const struct kafka_reader_range *ranges = kafka_reader_ranges(reader, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (ranges[i].partition >= cut->partitions) {
            complain("%s has more partitions than topics.yaml says: `millrace topics check`",
                     ranges[i].topic);
            exit(EXIT_CODE_CONFIGURATION);
        }
        const uint32_t topic = index_of(ranges[i].topic);
        ends[topic][ranges[i].partition] = ranges[i].end;
        cut->firsts[topic][ranges[i].partition] = ranges[i].first;
    }
    kafka_reader_close(reader);
}

/* Has every transaction with a record before the cut ended? Uses `ends` for a moment. */
static bool is_stable(struct reading *reading, struct cut *cut) {
    ask_ends(reading, ALL, KAFKA_READER_UNTIL_STABLE, cut, cut->ends);
    for (uint32_t topic = 0; topic < VERIFY_TOPICS_COUNT; topic++) {
        for (int32_t partition = 0; partition < cut->partitions; partition++) {
            if (cut->ends[topic][partition] < cut->dues[topic][partition]) {
                return false;
            }
        }
    }
    return true;
}

/* A transaction is open for milliseconds, or until its time-out where its writer has vanished. */
static void wait_until_stable(struct reading *reading, struct cut *cut) {
    const struct clock clock = clock_os();
    const int64_t start_ms = clock.monotonic_ms(clock.self);
    while (!is_stable(reading, cut)) {
        if (clock.monotonic_ms(clock.self) - start_ms > STABLE_TIMEOUT_MS) {
            complain(
                "a transaction has been open for more than %d s; its writer hangs, or the "
                "broker's transaction.max.timeout.ms is longer than that: try again later",
                STABLE_TIMEOUT_MS / 1000);
            exit(EXIT_CODE_FAILURE);
        }
    }
}

static void ask_committed(struct reading *reading, const char *processor, const char *topic,
                          const struct cut *cut, int64_t offsets[CUT_PARTITIONS_MAX]) {
    struct error error;
    if (kafka_committed(&reading->connection.kafka, processor, topic, cut->partitions,
                        STABLE_TIMEOUT_MS, offsets, &error) != RESULT_OK) {
        die(&error);
    }
}

void cut_take(struct reading *reading, int32_t partitions, struct cut *cut) {
    assert(reading != NULL && cut != NULL);
    assert(partitions > 0 && partitions <= CUT_PARTITIONS_MAX);
    static int64_t commands[CUT_PARTITIONS_MAX];
    static int64_t registry_commands[CUT_PARTITIONS_MAX];
    static int64_t registry_events[CUT_PARTITIONS_MAX];
    *cut = (struct cut){.partitions = partitions};
    /* Offsets of open transactions are waited for; a Kafka that is away is told sooner, by this. */
    ask_ends(reading, STATES, KAFKA_READER_UNTIL_WRITTEN, cut, cut->ends);
    ask_committed(reading, certificates_topology.processor, "certificates.commands", cut, commands);
    ask_committed(reading, certificates_topology.processor, "registry.events", cut,
                  registry_events);
    ask_committed(reading, registry_connector_topology.processor, "registry.commands", cut,
                  registry_commands);
    for (int32_t i = 0; i < partitions; i++) {
        cut->positions[i] = (struct verify_positions){
            .certificates_commands = commands[i],
            .registry_commands = registry_commands[i],
            .registry_events = registry_events[i],
            .partitions = partitions,
        };
    }
    ask_ends(reading, OTHERS, KAFKA_READER_UNTIL_STABLE, cut, cut->dues);
    ask_ends(reading, STATES, KAFKA_READER_UNTIL_WRITTEN, cut, cut->dues);
    wait_until_stable(reading, cut);
    ask_ends(reading, ALL, KAFKA_READER_UNTIL_WRITTEN, cut, cut->ends);
}
