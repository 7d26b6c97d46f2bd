#include "tests/support/verify_tale.h"

#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/certificate.h"
#include "domain/ids.h"
#include "domain/metadata.h"
#include "domain/submission.h"
#include "domain/uuid.h"
#include "generated/c/message_types.h"
#include "wire/payload_hash.h"

enum { ROWS_MAX = 100 };

struct verify_positions tale_positions;
struct verify *tale_verify;

static alignas(max_align_t) uint8_t memory[8 * 1024 * 1024];
static struct arena arena;
static struct row rows[ROWS_MAX];
static uint32_t rows_count;
static const struct millrace_source source = {.name = {"story", 5}, .version = {"1", 1}};

void tale_begin(void) {
    arena_init(&arena, memory, sizeof memory);
    rows_count = 0;
    tale_positions = (struct verify_positions){
        .certificates_commands = 100, .registry_commands = 100, .registry_events = 100};
}

void *tale_take(size_t size) {
    return arena_take(&arena, size);
}

struct uuid tale_uuid(const char *text) {
    struct uuid id = {{0}};
    cr_assert(uuid_from_text(text_of(text), &id));
    return id;
}

void tale_text(const struct uuid *id, char text[37]) {
    uuid_to_text(id, text);
    text[UUID_CHARACTERS] = '\0';
}

void tale_mark(struct row *row, const char *incarnation, int number, int n, int m) {
    snprintf(row->mark, sizeof row->mark, "%s/%d/%d/%d", incarnation, number, n, m);
}

/* Each record is a transaction of its own, unless a test says otherwise. */
static void mark_by_topic(struct row *row) {
    const bool connector =
        strcmp(row->topic, "registry.events") == 0 || strcmp(row->topic, "registry.state") == 0;
    const bool certificates = strcmp(row->topic, "certificates.events") == 0 ||
                              strcmp(row->topic, "certificates.state") == 0 ||
                              strcmp(row->topic, "certificates.answers") == 0 ||
                              strcmp(row->topic, "registry.commands") == 0;
    if (connector || certificates) {
        tale_mark(row, connector ? TALE_CONNECTOR : TALE_CERTIFICATES, (int)rows_count, 1, 1);
    }
}

struct row *tale_row(enum message_type type, const void *body) {
    cr_assert(rows_count < ROWS_MAX);
    struct row *row = &rows[rows_count++];
    *row = (struct row){.topic = message_types[type].topic,
                        .message = {.type = type, .body = (void *)body},
                        .has_message = body != NULL,
                        .key = TALE_CERTIFICATE};
    for (const struct row *other = rows; other < row; other++) {
        row->offset += strcmp(other->topic, row->topic) == 0;
    }
    mark_by_topic(row);
    return row;
}

struct row *tale_find(enum message_type type, uint32_t index) {
    for (uint32_t i = 0; i < rows_count; i++) {
        if (rows[i].message.type == type && !rows[i].left_out && index-- == 0) {
            return &rows[i];
        }
    }
    cr_assert(false, "no such row");
    return NULL;
}

static struct millrace_metadata child(const struct told *told,
                                      const struct millrace_metadata *parent,
                                      enum message_type type, int32_t ordinal) {
    return metadata_child(parent, &told->certificate_id, text_of(message_types[type].full_name),
                          (uint32_t)ordinal, 1767225600000, &source);
}

/* --- Commands. --- */

/* What all commands begin with. */
struct any_command {
    struct millrace_metadata metadata;
    struct uuid certificate_id;
    struct text requested_by;
};

static void hash(struct told *told, const void *body) {
    cr_assert(payload_hash(message_types[told->type].record, body, &arena, told->payload_hash));
}

static struct told *tell(enum message_type type, void *body, const char *id) {
    struct any_command *command = body;
    struct told *told = tale_take(sizeof *told);
    *told = (struct told){.type = type, .certificate_id = tale_uuid(TALE_CERTIFICATE)};
    told->command = (struct millrace_metadata){
        .id = tale_uuid(id == NULL ? TALE_COMMAND : id),
        .timestamp = 1767225600000,
        .source = source,
        .has_channel = true,
        .channel = text_of("kafka"),
    };
    told->submission_id = id_of_submission(&told->certificate_id, &told->command.id);
    command->metadata = told->command;
    command->certificate_id = told->certificate_id;
    command->requested_by = text_of("o");
    hash(told, body);
    (void)tale_row(type, body);
    return told;
}

struct told *tale_command(enum message_type type, size_t size, const char *id) {
    return tell(type, tale_take(size), id);
}

