/* What arrives at the certificates processor: again, under a used id, or no command at all. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "domain/uuid.h"
#include "tests/support/certificates_rig.h"

#define ANSWERED MESSAGE_CERTIFICATES_ANSWERS_COMMAND_ANSWERED
#define TRANSFERRED MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED
#define SUBMIT MESSAGE_REGISTRY_COMMANDS_SUBMIT_TRANSACTION

TestSuite(arrival, .init = rig_open, .fini = rig_close);

static struct uuid first;

static void given_issued(void) {
    const struct message command = issue_certificate(1000, "alice");
    someone_sends(command);
    let_run();
    registry_executes(0);
    let_run();
    whatever_was_written();
    first = slice_of(command, 0);
}

/* ---- again ---- */

Test(arrival, of_the_same_command_while_it_is_at_the_registry_is_nothing) {
    given_issued();
    const struct message command = transfer_slice(first, "alice", "bob");
    someone_sends(command);
    someone_sends(command);
    let_run();
    then_written(SUBMIT);
    nothing_else_is_written();

    someone_sends(command);
    let_run();
    nothing_else_is_written();
    cr_expect_eq(state_of(the_certificate())->work.waiting_count, 0);
}

Test(arrival, of_the_same_command_while_it_waits_is_nothing) {
    given_issued();
    const struct message command = transfer_slice(first, "bob", "alice");
    someone_sends(transfer_slice(first, "alice", "bob"));
    someone_sends(command);
    someone_sends(command);
    let_run();
    then_written(SUBMIT);
    nothing_else_is_written();
    cr_expect_eq(state_of(the_certificate())->work.waiting_count, 1);
}

Test(arrival, of_an_answered_command_repeats_the_answer_word_for_word) {
    given_issued();
    const struct message applied = transfer_slice(first, "alice", "bob");
    const struct message rejected = transfer_slice(first, "mallory", "bob");
    someone_sends(applied);
    let_run();
    registry_executes(1);
    let_run();
    someone_sends(rejected);
    let_run();
    then_written(SUBMIT);
    then_written(TRANSFERRED);
    const struct certificates_answers_command_answered *yes =
        then_answered(applied, MILLRACE_VERDICT_APPLIED);
    then_written(MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED);
    const struct certificates_answers_command_answered *no =
        then_answered(rejected, MILLRACE_VERDICT_REJECTED);
    nothing_else_is_written();

    someone_sends(applied);
    someone_sends(rejected);
    let_run();

    expect_uuid(&then_answered(applied, MILLRACE_VERDICT_APPLIED)->metadata.id, &yes->metadata.id);
    const struct certificates_answers_command_answered *again =
        then_answered(rejected, MILLRACE_VERDICT_REJECTED);
    expect_uuid(&again->metadata.id, &no->metadata.id);
    cr_expect_eq(again->reason, MILLRACE_REASON_NOT_OWNER, "not decided anew");
    cr_expect(text_equal(again->detail, no->detail));
    nothing_else_is_written();
}

Test(arrival, of_a_command_rebuilt_by_its_producer_is_the_same_command) {
    given_issued();
    const struct message command = transfer_slice(first, "mallory", "bob");
    someone_sends(command);
    let_run();
    whatever_was_written();

    struct certificates_commands_transfer_slice *body = command.body;
    body->metadata.timestamp += 1000;
    body->metadata.source.name = text_of("the same program, started again");
    body->metadata.has_channel = false;
    someone_sends(command);
    let_run();

    then_answered(command, MILLRACE_VERDICT_REJECTED);
    nothing_else_is_written();
}

