/* Ids that follow from other ids: computed here, and by Python's uuid.uuid5 for comparison. */
#include "domain/ids.h"

#include <criterion/criterion.h>

#include "domain/metadata.h"
#include "domain/uuid.h"
#include "tests/support/vectors.h"
#include "wire/rfc3339.h"

static struct uuid uuid_of(const char *text) {
    struct uuid uuid;
    cr_assert(uuid_from_text(text_of(text), &uuid), "%s", text);
    return uuid;
}

static void expect_uuid(const char *what, struct uuid actual, const char *expected) {
    char text[UUID_CHARACTERS + 1] = {0};
    uuid_to_text(&actual, text);
    cr_expect_str_eq(text, expected, "%s", what);
}

static const char certificate[] = "01234567-89ab-4cde-8f01-23456789abcd";
static const char command[] = "7d444840-9dc0-11d1-b245-5ffdce74fad2";

Test(ids, text_form_is_lower_case_and_nothing_else) {
    struct uuid uuid = uuid_of(certificate);
    expect_uuid("there and back", uuid, certificate);
    static const char *const wrong[] = {
        "",
        "01234567-89AB-4cde-8f01-23456789abcd",
        "01234567-89ab-4cde-8f01-23456789abc",
        "01234567-89ab-4cde-8f01-23456789abcd0",
        "0123456789ab4cde8f0123456789abcd",
        "01234567-89ab-4cde-8f01+23456789abcd",
        "01234567-89ab-4cde-8f01-23456789abcg",
        "{1234567-89ab-4cde-8f01-23456789abc}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_not(uuid_from_text(text_of(wrong[i]), &uuid), "\"%s\"", wrong[i]);
    }
    expect_uuid("untouched", uuid, certificate);
}

/* Every byte at every place, against what is read digit by digit. */
Test(ids, text_form_takes_each_digit_at_each_place) {
    static const char digits[] = "0123456789abcdef";
    for (uint32_t at = 0; at < UUID_CHARACTERS; at++) {
        for (int byte = 0; byte <= UINT8_MAX; byte++) {
            char text[UUID_CHARACTERS + 1];
            char back[UUID_CHARACTERS + 1] = {0};
            struct uuid uuid;
            memcpy(text, certificate, sizeof text);
            text[at] = (char)byte;
            const bool right =
                certificate[at] == '-' ? byte == '-' : byte != 0 && strchr(digits, byte) != NULL;
            const bool read =
                uuid_from_text((struct text){.data = text, .length = UUID_CHARACTERS}, &uuid);
            cr_assert_eq(read, right, "byte %d at %u", byte, at);
            if (read) {
                uuid_to_text(&uuid, back);
                cr_assert_str_eq(back, text);
            }
        }
    }
}

Test(ids, follow_from_certificate_and_command) {
    const struct uuid space = uuid_of(certificate);
    const struct uuid id = uuid_of(command);
    const struct uuid one = uuid_of("11111111-1111-4111-8111-111111111111");
    const struct uuid two = uuid_of("22222222-2222-4222-8222-222222222222");
    expect_uuid("first slice", id_of_slice(&space, &id, 0), "1f5789fd-90a2-5443-a07c-353c4965e4db");
    expect_uuid("last part", id_of_slice(&space, &id, 99), "64faa262-64e6-59c0-b215-55e82814a1b6");
    expect_uuid("submission", id_of_submission(&space, &id),
                "c27fa0e3-db7d-5876-8e2d-effa15fda32f");
    expect_uuid("allocation", id_of_allocation(&space, &one, &two),
                "f28f7faf-3e11-5c43-a9f1-7d2c0b36b5b2");
}

Test(ids, certificate_follows_from_the_measurement) {
    expect_uuid("production",
                id_of_certificate(text_of("DK1"), text_of("571313000000000001"), 1735689600000,
                                  1735693200000, MILLRACE_CERTIFICATE_TYPE_PRODUCTION),
                "dc54d864-4550-5d2c-9cff-9a0c7711dd89");
    expect_uuid("consumption, letters beyond ASCII, no asset",
                id_of_certificate(text_of("\xc3\x98st"), text_of(""), 1735689600000, 1735693200000,
                                  MILLRACE_CERTIFICATE_TYPE_CONSUMPTION),
                "cf033ea1-a5d3-5aca-b103-d323e18f6251");
    expect_uuid("an empty first part still counts",
                id_of_certificate(text_of(""), text_of("x"), INT64_MIN, 0,
                                  MILLRACE_CERTIFICATE_TYPE_CONSUMPTION),
                "31df1578-da05-5202-b3d6-e0c92cc6b77c");
}

