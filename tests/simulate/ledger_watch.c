#include "tests/simulate/ledger_watch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "generated/c/registry_commands.h"
#include "tests/simulate/ledger_watch_inside.h"
#include "wire/message.h"

enum { ARENA_BYTES = 1 << 20 };

static struct watched *find(struct ledger_watch *watch, const struct uuid *id) {
    uint32_t hash;
    memcpy(&hash, id->bytes, sizeof hash);
    for (uint32_t slot = hash % WATCHED_SLOTS;; slot = (slot + 1) % WATCHED_SLOTS) {
        if (watch->slots[slot] == 0) {
            assert(watch->count < WATCHED_MAX);
            struct watched *made = &watch->submissions[watch->count++];
            *made = (struct watched){.id = *id};
            watch->slots[slot] = watch->count;
            return made;
        }
        struct watched *found = &watch->submissions[watch->slots[slot] - 1];
        if (uuid_equal(&found->id, id)) {
            return found;
        }
    }
}

/* --- What the registry did. --- */

static void read_deeds(struct ledger_watch *watch) {
    const uint32_t entries = lying_registry_entries(watch->setup.registry);
    for (; watch->deeds_read < entries; watch->deeds_read++) {
        const struct registry_entry *entry =
            lying_registry_entry(watch->setup.registry, watch->deeds_read);
        if (entry->deed != REGISTRY_DEED_EXECUTION) {
            continue;
        }
        struct watched *watched = find(watch, &entry->submission_id);
        watched->executions++;
        if (watched->executions > 1) {
            transcript_violation(watch->setup.transcript, "I2",
                                 "submission %s was executed %u times", short_id(&watched->id),
                                 watched->executions);
        }
        if (watched->refused) {
            transcript_violation(watch->setup.transcript, "I8",
                                 "submission %s was executed after the ledger said refused",
                                 short_id(&watched->id));
        }
        if (watched->resolved && !watched->resolved_executed && !watched->may_execute_twice) {
            transcript_violation(watch->setup.transcript, "I8",
                                 "submission %s was executed after the verdict \"not executed\"",
                                 short_id(&watched->id));
        }
    }
}

/* --- What the ledger says. --- */

static bool mark_of(const struct log_record *record, char incarnation[WATCHED_MARK_BYTES]) {
    for (uint32_t i = 0; i < record->headers_count; i++) {
        const struct log_header *header = &record->headers[i];
        if (text_equal(header->name, text_of("millrace.txn")) &&
            header->value.length > WATCHED_MARK_BYTES) {
            memcpy(incarnation, header->value.data, WATCHED_MARK_BYTES);
            return true;
        }
    }
    return false;
}

/* I7: the submission before it must be over. Sequences are followed by `verify` and the auditor. */
static void check_alone(struct ledger_watch *watch, const struct watched *intended) {
    for (uint32_t i = 0; i < watch->count; i++) {
        const struct watched *other = &watch->submissions[i];
        if (other != intended && other->attempt > 0 && !watched_settled(other) &&
            uuid_equal(&other->certificate_id, &intended->certificate_id)) {
            transcript_violation(watch->setup.transcript, "I7",
                                 "submission %s was intended while %s of its certificate is open",
                                 short_id(&intended->id), short_id(&other->id));
        }
    }
}