Test(arrival, of_another_command_with_a_used_id_is_a_dead_letter) {
    given_issued();
    const struct message at_registry = transfer_slice(first, "alice", "bob");
    const struct message waiting = transfer_slice(first, "bob", "alice");
    someone_sends(at_registry);
    someone_sends(waiting);
    let_run();
    whatever_was_written();
    struct certificates_commands_transfer_slice *bodies[] = {at_registry.body, waiting.body};

    for (size_t i = 0; i < 2; i++) {
        bodies[i]->new_owner = text_of("mallory");
        someone_sends(i == 0 ? at_registry : waiting);
        let_run();
        const struct log_record *letter = then_dead_letter("command-id-reused");
        char id[UUID_CHARACTERS + 1] = {0};
        uuid_to_text(&bodies[i]->metadata.id, id);
        expect_text(header_in(letter, "millrace.commandid"), id);
        nothing_else_is_written();
        bodies[i]->new_owner = text_of(i == 0 ? "bob" : "alice");
    }

    registry_executes(1);
    let_run();
    whatever_was_written();
    bodies[0]->new_owner = text_of("mallory");
    someone_sends(at_registry);
    let_run();
    then_dead_letter("command-id-reused");
    nothing_else_is_written();
}

Test(arrival, of_a_used_id_on_another_certificate_is_another_command) {
    given_issued();
    const struct message command = transfer_slice(first, "mallory", "bob");
    someone_sends(command);
    let_run();
    whatever_was_written();

    const struct message other = to_certificate(command, another_certificate());
    someone_sends(other);
    let_run();

    const struct certificates_events_command_rejected *event =
        then_written(MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED);
    cr_expect_eq(event->reason, MILLRACE_REASON_UNKNOWN_CERTIFICATE);
    then_answered(other, MILLRACE_VERDICT_REJECTED);
    nothing_else_is_written();
}

/* ---- no command at all ---- */

/* A record in the lane's partition, with the key of the certificate unless said otherwise. */
static struct raw_record record_of(struct bytes value) {
    static char key[UUID_CHARACTERS + 1];
    const struct uuid certificate_id = the_certificate();
    uuid_to_text(&certificate_id, key);
    return (struct raw_record){.topic = "certificates.commands",
                               .partition = partition_of(&certificate_id),
                               .key = key,
                               .value = value};
}

static const struct log_record *then_dead(struct raw_record record, const char *reason) {
    send_raw(&record);
    let_run();
    const struct log_record *letter = then_dead_letter(reason);
    cr_expect(bytes_equal(letter->value, record.value) || record.value_null, "%s: value", reason);
    expect_text(header_in(letter, "__streams.errors.topic"), record.topic);
    expect_text(header_in(letter, "millrace.application"), "millrace.certificates");
    cr_expect_gt(header_in(letter, "__streams.errors.message").length, 10, "%s", reason);
    nothing_else_is_written();
    return letter;
}

static struct bytes changed(struct bytes value, uint32_t length, int32_t index, uint8_t byte) {
    uint8_t *copy = arena_take(the_arena(), length + 1);
    memcpy(copy, value.data, length < value.length ? length : value.length);
    if (index >= 0) {
        copy[index] = byte;
    }
    return (struct bytes){copy, length};
}

Test(arrival, of_malformed_values_is_a_dead_letter_and_stops_nobody) {
    given_issued();
    const struct message command = transfer_slice(first, "alice", "bob");
    const struct bytes good = value_of(command);
    struct raw_record tombstone = record_of((struct bytes){0});
    tombstone.value_null = true;
    then_dead(tombstone, "empty");
    then_dead(record_of((struct bytes){(const uint8_t *)"", 0}), "empty");
    then_dead(record_of((struct bytes){(const uint8_t *)"{\"json\": true}", 14}),
              "not-confluent-framed");
    then_dead(record_of((struct bytes){(const uint8_t *)"\xc3\x01garbage ", 10}),
              "single-object-encoding");
    then_dead(record_of(changed(good, good.length, 3, 0x77)), "unknown-schema-id");
    const struct log_record *letter =
        then_dead(record_of(changed(good, good.length - 2, -1, 0)), "malformed");
    expect_text(header_in(letter, "millrace.field"), "newOwner");
    char id[UUID_CHARACTERS + 1] = {0};
    uuid_to_text(&((struct certificates_commands_transfer_slice *)command.body)->metadata.id, id);
    expect_text(header_in(letter, "millrace.commandid"), id);
    then_dead(record_of(changed(good, good.length + 1, -1, 0)), "trailing-bytes");
    then_dead(record_of(changed(good, 5, -1, 0)), "malformed");

    someone_sends(command);
    let_run();
    then_written(SUBMIT);
    nothing_else_is_written();
}

