/* A record's value on its way to a message: envelope, schema id, allow-list, codec; and what is
 * known of it when it never gets there. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain/uuid.h"
#include "generated/c/certificates_commands.h"
#include "tests/support/fake_schemas.h"
#include "tests/support/vectors.h"
#include "wire/encode.h"
#include "wire/envelope.h"
#include "wire/message.h"
#include "wire/schema_disk.h"

static const char transfer_name[] = "certificates.commands.TransferSlice";
static const char own_topic[] = "certificates.commands";

static const struct message_type_entry *transfer_type(void) {
    return &message_types[MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE];
}

static struct certificates_commands_transfer_slice transfer(void) {
    struct certificates_commands_transfer_slice body = {
        .metadata = {.source = {.name = text_of("test"), .version = text_of("1")}},
        .requested_by = text_of("owner"),
        .new_owner = text_of("other-owner")};
    memset(&body.metadata.id, 0x11, sizeof body.metadata.id);
    memset(&body.certificate_id, 0x22, sizeof body.certificate_id);
    memset(&body.slice_id, 0x33, sizeof body.slice_id);
    return body;
}

struct world {
    struct fake_schemas fake;
    struct schemas port;
    struct schema_cache *cache;
    struct arena arena;
    int64_t now_ms;
    struct message message;
    struct wire_failure failure;
};

static void world_open(struct world *world, const char *directory) {
    *world = (struct world){.arena = vectors_arena(), .now_ms = 1000};
    world->port = fake_schemas_port(&world->fake);
    world->cache = schema_cache_open(&world->port, directory);
}

static void world_close(struct world *world) {
    schema_cache_close(world->cache);
}

static struct bytes transfer_value(struct world *world, int32_t id) {
    const struct certificates_commands_transfer_slice body = transfer();
    const size_t size =
        wire_encode(MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE, &body, id, NULL, 0);
    uint8_t *buffer = arena_take(&world->arena, size);
    cr_assert_eq(wire_encode(MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE, &body, id, buffer, size),
                 size);
    return (struct bytes){.data = buffer, .length = (uint32_t)size};
}

static enum result read_value(struct world *world, struct bytes value) {
    const struct wire_input input = {.topic = own_topic, .value = value, .refuse_other = true};
    return wire_decode(world->cache, &input, &world->arena, world->now_ms, &world->message,
                       &world->failure);
}

static void expect_reason(struct world *world, struct bytes value, enum dead_letter_reason reason) {
    cr_expect_eq(read_value(world, value), RESULT_INVALID);
    cr_expect_eq(world->failure.reason, reason, "expected %s, got %s: %s",
                 dead_letter_reason_word(reason), dead_letter_reason_word(world->failure.reason),
                 world->failure.text);
    cr_expect_neq(world->failure.text[0], '\0');
}

Test(wire_message, a_message_comes_through) {
    struct world world;
    world_open(&world, NULL);
    const int32_t id = fake_schemas_add(&world.fake, transfer_name, transfer_type()->schema);
    cr_assert_eq(read_value(&world, transfer_value(&world, id)), RESULT_OK, "%s",
                 world.failure.text);
    cr_expect_eq(world.message.type, MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE);
    const struct certificates_commands_transfer_slice *body = world.message.body;
    cr_expect(text_equal(body->new_owner, text_of("other-owner")));
    cr_assert_eq(read_value(&world, transfer_value(&world, id)), RESULT_OK);
    cr_expect_eq(world.fake.asked, 1, "the second time the plan is known");
    world_close(&world);
}

Test(wire_message, envelopes) {
    struct world world;
    world_open(&world, NULL);
    struct arena *arena = &world.arena;
    expect_reason(&world, (struct bytes){0}, DEAD_LETTER_EMPTY);
    expect_reason(&world, vectors_hex("00", arena), DEAD_LETTER_NOT_CONFLUENT_FRAMED);
    expect_reason(&world, vectors_hex("00000000", arena), DEAD_LETTER_NOT_CONFLUENT_FRAMED);
    expect_reason(&world, vectors_hex("7b2261223a317d", arena), DEAD_LETTER_NOT_CONFLUENT_FRAMED);
    expect_reason(&world, vectors_hex("c301 0011223344556677 02", arena),
                  DEAD_LETTER_SINGLE_OBJECT_ENCODING);
    expect_reason(&world, vectors_hex("0000000000", arena), DEAD_LETTER_UNKNOWN_SCHEMA_ID);
    expect_reason(&world, vectors_hex("00ffffffff", arena), DEAD_LETTER_UNKNOWN_SCHEMA_ID);
    expect_reason(&world, vectors_hex("0080000000", arena), DEAD_LETTER_UNKNOWN_SCHEMA_ID);
    cr_expect_str_eq(world.failure.text, "2147483648 is no schema id");
    cr_expect_eq(world.fake.asked, 0);
    expect_reason(&world, vectors_hex("0000000007", arena), DEAD_LETTER_UNKNOWN_SCHEMA_ID);
    cr_expect(world.failure.schema_id_known);
    cr_expect_eq(world.failure.schema_id, 7);

    const struct wire_input tombstone = {.topic = own_topic, .value_null = true};
    cr_expect_eq(wire_decode(world.cache, &tombstone, arena, 0, &world.message, &world.failure),
                 RESULT_INVALID);
    cr_expect_eq(world.failure.reason, DEAD_LETTER_EMPTY);
    const struct wire_input header = {
        .topic = own_topic, .value = vectors_hex("0000000007", arena), .schema_id_in_header = true};
    cr_expect_eq(wire_decode(world.cache, &header, arena, 0, &world.message, &world.failure),
                 RESULT_INVALID);
    cr_expect_eq(world.failure.reason, DEAD_LETTER_SCHEMA_ID_IN_HEADER);
    cr_expect(envelope_header_has_schema_id(text_of("__value_schema_id")));
    cr_expect_not(envelope_header_has_schema_id(text_of("traceparent")));
    world_close(&world);
}

Test(wire_message, only_the_types_of_a_topic_travel_on_it) {
    struct world world;
    world_open(&world, NULL);
    const struct message_type_entry *event =
        &message_types[MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED];
    fake_schemas_add(&world.fake, event->full_name, event->schema);
    fake_schemas_add(&world.fake, "x",
                     "{\"type\":\"record\",\"name\":\"Mine\",\"namespace\":"
                     "\"certificates.commands\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}");
    fake_schemas_add(&world.fake, "x", "\"string\"");
    fake_schemas_add(&world.fake, "x", "no schema at all");
    fake_schemas_add(&world.fake, "x", NULL);
    fake_schemas_add(&world.fake, "x",
                     "{\"type\":\"record\",\"name\":\"TransferSlice\",\"namespace\":"
                     "\"certificates.commands\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}");
    static const enum dead_letter_reason reasons[] = {
        DEAD_LETTER_TYPE_NOT_ALLOWED,  DEAD_LETTER_TYPE_NOT_ALLOWED,  DEAD_LETTER_UNREADABLE_SCHEMA,
        DEAD_LETTER_UNREADABLE_SCHEMA, DEAD_LETTER_UNREADABLE_SCHEMA, DEAD_LETTER_UNREADABLE_SCHEMA,
    };
    for (uint32_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        uint8_t value[ENVELOPE_BYTES];
        envelope_write((int32_t)i + 1, value);
        expect_reason(&world, (struct bytes){.data = value, .length = sizeof value}, reasons[i]);
    }
    cr_expect(strstr(world.failure.text, "metadata") != NULL, "%s", world.failure.text);
    world_close(&world);
}

Test(wire_message, what_can_be_read_of_a_broken_command_is_kept) {
    struct world world;
    world_open(&world, NULL);
    const int32_t id = fake_schemas_add(&world.fake, transfer_name, transfer_type()->schema);
    struct bytes value = transfer_value(&world, id);
    const struct certificates_commands_transfer_slice body = transfer();

    struct bytes cut = {.data = value.data, .length = value.length - 1};
    expect_reason(&world, cut, DEAD_LETTER_MALFORMED);
    cr_expect_str_eq(world.failure.field, "newOwner");
    cr_expect(world.failure.command_id_known);
    cr_expect(uuid_equal(&world.failure.command_id, &body.metadata.id));
    cr_expect(world.failure.type_known);

    cut.length = ENVELOPE_BYTES + 30;
    expect_reason(&world, cut, DEAD_LETTER_MALFORMED);
    cr_expect_str_eq(world.failure.field, "metadata.id");
    cr_expect_not(world.failure.command_id_known);

    uint8_t *longer = arena_take(&world.arena, value.length + 1);
    memcpy(longer, value.data, value.length);
    expect_reason(&world, (struct bytes){.data = longer, .length = value.length + 1},
                  DEAD_LETTER_TRAILING_BYTES);
    cr_expect(world.failure.command_id_known);

    char *digits = (char *)longer + ENVELOPE_BYTES + 1; /* metadata.id, all digits are 1 */
    digits[0] = 'A';
    expect_reason(&world, (struct bytes){.data = longer, .length = value.length},
                  DEAD_LETTER_NOT_CANONICAL);
    world_close(&world);
}

