#include "wire/payload_hash.h"

/* The functions of EVP, which are to take the place of these, allocate and lock for each hash. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "wire/encode.h"
#include "wire/writer.h"

/* The longest default that a schema of ours may have; the generator refuses longer ones. */
enum { DEFAULT_BYTES_MAX = 256 };

static void hash_record(struct writer *writer, const struct record_descriptor *record,
                        const void *body, const char *without);

static void hash_text(struct writer *writer, const char *text) {
    writer_counted(writer, text, strlen(text));
}

static bool has_its_default(const struct field_descriptor *field, const void *body) {
    uint8_t avro[DEFAULT_BYTES_MAX];
    if (!field->has_default) {
        return false;
    }
    const struct bytes expected = field->default_avro;
    assert(expected.length <= sizeof avro);
    return encode_field(field, body, avro, sizeof avro) == expected.length &&
           memcmp(avro, expected.data, expected.length) == 0;
}

/* One value that is neither null nor an array; all but enums and records go by their Avro bytes. */
static void hash_value(struct writer *writer, const struct type_descriptor *type,
                       const void *value) {
    if (type->kind == TYPE_ENUM) {
        uint32_t index;
        memcpy(&index, value, sizeof index);
        assert(index < type->symbols->symbols_count);
        hash_text(writer, type->symbols->symbols[index]);
    } else if (type->kind == TYPE_RECORD) {
        hash_record(writer, type->record, value, NULL);
    } else {
        encode_single(type, value, writer);
    }
}

static void hash_field(struct writer *writer, const struct field_descriptor *field,
                       const void *body) {
    hash_text(writer, field->name);
    if (field->type.nullable) {
        const bool null = field_is_null(field, body);
        writer_byte(writer, null ? 0x00 : 0x02);
        if (null) {
            return;
        }
    }
    if (field->type.kind == TYPE_ARRAY) {
        uint32_t count;
        const uint8_t *items = field_items(field, body, &count);
        writer_long(writer, count);
        for (uint32_t i = 0; i < count; i++) {
            hash_value(writer, field->type.item, items + (size_t)i * field->type.item->size);
        }
    } else if (field->type.kind == TYPE_RECORD) {
        hash_record(writer, field->type.record, field_record(field, body), NULL);
    } else {
        hash_value(writer, &field->type, (const uint8_t *)body + field->offset);
    }
}

static void hash_record(struct writer *writer, const struct record_descriptor *record,
                        const void *body, const char *without) {
    for (uint32_t i = 0; i < record->fields_count; i++) {
        const struct field_descriptor *field = &record->fields[record->by_name[i]];
        if (without != NULL && strcmp(field->name, without) == 0) {
            continue;
        }
        if (!has_its_default(field, body)) {
            hash_field(writer, field, body);
        }
    }
    writer_byte(writer, 0x00);
}

size_t payload_hash_input(const struct record_descriptor *record, const void *body, uint8_t *buffer,
                          size_t capacity) {
    assert(record != NULL && body != NULL);
    assert(buffer != NULL || capacity == 0);
    struct writer writer = {.capacity = capacity};
    writer.buffer = buffer;
    hash_text(&writer, record->full_name);
    hash_record(&writer, record, body, "metadata");
    return writer.length;
}

bool payload_hash(const struct record_descriptor *record, const void *body, struct arena *arena,
                  uint8_t hash[PAYLOAD_HASH_BYTES]) {
    size_t room;
    uint8_t *input = arena_rest(arena, &room);
    const size_t size = payload_hash_input(record, body, input, room);
    if (size > room) {
        return false;
    }
    SHA256_CTX sha256;
    const bool hashed = SHA256_Init(&sha256) == 1 && SHA256_Update(&sha256, input, size) == 1 &&
                        SHA256_Final(hash, &sha256) == 1;
    assert(hashed);
    return true;
}
