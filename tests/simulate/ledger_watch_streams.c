/* Readings of streams: what was asked for, and whether what came is what the registry had. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "generated/c/registry_operations.h"
#include "tests/simulate/ledger_watch_inside.h"
#include "tests/simulate/letter.h"

void watch_operation(struct ledger_watch *watch, const struct log_record *record,
                     const struct message *message) {
    if (message->type != MESSAGE_REGISTRY_OPERATIONS_READ_STREAM) {
        return;
    }
    const struct registry_operations_read_stream *operation = message->body;
    if (watch->readings_count == watch->readings_capacity) {
        watch->readings_capacity =
            watch->readings_capacity == 0 ? 64 : 2 * watch->readings_capacity;
        watch->readings =
            realloc(watch->readings, watch->readings_capacity * sizeof *watch->readings);
        assert(watch->readings != NULL);
    }
    struct watched_reading *reading = &watch->readings[watch->readings_count++];
    *reading = (struct watched_reading){
        .message_id = operation->metadata.id,
        .certificate_id = operation->certificate_id,
        .asked_ms = record->timestamp_ms,
        .partition = record->partition,
        .offset = record->offset,
    };
    (void)snprintf(reading->registry, sizeof reading->registry, "%.*s",
                   (int)operation->registry.length, operation->registry.data);
}

/* The first that asked with this id; NULL: nobody did. */
static const struct watched_reading *asked_by(const struct ledger_watch *watch,
                                              const struct millrace_metadata *metadata) {
    for (uint32_t i = 0; metadata->has_parent_id && i < watch->readings_count; i++) {
        if (uuid_equal(&watch->readings[i].message_id, &metadata->parent_id)) {
            return &watch->readings[i];
        }
    }
    return NULL;
}

static bool shows(const struct lying_stream *stream, int64_t transactions,
                  const struct uuid *submission_id) {
    for (int64_t i = 0; i < transactions; i++) {
        if (!stream->deeds[i].by_stranger &&
            uuid_equal(&stream->deeds[i].submission_id, submission_id)) {
            return true;
        }
    }
    return false;
}

/* Was it read while nothing of the certificate was open? */
static const char *read_across(const struct ledger_watch *watch, const struct lying_stream *stream,
                               const struct registry_events_stream_read *event) {
    for (uint32_t i = 0; i < watch->count; i++) {
        const struct watched *watched = &watch->submissions[i];
        if (watched->attempt == 0 ||
            !uuid_equal(&watched->certificate_id, &event->certificate_id)) {
            continue;
        }
        const bool executed =
            watched->succeeded || (watched->resolved && watched->resolved_executed);
        if (!watched_settled(watched)) {
            return "while a submission is open";
        }
        if (executed && (stream == NULL || !shows(stream, event->transactions, &watched->id))) {
            return "without one that the ledger says was executed before";
        }
    }
    return NULL;
}

/* Is it what the registry had since somebody asked? */
static const char *wrong_books(const struct lying_stream *stream,
                               const struct watched_reading *asked,
                               const struct registry_events_stream_read *event) {
    if (event->transactions < 0 ||
        event->transactions > (stream == NULL ? 0 : stream->transactions)) {
        return "with more transactions than there are";
    }
    for (int64_t i = event->transactions; stream != NULL && i < stream->transactions; i++) {
        /* The timeline's time and the log's wall clock are an offset apart. */
        if (stream->deeds[i].at_ms + (int64_t)TIMELINE_WALL_OFFSET_S * 1000 < asked->asked_ms) {
            return "as it was before anybody asked";
        }
    }
    if (event->transactions == 0) {
        return event->slices_count == 0 && !event->withdrawn ? NULL : "though it is empty";
    }
    return lying_stream_digest(event->slices, event->slices_count, event->withdrawn) ==
                   stream->deeds[event->transactions - 1].digest
               ? NULL
               : "as the registry never had it";
}

