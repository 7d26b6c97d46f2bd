#include "cli/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fresh_ids.h"
#include "cli/message_fields.h"
#include "domain/limits.h"
#include "domain/placement.h"
#include "outside/clock_os/clock_os.h"
#include "wire/envelope.h"

enum {
    WAIT_STEP_MS = 100,
    ROOM_FIRST = 16,
};

static void grow(struct outbox *outbox) {
    if (outbox->count < outbox->room) {
        return;
    }
    outbox->room = outbox->room == 0 ? ROOM_FIRST : outbox->room * 2;
    outbox->items = realloc(outbox->items, outbox->room * sizeof *outbox->items);
    outbox->awaited = realloc(outbox->awaited, outbox->room * sizeof *outbox->awaited);
    assert(outbox->items != NULL && outbox->awaited != NULL);
}

static enum result schema_id_of(struct reading *reading, enum message_type type, int32_t *id,
                                struct error *error) {
    static int32_t known[MESSAGE_TYPES_COUNT]; /* 0: not asked yet */
    const struct message_type_entry *entry = &message_types[type];
    if (known[type] == 0) {
        const struct text schema = {.data = entry->schema, .length = entry->schema_length};
        const enum result result = reading->schemas.id_by_text(
            reading->schemas.self, entry->full_name, schema, &known[type], error);
        if (result == RESULT_NOT_FOUND) {
            return error_set(error, RESULT_NOT_FOUND,
                             "the schema of %s is not registered: run `millrace schemas apply`",
                             entry->full_name);
        }
        if (result != RESULT_OK) {
            return result;
        }
    }
    *id = known[type];
    return RESULT_OK;
}

static enum result encode_value(struct outgoing *item, int32_t schema_id, struct error *error) {
    const enum message_type type = item->composed.type;
    const size_t size = wire_encode(type, item->composed.body, schema_id, NULL, 0);
    if (size > LIMIT_COMMAND_BYTES_MAX) {
        return error_set(error, RESULT_INVALID, "%s: %zu bytes are more than the %d of a command",
                         message_type_short(type), size, LIMIT_COMMAND_BYTES_MAX);
    }
    item->value = malloc(size);
    assert(item->value != NULL);
    const size_t written = wire_encode(type, item->composed.body, schema_id, item->value, size);
    assert(written == size);
    item->value_length = (uint32_t)size;
    return RESULT_OK;
}

enum result outbox_add(struct outbox *outbox, struct reading *reading, enum message_type type,
                       json_t *object, struct error *error) {
    assert(outbox != NULL && reading != NULL && json_is_object(object));
    const struct clock clock = clock_os();
    const struct ids ids = fresh_ids();
    int32_t schema_id = 0;
    if (outbox->count == OUTBOX_MAX) {
        return error_set(error, RESULT_INVALID, "more than %d messages at once", OUTBOX_MAX);
    }
    grow(outbox);
    struct outgoing *item = &outbox->items[outbox->count];
    *item = (struct outgoing){.value = NULL};
    arena_reset(&reading->arena);
    enum result result = compose(type, object, clock.wall_ms(clock.self), &ids, &reading->arena,
                                 &item->composed, error);
    if (result == RESULT_OK) {
        result = schema_id_of(reading, type, &schema_id, error);
    }
    if (result == RESULT_OK) {
        result = encode_value(item, schema_id, error);
    }
    if (result != RESULT_OK) {
        return result;
    }
    uuid_to_text(&item->composed.certificate_id, item->key);
    struct awaited *awaited = &outbox->awaited[outbox->count++];
    *awaited = (struct awaited){.type = type,
                                .id = item->composed.id,
                                .certificate_id = item->composed.certificate_id,
                                .version = -1};
    awaited->has_submission_id =
        type == MESSAGE_REGISTRY_OPERATIONS_RESOLVE_SUBMISSION &&
        message_id_field(type, item->composed.body, "submissionId", &awaited->submission_id);
    item->composed.body = NULL;
    return RESULT_OK;
}

static struct kafka_sender_record record_of(const struct outgoing *item) {
    return (struct kafka_sender_record){
        .topic = message_types[item->composed.type].topic,
        .key = {.data = (const uint8_t *)item->key, .length = sizeof item->key},
        .value = {.data = item->value, .length = item->value_length},
    };
}

