/* Commands and operations: each is a dead letter, or has its consequence by rule. */
#include <assert.h>
#include <string.h>

#include "cli/message_fields.h"
#include "cli/verify/hash.h"
#include "cli/verify/state.h"
#include "wire/payload_hash.h"

enum { COMMAND_BYTES_MAX = 1024 * 1024 }; /* what a payload hash needs for a moment, generously */

static bool is_read(const struct verify *verify, const struct verify_record *record) {
    return record->record->offset < verify->positions.certificates_commands;
}

/* As an answer will name it. */
static uint32_t payload_of(struct verify *verify, const struct message *message) {
    uint8_t hash[PAYLOAD_HASH_BYTES];
    verify_scratch_reserve(verify, COMMAND_BYTES_MAX / 32);
    const bool hashed =
        payload_hash(message_types[message->type].record, message->body, &verify->scratch, hash);
    assert(hashed);
    return hash_bytes(0, hash, sizeof hash);
}

static void note_first(struct verify *verify, struct verify_command *command,
                       const struct verify_record *record) {
    command->offset = record->record->offset;
    command->type = (uint16_t)record->message->type;
    command->payload = payload_of(verify, record->message);
    command->descent =
        verify_descent_of_root(message_metadata(record->message->type, record->message->body));
}

/* The same command again changes nothing; another one with its id is a dead letter. */
static void note_again(struct verify *verify, const struct verify_command *command,
                       const struct verify_record *record) {
    char text[VERIFY_ID_SIZE];
    const struct verify_place place = verify_place_of(record->record);
    verify->report.counts.repeated++;
    if (is_read(verify, record) && !record->late &&
        (command->type != (uint16_t)record->message->type ||
         command->payload != payload_of(verify, record->message))) {
        verify_breach(verify, &place,
                      "is another command than that of the same id %s at offset %lld, was read and "
                      "is no dead letter",
                      verify_id(&command->command_id, text), (long long)command->offset);
    }
}

void verify_commands_take(struct verify *verify, const struct verify_record *record) {
    const struct message *message = record->message;
    const struct verify_place place = verify_place_of(record->record);
    struct uuid certificate_id;
    verify->report.counts.commands++;
    if (verify_letters_have(verify, record->record)) {
        return;
    }
    if (message == NULL ||
        !message_id_field(message->type, message->body, "certificateId", &certificate_id)) {
        if (is_read(verify, record) && !record->late) {
            verify_breach(verify, &place,
                          "this command cannot be read, was passed over and is no dead letter");
        }
        return;
    }
    const struct millrace_metadata *metadata = message_metadata(message->type, message->body);
    struct verify_command *command = verify_command_of(verify, &certificate_id, &metadata->id);
    if (command->seen) {
        note_again(verify, command, record);
    } else {
        command->seen = true;
        note_first(verify, command, record);
    }
    command->due = command->due || (is_read(verify, record) && !record->late);
}

void verify_operations_take(struct verify *verify, const struct verify_record *record) {
    struct uuid certificate_id;
    if (record->message == NULL || verify_letters_have(verify, record->record) ||
        !message_id_field(record->message->type, record->message->body, "certificateId",
                          &certificate_id)) {
        return; /* a dead letter, or not read yet: how far operations were read is not known */
    }
    const struct millrace_metadata *metadata =
        message_metadata(record->message->type, record->message->body);
    struct verify_command *command = verify_command_of(verify, &certificate_id, &metadata->id);
    if (!command->seen && !command->operation) {
        command->operation = true;
        note_first(verify, command, record);
    }
}

