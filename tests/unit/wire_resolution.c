/* Every change of a schema that Avro allows, read as fastavro reads it. The vectors are made by
 * schemas/generate/tests/resolution.py. */
#include <criterion/criterion.h>

#include "tests/support/probe/probe_values.h"
#include "tests/support/vectors.h"
#include "wire/decode.h"
#include "wire/encode.h"
#include "wire/json.h"

static const char vectors_path[] = "tests/unit/vectors/resolution.json";

static const struct record_descriptor *record_of(const json_t *vector) {
    return strcmp(vectors_text(vector, "record"), "Everything") == 0
               ? &probe_values_everything_descriptor
               : &probe_values_evolved_descriptor;
}

static void plan_of(const json_t *vector, struct plan *plan) {
    char *text = json_dumps(json_object_get(vector, "writer"), JSON_COMPACT);
    struct writer_schema *schema;
    struct error error;
    cr_assert_eq(writer_schema_open(text_of(text), &schema, &error), RESULT_OK, "%s", error.text);
    cr_assert_eq(plan_open(schema, record_of(vector), plan, &error), RESULT_OK, "row %s: %s",
                 vectors_text(vector, "name"), error.text);
    writer_schema_close(schema);
    free(text);
}

static void *decoded(const json_t *vector, struct arena *arena) {
    struct plan plan;
    plan_of(vector, &plan);
    void *body;
    struct decode_error error;
    const bool ok = decode(&plan, vectors_bytes(vector, "avro", arena), arena, &body, &error);
    cr_assert(ok, "row %s: field '%s': %s", vectors_text(vector, "name"), error.field,
              decode_reason_text(error.reason));
    plan_close(&plan);
    return body;
}

Test(wire_resolution, every_vector_reads_as_fastavro_reads_it) {
    struct arena arena = vectors_arena();
    json_t *vectors = vectors_load(vectors_path);
    size_t i;
    json_t *vector;
    json_array_foreach(vectors, i, vector) {
        const void *body = decoded(vector, &arena);
        json_t *json = json_from_struct(record_of(vector), body);
        cr_expect(json_equal(json, json_object_get(vector, "json")), "row %s: read %s",
                  vectors_text(vector, "name"), json_dumps(json, 0));
        json_decref(json);
        arena_reset(&arena);
    }
    cr_assert_gt(i, 20);
    json_decref(vectors);
}

/* Our own bytes are the same as fastavro's where both use the same schema. */
Test(wire_resolution, encoding_gives_fastavro_s_bytes) {
    struct arena arena = vectors_arena();
    json_t *vectors = vectors_load(vectors_path);
    size_t i;
    json_t *vector;
    uint32_t compared = 0;
    json_array_foreach(vectors, i, vector) {
        if (record_of(vector) != &probe_values_everything_descriptor) {
            continue;
        }
        const struct bytes expected = vectors_bytes(vector, "avro", &arena);
        const void *body = decoded(vector, &arena);
        uint8_t bytes[1024];
        const size_t length = encode(record_of(vector), body, bytes, sizeof bytes);
        cr_expect_eq(encode(record_of(vector), body, NULL, 0), length);
        cr_assert_eq(length, expected.length, "row %s", vectors_text(vector, "name"));
        cr_expect_arr_eq(bytes, expected.data, length, "row %s", vectors_text(vector, "name"));

        struct error error;
        struct bytes from_json;
        cr_assert_eq(json_to_avro(record_of(vector), json_object_get(vector, "json"), &arena,
                                  &from_json, &error),
                     RESULT_OK, "%s", error.text);
        cr_expect(bytes_equal(from_json, expected), "row %s", vectors_text(vector, "name"));
        compared++;
    }
    cr_assert_eq(compared, 2);
    json_decref(vectors);
}

/* A buffer that is too small keeps what fits and never more. */
Test(wire_resolution, encoding_stays_inside_its_buffer) {
    struct arena arena = vectors_arena();
    json_t *vectors = vectors_load(vectors_path);
    const void *body = decoded(json_array_get(vectors, 0), &arena);
    const struct record_descriptor *record = &probe_values_everything_descriptor;
    const size_t length = encode(record, body, NULL, 0);
    for (size_t capacity = 0; capacity < length; capacity++) {
        uint8_t *exact = malloc(capacity + 1);
        exact[capacity] = 0xa5;
        cr_expect_eq(encode(record, body, exact, capacity), length);
        cr_expect_eq(exact[capacity], 0xa5);
        free(exact);
    }
    json_decref(vectors);
}

Test(wire_resolution, an_unknown_symbol_is_found_with_its_path) {
    struct probe_values_inner inners[2] = {{.colour = PROBE_VALUES_COLOUR_RED}, {.count = 1}};
    struct probe_values_everything body = {.colour = PROBE_VALUES_COLOUR_RED,
                                           .inner = {.colour = PROBE_VALUES_COLOUR_RED},
                                           .inners = inners,
                                           .inners_count = 2};
    char field[DECODE_FIELD_MAX];
    cr_expect(decode_find_other(&probe_values_everything_descriptor, &body, field));
    cr_expect_str_eq(field, "inners[1].colour");
    inners[1].colour = PROBE_VALUES_COLOUR_BLUE;
    cr_expect_not(decode_find_other(&probe_values_everything_descriptor, &body, field));
    body.has_maybe_colour = true;
    cr_expect(decode_find_other(&probe_values_everything_descriptor, &body, field));
    cr_expect_str_eq(field, "maybeColour");
    body.inner.colour = PROBE_VALUES_COLOUR_OTHER;
    cr_expect(decode_find_other(&probe_values_everything_descriptor, &body, field));
    cr_expect_str_eq(field, "inner.colour");
}
