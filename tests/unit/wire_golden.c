/* Every message type against its golden files, whose bytes come from fastavro, and against libavro.
 */
#include <avro.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include "generated/c/message_types.h"
#include "tests/support/probe/probe_commands.h"
#include "tests/support/vectors.h"
#include "wire/decode.h"
#include "wire/encode.h"
#include "wire/json.h"
#include "wire/payload_hash.h"

struct golden {
    const struct message_type_entry *type;
    json_t *json;
    struct bytes avro;
    struct plan plan; /* built from the schema's text, not from our descriptors */
};

static struct golden golden_read(uint32_t type, const char *version, struct text schema_text,
                                 struct arena *arena) {
    struct golden golden = {.type = &message_types[type]};
    char path[256];
    (void)snprintf(path, sizeof path, "schemas/golden/%s%s.json", golden.type->full_name, version);
    golden.json = vectors_load(path);
    (void)snprintf(path, sizeof path, "schemas/golden/%s%s.hex", golden.type->full_name, version);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    char hex[16384];
    cr_assert_not_null(fgets(hex, sizeof hex, file), "%s", path);
    cr_assert(feof(file) || fgetc(file) == EOF, "%s has more than one line", path);
    (void)fclose(file);
    hex[strcspn(hex, "\n")] = '\0';
    golden.avro = vectors_hex(hex, arena);
    struct writer_schema *schema;
    struct error error;
    cr_assert_eq(writer_schema_open(schema_text, &schema, &error), RESULT_OK, "%s: %s",
                 golden.type->full_name, error.text);
    cr_assert_eq(plan_open(schema, golden.type->record, &golden.plan, &error), RESULT_OK, "%s: %s",
                 golden.type->full_name, error.text);
    writer_schema_close(schema);
    return golden;
}

static struct golden golden_open(uint32_t type, struct arena *arena) {
    return golden_read(type, "", text_of(message_types[type].schema), arena);
}

static void golden_close(struct golden *golden) {
    plan_close(&golden->plan);
    json_decref(golden->json);
}

static void *golden_decode(const struct golden *golden, struct arena *arena) {
    void *body;
    struct decode_error error;
    const bool decoded = decode(&golden->plan, golden->avro, arena, &body, &error);
    cr_assert(decoded, "%s: field '%s': %s", golden->type->full_name, error.field,
              decode_reason_text(error.reason));
    return body;
}

Test(wire_golden, bytes_structs_and_json_are_the_same_message) {
    struct arena arena = vectors_arena();
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        struct golden golden = golden_open(i, &arena);
        const char *name = golden.type->full_name;
        void *body = golden_decode(&golden, &arena);
        json_t *json = json_from_struct(golden.type->record, body);
        cr_expect(json_equal(json, golden.json), "%s", name);
        json_decref(json);

        struct error error = {0};
        void *from_json;
        cr_assert_eq(json_to_struct(golden.type->record, golden.json, &arena, &from_json, &error),
                     RESULT_OK, "%s", error.text);
        uint8_t bytes[8192];
        const size_t length = encode(golden.type->record, from_json, bytes, sizeof bytes);
        cr_assert_eq(length, golden.avro.length, "%s", name);
        cr_expect_arr_eq(bytes, golden.avro.data, length, "%s", name);
        char field[DECODE_FIELD_MAX];
        cr_expect_not(decode_find_other(golden.type->record, body, field), "%s: %s", name, field);
        golden_close(&golden);
        arena_reset(&arena);
    }
}

/* False: there is no such older version. */
static bool golden_open_older(uint32_t type, int number, struct arena *arena,
                              struct golden *golden) {
    char version[16];
    char path[256];
    (void)snprintf(version, sizeof version, ".%d", number);
    (void)snprintf(path, sizeof path, "schemas/golden/%s%s.avsc", message_types[type].full_name,
                   version);
    json_t *schema = json_load_file(path, 0, NULL);
    if (schema == NULL) {
        return false;
    }
    char *text = json_dumps(schema, JSON_COMPACT);
    *golden = golden_read(type, version, text_of(text), arena);
    free(text);
    json_decref(schema);
    return true;
}

/* Everything that was said is said still, and what is new is null. */
static bool has_grown(const json_t *now, const json_t *before) {
    if (!json_is_object(before)) {
        return json_equal(now, before);
    }
    bool grown = json_is_object(now) && json_object_size(now) >= json_object_size(before);
    void *at = json_object_iter((json_t *)now);
    for (; at != NULL; at = json_object_iter_next((json_t *)now, at)) {
        const json_t *old = json_object_get(before, json_object_iter_key(at));
        const json_t *value = json_object_iter_value(at);
        grown = grown && (old == NULL ? json_is_null(value) : has_grown(value, old));
    }
    return grown;
}

Test(wire_golden, bytes_of_older_versions_are_read) {
    struct arena arena = vectors_arena();
    uint32_t older = 0;
    struct golden golden;
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        for (int number = 1; golden_open_older(i, number, &arena, &golden); number++) {
            json_t *json = json_from_struct(golden.type->record, golden_decode(&golden, &arena));
            cr_expect(has_grown(json, golden.json), "%s.%d", golden.type->full_name, number);
            json_decref(json);
            golden_close(&golden);
            arena_reset(&arena);
            older++;
        }
    }
    cr_expect_geq(older, 3);
}