Test(wire_message, an_unknown_symbol_in_a_command_is_unsupported) {
    struct world world;
    world_open(&world, NULL);
    const enum message_type type = MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE;
    const int32_t id = fake_schemas_add(&world.fake, "x", message_types[type].schema);
    struct certificates_commands_issue_certificate body = {0};
    memset(&body.metadata.id, 0x11, sizeof body.metadata.id);
    uint8_t value[1024];
    const size_t size = wire_encode(type, &body, id, value, sizeof value);
    expect_reason(&world, (struct bytes){.data = value, .length = (uint32_t)size},
                  DEAD_LETTER_UNSUPPORTED_VALUE);
    cr_expect_str_eq(world.failure.field, "certificateType");
    cr_expect(world.failure.command_id_known);
    const struct wire_input own = {.topic = own_topic,
                                   .value = {.data = value, .length = (uint32_t)size}};
    cr_expect_eq(wire_decode(world.cache, &own, &world.arena, 0, &world.message, &world.failure),
                 RESULT_OK);
    world_close(&world);
}

Test(wire_message, a_registry_that_is_away_is_waited_for) {
    struct world world;
    world_open(&world, NULL);
    const int32_t id = fake_schemas_add(&world.fake, transfer_name, transfer_type()->schema);
    const struct bytes value = transfer_value(&world, id);
    world.fake.away = true;
    cr_expect_eq(read_value(&world, value), RESULT_AGAIN);
    char waits[80];
    (void)snprintf(waits, sizeof waits, "schema id %d: the schema registry is away", id);
    cr_expect_str_eq(world.failure.text, waits);
    cr_expect_eq(read_value(&world, value), RESULT_AGAIN);
    cr_expect_eq(world.fake.asked, 1, "not asked again at once");
    world.now_ms += SCHEMA_CACHE_RETRY_MS;
    cr_expect_eq(read_value(&world, value), RESULT_AGAIN);
    cr_expect_eq(world.fake.asked, 2);
    world.fake.away = false;
    world.now_ms += SCHEMA_CACHE_RETRY_MS;
    cr_expect_eq(read_value(&world, value), RESULT_OK);
    world_close(&world);
}

