/* Messages of ours: encoded, keyed and with the headers of their topic's kind. */
#include <assert.h>

#include "generated/c/millrace.h"
#include "loop/headers.h"
#include "loop/turn_inside.h"
#include "wire/descriptor.h"
#include "wire/encode.h"
#include "wire/rfc3339.h"

enum {
    WIRE_PREFIX_BYTES = 5, /* magic byte and schema id */
    OWN_HEADERS_MAX = 16,
};

/* Events and answers are read by others and carry all of CloudEvents; what only we read does not.
 */
static bool is_public(enum message_type type) {
    const struct text topic = text_of(message_types[type].topic);
    static const char *const kinds[] = {".events", ".answers"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct text kind = text_of(kinds[i]);
        if (topic.length > kind.length &&
            memcmp(topic.data + topic.length - kind.length, kind.data, kind.length) == 0) {
            return true;
        }
    }
    return false;
}

static struct bytes encode_value(struct turn *turn, enum message_type type, const void *body) {
    const int32_t schema_id = turn->emitter->schema_ids[type];
    assert(schema_id >= 0);
    struct arena *arena = &turn->batch.arena;
    size_t room;
    uint8_t *value = arena_rest(arena, &room);
    assert(room > WIRE_PREFIX_BYTES);
    const size_t length = encode(message_types[type].record, body, value + WIRE_PREFIX_BYTES,
                                 room - WIRE_PREFIX_BYTES);
    assert(length <= room - WIRE_PREFIX_BYTES);
    value[0] = 0;
    for (uint32_t i = 0; i < 4; i++) {
        value[1 + i] = (uint8_t)((uint32_t)schema_id >> (24 - 8 * i));
    }
    arena_keep(arena, WIRE_PREFIX_BYTES + length);
    return (struct bytes){.data = value, .length = (uint32_t)(WIRE_PREFIX_BYTES + length)};
}

static void add_trace(struct headers *headers, const struct trace *trace, bool public) {
    if (trace->traceparent.length > 0) {
        headers_copy(headers, "traceparent", trace->traceparent);
    }
    if (public && trace->tracestate.length > 0) {
        headers_copy(headers, "tracestate", trace->tracestate);
    }
    if (public && trace->baggage.length > 0) {
        headers_copy(headers, "baggage", trace->baggage);
    }
}

/* CloudEvents in binary mode, version 1.0. */
static void add_cloud_events(struct headers *headers, const struct millrace_metadata *metadata,
                             struct text subject) {
    char *time = arena_take(headers->arena, RFC3339_SIZE);
    headers_refer(headers, text_of("ce_specversion"), text_of("1.0"));
    headers_copy(headers, "ce_source", metadata->source.name);
    if (rfc3339_format(metadata->timestamp, time)) {
        headers_refer(headers, text_of("ce_time"), text_of(time));
    }
    headers_refer(headers, text_of("ce_subject"), subject);
    if (metadata->has_parent_id) {
        headers_uuid(headers, "ce_parentid", &metadata->parent_id);
    }
    if (metadata->has_correlation_id) {
        headers_uuid(headers, "ce_correlationid", &metadata->correlation_id);
    }
    if (metadata->has_channel) {
        headers_copy(headers, "ce_channel", metadata->channel);
    }
    headers_refer(headers, text_of("content-type"), text_of("application/avro"));
}

struct bytes turn_emit(struct turn *turn, uint32_t output, const struct uuid *key,
                       enum message_type type, const void *body, const struct trace *trace) {
    assert(!turn->restoring && (uint32_t)type < MESSAGE_TYPES_COUNT);
    struct arena *arena = &turn->batch.arena;
    const struct bytes value = encode_value(turn, type, body);
    char *key_text = arena_take(arena, UUID_CHARACTERS);
    uuid_to_text(key, key_text);
    const bool public = is_public(type);
    struct headers headers;
    headers_begin(&headers, arena, OWN_HEADERS_MAX);
    if (message_types[type].has_metadata) {
        const struct millrace_metadata *metadata = body;
        headers_uuid(&headers, "ce_id", &metadata->id);
        if (public) {
            add_cloud_events(&headers, metadata, (struct text){key_text, UUID_CHARACTERS});
        }
    }
    headers_refer(&headers, text_of("ce_type"), text_of(message_types[type].full_name));
    add_trace(&headers, trace, public);
    const struct log_staged staged = {
        .output = output,
        .key = {.data = (const uint8_t *)key_text, .length = UUID_CHARACTERS},
        .value = value,
        .headers = headers.items,
        .headers_count = headers.count,
    };
    batch_stage(&turn->batch, &staged, headers.items);
    return value;
}

void trace_take(struct trace *trace, struct text name, struct text value) {
    if (text_equal(name, text_of("traceparent"))) {
        trace->traceparent = value;
    } else if (text_equal(name, text_of("tracestate"))) {
        trace->tracestate = value;
    } else if (text_equal(name, text_of("baggage"))) {
        trace->baggage = value;
    }
}

struct trace trace_of(const struct log_record *record) {
    struct trace trace = {0};
    for (uint32_t i = 0; i < record->headers_count; i++) {
        const struct log_header *header = &record->headers[i];
        if (header->value.length <= TRACE_BYTES_MAX) {
            trace_take(&trace, header->name,
                       (struct text){(const char *)header->value.data, header->value.length});
        }
    }
    return trace;
}
