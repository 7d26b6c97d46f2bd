/* registry.events: what was intended, by whom, and what became of it. */
#include <assert.h>

#include "cli/message_fields.h"
#include "cli/verify/hash.h"
#include "cli/verify/state.h"
#include "domain/certificate_heads.h"
#include "generated/c/registry_events.h"

/* One event of a submission, for the functions below. */
struct step {
    struct verify *verify;
    const struct verify_record *record;
    struct verify_place place;
    struct verify_command *command;
    char id[VERIFY_ID_SIZE]; /* of the submission, for people */
    int64_t sequence;
    int64_t attempt;
    uint32_t writer; /* hash of the incarnation that wrote it; 0: it does not say */
};

/* The first breach of an event ends its checking; false. */
#define REFUSE(step, ...)                                           \
    do {                                                            \
        verify_breach((step)->verify, &(step)->place, __VA_ARGS__); \
        return false;                                               \
    } while (false)

static bool check_intent(const struct step *step,
                         const struct registry_events_submission_intended *event) {
    const struct verify_command *command = step->command;
    if (!command->submitted && !step->record->late) {
        REFUSE(step, "intends the submission %s, which was never ordered", step->id);
    }
    if (command->outcome != VERIFY_OUTCOME_NONE || command->unknown) {
        REFUSE(step,
               "intends the submission %s again, which is settled or unknown since offset %lld",
               step->id, (long long)command->outcome_offset);
    }
    if (command->intent_open) {
        REFUSE(step, "intends the submission %s while another intent of it stands", step->id);
    }
    if (event->attempt != (int64_t)command->attempts + 1) {
        REFUSE(step, "attempt %d of the submission %s follows attempt %u", event->attempt, step->id,
               command->attempts);
    }
    if (step->writer != 0 && step->writer != hash_uuid(0, &event->incarnation)) {
        REFUSE(step, "intends the submission %s in the name of another incarnation", step->id);
    }
    return true;
}

static bool take_intent(const struct step *step) {
    const struct registry_events_submission_intended *event = step->record->message->body;
    struct verify_command *command = step->command;
    step->verify->report.counts.intents++;
    if (!check_intent(step, event)) {
        return false;
    }
    const uint32_t transaction = hash_bytes(hash_text(0, event->registry), event->transaction.data,
                                            event->transaction.length);
    const uint32_t transaction_id = hash_text(0, event->transaction_id);
    if (command->attempts > 0 &&
        (command->transaction != transaction || command->transaction_id != transaction_id)) {
        REFUSE(step, "attempt %d of the submission %s is not to send the same bytes as before",
               event->attempt, step->id);
    }
    command->transaction = transaction;
    command->transaction_id = transaction_id;
    command->incarnation = hash_uuid(0, &event->incarnation);
    command->attempts = (uint32_t)event->attempt;
    command->intent_open = true;
    command->not_sent = false;
    return true;
}

/* Is this about the last attempt, whose intent stands? */
static bool check_open(const struct step *step, const char *what) {
    const struct verify_command *command = step->command;
    if (command->outcome != VERIFY_OUTCOME_NONE) {
        REFUSE(step, "settles the submission %s a second time, first at offset %lld", step->id,
               (long long)command->outcome_offset);
    }
    if (command->unknown) {
        REFUSE(step, "says %s of the submission %s, which is unknown since offset %lld", what,
               step->id, (long long)command->outcome_offset);
    }
    if (!command->intent_open) {
        REFUSE(step, "says %s of the submission %s, of which no intent stands", what, step->id);
    }
    return true;
}

static bool take_not_sent(const struct step *step) {
    struct verify_command *command = step->command;
    if (!check_open(step, "NotSent")) {
        return false;
    }
    if (step->writer != 0 && step->writer != command->incarnation) {
        REFUSE(step,
               "says NotSent of the submission %s, and is not by the incarnation that "
               "intended it",
               step->id);
    }
    command->intent_open = false;
    command->not_sent = true;
    return true;
}

static bool take_unknown(const struct step *step) {
    const struct registry_events_submission_unknown *event = step->record->message->body;
    struct verify_command *command = step->command;
    if (!check_open(step, "Unknown")) {
        return false;
    }
    const bool own = step->writer == command->incarnation;
    if (step->writer != 0 && event->cause != MILLRACE_UNKNOWN_CAUSE_NO_OUTCOME &&
        own == (event->cause == MILLRACE_UNKNOWN_CAUSE_FOREIGN_INTENT)) {
        REFUSE(step,
               own ? "says that the submission %s is a foreign intent, and intended it itself"
                   : "knows what became of the call of the submission %s, and is not by the "
                     "incarnation that intended it",
               step->id);
    }
    command->intent_open = false;
    command->unknown = true;
    command->was_unknown = true;
    command->outcome_offset = step->place.offset;
    command->outcome_late = step->record->late;
    return true;
}

