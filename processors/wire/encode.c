#include "wire/encode.h"

#include <assert.h>
#include <string.h>

#include "wire/text_check.h"

/* Counts all bytes, keeps those that fit. */
struct writer {
    uint8_t *buffer;
    size_t capacity;
    size_t length; /* bytes so far, kept or not */
};

static void write_raw(struct writer *writer, const void *data, size_t length) {
    if (length > 0 && writer->length <= writer->capacity &&
        length <= writer->capacity - writer->length) {
        memcpy(writer->buffer + writer->length, data, length);
    }
    writer->length += length;
}

static void write_long(struct writer *writer, int64_t value) {
    uint64_t bits = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    uint8_t encoded[10];
    size_t length = 0;
    while (bits > 0x7f) {
        encoded[length++] = (uint8_t)(bits | 0x80);
        bits >>= 7;
    }
    encoded[length++] = (uint8_t)bits;
    write_raw(writer, encoded, length);
}

static void write_counted(struct writer *writer, const void *data, uint32_t length,
                          uint32_t length_max) {
    assert(length <= length_max);
    write_long(writer, length);
    write_raw(writer, data, length);
}

static void write_record(struct writer *writer, const struct record_descriptor *record,
                         const void *body);

/* One value that is neither null nor an array. */
static void write_value(struct writer *writer, const struct type_descriptor *type,
                        const void *value) {
    switch (type->kind) {
    case TYPE_BOOLEAN: {
        const uint8_t byte = *(const bool *)value ? 1 : 0;
        write_raw(writer, &byte, sizeof byte);
        return;
    }
    case TYPE_INT:
        write_long(writer, *(const int32_t *)value);
        return;
    case TYPE_LONG:
    case TYPE_TIMESTAMP:
        write_long(writer, *(const int64_t *)value);
        return;
    case TYPE_STRING: {
        const struct text *text = value;
        write_counted(writer, text->data, text->length, type->length_max);
        return;
    }
    case TYPE_BYTES: {
        const struct bytes *bytes = value;
        write_counted(writer, bytes->data, bytes->length, type->length_max);
        return;
    }
    case TYPE_UUID: {
        char text[UUID_TEXT_LENGTH];
        uuid_format(value, text);
        write_counted(writer, text, sizeof text, sizeof text);
        return;
    }
    case TYPE_ENUM: {
        uint32_t index;
        memcpy(&index, value, sizeof index);
        assert(index < type->symbols->symbols_count);
        write_long(writer, index);
        return;
    }
    case TYPE_RECORD:
        write_record(writer, type->record, value);
        return;
    case TYPE_ARRAY:
        break;
    }
    assert(!"an array where only single values can be");
}

/* One block, and none for an empty array: the same items always make the same bytes. */
static void write_items(struct writer *writer, const struct field_descriptor *field,
                        const void *body) {
    uint32_t count;
    const uint8_t *items = field_items(field, body, &count);
    assert(count <= field->type.length_max);
    if (count > 0) {
        write_long(writer, count);
        for (uint32_t i = 0; i < count; i++) {
            write_value(writer, field->type.item, items + (size_t)i * field->type.item->size);
        }
    }
    write_long(writer, 0);
}

static void write_field(struct writer *writer, const struct field_descriptor *field,
                        const void *body) {
    if (field->type.nullable) {
        const bool null = field_is_null(field, body);
        write_long(writer, null ? 0 : 1);
        if (null) {
            return;
        }
    }
    if (field->type.kind == TYPE_ARRAY) {
        write_items(writer, field, body);
    } else if (field->type.kind == TYPE_RECORD) {
        write_record(writer, field->type.record, field_record(field, body));
    } else {
        write_value(writer, &field->type, (const uint8_t *)body + field->offset);
    }
}

static void write_record(struct writer *writer, const struct record_descriptor *record,
                         const void *body) {
    for (uint32_t i = 0; i < record->fields_count; i++) {
        write_field(writer, &record->fields[i], body);
    }
}

size_t encode(const struct record_descriptor *record, const void *body, uint8_t *buffer,
              size_t capacity) {
    assert(record != NULL && body != NULL);
    assert(buffer != NULL || capacity == 0);
    struct writer writer = {.buffer = buffer, .capacity = capacity};
    write_record(&writer, record, body);
    return writer.length;
}

size_t encode_field(const struct field_descriptor *field, const void *body, uint8_t *buffer,
                    size_t capacity) {
    assert(field != NULL && body != NULL);
    assert(buffer != NULL || capacity == 0);
    struct writer writer = {.buffer = buffer, .capacity = capacity};
    write_field(&writer, field, body);
    return writer.length;
}
