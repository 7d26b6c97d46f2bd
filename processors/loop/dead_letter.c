/* Dead letters: a copy of what cannot be worked on, with where it lay and why in its headers. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "loop/headers.h"
#include "loop/turn_inside.h"
#include "wire/rfc3339.h"

enum {
    OWN_HEADERS_MAX = 20,
    FRAMING_BYTES_MAX = 200,       /* what Kafka adds to a record, generously */
    HEADER_FRAMING_BYTES_MAX = 12, /* and to each header */
    NUMBER_BYTES = 24,
};

bool headers_is_of_dead_letter(struct text name) {
    static const char *const prefixes[] = {"__streams.errors.", "millrace."};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        const struct text prefix = text_of(prefixes[i]);
        if (name.length >= prefix.length && memcmp(name.data, prefix.data, prefix.length) == 0) {
            return true;
        }
    }
    return false;
}

static void add_number(struct headers *headers, const char *name, int64_t number) {
    char *text = arena_take(headers->arena, NUMBER_BYTES);
    const int length = snprintf(text, NUMBER_BYTES, "%" PRId64, number);
    assert(length > 0 && length < NUMBER_BYTES);
    headers_refer(headers, text_of(name), (struct text){text, (uint32_t)length});
}

/* The record's own headers, in order, as long as they take no more than `bytes_max` together.
 * Returns whether it describes itself by CloudEvents. */
static bool copy_headers(struct headers *headers, const struct log_record *record,
                         uint64_t bytes_max) {
    bool described = false;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < record->headers_count && i < LOG_HEADERS_MAX; i++) {
        const struct log_header *header = &record->headers[i];
        bytes += HEADER_FRAMING_BYTES_MAX + (uint64_t)header->name.length + header->value.length;
        if (headers_is_of_dead_letter(header->name) || bytes > bytes_max) {
            continue;
        }
        described = described || text_equal(header->name, text_of("ce_id"));
        const struct bytes value = arena_bytes(headers->arena, header->value);
        headers_refer(headers, arena_text(headers->arena, header->name),
                      (struct text){(const char *)value.data, value.length});
    }
    return described;
}

/* What CloudEvents needs and the producer did not say, as far as it is known. */
static void add_cloud_events(struct headers *headers, const struct turn *turn,
                             const struct log_record *record, const struct dead_letter *letter) {
    enum { PLACE_BYTES = 320 };
    char *time = arena_take(headers->arena, RFC3339_SIZE);
    headers_refer(headers, text_of("ce_specversion"), text_of("1.0"));
    if (letter->command_id != NULL) {
        headers_uuid(headers, "ce_id", letter->command_id);
    } else {
        char *place = arena_take(headers->arena, PLACE_BYTES);
        const int length = snprintf(place, PLACE_BYTES, "%.249s/%d/%" PRId64, record->topic,
                                    record->partition, record->offset);
        assert(length > 0 && length < PLACE_BYTES);
        headers_refer(headers, text_of("ce_id"), (struct text){place, (uint32_t)length});
    }
    headers_copy(headers, "ce_source", text_of(turn->emitter->application));
    headers_copy(headers, "ce_type", text_of(letter->type == NULL ? "unreadable" : letter->type));
    if (rfc3339_format(turn->wall_ms, time)) {
        headers_refer(headers, text_of("ce_time"), text_of(time));
    }
}

static void add_reasons(struct headers *headers, const struct turn *turn,
                        const struct log_record *record, const struct dead_letter *letter) {
    headers_copy(headers, "__streams.errors.topic", text_of(record->topic));
    add_number(headers, "__streams.errors.partition", record->partition);
    add_number(headers, "__streams.errors.offset", record->offset);
    headers_copy(headers, "__streams.errors.exception", text_of(letter->reason));
    headers_copy(headers, "__streams.errors.message", text_of(letter->message));
    headers_copy(headers, "millrace.reason", text_of(letter->reason));
    if (letter->field != NULL) {
        headers_copy(headers, "millrace.field", text_of(letter->field));
    }
    if (letter->command_id != NULL) {
        headers_uuid(headers, "millrace.commandid", letter->command_id);
    }
    headers_copy(headers, "millrace.application", text_of(turn->emitter->application));
    if (letter->schema_id_known) {
        add_number(headers, "millrace.schemaid", letter->schema_id);
    }
}

static uint64_t whole_size(const struct log_record *record, const struct dead_letter *letter) {
    uint64_t size = FRAMING_BYTES_MAX + (uint64_t)record->key.length + record->value.length +
                    strlen(letter->message) + OWN_HEADERS_MAX * (uint64_t)64;
    for (uint32_t i = 0; i < record->headers_count && i < LOG_HEADERS_MAX; i++) {
        size += HEADER_FRAMING_BYTES_MAX + (uint64_t)record->headers[i].name.length +
                record->headers[i].value.length;
    }
    return size;
}

static struct bytes cut(struct bytes bytes, bool whole) {
    if (!whole && bytes.length > DEAD_LETTER_CUT_BYTES) {
        bytes.length = DEAD_LETTER_CUT_BYTES;
    }
    return bytes;
}

void turn_dead_letter(struct turn *turn, uint32_t output, const struct log_record *record,
                      const struct dead_letter *letter) {
    assert(!turn->restoring && letter->reason != NULL && letter->message != NULL);
    struct arena *arena = &turn->batch.arena;
    const bool whole = whole_size(record, letter) <= turn->emitter->dead_letter_bytes_max;
    struct headers headers;
    headers_begin(&headers, arena, LOG_HEADERS_MAX + OWN_HEADERS_MAX);
    const bool described =
        copy_headers(&headers, record, whole ? UINT64_MAX : DEAD_LETTER_CUT_BYTES);
    if (!described) {
        add_cloud_events(&headers, turn, record, letter);
    }
    add_reasons(&headers, turn, record, letter);
    if (!whole) {
        add_number(&headers, "millrace.cut", record->value.length);
    }
    const struct log_staged staged = {
        .output = output,
        .key_null = record->key_null,
        .value_null = record->value_null,
        .key = arena_bytes(arena, cut(record->key, whole)),
        .value = arena_bytes(arena, cut(record->value, whole)),
        .headers = headers.items,
        .headers_count = headers.count,
    };
    batch_stage(&turn->batch, &staged, headers.items);
    turn_count(turn, METRIC_DEAD_LETTERS, metric_dead_letter_reason(letter->reason), 0);
}
