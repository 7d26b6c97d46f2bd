/* Transactions of Project Origin against those that Python makes, signs and looks at
 * (tests/project_origin/transactions.py); and the keys that sign them. */
#include <criterion/criterion.h>
#include <secp256k1.h>
#include <stdio.h>
#include <string.h>

#include "domain/uuid.h"
#include "generated/project_origin/electricity.pb-c.h"
#include "outside/registry_project_origin/transaction.h"
#include "tests/support/contract_value.h"
#include "tests/support/vectors.h"

static struct uuid uuid_of(const char *text) {
    struct uuid uuid;
    cr_assert(uuid_from_text(text_of(text), &uuid), "%s", text);
    return uuid;
}

static struct key key_of_vector(const json_t *vector, struct arena *arena) {
    const bool ed25519 = strcmp(vectors_text(vector, "kind"), "ed25519") == 0;
    struct key key;
    cr_assert(key_from_secret(ed25519 ? KEY_KIND_ED25519 : KEY_KIND_SECP256K1,
                              vectors_bytes(vector, "secret", arena).data, &key));
    const struct bytes expected = vectors_bytes(vector, "public", arena);
    cr_assert(bytes_equal((struct bytes){key.public_bytes, key.public_length}, expected));
    struct key half;
    cr_assert(key_from_public(key.kind, expected, &half));
    cr_expect(half.secret == NULL && half.kind == key.kind);
    cr_expect(bytes_equal((struct bytes){half.public_bytes, half.public_length}, expected));
    return key;
}

Test(project_origin_transaction, bytes_and_ids_are_those_of_python) {
    struct arena arena = vectors_arena();
    json_t *file = vectors_load("tests/project_origin/golden/transactions.json");
    json_t *vector;
    size_t i;
    json_array_foreach(json_object_get(file, "vectors"), i, vector) {
        arena_reset(&arena);
        const struct key key = key_of_vector(vector, &arena);
        const struct origin_order order = {
            .registry = vectors_text(vector, "registry"),
            .certificate_id = uuid_of(vectors_text(vector, "certificateId")),
            .submission_id = uuid_of(vectors_text(vector, "submissionId")),
            .event = contract_value(contract_descriptor(vectors_text(vector, "event")),
                                    json_object_get(vector, "value"), &arena),
            .key = &key,
        };
        const struct bytes expected = vectors_bytes(vector, "bytes", &arena);
        for (int again = 0; again < 2; again++) {
            struct registry_transaction transaction;
            struct error error = {0};
            cr_assert_eq(origin_transaction_make(&order, &arena, &transaction, &error), RESULT_OK,
                         "%s", error.text);
            cr_expect(bytes_equal(transaction.bytes, expected), "vector %zu, %s", i,
                      vectors_text(vector, "event"));
            cr_expect(text_equal(transaction.id, text_of(vectors_text(vector, "id"))), "vector %zu",
                      i);
        }
    }
    cr_assert_gt(i, 40);
    json_decref(file);
}

/* One byte more than may be kept, first of the event, then of what is around it. */
Test(project_origin_transaction, what_is_too_large_is_no_transaction) {
    static const uint8_t secret[KEY_SECRET_BYTES] = {1};
    static uint8_t proof[ORIGIN_TRANSACTION_BYTES_MAX];
    struct arena arena = vectors_arena();
    struct key key;
    cr_assert(key_from_secret(KEY_KIND_SECP256K1, secret, &key));
    ProjectOrigin__Electricity__V1__SlicedEvent event =
        PROJECT_ORIGIN__ELECTRICITY__V1__SLICED_EVENT__INIT;
    const struct origin_order order = {.registry = "narnia", .event = &event.base, .key = &key};
    struct registry_transaction transaction;
    struct error error;

    event.sum_proof = (ProtobufCBinaryData){.data = proof, .len = sizeof proof - 3};
    cr_expect_eq(origin_transaction_make(&order, &arena, &transaction, &error), RESULT_INVALID);
    cr_expect_str_eq(error.text, "the event has 65537 bytes; at most 65536");

    event.sum_proof.len = sizeof proof - 4;
    cr_expect_eq(origin_transaction_make(&order, &arena, &transaction, &error), RESULT_INVALID);
    cr_expect_not_null(strstr(error.text, "the transaction has 65"), "%s", error.text);

    /* Round the event: its tag and length, the header, the signature of 70 or 71. */
    uint32_t largest = 0;
    for (size_t less = 200; less < 600; less++) {
        event.sum_proof.len = sizeof proof - less;
        arena_reset(&arena);
        if (origin_transaction_make(&order, &arena, &transaction, &error) == RESULT_OK) {
            cr_expect_leq(transaction.bytes.length, ORIGIN_TRANSACTION_BYTES_MAX);
            largest = transaction.bytes.length > largest ? transaction.bytes.length : largest;
        }
    }
    cr_expect_geq(largest, ORIGIN_TRANSACTION_BYTES_MAX - 1);
}