static void settle(const struct step *step, bool executed) {
    struct verify_command *command = step->command;
    command->outcome = executed ? VERIFY_OUTCOME_EXECUTED : VERIFY_OUTCOME_NOT_EXECUTED;
    command->outcome_offset = step->place.offset;
    command->outcome_late = step->record->late;
    command->intent_open = false;
    command->not_sent = false;
    command->unknown = false;
}

static bool take_outcome(const struct step *step, bool executed) {
    const struct verify_command *command = step->command;
    /* The registry executed what was not sent: an incident, and the end of the submission. */
    const bool incident = executed && command->not_sent && command->contradicted;
    /* No transaction could be made of it: refused before there was an attempt. */
    const bool unsent = !executed && step->attempt == 0 && command->attempts == 0 &&
                        command->outcome == VERIFY_OUTCOME_NONE;
    if (!incident && !unsent && !check_open(step, executed ? "Succeeded" : "Refused")) {
        return false;
    }
    settle(step, executed);
    return true;
}

static bool take_refused(const struct step *step) {
    const struct registry_events_submission_refused *event = step->record->message->body;
    const struct verify_command *command = step->command;
    if (event->attempt != 0 || event->has_transaction_id || command->intent_open ||
        command->unknown || command->outcome != VERIFY_OUTCOME_NONE) {
        return take_outcome(step, false);
    }
    /* No transaction could be made of it: the one outcome without an intent. */
    if (command->attempts > 0) {
        REFUSE(step, "says that the submission %s could never be sent, after %u attempts", step->id,
               command->attempts);
    }
    settle(step, false);
    return true;
}

static bool take_resolved(const struct step *step) {
    const struct registry_events_submission_resolved *event = step->record->message->body;
    struct verify_command *command = step->command;
    if (!command->unknown) {
        if (command->outcome != VERIFY_OUTCOME_NONE) {
            return check_open(step, "Resolved");
        }
        REFUSE(step, "resolves the submission %s, which is not unknown", step->id);
    }
    const char *wrong = verify_resolution(step->record, command);
    if (wrong != NULL) {
        REFUSE(step, "resolves the submission %s, and %s", step->id, wrong);
    }
    settle(step, event->executed);
    command->resolved = true;
    return true;
}

static bool take_step(const struct step *step) {
    switch ((int)step->record->message->type) {
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED:
        return take_intent(step);
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT:
        return take_not_sent(step);
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT:
        return check_open(step, "Sent");
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED:
        return take_outcome(step, true);
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED:
        return take_refused(step);
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN:
        return take_unknown(step);
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED:
        return take_resolved(step);
    default:
        return true;
    }
}

/* The event belongs to the submission as it was ordered and as its last intent says. */
static bool check_belongs(const struct step *step, struct text transaction_id) {
    struct verify *verify = step->verify;
    const struct verify_command *command = step->command;
    const enum message_type type = step->record->message->type;
    const bool intends = type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED;
    if (command->submitted && step->sequence != command->sequence) {
        REFUSE(step, "is about the submission %s as sequence %lld, ordered as %u", step->id,
               (long long)step->sequence, command->sequence);
    }
    if (!intends && command->attempts > 0 && step->attempt != command->attempts) {
        REFUSE(step, "is about attempt %lld of the submission %s, whose last is %u",
               (long long)step->attempt, step->id, command->attempts);
    }
    if (!intends && transaction_id.length > 0 && command->attempts > 0 &&
        command->transaction_id != hash_text(0, transaction_id)) {
        REFUSE(step, "names another transaction than the intent of the submission %s", step->id);
    }
    if (!command->submitted) {
        return true;
    }
    const struct millrace_metadata *metadata = message_metadata(type, step->record->message->body);
    struct uuid parent = verify_submit_id(verify, command);
    if (type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED) {
        parent = verify_unknown_id(verify, command);
    }
    char text[VERIFY_ID_SIZE];
    if (metadata->has_parent_id && !uuid_equal(&parent, &metadata->parent_id)) {
        REFUSE(step, "its parent %s is not %s of the submission %s",
               verify_id(&metadata->parent_id, text),
               type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED ? "the SubmissionUnknown"
                                                                   : "the SubmitTransaction",
               step->id);
    }
    return verify_inherits(verify, step->record, command);
}

