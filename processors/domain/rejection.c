#include "domain/rejection.h"

#include <assert.h>

#include "generated/c/certificates_events.h"

struct message rejection_event(const struct rejection *rejection,
                               const struct rejected_command *command,
                               const struct millrace_metadata *metadata, struct arena *arena) {
    assert(rejection->reason != MILLRACE_REASON_OTHER);
    assert(command->version >= 0 && command->type.length > 0);
    struct certificates_events_command_rejected *event = arena_take(arena, sizeof *event);
    *event = (struct certificates_events_command_rejected){
        .metadata = *metadata,
        .certificate_id = *command->certificate_id,
        .command_id = *command->command_id,
        .version = command->version,
        .has_transaction_id = command->has_transaction_id,
        .transaction_id = command->transaction_id,
        .command_type = command->type,
        .reason = rejection->reason,
        .has_detail = rejection->detail.length > 0,
        .detail = rejection->detail,
    };
    return (struct message){.type = MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED, .body = event};
}
