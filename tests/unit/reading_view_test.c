#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/moment.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "cli/unknown.h"
#include "generated/c/registry_operations.h"

static const char *text_at(const json_t *object, const char *first, const char *second) {
    const json_t *value = json_object_get(object, first);
    value = second == NULL ? value : json_object_get(value, second);
    return json_string_value(value);
}

static struct bytes bytes_of(const char *text) {
    return (struct bytes){.data = (const uint8_t *)text, .length = (uint32_t)strlen(text)};
}

Test(reading_view, a_message_is_shown_with_its_place_key_headers_and_type) {
    struct registry_operations_read_stream body = {.certificate_id = {{1}}};
    body.metadata.source.name = text_of("t");
    body.metadata.source.version = text_of("1");
    const struct log_header headers[] = {{text_of("a"), bytes_of("1")},
                                         {text_of("b"), bytes_of("2")},
                                         {text_of("a"), bytes_of("\xff")},
                                         {text_of("a"), bytes_of("3")}};
    const struct log_record record = {.topic = "registry.operations",
                                      .partition = 2,
                                      .offset = 7,
                                      .timestamp_ms = 1767225600000,
                                      .key = bytes_of("k"),
                                      .headers = headers,
                                      .headers_count = 4};
    const struct read_record read = {
        .record = &record,
        .readable = true,
        .message = {.type = MESSAGE_REGISTRY_OPERATIONS_READ_STREAM, .body = &body}};
    json_t *view = reading_view(&read);
    cr_expect_str_eq(text_at(view, "topic", NULL), "registry.operations");
    cr_expect_eq(json_integer_value(json_object_get(view, "offset")), 7);
    cr_expect_str_eq(text_at(view, "time", NULL), "2026-01-01T00:00:00.000Z");
    cr_expect_str_eq(text_at(view, "key", NULL), "k");
    cr_expect_str_eq(text_at(view, "type", NULL), "registry.operations.ReadStream");
    cr_expect_str_eq(text_at(view, "message", "certificateId"),
                     "01000000-0000-0000-0000-000000000000");
    cr_expect_str_eq(text_at(view, "headers", "b"), "2");
    const json_t *repeated = json_object_get(json_object_get(view, "headers"), "a");
    cr_assert_eq(json_array_size(repeated), 3);
    cr_expect_str_eq(json_string_value(json_array_get(repeated, 1)), "0xff");
    json_decref(view);
}

Test(reading_view, headers_with_names_that_are_no_text_are_shown_all_the_same) {
    static char large[300];
    memset(large, 'n', sizeof large);
    const struct log_header headers[] = {{text_of("\xc3\x28"), bytes_of("1")},
                                         {{large, sizeof large}, bytes_of("2")},
                                         {{"", 0}, bytes_of("3")}};
    const struct log_record record = {
        .topic = "dead-letters", .key_null = true, .headers = headers, .headers_count = 3};
    const struct read_record read = {.record = &record};
    json_t *view = reading_view(&read);
    cr_expect_eq(json_object_size(json_object_get(view, "headers")), 3);
    cr_expect_str_eq(text_at(view, "headers", "(2 bytes) 0xc328"), "1");
    json_decref(view);
}

Test(reading_view, what_cannot_be_read_is_shown_with_the_reason_and_its_first_bytes) {
    static uint8_t random[1000];
    memset(random, 0xc3, sizeof random);
    const struct log_record record = {.topic = "certificates.commands",
                                      .key_null = true,
                                      .value = {.data = random, .length = sizeof random}};
    struct read_record read = {.record = &record};
    read.failure.reason = DEAD_LETTER_MALFORMED;
    strcpy(read.failure.field, "parts[3].owner");
    strcpy(read.failure.text, "too short");
    json_t *view = reading_view(&read);
    cr_expect(json_is_null(json_object_get(view, "type")));
    cr_expect(json_is_null(json_object_get(view, "key")));
    cr_expect_str_eq(text_at(view, "unreadable", "reason"), "malformed");
    cr_expect_str_eq(text_at(view, "unreadable", "field"), "parts[3].owner");
    cr_expect_str_eq(text_at(view, "unreadable", "detail"), "too short");
    const char *bytes = text_at(view, "unreadable", "bytes");
    cr_expect_eq(strlen(bytes), 2 + 2 * 256, "cut, in hex");
    json_decref(view);

    const struct log_record tombstone = {
        .topic = "certificates.state", .key = bytes_of("k"), .value_null = true};
    read.record = &tombstone;
    view = reading_view(&read);
    cr_expect(json_object_get(view, "unreadable") == NULL);
    cr_expect(json_is_null(json_object_get(view, "message")));
    json_decref(view);
}

