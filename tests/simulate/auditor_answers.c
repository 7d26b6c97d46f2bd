/* What was answered: once as long as nothing is known, once for good, and again word for word. */
#include "tests/simulate/auditor_inside.h"
#include "tests/simulate/known_ids.h"
#include "wire/payload_hash.h"

static const struct certificates_answers_command_answered *body_of(const struct audit_item *item) {
    return item->message.body;
}

static const char *wrong_hash(struct audit *audit, const struct audit_command *command,
                              const struct certificates_answers_command_answered *answer) {
    uint8_t hash[PAYLOAD_HASH_BYTES];
    const struct message *message = &command->item->message;
    if (!payload_hash(message_types[message->type].record, message->body, &audit->arena, hash) ||
        !bytes_equal(answer->payload_hash, (struct bytes){hash, sizeof hash})) {
        return "payloadHash";
    }
    return NULL;
}

/* The field that is wrong; NULL: none is. */
static const char *wrong_field(struct audit *audit, const struct audit_case *certificate,
                               const struct audit_command *command,
                               const struct certificates_answers_command_answered *answer) {
    const bool unknown = answer->verdict == MILLRACE_VERDICT_UNKNOWN;
    const struct audit_result *result = unknown ? &command->unknown_result : &command->result;
    const struct uuid id =
        known_message_id(&certificate->id, &result->parent_id,
                         message_types[MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED].full_name, 0);
    const bool refused = !unknown && command->fate == AUDIT_REJECTED;
    if (!unknown &&
        answer->verdict != (refused ? MILLRACE_VERDICT_REJECTED : MILLRACE_VERDICT_APPLIED)) {
        return "verdict";
    }
    if (answer->has_reason != (unknown || refused) ||
        (unknown && answer->reason != MILLRACE_REASON_OUTCOME_UNKNOWN) ||
        (refused && answer->reason != command->reason)) {
        return "reason";
    }
    if (command->has_detail && !unknown && !text_equal(answer->detail, command->detail)) {
        return "detail";
    }
    if (answer->version != result->version) {
        return "version";
    }
    if (answer->event_ids_count != result->event_ids_count) {
        return "eventIds";
    }
    for (uint32_t i = 0; i < answer->event_ids_count; i++) {
        if (!uuid_equal(&answer->event_ids[i], &result->event_ids[i])) {
            return "eventIds";
        }
    }
    if (!uuid_equal(&answer->metadata.id, &id) || !answer->metadata.has_parent_id ||
        !uuid_equal(&answer->metadata.parent_id, &result->parent_id)) {
        return "id or parent";
    }
    return wrong_hash(audit, command, answer);
}

/* An answer that was not given before. */
static bool first_is_right(struct audit *audit, const struct audit_case *certificate,
                           const struct audit_command *command, const struct audit_item *item) {
    const struct certificates_answers_command_answered *answer = body_of(item);
    const bool unknown = answer->verdict == MILLRACE_VERDICT_UNKNOWN;
    if (unknown ? !command->unknown : command->fate == AUDIT_OPEN) {
        audit_violation(audit, "answer", certificate, command, item,
                        "%s, where nothing that happened says so",
                        millrace_verdict_descriptor.symbols[answer->verdict]);
        return false;
    }
    const char *wrong = wrong_field(audit, certificate, command, answer);
    if (wrong != NULL) {
        audit_violation(
            audit, "answer", certificate, command, item,
            "another %s: %s %s at version %lld, expected %s %s at version %lld", wrong,
            millrace_verdict_descriptor.symbols[answer->verdict],
            answer->has_reason ? audit_reason_name(answer->reason) : "", (long long)answer->version,
            unknown                           ? "Unknown"
            : command->fate == AUDIT_REJECTED ? "Rejected"
                                              : "Applied",
            !unknown && command->fate == AUDIT_REJECTED ? audit_reason_name(command->reason) : "",
            (long long)(unknown ? command->unknown_result : command->result).version);
        return false;
    }
    return true;
}

/* How many answers at least: a repeat that was written after the first must have been heard. */
static uint32_t answers_due(const struct audit_command *command, const struct audit_item *first) {
    uint32_t due = (command->unknown ? 1u : 0u) + (command->fate != AUDIT_OPEN ? 1u : 0u);
    for (const struct audit_item *again = command->repeats.first; first != NULL && again != NULL;
         again = again->next) {
        due += again->timestamp_ms > first->timestamp_ms ? 1 : 0;
    }
    return due;
}

static void look_at_command(struct audit *audit, const struct audit_case *certificate,
                            const struct audit_command *command) {
    const struct audit_item *firsts[2] = {NULL, NULL}; /* Unknown, final */
    uint32_t count = 0;
    uint32_t most = (command->unknown ? 1u : 0u) + (command->fate != AUDIT_OPEN ? 1u : 0u);
    for (const struct audit_item *item = command->answers.first; item != NULL; item = item->next) {
        const int kind = body_of(item)->verdict == MILLRACE_VERDICT_UNKNOWN ? 0 : 1;
        count++;
        if (kind == 0 && firsts[1] != NULL) {
            audit_violation(audit, "answer", certificate, command, item,
                            "Unknown behind its final answer");
            return;
        }
        if (firsts[kind] == NULL) {
            firsts[kind] = item;
            if (!first_is_right(audit, certificate, command, item)) {
                return;
            }
        } else if (!bytes_equal(item->value, firsts[kind]->value)) {
            audit_violation(audit, "answer", certificate, command, item,
                            "answered again in other words than at %lld",
                            (long long)firsts[kind]->offset);
            return;
        }
    }
    for (const struct audit_item *again = command->repeats.first; again != NULL;
         again = again->next) {
        most++;
    }
    most += (audit->setup->readings - 1) * most;
    if (count > most) {
        audit_violation(audit, "answer", certificate, command, command->answers.last,
                        "answered %u times, %u at most", count, most);
        return;
    }
    if (!audit->setup->at_rest) {
        return;
    }
    const uint32_t due = answers_due(command, command->answers.first);
    if (command->fate == AUDIT_OPEN || firsts[1] == NULL) {
        audit_violation(audit, "answer", certificate, command, NULL, "has no final answer");
    } else if (command->unknown && firsts[0] == NULL) {
        audit_violation(audit, "answer", certificate, command, NULL, "was never answered Unknown");
    } else if (count < due) {
        audit_violation(audit, "answer", certificate, command, NULL,
                        "answered %u times, though it came again: %u at least", count, due);
    }
}

void audit_answers(struct audit *audit, struct audit_case *certificate) {
    for (struct audit_item *item = certificate->answers.first, *next; item != NULL; item = next) {
        struct audit_command *command = audit_command_find(certificate, &body_of(item)->command_id);
        next = item->next;
        if (command == NULL) {
            audit_violation(audit, "answer", certificate, NULL, item, "no command has id %s here",
                            short_id(&body_of(item)->command_id));
            return;
        }
        item->next = NULL;
        if (command->answers.last == NULL) {
            command->answers.first = item;
        } else {
            command->answers.last->next = item;
        }
        command->answers.last = item;
    }
    const struct audit_command *command = certificate->commands;
    for (; command != NULL && !audit_stopped(audit); command = command->next) {
        look_at_command(audit, certificate, command);
    }
    command = certificate->operations;
    for (; command != NULL && !audit_stopped(audit); command = command->next) {
        look_at_command(audit, certificate, command);
    }
}
