/* A turn: what it staged is seen at once, every record carries the headers of its kind, and what
 * cannot be worked on is copied with its reasons. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "generated/c/certificates_events.h"
#include "generated/c/certificates_state.h"
#include "generated/c/registry_operations.h"
#include "loop/turn_inside.h"
#include "outside/store_memory/store_memory.h"

enum { SCHEMA_ID = 0x01020304, LETTER_MAX = 200000 };

static struct store store;
static struct turn turn;
static struct emitter emitter = {.application = "millrace.certificates",
                                 .dead_letter_bytes_max = LETTER_MAX};

static const struct uuid key = {{0x11, [15] = 1}};
static const struct uuid id = {{0x22, [15] = 2}};
static const struct uuid parent = {{0x33, [15] = 3}};

static struct bytes bytes_from(const char *string) {
    return (struct bytes){.data = (const uint8_t *)string, .length = (uint32_t)strlen(string)};
}

static void open_turn(void) {
    struct error error;
    const struct stores stores = stores_memory();
    cr_assert_eq(stores.lane_open(stores.self, "test", 0, 2, 1, &store, &error), RESULT_OK);
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        emitter.schema_ids[i] = SCHEMA_ID;
    }
    cr_assert_eq(turn_open(&turn, &emitter, &store, &error), RESULT_OK);
}

static void close_turn(void) {
    turn_close(&turn);
    store.close(store.self);
}

TestSuite(turn, .init = open_turn, .fini = close_turn);

/* The value of a header of the record staged last, as text; NULL: it has none, or two. */
static const char *header(const char *name) {
    static char values[8][512];
    static uint32_t next;
    const struct log_staged *staged = &turn.batch.records[turn.batch.records_count - 1];
    char *value = NULL;
    for (uint32_t i = 0; i < staged->headers_count; i++) {
        const struct log_header *found = &staged->headers[i];
        if (text_equal(found->name, text_of(name))) {
            cr_assert_null(value, "%s is there twice", name);
            value = values[next++ % 8];
            snprintf(value, sizeof values[0], "%.*s", (int)found->value.length,
                     (const char *)found->value.data);
        }
    }
    return value;
}

static void expect_value(uint32_t table, const char *name, const char *value) {
    struct bytes found;
    struct error error;
    const enum result result = turn_get(&turn, table, bytes_from(name), &found, &error);
    if (value == NULL) {
        cr_expect_eq(result, RESULT_NOT_FOUND, "%s", name);
    } else {
        cr_assert_eq(result, RESULT_OK, "%s", name);
        cr_expect(bytes_equal(found, bytes_from(value)), "%s", name);
    }
}

Test(turn, sees_what_it_staged_before_what_the_store_holds) {
    struct error error;
    const struct store_write stored[] = {
        {.table = 0, .key = bytes_from("kept"), .value = bytes_from("stored")},
        {.table = 0, .key = bytes_from("changed"), .value = bytes_from("stored")},
        {.table = 0, .key = bytes_from("removed"), .value = bytes_from("stored")},
    };
    const int64_t next[] = {1};
    cr_assert_eq(store.apply(store.self, stored, 3, next, &error), RESULT_OK);
    turn_put(&turn, 0, bytes_from("changed"), bytes_from("first"));
    turn_put(&turn, 0, bytes_from("changed"), bytes_from("second"));
    turn_remove(&turn, 0, bytes_from("removed"));
    turn_put(&turn, 1, bytes_from("kept"), bytes_from("another table"));
    turn_remove(&turn, 1, bytes_from("back"));
    turn_put(&turn, 1, bytes_from("back"), bytes_from("again"));
    expect_value(0, "kept", "stored");
    expect_value(0, "changed", "second");
    expect_value(0, "removed", NULL);
    expect_value(0, "back", NULL);
    expect_value(1, "kept", "another table");
    expect_value(1, "back", "again");
    cr_expect_eq(turn.batch.overlay.count, 4, "one write a key");
    batch_reset(&turn.batch);
    expect_value(0, "changed", "stored");
    expect_value(0, "removed", "stored");
    expect_value(1, "back", NULL);
}

