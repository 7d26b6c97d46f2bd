#include "cli/message_fields.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "wire/descriptor.h"

const char *message_type_short(enum message_type type) {
    assert((uint32_t)type < MESSAGE_TYPES_COUNT);
    return strrchr(message_types[type].full_name, '.') + 1;
}

bool message_type_named(const char *name, enum message_type *type) {
    assert(name != NULL && type != NULL);
    uint32_t matches = 0;
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        if (strcmp(message_types[i].full_name, name) == 0) {
            *type = (enum message_type)i;
            return true;
        }
        if (strcmp(message_type_short((enum message_type)i), name) == 0) {
            *type = (enum message_type)i;
            matches++;
        }
    }
    return matches == 1;
}

const struct millrace_metadata *message_metadata(enum message_type type, const void *body) {
    assert((uint32_t)type < MESSAGE_TYPES_COUNT && body != NULL);
    return message_types[type].has_metadata ? body : NULL;
}

/* NULL: the type has no such field, or it is null. */
static const struct field_descriptor *find_field(enum message_type type, const void *body,
                                                 const char *name) {
    assert((uint32_t)type < MESSAGE_TYPES_COUNT && body != NULL && name != NULL);
    const struct record_descriptor *record = message_types[type].record;
    for (uint32_t i = 0; i < record->fields_count; i++) {
        if (strcmp(record->fields[i].name, name) == 0) {
            return field_is_null(&record->fields[i], body) ? NULL : &record->fields[i];
        }
    }
    return NULL;
}

bool message_id_field(enum message_type type, const void *body, const char *field,
                      struct uuid *id) {
    const struct field_descriptor *descriptor = find_field(type, body, field);
    if (descriptor == NULL || descriptor->type.kind != TYPE_UUID) {
        return false;
    }
    memcpy(id, (const uint8_t *)body + descriptor->offset, sizeof *id);
    return true;
}

bool message_number_field(enum message_type type, const void *body, const char *field,
                          int64_t *number) {
    const struct field_descriptor *descriptor = find_field(type, body, field);
    if (descriptor == NULL) {
        return false;
    }
    const uint8_t *value = (const uint8_t *)body + descriptor->offset;
    if (descriptor->type.kind == TYPE_INT) {
        int32_t small;
        memcpy(&small, value, sizeof small);
        *number = small;
        return true;
    }
    if (descriptor->type.kind == TYPE_LONG) {
        memcpy(number, value, sizeof *number);
        return true;
    }
    return false;
}
