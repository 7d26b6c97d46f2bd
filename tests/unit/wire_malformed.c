/* Bytes that are wrong in every way that we could think of: refused, with the reason and the field,
 * inside of all limits. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/probe/probe_values.h"
#include "tests/support/vectors.h"
#include "wire/decode.h"
#include "wire/field_path.h"

/* A plan for a writer's schema into a record of the probes. */
static void plan_for(const char *writer, const struct record_descriptor *record,
                     struct plan *plan) {
    struct writer_schema *schema;
    struct error error;
    cr_assert_eq(writer_schema_open(text_of(writer), &schema, &error), RESULT_OK, "%s: %s", writer,
                 error.text);
    cr_assert_eq(plan_open(schema, record, plan, &error), RESULT_OK, "%s", error.text);
    writer_schema_close(schema);
}

static bool decode_hex(const struct plan *plan, const char *hex, struct decode_error *error) {
    struct arena arena = vectors_arena();
    void *body;
    return decode(plan, vectors_hex(hex, &arena), &arena, &body, error);
}

struct row {
    const char *name;
    const char *hex;
    enum decode_reason reason;
    const char *field;
};

static void expect_rows(const struct plan *plan, const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct decode_error error = {0};
        const bool decoded = decode_hex(plan, rows[i].hex, &error);
        cr_expect_eq(decoded, rows[i].reason == DECODE_OK, "row %s", rows[i].name);
        cr_expect_eq(error.reason, rows[i].reason, "row %s: %s", rows[i].name,
                     decode_reason_text(error.reason));
        cr_expect_str_eq(error.field, rows[i].field, "row %s", rows[i].name);
    }
}

static const char inner_schema[] =
    "{\"type\":\"record\",\"name\":\"Inner\",\"fields\":["
    "{\"name\":\"key\",\"type\":\"string\"},{\"name\":\"count\",\"type\":\"int\"},"
    "{\"name\":\"colour\",\"type\":{\"type\":\"enum\",\"name\":\"Colour\","
    "\"symbols\":[\"Other\",\"Red\"]}}]}";

Test(wire_malformed, single_values) {
    static const struct row rows[] = {
        {"as it should be", "02 61 06 02", DECODE_OK, ""},
        {"nothing", "", DECODE_TRUNCATED, "key"},
        {"cut in the text", "04 61", DECODE_TRUNCATED, "key"},
        {"cut before the number", "02 61", DECODE_TRUNCATED, "count"},
        {"cut in the number", "02 61 86", DECODE_TRUNCATED, "count"},
        {"cut before the symbol", "02 61 06", DECODE_TRUNCATED, "colour"},
        {"negative length", "01 61 06 02", DECODE_LENGTH_NEGATIVE, "key"},
        {"the least length", "ff ff ff ff ff ff ff ff ff 01 61", DECODE_LENGTH_NEGATIVE, "key"},
        {"forged length", "fe ff ff ff ff ff ff ff ff 01 61", DECODE_TRUNCATED, "key"},
        {"over the limit", "22 6161616161616161616161616161616161 06 02", DECODE_TOO_LONG, "key"},
        {"at the limit", "20 61616161616161616161616161616161 06 02", DECODE_OK, ""},
        {"endless number", "02 61 ffffffffffffffffffffff 02", DECODE_NUMBER, "count"},
        {"65th bit", "02 61 ffffffffffffffffff02 02", DECODE_NUMBER, "count"},
        {"beyond an int", "02 61 8080808010 02", DECODE_NUMBER, "count"},
        {"greatest int", "02 61 feffffff0f 02", DECODE_OK, ""},
        {"least int", "02 61 ffffffff0f 02", DECODE_OK, ""},
        {"number longer than needed", "02 61 868000 02", DECODE_OK, ""},
        {"symbol behind the last", "02 61 06 04", DECODE_ENUM, "colour"},
        {"symbol before the first", "02 61 06 01", DECODE_ENUM, "colour"},
        {"no UTF-8", "02 ff 06 02", DECODE_UTF8, "key"},
        {"half a character", "02 c3 06 02", DECODE_UTF8, "key"},
        {"overlong slash", "04 c0af 06 02", DECODE_UTF8, "key"},
        {"overlong NUL", "04 c080 06 02", DECODE_UTF8, "key"},
        {"overlong in three", "06 e08080 06 02", DECODE_UTF8, "key"},
        {"overlong in four", "08 f0808080 06 02", DECODE_UTF8, "key"},
        {"a surrogate", "06 eda080 06 02", DECODE_UTF8, "key"},
        {"a pair of surrogates", "0c eda0bdedb080 06 02", DECODE_UTF8, "key"},
        {"a byte that goes on alone", "02 80 06 02", DECODE_UTF8, "key"},
        {"five bytes", "0a f888808080 06 02", DECODE_UTF8, "key"},
        {"UTF-16", "04 fffe 06 02", DECODE_UTF8, "key"},
        {"beyond Unicode", "08 f4908080 06 02", DECODE_UTF8, "key"},
        {"the last character", "08 f48fbfbf 06 02", DECODE_OK, ""},
        {"a byte too many", "02 61 06 02 00", DECODE_TRAILING, ""},
    };
    struct plan plan;
    plan_for(inner_schema, &probe_values_inner_descriptor, &plan);
    expect_rows(&plan, rows, sizeof rows / sizeof rows[0]);
    plan_close(&plan);
}

