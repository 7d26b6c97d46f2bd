#include "cli/awaiting.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cli/message_fields.h"
#include "domain/uuid.h"
#include "generated/c/certificates_answers.h"
#include "generated/c/registry_events.h"
#include "wire/descriptor.h"

const char *const awaiting_topics[AWAITING_TOPICS_COUNT] = {"certificates.answers",
                                                            "registry.events", "dead-letters"};

static void put(char *to, size_t size, struct text text) {
    (void)snprintf(to, size, "%.*s", (int)text.length, text.data);
}

static void take_answer(struct awaited *awaited,
                        const struct certificates_answers_command_answered *answer) {
    switch (answer->verdict) {
    case MILLRACE_VERDICT_APPLIED:
        awaited->verdict = AWAITED_APPLIED;
        break;
    case MILLRACE_VERDICT_REJECTED:
        awaited->verdict = AWAITED_REJECTED;
        break;
    case MILLRACE_VERDICT_UNKNOWN:
        awaited->verdict = AWAITED_UNKNOWN;
        break;
    case MILLRACE_VERDICT_OTHER: /* of a newer version: it says that it was answered, not how */
        return;
    }
    awaited->version = answer->version;
    if (answer->has_reason) {
        put(awaited->reason, sizeof awaited->reason,
            text_of(millrace_reason_descriptor.symbols[answer->reason]));
    }
    if (answer->has_detail) {
        put(awaited->detail, sizeof awaited->detail, answer->detail);
    }
}

static bool is_answer(const struct awaited *awaited, const struct message *message) {
    if (message->type != MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED) {
        return false;
    }
    const struct certificates_answers_command_answered *answer = message->body;
    return uuid_equal(&answer->command_id, &awaited->id) &&
           uuid_equal(&answer->certificate_id, &awaited->certificate_id);
}

/* The verdict of the ledger on an operator's order. */
static bool take_resolution(struct awaited *awaited, const struct message *message) {
    struct uuid submission_id;
    if (!awaited->has_submission_id ||
        !message_id_field(message->type, message->body, "submissionId", &submission_id) ||
        !uuid_equal(&submission_id, &awaited->submission_id)) {
        return false;
    }
    if (message->type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED) {
        const struct registry_events_submission_resolved *event = message->body;
        awaited->verdict = AWAITED_APPLIED;
        put(awaited->detail, sizeof awaited->detail,
            text_of(event->executed ? "resolved: executed" : "resolved: not executed"));
        return true;
    }
    if (message->type == MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED) {
        const struct registry_events_resolution_refused *event = message->body;
        awaited->verdict = AWAITED_REJECTED;
        put(awaited->reason, sizeof awaited->reason,
            text_of(millrace_resolution_refusal_descriptor.symbols[event->reason]));
        if (event->has_detail) {
            put(awaited->detail, sizeof awaited->detail, event->detail);
        }
        return true;
    }
    return false;
}

/* A reading of the registry's stream names the order for it as its parent. */
static bool take_stream(struct awaited *awaited, const struct message *message) {
    const struct millrace_metadata *metadata = message_metadata(message->type, message->body);
    if (awaited->type != MESSAGE_REGISTRY_OPERATIONS_READ_STREAM ||
        message->type != MESSAGE_REGISTRY_EVENTS_STREAM_READ || !metadata->has_parent_id ||
        !uuid_equal(&metadata->parent_id, &awaited->id)) {
        return false;
    }
    awaited->verdict = AWAITED_APPLIED;
    return true;
}

static bool take_letter(struct awaited *awaited, const struct log_record *record) {
    char id[UUID_CHARACTERS];
    const struct text command = reading_header(record, "millrace.commandid");
    uuid_to_text(&awaited->id, id);
    if (!text_equal(command, (struct text){.data = id, .length = sizeof id})) {
        return false;
    }
    awaited->verdict = AWAITED_DEAD_LETTERED;
    put(awaited->reason, sizeof awaited->reason, reading_header(record, "millrace.reason"));
    put(awaited->detail, sizeof awaited->detail,
        reading_header(record, "__streams.errors.message"));
    return true;
}

static bool take_one(struct awaited *awaited, const struct read_record *read) {
    if (strcmp(read->record->topic, "dead-letters") == 0) {
        return take_letter(awaited, read->record);
    }
    if (!read->readable) {
        return false;
    }
    if (is_answer(awaited, &read->message)) {
        take_answer(awaited, read->message.body);
        return awaited->verdict != AWAITED_NOTHING;
    }
    return take_resolution(awaited, &read->message) || take_stream(awaited, &read->message);
}

bool awaiting_take(struct awaited *awaited, uint32_t count, const struct read_record *read) {
    assert(awaited != NULL && read != NULL);
    for (uint32_t i = 0; i < count; i++) {
        if (awaited[i].verdict == AWAITED_NOTHING && take_one(&awaited[i], read)) {
            return true;
        }
    }
    return false;
}

const char *awaited_word(enum awaited_verdict verdict) {
    switch (verdict) {
    case AWAITED_NOTHING:
        return "";
    case AWAITED_APPLIED:
        return "Applied";
    case AWAITED_REJECTED:
        return "Rejected";
    case AWAITED_UNKNOWN:
        return "Unknown";
    case AWAITED_DEAD_LETTERED:
        return "DeadLettered";
    }
    assert(false);
    return "";
}

enum exit_code awaiting_exit_code(const struct awaited *awaited, uint32_t count) {
    /* The worst first. */
    static const struct {
        enum awaited_verdict verdict;
        enum exit_code code;
    } codes[] = {
        {AWAITED_DEAD_LETTERED, EXIT_CODE_FAILURE},
        {AWAITED_NOTHING, EXIT_CODE_TIMED_OUT},
        {AWAITED_UNKNOWN, EXIT_CODE_UNKNOWN},
        {AWAITED_REJECTED, EXIT_CODE_REFUSED},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        for (uint32_t j = 0; j < count; j++) {
            if (awaited[j].verdict == codes[i].verdict) {
                return codes[i].code;
            }
        }
    }
    return EXIT_CODE_OK;
}
