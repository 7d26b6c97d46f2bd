#include "certificates/seen.h"

#include <assert.h>

#include "domain/metadata.h"

/* What is kept short begins with a byte that no encoded value begins with, then: the origin's
 * number, the beginning of the payload's hash, the parent's id, the time, the version, and what
 * the flags announce. A refusal's detail is the rest. */
enum {
    SHORT = 0x80,
    FLAG_REJECTED = 0x01,
    FLAG_CORRELATION = 0x02, /* other than the command's own id */
    FLAG_DETAIL = 0x04,
    TIME_BYTES = 6,
    VARINT_BYTES_MAX = 10,
    FIXED_BYTES = 2 + SEEN_HASH_BYTES + (int)sizeof(struct uuid) + TIME_BYTES,
    HEAD_BYTES_MAX = FIXED_BYTES + VARINT_BYTES_MAX + (int)sizeof(struct uuid) + 1,
    PAYLOAD_HASH_BYTES_WHOLE = 32,
};

/* --- Keys. --- */

static uint64_t word_at(const struct uuid *id, uint32_t at) {
    uint64_t word;
    memcpy(&word, id->bytes + at, sizeof word);
    return word;
}

/* All bits of a word into each of the result; no two words give the same. */
static uint64_t mix(uint64_t word) {
    word = (word ^ word >> 31) * 0x7fb5d329728ea185u;
    word = (word ^ word >> 27) * 0x81dadef4bc2dd44du;
    return word ^ word >> 33;
}

/* 128 bits of both ids. Who could find two pairs with one key may as well use one pair twice. */
void seen_key(const struct uuid *certificate_id, const struct uuid *command_id,
              uint8_t key[SEEN_KEY_BYTES]) {
    const uint64_t a = mix(word_at(certificate_id, 0)) + word_at(certificate_id, 8);
    const uint64_t b = mix(word_at(certificate_id, 8) + 1) + word_at(certificate_id, 0);
    const uint64_t c = mix(a ^ word_at(command_id, 0)) + word_at(command_id, 8);
    const uint64_t d = mix(b ^ word_at(command_id, 8)) + word_at(command_id, 0);
    const uint64_t first = mix(c) ^ d;
    const uint64_t second = mix(d + first) + c;
    memcpy(key, &first, sizeof first);
    memcpy(key + sizeof first, &second, sizeof second);
}

/* --- Origins: those of the store are read once, a new one is put behind them. --- */

static struct bytes origin_key(uint8_t key[2], uint32_t number) {
    key[0] = 'o';
    key[1] = (uint8_t)number;
    return (struct bytes){.data = key, .length = 2};
}

static bool same_text(struct text text, const char *other, uint32_t other_length) {
    return text_equal(text, (struct text){.data = other, .length = other_length});
}

static bool is_origin(const struct seen_origin *origin, const struct millrace_metadata *metadata) {
    return same_text(metadata->source.name, origin->source_name, origin->source_name_length) &&
           same_text(metadata->source.version, origin->source_version,
                     origin->source_version_length) &&
           metadata->has_channel == origin->has_channel &&
           (!origin->has_channel ||
            same_text(metadata->channel, origin->channel, origin->channel_length));
}

static bool set_name(char name[SEEN_NAME_MAX], uint32_t *length, struct text text) {
    if (text.length > SEEN_NAME_MAX) {
        return false;
    }
    if (text.length > 0) {
        memcpy(name, text.data, text.length);
    }
    *length = text.length;
    return true;
}

enum result seen_know_origins(struct seen_origins *origins, uint32_t table, struct turn *turn,
                              struct error *error) {
    while (!origins->known) {
        uint8_t key[2];
        struct bytes value;
        const enum result result =
            turn_get(turn, table, origin_key(key, origins->count), &value, error);
        if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
            return result;
        }
        if (result == RESULT_NOT_FOUND) {
            origins->known = true;
        } else if (origins->count == SEEN_ORIGINS_MAX || value.length != sizeof origins->items[0]) {
            return error_set(error, RESULT_INVALID,
                             "the store holds answers as another version keeps them: remove its "
                             "directory, and it is rebuilt from the log");
        } else {
            memcpy(&origins->items[origins->count++], value.data, value.length);
            origins->stored = origins->count;
        }
    }
    return RESULT_OK;
}

void seen_put_origins(struct seen_origins *origins, uint32_t table, struct turn *turn) {
    for (; origins->stored < origins->count; origins->stored++) {
        const struct seen_origin *origin = &origins->items[origins->stored];
        uint8_t key[2];
        turn_put(turn, table, origin_key(key, origins->stored),
                 (struct bytes){.data = (const uint8_t *)origin, .length = sizeof *origin});
    }
}