/* A record of ours with one list (at most 4) and defaults for the rest. */
static const char list_schema[] =
    "{\"type\":\"record\",\"name\":\"Evolved\",\"fields\":["
    "{\"name\":\"number\",\"type\":\"long\"},{\"name\":\"text\",\"type\":\"string\"},"
    "{\"name\":\"raw\",\"type\":\"bytes\"},"
    "{\"name\":\"colour\",\"type\":{\"type\":\"enum\",\"name\":\"Shade\",\"symbols\":[\"Red\"]}},"
    "{\"name\":\"renamed\",\"type\":\"int\"},"
    "{\"name\":\"maybe\",\"type\":[\"null\",\"string\",\"long\"]},"
    "{\"name\":\"list\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\","
    "\"name\":\"Pair\",\"fields\":[{\"name\":\"left\",\"type\":\"int\"}]}}}]}";

#define HEAD "00 00 00 00 00 "

Test(wire_malformed, lists_and_unions) {
    static const struct row rows[] = {
        {"empty list", HEAD "00 00", DECODE_OK, ""},
        {"least long", "ffffffffffffffffff01 00 00 00 00 00 00", DECODE_OK, ""},
        {"65th bit of a long", "ffffffffffffffffff02 00 00 00 00 00 00", DECODE_NUMBER, "number"},
        {"11 bytes of a long", "8080808080808080808000 00 00 00 00 00 00", DECODE_NUMBER, "number"},
        {"one block", HEAD "00 04 02 04 00", DECODE_OK, ""},
        {"two blocks", HEAD "00 02 02 02 04 00", DECODE_OK, ""},
        {"a block with its size", HEAD "00 03 04 02 04 00", DECODE_OK, ""},
        {"sized wrong", HEAD "00 03 02 02 04 00", DECODE_BLOCK, "list"},
        {"sized beyond the end", HEAD "00 03 10 02 04 00", DECODE_TRUNCATED, "list"},
        {"sized negative", HEAD "00 03 01 02 04 00", DECODE_LENGTH_NEGATIVE, "list"},
        {"no end", HEAD "00 02 02", DECODE_TRUNCATED, "list"},
        {"limit", HEAD "00 08 02020202 00", DECODE_OK, ""},
        {"over the limit", HEAD "00 0a 0202020202 00", DECODE_TOO_MANY, "list"},
        {"over the limit in two", HEAD "00 06 020202 04 0202 00", DECODE_TOO_MANY, "list"},
        {"huge", HEAD "00 feffffffffffffffff01", DECODE_TRUNCATED, "list"},
        {"huge and sized", HEAD "00 ffffffffffffffffff01 00", DECODE_TRUNCATED, "list"},
        {"item cut", HEAD "00 04 02 80", DECODE_TRUNCATED, "list[1].left"},
        {"branch of a type that is not ours", HEAD "04 02 00", DECODE_UNION_UNREADABLE, "maybe"},
        {"branch behind the last", HEAD "06 00", DECODE_UNION, "maybe"},
        {"branch before the first", HEAD "01 00", DECODE_UNION, "maybe"},
    };
    struct plan plan;
    plan_for(list_schema, &probe_values_evolved_descriptor, &plan);
    expect_rows(&plan, rows, sizeof rows / sizeof rows[0]);
    plan_close(&plan);
}

/* However the writer cuts a list into blocks, it is the same list. */
Test(wire_malformed, blocks_make_one_list) {
    static const char *const lists[] = {
        HEAD "00 08 02040608 00",
        HEAD "00 02 02 02 04 02 06 02 08 00",
        HEAD "00 02 02 06 040608 00",
        HEAD "00 05 06 020406 02 08 00",
    };
    struct plan plan;
    plan_for(list_schema, &probe_values_evolved_descriptor, &plan);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct arena arena = vectors_arena();
        void *body;
        struct decode_error error;
        cr_assert(decode(&plan, vectors_hex(lists[i], &arena), &arena, &body, &error), "row %s",
                  lists[i]);
        const struct probe_values_evolved *evolved = body;
        cr_assert_eq(evolved->list_count, 4, "row %s", lists[i]);
        for (int32_t k = 0; k < 4; k++) {
            cr_expect_eq(evolved->list[k].left, k + 1, "row %s", lists[i]);
            cr_expect_eq(evolved->list[k].right, 3, "row %s", lists[i]);
        }
    }
    plan_close(&plan);
}