struct told *tale_issue(int64_t quantity) {
    struct certificates_commands_issue_certificate *command = tale_take(sizeof *command);
    command->certificate_type = MILLRACE_CERTIFICATE_TYPE_PRODUCTION;
    command->quantity = quantity;
    command->owner = text_of("o");
    command->registry = text_of("r");
    return tell(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE, command, NULL);
}

static struct uuid first_slice(const struct told *told) {
    const struct uuid command = tale_uuid(TALE_COMMAND);
    return id_of_slice(&told->certificate_id, &command, 0);
}

struct told *tale_transfer(const char *id, const char *new_owner) {
    struct certificates_commands_transfer_slice *command = tale_take(sizeof *command);
    command->new_owner = text_of(new_owner);
    return tell(MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE, command, id);
}

/* --- The certificates. --- */

struct row *tale_submit(struct told *told, int64_t sequence) {
    const enum message_type type = MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION;
    struct registry_commands_submit_transaction *submit = tale_take(sizeof *submit);
    told->submit = child(told, &told->command, type, 0);
    told->sequence = sequence;
    submit->metadata = told->submit;
    submit->submission_id = told->submission_id;
    submit->certificate_id = told->certificate_id;
    submit->sequence = sequence;
    submit->registry = text_of("r");
    if (told->type == MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE) {
        submit->operation.issue = tale_take(sizeof *submit->operation.issue);
    } else {
        submit->operation.transfer = tale_take(sizeof *submit->operation.transfer);
    }
    return tale_row(type, submit);
}

/* What nearly all events begin with. */
struct any_event {
    struct millrace_metadata metadata;
    struct uuid certificate_id;
    struct uuid command_id;
    int64_t version;
};

static void note_event(struct told *told, const struct uuid *id) {
    cr_assert(told->event_ids_count < 4);
    told->event_ids[told->event_ids_count++] = *id;
}

void *tale_event(struct told *told, const struct millrace_metadata *parent, enum message_type type,
                 size_t size, int64_t version) {
    void *body = tale_take(size);
    const struct millrace_metadata metadata = child(told, parent, type, 0);
    if (type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SUSPENDED) {
        struct certificates_events_certificate_suspended *event = body;
        event->metadata = metadata;
        event->certificate_id = told->certificate_id;
        event->has_command_id = true;
        event->command_id = told->command.id;
        event->version = version;
        event->cause = MILLRACE_SUSPENSION_CAUSE_OUTCOME_UNKNOWN;
        event->has_submission_id = true;
        event->submission_id = told->submission_id;
    } else if (type == MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_RESUMED) {
        struct certificates_events_certificate_resumed *event = body;
        event->metadata = metadata;
        event->certificate_id = told->certificate_id;
        event->has_command_id = true;
        event->command_id = told->command.id;
        event->version = version;
    } else {
        struct any_event *event = body;
        event->metadata = metadata;
        event->certificate_id = told->certificate_id;
        event->command_id = told->command.id;
        event->version = version;
    }
    note_event(told, &metadata.id);
    (void)tale_row(type, body);
    return body;
}

struct certificates_events_certificate_issued *tale_issued(struct told *told,
                                                           const struct millrace_metadata *parent,
                                                           int64_t quantity) {
    struct certificates_events_certificate_issued *event =
        tale_event(told, parent, MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_ISSUED, sizeof *event, 1);
    event->certificate_type = MILLRACE_CERTIFICATE_TYPE_PRODUCTION;
    event->quantity = quantity;
    event->registry = text_of("r");
    event->slice = (struct millrace_slice){
        .slice_id = first_slice(told), .quantity = quantity, .owner = text_of("o")};
    return event;
}

struct certificates_events_slice_transferred *tale_transferred(
    struct told *told, const struct millrace_metadata *parent, int64_t version, const char *from,
    const char *to) {
    struct certificates_events_slice_transferred *event = tale_event(
        told, parent, MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED, sizeof *event, version);
    event->slice_id = first_slice(told);
    event->from_owner = text_of(from);
    event->to_owner = text_of(to);
    return event;
}

struct certificates_events_command_rejected *tale_rejected(struct told *told,
                                                           const struct millrace_metadata *parent,
                                                           int64_t version) {
    struct certificates_events_command_rejected *event = tale_event(
        told, parent, MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED, sizeof *event, version);
    event->command_type = text_of(message_types[told->type].full_name);
    event->reason = MILLRACE_REASON_REGISTRY_REFUSED;
    return event;
}

