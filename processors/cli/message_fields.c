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

bool message_id_field(enum message_type type, const void *body, const char *field,
                      struct uuid *id) {
    assert((uint32_t)type < MESSAGE_TYPES_COUNT && body != NULL && field != NULL && id != NULL);
    const struct record_descriptor *record = message_types[type].record;
    for (uint32_t i = 0; i < record->fields_count; i++) {
        const struct field_descriptor *descriptor = &record->fields[i];
        if (strcmp(descriptor->name, field) != 0 || descriptor->type.kind != TYPE_UUID ||
            field_is_null(descriptor, body)) {
            continue;
        }
        memcpy(id, (const uint8_t *)body + descriptor->offset, sizeof *id);
        return true;
    }
    return false;
}