/* The answer must be what became of the submission: applied is what was executed, nothing else. */
static void check_outcome(struct verify *verify, const struct verify_command *command) {
    char text[VERIFY_ID_SIZE];
    const struct verify_place place =
        verify_place_at(verify, VERIFY_TOPIC_ANSWERS, command->answer_offset);
    const bool applied = command->answered == VERIFY_OUTCOME_EXECUTED;
    if (command->answered == VERIFY_OUTCOME_NONE || command->outcome == command->answered) {
        return;
    }
    if (command->answer_late && (!command->submitted || command->outcome == VERIFY_OUTCOME_NONE)) {
        return; /* what led to it may lie behind the end that its topic was read to */
    }
    const bool own_books_only = command->operation ||
                                command->type == MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES ||
                                command->type == MESSAGE_CERTIFICATES_COMMANDS_RELEASE_RESERVATION;
    if (!command->submitted) {
        if (applied && command->seen && !own_books_only) {
            verify_breach(verify, &place,
                          "command %s was applied and never submitted to a registry",
                          verify_id(&command->command_id, text));
        }
        return;
    }
    verify_breach(verify, &place,
                  "command %s was answered %s, and by registry.events its submission was %s",
                  verify_id(&command->command_id, text), applied ? "Applied" : "Rejected",
                  command->outcome == VERIFY_OUTCOME_NONE       ? "not settled"
                  : command->outcome == VERIFY_OUTCOME_EXECUTED ? "executed"
                                                                : "not executed");
}

/* An outcome that was read has its answer; the certificate does not stay in doubt in silence. */
static void check_outcome_was_used(struct verify *verify, const struct verify_command *command) {
    char text[VERIFY_ID_SIZE];
    const struct verify_place place =
        verify_place_at(verify, VERIFY_TOPIC_REGISTRY_EVENTS, command->outcome_offset);
    const bool settled = command->outcome != VERIFY_OUTCOME_NONE;
    if ((!settled && !command->unknown) || command->outcome_late ||
        command->outcome_offset >= verify->positions.registry_events) {
        return;
    }
    if (command->answered == VERIFY_OUTCOME_NONE && (settled || !command->answered_unknown)) {
        verify_breach(verify, &place,
                      "what became of command %s was read by the certificates, and is not answered",
                      verify_id(&command->command_id, text));
    }
}

static void check_events_were_answered(struct verify *verify,
                                       const struct verify_command *command) {
    char text[VERIFY_ID_SIZE];
    if (command->events_due && command->answered == VERIFY_OUTCOME_NONE) {
        const struct verify_place place = verify_place_at(
            verify, command->operation ? VERIFY_TOPIC_OPERATIONS : VERIFY_TOPIC_COMMANDS,
            command->offset);
        verify_breach(verify, &place, "command %s has events and no answer",
                      verify_id(&command->command_id, text));
    }
}

static void mark_under_way(struct verify *verify) {
    for (uint32_t i = 0; i < verify->certificates.items_count; i++) {
        const struct verify_certificate *certificate = uuid_map_item(&verify->certificates, i);
        verify->report.counts.certificates += certificate->counted;
        for (uint32_t j = 0; j < certificate->under_way_count; j++) {
            struct verify_command *command =
                verify_command_of(verify, &certificate->id, &certificate->under_way[j]);
            if (j == 0 && certificate->has_current) {
                command->current = true;
            } else {
                command->waiting = true;
            }
        }
    }
}

static void count(struct verify_counts *counts, const struct verify_command *command) {
    if (command->answered == VERIFY_OUTCOME_EXECUTED) {
        counts->applied++;
    } else if (command->answered == VERIFY_OUTCOME_NOT_EXECUTED) {
        counts->rejected++;
    } else if (command->answered_unknown) {
        counts->unknown++;
    } else if (command->waiting) {
        counts->waiting++;
    } else if (command->current) {
        counts->at_registry++;
    } else {
        counts->unread++;
    }
}

void verify_commands_end(struct verify *verify) {
    mark_under_way(verify);
    for (uint32_t i = 0; i < verify->commands.items_count; i++) {
        const struct verify_command *command = uuid_map_item(&verify->commands, i);
        char text[VERIFY_ID_SIZE];
        check_outcome(verify, command);
        check_outcome_was_used(verify, command);
        check_events_were_answered(verify, command);
        if (!command->seen) {
            continue;
        }
        count(&verify->report.counts, command);
        const struct verify_certificate *certificate =
            uuid_map_item(&verify->certificates, command->certificate);
        const bool accounted = command->answered != VERIFY_OUTCOME_NONE || command->waiting ||
                               command->current || certificate->has_newer;
        if (command->due && !accounted) {
            const struct verify_place place =
                verify_place_at(verify, VERIFY_TOPIC_COMMANDS, command->offset);
            verify_breach(verify, &place,
                          "command %s ended in silence: it was read, and is neither answered nor "
                          "waiting nor at the registry nor a dead letter",
                          verify_id(&command->command_id, text));
        }
    }
}
