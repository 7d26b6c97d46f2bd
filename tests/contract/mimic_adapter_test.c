/* The adapter and the stand-in together: what the one makes the other takes, and what the adapter
 * says is what the ledger says. They share no code that could be wrong in both. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "outside/registry_project_origin/equality_proof.h"
#include "outside/registry_project_origin/transaction.h"
#include "standin/project_origin/description.h"
#include "standin/project_origin/proof.h"
#include "standin/project_origin/signature.h"
#include "tests/support/mimic_adapter.h"
#include "tests/support/mimic_scene.h"

enum {
    LABEL_MAX = 200, /* more than the transcript takes at once */
    PRODUCTION = 2,
    PATIENCE_MS = 10000,
    SHORT_MS = 400,
    SILENT_MS = 2500, /* two seconds before its end the adapter reads the stream */
    LONG_MS = 30000,
};

#define P "34fa59ed-476f-5ced-b30b-a7181683827c"

TestSuite(mimic_adapter, .init = ristretto_init);

Test(mimic_adapter, proofs_with_labels_of_all_lengths) {
    char label[LABEL_MAX + 1] = "";
    struct equality_side left = {.blinding = {.bytes = {1, 2, 3}}};
    struct equality_side right = {.blinding = {.bytes = {7}}};
    commitment_make(250, &left.blinding, &left.commitment);
    commitment_make(250, &right.blinding, &right.commitment);
    for (uint32_t length = 0; length <= LABEL_MAX; length++) {
        struct equality_proof proof;
        memset(label, 'a', length);
        const struct text text = {label, length};
        cr_assert(equality_proof_make(text, &left, &right, &proof));
        cr_expect(
            mimic_proof_is_right(proof.bytes, left.commitment.bytes, right.commitment.bytes, label),
            "a label of %u", length);
        cr_expect_not(
            mimic_proof_is_right(proof.bytes, right.commitment.bytes, left.commitment.bytes, label),
            "a label of %u", length);
    }
}

Test(mimic_adapter, transactions) {
    static const enum key_kind kinds[] = {KEY_KIND_SECP256K1, KEY_KIND_ED25519};
    static const uint8_t secret[KEY_SECRET_BYTES] = {9};
    static const struct uuid submission = {.bytes = {0xab, 1, 2, 3, 4, 5, 0x46, 7, 0x88}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        _Alignas(16) static uint8_t memory[1 << 16];
        struct arena arena;
        struct key key;
        struct registry_transaction made;
        struct error error;
        const ProjectOrigin__Electricity__V1__WithdrawnEvent event =
            PROJECT_ORIGIN__ELECTRICITY__V1__WITHDRAWN_EVENT__INIT;
        arena_init(&arena, memory, sizeof memory);
        cr_assert(key_from_secret(kinds[i], secret, &key));
        const struct origin_order order = {.registry = "narnia",
                                           .certificate_id = submission,
                                           .submission_id = submission,
                                           .event = &event.base,
                                           .key = &key};
        cr_assert_eq(origin_transaction_make(&order, &arena, &made, &error), RESULT_OK, "%s",
                     error.text);
        struct mimic_transaction *taken =
            mimic_transaction_parse(made.bytes.data, made.bytes.length);
        cr_assert_not_null(taken);
        cr_expect_eq(made.id.length, strlen(taken->id_text));
        cr_expect_eq(memcmp(made.id.data, taken->id_text, made.id.length), 0);
        ProjectOrigin__Electricity__V1__PublicKey public_key =
            PROJECT_ORIGIN__ELECTRICITY__V1__PUBLIC_KEY__INIT;
        public_key.content = (ProtobufCBinaryData){key.public_length, key.public_bytes};
        public_key.type = kinds[i] == KEY_KIND_ED25519
                              ? PROJECT_ORIGIN__ELECTRICITY__V1__KEY_TYPE__ED25519
                              : PROJECT_ORIGIN__ELECTRICITY__V1__KEY_TYPE__Secp256k1;
        cr_expect_eq(mimic_signature_check(&public_key, taken->header, taken->header_length,
                                           &taken->message->header_signature),
                     MIMIC_SIGNATURE_RIGHT, "row %zu", i);
        static struct mimic_description description;
        mimic_describe(taken, NULL, &description);
        cr_expect_str_eq(description.request.submission_id, "ab010203-0405-4607-8800-000000000000");
        cr_expect_str_eq(description.request.operation, "withdraw");
        mimic_description_close(&description);
        mimic_transaction_close(taken);
    }
}

