/* JSON that people type: what is wrong with it, and where. */
#include <criterion/criterion.h>

#include "tests/support/probe/probe_values.h"
#include "tests/support/vectors.h"
#include "wire/json.h"
#include "wire/rfc3339.h"

static const struct record_descriptor *record = &probe_values_evolved_descriptor;

/* An object that lacks nothing. */
#define GOOD                                                                         \
    "\"number\":1,\"text\":\"t\",\"raw\":\"00ff\",\"colour\":\"Red\",\"renamed\":2," \
    "\"maybe\":null"

Test(wire_json, what_is_wrong_is_named) {
    static const struct {
        const char *json;
        const char *says;
    } rows[] = {
        {"{" GOOD "}", ""},
        {"{" GOOD ",\"list\":[{},{\"left\":1}]}", ""},
        {"[]", "takes an object"},
        {"{\"number\":1}", "field 'text' is missing"},
        {"{" GOOD ",\"addedFlagg\":true}", "no field 'addedFlagg'; did you mean 'addedFlag'?"},
        {"{" GOOD ",\"nonsense\":true}", "no field 'nonsense'"},
        {"{" GOOD ",\"addedFlag\":1}", "field 'addedFlag' takes true or false"},
        {"{" GOOD ",\"addedNumber\":\"1\"}", "field 'addedNumber' takes a whole number"},
        {"{" GOOD ",\"addedNumber\":1.5}", "field 'addedNumber' takes a whole number"},
        {"{" GOOD ",\"addedText\":7}", "field 'addedText' takes text"},
        {"{" GOOD ",\"addedText\":null}", "field 'addedText' takes text"},
        {"{" GOOD ",\"addedRaw\":\"0\"}", "field 'addedRaw' takes bytes"},
        {"{" GOOD ",\"addedRaw\":\"0G\"}", "field 'addedRaw' takes bytes"},
        {"{" GOOD ",\"addedRaw\":\"0A\"}", "field 'addedRaw' takes bytes"},
        {"{" GOOD ",\"addedColour\":\"Gren\"}", "no symbol 'Gren'; did you mean 'Green'?"},
        {"{" GOOD ",\"addedColour\":3}", "takes the name of a symbol"},
        {"{" GOOD ",\"addedList\":{}}", "field 'addedList' takes a list"},
        {"{" GOOD ",\"addedList\":[1,2,3,4,5]}", "field 'addedList' takes at most 4 items"},
        {"{" GOOD ",\"addedList\":[1,2147483648]}", "field 'addedList[1]' takes a number from"},
        {"{" GOOD ",\"list\":[{},{\"left\":true}]}", "field 'list[1].left' takes a whole number"},
        {"{" GOOD ",\"list\":[{\"lefd\":1}]}", "field 'list[0]' has no field 'lefd'"},
        {"{" GOOD ",\"addedRecord\":7}", "field 'addedRecord' takes an object"},
        {"{" GOOD ",\"addedText\":\"0123456789012345678901234567890123456789012345678901234567"
         "890123456789\"}",
         "field 'addedText': longer than its limit"},
    };
    struct arena arena = vectors_arena();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *json = json_loads(rows[i].json, 0, NULL);
        cr_assert_not_null(json, "row %s", rows[i].json);
        struct error error = {0};
        void *body;
        const enum result result = json_to_struct(record, json, &arena, &body, &error);
        cr_expect_eq(result, rows[i].says[0] == '\0' ? RESULT_OK : RESULT_INVALID, "row %s: %s",
                     rows[i].json, error.text);
        cr_expect(strstr(error.text, rows[i].says) != NULL, "row %s: %s", rows[i].json, error.text);
        json_decref(json);
        arena_reset(&arena);
    }
}