Test(wire_malformed, what_we_skip_is_checked_too) {
    static const char schema[] =
        "{\"type\":\"record\",\"name\":\"Pair\",\"fields\":["
        "{\"name\":\"flag\",\"type\":\"boolean\"},"
        "{\"name\":\"symbol\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}},"
        "{\"name\":\"four\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":4}},"
        "{\"name\":\"nulls\",\"type\":{\"type\":\"array\",\"items\":\"null\"}},"
        "{\"name\":\"map\",\"type\":{\"type\":\"map\",\"values\":\"null\"}},"
        "{\"name\":\"deep\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":"
        "\"D\","
        "\"fields\":[{\"name\":\"a\",\"type\":\"null\"},{\"name\":\"b\",\"type\":\"null\"}]}}},"
        "{\"name\":\"left\",\"type\":\"int\"}]}";
    static const struct row rows[] = {
        {"as it should be", "01 00 61626364 00 00 00 02", DECODE_OK, ""},
        {"2^62 nulls", "01 00 61626364 feffffffffffffffff0100 00 00 02", DECODE_OK, ""},
        {"2^62 records of nulls", "01 00 61626364 00 00 feffffffffffffffff0100 02", DECODE_OK, ""},
        {"2^62 entries", "01 00 61626364 00 feffffffffffffffff01", DECODE_TRUNCATED, "map"},
        {"entries", "01 00 61626364 00 04 0261 0262 00 00 02", DECODE_OK, ""},
        {"boolean", "02 00 61626364 00 00 00 02", DECODE_BOOLEAN, "flag"},
        {"symbol", "01 02 61626364 00 00 00 02", DECODE_ENUM, "symbol"},
        {"fixed", "01 00 616263", DECODE_TRUNCATED, "four"},
    };
    struct plan plan;
    plan_for(schema, &probe_values_pair_descriptor, &plan);
    expect_rows(&plan, rows, sizeof rows / sizeof rows[0]);
    plan_close(&plan);
}

/* Items that take no bytes of the writer's, yet are structs of ours: only the limit bounds them. */
Test(wire_malformed, items_without_bytes_are_bounded_by_the_limit) {
    static const char schema[] =
        "{\"type\":\"record\",\"name\":\"Evolved\",\"fields\":["
        "{\"name\":\"number\",\"type\":\"long\"},{\"name\":\"text\",\"type\":\"string\"},"
        "{\"name\":\"raw\",\"type\":\"bytes\"},"
        "{\"name\":\"colour\",\"type\":{\"type\":\"enum\",\"name\":\"Shade\",\"symbols\":[\"Red\"]}"
        "},"
        "{\"name\":\"renamed\",\"type\":\"int\"},{\"name\":\"maybe\",\"type\":\"null\"},"
        "{\"name\":\"list\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\","
        "\"name\":\"Pair\",\"fields\":[{\"name\":\"x\",\"type\":\"null\"}]}}}]}";
    static const struct row rows[] = {
        {"limit", HEAD "08 00", DECODE_OK, ""},
        {"one more", HEAD "0a 00", DECODE_TOO_MANY, "list"},
        {"2^62", HEAD "feffffffffffffffff01 00", DECODE_TOO_MANY, "list"},
        {"the least count", HEAD "ffffffffffffffffff01 00 00", DECODE_TOO_MANY, "list"},
    };
    struct plan plan;
    plan_for(schema, &probe_values_evolved_descriptor, &plan);
    expect_rows(&plan, rows, sizeof rows / sizeof rows[0]);
    plan_close(&plan);
}

static void expect_uuid(const char *text, enum decode_reason reason) {
    struct plan plan;
    plan_open_own(&probe_values_everything_descriptor, &plan);
    const uint32_t length = (uint32_t)strlen(text);
    uint8_t bytes[64] = {(uint8_t)(2 * length)};
    for (uint32_t i = 0; i < length; i++) {
        bytes[1 + i] = (uint8_t)text[i];
    }
    struct arena arena = vectors_arena();
    void *body;
    struct decode_error error;
    const struct bytes input = {.data = bytes, .length = 1 + length};
    cr_expect_not(decode(&plan, input, &arena, &body, &error));
    cr_expect_eq(error.reason, reason, "%s: %s", text, decode_reason_text(error.reason));
    cr_expect_str_eq(error.field, reason == DECODE_TRUNCATED ? "flag" : "id");
    plan_close(&plan);
}