Test(wire_message, a_registry_that_does_not_let_us_in_is_waited_for_and_told_apart) {
    struct world world;
    world_open(&world, NULL);
    const int32_t id = fake_schemas_add(&world.fake, transfer_name, transfer_type()->schema);
    const struct bytes value = transfer_value(&world, id);
    world.fake.locked = true;
    for (uint32_t i = 0; i < 2; i++) { /* also where it is not asked again at once */
        cr_expect_eq(read_value(&world, value), RESULT_AGAIN);
        cr_expect(world.failure.denied);
        cr_expect_not_null(strstr(world.failure.text, "does not let us in"));
    }
    world.fake.locked = false;
    world.fake.away = true;
    world.now_ms += SCHEMA_CACHE_RETRY_MS;
    cr_expect_eq(read_value(&world, value), RESULT_AGAIN);
    cr_expect_not(world.failure.denied);
    world_close(&world);
}

Test(wire_message, an_id_that_is_not_there_is_believed_for_a_while) {
    struct world world;
    world_open(&world, NULL);
    const struct bytes value = transfer_value(&world, 1);
    expect_reason(&world, value, DEAD_LETTER_UNKNOWN_SCHEMA_ID);
    fake_schemas_add(&world.fake, transfer_name, transfer_type()->schema);
    expect_reason(&world, value, DEAD_LETTER_UNKNOWN_SCHEMA_ID);
    cr_expect_eq(world.fake.asked, 1);
    world.now_ms += SCHEMA_CACHE_UNKNOWN_MS;
    cr_expect_eq(read_value(&world, value), RESULT_OK);
    world_close(&world);
}

