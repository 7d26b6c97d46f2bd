/* What comes in to the connector: certificates, submissions, operations, and the registry's
 * replies. */
#include <criterion/criterion.h>

#include "domain/placement.h"
#include "domain/uuid.h"
#include "tests/support/connector_rig_inside.h"

static int32_t partition_of(const struct uuid *id) {
    char key[UUID_CHARACTERS];
    uuid_to_text(id, key);
    return placement_partition((struct bytes){(const uint8_t *)key, sizeof key},
                               CONNECTOR_PARTITIONS);
}

struct uuid cert(uint32_t number) {
    enum { CERTS_MAX = 4096 };
    static struct uuid certs[CERTS_MAX];
    static uint32_t count;
    static uint32_t tried;
    cr_assert(number >= 1 && number < CERTS_MAX);
    while (count < number) {
        struct uuid id = {.bytes = {0xcc, 0, 0, 0, 0, 0, 0x40, 0, 0x80}};
        tried++;
        memcpy(id.bytes + 10, &tried, sizeof tried);
        if (partition_of(&id) == connector_rig.partition) {
            certs[count++] = id;
        }
    }
    return certs[number - 1];
}

struct uuid submission_of(struct uuid certificate_id, int64_t sequence) {
    struct uuid id = certificate_id;
    id.bytes[0] = (uint8_t)(0x50 + sequence);
    return id;
}

static struct uuid message_id(struct uuid certificate_id, int64_t sequence) {
    struct uuid id = certificate_id;
    id.bytes[0] = (uint8_t)(0x10 + sequence);
    return id;
}

void write_record(const char *topic, const struct uuid *key, struct bytes value) {
    char text[UUID_CHARACTERS];
    uuid_to_text(key, text);
    (void)memory_log_append(
        connector_rig.log, topic, partition_of(key),
        &(struct memory_record){.key = {(const uint8_t *)text, sizeof text}, .value = value});
}

void write_message(enum message_type type, const struct uuid *key, const void *body) {
    const size_t mark = connector_rig.arena.used;
    uint8_t *value = arena_take(&connector_rig.arena, CONNECTOR_RIG_VALUE_BYTES);
    const size_t length = wire_encode(type, body, connector_rig.emitter.schema_ids[type], value,
                                      CONNECTOR_RIG_VALUE_BYTES);
    cr_assert_leq(length, CONNECTOR_RIG_VALUE_BYTES);
    write_record(message_types[type].topic, key, (struct bytes){value, (uint32_t)length});
    connector_rig.arena.used = mark;
}

void submit_next(struct uuid certificate_id, int64_t sequence, const char *registry) {
    struct millrace_transfer_operation transfer = {
        .quantity = 100, .owner = text_of("alice"), .new_owner = text_of("bob")};
    const struct registry_commands_submit_transaction command = {
        .metadata = {.id = message_id(certificate_id, sequence),
                     .timestamp = connector_rig.now_ms,
                     .source = {.name = text_of("millrace-certificates"), .version = text_of("1")},
                     .has_channel = true,
                     .channel = text_of("cli")},
        .submission_id = submission_of(certificate_id, sequence),
        .certificate_id = certificate_id,
        .sequence = sequence,
        .registry = text_of(registry),
        .operation = {.transfer = &transfer},
    };
    write_message(MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION, &certificate_id, &command);
}

void submit(struct uuid certificate_id) {
    submit_next(certificate_id, 1, "main");
}

void resolve(struct uuid certificate_id, int64_t sequence, bool executed,
             enum millrace_closing_rule rule, const char *evidence) {
    const struct registry_operations_resolve_submission operation = {
        .metadata = {.id = connector_rig_fresh_id(NULL),
                     .timestamp = connector_rig.now_ms,
                     .source = {.name = text_of("millrace-cli"), .version = text_of("1")}},
        .submission_id = submission_of(certificate_id, sequence),
        .certificate_id = certificate_id,
        .executed = executed,
        .evidence = text_of(evidence),
        .operator= text_of("olga"),
        .closing_rule = rule,
    };
    write_message(MESSAGE_REGISTRY_OPERATIONS_RESOLVE_SUBMISSION, &certificate_id, &operation);
}

uint32_t calls_started(void) {
    return connector_rig.registry.count;
}

void the_registry_answers(uint32_t number, enum registry_reply_kind kind) {
    fake_registry_answer(&connector_rig.registry, number, kind);
}