static void intended(struct ledger_watch *watch, const struct log_record *record,
                     const struct registry_events_submission_intended *event) {
    struct transcript *transcript = watch->setup.transcript;
    struct watched *watched = find(watch, &event->submission_id);
    watched->certificate_id = event->certificate_id;
    if (watched->intent_open || watched->unknown || watched_settled(watched)) {
        transcript_violation(transcript, "I0",
                             "registry.events/%d/%lld: intent %d of submission %s over one that "
                             "stands",
                             record->partition, (long long)record->offset, event->attempt,
                             short_id(&watched->id));
    }
    if (event->attempt != watched->attempt + 1) {
        transcript_violation(transcript, "I0", "registry.events/%d/%lld: attempt %d follows %d",
                             record->partition, (long long)record->offset, event->attempt,
                             watched->attempt);
    }
    if (watched->transaction != NULL &&
        (watched->transaction_length != event->transaction.length ||
         memcmp(watched->transaction, event->transaction.data, event->transaction.length) != 0)) {
        transcript_violation(transcript, "I1",
                             "submission %s: a later attempt has other bytes than the first",
                             short_id(&watched->id));
    }
    if (!mark_of(record, watched->incarnation)) {
        transcript_violation(transcript, "I13", "registry.events/%d/%lld bears no mark",
                             record->partition, (long long)record->offset);
    }
    free(watched->transaction);
    watched->transaction_length = event->transaction.length;
    watched->transaction = malloc(event->transaction.length + 1);
    assert(watched->transaction != NULL);
    memcpy(watched->transaction, event->transaction.data, event->transaction.length);
    watched->attempt = event->attempt;
    watched->intent_open = true;
    check_alone(watch, watched);
}

static void not_sent(struct ledger_watch *watch, const struct log_record *record,
                     const struct registry_events_submission_not_sent *event) {
    struct watched *watched = find(watch, &event->submission_id);
    char incarnation[WATCHED_MARK_BYTES];
    if (!watched->intent_open || event->attempt != watched->attempt) {
        transcript_violation(watch->setup.transcript, "I0",
                             "registry.events/%d/%lld: NotSent without an open intent",
                             record->partition, (long long)record->offset);
    }
    if (mark_of(record, incarnation) &&
        memcmp(incarnation, watched->incarnation, sizeof incarnation) != 0) {
        transcript_violation(watch->setup.transcript, "I0",
                             "registry.events/%d/%lld: NotSent by another than the intent's writer",
                             record->partition, (long long)record->offset);
    }
    if (watched->requests > 0) {
        transcript_violation(watch->setup.transcript, "I4",
                             "submission %s has reached the registry; the ledger says not sent",
                             short_id(&watched->id));
    }
    watched->intent_open = false;
    watch->counts.not_sent++;
}

static void outcome(struct ledger_watch *watch, const struct log_record *record,
                    struct watched *watched, bool executed) {
    struct transcript *transcript = watch->setup.transcript;
    if (watched_settled(watched)) {
        transcript_violation(transcript, "I4", "registry.events/%d/%lld: a second outcome of %s",
                             record->partition, (long long)record->offset, short_id(&watched->id));
    }
    if (executed != (watched->executions > 0)) {
        transcript_violation(transcript, "I4",
                             "registry.events/%d/%lld: submission %s is called %s; the registry "
                             "has executed it %u times",
                             record->partition, (long long)record->offset, short_id(&watched->id),
                             executed ? "executed" : "not executed", watched->executions);
    }
    watched->intent_open = false;
    watched->unknown = false;
}

static void resolved(struct ledger_watch *watch, const struct log_record *record,
                     const struct registry_events_submission_resolved *event) {
    struct watched *watched = find(watch, &event->submission_id);
    if (!watched->unknown) {
        transcript_violation(watch->setup.transcript, "I4",
                             "registry.events/%d/%lld: a verdict on %s, which is not unknown",
                             record->partition, (long long)record->offset, short_id(&watched->id));
    }
    watched->may_execute_twice = event->closing_rule == MILLRACE_CLOSING_RULE_MAY_EXECUTE_TWICE;
    if (!watched->may_execute_twice) {
        outcome(watch, record, watched, event->executed);
    }
    watched->unknown = false;
    watched->intent_open = false;
    watched->resolved = true;
    watch->counts.resolved++;
    watched->resolved_executed = event->executed;
}

static void unknown(struct ledger_watch *watch, const struct log_record *record,
                    const struct registry_events_submission_unknown *event) {
    struct watched *watched = find(watch, &event->submission_id);
    if (!watched->intent_open || watched->unknown || watched_settled(watched)) {
        transcript_violation(watch->setup.transcript, "I4",
                             "registry.events/%d/%lld: %s becomes unknown out of turn",
                             record->partition, (long long)record->offset, short_id(&watched->id));
    }
    watched->unknown = true;
    watch->counts.ever_unknown++;
}

