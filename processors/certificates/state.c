/* What is kept of a certificate: its state, and the answers to its commands. */
#include <assert.h>
#include <inttypes.h>

#include "certificates/lane.h"
#include "domain/uuid.h"
#include "wire/encode.h"

static struct bytes key_of(const struct uuid *id) {
    return (struct bytes){.data = id->bytes, .length = sizeof id->bytes};
}

/* A value of ours. `refuse_other`: a symbol that we do not know makes it unreadable. */
static enum result decode_value(struct certificates_lane *lane, const char *topic,
                                struct bytes value, bool refuse_other, struct turn *turn,
                                struct message *message, struct error *error) {
    const struct wire_input input = {.topic = topic, .value = value, .refuse_other = refuse_other};
    struct wire_failure failure;
    const enum result result = wire_decode(lane->cache, &input, turn_arena(turn),
                                           turn_monotonic_ms(turn), message, &failure);
    if (result != RESULT_OK) {
        (void)error_set(error, result, "%s", failure.text);
    }
    return result;
}

enum result own_decode(struct certificates_lane *lane, const struct log_record *record,
                       bool refuse_other, struct turn *turn, struct message *message,
                       struct error *error) {
    if (record->value_null) {
        (void)error_set(error, RESULT_INVALID,
                        "%s/%" PRId32 "/%" PRId64
                        " has no value; nobody but Millrace may write to this topic: check its "
                        "access list",
                        record->topic, record->partition, record->offset);
        return RESULT_INVALID;
    }
    const enum result result =
        decode_value(lane, record->topic, record->value, refuse_other, turn, message, error);
    if (result != RESULT_OK) {
        const int key_length = (int)(record->key.length > 64 ? 64 : record->key.length);
        (void)error_wrap(error, "%s/%" PRId32 "/%" PRId64 ", key %.*s%s", record->topic,
                         record->partition, record->offset, key_length,
                         (const char *)record->key.data,
                         result == RESULT_INVALID ? ", cannot be read by this version" : "");
    }
    return result;
}

static enum result check_format(const struct certificates_state_certificate_state *state,
                                struct error *error) {
    if (state->format_version <= CERTIFICATES_FORMAT_VERSION) {
        return RESULT_OK;
    }
    char id[UUID_CHARACTERS];
    uuid_to_text(&state->certificate_id, id);
    return error_set(error, RESULT_INVALID,
                     "the state of certificate %.*s has format %" PRId32
                     ", this version knows up to %d: start the newer version again, nothing is "
                     "lost meanwhile",
                     (int)sizeof id, id, state->format_version, CERTIFICATES_FORMAT_VERSION);
}

enum result handling_load(struct handling *handling, const struct uuid *certificate_id,
                          struct error *error) {
    struct bytes value;
    const enum result found =
        turn_get(handling->turn, TABLE_STATE, key_of(certificate_id), &value, error);
    if (found == RESULT_NOT_FOUND) {
        handling->state = (struct certificates_state_certificate_state){
            .format_version = handling->lane->config->state_format,
            .certificate_id = *certificate_id};
        certificate_init(&handling->state.model);
        return RESULT_OK;
    }
    if (found != RESULT_OK) {
        return found;
    }
    struct message message;
    char id[UUID_CHARACTERS];
    uuid_to_text(certificate_id, id);
    const enum result result = decode_value(handling->lane, "certificates.state", value, true,
                                            handling->turn, &message, error);
    if (result != RESULT_OK) {
        return error_wrap(error, "the state of certificate %.*s", (int)sizeof id, id);
    }
    assert(message.type == MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE);
    handling->state = *(const struct certificates_state_certificate_state *)message.body;
    assert(uuid_equal(&handling->state.certificate_id, certificate_id));
    /* A store outlives its program: the state may be of a newer one that was taken back. */
    return check_format(&handling->state, error) == RESULT_OK
               ? RESULT_OK
               : error_wrap(error, "certificates.state, partition %" PRId32,
                            handling->lane->partition);
}

void handling_save(struct handling *handling) {
    if (!handling->changed) {
        return;
    }
    const struct uuid *id = &handling->state.certificate_id;
    const int32_t format = handling->lane->config->state_format;
    /* Raised when it is written anyway, never lowered: it may hold what the older one has no place
     * for. */
    if (handling->state.format_version < format) {
        handling->state.format_version = format;
    }
    const struct bytes value =
        turn_emit(handling->turn, OUTPUT_STATE, id, MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE,
                  &handling->state, &handling->trace);
    turn_put(handling->turn, TABLE_STATE, key_of(id), value);
    handling->changed = false;
}

