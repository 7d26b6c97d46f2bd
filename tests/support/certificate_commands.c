/* Commands for certificate_spec: right in everything that a sentence does not say. */
#include <criterion/criterion.h>

#include "domain/ids.h"
#include "tests/support/certificate_spec.h"
#include "tests/support/certificate_spec_inside.h"

/* What all commands begin with. */
#define COMMAND(command, by)                           \
    do {                                               \
        (command)->metadata = spec_metadata();         \
        (command)->certificate_id = the_certificate(); \
        (command)->requested_by = text_of(by);         \
    } while (0)

static void *take(size_t size) {
    return arena_take(the_arena(), size);
}

struct message issue_certificate(int64_t quantity, const char *owner) {
    struct certificates_commands_issue_certificate *command = take(sizeof *command);
    COMMAND(command, "issuer");
    command->certificate_type = MILLRACE_CERTIFICATE_TYPE_PRODUCTION;
    command->grid_area = text_of("DK1");
    command->period_start = PERIOD_START;
    command->period_end = PERIOD_END;
    command->quantity = quantity;
    command->owner = text_of(owner);
    command->registry = text_of("plain");
    return (struct message){MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE, command};
}

struct message withdraw_certificate(const char *by) {
    struct certificates_commands_withdraw_certificate *command = take(sizeof *command);
    COMMAND(command, by);
    command->reason = text_of("the meter was wrong");
    return (struct message){MESSAGE_CERTIFICATES_COMMANDS_WITHDRAW_CERTIFICATE, command};
}

struct message slice_certificate(struct uuid slice_id, const char *by, uint32_t parts_count,
                                 const int64_t *quantities, const char *const *owners) {
    struct certificates_commands_slice_certificate *command = take(sizeof *command);
    COMMAND(command, by);
    command->slice_id = slice_id;
    command->parts_count = parts_count;
    command->parts = take((parts_count + 1) * sizeof *command->parts);
    for (uint32_t i = 0; i < parts_count; i++) {
        command->parts[i].quantity = quantities[i];
        command->parts[i].has_owner = owners != NULL && owners[i] != NULL;
        if (command->parts[i].has_owner) {
            command->parts[i].owner = text_of(owners[i]);
        }
    }
    return (struct message){MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE, command};
}

struct message slice_in_two(struct uuid slice_id, const char *by, int64_t one,
                            const char *owner_one, int64_t two, const char *owner_two) {
    return slice_certificate(slice_id, by, 2, (const int64_t[]){one, two},
                             (const char *const[]){owner_one, owner_two});
}

struct message transfer_slice(struct uuid slice_id, const char *by, const char *to) {
    struct certificates_commands_transfer_slice *command = take(sizeof *command);
    COMMAND(command, by);
    command->slice_id = slice_id;
    command->new_owner = text_of(to);
    return (struct message){MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE, command};
}

struct message reserve_slices(struct uuid reservation_id, const char *by, int64_t quantity) {
    struct certificates_commands_reserve_slices *command = take(sizeof *command);
    COMMAND(command, by);
    command->reservation_id = reservation_id;
    command->owner = text_of(by);
    command->quantity = quantity;
    return (struct message){MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES, command};
}

struct message release_reservation(struct uuid reservation_id, const char *by) {
    struct certificates_commands_release_reservation *command = take(sizeof *command);
    COMMAND(command, by);
    command->reservation_id = reservation_id;
    return (struct message){MESSAGE_CERTIFICATES_COMMANDS_RELEASE_RESERVATION, command};
}

struct message allocate_slice(struct uuid slice_id, const char *by, struct uuid allocation_id,
                              int64_t quantity) {
    struct certificates_commands_allocate_slice *command = take(sizeof *command);
    COMMAND(command, by);
    command->slice_id = slice_id;
    command->allocation_id = allocation_id;
    command->counterpart_certificate_id = some_id(900);
    command->counterpart_registry = text_of("readable");
    command->counterpart_slice_id = some_id(901);
    command->quantity = quantity;
    return (struct message){MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE, command};
}

