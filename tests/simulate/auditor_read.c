/* Everything that is visible, once: decoded, and sorted by certificate. */
#include <assert.h>
#include <stdlib.h>

#include "tests/simulate/auditor_inside.h"
#include "tests/simulate/known_ids.h"
#include "wire/encode.h"
#include "wire/message.h"

static void append(struct audit_items *items, struct audit_item *item) {
    item->next = NULL;
    if (items->last == NULL) {
        items->first = item;
    } else {
        items->last->next = item;
    }
    items->last = item;
}

struct audit_case *audit_case_find(struct audit *audit, const struct uuid *id) {
    for (uint32_t i = 0; i < audit->cases_count; i++) {
        if (uuid_equal(&audit->cases[i].id, id)) {
            return &audit->cases[i];
        }
    }
    assert(audit->cases_count < AUDIT_CASES_MAX);
    struct audit_case *certificate = &audit->cases[audit->cases_count++];
    *certificate = (struct audit_case){
        .id = *id,
        .partition = known_place_of(id, audit->setup->partitions),
        .state_offset = -1,
    };
    return certificate;
}

static struct audit_command *find_in(struct audit_command *commands, const struct uuid *id) {
    for (; commands != NULL; commands = commands->next) {
        if (uuid_equal(&commands->head.metadata->id, id)) {
            return commands;
        }
    }
    return NULL;
}

struct audit_command *audit_command_find(const struct audit_case *certificate,
                                         const struct uuid *command_id) {
    struct audit_command *command = find_in(certificate->commands, command_id);
    return command != NULL ? command : find_in(certificate->operations, command_id);
}

static struct audit_item *take_item(struct audit *audit, const struct log_record *record) {
    struct audit_item *item = arena_take(&audit->arena, sizeof *item);
    *item = (struct audit_item){
        .topic = record->topic,
        .partition = record->partition,
        .offset = record->offset,
        .timestamp_ms = record->timestamp_ms,
        .moment = memory_log_moment(audit->setup->log, record),
        .value = record->value,
    };
    return item;
}

static bool decode_item(struct audit *audit, const struct log_record *record, bool foreign,
                        struct audit_item *item, struct wire_failure *failure) {
    struct wire_input input = {
        .topic = record->topic,
        .value_null = record->value_null,
        .value = record->value,
        .refuse_other = foreign,
    };
    for (uint32_t i = 0; foreign && i < record->headers_count; i++) {
        if (text_equal(record->headers[i].name, text_of("__value_schema_id"))) {
            input.schema_id_in_header = true;
        }
    }
    const enum result result =
        wire_decode(audit->setup->cache, &input, &audit->arena,
                    audit->setup->transcript->timeline->now_ms, &item->message, failure);
    assert(result != RESULT_AGAIN); /* nobody takes schemas away from the auditor */
    return result == RESULT_OK;
}

/* ---- what the teams and the operators wrote ---- */

static void add_letter(struct audit *audit, const struct log_record *record, const char *reason) {
    struct audit_letter *letter = arena_take(&audit->arena, sizeof *letter);
    *letter = (struct audit_letter){
        .next = audit->letters,
        .topic = record->topic,
        .partition = record->partition,
        .offset = record->offset,
        .reason = reason,
        .value_null = record->value_null,
        .key = record->key,
        .value = record->value,
    };
    audit->letters = letter;
}

/* Why a record lies wrong; NULL: it does not. */
static const char *misplaced(const struct audit *audit, const struct log_record *record,
                             const struct uuid *id) {
    char right[KNOWN_ID_CHARACTERS + 1];
    known_id_text(id, right);
    if (record->key_null || record->key.length != KNOWN_ID_CHARACTERS) {
        return "wrong-key";
    }
    if (memcmp(record->key.data, right, KNOWN_ID_CHARACTERS) != 0) {
        for (uint32_t i = 0; i < KNOWN_ID_CHARACTERS; i++) {
            const uint8_t c = record->key.data[i];
            if ((c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c) != right[i]) {
                return "wrong-key";
            }
        }
        return "not-canonical";
    }
    return known_place(record->key, audit->setup->partitions) == record->partition
               ? NULL
               : "wrong-partition";
}

/* All of a command but its metadata, as bytes that can be compared. */
static struct bytes content_of(struct audit *audit, const struct message *message) {
    const struct record_descriptor *record = message_types[message->type].record;
    struct millrace_metadata *metadata = message->body; /* opens every message */
    const struct millrace_metadata kept = *metadata;
    size_t room;
    *metadata = (struct millrace_metadata){0};
    uint8_t *bytes = arena_rest(&audit->arena, &room);
    assert(room > 0);
    bytes[0] = (uint8_t)message->type;
    const size_t length = 1 + encode(record, message->body, bytes + 1, room - 1);
    assert(length <= room);
    arena_keep(&audit->arena, length);
    *metadata = kept;
    return (struct bytes){bytes, (uint32_t)length};
}

static void add_command(struct audit *audit, struct audit_case *certificate,
                        const struct audit_command *made) {
    struct audit_command *command = arena_take(&audit->arena, sizeof *command);
    *command = *made;
    struct audit_command **first =
        made->operation ? &certificate->operations : &certificate->commands;
    struct audit_command **last =
        made->operation ? &certificate->operations_last : &certificate->commands_last;
    if (*first == NULL) {
        *first = command;
    } else {
        (*last)->next = command;
    }
    *last = command;
}