Test(arrival, of_what_may_not_travel_here_is_a_dead_letter) {
    given_issued();
    struct certificates_answers_command_answered answer = {
        .payload_hash = {(const uint8_t *)"", 0}};
    then_dead(record_of(value_of((struct message){ANSWERED, &answer})), "type-not-allowed");

    const struct bytes command = value_of(transfer_slice(first, "alice", "bob"));
    struct raw_record misplaced = record_of(command);
    misplaced.topic = "certificates.operations";
    then_dead(misplaced, "type-not-allowed");

    const int32_t strange = fake_schemas_add(
        the_schema_registry(), "certificates.commands.MeltCertificate",
        "{\"type\":\"record\",\"namespace\":\"certificates.commands\",\"name\":\"MeltCertificate\","
        "\"fields\":[]}");
    then_dead(record_of(changed(command, 5, 4, (uint8_t)strange)), "type-not-allowed");

    const int32_t unreadable = fake_schemas_add(
        the_schema_registry(), "certificates.commands.TransferSlice",
        "{\"type\":\"record\",\"namespace\":\"certificates.commands\",\"name\":\"TransferSlice\","
        "\"fields\":[]}");
    then_dead(record_of(changed(command, 5, 4, (uint8_t)unreadable)), "unreadable-schema");

    const struct log_header header = {text_of("__value_schema_id"), {(const uint8_t *)"x", 1}};
    struct raw_record with_header = record_of(command);
    with_header.headers = &header;
    with_header.headers_count = 1;
    then_dead(with_header, "schema-id-in-header");
}

Test(arrival, of_a_symbol_that_is_unknown_is_a_dead_letter) {
    const struct message command = issue_certificate(1000, "alice");
    ((struct certificates_commands_issue_certificate *)command.body)->certificate_type =
        MILLRACE_CERTIFICATE_TYPE_OTHER;

    const struct log_record *letter = then_dead(record_of(value_of(command)), "unsupported-value");

    expect_text(header_in(letter, "millrace.field"), "certificateType");
}

Test(arrival, under_a_wrong_key_is_a_dead_letter) {
    given_issued();
    const struct bytes value = value_of(transfer_slice(first, "alice", "bob"));
    struct raw_record record = record_of(value);
    char text[UUID_CHARACTERS + 1] = {0};

    const struct uuid other = another_certificate();
    uuid_to_text(&other, text);
    record.key = text;
    then_dead(record, "wrong-key");

    record.key = NULL;
    then_dead(record, "wrong-key");

    record.key = "ce27";
    then_dead(record, "wrong-key");

    const struct uuid right = the_certificate();
    uuid_to_text(&right, text);
    text[0] = 'C';
    text[1] = 'E';
    record.key = text;
    then_dead(record, "not-canonical");
}

Test(arrival, of_an_id_in_upper_case_is_a_dead_letter) {
    given_issued();
    struct bytes value = value_of(transfer_slice(first, "alice", "bob"));
    value = changed(value, value.length, -1, 0);
    const struct uuid certificate_id = the_certificate();
    char text[UUID_CHARACTERS];
    uuid_to_text(&certificate_id, text);
    for (uint32_t i = 0; i + sizeof text <= value.length; i++) {
        if (memcmp(value.data + i, text, sizeof text) == 0) {
            ((uint8_t *)value.data)[i] = 'C';
        }
    }

    const struct log_record *letter = then_dead(record_of(value), "not-canonical");

    expect_text(header_in(letter, "millrace.field"), "certificateId");
}

