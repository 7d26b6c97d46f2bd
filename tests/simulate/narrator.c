#include "tests/simulate/narrator.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/rejection.h"
#include "generated/c/certificates_answers.h"
#include "generated/c/certificates_events.h"
#include "generated/c/registry_events.h"
#include "generated/c/registry_evidence.h"
#include "wire/message.h"

enum { ARENA_BYTES = 1 << 20, DETAIL_MAX = 160 };

static const char *const topics[] = {"registry.operations",  "registry.evidence",
                                     "registry.events",      "certificates.events",
                                     "certificates.answers", "dead-letters"};

static const char *word_of(const struct enum_descriptor *type, int value) {
    assert(value >= 0 && (uint32_t)value < type->symbols_count);
    return type->symbols[value];
}

/* All messages about a submission begin like this. */
static const char *submission_of(const struct message *message) {
    const struct registry_events_submission_sent *head = message->body;
    return short_id(&head->submission_id);
}

/* What the ledger says, as a sentence. False: it is not about a submission. */
static bool tell_ledger(const struct message *message, char told[DETAIL_MAX]) {
    if (strcmp(message_types[message->type].topic, "registry.events") != 0) {
        return false;
    }
    const char *id = submission_of(message);
    switch ((int)message->type) {
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED: {
        const struct registry_events_submission_intended *event = message->body;
        (void)snprintf(told, DETAIL_MAX, "%s is intended, attempt %d", id, event->attempt);
        return true;
    }
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT:
        (void)snprintf(told, DETAIL_MAX, "%s is at the registry", id);
        return true;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT: {
        const struct registry_events_submission_not_sent *event = message->body;
        (void)snprintf(told, DETAIL_MAX, "%s was not sent, attempt %d (%s)", id, event->attempt,
                       word_of(&millrace_not_sent_cause_descriptor, (int)event->cause));
        return true;
    }
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED:
        (void)snprintf(told, DETAIL_MAX, "%s has succeeded", id);
        return true;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED:
        (void)snprintf(told, DETAIL_MAX, "%s was refused", id);
        return true;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN: {
        const struct registry_events_submission_unknown *event = message->body;
        (void)snprintf(told, DETAIL_MAX, "%s is unknown (%s)", id,
                       word_of(&millrace_unknown_cause_descriptor, (int)event->cause));
        return true;
    }
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED: {
        const struct registry_events_submission_resolved *event = message->body;
        (void)snprintf(told, DETAIL_MAX, "%s is resolved: %s", id,
                       event->executed ? "executed" : "not executed");
        return true;
    }
    case MESSAGE_REGISTRY_EVENTS_RESOLUTION_REFUSED: {
        const struct registry_events_resolution_refused *event = message->body;
        (void)snprintf(told, DETAIL_MAX, "the verdict on %s is refused (%s)", id,
                       word_of(&millrace_resolution_refusal_descriptor, (int)event->reason));
        return true;
    }
    case MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS:
        (void)snprintf(told, DETAIL_MAX, "an incident: evidence contradicts what stands of %s", id);
        return true;
    default:
        return false;
    }
}

static void tell_answer(const struct certificates_answers_command_answered *answer,
                        char told[DETAIL_MAX]) {
    (void)snprintf(
        told, DETAIL_MAX, "the answer to %s is %s%s%s, version %lld", short_id(&answer->command_id),
        word_of(&millrace_verdict_descriptor, (int)answer->verdict), answer->has_reason ? ", " : "",
        answer->has_reason ? word_of(&millrace_reason_descriptor, (int)answer->reason) : "",
        (long long)answer->version);
}

static void tell_stream(const struct registry_events_stream_read *event, char told[DETAIL_MAX]) {
    (void)snprintf(told, DETAIL_MAX, "the stream of %s is read: %lld transactions, %u slices%s",
                   short_id(&event->certificate_id), (long long)event->transactions,
                   event->slices_count, event->withdrawn ? ", withdrawn" : "");
}

