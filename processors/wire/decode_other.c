#include "wire/decode.h"
#include "wire/field_path.h"

/* One value that is no array: an item, or a field that is not null. */
static bool value_is_other(const struct type_descriptor *type, const void *value, char *field) {
    if (type->kind == TYPE_ENUM) {
        uint32_t index;
        memcpy(&index, value, sizeof index);
        return index == 0;
    }
    return type->kind == TYPE_RECORD && decode_find_other(type->record, value, field);
}

static bool items_have_other(const struct field_descriptor *field, const void *body, char *path) {
    uint32_t count;
    const uint8_t *items = field_items(field, body, &count);
    const struct type_descriptor *item = field->type.item;
    if (item->kind != TYPE_ENUM && item->kind != TYPE_RECORD) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (value_is_other(item, items + (size_t)i * item->size, path)) {
            field_path_at(path, DECODE_FIELD_MAX, i);
            return true;
        }
    }
    return false;
}

bool decode_find_other(const struct record_descriptor *record, const void *body,
                       char field[DECODE_FIELD_MAX]) {
    field[0] = '\0';
    for (uint32_t i = 0; i < record->fields_count; i++) {
        const struct field_descriptor *at = &record->fields[i];
        if (field_is_null(at, body)) {
            continue;
        }
        const void *value = (const uint8_t *)body + at->offset;
        if (at->type.kind == TYPE_RECORD) {
            value = field_record(at, body);
        }
        const bool found = at->type.kind == TYPE_ARRAY ? items_have_other(at, body, field)
                                                       : value_is_other(&at->type, value, field);
        if (found) {
            field_path_within(field, DECODE_FIELD_MAX, at->name);
            return true;
        }
    }
    return false;
}