/* Our bytes through libavro and back: it reads them as the same schema and writes them again. */
Test(wire_golden, libavro_reads_and_writes_the_same_bytes) {
    struct arena arena = vectors_arena();
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        struct golden golden = golden_open(i, &arena);
        const char *name = golden.type->full_name;
        uint8_t ours[8192];
        const size_t length =
            encode(golden.type->record, golden_decode(&golden, &arena), ours, sizeof ours);
        avro_schema_t schema;
        cr_assert_eq(
            avro_schema_from_json_length(golden.type->schema, golden.type->schema_length, &schema),
            0);
        avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
        avro_value_t value;
        cr_assert_eq(avro_generic_value_new(iface, &value), 0);
        avro_reader_t reader = avro_reader_memory((const char *)ours, (int64_t)length);
        cr_expect_eq(avro_value_read(reader, &value), 0, "%s: %s", name, avro_strerror());
        char theirs[8192];
        avro_writer_t writer = avro_writer_memory(theirs, sizeof theirs);
        cr_expect_eq(avro_value_write(writer, &value), 0, "%s: %s", name, avro_strerror());
        cr_assert_eq(avro_writer_tell(writer), (int64_t)length, "%s", name);
        cr_expect_arr_eq(theirs, ours, length, "%s", name);
        avro_writer_free(writer);
        avro_reader_free(reader);
        avro_value_decref(&value);
        avro_value_iface_decref(iface);
        avro_schema_decref(schema);
        golden_close(&golden);
        arena_reset(&arena);
    }
}

/* Only the whole message is the message: each shorter one and each longer one is refused. */
Test(wire_golden, every_truncation_is_refused) {
    struct arena arena = vectors_arena();
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        struct golden golden = golden_open(i, &arena);
        const size_t used = arena.used;
        for (uint32_t length = 0; length < golden.avro.length; length++) {
            uint8_t *exact = malloc(length + 1); /* so that a sanitizer sees reading beyond it */
            memcpy(exact, golden.avro.data, length);
            void *body;
            struct decode_error error;
            cr_expect_not(decode(&golden.plan, (struct bytes){.data = exact, .length = length},
                                 &arena, &body, &error));
            cr_expect_eq(error.reason, DECODE_TRUNCATED, "%s at %u: %s", golden.type->full_name,
                         length, decode_reason_text(error.reason));
            cr_expect_neq(error.field[0], '\0', "%s at %u", golden.type->full_name, length);
            free(exact);
            arena.used = used;
        }
        golden_close(&golden);
        arena_reset(&arena);
    }
}

/* A byte that is not what it was is refused or is another message of the same type: then it is one
 * that we can write, and read again. */
Test(wire_golden, every_flipped_byte_ends_well) {
    struct arena arena = vectors_arena();
    static const uint8_t flips[] = {0x01, 0x02, 0x40, 0x80, 0xff};
    uint32_t refused = 0;
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        struct golden golden = golden_open(i, &arena);
        uint8_t *bytes = arena_take(&arena, golden.avro.length);
        const size_t used = arena.used;
        for (uint32_t k = 0; k < golden.avro.length * sizeof flips; k++) {
            memcpy(bytes, golden.avro.data, golden.avro.length);
            bytes[k / sizeof flips] ^= flips[k % sizeof flips];
            void *body;
            struct decode_error error;
            const struct bytes input = {.data = bytes, .length = golden.avro.length};
            if (!decode(&golden.plan, input, &arena, &body, &error)) {
                cr_expect_neq(error.reason, DECODE_OK);
                refused++;
            } else {
                cr_expect_leq(encode(golden.type->record, body, NULL, 0), input.length);
            }
            arena.used = used;
        }
        golden_close(&golden);
        arena_reset(&arena);
    }
    cr_assert_gt(refused, 1000);
}

/* The probe has grown since some of its vectors were made: the schema of today gives their hashes
 * too, which is the point of the rule. */
static const struct record_descriptor *record_named(const char *full_name) {
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        if (strcmp(message_types[i].full_name, full_name) == 0) {
            return message_types[i].record;
        }
    }
    cr_assert_str_eq(full_name, probe_commands_move_descriptor.full_name);
    return &probe_commands_move_descriptor;
}

Test(wire_golden, payload_hashes) {
    struct arena arena = vectors_arena();
    json_t *file = vectors_load("schemas/golden/payload_hash.json");
    json_t *vector;
    size_t i;
    uint32_t compared = 0;
    json_array_foreach(json_object_get(file, "vectors"), i, vector) {
        const char *about = vectors_text(vector, "about");
        const struct record_descriptor *record = record_named(vectors_text(vector, "type"));
        void *body;
        struct error error = {0};
        cr_assert_eq(
            json_to_struct(record, json_object_get(vector, "value"), &arena, &body, &error),
            RESULT_OK, "%s: %s", about, error.text);
        const struct bytes expected = vectors_bytes(vector, "input", &arena);
        uint8_t input[8192];
        cr_assert_eq(payload_hash_input(record, body, input, sizeof input), expected.length,
                     "%s of %s", about, record->full_name);
        cr_expect_arr_eq(input, expected.data, expected.length, "%s of %s", about,
                         record->full_name);
        uint8_t hash[PAYLOAD_HASH_BYTES];
        const size_t used = arena.used;
        cr_assert(payload_hash(record, body, &arena, hash));
        cr_expect_eq(arena.used, used);
        const struct bytes digest = vectors_bytes(vector, "hash", &arena);
        cr_assert_eq(digest.length, sizeof hash);
        cr_expect_arr_eq(hash, digest.data, sizeof hash, "%s of %s", about, record->full_name);
        compared++;
        arena_reset(&arena);
    }
    cr_assert_gt(compared, 15);
    json_decref(file);
}
