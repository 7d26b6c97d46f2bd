#include "domain/certificate_heads.h"

#include <assert.h>

#include "generated/c/certificates_commands.h"
#include "generated/c/certificates_events.h"
#include "generated/c/certificates_operations.h"
#include "generated/c/registry_events.h"

/* The structs are generated one by one; that they begin alike is known to these three macros. */

#define COMMAND_HEAD(member, record)                            \
    case member: {                                              \
        const struct record *body = message->body;              \
        *head = (struct certificate_command_head){              \
            .metadata = &body->metadata,                        \
            .certificate_id = &body->certificate_id,            \
            .requested_by = body->requested_by,                 \
            .has_expected_version = body->has_expected_version, \
            .expected_version = body->expected_version,         \
        };                                                      \
        return true;                                            \
    }

bool certificate_command_head(const struct message *message,
                              struct certificate_command_head *head) {
    assert(message != NULL && message->body != NULL && head != NULL);
    switch ((int)message->type) {
        COMMAND_HEAD(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE,
                     certificates_commands_issue_certificate)
        COMMAND_HEAD(MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE,
                     certificates_commands_slice_certificate)
        COMMAND_HEAD(MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE,
                     certificates_commands_transfer_slice)
        COMMAND_HEAD(MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES,
                     certificates_commands_reserve_slices)
        COMMAND_HEAD(MESSAGE_CERTIFICATES_COMMANDS_RELEASE_RESERVATION,
                     certificates_commands_release_reservation)
        COMMAND_HEAD(MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE,
                     certificates_commands_allocate_slice)
        COMMAND_HEAD(MESSAGE_CERTIFICATES_COMMANDS_CLAIM_SLICE, certificates_commands_claim_slice)
        COMMAND_HEAD(MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE,
                     certificates_commands_unclaim_slice)
        COMMAND_HEAD(MESSAGE_CERTIFICATES_COMMANDS_WITHDRAW_CERTIFICATE,
                     certificates_commands_withdraw_certificate)
    case MESSAGE_CERTIFICATES_OPERATIONS_REALIGN_CERTIFICATE: {
        const struct certificates_operations_realign_certificate *body = message->body;
        *head = (struct certificate_command_head){.metadata = &body->metadata,
                                                  .certificate_id = &body->certificate_id,
                                                  .requested_by = body->operator, };
        return true;
    }
    default:
        return false;
    }
}

#define EVENT_HEAD(member, record, command)          \
    case member: {                                   \
        const struct record *body = message->body;   \
        *head = (struct certificate_event_head){     \
            .metadata = &body->metadata,             \
            .certificate_id = &body->certificate_id, \
            .command_id = (command),                 \
            .version = body->version,                \
        };                                           \
        return true;                                 \
    }
#define ALWAYS_OF_A_COMMAND (&body->command_id)
#define PERHAPS_OF_A_COMMAND (body->has_command_id ? &body->command_id : NULL)