Test(wire_malformed, uuids) {
    expect_uuid("34fa59ed-476f-5ced-b30b-a7181683827c", DECODE_TRUNCATED); /* the next field is */
    expect_uuid("34FA59ED-476F-5CED-B30B-A7181683827C", DECODE_UUID_NOT_CANONICAL);
    expect_uuid("34fa59ed-476f-5ced-b30b-a7181683827C", DECODE_UUID_NOT_CANONICAL);
    expect_uuid("34fa59ed-476f-5ced-b30b-a7181683827", DECODE_UUID);
    expect_uuid("34fa59ed-476f-5ced-b30ba-7181683827c", DECODE_UUID);
    expect_uuid("34fa59edx476f-5ced-b30b-a7181683827c", DECODE_UUID);
    expect_uuid("34fa59ed-476f-5ced-b30b-a7181683827g", DECODE_UUID);
    expect_uuid("{34fa59ed476f5cedb30ba7181683827cxx}", DECODE_UUID);
    expect_uuid("", DECODE_UUID);
    expect_uuid("{34fa59ed-476f-5ced-b30b-a7181683827c}", DECODE_UUID);
    expect_uuid("urn:uuid:34fa59ed-476f-5ced-b30b-a7181683827c", DECODE_UUID);
    expect_uuid("34fa59ed476f5cedb30ba7181683827c", DECODE_UUID);
    expect_uuid("34fa59ed-476f-5ced-b30b-a7181683827cc", DECODE_UUID);
    expect_uuid(" 34fa59ed-476f-5ced-b30b-a7181683827c", DECODE_UUID);
    expect_uuid("34fa59ed-476f-5ced-b30b-a718168382\xc3\xbc", DECODE_UUID);
    expect_uuid("34fa59ed-476f-5ced-b30b-a718168382\xff\xff", DECODE_UUID);
    expect_uuid("0x34fa59ed-476f-5ced-b30b-a718168382", DECODE_UUID);
    expect_uuid("00000000-0000-0000-0000-000000000000", DECODE_TRUNCATED); /* a UUID, if none of
                                                                             use: see arrival */
}

Test(wire_malformed, a_uuid_with_a_nul_in_it) {
    struct plan plan;
    plan_open_own(&probe_values_everything_descriptor, &plan);
    static const struct row rows[] = {
        {"at its end",
         "48 33346661353965642d343736662d356365642d623330622d613731383136383338323700", DECODE_UUID,
         "id"},
        {"in its middle",
         "48 33346661353965642d343736662d356365642d623330002d613731383136383338323763", DECODE_UUID,
         "id"},
        {"instead of it",
         "48 000000000000000000000000000000000000000000000000000000000000000000000000", DECODE_UUID,
         "id"},
    };
    expect_rows(&plan, rows, sizeof rows / sizeof rows[0]);
    plan_close(&plan);
}

/* A message that decodes to more than a batch may hold is refused, at every size of arena. */
Test(wire_malformed, a_full_arena_is_an_error) {
    json_t *vectors = vectors_load("tests/unit/vectors/resolution.json");
    struct arena arena = vectors_arena();
    const struct bytes input = vectors_bytes(json_array_get(vectors, 0), "avro", &arena);
    struct plan plan;
    plan_open_own(&probe_values_everything_descriptor, &plan);
    const size_t start = arena.used;
    void *body;
    struct decode_error error;
    cr_assert(decode(&plan, input, &arena, &body, &error));
    const size_t needed = arena.used - start;
    for (size_t capacity = 0; capacity < needed; capacity += 8) {
        struct arena small = vectors_arena();
        small.used = start;
        small.capacity = start + capacity;
        cr_expect_not(decode(&plan, input, &small, &body, &error));
        cr_expect_eq(error.reason, DECODE_ARENA);
    }
    plan_close(&plan);
    json_decref(vectors);
}

Test(wire_malformed, a_path_that_is_too_long_keeps_its_head) {
    char path[16] = "owner";
    field_path_at(path, sizeof path, 3);
    cr_expect_str_eq(path, "[3].owner");
    field_path_within(path, sizeof path, "parts");
    cr_expect_str_eq(path, "parts[3].owner");
    field_path_within(path, sizeof path, "certificate");
    cr_expect_str_eq(path, "certificate.par");
    field_path_within(path, sizeof path, "a_very_long_name_indeed");
    cr_expect_str_eq(path, "a_very_long_nam");
}