Test(turn, hands_on_all_that_was_restored_in_its_order) {
    struct error error;
    const int64_t next[] = {1};
    const struct overlay *overlay = &turn.batch.overlay;
    turn.restoring = true;
    turn_put(&turn, 0, bytes_from("changed"), bytes_from("first"));
    turn_put(&turn, 0, bytes_from("removed"), bytes_from("first"));
    turn_put(&turn, 0, bytes_from("changed"), bytes_from("second"));
    turn_remove(&turn, 0, bytes_from("removed"));
    expect_value(0, "changed", NULL);
    cr_expect_eq(overlay->count, 4);
    cr_assert_eq(store.apply(store.self, overlay->writes, overlay->count, next, &error), RESULT_OK);
    batch_reset(&turn.batch);
    turn.restoring = false;
    expect_value(0, "changed", "second");
    expect_value(0, "removed", NULL);
}

Test(turn, holds_as_many_keys_as_fit) {
    uint32_t count = 0;
    while (turn_has_room(&turn)) {
        char name[16];
        snprintf(name, sizeof name, "%u", count++);
        turn_put(&turn, 0, bytes_from(name), bytes_from(name));
    }
    cr_expect_gt(count, OVERLAY_WRITES_MAX - TURN_HANDLING_WRITES_MAX - BATCH_OWN_WRITES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", i);
        expect_value(0, name, name);
    }
    batch_reset(&turn.batch);
    cr_expect(turn_has_room(&turn));
    cr_expect_not_null(arena_try(turn_arena(&turn), TURN_HANDLING_BYTES_MAX));
}

static struct millrace_metadata metadata(void) {
    return (struct millrace_metadata){
        .id = id,
        .timestamp = 1763726400123,
        .source = {.name = text_of("certificates"), .version = text_of("1.0")},
        .has_parent_id = true,
        .parent_id = parent,
        .has_correlation_id = true,
        .correlation_id = parent,
        .has_channel = true,
        .channel = text_of("http"),
    };
}

static const struct trace all_traces = {.traceparent = {.data = "00-a", .length = 4},
                                        .tracestate = {.data = "b", .length = 1},
                                        .baggage = {.data = "c", .length = 1}};

Test(turn, gives_events_all_headers) {
    const struct certificates_events_slice_transferred event = {
        .metadata = metadata(),
        .certificate_id = key,
        .from_owner = text_of("a"),
        .to_owner = text_of("b"),
    };
    const struct bytes value = turn_emit(
        &turn, 3, &key, MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED, &event, &all_traces);
    const struct log_staged *staged = &turn.batch.records[0];
    cr_assert_eq(turn.batch.records_count, 1);
    cr_expect_eq(staged->output, 3);
    cr_expect(bytes_equal(staged->key, bytes_from("11000000-0000-0000-0000-000000000001")));
    cr_expect(bytes_equal(staged->value, value));
    cr_expect_arr_eq(value.data, "\0\1\2\3\4", 5, "magic byte and schema id");
    cr_expect_str_eq(header("ce_specversion"), "1.0");
    cr_expect_str_eq(header("ce_id"), "22000000-0000-0000-0000-000000000002");
    cr_expect_str_eq(header("ce_source"), "certificates");
    cr_expect_str_eq(header("ce_type"), "certificates.events.SliceTransferred");
    cr_expect_str_eq(header("ce_time"), "2025-11-21T12:00:00.123Z");
    cr_expect_str_eq(header("ce_subject"), "11000000-0000-0000-0000-000000000001");
    cr_expect_str_eq(header("ce_parentid"), "33000000-0000-0000-0000-000000000003");
    cr_expect_str_eq(header("ce_correlationid"), "33000000-0000-0000-0000-000000000003");
    cr_expect_str_eq(header("ce_channel"), "http");
    cr_expect_str_eq(header("content-type"), "application/avro");
    cr_expect_str_eq(header("traceparent"), "00-a");
    cr_expect_str_eq(header("tracestate"), "b");
    cr_expect_str_eq(header("baggage"), "c");
    cr_expect_eq(staged->headers_count, 14, "those and millrace.txn");
}

