#include "wire/encode.h"

#include "domain/uuid.h"
#include "wire/writer.h"

static void write_record(struct writer *writer, const struct record_descriptor *record,
                         const void *body);

void encode_single(const struct type_descriptor *type, const void *value, struct writer *writer) {
    switch (type->kind) {
    case TYPE_BOOLEAN:
        writer_byte(writer, *(const bool *)value ? 1 : 0);
        return;
    case TYPE_INT:
        writer_long(writer, *(const int32_t *)value);
        return;
    case TYPE_LONG:
    case TYPE_TIMESTAMP:
        writer_long(writer, *(const int64_t *)value);
        return;
    case TYPE_STRING: {
        const struct text *text = value;
        assert(text->length <= type->length_max);
        writer_counted(writer, text->data, text->length);
        return;
    }
    case TYPE_BYTES: {
        const struct bytes *bytes = value;
        assert(bytes->length <= type->length_max);
        writer_counted(writer, bytes->data, bytes->length);
        return;
    }
    case TYPE_UUID: {
        char text[UUID_CHARACTERS];
        uuid_to_text(value, text);
        writer_counted(writer, text, sizeof text);
        return;
    }
    case TYPE_ENUM: {
        uint32_t index;
        memcpy(&index, value, sizeof index);
        assert(index < type->symbols->symbols_count);
        writer_long(writer, index);
        return;
    }
    case TYPE_RECORD:
        write_record(writer, type->record, value);
        return;
    case TYPE_ARRAY:
        break;
    }
    assert(false && "an array where only single values can be");
}

/* One block, and none for an empty array: the same items always make the same bytes. */
static void write_items(struct writer *writer, const struct field_descriptor *field,
                        const void *body) {
    uint32_t count;
    const uint8_t *items = field_items(field, body, &count);
    assert(count <= field->type.length_max);
    if (count > 0) {
        writer_long(writer, count);
        for (uint32_t i = 0; i < count; i++) {
            encode_single(field->type.item, items + (size_t)i * field->type.item->size, writer);
        }
    }
    writer_long(writer, 0);
}

static void write_field(struct writer *writer, const struct field_descriptor *field,
                        const void *body) {
    if (field->type.nullable) {
        const bool null = field_is_null(field, body);
        writer_long(writer, null ? 0 : 1);
        if (null) {
            return;
        }
    }
    if (field->type.kind == TYPE_ARRAY) {
        write_items(writer, field, body);
    } else if (field->type.kind == TYPE_RECORD) {
        write_record(writer, field->type.record, field_record(field, body));
    } else {
        encode_single(&field->type, (const uint8_t *)body + field->offset, writer);
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
    struct writer writer = {.capacity = capacity};
    writer.buffer = buffer;
    write_record(&writer, record, body);
    return writer.length;
}

size_t encode_field(const struct field_descriptor *field, const void *body, uint8_t *buffer,
                    size_t capacity) {
    assert(field != NULL && body != NULL);
    assert(buffer != NULL || capacity == 0);
    struct writer writer = {.capacity = capacity};
    writer.buffer = buffer;
    write_field(&writer, field, body);
    return writer.length;
}
