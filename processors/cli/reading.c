#include "cli/reading.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "outside/clock_os/clock_os.h"
#include "wire/envelope.h"

enum {
    ARENA_BYTES = 64 * 1024 * 1024,
    WAIT_MS = 500, /* how long one look for a record waits */
};

__attribute__((noreturn)) static void die(enum result result, const char *text) {
    complain("%s", text);
    exit((int)exit_code_of(result));
}

void reading_open(const struct invocation *invocation, struct reading *reading) {
    assert(invocation != NULL && reading != NULL);
    connect_kafka(invocation, LOGGER_LEVEL_WARNING, &reading->connection);
    reading->registry = connect_schema_registry(invocation);
    reading->schemas = schema_registry_port(reading->registry);
    reading->cache = schema_cache_open(
        &reading->schemas, connection_schemas_directory(invocation, &reading->connection));
    void *memory = malloc(ARENA_BYTES);
    assert(memory != NULL);
    arena_init(&reading->arena, memory, ARENA_BYTES);
}

void reading_close(struct reading *reading) {
    schema_cache_close(reading->cache);
    reading->schemas.close(reading->schemas.self);
    free(reading->arena.base);
}

struct text reading_header(const struct log_record *record, const char *name) {
    for (uint32_t i = 0; i < record->headers_count; i++) {
        if (text_equal(record->headers[i].name, text_of(name))) {
            return (struct text){.data = (const char *)record->headers[i].value.data,
                                 .length = record->headers[i].value.length};
        }
    }
    return (struct text){.data = "", .length = 0};
}

static bool has_schema_id_header(const struct log_record *record) {
    for (uint32_t i = 0; i < record->headers_count; i++) {
        if (envelope_header_has_schema_id(record->headers[i].name)) {
            return true;
        }
    }
    return false;
}

void reading_decode(struct reading *reading, const struct log_record *record,
                    struct read_record *read) {
    assert(reading != NULL && record != NULL && read != NULL);
    arena_reset(&reading->arena);
    *read = (struct read_record){.record = record};
    /* A dead letter is a copy of a record of another topic, and is read as that. */
    char topic[256];
    const struct text origin = reading_header(record, "__streams.errors.topic");
    const bool is_letter = strcmp(record->topic, "dead-letters") == 0 && origin.length > 0;
    (void)snprintf(topic, sizeof topic, "%.*s", is_letter ? (int)origin.length : 255,
                   is_letter ? origin.data : record->topic);
    const struct wire_input input = {
        .topic = topic,
        .value_null = record->value_null,
        .value = record->value,
        .schema_id_in_header = has_schema_id_header(record),
    };
    const struct clock clock = clock_os();
    const enum result result =
        wire_decode(reading->cache, &input, &reading->arena, clock.monotonic_ms(clock.self),
                    &read->message, &read->failure);
    if (result == RESULT_AGAIN) {
        die(read->failure.denied ? RESULT_DENIED : result, read->failure.text);
    }
    read->readable = result == RESULT_OK;
}

enum result reading_try(struct reading *reading, const struct kafka_reader_plan *plan,
                        bool (*visit)(void *context, const struct read_record *read), void *context,
                        struct error *error) {
    struct kafka_reader *reader = NULL;
    enum result result =
        kafka_reader_open(&reading->connection.kafka, plan, READING_TIMEOUT_MS, &reader, error);
    if (result == RESULT_NOT_FOUND) {
        return result;
    }
    if (result != RESULT_OK) {
        die(result, error->text);
    }
    struct kafka_reader_event event = {.kind = KAFKA_READER_NOTHING};
    bool more = true;
    while (more) {
        result = kafka_reader_next(reader, WAIT_MS, &event, error);
        if (result != RESULT_OK) {
            die(result, error->text);
        }
        if (event.kind == KAFKA_READER_RECORD) {
            struct read_record read;
            reading_decode(reading, &event.record, &read);
            more = visit(context, &read);
        }
        more = more && event.kind != KAFKA_READER_END;
    }
    kafka_reader_close(reader);
    return RESULT_OK;
}

void reading_each(struct reading *reading, const struct kafka_reader_plan *plan,
                  bool (*visit)(void *context, const struct read_record *read), void *context) {
    struct error error;
    const enum result result = reading_try(reading, plan, visit, context, &error);
    if (result != RESULT_OK) {
        die(result, error.text);
    }
}
