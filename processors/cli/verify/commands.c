#include <assert.h>

#include "cli/message_fields.h"
#include "cli/verify/state.h"
#include "generated/c/certificates_answers.h"

static bool is_read(const struct verify *verify, const struct verify_record *record) {
    return record->record->offset < verify->positions.certificates_commands;
}

/* Reserving and releasing are in our own books only: no registry hears of them. */
static bool is_own_books_only(enum message_type type) {
    return type == MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES ||
           type == MESSAGE_CERTIFICATES_COMMANDS_RELEASE_RESERVATION;
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
        verify->report.counts.repeated++;
    } else {
        command->seen = true;
        command->place = place;
        command->own_books_only = is_own_books_only(message->type);
        command->unread = !is_read(verify, record);
    }
    if (is_read(verify, record) && !record->late) {
        command->due = true;
    }
}

void verify_operations_take(struct verify *verify, const struct verify_record *record) {
    if (record->message != NULL) {
        const struct millrace_metadata *metadata =
            message_metadata(record->message->type, record->message->body);
        (void)uuid_map_take(&verify->operations, &metadata->id);
    }
}

static void check_events(struct verify *verify, const struct verify_place *place,
                         const struct certificates_answers_command_answered *answer) {
    char text[VERIFY_ID_SIZE];
    for (uint32_t i = 0; i < answer->event_ids_count; i++) {
        const struct verify_event *event = uuid_map_find(&verify->events, &answer->event_ids[i]);
        if (event == NULL || !uuid_equal(&event->certificate_id, &answer->certificate_id)) {
            verify_breach(verify, place, "this answer names the event %s, which there is not",
                          verify_id(&answer->event_ids[i], text));
        }
    }
    if (answer->verdict == MILLRACE_VERDICT_APPLIED && answer->event_ids_count == 0) {
        verify_breach(verify, place, "this answer says Applied and names no event");
    }
}

void verify_answers_take(struct verify *verify, const struct verify_record *record) {
    const struct verify_place place = verify_place_of(record->record);
    if (record->message == NULL ||
        record->message->type != MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED) {
        verify_breach(verify, &place, "cannot be read, or is no message of this topic");
        return;
    }
    const struct certificates_answers_command_answered *answer = record->message->body;
    struct verify_command *command =
        verify_command_of(verify, &answer->certificate_id, &answer->command_id);
    char text[VERIFY_ID_SIZE];
    /* What a late record refers to may lie behind the end that its topic was read to. */
    if (!record->late && !command->seen &&
        uuid_map_find(&verify->operations, &answer->command_id) == NULL) {
        verify_breach(verify, &place, "answers the command %s, which there is not",
                      verify_id(&answer->command_id, text));
    }
    if (!record->late) {
        check_events(verify, &place, answer);
    }
    if (answer->verdict == MILLRACE_VERDICT_UNKNOWN) {
        command->answered_unknown = true;
        return;
    }
    const enum verify_outcome verdict = answer->verdict == MILLRACE_VERDICT_APPLIED
                                            ? VERIFY_OUTCOME_EXECUTED
                                            : VERIFY_OUTCOME_NOT_EXECUTED;
    if (command->answer != VERIFY_OUTCOME_NONE && command->answer != verdict) {
        verify_breach(verify, &place, "contradicts the final answer at offset %lld for command %s",
                      (long long)command->answer_place.offset,
                      verify_id(&answer->command_id, text));
    }
    if (command->answer == VERIFY_OUTCOME_NONE) {
        command->answer_late = record->late;
    }
    command->answer = verdict;
    command->answer_place = place;
}

/* The answer must be what became of the submission: applied is what was executed, nothing else. */
static void check_outcome(struct verify *verify, const struct verify_command *command) {
    char text[VERIFY_ID_SIZE];
    const bool applied = command->answer == VERIFY_OUTCOME_EXECUTED;
    if (command->answer == VERIFY_OUTCOME_NONE) {
        return;
    }
    if (command->answer_late && (!command->submitted || command->outcome == VERIFY_OUTCOME_NONE)) {
        return; /* what led to it may lie behind the end that its topic was read to */
    }
    if (!command->submitted) {
        if (applied && command->seen && !command->own_books_only) {
            verify_breach(verify, &command->answer_place,
                          "command %s was applied and never submitted to a registry",
                          verify_id(&command->command_id, text));
        }
        return;
    }
    if (command->outcome != command->answer) {
        verify_breach(verify, &command->answer_place,
                      "command %s was answered %s, and by registry.events its submission was %s",
                      verify_id(&command->command_id, text), applied ? "Applied" : "Rejected",
                      command->outcome == VERIFY_OUTCOME_NONE       ? "not settled"
                      : command->outcome == VERIFY_OUTCOME_EXECUTED ? "executed"
                                                                    : "not executed");
    }
}

static void mark_under_way(struct verify *verify) {
    for (uint32_t i = 0; i < verify->certificates.items_count; i++) {
        const struct verify_certificate *certificate = verify->certificates.items[i];
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
    if (command->answer == VERIFY_OUTCOME_EXECUTED) {
        counts->applied++;
    } else if (command->answer == VERIFY_OUTCOME_NOT_EXECUTED) {
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
        const struct verify_command *command = verify->commands.items[i];
        char text[VERIFY_ID_SIZE];
        check_outcome(verify, command);
        if (!command->seen) {
            continue;
        }
        count(&verify->report.counts, command);
        const bool accounted =
            command->answer != VERIFY_OUTCOME_NONE || command->waiting || command->current;
        if (command->due && !accounted) {
            verify_breach(verify, &command->place,
                          "command %s ended in silence: it was read, and is neither answered nor "
                          "waiting nor at the registry nor a dead letter",
                          verify_id(&command->command_id, text));
        }
    }
}
