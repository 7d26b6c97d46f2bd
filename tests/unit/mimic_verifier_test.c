/* Each refusal of the real registry, in its words and in its order, and what it chokes on. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/mimic_scene.h"

enum { INVALID, CONSUMPTION, PRODUCTION };

#define P "34fa59ed-476f-5ced-b30b-a7181683827c"
#define C "0c8d7e1f-0000-4000-8000-0123456789ab"
#define OTHER "11111111-2222-4333-8444-555555555555"
#define ALLOCATION "f5057fee-4c3e-4459-82dd-21250b729601"
#define Q "\u201d"

#define COMMITTED(scene, ...)                                                        \
    cr_assert_eq(mimic_scene_send(scene, __VA_ARGS__), MIMIC_STATUS_COMMITTED, "%s", \
                 (scene)->message)
#define FAILED(scene, words, ...)                                                                \
    do {                                                                                         \
        cr_expect_eq(mimic_scene_send(scene, __VA_ARGS__), MIMIC_STATUS_FAILED, "must fail: %s", \
                     words);                                                                     \
        cr_expect_str_eq((scene)->message, words);                                               \
    } while (0)
#define PENDING(scene, ...) \
    cr_expect_eq(mimic_scene_send(scene, __VA_ARGS__), MIMIC_STATUS_PENDING, "%s", (scene)->message)

static void issue(struct mimic_scene *scene, const char *stream, int type, uint8_t number,
                  struct mimic_person *owner) {
    struct mimic_issue it;
    mimic_issue_init(&it, stream, type, number, owner);
    COMMITTED(scene, stream, &it.event.base, &scene->issuer);
}

static void withdraw(struct mimic_scene *scene, const char *stream) {
    const ProjectOrigin__Electricity__V1__WithdrawnEvent event =
        PROJECT_ORIGIN__ELECTRICITY__V1__WITHDRAWN_EVENT__INIT;
    COMMITTED(scene, stream, &event.base, &scene->issuer);
}

/* Production of alice and consumption of bob, matched on both sides where `sides` says so. */
static void issue_pair(struct mimic_scene *scene, int sides) {
    struct mimic_match match;
    issue(scene, P, PRODUCTION, 10, &scene->alice);
    issue(scene, C, CONSUMPTION, 20, &scene->bob);
    mimic_match_init(&match, P, 10, C, 20, ALLOCATION);
    if (sides > 0) {
        COMMITTED(scene, P, &match.event.base, &scene->alice);
    }
    if (sides > 1) {
        COMMITTED(scene, C, &match.event.base, &scene->bob);
    }
}

Test(mimic_verifier, issuing) {
    struct mimic_scene scene;
    struct mimic_issue it;
    mimic_scene_open(&scene);
    mimic_issue_init(&it, P, INVALID, 10, &scene.alice);
    memset(it.part.point, 0xff, sizeof it.part.point);
    FAILED(&scene, "Invalid range proof for Quantity commitment", P, &it.event.base, &scene.alice);
    mimic_issue_init(&it, P, INVALID, 10, &scene.alice);
    FAILED(&scene, "Invalid certificate type", P, &it.event.base, &scene.alice);
    it.event.type = PROJECT_ORIGIN__ELECTRICITY__V1__GRANULAR_CERTIFICATE_TYPE__PRODUCTION;
    it.event.owner_public_key = NULL;
    FAILED(&scene, "Invalid owner key, not a valid publicKey", P, &it.event.base, &scene.alice);
    it.event.owner_public_key = &scene.alice.key;
    it.end.nanos = 1;
    FAILED(&scene, "Invalid period, maximum period is 1 hour", P, &it.event.base, &scene.alice);
    it.end = it.start;
    it.end.seconds += 60;
    it.start.nanos = 1;
    FAILED(&scene, "Invalid period, minimum period is 1 minute", P, &it.event.base, &scene.alice);
    it.start.nanos = 0;
    it.event.grid_area = (char *)"SE3";
    FAILED(&scene, "No issuer found for GridArea " Q "SE3" Q, P, &it.event.base, &scene.alice);
    it.event.grid_area = (char *)MIMIC_AREA;
    /* An issuer of Ed25519 finds 64 bytes, or a wrong signature. */
    FAILED(&scene, "Invalid issuer signature for GridArea " Q "DK1" Q, P, &it.event.base,
           &scene.alice);
    COMMITTED(&scene, P, &it.event.base, &scene.issuer);
    FAILED(&scene, "Certificate with id " Q "{ \"value\": \"" P "\" }" Q " already exists", P,
           &it.event.base, &scene.issuer);
    mimic_scene_close(&scene);
}

