/* What the registry knows: its submissions with their requests, and its ledger. */
#include <assert.h>
#include <stdlib.h>

#include "tests/simulate/lying_inside.h"

static uint32_t bucket_of(const struct uuid *submission_id) {
    uint32_t word;
    memcpy(&word, submission_id->bytes, sizeof word); /* ids are hashes themselves */
    uint32_t other;
    memcpy(&other, submission_id->bytes + sizeof submission_id->bytes - sizeof other, sizeof other);
    return (word ^ other) % LYING_BUCKETS;
}

struct lying_submission *lying_submission_find(const struct lying_registry *registry,
                                               const struct uuid *submission_id) {
    struct lying_submission *found = registry->submissions[bucket_of(submission_id)];
    while (found != NULL && !uuid_equal(&found->id, submission_id)) {
        found = found->next;
    }
    return found;
}

struct lying_request *lying_request_find(const struct lying_registry *registry,
                                         const struct uuid *submission_id,
                                         const struct lying_connection *connection) {
    const struct lying_submission *submission = lying_submission_find(registry, submission_id);
    struct lying_request *request = submission != NULL ? submission->newest : NULL;
    while (request != NULL && request->connection != connection) {
        request = request->sibling;
    }
    return request;
}

static struct registry_transaction copy(const struct registry_transaction *from, char *memory) {
    memcpy(memory, from->id.data, from->id.length);
    memcpy(memory + from->id.length, from->bytes.data, from->bytes.length);
    return (struct registry_transaction){
        .id = {.data = memory, .length = from->id.length},
        .bytes = {.data = (const uint8_t *)memory + from->id.length, .length = from->bytes.length},
    };
}

struct lying_request *lying_request_new(struct lying_registry *registry,
                                        const struct registry_request *wanted) {
    struct lying_submission *submission =
        lying_submission_find(registry, &wanted->call.submission_id);
    if (submission == NULL) {
        struct lying_submission **bucket =
            &registry->submissions[bucket_of(&wanted->call.submission_id)];
        submission = calloc(1, sizeof *submission);
        assert(submission != NULL);
        submission->id = wanted->call.submission_id;
        submission->next = *bucket;
        *bucket = submission;
    }
    uint32_t older = 0;
    for (const struct lying_request *r = submission->newest; r != NULL; r = r->sibling) {
        older++;
    }
    struct lying_request *request = calloc(
        1, sizeof *request + wanted->transaction.id.length + wanted->transaction.bytes.length);
    assert(request != NULL);
    request->entry = (struct registry_entry){
        .certificate_id = wanted->call.certificate_id,
        .submission_id = wanted->call.submission_id,
        .attempt = wanted->call.attempt,
        .transaction = copy(&wanted->transaction, request->memory),
    };
    request->registry = registry;
    request->ask_ms = INT64_MAX;
    request->chance = lying_fate_stream(registry, &wanted->call, older);
    request->deadline_ms = wanted->deadline_ms;
    request->sibling = submission->newest;
    submission->newest = request;
    return request;
}

void lying_book_write(struct lying_registry *registry, const struct lying_request *request,
                      enum registry_deed deed) {
    if (registry->entries_count == registry->entries_capacity) {
        registry->entries_capacity =
            registry->entries_capacity == 0 ? 256 : 2 * registry->entries_capacity;
        registry->entries =
            realloc(registry->entries, registry->entries_capacity * sizeof *registry->entries);
        assert(registry->entries != NULL);
    }
    struct registry_entry *entry = &registry->entries[registry->entries_count++];
    *entry = request->entry;
    entry->deed = deed;
    entry->at_ms = registry->timeline->now_ms;
    entry->words = deed == REGISTRY_DEED_REFUSAL ? request->fate.words : NULL;
}

static struct lying_stream *find_stream(const struct lying_registry *registry,
                                        const struct uuid *certificate_id, struct text name) {
    struct lying_stream *stream = registry->streams;
    while (stream != NULL && !(uuid_equal(&stream->certificate_id, certificate_id) &&
                               text_equal(text_of(stream->registry), name))) {
        stream = stream->next;
    }
    return stream;
}

struct lying_stream *lying_stream_of(struct lying_registry *registry,
                                     const struct uuid *certificate_id, const char *name) {
    struct lying_stream *stream = find_stream(registry, certificate_id, text_of(name));
    if (stream == NULL) {
        stream = calloc(1, sizeof *stream);
        assert(stream != NULL);
        stream->certificate_id = *certificate_id;
        stream->registry = name;
        stream->next = registry->streams;
        registry->streams = stream;
    }
    return stream;
}

const struct lying_stream *lying_registry_stream(const struct lying_registry *registry,
                                                 const struct uuid *certificate_id,
                                                 struct text name) {
    return find_stream(registry, certificate_id, name);
}

void lying_registry_note_heard(struct lying_registry *registry, const struct uuid *submission_id,
                               const struct sim_process *process) {
    struct lying_submission *submission = lying_submission_find(registry, submission_id);
    assert(submission != NULL && submission->newest != NULL);
    submission->newest->heard_by = process;
}

uint32_t lying_registry_entries(const struct lying_registry *registry) {
    return registry->entries_count;
}

const struct registry_entry *lying_registry_entry(const struct lying_registry *registry,
                                                  uint32_t index) {
    assert(index < registry->entries_count);
    return &registry->entries[index];
}

bool lying_registry_executed(const struct lying_registry *registry,
                             const struct uuid *submission_id) {
    const struct lying_submission *submission = lying_submission_find(registry, submission_id);
    return submission != NULL && submission->executions > 0;
}

bool lying_registry_was_heard(const struct lying_registry *registry,
                              const struct uuid *submission_id) {
    const struct lying_submission *submission = lying_submission_find(registry, submission_id);
    const struct lying_request *request = submission == NULL ? NULL : submission->newest;
    while (request != NULL && (request->heard_by == NULL || request->heard_by->dead)) {
        request = request->sibling;
    }
    return request != NULL;
}

static void free_requests(struct lying_submission *submission) {
    while (submission->newest != NULL) {
        struct lying_request *request = submission->newest;
        submission->newest = request->sibling;
        free(request);
    }
}

void lying_book_close(struct lying_registry *registry) {
    for (uint32_t i = 0; i < LYING_BUCKETS; i++) {
        while (registry->submissions[i] != NULL) {
            struct lying_submission *submission = registry->submissions[i];
            registry->submissions[i] = submission->next;
            free_requests(submission);
            free(submission);
        }
    }
    while (registry->streams != NULL) {
        struct lying_stream *stream = registry->streams;
        registry->streams = stream->next;
        lying_stream_deinit(stream);
        free(stream);
    }
    free(registry->entries);
}
