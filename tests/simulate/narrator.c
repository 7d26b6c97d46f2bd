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

static const char *const told[] = {"registry.operations", "registry.evidence",    "registry.events",
                                   "certificates.events", "certificates.answers", "dead-letters"};

static const char *word_of(const struct enum_descriptor *type, int value) {
    assert(value >= 0 && (uint32_t)value < type->symbols_count);
    return type->symbols[value];
}

/* What a message says beyond its name. */
static void detail_of(const struct message *message, char detail[DETAIL_MAX]) {
    detail[0] = '\0';
    switch (message->type) {
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED: {
        const struct registry_events_submission_intended *event = message->body;
        (void)snprintf(detail, DETAIL_MAX, " %s, attempt %d", short_id(&event->submission_id),
                       event->attempt);
        break;
    }
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED: {
        const struct registry_events_submission_resolved *event = message->body;
        (void)snprintf(detail, DETAIL_MAX, " %s, %s", short_id(&event->submission_id),
                       event->executed ? "executed" : "not executed");
        break;
    }
    case MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND: {
        const struct registry_evidence_evidence_found *event = message->body;
        (void)snprintf(detail, DETAIL_MAX, " %s, %s", short_id(&event->submission_id),
                       !event->has_executed ? "accepted"
                       : event->executed    ? "executed"
                                            : "not executed");
        break;
    }
    case MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED: {
        const struct certificates_answers_command_answered *answer = message->body;
        (void)snprintf(
            detail, DETAIL_MAX, " to %s: %s%s%s, version %lld", short_id(&answer->command_id),
            word_of(&millrace_verdict_descriptor, (int)answer->verdict),
            answer->has_reason ? ", " : "",
            answer->has_reason ? word_of(&millrace_reason_descriptor, (int)answer->reason) : "",
            (long long)answer->version);
        break;
    }
    default:
        if (strncmp(message_types[message->type].full_name, "registry.events.",
                    strlen("registry.events.")) == 0) {
            /* All of them begin like this. */
            const struct registry_events_submission_sent *event = message->body;
            (void)snprintf(detail, DETAIL_MAX, " %s", short_id(&event->submission_id));
        }
        break;
    }
}

static void tell_record(const struct narrator *narrator, const struct log_record *record,
                        struct arena *arena) {
    const struct wire_input input = {.topic = record->topic, .value = record->value};
    struct message message;
    struct wire_failure failure;
    char detail[DETAIL_MAX];
    if (wire_decode(narrator->cache, &input, arena, 0, &message, &failure) != RESULT_OK) {
        transcript_say(narrator->transcript, "%s/%d@%lld: for key %.8s", record->topic,
                       record->partition, (long long)record->offset,
                       record->key.length < 8 ? "        " : (const char *)record->key.data);
        return;
    }
    detail_of(&message, detail);
    transcript_say(narrator->transcript, "%s/%d@%lld, key %.8s: %s%s", record->topic,
                   record->partition, (long long)record->offset, (const char *)record->key.data,
                   strrchr(message_types[message.type].full_name, '.') + 1, detail);
}

void narrator_tell(struct narrator *narrator) {
    if (narrator->transcript->out == NULL && !narrator->transcript->keep) {
        return;
    }
    struct arena arena;
    void *memory = aligned_alloc(16, ARENA_BYTES);
    assert(memory != NULL);
    arena_init(&arena, memory, ARENA_BYTES);
    for (uint32_t t = 0; t < sizeof told / sizeof told[0]; t++) {
        const struct memory_topic *topic = memory_topic(narrator->log, told[t]);
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