Test(turn, gives_what_only_we_read_the_least_headers) {
    const struct registry_operations_read_stream operation = {
        .metadata = metadata(), .certificate_id = key, .registry = text_of("one")};
    turn_emit(&turn, 0, &key, MESSAGE_REGISTRY_OPERATIONS_READ_STREAM, &operation, &all_traces);
    cr_expect_str_eq(header("ce_id"), "22000000-0000-0000-0000-000000000002");
    cr_expect_str_eq(header("ce_type"), "registry.operations.ReadStream");
    cr_expect_str_eq(header("traceparent"), "00-a");
    cr_expect_eq(turn.batch.records[0].headers_count, 4);

    const struct certificates_state_certificate_state state = {.certificate_id = key};
    const struct trace none = {0};
    turn_emit(&turn, 0, &key, MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE, &state, &none);
    cr_expect_str_eq(header("ce_type"), "certificates.state.CertificateState");
    cr_expect_eq(turn.batch.records[1].headers_count, 2, "a state has no id");
}

Test(turn, names_its_transaction_in_every_record) {
    const struct certificates_state_certificate_state state = {.certificate_id = key};
    const struct trace none = {0};
    for (uint32_t i = 0; i < 12; i++) {
        turn_emit(&turn, 0, &key, MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE, &state, &none);
    }
    batch_mark(&turn.batch, &id, UINT64_MAX);
    for (uint32_t i = 0; i < 12; i++) {
        char expected[100];
        snprintf(expected, sizeof expected,
                 "22000000-0000-0000-0000-000000000002/18446744073709551615/%u/12", i + 1);
        const struct log_header *mark = &turn.batch.records[i].headers[0];
        cr_expect(text_equal(mark->name, text_of("millrace.txn")));
        cr_expect(bytes_equal(mark->value, bytes_from(expected)), "%.*s", (int)mark->value.length,
                  (const char *)mark->value.data);
    }
}

static struct log_record a_record(const struct log_header *headers, uint32_t count) {
    return (struct log_record){
        .topic = "certificates.commands",
        .partition = 4,
        .offset = 77,
        .key = bytes_from("a key"),
        .value = bytes_from("a value"),
        .headers = headers,
        .headers_count = count,
    };
}

Test(turn, copies_a_dead_letter_with_its_reasons) {
    const struct log_header headers[] = {
        {text_of("mine"), bytes_from("kept")},
        {text_of("ce_id"), bytes_from("the producer's")},
        {text_of("millrace.reason"), bytes_from("of an earlier death")},
        {text_of("__streams.errors.offset"), bytes_from("1")},
    };
    const struct log_record record = a_record(headers, 4);
    const struct dead_letter letter = {
        .reason = "wrong-key",
        .field = "certificateId",
        .message = "the key is not the certificate's id",
        .command_id = &id,
        .schema_id_known = true,
        .schema_id = 12,
    };
    turn_dead_letter(&turn, 2, &record, &letter);
    const struct log_staged *staged = &turn.batch.records[0];
    cr_expect_eq(staged->output, 2);
    cr_expect(bytes_equal(staged->key, record.key) && staged->key.data != record.key.data);
    cr_expect(bytes_equal(staged->value, record.value) && staged->value.data != record.value.data);
    cr_expect_str_eq(header("mine"), "kept");
    cr_expect_str_eq(header("ce_id"), "the producer's");
    cr_expect_null(header("ce_type"), "what the producer says of it is not mixed with ours");
    cr_expect_str_eq(header("__streams.errors.topic"), "certificates.commands");
    cr_expect_str_eq(header("__streams.errors.partition"), "4");
    cr_expect_str_eq(header("__streams.errors.offset"), "77");
    cr_expect_str_eq(header("__streams.errors.exception"), "wrong-key");
    cr_expect_str_eq(header("__streams.errors.message"), "the key is not the certificate's id");
    cr_expect_str_eq(header("millrace.reason"), "wrong-key");
    cr_expect_str_eq(header("millrace.field"), "certificateId");
    cr_expect_str_eq(header("millrace.commandid"), "22000000-0000-0000-0000-000000000002");
    cr_expect_str_eq(header("millrace.application"), "millrace.certificates");
    cr_expect_str_eq(header("millrace.schemaid"), "12");
    cr_expect_null(header("millrace.cut"));
}

