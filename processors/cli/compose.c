#include "cli/compose.h"

#include <assert.h>
#include <string.h>

#include "cli/message_fields.h"
#include "configuration/nearest.h"
#include "domain/ids.h"
#include "domain/uuid.h"
#include "domain/version.h"
#include "generated/c/certificates_commands.h"
#include "wire/json.h"
#include "wire/rfc3339.h"

static bool may_be_sent(enum message_type type) {
    static const char *const topics[] = {"certificates.commands", "certificates.operations",
                                         "registry.operations"};
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        if (strcmp(message_types[type].topic, topics[i]) == 0) {
            return true;
        }
    }
    return false;
}

enum result compose_type(const char *name, enum message_type *type, struct error *error) {
    assert(name != NULL && type != NULL);
    if (message_type_named(name, type)) {
        return may_be_sent(*type) ? RESULT_OK
                                  : error_set(error, RESULT_INVALID,
                                              "%s is neither a command nor an operation: only "
                                              "processors write it",
                                              message_types[*type].full_name);
    }
    const char *nearest = NULL;
    uint32_t nearest_distance = UINT32_MAX;
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        const char *word = message_type_short((enum message_type)i);
        const uint32_t distance = word_distance(name, word);
        if (may_be_sent((enum message_type)i) && distance < nearest_distance) {
            nearest_distance = distance;
            nearest = word;
        }
    }
    if (nearest != NULL && word_distance_is_near(name, nearest_distance)) {
        return error_set(error, RESULT_INVALID, "there is no message type %.100s: did you mean %s?",
                         name, nearest);
    }
    return error_set(error, RESULT_INVALID,
                     "there is no message type %.100s: `millrace send --list` names them", name);
}

static json_t *uuid_json(const struct uuid *id) {
    char text[UUID_CHARACTERS];
    uuid_to_text(id, text);
    return json_stringn(text, sizeof text);
}

/* Put a member in unless there is one. Takes over `value`. */
static void fill(json_t *object, const char *member, json_t *value) {
    assert(value != NULL);
    if (json_object_get(object, member) == NULL) {
        json_object_set_new(object, member, value);
    } else {
        json_decref(value);
    }
}

static enum result fill_metadata(json_t *object, int64_t now_ms, const struct ids *ids,
                                 struct error *error) {
    char time[RFC3339_SIZE];
    const bool in_range = rfc3339_format(now_ms, time);
    assert(in_range);
    fill(object, "metadata", json_object());
    json_t *metadata = json_object_get(object, "metadata");
    if (!json_is_object(metadata)) {
        return error_set(error, RESULT_INVALID, "'metadata' must be an object");
    }
    const struct uuid id = ids->fresh(ids->self);
    fill(metadata, "id", uuid_json(&id));
    fill(metadata, "timestamp", json_string(time));
    fill(metadata, "source",
         json_pack("{s:s, s:s}", "name", "millrace-cli", "version", MILLRACE_VERSION));
    fill(metadata, "channel", json_string("cli"));
    return RESULT_OK;
}

/* The id that everybody would give to this measurement, where the asset is known. */
static bool recommended_id(const json_t *object, struct uuid *id) {
    const char *area = json_string_value(json_object_get(object, "gridArea"));
    const char *asset = json_string_value(json_object_get(object, "assetId"));
    const char *start = json_string_value(json_object_get(object, "periodStart"));
    const char *end = json_string_value(json_object_get(object, "periodEnd"));
    const char *type = json_string_value(json_object_get(object, "certificateType"));
    int64_t start_ms;
    int64_t end_ms;
    if (area == NULL || asset == NULL || start == NULL || end == NULL || type == NULL ||
        strlen(area) > 256 || strlen(asset) > 256 ||
        !rfc3339_parse(start, strlen(start), &start_ms) ||
        !rfc3339_parse(end, strlen(end), &end_ms)) {
        return false;
    }
    const bool production = strcmp(type, "Production") == 0;
    if (!production && strcmp(type, "Consumption") != 0) {
        return false;
    }
    *id = id_of_certificate(
        text_of(area), text_of(asset), start_ms, end_ms,
        production ? MILLRACE_CERTIFICATE_TYPE_PRODUCTION : MILLRACE_CERTIFICATE_TYPE_CONSUMPTION);
    return true;
}

static void fill_certificate_id(json_t *object, const struct ids *ids) {
    struct uuid id;
    if (json_object_get(object, "certificateId") != NULL) {
        return;
    }
    if (!recommended_id(object, &id)) {
        id = ids->fresh(ids->self);
    }
    fill(object, "certificateId", uuid_json(&id));
}

static void foretell_slices(struct composed *composed) {
    uint32_t count = 0;
    if (composed->type == MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE) {
        count = 1;
    } else if (composed->type == MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE) {
        const struct certificates_commands_slice_certificate *command = composed->body;
        count = command->parts_count;
    }
    composed->slices_count = count < COMPOSE_SLICES_MAX ? count : COMPOSE_SLICES_MAX;
    for (uint32_t i = 0; i < composed->slices_count; i++) {
        composed->slices[i] = id_of_slice(&composed->certificate_id, &composed->id, i);
    }
}

enum result compose(enum message_type type, json_t *object, int64_t now_ms, const struct ids *ids,
                    struct arena *arena, struct composed *composed, struct error *error) {
    assert(json_is_object(object) && ids != NULL && composed != NULL);
    assert(may_be_sent(type));
    enum result result = fill_metadata(object, now_ms, ids, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (type == MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE) {
        fill_certificate_id(object, ids);
    }
    void *body = NULL;
    result = json_to_struct(message_types[type].record, object, arena, &body, error);
    if (result != RESULT_OK) {
        return error_wrap(error, "%s", message_type_short(type));
    }
    *composed = (struct composed){.type = type, .body = body};
    composed->id = message_metadata(type, body)->id;
    const bool keyed = message_id_field(type, body, "certificateId", &composed->certificate_id);
    assert(keyed); /* every command and operation is about one certificate */
    foretell_slices(composed);
    return RESULT_OK;
}