struct message claim_slice(struct uuid slice_id, const char *by, struct uuid allocation_id) {
    struct certificates_commands_claim_slice *command = take(sizeof *command);
    COMMAND(command, by);
    command->slice_id = slice_id;
    command->allocation_id = allocation_id;
    return (struct message){MESSAGE_CERTIFICATES_COMMANDS_CLAIM_SLICE, command};
}

struct message unclaim_slice(struct uuid slice_id, const char *by, struct uuid allocation_id) {
    struct certificates_commands_unclaim_slice *command = take(sizeof *command);
    COMMAND(command, by);
    command->slice_id = slice_id;
    command->allocation_id = allocation_id;
    return (struct message){MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE, command};
}

struct message realign_certificate(void) {
    struct certificates_operations_realign_certificate *operation = take(sizeof *operation);
    const struct certificates_state_certificate_model *model = the_model();
    *operation = (struct certificates_operations_realign_certificate){
        .metadata = spec_metadata(),
        .certificate_id = the_certificate(),
        .operator= text_of("olga"),
        .withdrawn = model->withdrawn,
        .evidence = text_of("seen with own eyes"),
        .slices_count = model->slices_count,
        .slices = take((model->slices_count + 1) * sizeof *operation->slices),
    };
    for (uint32_t i = 0; i < model->slices_count; i++) {
        const struct certificates_state_slice_model *slice = &model->slices[i];
        operation->slices[i] = (struct millrace_realigned_slice){
            .slice_id = slice->slice_id,
            .quantity = slice->quantity,
            .owner = slice->owner,
            .has_registry_hash = slice->has_registry_hash,
            .registry_hash = slice->registry_hash,
            .state = slice->state,
            .allocation = slice->allocation,
        };
    }
    return (struct message){MESSAGE_CERTIFICATES_OPERATIONS_REALIGN_CERTIFICATE, operation};
}

/* Set a field that all commands have. */
#define SET(command, record, member, value) \
    ((struct certificates_commands_##record *)(command).body)->member = (value)
#define SET_FOR_ALL(command, member, value)                  \
    switch ((int)(command).type) {                           \
    case MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE:    \
        SET(command, issue_certificate, member, value);      \
        break;                                               \
    case MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE:    \
        SET(command, slice_certificate, member, value);      \
        break;                                               \
    case MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE:       \
        SET(command, transfer_slice, member, value);         \
        break;                                               \
    case MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES:       \
        SET(command, reserve_slices, member, value);         \
        break;                                               \
    case MESSAGE_CERTIFICATES_COMMANDS_RELEASE_RESERVATION:  \
        SET(command, release_reservation, member, value);    \
        break;                                               \
    case MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE:       \
        SET(command, allocate_slice, member, value);         \
        break;                                               \
    case MESSAGE_CERTIFICATES_COMMANDS_CLAIM_SLICE:          \
        SET(command, claim_slice, member, value);            \
        break;                                               \
    case MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE:        \
        SET(command, unclaim_slice, member, value);          \
        break;                                               \
    case MESSAGE_CERTIFICATES_COMMANDS_WITHDRAW_CERTIFICATE: \
        SET(command, withdraw_certificate, member, value);   \
        break;                                               \
    default:                                                 \
        cr_assert_fail("not a command");                     \
    }

struct message expecting_version(struct message command, int64_t version) {
    SET_FOR_ALL(command, has_expected_version, true)
    SET_FOR_ALL(command, expected_version, version)
    return command;
}

struct message with_claim(struct message command, struct uuid claim_id) {
    SET_FOR_ALL(command, has_claim_id, true)
    SET_FOR_ALL(command, claim_id, claim_id)
    return command;
}

struct message with_reservation(struct message command, struct uuid reservation_id) {
    if (command.type == MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE) {
        SET(command, slice_certificate, has_reservation_id, true);
        SET(command, slice_certificate, reservation_id, reservation_id);
    } else {
        cr_assert_eq(command.type, MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE);
        SET(command, allocate_slice, has_reservation_id, true);
        SET(command, allocate_slice, reservation_id, reservation_id);
    }
    return command;
}

struct uuid slice_of(struct message command, uint32_t index) {
    struct certificate_command_head head;
    cr_assert(certificate_command_head(&command, &head));
    return id_of_slice(head.certificate_id, &head.metadata->id, index);
}