/* The number of an answer's origin; SEEN_ORIGINS_MAX: it cannot be kept. */
static uint32_t origin_of(struct seen_origins *origins, const struct millrace_metadata *metadata) {
    for (uint32_t i = 0; i < origins->count; i++) {
        if (is_origin(&origins->items[i], metadata)) {
            return i;
        }
    }
    struct seen_origin origin = {.has_channel = metadata->has_channel};
    if (origins->count == SEEN_ORIGINS_MAX ||
        !set_name(origin.source_name, &origin.source_name_length, metadata->source.name) ||
        !set_name(origin.source_version, &origin.source_version_length, metadata->source.version) ||
        (metadata->has_channel &&
         !set_name(origin.channel, &origin.channel_length, metadata->channel))) {
        return SEEN_ORIGINS_MAX;
    }
    origins->items[origins->count] = origin;
    return origins->count++;
}

/* --- Short and whole. --- */

/* As nearly all answers are. Their ids follow from their parent's (`schemas/README.md`). */
static bool is_usual(const struct certificates_answers_command_answered *answer) {
    const struct millrace_metadata *metadata = &answer->metadata;
    const bool applied =
        answer->verdict == MILLRACE_VERDICT_APPLIED && !answer->has_reason && !answer->has_detail;
    const bool rejected = answer->verdict == MILLRACE_VERDICT_REJECTED && answer->has_reason;
    return (applied || rejected) && answer->event_ids_count == 1 && metadata->has_parent_id &&
           metadata->has_correlation_id && metadata->timestamp >= 0 &&
           metadata->timestamp >> (8 * TIME_BYTES) == 0 && answer->version >= 0 &&
           answer->payload_hash.length == PAYLOAD_HASH_BYTES_WHOLE &&
           (!answer->has_detail || answer->detail.length <= SEEN_SHORT_MAX - HEAD_BYTES_MAX);
}

static uint8_t *put(uint8_t *to, const void *from, size_t length) {
    memcpy(to, from, length);
    return to + length;
}

static uint8_t *put_number(uint8_t *to, uint64_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; i--) {
        *to++ = (uint8_t)(number >> (8 * i));
    }
    return to;
}

static uint8_t *put_varint(uint8_t *to, uint64_t number) {
    for (; number >= 0x80; number >>= 7) {
        *to++ = (uint8_t)(number | 0x80);
    }
    *to++ = (uint8_t)number;
    return to;
}

static struct bytes write_short(const struct certificates_answers_command_answered *answer,
                                uint32_t origin, uint8_t data[SEEN_SHORT_MAX]) {
    const struct millrace_metadata *metadata = &answer->metadata;
    const bool rejected = answer->verdict == MILLRACE_VERDICT_REJECTED;
    const bool correlation = !uuid_equal(&metadata->correlation_id, &answer->command_id);
    uint8_t *to = data;
    *to++ =
        (uint8_t)(SHORT | (rejected ? FLAG_REJECTED : 0) | (correlation ? FLAG_CORRELATION : 0) |
                  (answer->has_detail ? FLAG_DETAIL : 0));
    *to++ = (uint8_t)origin;
    to = put(to, answer->payload_hash.data, SEEN_HASH_BYTES);
    to = put(to, metadata->parent_id.bytes, sizeof metadata->parent_id.bytes);
    to = put_number(to, (uint64_t)metadata->timestamp, TIME_BYTES);
    to = put_varint(to, (uint64_t)answer->version);
    if (correlation) {
        to = put(to, metadata->correlation_id.bytes, sizeof metadata->correlation_id.bytes);
    }
    if (rejected) {
        *to++ = (uint8_t)answer->reason;
    }
    if (answer->has_detail && answer->detail.length > 0) {
        to = put(to, answer->detail.data, answer->detail.length);
    }
    assert(to <= data + SEEN_SHORT_MAX);
    return (struct bytes){.data = data, .length = (uint32_t)(to - data)};
}

struct bytes seen_shorten(struct seen_origins *origins,
                          const struct certificates_answers_command_answered *answer,
                          struct bytes whole, uint8_t room[SEEN_SHORT_MAX]) {
    assert(origins->known && whole.length > 0 && !seen_is_short(whole));
    const uint32_t origin =
        is_usual(answer) ? origin_of(origins, &answer->metadata) : SEEN_ORIGINS_MAX;
    return origin < SEEN_ORIGINS_MAX ? write_short(answer, origin, room) : whole;
}

bool seen_is_short(struct bytes kept) {
    return kept.length > FIXED_BYTES && (kept.data[0] & SHORT) != 0;
}

bool seen_is_about(struct bytes kept, struct bytes payload_hash) {
    assert(seen_is_short(kept) && payload_hash.length == PAYLOAD_HASH_BYTES_WHOLE);
    return memcmp(kept.data + 2, payload_hash.data, SEEN_HASH_BYTES) == 0;
}

