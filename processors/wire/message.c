#include "wire/message.h"

#include "generated/c/millrace.h"
#include "wire/encode.h"
#include "wire/envelope.h"

__attribute__((format(printf, 3, 4))) static enum result refuse(struct wire_failure *failure,
                                                                enum dead_letter_reason reason,
                                                                const char *format, ...) {
    failure->reason = reason;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    return RESULT_INVALID;
}

static enum result refuse_plainly(struct wire_failure *failure, enum dead_letter_reason reason) {
    return refuse(failure, reason, "%s", dead_letter_reason_sentence(reason));
}

/* The id and what follows it, or why there is none. */
static enum result open_envelope(const struct wire_input *input, struct bytes *payload,
                                 struct wire_failure *failure) {
    uint32_t id = 0;
    if (input->value_null) {
        return refuse_plainly(failure, DEAD_LETTER_EMPTY);
    }
    if (input->schema_id_in_header) {
        return refuse_plainly(failure, DEAD_LETTER_SCHEMA_ID_IN_HEADER);
    }
    switch (envelope_read(input->value, &id, payload)) {
    case ENVELOPE_CONFLUENT:
        break;
    case ENVELOPE_EMPTY:
        return refuse_plainly(failure, DEAD_LETTER_EMPTY);
    case ENVELOPE_SINGLE_OBJECT:
        return refuse_plainly(failure, DEAD_LETTER_SINGLE_OBJECT_ENCODING);
    case ENVELOPE_FOREIGN:
        return refuse_plainly(failure, DEAD_LETTER_NOT_CONFLUENT_FRAMED);
    }
    if (id == 0 || id > INT32_MAX) {
        return refuse(failure, DEAD_LETTER_UNKNOWN_SCHEMA_ID, "%u is no schema id", id);
    }
    failure->schema_id_known = true;
    failure->schema_id = (int32_t)id;
    return RESULT_OK;
}

/* May this schema's records travel on this topic, and can we read them? */
static enum result check_schema(const struct wire_input *input, const struct schema_entry *entry,
                                struct wire_failure *failure) {
    if (entry->state == SCHEMA_UNKNOWN_ID) {
        return refuse(failure, DEAD_LETTER_UNKNOWN_SCHEMA_ID,
                      "schema id %d is not in the schema registry", entry->id);
    }
    if (entry->state == SCHEMA_UNKNOWN_TYPE) {
        return refuse(failure, DEAD_LETTER_TYPE_NOT_ALLOWED, "'%s' may not travel on '%s'",
                      entry->text, input->topic);
    }
    failure->type_known = entry->type_known;
    failure->type = entry->type;
    if (entry->type_known && strcmp(message_types[entry->type].topic, input->topic) != 0) {
        return refuse(failure, DEAD_LETTER_TYPE_NOT_ALLOWED, "'%s' may not travel on '%s'",
                      message_types[entry->type].full_name, input->topic);
    }
    if (entry->state == SCHEMA_UNREADABLE) {
        return refuse(failure, DEAD_LETTER_UNREADABLE_SCHEMA, "schema id %d: %s", entry->id,
                      entry->text);
    }
    return RESULT_OK;
}

static enum dead_letter_reason reason_of(enum decode_reason reason) {
    switch (reason) {
    case DECODE_TRAILING:
        return DEAD_LETTER_TRAILING_BYTES;
    case DECODE_UUID_NOT_CANONICAL:
        return DEAD_LETTER_NOT_CANONICAL;
    case DECODE_TOO_LONG:
    case DECODE_TOO_MANY:
    case DECODE_ARENA:
        return DEAD_LETTER_TOO_LARGE;
    case DECODE_OK:
    case DECODE_TRUNCATED:
    case DECODE_NUMBER:
    case DECODE_BOOLEAN:
    case DECODE_LENGTH_NEGATIVE:
    case DECODE_UTF8:
    case DECODE_UUID:
    case DECODE_ENUM:
    case DECODE_UNION:
    case DECODE_UNION_UNREADABLE:
    case DECODE_BLOCK:
        break;
    }
    return DEAD_LETTER_MALFORMED;
}

/* The id is known once it was read, even if something behind it was wrong: the struct starts as
 * zeros, and nobody's id is all zeros. */
static void keep_command_id(const struct message *message, struct wire_failure *failure) {
    if (message->body == NULL || !message_types[message->type].has_metadata) {
        return;
    }
    static const struct uuid none;
    const struct millrace_metadata *metadata = message->body;
    failure->command_id = metadata->id;
    failure->command_id_known = !uuid_equal(&metadata->id, &none);
}

