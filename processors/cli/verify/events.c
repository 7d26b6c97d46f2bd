/* certificates.events: each comes of a command, of what became of its submission, or of an
 * incident; one list of events a command; the commands of a certificate in the order in which they
 * came. */
#include <assert.h>

#include "cli/message_fields.h"
#include "cli/verify/hash.h"
#include "cli/verify/state.h"
#include "domain/certificate_heads.h"
#include "generated/c/certificates_events.h"

/* One event, for the functions below. */
struct happening {
    struct verify *verify;
    const struct verify_record *record;
    struct verify_place place;
    const struct certificate_event_head *head;
    struct verify_certificate *certificate;
    struct verify_command *command;
    enum message_type type;
    char id[VERIFY_ID_SIZE]; /* of the command, for people */
};

/* The first breach of an event ends its checking; false. */
#define REFUSE(happening, ...)                                                \
    do {                                                                      \
        verify_breach((happening)->verify, &(happening)->place, __VA_ARGS__); \
        return false;                                                         \
    } while (false)

/* The event by which a command of this type is applied. */
static enum message_type applied_by(enum message_type command) {
    switch ((int)command) {
    case MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE:
        return MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED;
    case MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE:
        return MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SLICED;
    case MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE:
        return MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED;
    case MESSAGE_CERTIFICATES_COMMANDS_RESERVE_SLICES:
        return MESSAGE_CERTIFICATES_EVENTS_SLICES_RESERVED;
    case MESSAGE_CERTIFICATES_COMMANDS_RELEASE_RESERVATION:
        return MESSAGE_CERTIFICATES_EVENTS_RESERVATION_RELEASED;
    case MESSAGE_CERTIFICATES_COMMANDS_ALLOCATE_SLICE:
        return MESSAGE_CERTIFICATES_EVENTS_SLICE_ALLOCATED;
    case MESSAGE_CERTIFICATES_COMMANDS_CLAIM_SLICE:
        return MESSAGE_CERTIFICATES_EVENTS_SLICE_CLAIMED;
    case MESSAGE_CERTIFICATES_COMMANDS_UNCLAIM_SLICE:
        return MESSAGE_CERTIFICATES_EVENTS_SLICE_UNCLAIMED;
    case MESSAGE_CERTIFICATES_COMMANDS_WITHDRAW_CERTIFICATE:
        return MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_WITHDRAWN;
    default:
        return MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_REALIGNED;
    }
}

/* A refusal on arrival does not wait for its turn. */
static bool is_refused_on_arrival(const struct happening *happening) {
    if (happening->type != MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED) {
        return false;
    }
    const struct certificates_events_command_rejected *event = happening->record->message->body;
    return event->reason == MILLRACE_REASON_TOO_MANY_WAITING ||
           event->reason == MILLRACE_REASON_TOO_LARGE;
}

static bool check_turn(const struct happening *happening) {
    const struct verify_command *command = happening->command;
    struct verify_certificate *certificate = happening->certificate;
    if (!command->seen || command->operation || is_refused_on_arrival(happening)) {
        return true;
    }
    if (command->offset + 1 < certificate->decided) {
        REFUSE(happening, "the command %s at offset %lld has its turn after the one at offset %lld",
               happening->id, (long long)command->offset, (long long)certificate->decided - 1);
    }
    certificate->decided = command->offset + 1;
    return true;
}

/* An event of the decision that ends the command. */
static bool take_final(const struct happening *happening) {
    struct verify_command *command = happening->command;
    const enum message_type type = happening->type;
    const bool rejects = type == MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED;
    const bool aside = type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED ||
                       type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED;
    if (!aside && (command->applied_event || command->rejected_event)) {
        REFUSE(happening, "the command %s is %s a second time", happening->id,
               rejects ? "rejected" : "applied");
    }
    if (rejects && command->outcome == VERIFY_OUTCOME_EXECUTED) {
        REFUSE(happening, "rejects the command %s, which the registry has executed", happening->id);
    }
    if (!rejects && !aside) {
        if (command->outcome == VERIFY_OUTCOME_NOT_EXECUTED) {
            REFUSE(happening, "applies the command %s, which the registry has not executed",
                   happening->id);
        }
        if ((command->seen || command->operation) &&
            type != applied_by((enum message_type)command->type)) {
            REFUSE(happening, "the command %s is a %s: it cannot lead to this", happening->id,
                   message_type_short((enum message_type)command->type));
        }
    }
    if (!check_turn(happening)) {
        return false;
    }
    command->events = hash_uuid(command->events, &happening->head->metadata->id);
    command->version = (uint32_t)happening->head->version;
    command->events_count++;
    command->rejected_event = command->rejected_event || rejects;
    command->applied_event = command->applied_event || (!rejects && !aside);
    command->events_due = command->events_due || !happening->record->late;
    return true;
}

