/* Range proofs through the whole product: the adapter makes them, and the stand-in verifies them by
 * the crate, as the registry's own verifier does. */
#include <criterion/criterion.h>

#include "generated/project_origin/electricity.pb-c.h"
#include "generated/project_origin/registry.pb-c.h"
#include "outside/prover_bulletproofs/bulletproofs.h"
#include "tests/support/mimic_adapter.h"
#include "tests/support/vectors.h"

enum { LONG_MS = 30000, SHORT_MS = 400, QUANTITY = 1000, FIRST_PART = 250 };

TestSuite(prover_bulletproofs, .init = ristretto_init);

static const char keys[] =
    "owner alice secret 0101010101010101010101010101010101010101010101010101010101010101\n"
    "issuer grid secret 0303030303030303030303030303030303030303030303030303030303030303\n";
static const struct rules_issuer issuer = {{"DK1", 3}, {"grid", 4}};
static const struct rules rules = {.issuers = &issuer, .issuers_count = 1};

/* An adapter with some prover, before a stand-in that looks at all proofs. */
struct play {
    struct mimic_adapter adapter;
    struct arena arena;
};

static void play_open(struct play *play, struct prover prover) {
    const struct mimic_adapter_setup setup = {
        .option = "--proofs=all", .prover = prover, .rules = &rules, .keys = keys};
    play->arena = vectors_arena();
    mimic_adapter_open(&play->adapter, &setup);
}

/* What becomes of an operation, and the bytes that were sent for it. */
static struct registry_reply ask(struct play *play, struct millrace_operation operation,
                                 int64_t timeout_ms, struct registry_transaction *made) {
    static uint8_t submissions;
    const struct uuid certificate = {.bytes = {7}};
    const struct uuid submission = {.bytes = {8, ++submissions}};
    struct registry *registry = &play->adapter.registry;
    const struct clock *clock = &play->adapter.clock;
    struct error error;
    cr_assert_eq(registry->prepare(registry->self, &submission, &certificate, &operation,
                                   &play->arena, made, &error),
                 RESULT_OK, "%s", error.text);
    const struct registry_request request = {
        .call = {.submission_id = submission, .certificate_id = certificate, .attempt = 1},
        .transaction = *made,
        .deadline_ms = clock->monotonic_ms(clock->self) + timeout_ms,
    };
    registry->start(registry->self, &request);
    return mimic_adapter_end(&play->adapter, LONG_MS);
}

static struct millrace_operation issue(void) {
    static struct millrace_issue_operation operation;
    operation = (struct millrace_issue_operation){
        .certificate_type = MILLRACE_CERTIFICATE_TYPE_PRODUCTION,
        .grid_area = text_of("DK1"),
        .period_start = INT64_C(1767225600000),
        .period_end = INT64_C(1767229200000),
        .quantity = QUANTITY,
        .slice_id = {.bytes = {1}},
        .owner = text_of("alice"),
    };
    return (struct millrace_operation){.issue = &operation};
}

static struct millrace_operation slice(void) {
    static struct millrace_operation_part parts[2];
    static struct millrace_slice_operation operation;
    parts[0] = (struct millrace_operation_part){{{2}}, FIRST_PART, text_of("alice")};
    parts[1] = (struct millrace_operation_part){{{3}}, QUANTITY - FIRST_PART, text_of("alice")};
    operation = (struct millrace_slice_operation){
        .slice_id = {.bytes = {1}},
        .quantity = QUANTITY,
        .owner = text_of("alice"),
        .parts = parts,
        .parts_count = 2,
    };
    return (struct millrace_operation){.slice = &operation};
}

static ProtobufCBinaryData payload_of(const struct registry_transaction *made,
                                      ProjectOrigin__Registry__V1__Transaction **sent) {
    *sent = project_origin__registry__v1__transaction__unpack(NULL, made->bytes.length,
                                                              made->bytes.data);
    cr_assert_not_null(*sent);
    return (*sent)->payload;
}

