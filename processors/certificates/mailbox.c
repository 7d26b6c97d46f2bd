/* Commands that wait until their turn comes, as they came. */
#include <assert.h>
#include <inttypes.h>

#include "certificates/lane.h"
#include "domain/limits.h"
#include "domain/uuid.h"
#include "wire/encode.h"
#include "wire/envelope.h"

enum { TRACE_HEADERS = 3, TRACE_HEADER_BYTES_MAX = 1024 };

/* The trace headers that are worth keeping; one of a kilobyte is no trace. */
static uint32_t keep_trace(const struct trace *trace, struct certificates_state_header *headers) {
    const struct certificates_state_header all[TRACE_HEADERS] = {
        {text_of("traceparent"),
         {(const uint8_t *)trace->traceparent.data, trace->traceparent.length}},
        {text_of("tracestate"),
         {(const uint8_t *)trace->tracestate.data, trace->tracestate.length}},
        {text_of("baggage"), {(const uint8_t *)trace->baggage.data, trace->baggage.length}},
    };
    uint32_t count = 0;
    for (uint32_t i = 0; i < TRACE_HEADERS; i++) {
        if (all[i].value.length > 0 && all[i].value.length <= TRACE_HEADER_BYTES_MAX) {
            headers[count++] = all[i];
        }
    }
    return count;
}

static struct trace kept_trace(const struct certificates_state_waiting_command *waiting) {
    struct trace trace = {0};
    for (uint32_t i = 0; i < waiting->headers_count; i++) {
        const struct certificates_state_header *header = &waiting->headers[i];
        trace_take(&trace, header->name,
                   (struct text){(const char *)header->value.data, header->value.length});
    }
    return trace;
}

struct certificates_state_waiting_command mailbox_entry(const struct handling *handling,
                                                        const struct arrived *arrived) {
    const struct log_record *record = handling->record;
    struct arena *arena = turn_arena(handling->turn);
    assert(record->value.length > ENVELOPE_BYTES);
    assert(record->value.length <= LIMIT_COMMAND_BYTES_MAX);
    struct certificates_state_header *headers = arena_take(arena, TRACE_HEADERS * sizeof *headers);
    uint32_t schema_id;
    struct bytes payload;
    const enum envelope_kind kind = envelope_read(record->value, &schema_id, &payload);
    assert(kind == ENVELOPE_CONFLUENT);
    (void)kind;
    return (struct certificates_state_waiting_command){
        .command_id = arrived->head.metadata->id,
        .payload_hash = arena_bytes(arena, (struct bytes){arrived->hash, sizeof arrived->hash}),
        .type = text_of(message_types[arrived->message.type].full_name),
        .schema_id = (int32_t)schema_id,
        .bytes = payload,
        .offset = record->offset,
        .headers = headers,
        .headers_count = keep_trace(&arrived->trace, headers),
    };
}

size_t mailbox_entry_size(const struct certificates_state_waiting_command *entry) {
    enum { MARGIN_BYTES = 8 }; /* the list's count, and that there is a current one */
    return MARGIN_BYTES + encode(&certificates_state_waiting_command_descriptor, entry, NULL, 0);
}

void mailbox_append(struct handling *handling,
                    const struct certificates_state_waiting_command *waiting) {
    struct certificates_state_certificate_work *work = &handling->state.work;
    assert(work->waiting_count < LIMIT_WAITING_MAX);
    struct certificates_state_waiting_command *all =
        arena_take(turn_arena(handling->turn), (work->waiting_count + 1) * sizeof *all);
    if (work->waiting_count > 0) {
        memcpy(all, work->waiting, work->waiting_count * sizeof *all);
    }
    all[work->waiting_count] = *waiting;
    work->waiting = all;
    work->waiting_count++;
    handling->changed = true;
}

enum result mailbox_read(const struct handling *handling,
                         const struct certificates_state_waiting_command *waiting,
                         struct arrived *arrived, struct error *error) {
    struct arena *arena = turn_arena(handling->turn);
    uint8_t *value = arena_take(arena, ENVELOPE_BYTES + waiting->bytes.length);
    envelope_write(waiting->schema_id, value);
    memcpy(value + ENVELOPE_BYTES, waiting->bytes.data, waiting->bytes.length);
    const struct wire_input input = {
        .topic = "certificates.commands",
        .value = {value, ENVELOPE_BYTES + waiting->bytes.length},
        .refuse_other = true,
    };
    struct wire_failure failure;
    const enum result result =
        wire_decode(handling->lane->cache, &input, arena, turn_monotonic_ms(handling->turn),
                    &arrived->message, &failure);
    if (result != RESULT_OK) {
        char id[UUID_CHARACTERS];
        uuid_to_text(&waiting->command_id, id);
        return error_set(error, result,
                         "the waiting command %.*s (certificates.commands/%" PRId32 "/%" PRId64
                         ") cannot be read: %s",
                         (int)sizeof id, id, handling->record->partition, waiting->offset,
                         failure.text);
    }
    const bool known = certificate_command_head(&arrived->message, &arrived->head);
    assert(known && uuid_equal(&arrived->head.metadata->id, &waiting->command_id));
    (void)known;
    assert(waiting->payload_hash.length == sizeof arrived->hash);
    memcpy(arrived->hash, waiting->payload_hash.data, sizeof arrived->hash);
    arrived->trace = kept_trace(waiting);
    return RESULT_OK;
}