Test(moment, is_a_word_an_offset_a_time_or_so_long_ago) {
    static const struct {
        const char *text;
        enum moment_kind kind;
        int64_t value;
    } rows[] = {
        {"beginning", MOMENT_BEGINNING, 0},
        {"end", MOMENT_END, 0},
        {"42", MOMENT_OFFSET, 42},
        {"2026-01-01T00:00:00Z", MOMENT_TIME, 1767225600000},
        {"10m", MOMENT_TIME, 1000000000 - 600000},
    };
    struct moment moment;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert(moment_parse(rows[i].text, 1000000000, &moment), "%s", rows[i].text);
        cr_expect_eq(moment.kind, rows[i].kind, "%s", rows[i].text);
        cr_expect(moment.kind < MOMENT_OFFSET || moment.value == rows[i].value, "%s", rows[i].text);
    }
    static const char *const wrong[] = {"", "-1", "yesterday", "99999999999999999999",
                                        "2026-01-01"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect(!moment_parse(wrong[i], 0, &moment), "%s", wrong[i]);
    }
}

Test(unknown, is_found_in_a_ledger_and_by_any_of_its_ids) {
    json_t *ledger =
        json_pack("{s:s, s:{s:{s:s, s:s, s:s, s:s}}, s:{s:[]}}", "certificateId", "c", "ledger",
                  "submission", "submissionId", "u", "state", "Unknown", "registry", "r",
                  "unknownAt", "2026-01-01T00:00:00.000Z", "work", "evidence");
    cr_assert(ledger != NULL);
    json_t *unknown = unknown_of_ledger(ledger, 1767225600000 + 65000);
    cr_assert(unknown != NULL);
    cr_expect_str_eq(text_at(unknown, "submissionId", NULL), "u");
    cr_expect_eq(json_integer_value(json_object_get(unknown, "ageSeconds")), 65);
    json_t *list = json_pack("[o]", unknown);
    cr_expect(unknown_find(list, "u") == unknown && unknown_find(list, "c") == unknown);
    cr_expect(unknown_find(list, "x") == NULL);
    json_decref(list);
    json_t *submission = json_object_get(json_object_get(ledger, "ledger"), "submission");
    json_object_set_new(submission, "state", json_string("Resolved"));
    cr_expect(unknown_of_ledger(ledger, 0) == NULL);
    json_object_set_new(json_object_get(ledger, "ledger"), "submission", json_null());
    cr_expect(unknown_of_ledger(ledger, 0) == NULL);
    json_decref(ledger);
}

static char *printed(enum output_format format, bool rows, const char *text) {
    static const struct output_column columns[] = {{"NAME", "name"}, {"COUNT", "count"}};
    char *out = NULL;
    size_t length = 0;
    json_t *json = json_loads(text, 0, NULL);
    FILE *stream = open_memstream(&out, &length);
    cr_assert(json != NULL && stream != NULL);
    if (rows) {
        output_rows(stream, format, json, columns, 2);
    } else {
        output_object(stream, format, json);
    }
    fclose(stream);
    json_decref(json);
    return out;
}

static void expect_printed(enum output_format format, bool rows, const char *text,
                           const char *expected) {
    char *out = printed(format, rows, text);
    cr_expect_str_eq(out, expected, "%s", out);
    free(out);
}

Test(output, a_table_is_aligned_and_cannot_drive_a_terminal) {
    expect_printed(OUTPUT_FORMAT_TABLE, true,
                   "[{\"name\":\"a\\u001b[31m\",\"count\":5},{\"name\":\"søm\",\"count\":null}]",
                   "NAME    COUNT\na?[31m  5\nsøm     \n");
    expect_printed(OUTPUT_FORMAT_TABLE, false,
                   "{\"a\":\"x\",\"longer\":[1,2],\"none\":null,\"empty\":[]}",
                   "a       x\nlonger  [1,2]\n");
}

Test(output, yaml_and_json_hold_everything) {
    static const char rows[] =
        "[{\"name\":\"a: b\",\"in\":{\"x\":[1,\"y\"],\"e\":[]}},{\"n\":null}]";
    expect_printed(OUTPUT_FORMAT_YAML, true, rows,
                   "- \"name\": \"a: b\"\n  \"in\":\n    \"x\":\n      - 1\n      - \"y\"\n"
                   "    \"e\": []\n- \"n\": null\n");
    expect_printed(OUTPUT_FORMAT_YAML, true, "[]", "[]\n");
    char *out = printed(OUTPUT_FORMAT_JSON, true, rows);
    json_t *back = json_loads(out, 0, NULL);
    json_t *original = json_loads(rows, 0, NULL);
    cr_expect(json_equal(back, original));
    json_decref(back);
    json_decref(original);
    free(out);
}