Test(mimic_verifier, transferring_and_slicing) {
    struct mimic_scene scene;
    struct mimic_transfer transfer;
    struct mimic_cut cut;
    mimic_scene_open(&scene);
    mimic_transfer_init(&transfer, P, 10, &scene.bob);
    mimic_cut_init(&cut, P, 10, 11, 12, &scene.bob);
    FAILED(&scene, "Certificate does not exist", P, &transfer.event.base, &scene.alice);
    FAILED(&scene, "Certificate does not exist", P, &cut.event.base, &scene.alice);
    issue(&scene, P, PRODUCTION, 10, &scene.alice);
    FAILED(&scene, "Invalid signature for slice", P, &transfer.event.base, &scene.bob);
    transfer.event.new_owner = NULL;
    FAILED(&scene, "Invalid NewOwner key, not a valid publicKey", P, &transfer.event.base,
           &scene.alice);
    transfer.event.new_owner = &scene.bob.key;
    COMMITTED(&scene, P, &transfer.event.base, &scene.alice);
    FAILED(&scene, "Invalid signature for slice", P, &cut.event.base, &scene.alice);
    cut.slices[1]->new_owner = NULL;
    FAILED(&scene, "Invalid NewOwner key, not a valid publicKey", P, &cut.event.base, &scene.bob);
    cut.slices[1]->new_owner = &scene.bob.key;
    memset(cut.parts[1].point, 0xff, sizeof cut.parts[1].point);
    FAILED(&scene, "Invalid range proof for Quantity commitment", P, &cut.event.base, &scene.bob);
    mimic_cut_init(&cut, P, 10, 11, 12, &scene.bob);
    scene.network.proofs = true;
    FAILED(&scene, "Invalid sum proof", P, &cut.event.base, &scene.bob);
    scene.network.proofs = false;
    COMMITTED(&scene, P, &cut.event.base, &scene.bob);
    FAILED(&scene, "Slice not found", P, &cut.event.base, &scene.bob);
    FAILED(&scene, "Slice not found", P, &transfer.event.base, &scene.bob);
    scene.network.expire_days = 1;
    mimic_scene_pass(&scene, INT64_C(25) * 3600 * 1000);
    FAILED(&scene, "Certificate has expired", P, &cut.event.base, &scene.bob);
    withdraw(&scene, P);
    FAILED(&scene, "Certificate is withdrawn", P, &cut.event.base, &scene.bob);
    mimic_scene_close(&scene);
}

Test(mimic_verifier, allocating_production) {
    struct mimic_scene scene;
    struct mimic_match match;
    struct mimic_issue it;
    mimic_scene_open(&scene);
    mimic_match_init(&match, P, 10, C, 20, ALLOCATION);
    FAILED(&scene, "Certificate does not exist", P, &match.event.base, &scene.alice);
    issue(&scene, P, PRODUCTION, 10, &scene.alice);
    mimic_point_hash(99, match.production_hash);
    FAILED(&scene, "Certificate slice does not exist", P, &match.event.base, &scene.alice);
    mimic_point_hash(10, match.production_hash);
    FAILED(&scene, "Invalid signature for slice", P, &match.event.base, &scene.bob);
    scene.network.areas[0].name = "SE3";
    FAILED(&scene, "Area does not exist", P, &match.event.base, &scene.alice);
    scene.network.areas[0].name = MIMIC_AREA;
    scene.network.areas[0].chroniclers[0].key = scene.issuer.key;
    scene.network.areas[0].chroniclers_count = 1;
    FAILED(&scene, "Not signed by Chronicler", P, &match.event.base, &scene.alice);
    scene.network.areas[0].chroniclers_count = 0;
    FAILED(&scene, "ConsumptionCertificate does not exist", P, &match.event.base, &scene.alice);
    issue(&scene, OTHER, PRODUCTION, 20, &scene.bob);
    mimic_id_init(&match.consumption, OTHER);
    FAILED(&scene, "ConsumptionCertificate is not a consumption certificate", P, &match.event.base,
           &scene.alice);
    mimic_id_init(&match.consumption, C);
    mimic_issue_init(&it, C, CONSUMPTION, 20, &scene.bob);
    it.attribute.key = (char *)"istrial";
    it.attribute.value = (char *)"true";
    COMMITTED(&scene, C, &it.event.base, &scene.issuer);
    FAILED(&scene,
           "Certificate { \"value\": \"" P "\" } and { \"value\": \"" C
           "\" } are not of the same trial type",
           P, &match.event.base, &scene.alice);
    mimic_scene_close(&scene);
}

