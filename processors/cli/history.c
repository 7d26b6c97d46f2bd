#include "cli/history.h"

#include <assert.h>
#include <string.h>

#include "cli/message_fields.h"
#include "domain/placement.h"
#include "domain/uuid.h"
#include "wire/json.h"

/* Causes before effects: the order in which a trace shows brothers. */
static const char *const topics[] = {
    "certificates.commands", "certificates.operations", "registry.commands",
    "registry.operations",   "registry.events",         "registry.evidence",
    "certificates.events",   "certificates.answers",    "dead-letters",
};
static const char *const states[] = {"certificates.state", "registry.state"};

enum { TOPICS_COUNT = sizeof topics / sizeof topics[0] };

struct collecting {
    struct history *history;
    char key[UUID_CHARACTERS];
    json_t *by_topic[TOPICS_COUNT];
};

static bool has_key(const struct log_record *record, const char key[UUID_CHARACTERS]) {
    return record->key.length == UUID_CHARACTERS &&
           memcmp(record->key.data, key, UUID_CHARACTERS) == 0;
}

static bool take_state(void *context, const struct read_record *read) {
    struct collecting *collecting = context;
    struct history *history = collecting->history;
    if (!has_key(read->record, collecting->key) || !read->readable) {
        return true;
    }
    json_t **newest = read->message.type == MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE
                          ? &history->state
                          : &history->ledger;
    json_decref(*newest);
    *newest = json_from_struct(message_types[read->message.type].record, read->message.body);
    return true;
}

static bool take_view(void *context, const struct read_record *read) {
    struct collecting *collecting = context;
    for (uint32_t i = 0; i < TOPICS_COUNT; i++) {
        if (strcmp(topics[i], read->record->topic) == 0 && has_key(read->record, collecting->key)) {
            json_array_append_new(collecting->by_topic[i], reading_view(read));
        }
    }
    return true;
}

void history_collect(struct reading *reading, const struct uuid *certificate_id, int32_t partitions,
                     struct history *history) {
    assert(reading != NULL && certificate_id != NULL && history != NULL && partitions > 0);
    struct collecting collecting = {.history = history};
    *history = (struct history){.views = json_array()};
    uuid_to_text(certificate_id, collecting.key);
    const struct bytes key = {.data = (const uint8_t *)collecting.key,
                              .length = sizeof collecting.key};
    struct kafka_reader_plan plan = {
        .topics = states,
        .topics_count = sizeof states / sizeof states[0],
        .partition = placement_partition(key, partitions),
        .from = KAFKA_READER_FROM_BEGINNING,
        .until = KAFKA_READER_UNTIL_STABLE,
    };
    reading_each(reading, &plan, take_state, &collecting);
    for (uint32_t i = 0; i < TOPICS_COUNT; i++) {
        collecting.by_topic[i] = json_array();
    }
    plan.topics = topics;
    plan.topics_count = TOPICS_COUNT;
    reading_each(reading, &plan, take_view, &collecting);
    for (uint32_t i = 0; i < TOPICS_COUNT; i++) {
        json_array_extend(history->views, collecting.by_topic[i]);
        json_decref(collecting.by_topic[i]);
    }
}

void history_deinit(struct history *history) {
    json_decref(history->state);
    json_decref(history->ledger);
    json_decref(history->views);
    *history = (struct history){.views = NULL};
}

struct finding {
    struct uuid message_id;
    char text[UUID_CHARACTERS];
    json_t *keys;
};

static bool is_about(const struct finding *finding, const struct read_record *read) {
    const struct text letter = reading_header(read->record, "millrace.commandid");
    if (text_equal(letter, (struct text){.data = finding->text, .length = UUID_CHARACTERS})) {
        return true;
    }
    const struct millrace_metadata *metadata =
        read->readable ? message_metadata(read->message.type, read->message.body) : NULL;
    return metadata != NULL && uuid_equal(&metadata->id, &finding->message_id);
}

static bool take_match(void *context, const struct read_record *read) {
    struct finding *finding = context;
    if (!is_about(finding, read)) {
        return true;
    }
    json_t *key = json_stringn((const char *)read->record->key.data, read->record->key.length);
    size_t index;
    const json_t *known;
    json_array_foreach(finding->keys, index, known) {
        if (key == NULL || json_equal(known, key) == 1) {
            json_decref(key);
            return true;
        }
    }
    json_array_append_new(finding->keys, key);
    return true;
}

json_t *history_find(struct reading *reading, const struct uuid *message_id) {
    assert(reading != NULL && message_id != NULL);
    static const char *const doors[] = {"certificates.commands", "certificates.operations",
                                        "registry.operations", "dead-letters"};
    struct finding finding = {.message_id = *message_id, .keys = json_array()};
    uuid_to_text(message_id, finding.text);
    const struct kafka_reader_plan plan = {
        .topics = doors,
        .topics_count = sizeof doors / sizeof doors[0],
        .partition = -1,
        .from = KAFKA_READER_FROM_BEGINNING,
        .until = KAFKA_READER_UNTIL_STABLE,
    };
    reading_each(reading, &plan, take_match, &finding);
    return finding.keys;
}

/* The newest that passes. */
static const json_t *newest_view(const struct history *history,
                                 bool (*is_it)(const json_t *view, const char *wanted),
                                 const char *wanted) {
    const json_t *newest = NULL;
    size_t index;
    const json_t *view;
    json_array_foreach(history->views, index, view) {
        if (is_it(view, wanted)) {
            newest = view;
        }
    }
    return newest;
}

static bool is_text(const json_t *json, const char *wanted) {
    const char *text = json_string_value(json);
    return text != NULL && strcmp(text, wanted) == 0;
}

static bool is_answer_to(const json_t *view, const char *command_id) {
    return is_text(json_object_get(view, "topic"), "certificates.answers") &&
           is_text(json_object_get(json_object_get(view, "message"), "commandId"), command_id);
}

static bool is_of_type(const json_t *view, const char *type) {
    return is_text(json_object_get(view, "type"), type);
}

static bool is_letter_of(const json_t *view, const char *command_id) {
    return is_text(json_object_get(view, "topic"), "dead-letters") &&
           is_text(json_object_get(json_object_get(view, "headers"), "millrace.commandid"),
                   command_id);
}

const json_t *history_answer(const struct history *history, const char *command_id) {
    return json_object_get(newest_view(history, is_answer_to, command_id), "message");
}

const json_t *history_suspension(const struct history *history) {
    const char *type = "certificates.events.CertificateSuspended";
    return json_object_get(newest_view(history, is_of_type, type), "message");
}

const json_t *history_stream(const struct history *history) {
    const char *type = "registry.events.StreamRead";
    return json_object_get(newest_view(history, is_of_type, type), "message");
}

const json_t *history_letter(const struct history *history, const char *command_id) {
    return newest_view(history, is_letter_of, command_id);
}