static void take_event(struct ledger_watch *watch, const struct log_record *record,
                       const struct message *message) {
    struct watched *watched;
    switch (message->type) {
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED:
        intended(watch, record, message->body);
        break;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT:
        not_sent(watch, record, message->body);
        break;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED:
        watched = find(
            watch,
            &((const struct registry_events_submission_succeeded *)message->body)->submission_id);
        outcome(watch, record, watched, true);
        watched->succeeded = true;
        break;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED:
        watched = find(
            watch,
            &((const struct registry_events_submission_refused *)message->body)->submission_id);
        outcome(watch, record, watched, false);
        watched->refused = true;
        break;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN:
        unknown(watch, record, message->body);
        break;
    case MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED:
        resolved(watch, record, message->body);
        break;
    case MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS:
        watch->counts.incidents++;
        break;
    case MESSAGE_REGISTRY_EVENTS_STREAM_READ:
        watch_stream(watch, record, message->body);
        break;
    default: /* SubmissionSent, ResolutionRefused: nothing that the promise rests on */
        break;
    }
}

static void take_command(struct ledger_watch *watch, const struct log_record *record,
                         const struct message *message) {
    (void)record;
    const struct registry_commands_submit_transaction *submit = message->body;
    struct watched *watched = find(watch, &submit->submission_id);
    watched->certificate_id = submit->certificate_id;
    watched->submitted = true;
}

static void read_topic(struct ledger_watch *watch, struct memory_topic *topic, int32_t partition,
                       int64_t *next,
                       void (*take)(struct ledger_watch *watch, const struct log_record *record,
                                    const struct message *message)) {
    const int64_t end = memory_stable_end(watch->setup.log, topic, partition);
    for (; *next < end; (*next)++) {
        const struct memory_entry *entry = &topic->partitions[partition].entries[*next];
        if (!memory_delivered(watch->setup.log, entry)) {
            continue;
        }
        const struct wire_input input = {.topic = topic->name, .value = entry->record.value};
        struct message message;
        struct wire_failure failure;
        arena_reset(&watch->arena);
        if (wire_decode(watch->setup.cache, &input, &watch->arena, 0, &message, &failure) !=
            RESULT_OK) {
            transcript_violation(watch->setup.transcript, "I11", "%s/%d/%lld: %s", topic->name,
                                 partition, (long long)*next, failure.text);
            return;
        }
        take(watch, &entry->record, &message);
    }
}

void ledger_watch_read(struct ledger_watch *watch) {
    read_deeds(watch);
    for (int32_t p = 0; p < watch->setup.partitions; p++) {
        read_topic(watch, watch->commands, p, &watch->commands_next[p], take_command);
        read_topic(watch, watch->operations, p, &watch->operations_next[p], watch_operation);
        read_topic(watch, watch->events, p, &watch->events_next[p], take_event);
    }
}

/* --- Requests, at the moment they are read. --- */

static void watch_request(void *context, const struct registry_entry *request) {
    struct ledger_watch *watch = context;
    struct transcript *transcript = watch->setup.transcript;
    ledger_watch_read(watch);
    struct watched *watched = find(watch, &request->submission_id);
    const char *id = short_id(&watched->id);
    if (watched->attempt == 0) {
        transcript_violation(transcript, "I3", "%s was sent without a committed intent", id);
    } else if (request->attempt > watched->attempt ||
               watched->transaction_length != request->transaction.bytes.length ||
               memcmp(watched->transaction, request->transaction.bytes.data,
                      watched->transaction_length) != 0) {
        transcript_violation(transcript, "I3",
                             "attempt %d of %s was sent; the ledger knows attempt %d, or other "
                             "bytes",
                             request->attempt, id, watched->attempt);
    }
    if (request->attempt < watched->attempt ||
        (request->attempt == watched->attempt && !watched->intent_open &&
         !watched_settled(watched) && !watched->unknown)) {
        transcript_violation(transcript, "I1",
                             "attempt %d of %s was sent although the ledger says it never would be",
                             request->attempt, id);
    }
    watch->counts.late_sends += watched->unknown || watched->resolved;
    watched->requests++;
    if (watched->requests > 1) {
        transcript_violation(transcript, "I1", "%s has reached the registry %u times", id,
                             watched->requests);
    }
}