Test(mimic_verifier, what_is_allocated_must_be_of_the_same_time_and_quantity) {
    struct mimic_scene scene;
    struct mimic_match match;
    struct mimic_issue it;
    mimic_scene_open(&scene);
    issue(&scene, P, PRODUCTION, 10, &scene.alice);
    mimic_issue_init(&it, OTHER, CONSUMPTION, 21, &scene.bob);
    it.start.seconds += 1;
    it.end.seconds += 1;
    COMMITTED(&scene, OTHER, &it.event.base, &scene.issuer);
    mimic_match_init(&match, P, 10, OTHER, 20, ALLOCATION);
    FAILED(&scene, "Periods are not overlapping", P, &match.event.base, &scene.alice);
    scene.network.enclosing = false;
    FAILED(&scene, "Consumption slice does not exist", P, &match.event.base, &scene.alice);
    scene.network.enclosing = true;
    mimic_issue_init(&it, C, CONSUMPTION, 20, &scene.bob);
    it.end.seconds -= 60; /* the hour encloses it */
    COMMITTED(&scene, C, &it.event.base, &scene.issuer);
    mimic_id_init(&match.consumption, C);
    scene.network.proofs = true;
    FAILED(&scene, "Invalid Equality proof", P, &match.event.base, &scene.alice);
    scene.network.proofs = false;
    COMMITTED(&scene, P, &match.event.base, &scene.alice);
    FAILED(&scene, "Certificate slice does not exist", P, &match.event.base, &scene.alice);
    mimic_scene_close(&scene);
}

Test(mimic_verifier, either_of_two_periods_may_enclose_the_other) {
    struct mimic_scene scene;
    struct mimic_match match;
    struct mimic_issue it;
    mimic_scene_open(&scene);
    mimic_issue_init(&it, P, PRODUCTION, 10, &scene.alice);
    it.start.seconds += 60;
    COMMITTED(&scene, P, &it.event.base, &scene.issuer);
    issue(&scene, C, CONSUMPTION, 20, &scene.bob);
    mimic_match_init(&match, P, 10, C, 20, ALLOCATION);
    COMMITTED(&scene, P, &match.event.base, &scene.alice);
    mimic_scene_close(&scene);
}

Test(mimic_verifier, allocating_consumption) {
    struct mimic_scene scene;
    struct mimic_match match;
    mimic_scene_open(&scene);
    issue_pair(&scene, 0);
    mimic_match_init(&match, OTHER, 10, C, 20, ALLOCATION);
    FAILED(&scene, "Invalid signature for slice", C, &match.event.base, &scene.alice);
    FAILED(&scene, "ProductionCertificate does not exist", C, &match.event.base, &scene.bob);
    mimic_id_init(&match.production, P);
    FAILED(&scene, "Production not allocated", C, &match.event.base, &scene.bob);
    COMMITTED(&scene, P, &match.event.base, &scene.alice);
    COMMITTED(&scene, C, &match.event.base, &scene.bob);
    mimic_scene_close(&scene);
}

Test(mimic_verifier, claiming) {
    struct mimic_scene scene;
    struct mimic_claim here;
    struct mimic_claim there;
    mimic_scene_open(&scene);
    mimic_claim_init(&here, P, ALLOCATION);
    mimic_claim_init(&there, C, ALLOCATION);
    FAILED(&scene, "Certificate does not exist", P, &here.event.base, &scene.alice);
    issue_pair(&scene, 1);
    FAILED(&scene, "Allocation does not exist", C, &there.event.base, &scene.bob);
    FAILED(&scene, "Invalid signature for slice", P, &here.event.base, &scene.bob);
    FAILED(&scene, "Consumption not allocated", P, &here.event.base, &scene.alice);
    struct mimic_match match;
    mimic_match_init(&match, P, 10, C, 20, ALLOCATION);
    COMMITTED(&scene, C, &match.event.base, &scene.bob);
    FAILED(&scene, "Production not claimed", C, &there.event.base, &scene.bob);
    COMMITTED(&scene, P, &here.event.base, &scene.alice);
    COMMITTED(&scene, C, &there.event.base, &scene.bob);
    FAILED(&scene, "Allocation does not exist", P, &here.event.base, &scene.alice);
    mimic_scene_close(&scene);
}