Test(mimic_adapter, says_what_the_ledger_says) {
    static const struct {
        const char *option;
        enum registry_reply_kind kind;
        int64_t timeout_ms;
        uint32_t requests;
        uint32_t executions;
    } rows[] = {
        {"--seed=1", REGISTRY_REPLY_SUCCEEDED, LONG_MS, 1, 1},
        {"--latency=fixed:100ms", REGISTRY_REPLY_SUCCEEDED, LONG_MS, 1, 1},
        {"--finalize-after=0", REGISTRY_REPLY_SUCCEEDED, LONG_MS, 1, 1},
        {"--refuse=*", REGISTRY_REPLY_REFUSED, LONG_MS, 1, 0},
        {"--lose=*", REGISTRY_REPLY_UNKNOWN, SHORT_MS, 1, 0},
        {"--poison=*", REGISTRY_REPLY_UNKNOWN, SHORT_MS, 1, 0},
        {"--ignore=*", REGISTRY_REPLY_UNKNOWN, SHORT_MS, 1, 0},
        {"--lose-answer=*", REGISTRY_REPLY_SUCCEEDED, SILENT_MS, 1, 1},
        {"--unavailable=*", REGISTRY_REPLY_UNKNOWN, SHORT_MS, 1, 0},
        {"--unavailable-after=*", REGISTRY_REPLY_SUCCEEDED, LONG_MS, 1, 1},
        {"--fail=*", REGISTRY_REPLY_UNKNOWN, SHORT_MS, 1, 0},
        {"--fail-executed=*", REGISTRY_REPLY_SUCCEEDED, LONG_MS, 1, 1},
        {"--reset=*", REGISTRY_REPLY_UNKNOWN, SHORT_MS, 1, 0},
        {"--reset-after=*", REGISTRY_REPLY_SUCCEEDED, LONG_MS, 1, 1},
        {"--hang-up=*", REGISTRY_REPLY_UNKNOWN, SHORT_MS, 1, 0},
        {"--hang-up-after=*", REGISTRY_REPLY_SUCCEEDED, LONG_MS, 1, 1},
        {"--half-reply=*", REGISTRY_REPLY_SUCCEEDED, LONG_MS, 1, 1},
        {"--refuse-stream=*", REGISTRY_REPLY_NOT_SENT, LONG_MS, 0, 0},
        {"--goaway=*", REGISTRY_REPLY_NOT_SENT, LONG_MS, 0, 0},
        {"--goaway-after=*", REGISTRY_REPLY_SUCCEEDED, LONG_MS, 1, 1},
        {"--unavailable=status@next=3", REGISTRY_REPLY_SUCCEEDED, LONG_MS, 1, 1},
        {"--hang-up=status@next=2", REGISTRY_REPLY_SUCCEEDED, LONG_MS, 1, 1},
        {"--half-reply=status@next=1", REGISTRY_REPLY_SUCCEEDED, LONG_MS, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct mimic_adapter play;
        static struct mimic_scene scene; /* only to sign with */
        struct mimic_issue issue;
        const struct mimic_adapter_setup setup = {.option = rows[i].option,
                                                  .prover = prover_chosen()};
        mimic_adapter_open(&play, &setup);
        mimic_scene_open(&scene);
        mimic_issue_init(&issue, P, PRODUCTION, 10, &scene.alice);
        struct mimic_transaction *it =
            mimic_scene_sign(&scene, P, &issue.event.base, &scene.issuer);
        struct registry_request request = {
            .call = {.submission_id = {{2}}, .attempt = 1},
            .transaction = {.id = text_of(it->id_text), .bytes = {it->bytes, (uint32_t)it->length}},
            .deadline_ms = play.clock.monotonic_ms(play.clock.self) + rows[i].timeout_ms,
        };
        cr_assert(mimic_uuid_parse(P, request.call.certificate_id.bytes));
        play.registry.start(play.registry.self, &request);
        const struct registry_reply reply = mimic_adapter_end(&play, PATIENCE_MS);
        cr_expect_eq((int)reply.kind, (int)rows[i].kind, "%s: %d: %.*s", rows[i].option,
                     (int)reply.kind, (int)reply.text_length, reply.text);
        cr_expect_eq(standin_process_count(&play.standin, "\"what\":\"request\""), rows[i].requests,
                     "%s", rows[i].option);
        cr_expect_eq(standin_process_count(&play.standin, "\"what\":\"execution\""),
                     rows[i].executions, "%s", rows[i].option);
        mimic_transaction_close(it);
        mimic_scene_close(&scene);
        mimic_adapter_close(&play);
    }
}
