/* Any bytes as a record with headers: what is passed on of them, and the dead letter of it, once
 * and once more. Headers first, each a byte of its name's length, two of its value's, name and
 * value; a name without length ends them. Then the key, behind a byte of its length, and the value.
 */
#include <stdlib.h>

#include "cli/reading.h"
#include "generated/c/certificates_events.h"
#include "generated/c/millrace.h"
#include "loop/arrival.h"
#include "tests/fuzz/fuzz.h"

enum { HEADERS_READ_MAX = 64, OWN_BYTES_MAX = 4096 };

static struct bytes take(struct bytes *rest, uint32_t length) {
    const uint32_t taken = length < rest->length ? length : rest->length;
    const struct bytes bytes = {.data = rest->data, .length = taken};
    rest->data += taken;
    rest->length -= taken;
    return bytes;
}

static uint32_t take_number(struct bytes *rest, uint32_t bytes_count) {
    const struct bytes bytes = take(rest, bytes_count);
    uint32_t number = 0;
    for (uint32_t i = 0; i < bytes.length; i++) {
        number = number << 8 | bytes.data[i];
    }
    return number;
}

static uint32_t take_headers(struct bytes *rest, struct log_header headers[HEADERS_READ_MAX]) {
    for (uint32_t count = 0; count < HEADERS_READ_MAX; count++) {
        const uint32_t name_length = take_number(rest, 1);
        if (name_length == 0) {
            return count;
        }
        const uint32_t value_length = take_number(rest, 2);
        const struct bytes name = take(rest, name_length);
        headers[count].name = (struct text){(const char *)name.data, name.length};
        headers[count].value = take(rest, value_length);
    }
    return HEADERS_READ_MAX;
}

static uint64_t size_of(const struct log_staged *staged) {
    uint64_t size = (uint64_t)staged->key.length + staged->value.length;
    for (uint32_t i = 0; i < staged->headers_count; i++) {
        size += (uint64_t)staged->headers[i].name.length + staged->headers[i].value.length;
    }
    return size;
}

static uint32_t count_of(const struct log_staged *staged, const char *name) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < staged->headers_count; i++) {
        count += text_equal(staged->headers[i].name, text_of(name)) ? 1 : 0;
    }
    return count;
}

/* A letter must fit, say where its record lay, and say each such thing once. */
static const struct log_staged *bury(struct turn *turn, const struct log_record *record) {
    static const char *const named[] = {
        "__streams.errors.topic",     "__streams.errors.partition", "__streams.errors.offset",
        "__streams.errors.exception", "__streams.errors.message",   "millrace.reason",
        "millrace.application",
    };
    const struct dead_letter letter = {.reason = "malformed", .message = "it was to be"};
    turn_dead_letter(turn, 0, record, &letter);
    const struct log_staged *staged = &turn->batch.records[turn->batch.records_count - 1];
    fuzz_require(size_of(staged) <= FUZZ_LETTER_MAX);
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        fuzz_require(count_of(staged, named[i]) == 1);
    }
    return staged;
}

/* Everybody can look at it, whatever it is. */
static void show(const struct log_record *record) {
    const struct read_record read = {.record = record,
                                     .failure = {.reason = DEAD_LETTER_MALFORMED}};
    json_t *view = reading_view(&read);
    char *text = json_dumps(view, 0);
    fuzz_require(text != NULL);
    const json_t *headers = json_object_get(view, "headers");
    fuzz_require((json_object_size(headers) > 0) == (record->headers_count > 0));
    free(text);
    json_decref(view);
}

/* What is written because of a record does not grow with its headers. */
static void pass_on(struct turn *turn, const struct log_record *record) {
    static const struct uuid id = {{1}};
    static struct millrace_metadata metadata = {.source = {.name = {"x", 1}, .version = {"1", 1}}};
    struct certificates_events_certificate_withdrawn event = {.metadata = metadata};
    const struct trace trace = trace_of(record);
    (void)turn_emit(turn, 0, &id, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_WITHDRAWN, &event,
                    &trace);
    const struct log_staged *staged = &turn->batch.records[turn->batch.records_count - 1];
    fuzz_require(size_of(staged) <= 3 * TRACE_BYTES_MAX + OWN_BYTES_MAX);
    struct misplacement misplacement;
    if (!arrival_is_placed(record, &id, 6, &misplacement)) {
        fuzz_require(misplacement.text[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct log_header headers[HEADERS_READ_MAX];
    struct bytes rest = {.data = data, .length = (uint32_t)size};
    struct turn *turn = fuzz_turn();
    struct log_record record = {.topic = "certificates.commands", .partition = 1, .offset = 2};
    record.headers_count = take_headers(&rest, headers);
    record.headers = headers;
    record.key = take(&rest, take_number(&rest, 1));
    record.key_null = record.key.length == 0;
    record.value = rest;
    pass_on(turn, &record);
    show(&record);
    const struct log_staged *staged = bury(turn, &record);
    record.headers = staged->headers + 1; /* the first is left free for the transaction */
    record.headers_count = staged->headers_count - 1;
    record.value = staged->value;
    show(&record);
    (void)bury(turn, &record);
    return 0;
}