/* Ids that nobody registered push out only what shares their bucket, never what is in use. */
Test(wire_message, a_flood_of_unknown_ids_is_bounded) {
    struct world world;
    world_open(&world, NULL);
    const int32_t id = fake_schemas_add(&world.fake, transfer_name, transfer_type()->schema);
    const struct bytes value = transfer_value(&world, id);
    for (int32_t unknown = 2; unknown < 5000; unknown++) {
        uint8_t head[ENVELOPE_BYTES];
        envelope_write(unknown, head);
        expect_reason(&world, (struct bytes){.data = head, .length = sizeof head},
                      DEAD_LETTER_UNKNOWN_SCHEMA_ID);
        if (unknown % 64 == 1) {
            const size_t used = world.arena.used;
            cr_expect_eq(read_value(&world, value), RESULT_OK);
            world.arena.used = used;
        }
    }
    cr_expect_eq(world.fake.asked, 4998 + 1);
    world_close(&world);
}

static void spoil(const char *path) {
    FILE *file = fopen(path, "r+b");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fseek(file, 200, SEEK_SET), 0);
    cr_assert_eq(fputc('!', file), '!');
    cr_assert_eq(fclose(file), 0);
}

Test(wire_message, copies_on_disk_serve_while_the_registry_is_away) {
    char directory[] = "/tmp/millrace-schemas-XXXXXX";
    cr_assert_not_null(mkdtemp(directory));
    struct world world;
    world_open(&world, directory);
    const int32_t id = fake_schemas_add(&world.fake, transfer_name, transfer_type()->schema);
    cr_expect_eq(read_value(&world, transfer_value(&world, id)), RESULT_OK);
    world_close(&world);

    world_open(&world, directory);
    world.fake.away = true;
    cr_expect_eq(read_value(&world, transfer_value(&world, id)), RESULT_OK);
    cr_expect_eq(read_value(&world, transfer_value(&world, id + 1)), RESULT_AGAIN);
    world_close(&world);

    char path[128];
    (void)snprintf(path, sizeof path, "%s/%d.avsc", directory, id);
    spoil(path);
    world_open(&world, directory);
    world.fake.away = true;
    cr_expect_eq(read_value(&world, transfer_value(&world, id)), RESULT_AGAIN);
    world_close(&world);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rmdir(directory), 0, "nothing but the copy was left there");
}

Test(wire_message, a_directory_that_cannot_be_written_to_is_found_beforehand) {
    char directory[] = "/tmp/millrace-schemas-XXXXXX";
    struct error error;
    cr_assert_not_null(mkdtemp(directory));
    cr_expect_eq(schema_disk_check(directory, &error), RESULT_OK);
    cr_assert_eq(rmdir(directory), 0, "nothing was left there");
    cr_expect_eq(schema_disk_check(directory, &error), RESULT_FAILED);
    cr_expect_not_null(strstr(error.text, "No such file or directory"), "%s", error.text);
    cr_expect_not_null(strstr(error.text, directory), "%s", error.text);
}

/* An id means one schema for ever: what it was found to mean holds as long as the cache lives, and
 * after that the registry's word counts, not the copy of what it said before. */