Test(arrival, of_an_id_that_was_never_set_is_a_dead_letter) {
    given_issued();
    const struct message command = transfer_slice(first, "alice", "bob");
    struct certificates_commands_transfer_slice *body = command.body;
    const struct uuid id = body->metadata.id;
    body->metadata.id = (struct uuid){{0}};

    const struct log_record *letter = then_dead(record_of(value_of(command)), "malformed");

    expect_text(header_in(letter, "millrace.field"), "metadata.id");
    expect_text(header_in(letter, "millrace.commandid"), "(no such header)");

    body->metadata.id = id;
    struct raw_record record = record_of(value_of(to_certificate(command, (struct uuid){{0}})));
    record.key = "00000000-0000-0000-0000-000000000000";

    letter = then_dead(record, "malformed");

    cr_expect_not_null(memmem(header_in(letter, "__streams.errors.message").data, 40,
                              "the nil UUID", sizeof "the nil UUID" - 1));
}

Test(arrival, with_neither_key_nor_value_is_a_dead_letter) {
    struct raw_record record = record_of((struct bytes){0});
    record.key = NULL;
    record.value_null = true;

    const struct log_record *letter = then_dead(record, "empty");

    cr_expect(letter->key_null && letter->value_null);
}

/* A header of a megabyte must not make what is written of the command too large to be written. */
Test(arrival, with_headers_of_a_megabyte_is_a_command_like_any_other) {
    enum { LARGE = 1 << 20 };
    given_issued();
    static uint8_t large[LARGE];
    memset(large, 'a', sizeof large);
    const struct log_header headers[] = {
        {text_of("traceparent"), {large, LARGE}},
        {text_of("baggage"), {large, LARGE}},
    };
    struct raw_record record = record_of(value_of(transfer_slice(first, "alice", "bob")));
    record.headers = headers;
    record.headers_count = 2;
    send_raw(&record);
    let_run();

    then_written(SUBMIT);
    cr_expect_lt(header_of_last("traceparent").length, 100);
    registry_executes(1);
    let_run();
    then_written(TRANSFERRED);
    cr_expect_lt(header_of_last("baggage").length, 100);
}

Test(arrival, in_a_wrong_partition_is_a_dead_letter_that_says_why) {
    given_issued();
    /* A certificate that belongs elsewhere, but whose CRC32 leads here: as librdkafka's default
     * partitioner would place it; and one that somebody just put here. */
    bool crc32_seen = false;
    bool other_seen = false;
    struct uuid id = certificate_elsewhere();
    for (uint32_t i = 0; i < 200 && !(crc32_seen && other_seen); i++) {
        id.bytes[14] = (uint8_t)i;
        const struct uuid here = the_certificate();
        if (partition_of(&id) == partition_of(&here)) {
            continue;
        }
        char text[UUID_CHARACTERS + 1] = {0};
        uuid_to_text(&id, text);
        struct raw_record record =
            record_of(value_of(to_certificate(transfer_slice(first, "alice", "bob"), id)));
        record.key = text;
        const struct text message =
            header_in(then_dead(record, "wrong-partition"), "__streams.errors.message");
        char sentence[256];
        (void)snprintf(sentence, sizeof sentence, "%.*s", (int)message.length, message.data);
        cr_expect_not_null(strstr(sentence, "set partitioner=murmur2_random"), "%s", sentence);
        if (strstr(sentence, "placed by CRC32") != NULL) {
            crc32_seen = true;
        } else {
            other_seen = true;
        }
    }
    cr_expect(crc32_seen && other_seen);
}

Test(arrival, of_a_malformed_operation_is_a_dead_letter_too) {
    struct raw_record record = record_of((struct bytes){(const uint8_t *)"x", 1});
    record.topic = "certificates.operations";
    then_dead(record, "not-confluent-framed");
}
