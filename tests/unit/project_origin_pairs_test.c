/* Every request and reply that was once seen between our adapter and grpcio, and between grpcio and
 * our stand-in (tests/project_origin/independent/try_pairs.py): C reads and writes each as it
 * stands, and the adapter asks so and understands the answers. */
#include <criterion/criterion.h>
#include <sodium.h>
#include <string.h>

#include "outside/registry_project_origin/questions.h"
#include "tests/support/contract_value.h"
#include "tests/support/vectors.h"

enum { ROWS_MIN = 100, STATUS_COMMITTED = 3 };

static struct arena arena;

/* The message of a value, as bytes. */
static struct bytes packed(const ProtobufCMessage *message) {
    const size_t length = protobuf_c_message_get_packed_size(message);
    uint8_t *data = arena_take(&arena, length + 1);
    cr_assert_eq(protobuf_c_message_pack(message, data), length);
    return (struct bytes){data, (uint32_t)length};
}

/* The same bytes from what stands there as from what was read. */
static void expect_message(const json_t *side, size_t row) {
    const ProtobufCMessageDescriptor *descriptor =
        contract_descriptor(vectors_text(side, "message"));
    cr_assert_not_null(descriptor, "row %zu", row);
    const struct bytes expected = vectors_bytes(side, "bytes", &arena);
    const json_t *value = json_object_get(side, "value");
    cr_expect(bytes_equal(packed(contract_value(descriptor, value, &arena)), expected),
              "row %zu: %s", row, descriptor->name);
    ProtobufCMessage *read =
        protobuf_c_message_unpack(descriptor, NULL, expected.length, expected.data);
    cr_assert_not_null(read, "row %zu", row);
    cr_expect(bytes_equal(packed(read), expected), "row %zu: %s", row, descriptor->name);
    protobuf_c_message_free_unpacked(read, NULL);
}

static struct bytes transaction_in(const json_t *list, size_t i) {
    const json_t *value = json_array_get(list, i);
    return packed(contract_value(contract_descriptor("project_origin.registry.v1.Transaction"),
                                 value, &arena));
}

static void expect_sending(const json_t *pair, struct bytes request, struct bytes reply,
                           size_t row) {
    const json_t *list =
        json_object_get(json_object_get(json_object_get(pair, "request"), "value"), "transactions");
    if (json_array_size(list) == 1) {
        cr_expect(bytes_equal(question_send(transaction_in(list, 0), &arena), request), "row %zu",
                  row);
    }
    cr_expect(answer_taken(reply), "row %zu", row);
}

static void expect_status(const json_t *pair, struct bytes request, struct bytes reply,
                          size_t row) {
    const json_t *asked = json_object_get(json_object_get(pair, "request"), "value");
    const struct text id = text_of(vectors_text(asked, "id"));
    cr_expect(bytes_equal(question_status(id, &arena), request), "row %zu", row);
    const json_t *told = json_object_get(json_object_get(pair, "reply"), "value");
    const json_int_t number = json_integer_value(json_object_get(told, "status"));
    const char *words = json_string_value(json_object_get(told, "message"));
    enum answered_status status;
    char text[256];
    uint32_t length = 0;
    cr_assert(answer_status(reply, &status, text, &length, sizeof text), "row %zu", row);
    cr_expect_eq((int)status, number < STATUS_COMMITTED ? (int)number : ANSWERED_STATUS_EXECUTED,
                 "row %zu", row);
    cr_expect(text_equal((struct text){text, length}, text_of(words == NULL ? "" : words)),
              "row %zu", row);
}

/* Each transaction that is in a stream is found in it, and no other. */
static void expect_stream(const json_t *pair, struct bytes reply, size_t row) {
    const json_t *list =
        json_object_get(json_object_get(json_object_get(pair, "reply"), "value"), "transactions");
    for (size_t i = 0; i <= json_array_size(list); i++) {
        const bool there = i < json_array_size(list);
        const struct bytes transaction = there ? transaction_in(list, i) : (struct bytes){0};
        uint8_t digest[crypto_hash_sha256_BYTES];
        char id[ORIGIN_TRANSACTION_ID_CHARACTERS + 1];
        crypto_hash_sha256(digest, transaction.data, transaction.length);
        sodium_bin2base64(id, sizeof id, digest, sizeof digest, sodium_base64_VARIANT_ORIGINAL);
        bool found = !there;
        cr_expect(answer_stream(reply, text_of(id), &found), "row %zu", row);
        cr_expect_eq(found, there, "row %zu: %zu", row, i);
    }
}

Test(project_origin_pairs, are_read_and_written_as_they_stand) {
    arena = vectors_arena();
    json_t *file = vectors_load("tests/project_origin/golden/pairs.json");
    json_t *pair;
    size_t i;
    json_array_foreach(json_object_get(file, "pairs"), i, pair) {
        arena_reset(&arena);
        const json_t *request = json_object_get(pair, "request");
        const json_t *reply = json_object_get(pair, "reply");
        const char *method = vectors_text(pair, "method");
        expect_message(request, i);
        if (reply == NULL) {
            continue;
        }
        expect_message(reply, i);
        const struct bytes asked = vectors_bytes(request, "bytes", &arena);
        const struct bytes told = vectors_bytes(reply, "bytes", &arena);
        if (strcmp(method, "SendTransactions") == 0) {
            expect_sending(pair, asked, told, i);
        } else if (strcmp(method, "GetTransactionStatus") == 0) {
            expect_status(pair, asked, told, i);
        } else if (strcmp(method, "GetStreamTransactions") == 0) {
            expect_stream(pair, told, i);
        }
    }
    cr_expect_geq(i, ROWS_MIN);
    json_decref(file);
}

Test(project_origin_pairs, what_is_no_answer_is_not_taken_for_one) {
    enum answered_status status;
    char text[16];
    uint32_t length = 0;
    bool found = false;
    const struct bytes bad = {(const uint8_t *)"\xff\xff\xff", 3};
    cr_expect_not(answer_taken(bad));
    cr_expect_not(answer_status(bad, &status, text, &length, sizeof text));
    cr_expect_not(answer_stream(bad, text_of(""), &found));
    cr_expect(answer_taken((struct bytes){(const uint8_t *)"\x08\x01", 2}), "of a later version");
}