Test(ids, child_knows_parent_root_and_channel) {
    const struct uuid key = uuid_of(certificate);
    const struct millrace_source source = {.name = text_of("millrace-certificates"),
                                           .version = text_of("1.0.0")};
    const struct millrace_metadata root = {
        .id = uuid_of(command), .has_channel = true, .channel = text_of("kafka")};
    const struct text type = text_of("registry.commands.SubmitTransaction");

    const struct millrace_metadata child = metadata_child(&root, &key, type, 0, 17, &source);
    expect_uuid("id", child.id, "faabf5e2-f382-5185-9d9e-a07edc3eab71");
    cr_expect(child.has_parent_id && uuid_equal(&child.parent_id, &root.id));
    cr_expect(child.has_correlation_id && uuid_equal(&child.correlation_id, &root.id));
    cr_expect(child.has_channel && text_equal(child.channel, text_of("kafka")));
    cr_expect(text_equal(child.source.name, source.name));
    cr_expect_eq(child.timestamp, 17);
    expect_uuid("the ordinal counts", metadata_child(&root, &key, type, 12, 17, &source).id,
                "4db36a6d-c8b3-5414-b022-5e623a4835f7");

    const struct millrace_metadata grandchild = metadata_child(&child, &key, type, 0, 18, &source);
    cr_expect(uuid_equal(&grandchild.parent_id, &child.id));
    cr_expect(uuid_equal(&grandchild.correlation_id, &root.id), "the root stays the root");
}

static struct uuid uuid_in(const json_t *vector, const char *name) {
    return uuid_of(vectors_text(vector, name));
}

static int64_t time_in(const json_t *vector, const char *name) {
    int64_t ms;
    const char *text = vectors_text(vector, name);
    cr_assert(rfc3339_parse(text, strlen(text), &ms), "%s", text);
    return ms;
}

static uint32_t number_in(const json_t *vector, const char *name) {
    return (uint32_t)json_integer_value(json_object_get(vector, name));
}

/* The id of a golden vector, computed from what stands beside it. */
static struct uuid computed(const json_t *vector, const char *kind) {
    const struct uuid space = uuid_in(vector, "space");
    if (strcmp(kind, "slice") == 0) {
        const struct uuid command_id = uuid_in(vector, "commandId");
        return id_of_slice(&space, &command_id, number_in(vector, "index"));
    }
    if (strcmp(kind, "submission") == 0) {
        const struct uuid command_id = uuid_in(vector, "commandId");
        return id_of_submission(&space, &command_id);
    }
    if (strcmp(kind, "allocation") == 0) {
        const struct uuid production = uuid_in(vector, "productionSlice");
        const struct uuid consumption = uuid_in(vector, "consumptionSlice");
        return id_of_allocation(&space, &production, &consumption);
    }
    if (strcmp(kind, "certificate") == 0) {
        const bool produces = strcmp(vectors_text(vector, "certificateType"), "Production") == 0;
        return id_of_certificate(text_of(vectors_text(vector, "gridArea")),
                                 text_of(vectors_text(vector, "assetId")),
                                 time_in(vector, "periodStart"), time_in(vector, "periodEnd"),
                                 produces ? MILLRACE_CERTIFICATE_TYPE_PRODUCTION
                                          : MILLRACE_CERTIFICATE_TYPE_CONSUMPTION);
    }
    cr_assert_str_eq(kind, "message");
    const struct millrace_metadata parent = {.id = uuid_in(vector, "parentId")};
    const struct millrace_source source = {.name = text_of("any"), .version = text_of("1")};
    return metadata_child(&parent, &space, text_of(vectors_text(vector, "type")),
                          number_in(vector, "ordinal"), 0, &source)
        .id;
}

Test(ids, are_those_of_the_golden_vectors) {
    json_t *golden = vectors_load("schemas/golden/ids.json");
    const json_t *vectors = json_object_get(golden, "vectors");
    cr_assert_gt(json_array_size(vectors), 10);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);
        const char *kind = vectors_text(vector, "kind");
        expect_uuid(vectors_text(vector, "name"), computed(vector, kind),
                    vectors_text(vector, "id"));
    }
    json_decref(golden);
}