struct row *tale_answer(struct told *told, const struct millrace_metadata *parent,
                        enum millrace_verdict verdict, int64_t version) {
    const enum message_type type = MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED;
    struct certificates_answers_command_answered *answer = tale_take(sizeof *answer);
    *answer = (struct certificates_answers_command_answered){
        .metadata = child(told, parent, type, 0),
        .command_id = told->command.id,
        .certificate_id = told->certificate_id,
        .verdict = verdict,
        .has_reason = verdict != MILLRACE_VERDICT_APPLIED,
        .reason = verdict == MILLRACE_VERDICT_UNKNOWN ? MILLRACE_REASON_OUTCOME_UNKNOWN
                                                      : MILLRACE_REASON_REGISTRY_REFUSED,
        .event_ids = tale_take(sizeof told->event_ids),
        .event_ids_count = told->event_ids_count,
        .version = version,
        .payload_hash = {told->payload_hash, sizeof told->payload_hash},
    };
    memcpy(answer->event_ids, told->event_ids, sizeof told->event_ids);
    told->event_ids_count = 0;
    return tale_row(type, answer);
}

/* --- The connector. --- */

/* What all events of a submission begin with. */
struct any_step {
    struct millrace_metadata metadata;
    struct uuid submission_id;
    struct uuid certificate_id;
    int64_t sequence;
    int32_t attempt;
};

static void *step(struct told *told, enum message_type type, size_t size, struct row **row) {
    struct any_step *body = tale_take(size);
    const bool resolves = type == MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED;
    body->metadata = child(told, resolves ? &told->unknown : &told->submit, type,
                           resolves || told->attempt == 0 ? 0 : told->attempt - 1);
    body->submission_id = told->submission_id;
    body->certificate_id = told->certificate_id;
    body->sequence = told->sequence;
    body->attempt = told->attempt;
    *row = tale_row(type, body);
    return body;
}

struct row *tale_intend(struct told *told) {
    struct row *row;
    told->attempt++;
    struct registry_events_submission_intended *event =
        step(told, MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED, sizeof *event, &row);
    event->registry = text_of("r");
    event->incarnation = tale_uuid(TALE_CONNECTOR);
    event->writer = (struct millrace_writer){
        .host = text_of("h"), .boot_id = tale_uuid(TALE_OTHER), .pid = 1, .start_time = 1};
    event->transaction_id = text_of("t");
    event->transaction = (struct bytes){(const uint8_t *)"bytes", 5};
    told->intent = event->metadata;
    return row;
}

struct row *tale_not_sent(struct told *told) {
    struct row *row;
    struct registry_events_submission_not_sent *event =
        step(told, MESSAGE_REGISTRY_EVENTS_SUBMISSION_NOT_SENT, sizeof *event, &row);
    event->cause = MILLRACE_NOT_SENT_CAUSE_CONNECT_FAILED;
    return row;
}

struct row *tale_sent(struct told *told) {
    struct row *row;
    (void)step(told, MESSAGE_REGISTRY_EVENTS_SUBMISSION_SENT,
               sizeof(struct registry_events_submission_sent), &row);
    return row;
}

struct row *tale_succeed(struct told *told) {
    struct row *row;
    struct registry_events_submission_succeeded *event =
        step(told, MESSAGE_REGISTRY_EVENTS_SUBMISSION_SUCCEEDED, sizeof *event, &row);
    event->has_transaction_id = true;
    event->transaction_id = text_of("t");
    event->evidence = text_of("e");
    told->outcome = event->metadata;
    return row;
}

struct row *tale_refuse(struct told *told) {
    struct row *row;
    struct registry_events_submission_refused *event =
        step(told, MESSAGE_REGISTRY_EVENTS_SUBMISSION_REFUSED, sizeof *event, &row);
    event->has_transaction_id = true;
    event->transaction_id = text_of("t");
    event->message = text_of("no");
    told->outcome = event->metadata;
    return row;
}

struct row *tale_unknown(struct told *told, enum millrace_unknown_cause cause) {
    struct row *row;
    struct registry_events_submission_unknown *event =
        step(told, MESSAGE_REGISTRY_EVENTS_SUBMISSION_UNKNOWN, sizeof *event, &row);
    event->has_transaction_id = true;
    event->transaction_id = text_of("t");
    event->cause = cause;
    told->unknown = event->metadata;
    if (cause == MILLRACE_UNKNOWN_CAUSE_FOREIGN_INTENT) {
        tale_mark(row, TALE_SUCCESSOR, (int)rows_count, 1, 1);
    }
    return row;
}

