#include <inttypes.h>

#include "configuration/nearest.h"
#include "wire/decode.h"
#include "wire/field_path.h"
#include "wire/json.h"
#include "wire/rfc3339.h"
#include "wire/writer.h"

enum { WHAT_MAX = 256 };

/* Walks JSON and descriptor together. Limits of length are left to the decoder, which has them. */
struct reading {
    struct writer writer;
    char field[DECODE_FIELD_MAX]; /* built from the inside out once something is wrong */
    char what[WHAT_MAX];
};

static bool read_record(struct reading *reading, const struct record_descriptor *record,
                        const json_t *json);

__attribute__((format(printf, 2, 3))) static bool wrong(struct reading *reading, const char *format,
                                                        ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reading->what, sizeof reading->what, format, arguments);
    va_end(arguments);
    return false;
}

static bool read_integer(struct reading *reading, const json_t *json, int64_t least, int64_t most) {
    if (!json_is_integer(json)) {
        return wrong(reading, "takes a whole number");
    }
    const int64_t value = json_integer_value(json);
    if (value < least || value > most) {
        return wrong(reading, "takes a number from %" PRId64 " to %" PRId64, least, most);
    }
    writer_long(&reading->writer, value);
    return true;
}

static bool read_timestamp(struct reading *reading, const json_t *json) {
    int64_t time_ms;
    if (json_is_integer(json)) {
        time_ms = json_integer_value(json);
    } else if (!json_is_string(json) ||
               !rfc3339_parse(json_string_value(json), json_string_length(json), &time_ms)) {
        return wrong(reading, "takes a time like \"2026-01-01T00:00:00.000Z\" or ms since 1970");
    }
    writer_long(&reading->writer, time_ms);
    return true;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_bytes(struct reading *reading, const json_t *json) {
    static const char takes[] = "takes bytes as lower-case hex";
    if (!json_is_string(json) || json_string_length(json) % 2 != 0) {
        return wrong(reading, "%s", takes);
    }
    const char *text = json_string_value(json);
    const size_t length = json_string_length(json) / 2;
    writer_long(&reading->writer, (int64_t)length);
    for (size_t i = 0; i < length; i++) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return wrong(reading, "%s", takes);
        }
        writer_byte(&reading->writer, (uint8_t)(high << 4 | low));
    }
    return true;
}

/* The word of a list that is nearest to `word`, or NULL when none is near. */
struct nearest {
    const char *word;
    uint32_t distance;
};

static void nearest_offer(struct nearest *nearest, const char *word, const char *candidate) {
    const uint32_t distance = word_distance(word, candidate);
    if (word_distance_is_near(word, distance) &&
        (nearest->word == NULL || distance < nearest->distance)) {
        *nearest = (struct nearest){.word = candidate, .distance = distance};
    }
}

static bool unknown(struct reading *reading, const char *kind, const char *word,
                    const struct nearest *nearest) {
    if (nearest->word != NULL) {
        return wrong(reading, "has no %s '%.64s'; did you mean '%s'?", kind, word, nearest->word);
    }
    return wrong(reading, "has no %s '%.64s'", kind, word);
}

static bool read_enum(struct reading *reading, const struct enum_descriptor *symbols,
                      const json_t *json) {
    if (!json_is_string(json)) {
        return wrong(reading, "takes the name of a symbol of %s", symbols->full_name);
    }
    const char *word = json_string_value(json);
    struct nearest nearest = {0};
    for (uint32_t i = 0; i < symbols->symbols_count; i++) {
        if (strcmp(symbols->symbols[i], word) == 0) {
            writer_long(&reading->writer, i);
            return true;
        }
        nearest_offer(&nearest, word, symbols->symbols[i]);
    }
    return unknown(reading, "symbol", word, &nearest);
}

/* One value that is neither null nor an array. */
static bool read_value(struct reading *reading, const struct type_descriptor *type,
                       const json_t *json) {
    switch (type->kind) {
    case TYPE_BOOLEAN:
        if (!json_is_boolean(json)) {
            return wrong(reading, "takes true or false");
        }
        writer_byte(&reading->writer, json_is_true(json) ? 1 : 0);
        return true;
    case TYPE_INT:
        return read_integer(reading, json, INT32_MIN, INT32_MAX);
    case TYPE_LONG:
        return read_integer(reading, json, INT64_MIN, INT64_MAX);
    case TYPE_TIMESTAMP:
        return read_timestamp(reading, json);
    case TYPE_STRING:
    case TYPE_UUID:
        if (!json_is_string(json)) {
            return wrong(reading, "takes %s", type->kind == TYPE_UUID ? "a UUID" : "text");
        }
        writer_counted(&reading->writer, json_string_value(json), json_string_length(json));
        return true;
    case TYPE_BYTES:
        return read_bytes(reading, json);
    case TYPE_ENUM:
        return read_enum(reading, type->symbols, json);
    case TYPE_RECORD:
        return read_record(reading, type->record, json);
    case TYPE_ARRAY:
        break;
    }
    assert(false && "an array where only single values can be");
    return false;
}

