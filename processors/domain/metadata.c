#include "domain/metadata.h"

#include <assert.h>
#include <uuid/uuid.h>

#include "domain/decimal.h"
#include "domain/uuid.h"

void id_name_add_text(struct id_name *name, struct text part) {
    assert(name != NULL && name->length <= sizeof name->data);
    if (name->parts > 0) {
        assert(name->length < sizeof name->data);
        name->data[name->length++] = '/';
    }
    assert(part.length <= sizeof name->data - name->length);
    if (part.length > 0) {
        memcpy(name->data + name->length, part.data, part.length);
    }
    name->length += part.length;
    name->parts++;
}

void id_name_add_uuid(struct id_name *name, const struct uuid *part) {
    char text[UUID_CHARACTERS];
    uuid_to_text(part, text);
    id_name_add_text(name, (struct text){.data = text, .length = sizeof text});
}

void id_name_add_number(struct id_name *name, int64_t part) {
    char characters[DECIMAL_CHARACTERS_MAX];
    id_name_add_text(name, decimal_of(part, characters));
}

struct uuid uuid_v5(const struct uuid *space, const struct id_name *name) {
    assert(space != NULL && name != NULL);
    assert(name->parts > 0);
    struct uuid id;
    uuid_generate_sha1(id.bytes, space->bytes, name->data, name->length);
    return id;
}

struct millrace_metadata metadata_child(const struct millrace_metadata *parent,
                                        const struct uuid *key, struct text type, uint32_t ordinal,
                                        int64_t now_ms, const struct millrace_source *source) {
    assert(parent != NULL && key != NULL && type.length > 0 && source != NULL);
    struct id_name name = {.parts = 0};
    id_name_add_uuid(&name, &parent->id);
    id_name_add_text(&name, type);
    id_name_add_number(&name, ordinal);
    return (struct millrace_metadata){
        .id = uuid_v5(key, &name),
        .timestamp = now_ms,
        .source = *source,
        .has_parent_id = true,
        .parent_id = parent->id,
        /* A message without a correlation is the root itself. */
        .has_correlation_id = true,
        .correlation_id = parent->has_correlation_id ? parent->correlation_id : parent->id,
        .has_channel = parent->has_channel,
        .channel = parent->channel,
    };
}