Test(turn, describes_a_dead_letter_that_says_nothing_of_itself) {
    struct log_record record = a_record(NULL, 0);
    record.key_null = true;
    record.key = (struct bytes){0};
    record.value_null = true;
    record.value = (struct bytes){0};
    const struct dead_letter letter = {.reason = "empty", .message = "there is no value"};
    turn_dead_letter(&turn, 0, &record, &letter);
    cr_expect(turn.batch.records[0].key_null && turn.batch.records[0].value_null);
    cr_expect_str_eq(header("ce_id"), "certificates.commands/4/77");
    cr_expect_str_eq(header("ce_type"), "unreadable");
    cr_expect_str_eq(header("ce_source"), "millrace.certificates");
    cr_expect_null(header("millrace.field"));
    cr_expect_null(header("millrace.commandid"));
    cr_expect_null(header("millrace.schemaid"));
}

static uint32_t size_of(const struct log_staged *staged) {
    uint32_t size = staged->key.length + staged->value.length;
    for (uint32_t i = 0; i < staged->headers_count; i++) {
        size += staged->headers[i].name.length + staged->headers[i].value.length;
    }
    return size;
}

Test(turn, cuts_a_dead_letter_that_does_not_fit) {
    enum { LARGE = 1000000 };
    uint8_t *large = calloc(1, LARGE);
    const struct dead_letter letter = {.reason = "malformed", .message = "too large"};
    /* Too large by its value, its key, or its headers: what is left must always fit. */
    for (uint32_t which = 0; which < 3; which++) {
        const struct log_header headers[] = {
            {text_of("small"), bytes_from("kept")},
            {text_of("large"), {large, which == 2 ? LARGE : 1}},
        };
        struct log_record record = a_record(headers, 2);
        record.value = (struct bytes){large, which == 0 ? LARGE : 70000};
        record.key = (struct bytes){large, which == 1 ? LARGE : 5};
        turn_dead_letter(&turn, 0, &record, &letter);
        const struct log_staged *staged = &turn.batch.records[which];
        cr_expect_leq(size_of(staged), LETTER_MAX, "case %u", which);
        cr_expect_eq(staged->value.length, DEAD_LETTER_CUT_BYTES, "case %u", which);
        cr_expect_str_eq(header("small"), "kept");
        cr_expect_str_eq(header("millrace.cut"), which == 0 ? "1000000" : "70000");
        cr_expect_str_eq(header("__streams.errors.offset"), "77");
    }
    free(large);
}

Test(turn, finds_the_traces_of_a_record) {
    const struct log_header headers[] = {
        {text_of("tracestate"), bytes_from("b")},
        {text_of("traceparent"), bytes_from("00-a")},
    };
    const struct log_record record = a_record(headers, 2);
    const struct trace trace = trace_of(&record);
    cr_expect(text_equal(trace.traceparent, text_of("00-a")));
    cr_expect(text_equal(trace.tracestate, text_of("b")));
    cr_expect_eq(trace.baggage.length, 0);
}

Test(turn, passes_on_no_trace_that_is_too_large_for_what_it_is_passed_on_with) {
    static char large[TRACE_BYTES_MAX + 1];
    memset(large, 'a', sizeof large);
    const struct bytes fits = {(const uint8_t *)large, TRACE_BYTES_MAX};
    const struct bytes too_large = {(const uint8_t *)large, TRACE_BYTES_MAX + 1};
    const struct log_header headers[] = {
        {text_of("traceparent"), too_large},
        {text_of("tracestate"), too_large},
        {text_of("baggage"), fits},
    };
    const struct log_record record = a_record(headers, 3);
    const struct trace trace = trace_of(&record);
    cr_expect_eq(trace.traceparent.length, 0);
    cr_expect_eq(trace.tracestate.length, 0);
    cr_expect_eq(trace.baggage.length, TRACE_BYTES_MAX);
}