struct row *tale_resolve(struct told *told, bool executed, enum millrace_closing_rule rule) {
    struct row *row;
    struct registry_events_submission_resolved *event =
        step(told, MESSAGE_REGISTRY_EVENTS_SUBMISSION_RESOLVED, sizeof *event, &row);
    event->has_transaction_id = true;
    event->transaction_id = text_of("t");
    event->executed = executed;
    event->evidence = text_of("e");
    event->by = rule == MILLRACE_CLOSING_RULE_NONE ? source.name : text_of("anna");
    event->closing_rule = rule;
    event->has_quarantine_ms = rule != MILLRACE_CLOSING_RULE_NONE;
    event->quarantine_ms = rule != MILLRACE_CLOSING_RULE_NONE ? 1000 : 0;
    told->outcome = event->metadata;
    return row;
}

struct row *tale_evidence(struct told *told) {
    const enum message_type type = MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND;
    struct registry_evidence_evidence_found *evidence = tale_take(sizeof *evidence);
    *evidence = (struct registry_evidence_evidence_found){
        .metadata = child(told, &told->intent, type, 1),
        .submission_id = told->submission_id,
        .certificate_id = told->certificate_id,
        .incarnation = tale_uuid(TALE_CONNECTOR),
        .transaction_id = text_of("t"),
        .kind = MILLRACE_EVIDENCE_KIND_REPLY,
        .has_executed = true,
        .executed = true,
    };
    return tale_row(type, evidence);
}

struct row *tale_contradict(struct told *told, const struct millrace_metadata *evidence) {
    const enum message_type type = MESSAGE_REGISTRY_EVENTS_EVIDENCE_CONTRADICTS;
    struct registry_events_evidence_contradicts *event = tale_take(sizeof *event);
    *event = (struct registry_events_evidence_contradicts){
        .metadata = child(told, evidence, type, 0),
        .submission_id = told->submission_id,
        .certificate_id = told->certificate_id,
        .sequence = told->sequence,
        .attempt = told->attempt,
        .evidence_id = evidence->id,
        .kind = MILLRACE_EVIDENCE_KIND_REPLY,
        .evidence_executed = true,
    };
    return tale_row(type, event);
}

struct row *tale_operation(struct told *told, bool executed, enum millrace_closing_rule rule) {
    const enum message_type type = MESSAGE_REGISTRY_OPERATIONS_RESOLVE_SUBMISSION;
    struct registry_operations_resolve_submission *operation = tale_take(sizeof *operation);
    *operation = (struct registry_operations_resolve_submission){
        .metadata = {.id = tale_uuid("7d3e8a00-5a65-5103-bc6e-de46970795e6"),
                     .timestamp = 1767225600000,
                     .source = source},
        .submission_id = told->submission_id,
        .certificate_id = told->certificate_id,
        .executed = executed,
        .evidence = text_of("e"),
        .operator= text_of("anna"),
        .closing_rule = rule,
    };
    return tale_row(type, operation);
}

struct row *tale_reading(struct told *told) {
    const enum message_type type = MESSAGE_REGISTRY_EVENTS_STREAM_READ;
    struct registry_operations_read_stream *operation = tale_take(sizeof *operation);
    struct registry_events_stream_read *event = tale_take(sizeof *event);
    *operation = (struct registry_operations_read_stream){
        .metadata = {.id = tale_uuid("61d1cbd4-1cd5-4a20-a8a5-1ee9a9a3f9f6"),
                     .timestamp = 1767225600000,
                     .source = source},
        .certificate_id = told->certificate_id,
        .registry = text_of("registry"),
    };
    *event = (struct registry_events_stream_read){
        .metadata = child(told, &operation->metadata, type, 0),
        .certificate_id = told->certificate_id,
        .has_submission_id = true,
        .submission_id = told->submission_id,
        .sequence = told->sequence,
        .attempt = told->attempt,
    };
    struct row *row = tale_row(MESSAGE_REGISTRY_OPERATIONS_READ_STREAM, operation);
    (void)tale_row(type, event);
    return row;
}

/* --- States and dead letters. --- */