static bool is_of_an_attempt(enum message_type type) {
    return type != MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED;
}

static bool take_submission(struct verify *verify, const struct verify_record *record,
                            const struct certificate_registry_head *head) {
    struct step step = {
        .verify = verify,
        .record = record,
        .place = verify_place_of(record->record),
        .command = verify_submission_of(verify, head->submission_id, head->certificate_id),
        .sequence = head->sequence,
    };
    struct uuid writer;
    (void)verify_id(head->submission_id, step.id);
    (void)message_number_field(record->message->type, record->message->body, "attempt",
                               &step.attempt);
    if (verify_sets_incarnation(record, &writer)) {
        step.writer = hash_uuid(0, &writer);
    }
    /* First what happens, then how it is said: the graver breach is the one that is told. */
    if (!take_step(&step)) {
        return false;
    }
    const bool ordinal = is_of_an_attempt(record->message->type) && step.attempt > 0;
    return check_belongs(&step, head->transaction_id) &&
           verify_lineage(verify, record, head->certificate_id,
                          ordinal ? (uint32_t)(step.attempt - 1) : 0);
}

/* An incident, a refused verdict, a reading of the stream: none of them changes a submission. */
static bool take_aside(struct verify *verify, const struct verify_record *record,
                       const struct certificate_registry_head *head) {
    const struct verify_place place = verify_place_of(record->record);
    const enum message_type type = record->message->type;
    char text[VERIFY_ID_SIZE];
    if (!verify_lineage(verify, record, head->certificate_id, 0)) {
        return false;
    }
    if (!record->late && uuid_map_find(&verify->parents, &head->metadata->parent_id) == NULL) {
        verify_breach(
            verify, &place, "its parent %s is no %s that there is",
            verify_id(&head->metadata->parent_id, text),
            type == MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS ? "evidence" : "operation");
        return false;
    }
    if (type == MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS) {
        const struct registry_events_evidence_contradicts *event = record->message->body;
        struct verify_command *command =
            verify_submission_of(verify, head->submission_id, head->certificate_id);
        command->contradicted = true;
        /* Of an older attempt the ledger has NotSent, whatever became of a newer one. */
        if (event->evidence_executed == event->ledger_executed ||
            (event->ledger_executed && command->outcome != VERIFY_OUTCOME_EXECUTED)) {
            verify_breach(verify, &place,
                          "says that the evidence contradicts the ledger, and the ledger has "
                          "something else");
            return false;
        }
    }
    if (type != MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED) {
        (void)uuid_map_take(&verify->parents, &head->metadata->id);
    }
    return true;
}

static void note_intents(struct verify *verify, const struct verify_command *command,
                         const struct message *message) {
    struct verify_intents *intents = uuid_map_take(&verify->intents, &command->submission_id);
    intents->count += message->type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED;
    intents->not_sent = command->not_sent;
    if (message->type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED) {
        intents->succeeded = true;
    } else if (message->type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED) {
        intents->refused = true;
    } else if (message->type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED) {
        const struct registry_events_submission_resolved *event = message->body;
        intents->refused =
            intents->refused ||
            (!event->executed && event->closing_rule != MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE);
    }
}

void verify_outcomes_take(struct verify *verify, const struct verify_record *record) {
    struct verify_certificate *certificate = verify_certificate_of(verify, record);
    struct certificate_registry_head head;
    if (certificate == NULL) {
        return;
    }
    if (record->message == NULL || !certificate_registry_head(record->message, &head)) {
        const struct verify_place place = verify_place_of(record->record);
        verify_breach(verify, &place, "cannot be read, or is no message of this topic");
        certificate->fold.broken = true;
        return;
    }
    bool sound;
    switch ((int)record->message->type) {
    case MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS:
    case MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED:
    case MESSAGE_REGISTRY_EVENTS_STREAM_READ:
        sound = take_aside(verify, record, &head);
        break;
    default:
        assert(head.submission_id != NULL);
        sound = take_submission(verify, record, &head);
        if (verify->witnessed) {
            const struct verify_command *command =
                verify_submission_of(verify, head.submission_id, head.certificate_id);
            note_intents(verify, command, record->message);
        }
        break;
    }
    if (sound) {
        verify_ledger_fold(verify, certificate, record);
    } else {
        certificate->fold.broken = true;
    }
}
