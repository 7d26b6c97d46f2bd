#include "domain/metadata.h"

/* The functions of EVP, which are to take the place of these, allocate and lock for each hash. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <assert.h>
#include <openssl/sha.h>

#include "domain/decimal.h"
#include "domain/uuid.h"

/* The bytes stay as they are: to clear a thousand for fifty would be felt. */
void id_name_begin(struct id_name *name) {
    name->length = 0;
    name->parts = 0;
}

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
    enum { VERSION_BYTE = 6, VARIANT_BYTE = 8 };
    SHA_CTX sha1;
    uint8_t digest[SHA_DIGEST_LENGTH];
    struct uuid id;
    const bool hashed =
        SHA1_Init(&sha1) == 1 && SHA1_Update(&sha1, space->bytes, sizeof space->bytes) == 1 &&
        SHA1_Update(&sha1, name->data, name->length) == 1 && SHA1_Final(digest, &sha1) == 1;
    assert(hashed);
    memcpy(id.bytes, digest, sizeof id.bytes);
    id.bytes[VERSION_BYTE] = (uint8_t)((id.bytes[VERSION_BYTE] & 0x0f) | 0x50);
    id.bytes[VARIANT_BYTE] = (uint8_t)((id.bytes[VARIANT_BYTE] & 0x3f) | 0x80);
    return id;
}

struct millrace_metadata metadata_child(const struct millrace_metadata *parent,
                                        const struct uuid *key, struct text type, uint32_t ordinal,
                                        int64_t now_ms, const struct millrace_source *source) {
    assert(parent != NULL && key != NULL && type.length > 0 && source != NULL);
    struct id_name name;
    id_name_begin(&name);
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
