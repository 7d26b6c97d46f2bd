/* The verdict on an unknown outcome: what it must rest on. */
#include <assert.h>

#include "cli/verify/hash.h"
#include "cli/verify/state.h"
#include "generated/c/registry_events.h"
#include "generated/c/registry_evidence.h"
#include "generated/c/registry_operations.h"

void verify_registry_operations_take(struct verify *verify, const struct verify_record *record) {
    const struct message *message = record->message;
    if (message != NULL && message->type == MESSAGE_REGISTRY_OPERATIONS_READ_STREAM) {
        /* One that has led to a StreamRead may be a dead letter when it is read again: by then the
         * certificate has its registry, and it may be another. */
        const struct registry_operations_read_stream *read = message->body;
        (void)uuid_map_take(&verify->parents, &read->metadata.id);
        return;
    }
    if (message == NULL || verify_letters_have(verify, record->record) ||
        message->type != MESSAGE_REGISTRY_OPERATIONS_RESOLVE_SUBMISSION) {
        return;
    }
    const struct registry_operations_resolve_submission *resolve = message->body;
    struct verify_command *command =
        verify_submission_of(verify, &resolve->submission_id, &resolve->certificate_id);
    (void)uuid_map_take(&verify->parents, &resolve->metadata.id);
    command->asked_executed = command->asked_executed || resolve->executed;
    command->asked_dead =
        command->asked_dead ||
        (!resolve->executed && resolve->closing_rule == MILLRACE_CLOSING_RULE_WRITER_DEAD);
    command->asked_risk =
        command->asked_risk ||
        (!resolve->executed && resolve->closing_rule == MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE);
}

/* What the connector found out by itself, by a late reply or by asking, is about something that was
 * intended. */
void verify_evidence_take(struct verify *verify, const struct verify_record *record) {
    const struct verify_place place = verify_place_of(record->record);
    if (verify_certificate_of(verify, record) == NULL) {
        return;
    }
    const struct registry_evidence_evidence_found *found =
        verify_body_of(verify, record, MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND);
    if (found == NULL) {
        return;
    }
    (void)uuid_map_take(&verify->parents, &found->metadata.id);
    const bool own = found->kind == MILLRACE_EVIDENCE_KIND_REPLY ||
                     found->kind == MILLRACE_EVIDENCE_KIND_STATUS ||
                     found->kind == MILLRACE_EVIDENCE_KIND_STREAM;
    if (!record->late && own) {
        struct verify_evidence *evidence = uuid_map_take(&verify->evidence, &found->metadata.id);
        evidence->submission_id = found->submission_id;
        evidence->offset = place.offset;
    }
}

void verify_evidence_end(struct verify *verify) {
    for (uint32_t i = 0; i < verify->evidence.items_count; i++) {
        const struct verify_evidence *evidence = uuid_map_item(&verify->evidence, i);
        const struct verify_command *command =
            uuid_map_find(&verify->commands, &evidence->submission_id);
        char text[VERIFY_ID_SIZE];
        if (command == NULL || command->attempts == 0) {
            const struct verify_place place =
                verify_place_at(verify, VERIFY_TOPIC_EVIDENCE, evidence->offset);
            verify_breach(verify, &place,
                          "is the registry's word on the submission %s, which was never intended",
                          verify_id(&evidence->submission_id, text));
        }
    }
}

/* Did an operator ask for this? What the connector finds out by itself needs no one. */
static bool was_asked(const struct registry_events_submission_resolved *event,
                      const struct verify_command *command) {
    switch (event->closing_rule) {
    case MILLRACE_CLOSING_RULE_WRITER_DEAD:
        return command->asked_dead;
    case MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE:
        return command->asked_risk;
    case MILLRACE_CLOSING_RULE_NONE:
    case MILLRACE_CLOSING_RULE_OTHER:
        break;
    }
    return text_equal(event->by, event->metadata.source.name) ||
           (event->executed && command->asked_executed);
}

static const char *check_rule(const struct registry_events_submission_resolved *event) {
    const bool closed = event->closing_rule == MILLRACE_CLOSING_RULE_WRITER_DEAD ||
                        event->closing_rule == MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE;
    if (event->closing_rule == MILLRACE_CLOSING_RULE_OTHER) {
        return "has a closing rule that there is not";
    }
    if (event->executed && (closed || event->has_quarantine_ms)) {
        return "needs no closing rule and no quarantine to say that it was executed";
    }
    if (closed && (!event->has_quarantine_ms || event->quarantine_ms <= 0)) {
        return "says 'not executed' without a quarantine";
    }
    if (!closed && event->has_quarantine_ms) {
        return "says 'not executed' after a quarantine without a closing rule";
    }
    if (event->has_looked_at && event->looked_at > event->metadata.timestamp) {
        return "looked at the registry after it gave the verdict";
    }
    return NULL;
}

const char *verify_resolution(const struct verify_record *record,
                              const struct verify_command *command) {
    const struct registry_events_submission_resolved *event = record->message->body;
    struct uuid writer;
    const char *wrong = check_rule(event);
    if (wrong != NULL) {
        return wrong;
    }
    if (event->evidence.length == 0 || event->by.length == 0) {
        return "does not say by whom, or what it rests on";
    }
    if (event->closing_rule == MILLRACE_CLOSING_RULE_WRITER_DEAD &&
        verify_sets_incarnation(record, &writer) && hash_uuid(0, &writer) == command->incarnation) {
        return "says that the writer of the intent is dead, and is written by that very writer";
    }
    if (!record->late && !was_asked(event, command)) {
        return event->executed || event->closing_rule != MILLRACE_CLOSING_RULE_NONE
                   ? "no operator asked for that"
                   : "'not executed' needs the registry's own answer, or a closing rule";
    }
    return NULL;
}