static void read_asked(struct audit *audit, const struct log_record *record, bool operation) {
    struct wire_failure failure;
    struct audit_item *item = take_item(audit, record);
    if (!decode_item(audit, record, true, item, &failure)) {
        add_letter(audit, record, dead_letter_reason_word(failure.reason));
        return;
    }
    struct audit_command made = {.item = item, .operation = operation};
    const bool known = certificate_command_head(&item->message, &made.head);
    assert(known); /* no other type may travel here */
    (void)known;
    const char *wrong = misplaced(audit, record, made.head.certificate_id);
    if (wrong != NULL) {
        add_letter(audit, record, wrong);
        return;
    }
    made.content = content_of(audit, &item->message);
    struct audit_case *certificate = audit_case_find(audit, made.head.certificate_id);
    struct audit_command *before = audit_command_find(certificate, &made.head.metadata->id);
    if (before == NULL) {
        add_command(audit, certificate, &made);
    } else if (bytes_equal(before->content, made.content)) {
        append(&before->repeats, item);
    } else {
        add_letter(audit, record, "command-id-reused");
    }
}

static void visit_command(void *context, const struct log_record *record) {
    read_asked(context, record, false);
}

static void visit_operation(void *context, const struct log_record *record) {
    read_asked(context, record, true);
}

/* ---- what was made of it ---- */

static const struct uuid *certificate_of(const struct audit_item *item) {
    struct certificate_event_head event;
    struct certificate_registry_head registry;
    if (certificate_event_head(&item->message, &event)) {
        return event.certificate_id;
    }
    if (certificate_registry_head(&item->message, &registry)) {
        return registry.certificate_id;
    }
    if (item->message.type == MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED) {
        const struct certificates_answers_command_answered *answer = item->message.body;
        return &answer->certificate_id;
    }
    assert(item->message.type == MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION);
    const struct registry_commands_submit_transaction *submission = item->message.body;
    return &submission->certificate_id;
}

/* A record of our own on one of four topics; NULL: it was wrong. */
static struct audit_item *read_own(struct audit *audit, const struct log_record *record,
                                   struct audit_case **certificate) {
    struct wire_failure failure;
    struct audit_item *item = take_item(audit, record);
    if (!decode_item(audit, record, false, item, &failure)) {
        audit_violation(audit, "unreadable", NULL, NULL, NULL, "%s/%d@%lld cannot be read: %s",
                        record->topic, record->partition, (long long)record->offset, failure.text);
        return NULL;
    }
    const struct uuid *id = certificate_of(item);
    *certificate = audit_case_find(audit, id);
    const char *wrong = misplaced(audit, record, id);
    if (wrong != NULL) {
        audit_violation(audit, "place", *certificate, NULL, item, "lies wrong: %s", wrong);
        return NULL;
    }
    return item;
}

static void visit_event(void *context, const struct log_record *record) {
    struct audit_case *certificate;
    struct audit_item *item = read_own(context, record, &certificate);
    if (item != NULL) {
        append(&certificate->events, item);
    }
}

static void visit_answer(void *context, const struct log_record *record) {
    struct audit_case *certificate;
    struct audit_item *item = read_own(context, record, &certificate);
    if (item != NULL) {
        append(&certificate->answers, item);
    }
}

static void visit_submission(void *context, const struct log_record *record) {
    struct audit_case *certificate;
    struct audit_item *item = read_own(context, record, &certificate);
    if (item != NULL) {
        append(&certificate->submissions, item);
    }
}

static void visit_registry(void *context, const struct log_record *record) {
    struct audit_case *certificate;
    struct audit_item *item = read_own(context, record, &certificate);
    if (item != NULL) {
        append(&certificate->registry, item);
    }
}

/* Only the newest state of each certificate is looked at. */
static void visit_state(void *context, const struct log_record *record) {
    struct audit *audit = context;
    for (uint32_t i = 0; i < audit->cases_count; i++) {
        struct audit_case *certificate = &audit->cases[i];
        if (certificate->partition == record->partition &&
            misplaced(audit, record, &certificate->id) == NULL) {
            certificate->state = record->value;
            certificate->state_offset = record->offset;
            return;
        }
    }
    audit_violation(audit, "state", NULL, NULL, NULL, "%s/%d@%lld is the state of no certificate",
                    record->topic, record->partition, (long long)record->offset);
}

void audit_read(struct audit *audit) {
    static const struct {
        const char *topic;
        void (*visit)(void *context, const struct log_record *record);
    } topics[] = {
        {"certificates.commands", visit_command}, {"certificates.operations", visit_operation},
        {"certificates.events", visit_event},     {"certificates.answers", visit_answer},
        {"registry.commands", visit_submission},  {"registry.events", visit_registry},
        {"certificates.state", visit_state},
    };
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        for (int32_t p = 0; p < audit->setup->partitions; p++) {
            memory_log_each(audit->setup->log, topics[i].topic, p, topics[i].visit, audit);
        }
    }
}
