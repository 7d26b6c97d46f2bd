/* Writer schemas that cannot be read as ours, or that nobody should try to read. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/probe/probe_values.h"
#include "tests/support/vectors.h"
#include "wire/decode.h"

/* The text of why a schema has no plan, or NULL. */
static const char *refusal(const char *text, const struct record_descriptor *record,
                           struct error *error) {
    struct writer_schema *schema;
    struct plan plan;
    if (writer_schema_open(text_of(text), &schema, error) != RESULT_OK) {
        return error->text;
    }
    const enum result result = plan_open(schema, record, &plan, error);
    writer_schema_close(schema);
    if (result != RESULT_OK) {
        return error->text;
    }
    plan_close(&plan);
    return NULL;
}

#define INNER(fields) "{\"type\":\"record\",\"name\":\"Inner\",\"fields\":[" fields "]}"
#define KEY "{\"name\":\"key\",\"type\":\"string\"}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"

Test(wire_plan, schemas_that_cannot_be_read_as_ours) {
    static const struct {
        const char *schema;
        const char *says; /* NULL: it can be read */
    } rows[] = {
        {INNER(KEY), NULL},
        {INNER(FIELD("count", "\"int\"")), "'key', which has no default"},
        {INNER(FIELD("key", "\"int\"")), "field 'key': the writer has int, we read string"},
        {INNER(FIELD("key", "[\"null\",\"int\"]")), "field 'key': the writer has int"},
        {INNER(FIELD("key", "[\"null\"]")), "field 'key': the writer has null"},
        {INNER(FIELD("key", "[\"null\",\"string\"]")), NULL},
        {INNER(KEY "," FIELD("count", "\"long\"")), "field 'count': the writer has long"},
        {INNER(KEY "," FIELD("count", "\"double\"")), "field 'count': the writer has double"},
        {INNER(KEY "," FIELD("colour", "\"string\"")), "we read enum"},
        {INNER(KEY
               "," FIELD("colour", "{\"type\":\"enum\",\"name\":\"Hue\",\"symbols\":[\"Red\"]}")),
         "the writer has enum 'Hue', we read 'probe.values.Colour'"},
        {INNER(KEY "," FIELD("x", "{\"type\":\"array\",\"items\":\"Inner\"}")), "holds itself"},
        {"[\"null\",\"string\"]", "no record"},
        {"\"string\"", "no record"},
        {"{\"type\":\"record\"}", "not an Avro schema"},
        {"{", "not an Avro schema"},
        {"", "schema of 0 bytes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error error = {0};
        const char *said = refusal(rows[i].schema, &probe_values_inner_descriptor, &error);
        if (rows[i].says == NULL) {
            cr_expect_null(said, "row %s: %s", rows[i].schema, said);
        } else {
            cr_expect(said != NULL && strstr(said, rows[i].says) != NULL, "row %s: %s",
                      rows[i].schema, said == NULL ? "it has a plan" : said);
        }
    }
}

/* Schemas made to hurt: they are refused, quickly and in little memory. */
Test(wire_plan, nesting_is_bounded) {
    static char text[PLAN_SCHEMA_BYTES_MAX + 2];
    struct error error = {0};
    size_t used = 0;
    while (used < sizeof text - 1) {
        text[used++] = '[';
    }
    text[PLAN_SCHEMA_BYTES_MAX] = '\0';
    cr_expect(strstr(refusal(text, &probe_values_inner_descriptor, &error), "nested deeper"));
    text[PLAN_SCHEMA_BYTES_MAX] = '[';
    cr_expect(strstr(refusal(text, &probe_values_inner_descriptor, &error), "are read"));
}

Test(wire_plan, types_within_types_are_bounded) {
    struct error error = {0};
    char text[4096] = "\"int\"";
    for (int i = 0; i < 40; i++) {
        char outer[sizeof text];
        (void)snprintf(outer, sizeof outer, "{\"type\":\"array\",\"items\":%.*s}",
                       (int)sizeof outer - 40, text);
        memcpy(text, outer, sizeof text);
    }
    char schema[2 * sizeof text];
    (void)snprintf(schema, sizeof schema, INNER(KEY "," FIELD("x", "%s")), text);
    cr_expect(strstr(refusal(schema, &probe_values_inner_descriptor, &error), "nested deeper"),
              "%s", error.text);
}

/* Each record holds the one before twice: a plan of it would be of 2^20 steps. */
Test(wire_plan, types_that_multiply_are_bounded) {
    static char text[64 * 1024];
    size_t used = (size_t)snprintf(text, sizeof text,
                                   "{\"type\":\"record\",\"name\":\"Inner\",\"fields\":[" KEY);
    char inner[16] = "int";
    for (int i = 0; i < 20; i++) {
        used +=
            (size_t)snprintf(text + used, sizeof text - used,
                             ",{\"name\":\"f%d\",\"type\":{\"type\":\"record\",\"name\":\"R%d\","
                             "\"fields\":[" FIELD("a", "\"%s\"") "," FIELD("b", "\"%s\"") "]}}",
                             i, i, inner, inner);
        (void)snprintf(inner, sizeof inner, "R%d", i);
    }
    (void)snprintf(text + used, sizeof text - used, "]}");
    struct error error = {0};
    const char *said = refusal(text, &probe_values_inner_descriptor, &error);
    cr_expect(said != NULL && strstr(said, "larger than") != NULL, "%s", said);
}

/* fastavro cannot say what such a writer means: to us the name of today is the field. */
Test(wire_plan, a_fields_own_name_comes_before_its_older_one) {
    static const char *const fields[] = {
        FIELD("number", "\"int\""),     FIELD("text", "\"string\""), FIELD("raw", "\"bytes\""),
        FIELD("formerName", "\"int\""), FIELD("renamed", "\"int\""), FIELD("maybe", "\"null\""),
    };
    char text[1024] = "{\"type\":\"record\",\"name\":\"Evolved\",\"fields\":[";
    size_t used = strlen(text);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s,", fields[i]);
    }
    (void)snprintf(text + used, sizeof text - used, "%s]}",
                   FIELD("colour", "{\"type\":\"enum\",\"name\":\"Shade\",\"symbols\":[\"Red\"]}"));
    struct writer_schema *schema;
    struct error error;
    struct plan plan;
    cr_assert_eq(writer_schema_open(text_of(text), &schema, &error), RESULT_OK, "%s", error.text);
    cr_assert_eq(plan_open(schema, &probe_values_evolved_descriptor, &plan, &error), RESULT_OK,
                 "%s", error.text);
    struct arena arena = vectors_arena();
    void *body;
    struct decode_error wrong;
    cr_assert(decode(&plan, vectors_hex("00 00 00 02 04 00", &arena), &arena, &body, &wrong));
    cr_expect_eq(((const struct probe_values_evolved *)body)->renamed, 2);
    plan_close(&plan);
    writer_schema_close(schema);
}