/* The event that a command of this type brings when it is applied. */
static enum message_type event_of(enum message_type command) {
    static const enum message_type events[MESSAGE_TYPES_COUNT] = {
#define BRINGS(command, event) \
    [MESSAGE_CERTIFICATES_##command] = MESSAGE_CERTIFICATES_EVENTS_##event
        BRINGS(COMMANDS_ISSUE_CERTIFICATE, CERTIFICATE_ISSUED),
        BRINGS(COMMANDS_SLICE_CERTIFICATE, CERTIFICATE_SLICED),
        BRINGS(COMMANDS_TRANSFER_SLICE, SLICE_TRANSFERRED),
        BRINGS(COMMANDS_RESERVE_SLICES, SLICES_RESERVED),
        BRINGS(COMMANDS_RELEASE_RESERVATION, RESERVATION_RELEASED),
        BRINGS(COMMANDS_ALLOCATE_SLICE, SLICE_ALLOCATED),
        BRINGS(COMMANDS_CLAIM_SLICE, SLICE_CLAIMED),
        BRINGS(COMMANDS_UNCLAIM_SLICE, SLICE_UNCLAIMED),
        BRINGS(COMMANDS_WITHDRAW_CERTIFICATE, CERTIFICATE_WITHDRAWN),
        BRINGS(OPERATIONS_REALIGN_CERTIFICATE, CERTIFICATE_REALIGNED),
#undef BRINGS
    };
    return events[command];
}

static void set_origin(const struct seen_origin *origin, struct millrace_metadata *metadata) {
    metadata->source = (struct millrace_source){
        .name = {origin->source_name, origin->source_name_length},
        .version = {origin->source_version, origin->source_version_length},
    };
    metadata->has_channel = origin->has_channel;
    metadata->channel = (struct text){origin->channel, origin->channel_length};
}

static struct uuid child_id(const struct uuid *parent_id, const struct uuid *certificate_id,
                            enum message_type type) {
    const struct millrace_metadata parent = {.id = *parent_id};
    return metadata_child(&parent, certificate_id, text_of(message_types[type].full_name), 0, 0,
                          &(struct millrace_source){0})
        .id;
}

static const uint8_t *read_rest(const uint8_t *from, uint8_t flags,
                                struct certificates_answers_command_answered *answer) {
    uint64_t version = 0;
    for (int shift = 0;; shift += 7) {
        version |= (uint64_t)(*from & 0x7f) << shift;
        if ((*from++ & 0x80) == 0) {
            break;
        }
    }
    answer->version = (int64_t)version;
    if ((flags & FLAG_CORRELATION) != 0) {
        memcpy(answer->metadata.correlation_id.bytes, from, sizeof(struct uuid));
        from += sizeof(struct uuid);
    }
    if ((flags & FLAG_REJECTED) != 0) {
        answer->reason = (enum millrace_reason) * from++;
    }
    return from;
}

const struct certificates_answers_command_answered *seen_expand(
    const struct seen_origins *origins, struct arena *arena, struct bytes kept,
    const struct seen_command *command) {
    assert(origins->known && seen_is_about(kept, command->payload_hash));
    struct certificates_answers_command_answered *body = arena_take(arena, sizeof *body);
    struct uuid *event_id = arena_take(arena, sizeof *event_id);
    const uint8_t flags = kept.data[0];
    const bool rejected = (flags & FLAG_REJECTED) != 0;
    const uint8_t *from = kept.data + 2 + SEEN_HASH_BYTES;
    *body = (struct certificates_answers_command_answered){
        .metadata = {.has_parent_id = true,
                     .has_correlation_id = true,
                     .correlation_id = *command->command_id},
        .command_id = *command->command_id,
        .certificate_id = *command->certificate_id,
        .verdict = rejected ? MILLRACE_VERDICT_REJECTED : MILLRACE_VERDICT_APPLIED,
        .has_reason = rejected,
        .event_ids = event_id,
        .event_ids_count = 1,
        .payload_hash = command->payload_hash,
    };
    struct millrace_metadata *metadata = &body->metadata;
    memcpy(metadata->parent_id.bytes, from, sizeof(struct uuid));
    from += sizeof(struct uuid);
    for (int i = 0; i < TIME_BYTES; i++) {
        metadata->timestamp = metadata->timestamp << 8 | *from++;
    }
    from = read_rest(from, flags, body);
    body->has_detail = (flags & FLAG_DETAIL) != 0;
    body->detail = (struct text){(const char *)from, (uint32_t)(kept.data + kept.length - from)};
    assert(kept.data[1] < origins->count);
    set_origin(&origins->items[kept.data[1]], metadata);
    metadata->id = child_id(&metadata->parent_id, command->certificate_id,
                            MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED);
    *event_id =
        child_id(&metadata->parent_id, command->certificate_id,
                 rejected ? MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED : event_of(command->type));
    return body;
}