Test(mimic_verifier, withdrawing_and_unclaiming) {
    struct mimic_scene scene;
    struct mimic_claim claim;
    ProjectOrigin__Electricity__V1__WithdrawnEvent gone =
        PROJECT_ORIGIN__ELECTRICITY__V1__WITHDRAWN_EVENT__INIT;
    ProjectOrigin__Electricity__V1__UnclaimedEvent undo =
        PROJECT_ORIGIN__ELECTRICITY__V1__UNCLAIMED_EVENT__INIT;
    mimic_scene_open(&scene);
    FAILED(&scene, "Certificate does not exist", C, &gone.base, &scene.issuer);
    FAILED(&scene, "Certificate does not exist", P, &undo.base, &scene.alice);
    issue_pair(&scene, 2);
    mimic_claim_init(&claim, P, ALLOCATION);
    undo.allocation_id = &claim.allocation;
    FAILED(&scene, "Certificate claim does not exist", P, &undo.base, &scene.alice);
    COMMITTED(&scene, P, &claim.event.base, &scene.alice);
    FAILED(&scene, "Invalid signature for claim", P, &undo.base, &scene.bob);
    FAILED(&scene, "Opposite certificate is NOT withdrawn", P, &undo.base, &scene.alice);
    FAILED(&scene, "Invalid issuer signature for GridArea " Q "DK1" Q, C, &gone.base, &scene.bob);
    withdraw(&scene, C);
    FAILED(&scene, "Certificate is already withdrawn", C, &gone.base, &scene.issuer);
    FAILED(&scene, "Certificate is withdrawn", C, &undo.base, &scene.bob);
    COMMITTED(&scene, P, &undo.base, &scene.alice);
    struct mimic_transfer transfer;
    mimic_transfer_init(&transfer, P, 10, &scene.bob);
    COMMITTED(&scene, P, &transfer.event.base, &scene.alice);
    mimic_scene_close(&scene);
}

Test(mimic_verifier, claiming_with_one_that_is_withdrawn) {
    struct mimic_scene scene;
    struct mimic_claim claim;
    mimic_scene_open(&scene);
    issue_pair(&scene, 2);
    withdraw(&scene, C);
    mimic_claim_init(&claim, P, ALLOCATION);
    FAILED(&scene, "ConsumptionCertificate is withdrawn", P, &claim.event.base, &scene.alice);
    withdraw(&scene, P);
    FAILED(&scene, "Certificate is withdrawn", P, &claim.event.base, &scene.alice);
    mimic_scene_close(&scene);
}

static enum mimic_status send_header(struct mimic_scene *scene, const char *type,
                                     const char *registry, const char *payload) {
    struct mimic_id id;
    uint8_t hash[MIMIC_ID_BYTES];
    ProjectOrigin__Registry__V1__TransactionHeader header =
        PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION_HEADER__INIT;
    ProjectOrigin__Registry__V1__Transaction message =
        PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION__INIT;
    mimic_id_init(&id, P);
    id.stream.registry = (char *)registry;
    header.federated_stream_id = &id.stream;
    header.payload_type = (char *)type;
    message.header = &header;
    message.payload = (ProtobufCBinaryData){strlen(payload), (uint8_t *)payload};
    struct mimic_transaction *transaction = mimic_transaction_open(&message);
    memcpy(hash, transaction->id, sizeof hash);
    cr_assert(mimic_registry_queue(&scene->registry, transaction, MIMIC_FATE_RUN));
    mimic_scene_pass(scene, 0);
    return mimic_scene_status(scene, hash);
}

Test(mimic_verifier, payloads_of_other_kinds) {
    static const struct {
        const char *type;
        const char *registry;
        const char *payload;
        enum mimic_status status;
        const char *message;
    } rows[] = {
        {"project_origin.electricity.v1.IssuedEvent", "narnia", "\xff", MIMIC_STATUS_FAILED,
         "Could not deserialize invalid payload of type " Q
         "project_origin.electricity.v1.IssuedEvent" Q},
        {"project_origin.electricity.v1.BurntEvent", "narnia", "", MIMIC_STATUS_FAILED,
         "Could not deserialize unknown type " Q "project_origin.electricity.v1.BurntEvent" Q},
        {"project_origin.electricity.v1.Attribute", "narnia", "", MIMIC_STATUS_FAILED,
         "No verifier implemented for payload type " Q "project_origin.electricity.v1.Attribute" Q},
        {"project_origin.electricity.v1.IssuedEvent", "elsewhere", "\xff", MIMIC_STATUS_FAILED,
         "Invalid registry for transaction"},
        {"project_origin.gas.v1.IssuedEvent", "narnia", "", MIMIC_STATUS_PENDING, ""},
        {"IssuedEvent", "narnia", "", MIMIC_STATUS_PENDING, ""},
    };
    struct mimic_scene scene;
    mimic_scene_open(&scene);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(send_header(&scene, rows[i].type, rows[i].registry, rows[i].payload),
                     rows[i].status, "row %zu", i);
        cr_expect_str_eq(scene.message, rows[i].message, "row %zu: %s", i, scene.message);
    }
    mimic_scene_close(&scene);
}