static bool is_parent(const struct uuid *parent, struct uuid id) {
    return uuid_equal(parent, &id);
}

/* By the command's own handling: no registry was asked. */
static bool take_own(const struct happening *happening) {
    if (happening->command->submitted) {
        REFUSE(happening,
               "decides on the command %s without the registry, to which it was submitted",
               happening->id);
    }
    return take_final(happening);
}

static bool take_of_command(const struct happening *happening) {
    struct verify_command *command = happening->command;
    const struct uuid *parent = &happening->head->metadata->parent_id;
    if (!command->seen && !command->operation && !happening->record->late) {
        REFUSE(happening, "is for the command %s, which there is not", happening->id);
    }
    const bool of_incident = uuid_map_find(&happening->verify->parents, parent) != NULL;
    if (of_incident && !uuid_equal(parent, &command->command_id)) {
        return true; /* while the command was under way; it does not end by it */
    }
    if (!verify_inherits(happening->verify, happening->record, command)) {
        return false;
    }
    if (uuid_equal(parent, &command->command_id)) {
        return take_own(happening);
    }
    if (command->outcome != VERIFY_OUTCOME_NONE &&
        is_parent(parent, verify_outcome_id(happening->verify, command))) {
        return take_final(happening);
    }
    if (command->was_unknown && is_parent(parent, verify_unknown_id(happening->verify, command))) {
        if (happening->type != MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED) {
            REFUSE(happening, "comes of an unknown outcome of the command %s: that only suspends",
                   happening->id);
        }
        command->suspended = true;
        return true;
    }
    if (!happening->record->late) {
        char text[VERIFY_ID_SIZE];
        REFUSE(happening,
               "its parent %s is neither the command %s nor what became of its submission",
               verify_id(parent, text), happening->id);
    }
    return true; /* its parent may lie behind the end that its topic was read to */
}

static bool take_of_nobody(const struct happening *happening) {
    const struct uuid *parent = &happening->head->metadata->parent_id;
    char text[VERIFY_ID_SIZE];
    if (!happening->record->late && uuid_map_find(&happening->verify->parents, parent) == NULL) {
        REFUSE(happening, "its parent %s is no incident and no reading of the stream",
               verify_id(parent, text));
    }
    return true;
}

/* While the certificate is suspended its commands wait. */
static bool check_may_happen(const struct happening *happening) {
    const struct verify_certificate *certificate = happening->certificate;
    const bool own_books = happening->type == MESSAGE_CERTIFICATES_EVENTS_SLICES_RESERVED ||
                           happening->type == MESSAGE_CERTIFICATES_EVENTS_RESERVATION_RELEASED;
    if (own_books && certificate->is_suspended) {
        char text[VERIFY_ID_SIZE];
        REFUSE(happening, "happens while the certificate %s is suspended",
               verify_id(&certificate->id, text));
    }
    return true;
}

static void note_suspension(struct verify_certificate *certificate, const struct message *message) {
    if (message->type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED) {
        const struct certificates_events_certificate_suspended *event = message->body;
        certificate->is_suspended = true;
        certificate->was_misaligned =
            certificate->was_misaligned || event->cause == MILLRACE_SUSPENSION_CAUSE_MISALIGNED;
    } else if (message->type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED) {
        certificate->is_suspended = false;
    }
}

void verify_events_take(struct verify *verify, const struct verify_record *record) {
    struct verify_certificate *certificate = verify_certificate_of(verify, record);
    struct certificate_event_head head;
    if (certificate == NULL) {
        return;
    }
    const struct verify_place place = verify_place_of(record->record);
    if (record->message == NULL || !certificate_event_head(record->message, &head)) {
        verify_breach(verify, &place, "cannot be read, or is no message of this topic");
        certificate->fold.broken = true;
        return;
    }
    verify->report.counts.events++;
    struct happening happening = {
        .verify = verify,
        .record = record,
        .place = place,
        .head = &head,
        .certificate = certificate,
        .type = record->message->type,
    };
    bool sound = verify_lineage(verify, record, &certificate->id, 0);
    if (sound && head.command_id != NULL) {
        happening.command = verify_command_of(verify, &certificate->id, head.command_id);
        (void)verify_id(head.command_id, happening.id);
        sound = take_of_command(&happening);
    } else if (sound) {
        sound = take_of_nobody(&happening);
    }
    if (sound && check_may_happen(&happening)) {
        verify_model_fold(verify, certificate, record);
    } else {
        certificate->fold.broken = true;
    }
    note_suspension(certificate, record->message);
}
