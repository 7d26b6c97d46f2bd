/* registry.commands: each submission comes of its command, once, in order. */
#include <assert.h>

#include "cli/message_fields.h"
#include "cli/verify/state.h"
#include "generated/c/registry_commands.h"

/* The operation of a command that reaches the registry. NULL: it does not. */
static const void *operation_for(const struct millrace_operation *operation,
                                 enum message_type type) {
    switch ((int)type) {
    case MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE:
        return operation->issue;
    case MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE:
        return operation->slice;
    case MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE:
        return operation->transfer;
    case MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE:
        return operation->allocate;
    case MESSAGE_CERTIFICATES_COMMANDS_CLAIM_SLICE:
        return operation->claim;
    case MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE:
        return operation->unclaim;
    case MESSAGE_CERTIFICATES_COMMANDS_WITHDRAW_CERTIFICATE:
        return operation->withdraw;
    default:
        return NULL;
    }
}

/* The command that it is for: there is one, it asks for this, and it came after the last one. */
static void check_command(struct verify *verify, const struct verify_record *record,
                          struct verify_certificate *certificate,
                          const struct verify_command *command) {
    const struct verify_place place = verify_place_of(record->record);
    const struct registry_commands_submit_transaction *submit = record->message->body;
    char text[VERIFY_ID_SIZE];
    const char *id = verify_id(&command->command_id, text);
    if (!command->seen) {
        if (!record->late) {
            verify_breach(verify, &place, "is for the command %s, which there is not", id);
        }
        return;
    }
    (void)verify_inherits(verify, record, command);
    if (operation_for(&submit->operation, (enum message_type)command->type) == NULL) {
        verify_breach(verify, &place, "the command %s is a %s: it does not ask for this operation",
                      id, message_type_short((enum message_type)command->type));
    }
    if (command->offset + 1 <= certificate->submitted) {
        verify_breach(verify, &place,
                      "the command %s at offset %lld is submitted after the one at offset %lld", id,
                      (long long)command->offset, (long long)certificate->submitted - 1);
    }
    certificate->submitted = command->offset + 1;
}

void verify_submissions_take(struct verify *verify, const struct verify_record *record) {
    struct verify_certificate *certificate = verify_certificate_of(verify, record);
    const struct verify_place place = verify_place_of(record->record);
    if (certificate == NULL) {
        return;
    }
    const struct registry_commands_submit_transaction *submit =
        verify_body_of(verify, record, MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION);
    if (submit == NULL) {
        return;
    }
    char text[VERIFY_ID_SIZE];
    if (!verify_lineage(verify, record, &certificate->id, 0)) {
        return;
    }
    /* The parent is the command, and the submission's id follows from it. */
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
                      verify_id(&command->command_id, text), (long long)command->submit_offset);
        return;
    }
    if (submit->sequence != certificate->sequence + 1) {
        verify_breach(verify, &place, "sequence %lld follows %lld for certificate %s",
                      (long long)submit->sequence, (long long)certificate->sequence,
                      verify_id(&certificate->id, text));
    }
    check_command(verify, record, certificate, command);
    certificate->sequence = submit->sequence;
    command->submitted = true;
    command->sequence = (uint32_t)submit->sequence;
    command->submit_offset = place.offset;
    command->submit_due = !record->late && place.offset < verify->positions.registry_commands;
    verify->report.counts.submissions++;
}

void verify_submissions_end(struct verify *verify) {
    for (uint32_t i = 0; i < verify->commands.items_count; i++) {
        const struct verify_command *command = uuid_map_item(&verify->commands, i);
        char text[VERIFY_ID_SIZE];
        if (!command->submit_due || command->outcome != VERIFY_OUTCOME_NONE || command->unknown ||
            command->intent_open) {
            continue;
        }
        const struct verify_certificate *certificate =
            uuid_map_item(&verify->certificates, command->certificate);
        const bool queued =
            certificate->has_queued && uuid_equal(&certificate->queued, &command->submission_id);
        if (!queued && !certificate->has_newer) {
            const struct verify_place place =
                verify_place_at(verify, VERIFY_TOPIC_REGISTRY_COMMANDS, command->submit_offset);
            verify_breach(verify, &place,
                          "the submission %s ended in silence: it was read, and is neither queued "
                          "nor intended nor settled nor unknown",
                          verify_id(&command->submission_id, text));
        }
    }
}