size_t handling_state_size(const struct handling *handling) {
    return encode(&certificates_state_certificate_state_descriptor, &handling->state, NULL, 0);
}

/* What was kept whole. */
static enum result decode_answer(struct handling *handling, struct bytes value,
                                 const struct certificates_answers_command_answered **answer,
                                 struct error *error) {
    struct message message;
    /* It will be written again: nobody writes `Other`. */
    const enum result result = decode_value(handling->lane, "certificates.answers", value, true,
                                            handling->turn, &message, error);
    if (result != RESULT_OK) {
        return error_wrap(error, "the answer to a command that was seen before");
    }
    assert(message.type == MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED);
    *answer = message.body;
    return RESULT_OK;
}

enum result seen_find(struct handling *handling, const struct arrived *arrived,
                      const struct certificates_answers_command_answered **answer,
                      struct error *error) {
    const struct seen_command command = {
        .type = arrived->message.type,
        .certificate_id = arrived->head.certificate_id,
        .command_id = &arrived->head.metadata->id,
        .payload_hash = {arrived->hash, sizeof arrived->hash},
    };
    uint8_t key[SEEN_KEY_BYTES];
    struct bytes kept;
    seen_key(command.certificate_id, command.command_id, key);
    enum result result = turn_get(handling->turn, TABLE_SEEN,
                                  (struct bytes){.data = key, .length = sizeof key}, &kept, error);
    *answer = NULL;
    if (result != RESULT_OK) {
        return result;
    }
    if (seen_is_short(kept)) {
        *answer =
            seen_is_about(kept, command.payload_hash)
                ? seen_expand(&handling->lane->origins, turn_arena(handling->turn), kept, &command)
                : NULL;
        return RESULT_OK;
    }
    const struct certificates_answers_command_answered *whole = NULL;
    result = decode_answer(handling, kept, &whole, error);
    if (result == RESULT_OK) {
        assert(whole != NULL);
        *answer = bytes_equal(whole->payload_hash, command.payload_hash) ? whole : NULL;
    }
    return result;
}

void seen_put(struct handling *handling, const struct certificates_answers_command_answered *answer,
              struct bytes value) {
    struct seen_origins *origins = &handling->lane->origins;
    uint8_t key[SEEN_KEY_BYTES];
    uint8_t room[SEEN_SHORT_MAX];
    seen_key(&answer->certificate_id, &answer->command_id, key);
    const struct bytes kept = seen_shorten(origins, answer, value, room);
    seen_put_origins(origins, TABLE_SEEN, handling->turn);
    turn_put(handling->turn, TABLE_SEEN, (struct bytes){.data = key, .length = sizeof key}, kept);
}

enum result certificates_restore(void *self, uint32_t changelog, const struct log_record *record,
                                 struct turn *turn, struct error *error) {
    struct certificates_lane *lane = self;
    struct arena *arena = turn_arena(turn);
    const size_t mark = arena->used;
    struct message message;
    const bool refuse_other = changelog == CHANGELOG_STATE; /* see `decode_answer` */
    enum result result = seen_know_origins(&lane->origins, TABLE_SEEN, turn, error);
    if (result != RESULT_OK) {
        return result;
    }
    result = own_decode(lane, record, refuse_other, turn, &message, error);
    if (result != RESULT_OK) {
        return result;
    }
    /* What was decoded is not needed any more, and there may be millions of records. */
    if (changelog == CHANGELOG_STATE) {
        const struct certificates_state_certificate_state *state = message.body;
        if (check_format(state, error) != RESULT_OK) {
            return error_wrap(error, "%s/%" PRId32 "/%" PRId64, record->topic, record->partition,
                              record->offset);
        }
        const struct uuid id = state->certificate_id;
        arena->used = mark;
        turn_put(turn, TABLE_STATE, key_of(&id), record->value);
        return RESULT_OK;
    }
    assert(message.type == MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED);
    const struct certificates_answers_command_answered *answer = message.body;
    uint8_t key[SEEN_KEY_BYTES];
    uint8_t room[SEEN_SHORT_MAX];
    seen_key(&answer->certificate_id, &answer->command_id, key);
    const struct bytes kept = seen_shorten(&lane->origins, answer, record->value, room);
    arena->used = mark;
    seen_put_origins(&lane->origins, TABLE_SEEN, turn);
    turn_put(turn, TABLE_SEEN, (struct bytes){.data = key, .length = sizeof key}, kept);
    return RESULT_OK;
}
