#include <criterion/criterion.h>
#include <stdalign.h>
#include <stddef.h>

#include "cli/compose.h"
#include "cli/duration.h"
#include "cli/fresh_ids.h"
#include "cli/message_fields.h"
#include "domain/ids.h"
#include "domain/uuid.h"
#include "generated/c/certificates_commands.h"
#include "wire/json.h"

static alignas(max_align_t) uint8_t memory[64 * 1024];
static struct arena arena;
static struct error error;
static struct composed composed;

static const char certificate[] = "34fa59ed-476f-5ced-b30b-a7181683827c";
static const char slice[] = "6af9ba78-100c-59e9-b55d-48583838c46e";

static enum result compose_arguments(enum message_type type, const char *const *arguments) {
    arena_init(&arena, memory, sizeof memory);
    json_t *object = json_object();
    for (; *arguments != NULL; arguments++) {
        cr_assert_eq(json_set_argument(message_types[type].record, object, *arguments, &error),
                     RESULT_OK, "%s", error.text);
    }
    const struct ids ids = fresh_ids();
    const enum result result =
        compose(type, object, 1700000000123, &ids, &arena, &composed, &error);
    json_decref(object);
    return result;
}

static struct uuid uuid_of(const char *text) {
    struct uuid id = {{0}};
    cr_assert(uuid_from_text(text_of(text), &id));
    return id;
}

Test(compose, fills_in_the_metadata_that_was_left_out) {
    const char *const arguments[] = {"certificateId=34fa59ed-476f-5ced-b30b-a7181683827c",
                                     "sliceId=6af9ba78-100c-59e9-b55d-48583838c46e",
                                     "requestedBy=nordwind", "newOwner=acme", NULL};
    cr_assert_eq(compose_arguments(MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE, arguments),
                 RESULT_OK, "%s", error.text);
    const struct certificates_commands_transfer_slice *command = composed.body;
    const struct uuid expected = uuid_of(certificate);
    const struct uuid expected_slice = uuid_of(slice);
    cr_expect(uuid_equal(&command->certificate_id, &expected));
    cr_expect(uuid_equal(&command->slice_id, &expected_slice));
    cr_expect(text_equal(command->new_owner, text_of("acme")));
    cr_expect_eq(command->metadata.timestamp, 1700000000123);
    cr_expect(text_equal(command->metadata.channel, text_of("cli")));
    cr_expect(text_equal(command->metadata.source.name, text_of("millrace-cli")));
    cr_expect(!command->metadata.has_parent_id && !command->metadata.has_correlation_id);
    cr_expect_eq(command->metadata.id.bytes[6] >> 4, 4, "a random id");
    cr_expect(uuid_equal(&composed.id, &command->metadata.id));
    cr_expect_eq(composed.slices_count, 0);
}

Test(compose, keeps_what_was_given) {
    const char *const arguments[] = {
        "certificateId=34fa59ed-476f-5ced-b30b-a7181683827c",
        "sliceId=6af9ba78-100c-59e9-b55d-48583838c46e",
        "requestedBy=nordwind",
        "metadata.id=44d09f3d-38c2-4ebb-95ba-b91cd20b52cf",
        "parts=[{\"quantity\": 1, \"owner\": null}, {\"quantity\": 2, \"owner\": \"acme\"}]",
        NULL};
    cr_assert_eq(compose_arguments(MESSAGE_CERTIFICATES_COMMANDS_SLICE_CERTIFICATE, arguments),
                 RESULT_OK, "%s", error.text);
    const struct uuid id = uuid_of("44d09f3d-38c2-4ebb-95ba-b91cd20b52cf");
    const struct uuid on = uuid_of(certificate);
    cr_expect(uuid_equal(&composed.id, &id));
    cr_assert_eq(composed.slices_count, 2);
    const struct uuid second = id_of_slice(&on, &id, 1);
    cr_expect(uuid_equal(&composed.slices[1], &second));
}

