#include <assert.h>

#include "cli/message_fields.h"
#include "cli/verify/state.h"
#include "domain/ids.h"
#include "generated/c/registry_commands.h"
#include "generated/c/registry_events.h"

void verify_submissions_take(struct verify *verify, const struct verify_record *record) {
    struct verify_certificate *certificate = verify_certificate_of(verify, record);
    const struct verify_place place = verify_place_of(record->record);
    if (certificate == NULL) {
        return;
    }
    if (record->message == NULL ||
        record->message->type != MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION) {
        verify_breach(verify, &place, "cannot be read, or is no message of this topic");
        return;
    }
    const struct registry_commands_submit_transaction *submit = record->message->body;
    char text[VERIFY_ID_SIZE];
    /* The parent is the command, and the submission's id follows from it. */
    if (!submit->metadata.has_parent_id) {
        verify_breach(verify, &place, "has no parent: nobody can tell which command it is for");
        return;
    }
    struct verify_command *command =
        verify_command_of(verify, &certificate->id, &submit->metadata.parent_id);
    if (!uuid_equal(&command->submission_id, &submit->submission_id)) {
        verify_breach(verify, &place, "the submission's id %s is not derived from its command",
                      verify_id(&submit->submission_id, text));
        return;
    }
    if (command->submitted) {
        verify_breach(verify, &place,
                      "command %s is submitted a second time; the first is at "
                      "offset %lld",
                      verify_id(&command->command_id, text),
                      (long long)command->submit_place.offset);
        return;
    }
    if (submit->sequence != certificate->sequence + 1) {
        verify_breach(verify, &place, "sequence %lld follows %lld for certificate %s",
                      (long long)submit->sequence, (long long)certificate->sequence,
                      verify_id(&certificate->id, text));
    }
    if (!command->seen && !record->late) {
        verify_breach(verify, &place, "is for the command %s, which there is not",
                      verify_id(&command->command_id, text));
    }
    certificate->sequence = submit->sequence;
    command->submitted = true;
    command->sequence = submit->sequence;
    command->submit_place = place;
    command->submit_due =
        !record->late && record->record->offset < verify->positions.registry_commands;
    verify->report.counts.submissions++;
}

static void take_intent(struct verify *verify, struct verify_command *command,
                        const struct registry_events_submission_intended *event,
                        const struct verify_place *place, bool late) {
    char text[VERIFY_ID_SIZE];
    const char *id = verify_id(&command->submission_id, text);
    verify->report.counts.intents++;
    if (!command->submitted && !late) {
        verify_breach(verify, place, "intends the submission %s, which was never ordered", id);
    } else if (command->submitted && event->sequence != command->sequence) {
        verify_breach(verify, place, "intends the submission %s as sequence %lld, ordered as %lld",
                      id, (long long)event->sequence, (long long)command->sequence);
    }
    if (command->outcome != VERIFY_OUTCOME_NONE || command->unknown) {
        verify_breach(verify, place,
                      "intends the submission %s again, which is settled or unknown "
                      "since offset %lld",
                      id, (long long)command->outcome_place.offset);
    } else if (command->intent_open) {
        verify_breach(verify, place, "intends the submission %s while another intent of it stands",
                      id);
    } else if (event->attempt != command->attempts + 1) {
        verify_breach(verify, place, "attempt %d of the submission %s follows attempt %d",
                      event->attempt, id, command->attempts);
    }
    command->attempts = event->attempt;
    command->intent_open = true;
}

static void settle(struct verify *verify, struct verify_command *command,
                   enum verify_outcome outcome, const struct verify_place *place) {
    char text[VERIFY_ID_SIZE];
    if (command->outcome != VERIFY_OUTCOME_NONE) {
        verify_breach(
            verify, place, "settles the submission %s a second time, first at offset %lld",
            verify_id(&command->submission_id, text), (long long)command->outcome_place.offset);
        return;
    }
    command->outcome = outcome;
    command->outcome_place = *place;
    command->intent_open = false;
    command->unknown = false;
}

/* What one event of registry.events says about its submission. */
void verify_outcomes_take(struct verify *verify, const struct verify_record *record) {
    const struct message *message = record->message;
    const struct verify_place place = verify_place_of(record->record);
    struct uuid id;
    if (!message_id_field(message->type, message->body, "submissionId", &id)) {
        return;
    }
    struct verify_command *command = uuid_map_take(&verify->commands, &id);
    switch (message->type) {
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED:
        take_intent(verify, command, message->body, &place, record->late);
        break;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT:
        command->intent_open = false;
        break;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED:
        settle(verify, command, VERIFY_OUTCOME_EXECUTED, &place);
        break;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED:
        settle(verify, command, VERIFY_OUTCOME_NOT_EXECUTED, &place);
        break;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN:
        command->unknown = true;
        command->outcome_place = place;
        break;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED: {
        const struct registry_events_submission_resolved *event = message->body;
        settle(verify, command,
               event->executed ? VERIFY_OUTCOME_EXECUTED : VERIFY_OUTCOME_NOT_EXECUTED, &place);
        break;
    }
    default: /* nothing about the outcome */
        break;
    }
}

void verify_submissions_end(struct verify *verify) {
    for (uint32_t i = 0; i < verify->commands.items_count; i++) {
        const struct verify_command *command = verify->commands.items[i];
        char text[VERIFY_ID_SIZE];
        if (!command->submit_due || command->outcome != VERIFY_OUTCOME_NONE || command->unknown ||
            command->intent_open) {
            continue;
        }
        const struct verify_certificate *certificate =
            uuid_map_find(&verify->certificates, &command->certificate_id);
        if (certificate == NULL || !certificate->has_queued ||
            !uuid_equal(&certificate->queued, &command->submission_id)) {
            verify_breach(verify, &command->submit_place,
                          "the submission %s ended in silence: it was read, and is neither queued "
                          "nor intended nor settled nor unknown",
                          verify_id(&command->submission_id, text));
        }
    }
}