static bool read_items(struct reading *reading, const struct type_descriptor *type,
                       const json_t *json) {
    if (!json_is_array(json)) {
        return wrong(reading, "takes a list");
    }
    const size_t count = json_array_size(json);
    if (count > type->length_max) {
        return wrong(reading, "takes at most %u items", type->length_max);
    }
    if (count > 0) {
        writer_long(&reading->writer, (int64_t)count);
    }
    for (size_t i = 0; i < count; i++) {
        if (!read_value(reading, type->item, json_array_get(json, i))) {
            field_path_at(reading->field, sizeof reading->field, (uint32_t)i);
            return false;
        }
    }
    writer_long(&reading->writer, 0);
    return true;
}

static bool read_field(struct reading *reading, const struct field_descriptor *field,
                       const json_t *json) {
    if (json == NULL) {
        if (!field->has_default) {
            return wrong(reading, "is missing");
        }
        writer_raw(&reading->writer, field->default_avro.data, field->default_avro.length);
        return true;
    }
    if (field->type.nullable) {
        writer_long(&reading->writer, json_is_null(json) ? 0 : 1);
        if (json_is_null(json)) {
            return true;
        }
    }
    return field->type.kind == TYPE_ARRAY ? read_items(reading, &field->type, json)
                                          : read_value(reading, &field->type, json);
}

static const struct field_descriptor *field_named(const struct record_descriptor *record,
                                                  const char *name, struct nearest *nearest) {
    for (uint32_t i = 0; i < record->fields_count; i++) {
        if (strcmp(record->fields[i].name, name) == 0) {
            return &record->fields[i];
        }
        nearest_offer(nearest, name, record->fields[i].name);
    }
    return NULL;
}

static bool read_record(struct reading *reading, const struct record_descriptor *record,
                        const json_t *json) {
    if (!json_is_object(json)) {
        return wrong(reading, "takes an object with the fields of %s", record->full_name);
    }
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)json, name, value) {
        struct nearest nearest = {0};
        if (field_named(record, name, &nearest) == NULL) {
            return unknown(reading, "field", name, &nearest);
        }
    }
    for (uint32_t i = 0; i < record->fields_count; i++) {
        const struct field_descriptor *field = &record->fields[i];
        if (!read_field(reading, field, json_object_get(json, field->name))) {
            field_path_within(reading->field, sizeof reading->field, field->name);
            return false;
        }
    }
    return true;
}

enum result json_to_avro(const struct record_descriptor *record, const json_t *json,
                         struct arena *arena, struct bytes *avro, struct error *error) {
    assert(record != NULL && json != NULL && arena != NULL);
    assert(avro != NULL && error != NULL);
    struct reading sizing = {0};
    if (!read_record(&sizing, record, json)) {
        return error_set(error, RESULT_INVALID, "%s: field '%s' %s", record->full_name,
                         sizing.field, sizing.what);
    }
    const size_t size = sizing.writer.length;
    uint8_t *buffer = size > UINT32_MAX ? NULL : arena_try(arena, size);
    if (buffer == NULL) {
        return error_set(error, RESULT_INVALID, "%s: %zu bytes are too large", record->full_name,
                         size);
    }
    struct reading filling = {.writer = {.buffer = buffer, .capacity = size}};
    const bool filled = read_record(&filling, record, json);
    assert(filled && filling.writer.length == size);
    *avro = (struct bytes){.data = buffer, .length = (uint32_t)size};
    return RESULT_OK;
}

enum result json_to_struct(const struct record_descriptor *record, const json_t *json,
                           struct arena *arena, void **body, struct error *error) {
    struct bytes avro = {0};
    const enum result result = json_to_avro(record, json, arena, &avro, error);
    if (result != RESULT_OK) {
        return result;
    }
    struct plan plan;
    plan_open_own(record, &plan);
    struct decode_error wrong;
    const bool decoded = decode(&plan, avro, arena, body, &wrong);
    plan_close(&plan);
    if (!decoded) {
        return error_set(error, RESULT_INVALID, "%s: field '%s': %s", record->full_name,
                         wrong.field, decode_reason_text(wrong.reason));
    }
    return RESULT_OK;
}