Test(prover_bulletproofs, issue_and_slice_are_executed_where_proofs_are_verified) {
    static struct play play;
    struct registry_transaction made;
    ProjectOrigin__Registry__V1__Transaction *sent;
    play_open(&play, prover_chosen());
    cr_expect_eq((int)ask(&play, issue(), LONG_MS, &made).kind, (int)REGISTRY_REPLY_SUCCEEDED);
    ProtobufCBinaryData payload = payload_of(&made, &sent);
    ProjectOrigin__Electricity__V1__IssuedEvent *issued =
        project_origin__electricity__v1__issued_event__unpack(NULL, payload.len, payload.data);
    cr_expect_eq(issued->quantity_commitment->range_proof.len, BULLETPROOFS_PROOF_BYTES);
    project_origin__electricity__v1__issued_event__free_unpacked(issued, NULL);
    project_origin__registry__v1__transaction__free_unpacked(sent, NULL);

    cr_expect_eq((int)ask(&play, slice(), LONG_MS, &made).kind, (int)REGISTRY_REPLY_SUCCEEDED);
    payload = payload_of(&made, &sent);
    ProjectOrigin__Electricity__V1__SlicedEvent *sliced =
        project_origin__electricity__v1__sliced_event__unpack(NULL, payload.len, payload.data);
    cr_assert_eq(sliced->n_new_slices, 2);
    for (size_t i = 0; i < sliced->n_new_slices; i++) {
        cr_expect_eq(sliced->new_slices[i]->quantity->range_proof.len, BULLETPROOFS_PROOF_BYTES);
    }
    project_origin__electricity__v1__sliced_event__free_unpacked(sliced, NULL);
    project_origin__registry__v1__transaction__free_unpacked(sent, NULL);
    cr_expect_eq(standin_process_count(&play.adapter.standin, "\"what\":\"execution\""), 2);
    mimic_adapter_close(&play.adapter);
}

/* Of another certificate, whose id is the label. */
static enum result prove_for_another(void *self, const struct prover_statement *statement,
                                     struct arena *arena, struct bytes *proof,
                                     struct error *error) {
    struct prover_statement other = *statement;
    (void)self;
    other.label = text_of("another certificate");
    return prover_chosen().prove(NULL, &other, arena, proof, error);
}

Test(prover_bulletproofs, a_wrong_proof_is_refused_in_the_registrys_words) {
    static struct play play;
    struct registry_transaction made;
    play_open(&play, (struct prover){.name = "wrong", .prove = prove_for_another});
    const struct registry_reply reply = ask(&play, issue(), LONG_MS, &made);
    cr_expect_eq((int)reply.kind, (int)REGISTRY_REPLY_REFUSED);
    cr_expect(text_equal((struct text){reply.text, reply.text_length},
                         text_of("Invalid range proof for Quantity commitment")),
              "%.*s", (int)reply.text_length, reply.text);
    mimic_adapter_close(&play.adapter);
}

/* As the room `none`. */
static enum result prove_nothing(void *self, const struct prover_statement *statement,
                                 struct arena *arena, struct bytes *proof, struct error *error) {
    (void)self;
    (void)statement;
    (void)arena;
    (void)error;
    *proof = (struct bytes){.length = 0};
    return RESULT_OK;
}

/* Upstream throws where it cannot read a proof, and tries again for ever. */
Test(prover_bulletproofs, without_a_proof_nothing_is_ever_executed) {
    static struct play play;
    struct registry_transaction made;
    play_open(&play, (struct prover){.name = "none", .prove = prove_nothing});
    const struct registry_reply reply = ask(&play, issue(), SHORT_MS, &made);
    cr_expect_eq((int)reply.kind, (int)REGISTRY_REPLY_UNKNOWN);
    cr_expect_gt(reply.text_length, 0);
    cr_expect_eq(standin_process_count(&play.adapter.standin, "\"what\":\"request\""), 1);
    cr_expect_eq(standin_process_count(&play.adapter.standin, "\"what\":\"execution\""), 0);
    mimic_adapter_close(&play.adapter);
}
