/* The registry's contract in C against the bytes that Python's protobuf writes
 * (tests/project_origin/canonical.py). */
#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <string.h>

#include "tests/support/contract_value.h"
#include "tests/support/vectors.h"

/* Hold a message's bytes, and their hash, against a vector. */
static void expect_vector(const ProtobufCMessage *message, const json_t *vector,
                          struct arena *arena) {
    const char *about = vectors_text(vector, "about");
    const struct bytes expected = vectors_bytes(vector, "bytes", arena);
    const size_t length = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_take(arena, length + 1);
    cr_assert_eq(protobuf_c_message_pack(message, bytes), length);
    cr_assert_eq(length, expected.length, "%s: %s: %zu bytes, not %u", message->descriptor->name,
                 about, length, expected.length);
    cr_expect_arr_eq(bytes, expected.data, length, "%s: %s", message->descriptor->name, about);
    uint8_t digest[EVP_MAX_MD_SIZE];
    cr_assert_eq(EVP_Digest(bytes, length, digest, NULL, EVP_sha256(), NULL), 1);
    const struct bytes sha256 = vectors_bytes(vector, "sha256", arena);
    cr_assert_eq(sha256.length, 32);
    cr_expect_arr_eq(digest, sha256.data, 32, "%s: %s", message->descriptor->name, about);
}

Test(project_origin_canonical, bytes_are_those_of_python) {
    struct arena arena = vectors_arena();
    json_t *file = vectors_load("tests/project_origin/golden/canonical.json");
    json_t *vector;
    size_t i;
    uint32_t messages = 0;
    const char *last = "";
    json_array_foreach(json_object_get(file, "vectors"), i, vector) {
        arena_reset(&arena);
        const char *name = vectors_text(vector, "message");
        const ProtobufCMessageDescriptor *descriptor = contract_descriptor(name);
        cr_assert_not_null(descriptor, "%s", name);
        const json_t *value = json_object_get(vector, "value");
        if (value != NULL) {
            messages += strcmp(name, last) != 0;
            last = name;
            expect_vector(contract_value(descriptor, value, &arena), vector, &arena);
        }
        /* What was read is written as it was, and what others write otherwise is written so. */
        const struct bytes read = vectors_bytes(vector, value == NULL ? "read" : "bytes", &arena);
        ProtobufCMessage *again =
            protobuf_c_message_unpack(descriptor, NULL, read.length, read.data);
        cr_assert_not_null(again, "%s: %s", name, vectors_text(vector, "about"));
        expect_vector(again, vector, &arena);
        protobuf_c_message_free_unpacked(again, NULL);
    }
    cr_assert_gt(i, 400);
    cr_expect_eq(messages, contract_descriptors_count(), "a message has no vectors");
    json_decref(file);
}
