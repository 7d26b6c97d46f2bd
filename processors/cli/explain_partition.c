#include "cli/explain_partition.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/connections.h"
#include "configuration/topics_file.h"
#include "domain/placement.h"
#include "domain/uuid.h"
#include "outside/kafka/kafka_reader.h"

enum { TIMEOUT_MS = 10 * 1000 };

__attribute__((noreturn)) static void die(enum result result, const char *text) {
    complain("%s; or say --partitions NUMBER", text);
    exit((int)exit_code_of(result));
}

/* How many partitions the commands have in Kafka. */
static int32_t ask_kafka(const struct invocation *invocation) {
    static const char *const topics[] = {"certificates.commands"};
    static struct connection connection;
    const struct kafka_reader_plan plan = {
        .topics = topics,
        .topics_count = 1,
        .partition = -1,
        .from = KAFKA_READER_FROM_END,
        .until = KAFKA_READER_UNTIL_WRITTEN,
    };
    struct kafka_reader *reader = NULL;
    struct error error;
    uint32_t count = 0;
    connect_kafka(invocation, LOGGER_LEVEL_WARNING, &connection);
    const enum result result =
        kafka_reader_open(&connection.kafka, &plan, TIMEOUT_MS, &reader, &error);
    if (result != RESULT_OK) {
        die(result, error.text);
    }
    (void)kafka_reader_ranges(reader, &count);
    kafka_reader_close(reader);
    return (int32_t)count;
}

/* The file first: it is at hand, and processors refuse to start where Kafka says otherwise. */
static int32_t find_partitions(const struct invocation *invocation) {
    const struct settings *settings = &invocation->settings;
    const char *servers = settings_text(settings, "kafka.bootstrap.servers");
    struct topics_file *file = NULL;
    struct error error;
    const enum result result =
        topics_file_open(settings_text(settings, "topics.file"), &file, &error);
    if (result == RESULT_OK) {
        const int32_t partitions = (int32_t)file->partitions;
        topics_file_close(file);
        return partitions;
    }
    if (result != RESULT_NOT_FOUND || servers == NULL || *servers == '\0') {
        die(RESULT_INVALID, error.text);
    }
    return ask_kafka(invocation);
}

int explain_partition(const struct invocation *invocation, const char *text, int32_t partitions) {
    assert(text != NULL && partitions >= 0);
    struct uuid id;
    const int32_t count = partitions > 0 ? partitions : find_partitions(invocation);
    const struct bytes key = {.data = (const uint8_t *)text, .length = (uint32_t)strlen(text)};
    const bool is_id = uuid_from_text(text_of(text), &id);
    json_t *view =
        json_pack("{s:s, s:b, s:i, s:i, s:i}", "key", text, "isCertificateId", is_id, "partitions",
                  (int)count, "murmur2", (int)placement_partition(key, count), "crc32",
                  (int)placement_partition_crc32(key, count));
    assert(view != NULL);
    output_object(stdout, invocation->format, view);
    json_decref(view);
    if (!is_id) {
        note(invocation,
             "a record with this key is dead-lettered wherever it lies: a key is the certificate's "
             "id, a UUID in lower case");
    }
    return EXIT_CODE_OK;
}