#define ISSUE                                                                               \
    "certificateType=Production", "gridArea=DK1", "periodStart=2026-01-01T00:00:00Z",       \
        "periodEnd=2026-01-01T01:00:00Z", "quantity=1000", "owner=a", "requestedBy=issuer", \
        "registry=demo"

Test(compose, an_issue_gets_the_recommended_id_where_the_asset_is_known) {
    const char *const known[] = {ISSUE, "assetId=meter-1", NULL};
    const char *const unknown[] = {ISSUE, NULL};
    cr_assert_eq(compose_arguments(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE, known),
                 RESULT_OK, "%s", error.text);
    const struct uuid recommended =
        id_of_certificate(text_of("DK1"), text_of("meter-1"), 1767225600000, 1767229200000,
                          MILLRACE_CERTIFICATE_TYPE_PRODUCTION);
    cr_expect(uuid_equal(&composed.certificate_id, &recommended));
    cr_expect_eq(composed.slices_count, 1);
    cr_assert_eq(compose_arguments(MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE, unknown),
                 RESULT_OK, "%s", error.text);
    cr_expect(!uuid_equal(&composed.certificate_id, &recommended));
    cr_expect_eq(composed.certificate_id.bytes[6] >> 4, 4);
}

Test(compose, says_what_is_missing_or_wrong) {
    const char *const missing[] = {"certificateId=34fa59ed-476f-5ced-b30b-a7181683827c", NULL};
    cr_expect_eq(compose_arguments(MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE, missing),
                 RESULT_INVALID);
    cr_expect(strstr(error.text, "TransferSlice") != NULL, "%s", error.text);
    const char *const no_certificate[] = {"sliceId=6af9ba78-100c-59e9-b55d-48583838c46e",
                                          "requestedBy=nordwind", "newOwner=acme", NULL};
    cr_expect_eq(compose_arguments(MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE, no_certificate),
                 RESULT_INVALID);
    cr_expect(strstr(error.text, "certificateId") != NULL, "%s", error.text);
}

Test(compose, only_commands_and_operations_are_sent_by_hand) {
    enum message_type type;
    cr_expect_eq(compose_type("TransferSlice", &type, &error), RESULT_OK);
    cr_expect_eq(type, MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE);
    cr_expect_eq(compose_type("registry.operations.ResolveSubmission", &type, &error), RESULT_OK);
    cr_expect_eq(compose_type("TransferSlices", &type, &error), RESULT_INVALID);
    cr_expect(strstr(error.text, "did you mean TransferSlice?") != NULL, "%s", error.text);
    cr_expect_eq(compose_type("CertificateIssued", &type, &error), RESULT_INVALID);
    cr_expect(strstr(error.text, "only processors") != NULL, "%s", error.text);
    for (int i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        const struct message_type_entry *entry = &message_types[i];
        const char *kind = strchr(entry->topic, '.') + 1;
        const bool ours = strcmp(kind, "events") == 0 || strcmp(kind, "state") == 0 ||
                          strcmp(kind, "answers") == 0 || strcmp(kind, "evidence") == 0;
        cr_expect(!ours || compose_type(entry->full_name, &type, &error) == RESULT_INVALID,
                  "%s is written by the owner of its partition and nobody else", entry->full_name);
    }
}

Test(duration, is_read_with_its_unit) {
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } rows[] = {{"500ms", 500},
                {"30s", 30000},
                {"30", 30000},
                {"2m", 120000},
                {"1h", 3600000},
                {"0", 0},
                {"", -1},
                {"s", -1},
                {"-1s", -1},
                {"1d", -1},
                {"1s ", -1},
                {"1.5s", -1},
                {"999999999999999999999", -1},
                {"169h", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ms = -1;
        cr_expect_eq(duration_parse(rows[i].text, &ms), rows[i].ms >= 0, "%s", rows[i].text);
        cr_expect(rows[i].ms < 0 || ms == rows[i].ms, "%s", rows[i].text);
    }
}