void watch_stream(struct ledger_watch *watch, const struct log_record *record,
                  const struct registry_events_stream_read *event) {
    const struct watched_reading *asked = asked_by(watch, &event->metadata);
    const char *wrong = "though nobody asked for it";
    watch->counts.streams_read++;
    if (asked != NULL) {
        const struct lying_stream *stream = lying_registry_stream(
            watch->setup.registry, &event->certificate_id, text_of(asked->registry));
        wrong = wrong_books(stream, asked, event);
        wrong = wrong != NULL ? wrong : read_across(watch, stream, event);
    }
    if (wrong != NULL) {
        transcript_violation(watch->setup.transcript, "stream",
                             "registry.events/%d/%lld: the stream of %s was read %s",
                             record->partition, (long long)record->offset,
                             short_id(&event->certificate_id), wrong);
        return;
    }
    for (uint32_t i = 0; i < watch->readings_count; i++) {
        struct watched_reading *reading = &watch->readings[i];
        if (uuid_equal(&reading->certificate_id, &event->certificate_id) &&
            strcmp(reading->registry, asked->registry) == 0 &&
            reading->asked_ms <= record->timestamp_ms) {
            reading->answered = true;
        }
    }
}

/* Has the certificate been to a registry of another name? Then this one is not asked. */
static bool is_elsewhere(const struct ledger_watch *watch, const struct watched_reading *reading) {
    const struct lying_stream *there = lying_registry_stream(
        watch->setup.registry, &reading->certificate_id, text_of(reading->registry));
    for (uint32_t i = 0; i < watch->count; i++) {
        const struct watched *watched = &watch->submissions[i];
        if (watched->submitted && uuid_equal(&watched->certificate_id, &reading->certificate_id)) {
            return there == NULL || !there->issued;
        }
    }
    return false;
}

static void visit_letter(void *context, const struct log_record *record) {
    struct ledger_watch *watch = context;
    const struct letter said = letter_read(record);
    if (!text_equal(said.topic, text_of("registry.operations"))) {
        return;
    }
    for (uint32_t i = 0; i < watch->readings_count; i++) {
        struct watched_reading *reading = &watch->readings[i];
        reading->refused = reading->refused ||
                           (reading->partition == said.partition && reading->offset == said.offset);
    }
}

/* Which of them were for another registry than the certificate's, and are dead letters? */
static void note_refused(struct ledger_watch *watch) {
    for (int32_t p = 0; watch->readings_count > 0 && p < watch->setup.log->partitions; p++) {
        memory_log_each(watch->setup.log, "dead-letters", p, visit_letter, watch);
    }
}

/* Has somebody asked at another registry since? While nobody knows which is the certificate's, that
 * takes its place. */
static bool is_replaced(const struct ledger_watch *watch, uint32_t index) {
    const struct watched_reading *reading = &watch->readings[index];
    for (uint32_t i = index + 1; i < watch->readings_count; i++) {
        const struct watched_reading *other = &watch->readings[i];
        if (!other->refused && uuid_equal(&other->certificate_id, &reading->certificate_id) &&
            strcmp(other->registry, reading->registry) != 0) {
            return true;
        }
    }
    return false;
}

/* Its outcome is a person's to say, and nothing is read until then. */
static bool is_unknown(const struct ledger_watch *watch, const struct uuid *certificate_id) {
    bool unknown = false;
    for (uint32_t i = 0; i < watch->count; i++) {
        unknown = unknown || (watch->submissions[i].unknown &&
                              uuid_equal(&watch->submissions[i].certificate_id, certificate_id));
    }
    return unknown;
}

uint32_t watch_unanswered(struct ledger_watch *watch) {
    uint32_t count = 0;
    note_refused(watch);
    for (uint32_t i = 0; i < watch->readings_count; i++) {
        const struct watched_reading *reading = &watch->readings[i];
        const struct lying_stream *stream = lying_registry_stream(
            watch->setup.registry, &reading->certificate_id, text_of(reading->registry));
        const bool poisoned = stream != NULL && stream->poisoned;
        count += !reading->answered && !poisoned && !is_replaced(watch, i) &&
                         !is_elsewhere(watch, reading) &&
                         !is_unknown(watch, &reading->certificate_id)
                     ? 1
                     : 0;
    }
    return count;
}