static void tell_evidence(const struct registry_evidence_evidence_found *evidence,
                          char told[DETAIL_MAX]) {
    (void)snprintf(told, DETAIL_MAX, "evidence about %s: %s", short_id(&evidence->submission_id),
                   !evidence->has_executed ? "accepted"
                   : evidence->executed    ? "executed"
                   : evidence->has_message ? "refused"
                                           : "not found");
}

/* A message, as a sentence. */
static void tell_message(const struct message *message, const struct log_record *record,
                         char told[DETAIL_MAX]) {
    if (message->type == MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED) {
        tell_answer(message->body, told);
    } else if (message->type == MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND) {
        tell_evidence(message->body, told);
    } else if (message->type == MESSAGE_REGISTRY_EVENTS_STREAM_READ) {
        tell_stream(message->body, told);
    } else if (message->type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED) {
        const struct certificates_events_certificate_suspended *event = message->body;
        (void)snprintf(told, DETAIL_MAX, "%.8s: CertificateSuspended (%s)",
                       (const char *)record->key.data,
                       word_of(&millrace_suspension_cause_descriptor, (int)event->cause));
    } else if (!tell_ledger(message, told)) {
        (void)snprintf(told, DETAIL_MAX, "%.8s: %s", (const char *)record->key.data,
                       strrchr(message_types[message->type].full_name, '.') + 1);
    }
}

/* Who wrote it: the first part of its transaction's mark is the writer's incarnation. */
static void tell_writer(const struct log_record *record, char told[DETAIL_MAX]) {
    for (uint32_t i = 0; i < record->headers_count; i++) {
        const struct log_header *header = &record->headers[i];
        if (text_equal(header->name, text_of("millrace.txn")) && header->value.length > 8) {
            (void)snprintf(told, DETAIL_MAX, ", by %.8s", (const char *)header->value.data);
        }
    }
}

static void tell_record(const struct narrator *narrator, const struct log_record *record,
                        struct arena *arena) {
    const struct wire_input input = {.topic = record->topic, .value = record->value};
    struct message message;
    struct wire_failure failure;
    char place[DETAIL_MAX] = "";
    char told[DETAIL_MAX];
    char writer[DETAIL_MAX] = "";
    if (narrator->places) {
        (void)snprintf(place, sizeof place, "%s/%d@%lld: ", record->topic, record->partition,
                       (long long)record->offset);
    }
    if (wire_decode(narrator->cache, &input, arena, 0, &message, &failure) != RESULT_OK) {
        transcript_say(narrator->transcript, "%sfor key %.8s", place,
                       record->key.length < 8 ? "        " : (const char *)record->key.data);
        return;
    }
    tell_message(&message, record, told);
    tell_writer(record, writer);
    transcript_say(narrator->transcript, "%s%s%s", place, told, writer);
}

void narrator_tell(struct narrator *narrator) {
    if (narrator->transcript->out == NULL && !narrator->transcript->keep) {
        return;
    }
    struct arena arena;
    void *memory = aligned_alloc(16, ARENA_BYTES);
    assert(memory != NULL);
    arena_init(&arena, memory, ARENA_BYTES);
    for (uint32_t t = 0; t < sizeof topics / sizeof topics[0]; t++) {
        const struct memory_topic *topic = memory_topic(narrator->log, topics[t]);
        for (int32_t p = 0; p < narrator->partitions; p++) {
            const int64_t end = memory_stable_end(narrator->log, topic, p);
            for (; narrator->next[t][p] < end; narrator->next[t][p]++) {
                const struct memory_entry *entry =
                    &topic->partitions[p].entries[narrator->next[t][p]];
                if (memory_delivered(narrator->log, entry)) {
                    arena_reset(&arena);
                    tell_record(narrator, &entry->record, &arena);
                }
            }
        }
    }
    free(memory);
}