Test(wire_json, uuids_are_checked_as_on_the_wire) {
    struct arena arena = vectors_arena();
    json_t *vectors = vectors_load("tests/unit/vectors/resolution.json");
    json_t *json = json_object_get(json_array_get(vectors, 0), "json");
    struct error error = {0};
    void *body;
    cr_assert_eq(json_to_struct(&probe_values_everything_descriptor, json, &arena, &body, &error),
                 RESULT_OK, "%s", error.text);
    json_object_set_new(json, "id", json_string("FFFFFFFF-ffff-ffff-ffff-ffffffffffff"));
    cr_assert_eq(json_to_struct(&probe_values_everything_descriptor, json, &arena, &body, &error),
                 RESULT_INVALID);
    cr_expect(strstr(error.text, "'id': UUID that is not in lower case") != NULL, "%s", error.text);
    json_decref(vectors);
}

Test(wire_json, fields_can_be_typed_one_by_one) {
    static const struct {
        const char *argument;
        const char *says;
    } rows[] = {
        {"number=17", ""},
        {"text=17", ""},
        {"raw=00ff", ""},
        {"colour=Green", ""},
        {"renamed=-1", ""},
        {"maybe=null", ""},
        {"addedFlag=false", ""},
        {"addedRecord.left=8", ""},
        {"addedRecord.right=9", ""},
        {"list=[{\"left\":5}]", ""},
        {"number=x", "cannot read 'x' as JSON"},
        {"number", "write field=value"},
        {"=3", "write field=value"},
        {"text.left=3", "has no record 'text'"},
        {"nothing.left=3", "has no record 'nothing'"},
    };
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error error = {0};
        const enum result result = json_set_argument(record, object, rows[i].argument, &error);
        cr_expect_eq(result, rows[i].says[0] == '\0' ? RESULT_OK : RESULT_INVALID, "row %s: %s",
                     rows[i].argument, error.text);
        cr_expect(strstr(error.text, rows[i].says) != NULL, "row %s: %s", rows[i].argument,
                  error.text);
    }
    json_t *expected = json_loads(
        "{\"number\":17,\"text\":\"17\",\"raw\":\"00ff\",\"colour\":\"Green\",\"renamed\":-1,"
        "\"maybe\":null,\"addedFlag\":false,\"addedRecord\":{\"left\":8,\"right\":9},"
        "\"list\":[{\"left\":5}]}",
        0, NULL);
    cr_expect(json_equal(object, expected));
    struct arena arena = vectors_arena();
    struct error error = {0};
    void *body;
    cr_expect_eq(json_to_struct(record, object, &arena, &body, &error), RESULT_OK, "%s",
                 error.text);
    json_decref(expected);
    json_decref(object);
}

Test(wire_json, times_both_ways) {
    static const struct {
        const char *text;
        int64_t time_ms;
    } rows[] = {
        {"1970-01-01T00:00:00.000Z", 0},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2026-01-01T00:00:00.000Z", 1767225600000},
        {"2024-02-29T12:34:56.789Z", 1709210096789},
        {"2000-03-01T00:00:00.000Z", 951868800000},
        {"0001-01-01T00:00:00.000Z", -62135596800000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[RFC3339_SIZE];
        int64_t time_ms = 0;
        cr_expect(rfc3339_format(rows[i].time_ms, text));
        cr_expect_str_eq(text, rows[i].text);
        cr_expect(rfc3339_parse(rows[i].text, strlen(rows[i].text), &time_ms));
        cr_expect_eq(time_ms, rows[i].time_ms, "row %s", rows[i].text);
    }
    static const char *const wrong[] = {
        "",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:00:00.0Z",
        "2026-01-01 00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:-1Z",
        "0000-01-01T00:00:00Z",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t time_ms;
        cr_expect_not(rfc3339_parse(wrong[i], strlen(wrong[i]), &time_ms), "row %s", wrong[i]);
    }
    char text[RFC3339_SIZE];
    cr_expect_not(rfc3339_format(253402300800000, text));
    cr_expect_not(rfc3339_format(INT64_MIN, text));
    int64_t seconds;
    cr_expect(rfc3339_parse("2026-01-01T00:00:00Z", 20, &seconds));
    cr_expect_eq(seconds, 1767225600000);
}
