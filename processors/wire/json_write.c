#include "domain/uuid.h"
#include "wire/json.h"
#include "wire/rfc3339.h"

static json_t *from_bytes(const struct bytes *bytes) {
    static const char digits[] = "0123456789abcdef";
    char *text = malloc((size_t)bytes->length * 2 + 1);
    assert(text != NULL);
    for (uint32_t i = 0; i < bytes->length; i++) {
        text[2 * (size_t)i] = digits[bytes->data[i] >> 4];
        text[2 * (size_t)i + 1] = digits[bytes->data[i] & 0xf];
    }
    json_t *json = json_stringn(text, (size_t)bytes->length * 2);
    free(text);
    return json;
}

/* A time that no calendar has is shown as the number it is. */
static json_t *from_timestamp(int64_t time_ms) {
    char text[RFC3339_SIZE];
    return rfc3339_format(time_ms, text) ? json_string(text) : json_integer(time_ms);
}

/* One value that is neither null nor an array. */
static json_t *from_value(const struct type_descriptor *type, const void *value) {
    switch (type->kind) {
    case TYPE_BOOLEAN:
        return json_boolean(*(const bool *)value);
    case TYPE_INT:
        return json_integer(*(const int32_t *)value);
    case TYPE_LONG:
        return json_integer(*(const int64_t *)value);
    case TYPE_TIMESTAMP:
        return from_timestamp(*(const int64_t *)value);
    case TYPE_STRING: {
        const struct text *text = value;
        return text->length == 0 ? json_string("") : json_stringn(text->data, text->length);
    }
    case TYPE_UUID: {
        char text[UUID_CHARACTERS];
        uuid_to_text(value, text);
        return json_stringn(text, sizeof text);
    }
    case TYPE_BYTES:
        return from_bytes(value);
    case TYPE_ENUM: {
        uint32_t index;
        memcpy(&index, value, sizeof index);
        assert(index < type->symbols->symbols_count);
        return json_string(type->symbols->symbols[index]);
    }
    case TYPE_RECORD:
        return json_from_struct(type->record, value);
    case TYPE_ARRAY:
        break;
    }
    assert(false && "an array where only single values can be");
    return NULL;
}

static json_t *from_field(const struct field_descriptor *field, const void *body) {
    if (field_is_null(field, body)) {
        return json_null();
    }
    if (field->type.kind == TYPE_RECORD) {
        return json_from_struct(field->type.record, field_record(field, body));
    }
    if (field->type.kind != TYPE_ARRAY) {
        return from_value(&field->type, (const uint8_t *)body + field->offset);
    }
    uint32_t count;
    const uint8_t *items = field_items(field, body, &count);
    json_t *array = json_array();
    for (uint32_t i = 0; i < count; i++) {
        const struct type_descriptor *item = field->type.item;
        const int appended =
            json_array_append_new(array, from_value(item, items + (size_t)i * item->size));
        assert(appended == 0);
    }
    return array;
}

json_t *json_from_struct(const struct record_descriptor *record, const void *body) {
    assert(record != NULL && body != NULL);
    json_t *object = json_object();
    assert(object != NULL);
    for (uint32_t i = 0; i < record->fields_count; i++) {
        const struct field_descriptor *field = &record->fields[i];
        const int set = json_object_set_new(object, field->name, from_field(field, body));
        assert(set == 0); /* out of memory, or text that is not UTF-8: a bug */
    }
    return object;
}