void ledger_watch_each_unknown(const struct ledger_watch *watch,
                               void (*visit)(void *context, const struct uuid *certificate_id,
                                             const struct uuid *submission_id),
                               void *context) {
    for (uint32_t i = 0; i < watch->count; i++) {
        if (watch->submissions[i].unknown) {
            visit(context, &watch->submissions[i].certificate_id, &watch->submissions[i].id);
        }
    }
}

/* --- The end. --- */

struct ledger_counts ledger_watch_counts(struct ledger_watch *watch) {
    struct ledger_counts counts = watch->counts;
    counts.unanswered = watch_unanswered(watch);
    for (uint32_t i = 0; i < watch->count; i++) {
        const struct watched *watched = &watch->submissions[i];
        counts.submitted += watched->submitted;
        counts.unknown += watched->unknown;
        counts.unknown_executed += watched->unknown && watched->executions > 0;
        counts.settled += watched_settled(watched);
        counts.open += watched->submitted && !watched->unknown && !watched_settled(watched);
    }
    return counts;
}

void ledger_watch_when_calm(struct ledger_watch *watch) {
    ledger_watch_read(watch);
    for (uint32_t i = 0; i < watch->count; i++) {
        const struct watched *watched = &watch->submissions[i];
        if (watched->unknown && lying_registry_was_heard(watch->setup.registry, &watched->id)) {
            transcript_violation(watch->setup.transcript, "I10",
                                 "%s is unknown, and a process that lives was told what became of "
                                 "it",
                                 short_id(&watched->id));
        }
    }
}

void ledger_watch_at_rest(struct ledger_watch *watch) {
    struct transcript *transcript = watch->setup.transcript;
    ledger_watch_read(watch);
    for (uint32_t i = 0; i < watch->count; i++) {
        const struct watched *watched = &watch->submissions[i];
        if (!watched->submitted) {
            transcript_violation(transcript, "I9", "%s was never submitted",
                                 short_id(&watched->id));
        }
        if (!watched_settled(watched)) {
            transcript_violation(transcript, "I9", "%s has no outcome", short_id(&watched->id));
        }
        const bool executed =
            watched->succeeded || (watched->resolved && watched->resolved_executed);
        if (executed != (watched->executions > 0) && !watched->may_execute_twice) {
            transcript_violation(transcript, "I6", "%s: the ledger says %s, the registry %s",
                                 short_id(&watched->id), executed ? "executed" : "not executed",
                                 watched->executions > 0 ? "executed it" : "did not");
        }
    }
}

struct ledger_watch *ledger_watch_open(const struct ledger_watch_setup *setup) {
    struct ledger_watch *watch = calloc(1, sizeof *watch);
    void *memory = aligned_alloc(16, ARENA_BYTES);
    assert(watch != NULL && memory != NULL);
    watch->setup = *setup;
    watch->commands = memory_topic(setup->log, "registry.commands");
    watch->events = memory_topic(setup->log, "registry.events");
    watch->operations = memory_topic(setup->log, "registry.operations");
    arena_init(&watch->arena, memory, ARENA_BYTES);
    lying_registry_watch(setup->registry, watch_request, watch);
    return watch;
}

void ledger_watch_close(struct ledger_watch *watch) {
    for (uint32_t i = 0; i < watch->count; i++) {
        free(watch->submissions[i].transaction);
    }
    free(watch->readings);
    free(watch->arena.base);
    free(watch);
}
