#include "loop/arrival.h"

#include <assert.h>
#include <stdio.h>

#include "domain/placement.h"
#include "domain/uuid.h"
#include "generated/c/millrace.h"
#include "ports/fault.h"
#include "wire/envelope.h"

static bool has_schema_id_header(const struct log_record *record) {
    for (uint32_t i = 0; i < record->headers_count; i++) {
        if (envelope_header_has_schema_id(record->headers[i].name)) {
            return true;
        }
    }
    return false;
}

static bool is_nil(const struct uuid *id) {
    static const struct uuid nil;
    return uuid_equal(id, &nil);
}

/* An id that was never set is no identity: two such commands would be taken for one. */
static enum result refuse_nil_id(const struct message *message, struct wire_failure *failure) {
    const struct millrace_metadata *metadata = message->body;
    if (!message_types[message->type].has_metadata || !is_nil(&metadata->id)) {
        return RESULT_OK;
    }
    failure->reason = DEAD_LETTER_MALFORMED;
    (void)snprintf(failure->field, sizeof failure->field, "metadata.id");
    (void)snprintf(failure->text, sizeof failure->text,
                   "field 'metadata.id' is the nil UUID: give each command an id of its own");
    return RESULT_INVALID;
}

enum result arrival_read(struct schema_cache *cache, const struct log_record *record,
                         struct turn *turn, struct message *message, struct wire_failure *failure) {
    const struct wire_input input = {
        .topic = record->topic,
        .value_null = record->value_null,
        .value = record->value,
        .schema_id_in_header = has_schema_id_header(record),
        .refuse_other = true,
    };
    const enum result result =
        wire_decode(cache, &input, turn_arena(turn), turn_monotonic_ms(turn), message, failure);
    FAULT("turn.decoded");
    return result == RESULT_OK ? refuse_nil_id(message, failure) : result;
}

/* Is the key the id, as we write ids? */
static bool key_is_right(const struct log_record *record, const struct uuid *id,
                         enum dead_letter_reason *reason) {
    char expected[UUID_CHARACTERS];
    uuid_to_text(id, expected);
    *reason = DEAD_LETTER_WRONG_KEY;
    if (record->key_null || record->key.length != sizeof expected) {
        return false;
    }
    if (memcmp(record->key.data, expected, sizeof expected) == 0) {
        return true;
    }
    uint8_t lower[UUID_CHARACTERS];
    for (size_t i = 0; i < sizeof lower; i++) {
        const uint8_t c = record->key.data[i];
        lower[i] = c >= 'A' && c <= 'F' ? (uint8_t)(c - 'A' + 'a') : c;
    }
    if (memcmp(lower, expected, sizeof expected) == 0) {
        *reason = DEAD_LETTER_NOT_CANONICAL;
    }
    return false;
}

bool arrival_is_placed(const struct log_record *record, const struct uuid *id, int32_t partitions,
                       struct misplacement *misplacement) {
    assert(partitions >= 1);
    if (is_nil(id)) {
        misplacement->reason = DEAD_LETTER_MALFORMED;
        (void)snprintf(
            misplacement->text, sizeof misplacement->text,
            "the certificate's id is the nil UUID: give each certificate one of its own");
        return false;
    }
    if (!key_is_right(record, id, &misplacement->reason)) {
        (void)snprintf(misplacement->text, sizeof misplacement->text, "%s",
                       dead_letter_reason_sentence(misplacement->reason));
        return false;
    }
    const int32_t right = placement_partition(record->key, partitions);
    if (right == record->partition) {
        return true;
    }
    const bool by_crc32 = placement_partition_crc32(record->key, partitions) == record->partition;
    misplacement->reason = DEAD_LETTER_WRONG_PARTITION;
    (void)snprintf(misplacement->text, sizeof misplacement->text,
                   "%s; set partitioner=murmur2_random (murmur2 says partition %d, it lies in %d)",
                   by_crc32 ? "placed by CRC32" : "not placed by murmur2", right,
                   record->partition);
    return false;
}

void arrival_dead_letter(struct turn *turn, uint32_t output, const struct log_record *record,
                         const struct dead_letter *letter, const struct logger *logger) {
    turn_dead_letter(turn, output, record, letter);
    logger_warning(
        logger, "a record was put into dead-letters: `millrace dead-letters show` says more",
        LOGGER_FIELDS(
            logger_string("topic", record->topic), logger_number("partition", record->partition),
            logger_number("offset", record->offset), logger_string("reason", letter->reason),
            logger_string("err.msg", letter->message)));
}