Test(mimic_verifier, what_is_malformed_stays_pending_and_the_stream_goes_on) {
    struct mimic_scene scene;
    struct mimic_issue it;
    struct mimic_cut cut;
    struct mimic_match match;
    mimic_scene_open(&scene);
    mimic_issue_init(&it, P, PRODUCTION, 10, &scene.alice);
    it.part.commitment.content.len = 31;
    PENDING(&scene, P, &it.event.base, &scene.issuer);
    it.part.commitment.content.len = 32;
    mimic_issue_init(&it, P, PRODUCTION, 10, &scene.alice);
    it.event.period = NULL;
    PENDING(&scene, P, &it.event.base, &scene.issuer);
    PENDING(&scene, "no-guid", &it.event.base, &scene.issuer);
    issue(&scene, P, PRODUCTION, 10, &scene.alice);
    issue(&scene, C, CONSUMPTION, 20, &scene.bob);
    mimic_cut_init(&cut, P, 10, 11, 12, &scene.bob);
    FAILED(&scene, "Invalid signature for slice", P, &cut.event.base, &scene.bob);
    PENDING(&scene, P, &cut.event.base, &scene.issuer); /* 64 bytes are no DER */
    cut.event.sum_proof.len = 63;
    PENDING(&scene, P, &cut.event.base, &scene.alice);
    cut.event.sum_proof.len = 64;
    cut.event.n_new_slices = 0;
    PENDING(&scene, P, &cut.event.base, &scene.alice);
    mimic_match_init(&match, P, 10, C, 20, ALLOCATION);
    match.consumption.stream.registry = (char *)"elsewhere";
    PENDING(&scene, P, &match.event.base, &scene.alice);
    mimic_id_init(&match.consumption, "x");
    PENDING(&scene, P, &match.event.base, &scene.alice);
    mimic_id_init(&match.consumption, C);
    COMMITTED(&scene, P, &match.event.base, &scene.alice);
    cr_expect_gt(scene.registry.counts.poisoned, 0);
    mimic_scene_close(&scene);
}

Test(mimic_verifier, what_bricks_a_stream_is_committed_and_nothing_after_it) {
    struct mimic_scene scene;
    struct mimic_cut cut;
    struct mimic_transfer transfer;
    struct mimic_match match;
    mimic_scene_open(&scene);
    issue_pair(&scene, 0);
    mimic_cut_init(&cut, P, 10, 11, 11, &scene.alice);
    COMMITTED(&scene, P, &cut.event.base, &scene.alice);
    mimic_transfer_init(&transfer, P, 11, &scene.bob);
    PENDING(&scene, P, &transfer.event.base, &scene.alice);
    /* Who looks at it from another stream chokes on it too. */
    mimic_match_init(&match, P, 11, C, 20, ALLOCATION);
    PENDING(&scene, C, &match.event.base, &scene.bob);
    mimic_scene_restart(&scene);
    PENDING(&scene, P, &transfer.event.base, &scene.alice);
    mimic_scene_close(&scene);
}

Test(mimic_verifier, an_allocation_id_used_again_bricks_its_stream) {
    struct mimic_scene scene;
    struct mimic_cut cut;
    struct mimic_match match;
    mimic_scene_open(&scene);
    issue_pair(&scene, 0);
    mimic_cut_init(&cut, P, 10, 11, 12, &scene.alice);
    COMMITTED(&scene, P, &cut.event.base, &scene.alice);
    mimic_match_init(&match, P, 11, C, 20, ALLOCATION);
    COMMITTED(&scene, P, &match.event.base, &scene.alice);
    mimic_match_init(&match, P, 12, C, 20, ALLOCATION);
    COMMITTED(&scene, P, &match.event.base, &scene.alice);
    PENDING(&scene, P, &match.event.base, &scene.alice);
    mimic_scene_close(&scene);
}