bool certificate_event_head(const struct message *message, struct certificate_event_head *head) {
    assert(message != NULL && message->body != NULL && head != NULL);
    switch ((int)message->type) {
        EVENT_HEAD(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED,
                   certificates_events_certificate_issued, ALWAYS_OF_A_COMMAND)
        EVENT_HEAD(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SLICED,
                   certificates_events_certificate_sliced, ALWAYS_OF_A_COMMAND)
        EVENT_HEAD(MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED,
                   certificates_events_slice_transferred, ALWAYS_OF_A_COMMAND)
        EVENT_HEAD(MESSAGE_CERTIFICATES_EVENTS_SLICES_RESERVED, certificates_events_slices_reserved,
                   ALWAYS_OF_A_COMMAND)
        EVENT_HEAD(MESSAGE_CERTIFICATES_EVENTS_RESERVATION_RELEASED,
                   certificates_events_reservation_released, ALWAYS_OF_A_COMMAND)
        EVENT_HEAD(MESSAGE_CERTIFICATES_EVENTS_SLICE_ALLOCATED, certificates_events_slice_allocated,
                   ALWAYS_OF_A_COMMAND)
        EVENT_HEAD(MESSAGE_CERTIFICATES_EVENTS_SLICE_CLAIMED, certificates_events_slice_claimed,
                   ALWAYS_OF_A_COMMAND)
        EVENT_HEAD(MESSAGE_CERTIFICATES_EVENTS_SLICE_UNCLAIMED, certificates_events_slice_unclaimed,
                   ALWAYS_OF_A_COMMAND)
        EVENT_HEAD(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_WITHDRAWN,
                   certificates_events_certificate_withdrawn, ALWAYS_OF_A_COMMAND)
        EVENT_HEAD(MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED,
                   certificates_events_command_rejected, ALWAYS_OF_A_COMMAND)
        EVENT_HEAD(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED,
                   certificates_events_certificate_suspended, PERHAPS_OF_A_COMMAND)
        EVENT_HEAD(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED,
                   certificates_events_certificate_resumed, PERHAPS_OF_A_COMMAND)
        EVENT_HEAD(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED,
                   certificates_events_certificate_realigned, PERHAPS_OF_A_COMMAND)
    default:
        return false;
    }
}

#define REGISTRY_HEAD(member, record, submission, transaction) \
    case member: {                                             \
        const struct record *body = message->body;             \
        *head = (struct certificate_registry_head){            \
            .metadata = &body->metadata,                       \
            .certificate_id = &body->certificate_id,           \
            .submission_id = (submission),                     \
            .sequence = body->sequence,                        \
            .transaction_id = (transaction),                   \
        };                                                     \
        return true;                                           \
    }
#define ALWAYS_OF_A_SUBMISSION (&body->submission_id)
#define PERHAPS_OF_A_SUBMISSION (body->has_submission_id ? &body->submission_id : NULL)
#define TRANSACTION (body->transaction_id)
#define PERHAPS_TRANSACTION                                           \
    body->has_transaction_id ? body->transaction_id : (struct text) { \
        .length = 0                                                   \
    }
#define NO_TRANSACTION \
    (struct text) {    \
        .length = 0    \
    }

bool certificate_registry_head(const struct message *message,
                               struct certificate_registry_head *head) {
    assert(message != NULL && message->body != NULL && head != NULL);
    switch ((int)message->type) {
        REGISTRY_HEAD(MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED,
                      registry_events_submission_intended, ALWAYS_OF_A_SUBMISSION, TRANSACTION)
        REGISTRY_HEAD(MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT,
                      registry_events_submission_not_sent, ALWAYS_OF_A_SUBMISSION, NO_TRANSACTION)
        REGISTRY_HEAD(MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT, registry_events_submission_sent,
                      ALWAYS_OF_A_SUBMISSION, NO_TRANSACTION)
        REGISTRY_HEAD(MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED,
                      registry_events_submission_succeeded, ALWAYS_OF_A_SUBMISSION,
                      PERHAPS_TRANSACTION)
        REGISTRY_HEAD(MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED,
                      registry_events_submission_refused, ALWAYS_OF_A_SUBMISSION,
                      PERHAPS_TRANSACTION)
        REGISTRY_HEAD(MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN,
                      registry_events_submission_unknown, ALWAYS_OF_A_SUBMISSION,
                      PERHAPS_TRANSACTION)
        REGISTRY_HEAD(MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED,
                      registry_events_submission_resolved, ALWAYS_OF_A_SUBMISSION,
                      PERHAPS_TRANSACTION)
        REGISTRY_HEAD(MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED,
                      registry_events_resolution_refused, ALWAYS_OF_A_SUBMISSION, NO_TRANSACTION)
        REGISTRY_HEAD(MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS,
                      registry_events_evidence_contradicts, ALWAYS_OF_A_SUBMISSION, NO_TRANSACTION)
        REGISTRY_HEAD(MESSAGE_REGISTRY_EVENTS_STREAM_READ, registry_events_stream_read,
                      PERHAPS_OF_A_SUBMISSION, NO_TRANSACTION)
    default:
        return false;
    }
}