static enum result decode_body(const struct wire_input *input, const struct schema_entry *entry,
                               struct bytes payload, struct arena *arena, struct message *message,
                               struct wire_failure *failure) {
    struct decode_error wrong;
    message->type = entry->type;
    if (!decode(&entry->plan, payload, arena, &message->body, &wrong)) {
        keep_command_id(message, failure);
        memcpy(failure->field, wrong.field, sizeof failure->field);
        return refuse(failure, reason_of(wrong.reason), "%s%s%s%s", wrong.field[0] ? "field '" : "",
                      wrong.field, wrong.field[0] ? "': " : "", decode_reason_text(wrong.reason));
    }
    if (input->refuse_other &&
        decode_find_other(message_types[entry->type].record, message->body, failure->field)) {
        keep_command_id(message, failure);
        return refuse(failure, DEAD_LETTER_UNSUPPORTED_VALUE,
                      "field '%s' has a symbol that this version does not know", failure->field);
    }
    return RESULT_OK;
}

enum result wire_decode(struct schema_cache *cache, const struct wire_input *input,
                        struct arena *arena, int64_t now_ms, struct message *message,
                        struct wire_failure *failure) {
    assert(cache != NULL && input != NULL && arena != NULL);
    assert(message != NULL && failure != NULL);
    *failure = (struct wire_failure){0};
    struct bytes payload = {0};
    enum result result = open_envelope(input, &payload, failure);
    if (result != RESULT_OK) {
        return result;
    }
    const struct schema_entry *entry;
    struct error error;
    result = schema_cache_find(cache, failure->schema_id, now_ms, &entry, &error);
    if (result != RESULT_OK) {
        failure->denied = result == RESULT_DENIED;
        (void)snprintf(failure->text, sizeof failure->text, "schema id %d: %.400s",
                       failure->schema_id, error.text);
        return RESULT_AGAIN;
    }
    result = check_schema(input, entry, failure);
    if (result != RESULT_OK) {
        return result;
    }
    return decode_body(input, entry, payload, arena, message, failure);
}

size_t wire_encode(enum message_type type, const void *body, int32_t schema_id, uint8_t *buffer,
                   size_t capacity) {
    assert((uint32_t)type < MESSAGE_TYPES_COUNT && body != NULL);
    if (capacity < ENVELOPE_BYTES) {
        return ENVELOPE_BYTES + encode(message_types[type].record, body, NULL, 0);
    }
    envelope_write(schema_id, buffer);
    return ENVELOPE_BYTES + encode(message_types[type].record, body, buffer + ENVELOPE_BYTES,
                                   capacity - ENVELOPE_BYTES);
}

/* Another type that was given the id of this one before; NULL: none was. */
static const char *type_with_id_of(const struct wire_ids *ids, const enum message_type *types,
                                   uint32_t index, int32_t id) {
    for (uint32_t i = 0; i < index; i++) {
        if (ids->of[types[i]] == id && types[i] != types[index]) {
            return message_types[types[i]].full_name;
        }
    }
    return NULL;
}

enum result wire_ids_resolve(const struct schemas *schemas, struct schema_cache *cache,
                             const enum message_type *types, uint32_t types_count,
                             struct wire_ids *ids, struct error *error) {
    assert(schemas != NULL && cache != NULL);
    assert(types != NULL && ids != NULL);
    for (uint32_t i = 0; i < types_count; i++) {
        const struct message_type_entry *type = &message_types[types[i]];
        const struct text text = {.data = type->schema, .length = type->schema_length};
        int32_t id = 0;
        const enum result result =
            schemas->id_by_text(schemas->self, type->full_name, text, &id, error);
        if (result == RESULT_NOT_FOUND) {
            return error_set(error, result,
                             "the schema of '%s' is not registered as this program has it: run "
                             "'millrace schemas plan', then 'millrace schemas apply'",
                             type->full_name);
        }
        if (result != RESULT_OK) {
            return result;
        }
        const char *other = type_with_id_of(ids, types, i, id);
        if (other != NULL) {
            return error_set(error, RESULT_AGAIN,
                             "the schema registry gives id %d to both '%s' and '%s', and nobody "
                             "could read what is written with it: look at what answers there",
                             id, other, type->full_name);
        }
        ids->of[types[i]] = id;
        schema_cache_add_own(cache, id, types[i]);
    }
    return RESULT_OK;
}