Test(wire_message, another_schema_for_a_known_id_counts_after_a_restart_only) {
    char directory[] = "/tmp/millrace-schemas-XXXXXX";
    cr_assert_not_null(mkdtemp(directory));
    struct world world;
    world_open(&world, directory);
    const int32_t id = fake_schemas_add(&world.fake, transfer_name, transfer_type()->schema);
    cr_expect_eq(read_value(&world, transfer_value(&world, id)), RESULT_OK);
    const enum message_type other = MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED;
    world.fake.schemas[id - 1].text = message_types[other].schema;
    world.now_ms += INT64_C(365) * 24 * 60 * 60 * 1000;
    cr_expect_eq(read_value(&world, transfer_value(&world, id)), RESULT_OK);
    schema_cache_close(world.cache);
    world.cache = schema_cache_open(&world.port, directory);
    expect_reason(&world, transfer_value(&world, id), DEAD_LETTER_TYPE_NOT_ALLOWED);
    world_close(&world);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%d.avsc", directory, id);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rmdir(directory), 0);
}

/* A schema of a megabyte is larger than any plan: no reader is asked to parse it. */
Test(wire_message, a_schema_of_a_megabyte_is_unreadable) {
    enum { LARGE = 1 << 20 };
    static char text[LARGE];
    struct world world;
    world_open(&world, NULL);
    const struct message_type_entry *type = transfer_type();
    memset(text, ' ', sizeof text - 1);
    memcpy(text, type->schema, type->schema_length);
    const int32_t id = fake_schemas_add(&world.fake, transfer_name, text);
    expect_reason(&world, transfer_value(&world, id), DEAD_LETTER_UNREADABLE_SCHEMA);
    cr_expect_not_null(strstr(world.failure.text, "schema of 1048575 bytes"), "%s",
                       world.failure.text);
    world_close(&world);
}

Test(wire_message, a_registry_that_gives_one_id_to_two_types_is_waited_for) {
    struct world world;
    world_open(&world, NULL);
    static const enum message_type types[] = {MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE,
                                              MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE,
                                              MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED};
    for (uint32_t i = 1; i < 3; i++) {
        fake_schemas_add(&world.fake, message_types[types[i]].full_name,
                         message_types[types[i]].schema);
    }
    struct wire_ids ids = {0};
    struct error error = {0};
    cr_expect_eq(wire_ids_resolve(&world.port, world.cache, types, 3, &ids, &error), RESULT_OK,
                 "the same type may be asked for twice");
    world.fake.mixed_up = true;
    cr_expect_eq(wire_ids_resolve(&world.port, world.cache, types, 3, &ids, &error), RESULT_AGAIN);
    cr_expect_not_null(strstr(error.text, "gives id 1 to both 'certificates.commands.Transfer"),
                       "%s", error.text);
    world_close(&world);
}

Test(wire_message, our_own_ids_are_resolved_at_start) {
    struct world world;
    world_open(&world, NULL);
    static const enum message_type types[] = {MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE,
                                              MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED};
    struct wire_ids ids = {0};
    struct error error = {0};
    const int32_t id = fake_schemas_add(&world.fake, transfer_name, transfer_type()->schema);
    cr_expect_eq(wire_ids_resolve(&world.port, world.cache, types, 2, &ids, &error),
                 RESULT_NOT_FOUND);
    cr_expect(strstr(error.text, "schemas apply") != NULL, "%s", error.text);
    world.fake.away = true;
    cr_expect_eq(wire_ids_resolve(&world.port, world.cache, types, 2, &ids, &error), RESULT_AGAIN);
    world.fake.away = false;
    fake_schemas_add(&world.fake, message_types[types[1]].full_name,
                     message_types[types[1]].schema);
    cr_expect_eq(wire_ids_resolve(&world.port, world.cache, types, 2, &ids, &error), RESULT_OK);
    cr_expect_eq(ids.of[types[0]], id);
    cr_expect_eq(ids.of[types[1]], id + 1);
    world.fake.away = true;
    cr_expect_eq(read_value(&world, transfer_value(&world, id)), RESULT_OK, "%s",
                 world.failure.text);
    world_close(&world);
}
