/* What an operator can read: the topics, as far as they are visible. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "generated/c/certificates_events.h"
#include "generated/c/registry_commands.h"
#include "generated/c/registry_events.h"
#include "tests/simulate/known_ids.h"
#include "tests/simulate/operator_inside.h"
#include "tests/support/memory_broker.h"
#include "wire/message.h"

static const char *const topics[OPERATOR_TOPICS] = {
    [OPERATOR_COMMANDS] = "registry.commands",
    [OPERATOR_EVENTS] = "registry.events",
    [OPERATOR_CERTIFICATES] = "certificates.events",
};

/* ---- what is known ---- */

static uint32_t bucket_of(const struct uuid *id) {
    uint32_t word;
    memcpy(&word, id->bytes, sizeof word);
    uint32_t other;
    memcpy(&other, id->bytes + sizeof id->bytes - sizeof other, sizeof other);
    return (word ^ other) % OPERATOR_BUCKETS;
}

static uint32_t grown(uint32_t capacity) {
    return capacity == 0 ? 64 : 2 * capacity;
}

struct operator_submission *operator_submission(const struct operator* person,
                                                const struct uuid *submission_id) {
    int32_t at = person->submission_buckets[bucket_of(submission_id)];
    while (at != OPERATOR_NONE && !uuid_equal(&person->submissions[at].id, submission_id)) {
        at = person->submissions[at].next;
    }
    return at == OPERATOR_NONE ? NULL : &person->submissions[at];
}

static struct operator_submission *submission_of(struct operator* person,
                                                 const struct uuid *submission_id,
                                                 const struct uuid *certificate_id) {
    struct operator_submission *known = operator_submission(person, submission_id);
    if (known != NULL) {
        return known;
    }
    if (person->submissions_count == person->submissions_capacity) {
        person->submissions_capacity = grown(person->submissions_capacity);
        person->submissions =
            realloc(person->submissions, person->submissions_capacity * sizeof *known);
        assert(person->submissions != NULL);
    }
    int32_t *bucket = &person->submission_buckets[bucket_of(submission_id)];
    known = &person->submissions[person->submissions_count];
    *known = (struct operator_submission){
        .id = *submission_id, .certificate_id = *certificate_id, .next = *bucket};
    *bucket = (int32_t)person->submissions_count++;
    return known;
}

static struct operator_certificate *certificate_of(struct operator* person,
                                                   const struct uuid *certificate_id) {
    int32_t *bucket = &person->certificate_buckets[bucket_of(certificate_id)];
    for (int32_t at = *bucket; at != OPERATOR_NONE; at = person->certificates[at].next) {
        if (uuid_equal(&person->certificates[at].id, certificate_id)) {
            return &person->certificates[at];
        }
    }
    if (person->certificates_count == person->certificates_capacity) {
        person->certificates_capacity = grown(person->certificates_capacity);
        person->certificates = realloc(
            person->certificates, person->certificates_capacity * sizeof *person->certificates);
        assert(person->certificates != NULL);
    }
    struct operator_certificate *fresh = &person->certificates[person->certificates_count];
    *fresh = (struct operator_certificate){.id = *certificate_id, .next = *bucket};
    *bucket = (int32_t)person->certificates_count++;
    return fresh;
}

/* ---- reading ---- */

static void learn(struct operator* person, const struct message *message) {
    /* All messages about a submission begin alike; StreamRead is about none. */
    const struct registry_events_submission_sent *head = message->body;
    const struct registry_commands_submit_transaction *submit = message->body;
    struct operator_submission *known;
    const struct certificates_events_certificate_suspended *suspended = message->body;
    switch ((int)message->type) {
    case MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION:
        known = submission_of(person, &head->submission_id, &head->certificate_id);
        (void)snprintf(known->registry, sizeof known->registry, "%.*s",
                       (int)submit->registry.length, submit->registry.data);
        return;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT:
        submission_of(person, &head->submission_id, &head->certificate_id)->stage =
            OPERATOR_STAGE_QUEUED;
        return;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED:
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT:
        submission_of(person, &head->submission_id, &head->certificate_id)->stage =
            OPERATOR_STAGE_BEGUN;
        return;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN:
        submission_of(person, &head->submission_id, &head->certificate_id)->stage =
            OPERATOR_STAGE_UNKNOWN;
        return;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED:
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED:
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED:
        submission_of(person, &head->submission_id, &head->certificate_id)->stage =
            OPERATOR_STAGE_SETTLED;
        return;
    case MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED:
        certificate_of(person, &suspended->certificate_id)->misaligned =
            suspended->cause == MILLRACE_SUSPENSION_CAUSE_MISALIGNED;
        return;
    case MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED:
        certificate_of(person, &suspended->certificate_id)->misaligned = false;
        return;
    default:
        return;
    }
}

/* Everybody's schemas are in the cache, and these topics are ours alone. */
static void open_record(struct operator* person, const struct log_record *record,
                        struct message *message) {
    const struct wire_input input = {.topic = record->topic, .value = record->value};
    struct wire_failure failure;
    const enum result result = wire_decode(person->setup.cache, &input, &person->arena,
                                           person->setup.timeline->now_ms, message, &failure);
    assert(result == RESULT_OK);
    (void)result;
}

static void read_partition(struct operator* person, enum operator_topic topic, int32_t partition) {
    struct memory_log *log = person->setup.log;
    int64_t *next = &person->read[topic][partition];
    for (bool more = true; more;) {
        struct log_record record = {.topic = NULL};
        pthread_mutex_lock(&log->mutex);
        const struct memory_topic *found = memory_topic(log, topics[topic]);
        more = *next < memory_stable_end(log, found, partition);
        if (more) {
            const struct memory_entry *entry = &found->partitions[partition].entries[(*next)++];
            if (memory_delivered(log, entry)) {
                record = entry->record;
            }
        }
        pthread_mutex_unlock(&log->mutex);
        if (record.topic != NULL) {
            struct message message;
            arena_reset(&person->arena);
            open_record(person, &record, &message);
            learn(person, &message);
        }
    }
}

void operator_reads(struct operator* person) {
    for (uint32_t topic = 0; topic < OPERATOR_TOPICS; topic++) {
        for (int32_t p = 0; p < person->setup.partitions; p++) {
            read_partition(person, (enum operator_topic)topic, p);
        }
    }
}

const struct certificates_state_certificate_state *operator_books(
    struct operator* person, const struct uuid *certificate_id) {
    struct memory_log *log = person->setup.log;
    const int32_t partition = known_place_of(certificate_id, person->setup.partitions);
    char text[KNOWN_ID_CHARACTERS + 1];
    known_id_text(certificate_id, text);
    const struct bytes key = {(const uint8_t *)text, KNOWN_ID_CHARACTERS};
    struct log_record record = {.topic = NULL};
    pthread_mutex_lock(&log->mutex);
    const struct memory_topic *topic = memory_topic(log, "certificates.state");
    for (int64_t at = memory_stable_end(log, topic, partition); at > 0 && record.topic == NULL;
         at--) {
        const struct memory_entry *entry = &topic->partitions[partition].entries[at - 1];
        if (memory_delivered(log, entry) && bytes_equal(entry->record.key, key)) {
            record = entry->record;
        }
    }
    pthread_mutex_unlock(&log->mutex);
    if (record.topic == NULL || record.value_null) {
        return NULL;
    }
    struct message message;
    arena_reset(&person->arena);
    open_record(person, &record, &message);
    assert(message.type == MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE);
    return message.body;
}