void tale_states(void) {
    struct certificates_state_certificate_state *certificate = tale_take(sizeof *certificate);
    struct registry_state_ledger_state *ledger = tale_take(sizeof *ledger);
    const struct uuid id = tale_uuid(TALE_CERTIFICATE);
    *certificate =
        (struct certificates_state_certificate_state){.format_version = 1, .certificate_id = id};
    certificate_init(&certificate->model);
    submission_init(ledger, &id);
    for (uint32_t i = 0; i < rows_count; i++) {
        if (strcmp(rows[i].topic, "certificates.events") == 0) {
            certificate_evolve(&certificate->model, &rows[i].message, &arena);
        }
        if (strcmp(rows[i].topic, "registry.events") == 0) {
            submission_evolve(&ledger->ledger, &rows[i].message, &arena);
        }
    }
    (void)tale_row(MESSAGE_CERTIFICATES_STATE_CERTIFICATE_STATE, certificate);
    (void)tale_row(MESSAGE_REGISTRY_STATE_LEDGER_STATE, ledger);
}

void tale_letter(const char *offset) {
    tale_letter_of("certificates.commands", offset);
}

void tale_letter_of(const char *topic, const char *offset) {
    static const char *const names[3] = {"__streams.errors.topic", "__streams.errors.partition",
                                         "__streams.errors.offset"};
    const char *values[3] = {topic, "3", offset};
    struct row *letter = &rows[rows_count++];
    *letter = (struct row){.topic = "dead-letters", .key = TALE_CERTIFICATE};
    for (int i = 0; i < 3; i++) {
        letter->letter[i] =
            (struct log_header){.name = text_of(names[i]),
                                .value = {(const uint8_t *)values[i], (uint32_t)strlen(values[i])}};
    }
}

struct told *tale_until_intent(void) {
    tale_begin();
    struct told *told = tale_issue(1500);
    (void)tale_submit(told, 1);
    (void)tale_intend(told);
    return told;
}

struct told *tale_of_an_issue(void) {
    struct told *told = tale_until_intent();
    (void)tale_succeed(told);
    (void)tale_issued(told, &told->outcome, 1500);
    (void)tale_answer(told, &told->outcome, MILLRACE_VERDICT_APPLIED, 1);
    tale_states();
    return told;
}

/* --- Folding. --- */

static void give(struct row *row) {
    row->header = (struct log_header){
        .name = text_of("millrace.txn"),
        .value = {.data = (const uint8_t *)row->mark, .length = (uint32_t)strlen(row->mark)}};
    struct log_record record = {
        .topic = row->topic,
        .partition = TALE_PARTITION,
        .offset = row->offset,
        .key = {.data = (const uint8_t *)row->key, .length = (uint32_t)strlen(row->key)},
        .headers = &row->header,
        .headers_count = *row->mark != '\0' ? 1 : 0,
    };
    if (strcmp(row->topic, "dead-letters") == 0) {
        record.headers = row->letter;
        record.headers_count = 3;
    }
    const struct verify_record given = {
        .record = &record,
        .message = row->has_message ? &row->message : NULL,
        .late = row->late,
    };
    if (strcmp(row->topic, "dead-letters") == 0) {
        verify_dead_letter(tale_verify, &given);
    } else {
        verify_record(tale_verify, &given);
    }
}

void tale_fold(void) {
    for (uint32_t topic = 0; topic < VERIFY_TOPICS_COUNT; topic++) {
        if (topic == VERIFY_TOPIC_COMMANDS) {
            verify_begin(tale_verify, TALE_PARTITION, &tale_positions);
        }
        for (uint32_t i = 0; i < rows_count; i++) {
            if (!rows[i].left_out && strcmp(rows[i].topic, verify_topics[topic]) == 0) {
                give(&rows[i]);
            }
        }
    }
    verify_end(tale_verify);
}

const struct verify_report *tale_report(void) {
    tale_verify = verify_open();
    tale_fold();
    return verify_finish(tale_verify);
}

static void close_verify(void) {
    verify_close(tale_verify);
    tale_verify = NULL;
}

void tale_expect_ok(const char *file, int line) {
    const struct verify_report *report = tale_report();
    cr_expect_eq(report->breaches_count, 0, "%s:%d: %s", file, line, report->breaches[0]);
    close_verify();
}

void tale_expect(const char *file, int line, const char *format, ...) {
    char expected[VERIFY_BREACH_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(expected, sizeof expected, format, arguments);
    va_end(arguments);
    const struct verify_report *report = tale_report();
    bool said = false;
    for (uint64_t i = 0; i < report->breaches_count && i < VERIFY_BREACHES_MAX; i++) {
        said = said || strcmp(report->breaches[i], expected) == 0;
    }
    cr_expect(said, "%s:%d:\n    said %s\nexpected %s", file, line,
              report->breaches_count == 0 ? "nothing" : report->breaches[0], expected);
    close_verify();
}