Test(project_origin_key, signatures_have_the_lower_s_and_few_bytes) {
    static const uint8_t half_order[32] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                           0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                           0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d,
                                           0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0};
    static const uint8_t secret[KEY_SECRET_BYTES] = {0x11, 0x22, 0x33};
    struct key key;
    cr_assert(key_from_secret(KEY_KIND_SECP256K1, secret, &key));
    uint32_t seen[KEY_SIGNATURE_BYTES_MAX + 1] = {0};
    for (uint32_t i = 0; i < 1000; i++) {
        uint8_t signature[KEY_SIGNATURE_BYTES_MAX];
        uint8_t again[KEY_SIGNATURE_BYTES_MAX];
        const struct bytes message = {.data = (const uint8_t *)&i, .length = sizeof i};
        const uint32_t length = key_sign(&key, message, signature);
        cr_assert_eq(key_sign(&key, message, again), length);
        cr_assert_arr_eq(again, signature, length);
        secp256k1_ecdsa_signature parts;
        uint8_t r_and_s[64];
        cr_assert_eq(secp256k1_ecdsa_signature_parse_der(secp256k1_context_static, &parts,
                                                         signature, length),
                     1);
        secp256k1_ecdsa_signature_serialize_compact(secp256k1_context_static, r_and_s, &parts);
        cr_assert_leq(memcmp(r_and_s + 32, half_order, 32), 0);
        seen[length]++;
    }
    cr_expect_eq(seen[72], 0, "that needs the higher s");
    cr_expect_gt(seen[70], 400);
    cr_expect_gt(seen[71], 400);
}

/* The order of the group of secp256k1 (SEC 2, 2.4.1). */
static const uint8_t order[KEY_SECRET_BYTES] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};

Test(project_origin_key, what_is_no_secret_makes_no_key) {
    uint8_t secret[KEY_SECRET_BYTES] = {0};
    struct key key;
    cr_expect_not(key_from_secret(KEY_KIND_SECP256K1, secret, &key));
    cr_expect(key_from_secret(KEY_KIND_ED25519, secret, &key), "any 32 bytes are a seed");
    memcpy(secret, order, sizeof secret);
    cr_expect_not(key_from_secret(KEY_KIND_SECP256K1, secret, &key));
    secret[31]--;
    cr_expect(key_from_secret(KEY_KIND_SECP256K1, secret, &key));
}

Test(project_origin_key, what_is_no_public_key_makes_no_key) {
    static const struct {
        const char *about;
        enum key_kind kind;
        const char *hex;
    } rows[] = {
        {"nothing", KEY_KIND_SECP256K1, ""},
        {"a byte short", KEY_KIND_SECP256K1,
         "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f817"},
        {"not compressed", KEY_KIND_SECP256K1,
         "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
         "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"},
        {"no sign", KEY_KIND_SECP256K1,
         "0579be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"},
        {"not on the curve", KEY_KIND_SECP256K1,
         "020000000000000000000000000000000000000000000000000000000000000005"},
        {"nothing", KEY_KIND_ED25519, ""},
        {"without its algorithm", KEY_KIND_ED25519,
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},
        {"another algorithm (X25519)", KEY_KIND_ED25519,
         "302a300506032b656e032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511"
         "a"},
        {"not on the curve", KEY_KIND_ED25519,
         "302a300506032b6570032100020000000000000000000000000000000000000000000000000000000000000"
         "0"},
        {"the neutral point: everything would be signed by it", KEY_KIND_ED25519,
         "302a300506032b6570032100010000000000000000000000000000000000000000000000000000000000000"
         "0"},
        {"of the other kind", KEY_KIND_ED25519,
         "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"},
    };
    struct arena arena = vectors_arena();
    struct key key;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_not(key_from_public(rows[i].kind, vectors_hex(rows[i].hex, &arena), &key), "%s",
                      rows[i].about);
    }
}

Test(project_origin_key, generated_secrets_sign_and_differ) {
    for (int kind = KEY_KIND_SECP256K1; kind <= KEY_KIND_ED25519; kind++) {
        uint8_t secrets[2][KEY_SECRET_BYTES] = {{0}};
        key_generate((enum key_kind)kind, secrets[0]);
        key_generate((enum key_kind)kind, secrets[1]);
        cr_expect_neq(memcmp(secrets[0], secrets[1], sizeof secrets[0]), 0);
        struct key key;
        uint8_t signature[KEY_SIGNATURE_BYTES_MAX];
        cr_assert(key_from_secret((enum key_kind)kind, secrets[0], &key));
        cr_expect_gt(key_sign(&key, (struct bytes){(const uint8_t *)"x", 1}, signature), 60);
    }
}