enum result outbox_send(struct outbox *outbox, const struct connection *connection,
                        struct error *error) {
    struct kafka_sender *sender = NULL;
    enum result result = kafka_sender_open(&connection->kafka, &sender, error);
    uint32_t queued = 0;
    while (result == RESULT_OK && queued < outbox->count) {
        struct outgoing *item = &outbox->items[queued];
        const struct kafka_sender_record record = record_of(item);
        result = kafka_sender_queue(sender, &record, &item->delivery, error);
        queued += result == RESULT_OK;
    }
    while (queued > 0 && kafka_sender_flush(sender, WAIT_STEP_MS) == RESULT_AGAIN) {
        continue; /* librdkafka gives up by itself, after message.timeout.ms */
    }
    for (uint32_t i = 0; result == RESULT_OK && i < queued; i++) {
        const struct outgoing *item = &outbox->items[i];
        const struct kafka_sender_record record = record_of(item);
        if (item->delivery.result != RESULT_OK) {
            result = kafka_sender_explain(sender, &record, &item->delivery, error);
        }
    }
    kafka_sender_close(sender);
    return result;
}

struct kafka_reader *outbox_listen(const struct outbox *outbox, const struct reading *reading,
                                   const struct topics_file *topics) {
    assert(outbox->count > 0);
    const struct outgoing *first = &outbox->items[0];
    const struct bytes key = {.data = (const uint8_t *)first->key, .length = sizeof first->key};
    const struct kafka_reader_plan plan = {
        .topics = awaiting_topics,
        .topics_count = AWAITING_TOPICS_COUNT,
        .partition =
            outbox->count == 1 ? placement_partition(key, (int32_t)topics->partitions) : -1,
        .from = KAFKA_READER_FROM_END,
        .until = KAFKA_READER_UNTIL_STOPPED,
    };
    struct kafka_reader *reader = NULL;
    struct error error;
    const enum result result =
        kafka_reader_open(&reading->connection.kafka, &plan, READING_TIMEOUT_MS, &reader, &error);
    if (result != RESULT_OK) {
        complain("%s", error.text);
        exit((int)exit_code_of(result));
    }
    return reader;
}

void outbox_wait(struct outbox *outbox, struct reading *reading, struct kafka_reader *reader,
                 int64_t wait_ms) {
    const struct clock clock = clock_os();
    const int64_t deadline_ms = clock.monotonic_ms(clock.self) + wait_ms;
    uint32_t answered = 0;
    while (answered < outbox->count && clock.monotonic_ms(clock.self) < deadline_ms) {
        struct kafka_reader_event event = {.kind = KAFKA_READER_NOTHING};
        struct error error;
        const enum result result = kafka_reader_next(reader, WAIT_STEP_MS, &event, &error);
        if (result != RESULT_OK) {
            complain("%s", error.text);
            exit((int)exit_code_of(result));
        }
        if (event.kind == KAFKA_READER_RECORD) {
            struct read_record read;
            reading_decode(reading, &event.record, &read);
            answered += awaiting_take(outbox->awaited, outbox->count, &read);
        }
    }
    kafka_reader_close(reader);
}

static json_t *uuid_json(const struct uuid *id) {
    char text[UUID_CHARACTERS];
    uuid_to_text(id, text);
    return json_stringn(text, sizeof text);
}

static json_t *text_json(const char *text) {
    return *text == '\0' ? json_null() : json_string(text);
}

json_t *outbox_view(const struct outbox *outbox, uint32_t index) {
    assert(index < outbox->count);
    const struct outgoing *item = &outbox->items[index];
    const struct awaited *awaited = &outbox->awaited[index];
    json_t *slices = json_array();
    for (uint32_t i = 0; i < item->composed.slices_count; i++) {
        json_array_append_new(slices, uuid_json(&item->composed.slices[i]));
    }
    json_t *view = json_object();
    json_object_set_new(view, "type", json_string(message_types[item->composed.type].full_name));
    json_object_set_new(view, "id", uuid_json(&item->composed.id));
    json_object_set_new(view, "certificateId", uuid_json(&item->composed.certificate_id));
    json_object_set_new(view, "sliceIds", slices);
    json_object_set_new(view, "partition", json_integer(item->delivery.partition));
    json_object_set_new(view, "offset", json_integer(item->delivery.offset));
    json_object_set_new(view, "verdict", text_json(awaited_word(awaited->verdict)));
    json_object_set_new(view, "reason", text_json(awaited->reason));
    json_object_set_new(view, "detail", text_json(awaited->detail));
    json_object_set_new(view, "version",
                        awaited->version < 0 ? json_null() : json_integer(awaited->version));
    return view;
}

void outbox_deinit(struct outbox *outbox) {
    for (uint32_t i = 0; i < outbox->count; i++) {
        free(outbox->items[i].value);
    }
    free(outbox->items);
    free(outbox->awaited);
    *outbox = (struct outbox){.items = NULL};
}
