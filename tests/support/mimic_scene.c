#include "tests/support/mimic_scene.h"

#include <criterion/criterion.h>
#include <secp256k1.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PERIOD_START_S = 1767225600, PERIOD_S = 3600, SIGNATURE_BYTES_MAX = 80 };

static int64_t now_of(void *self) {
    return ((const struct mimic_scene *)self)->now_ms;
}

static int64_t wall_of(void *self) {
    return (int64_t)PERIOD_START_S * 1000 + now_of(self);
}

static void open_registry(struct mimic_scene *scene) {
    struct error error;
    cr_assert_eq(standin_ledger_open(scene->ledger_path, &scene->ledger, &error), RESULT_OK, "%s",
                 error.text);
    scene->registry = (struct mimic_registry){
        .network = &scene->network,
        .latency = &scene->latency,
        .finalize_after_ms = 10000,
        .clock = scene->clock,
        .chance = &scene->chance,
        .ledger = scene->ledger,
        .timers = &scene->timers,
    };
    mimic_registry_init(&scene->registry);
    cr_assert_eq(mimic_registry_restore(&scene->registry, scene->ledger_path, &error), RESULT_OK,
                 "%s", error.text);
}

void mimic_scene_open(struct mimic_scene *scene) {
    *scene = (struct mimic_scene){
        .now_ms = 1000000,
        .network = {.registry = MIMIC_REGISTRY_NAME,
                    .signatures = true,
                    .enclosing = true,
                    .areas = {{.name = MIMIC_AREA, .issuers_count = 1}},
                    .areas_count = 1},
        .ledger_path = "/tmp/millrace-mimic-XXXXXX",
    };
    scene->clock = (struct clock){.self = scene, .monotonic_ms = now_of, .wall_ms = wall_of};
    const int file = mkstemp(scene->ledger_path);
    cr_assert_geq(file, 0);
    (void)close(file);
    mimic_person_init(&scene->issuer, 1, true);
    mimic_person_init(&scene->alice, 2, false);
    mimic_person_init(&scene->bob, 3, false);
    scene->network.areas[0].issuers[0].key = scene->issuer.key;
    open_registry(scene);
}

static void close_registry(struct mimic_scene *scene) {
    mimic_timers_deinit(&scene->timers);
    mimic_registry_deinit(&scene->registry);
    standin_ledger_close(scene->ledger);
}

void mimic_scene_close(struct mimic_scene *scene) {
    close_registry(scene);
    (void)unlink(scene->ledger_path);
}

void mimic_scene_restart(struct mimic_scene *scene) {
    close_registry(scene);
    open_registry(scene);
}

void mimic_scene_pass(struct mimic_scene *scene, int64_t ms) {
    const int64_t end_ms = scene->now_ms + ms;
    while (mimic_timers_next_ms(&scene->timers) <= end_ms) {
        const int64_t next_ms = mimic_timers_next_ms(&scene->timers);
        scene->now_ms = next_ms > scene->now_ms ? next_ms : scene->now_ms;
        mimic_timers_run(&scene->timers, scene->now_ms);
    }
    scene->now_ms = end_ms;
}

void mimic_person_init(struct mimic_person *person, uint8_t number, bool edwards) {
    *person = (struct mimic_person){.edwards = edwards};
    person->key = (ProjectOrigin__Electricity__V1__PublicKey)
        PROJECT_ORIGIN__ELECTRICITY__V1__PUBLIC_KEY__INIT;
    memset(person->secret, number, sizeof person->secret);
    if (edwards) {
        static const uint8_t prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                         0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
        uint8_t secret[crypto_sign_SECRETKEYBYTES];
        memcpy(person->content, prefix, sizeof prefix);
        (void)crypto_sign_seed_keypair(person->content + sizeof prefix, secret, person->secret);
        person->key.type = PROJECT_ORIGIN__ELECTRICITY__V1__KEY_TYPE__ED25519;
        person->key.content = (ProtobufCBinaryData){44, person->content};
        return;
    }
    secp256k1_context *context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    secp256k1_pubkey key;
    size_t length = 33;
    cr_assert_eq(secp256k1_ec_pubkey_create(context, &key, person->secret), 1);
    (void)secp256k1_ec_pubkey_serialize(context, person->content, &length, &key,
                                        SECP256K1_EC_COMPRESSED);
    secp256k1_context_destroy(context);
    person->key.content = (ProtobufCBinaryData){length, person->content};
}

static size_t sign(const struct mimic_person *person, const uint8_t *bytes, size_t length,
                   uint8_t signature[SIGNATURE_BYTES_MAX]) {
    if (person->edwards) {
        uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
        uint8_t secret[crypto_sign_SECRETKEYBYTES];
        (void)crypto_sign_seed_keypair(public_key, secret, person->secret);
        (void)crypto_sign_detached(signature, NULL, bytes, length, secret);
        return crypto_sign_BYTES;
    }
    uint8_t hash[crypto_hash_sha256_BYTES];
    size_t size = SIGNATURE_BYTES_MAX;
    secp256k1_context *context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    secp256k1_ecdsa_signature made;
    (void)crypto_hash_sha256(hash, bytes, length);
    cr_assert_eq(secp256k1_ecdsa_sign(context, &made, hash, person->secret, NULL, NULL), 1);
    cr_assert_eq(secp256k1_ecdsa_signature_serialize_der(context, signature, &size, &made), 1);
    secp256k1_context_destroy(context);
    return size;
}

struct mimic_transaction *mimic_scene_sign(struct mimic_scene *scene, const char *stream,
                                           const ProtobufCMessage *event,
                                           const struct mimic_person *signer) {
    struct mimic_id id;
    char nonce[40];
    uint8_t payload[4096];
    uint8_t header_bytes[1024];
    uint8_t signature[SIGNATURE_BYTES_MAX];
    ProjectOrigin__Registry__V1__TransactionHeader header =
        PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION_HEADER__INIT;
    ProjectOrigin__Registry__V1__Transaction message =
        PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION__INIT;
    mimic_id_init(&id, stream);
    (void)snprintf(nonce, sizeof nonce, "00000000-0000-4000-8000-%012u", ++scene->nonces);
    header.federated_stream_id = &id.stream;
    header.payload_type = (char *)event->descriptor->name;
    header.nonce = nonce;
    message.header = &header;
    message.payload = (ProtobufCBinaryData){protobuf_c_message_pack(event, payload), payload};
    message.header_signature.data = signature;
    message.header_signature.len =
        sign(signer, header_bytes, protobuf_c_message_pack(&header.base, header_bytes), signature);
    return mimic_transaction_open(&message);
}

enum mimic_status mimic_scene_status(struct mimic_scene *scene, const uint8_t id[MIMIC_ID_BYTES]) {
    const char *message;
    const enum mimic_status status = mimic_registry_status(&scene->registry, id, &message);
    (void)snprintf(scene->message, sizeof scene->message, "%s", message);
    return status;
}

enum mimic_status mimic_scene_send(struct mimic_scene *scene, const char *stream,
                                   const ProtobufCMessage *event,
                                   const struct mimic_person *signer) {
    uint8_t id[MIMIC_ID_BYTES];
    struct mimic_transaction *transaction = mimic_scene_sign(scene, stream, event, signer);
    memcpy(id, transaction->id, sizeof id);
    cr_assert(mimic_registry_queue(&scene->registry, transaction, MIMIC_FATE_RUN));
    mimic_scene_pass(scene, 0);
    return mimic_scene_status(scene, id);
}

void mimic_id_init(struct mimic_id *id, const char *stream) {
    id->uuid = (ProjectOrigin__Common__V1__Uuid)PROJECT_ORIGIN__COMMON__V1__UUID__INIT;
    id->uuid.value = (char *)stream;
    id->stream = (ProjectOrigin__Common__V1__FederatedStreamId)
        PROJECT_ORIGIN__COMMON__V1__FEDERATED_STREAM_ID__INIT;
    id->stream.registry = (char *)MIMIC_REGISTRY_NAME;
    id->stream.stream_id = &id->uuid;
}

void mimic_point(uint8_t number, uint8_t point[32]) {
    uint8_t wide[64];
    memset(wide, number, sizeof wide);
    (void)crypto_core_ristretto255_from_hash(point, wide);
}

void mimic_point_hash(uint8_t number, uint8_t hash[32]) {
    uint8_t point[32];
    mimic_point(number, point);
    (void)crypto_hash_sha256(hash, point, sizeof point);
}

static void part_init(struct mimic_part *part, uint8_t number, struct mimic_person *owner) {
    mimic_point(number, part->point);
    part->commitment = (ProjectOrigin__Electricity__V1__Commitment)
        PROJECT_ORIGIN__ELECTRICITY__V1__COMMITMENT__INIT;
    part->commitment.content = (ProtobufCBinaryData){sizeof part->point, part->point};
    part->slice = (ProjectOrigin__Electricity__V1__SlicedEvent__Slice)
        PROJECT_ORIGIN__ELECTRICITY__V1__SLICED_EVENT__SLICE__INIT;
    part->slice.quantity = &part->commitment;
    part->slice.new_owner = &owner->key;
}

void mimic_issue_init(struct mimic_issue *issue, const char *stream, int type, uint8_t number,
                      struct mimic_person *owner) {
    mimic_id_init(&issue->id, stream);
    part_init(&issue->part, number, owner);
    issue->start = (Google__Protobuf__Timestamp)GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    issue->start.seconds = PERIOD_START_S;
    issue->end = issue->start;
    issue->end.seconds += PERIOD_S;
    issue->period = (ProjectOrigin__Electricity__V1__DateInterval)
        PROJECT_ORIGIN__ELECTRICITY__V1__DATE_INTERVAL__INIT;
    issue->period.start = &issue->start;
    issue->period.end = &issue->end;
    issue->attribute =
        (ProjectOrigin__Electricity__V1__Attribute)PROJECT_ORIGIN__ELECTRICITY__V1__ATTRIBUTE__INIT;
    issue->attribute.key = (char *)"FuelCode";
    issue->attribute.value = (char *)"F01040100";
    issue->attributes[0] = &issue->attribute;
    issue->attributes[1] = &issue->attribute;
    issue->event = (ProjectOrigin__Electricity__V1__IssuedEvent)
        PROJECT_ORIGIN__ELECTRICITY__V1__ISSUED_EVENT__INIT;
    issue->event.certificate_id = &issue->id.stream;
    issue->event.type = (ProjectOrigin__Electricity__V1__GranularCertificateType)type;
    issue->event.period = &issue->period;
    issue->event.grid_area = (char *)MIMIC_AREA;
    issue->event.quantity_commitment = &issue->part.commitment;
    issue->event.owner_public_key = &owner->key;
    issue->event.attributes = issue->attributes;
    issue->event.n_attributes = 1;
}

void mimic_transfer_init(struct mimic_transfer *transfer, const char *stream, uint8_t number,
                         struct mimic_person *owner) {
    mimic_id_init(&transfer->id, stream);
    mimic_point_hash(number, transfer->hash);
    transfer->event = (ProjectOrigin__Electricity__V1__TransferredEvent)
        PROJECT_ORIGIN__ELECTRICITY__V1__TRANSFERRED_EVENT__INIT;
    transfer->event.certificate_id = &transfer->id.stream;
    transfer->event.source_slice_hash =
        (ProtobufCBinaryData){sizeof transfer->hash, transfer->hash};
    transfer->event.new_owner = &owner->key;
}

void mimic_cut_init(struct mimic_cut *cut, const char *stream, uint8_t number, uint8_t first,
                    uint8_t second, struct mimic_person *owner) {
    mimic_id_init(&cut->id, stream);
    mimic_point_hash(number, cut->hash);
    memset(cut->proof, 0, sizeof cut->proof);
    part_init(&cut->parts[0], first, owner);
    part_init(&cut->parts[1], second, owner);
    cut->slices[0] = &cut->parts[0].slice;
    cut->slices[1] = &cut->parts[1].slice;
    cut->event = (ProjectOrigin__Electricity__V1__SlicedEvent)
        PROJECT_ORIGIN__ELECTRICITY__V1__SLICED_EVENT__INIT;
    cut->event.certificate_id = &cut->id.stream;
    cut->event.source_slice_hash = (ProtobufCBinaryData){sizeof cut->hash, cut->hash};
    cut->event.new_slices = cut->slices;
    cut->event.n_new_slices = 2;
    cut->event.sum_proof = (ProtobufCBinaryData){sizeof cut->proof, cut->proof};
}

void mimic_match_init(struct mimic_match *match, const char *production, uint8_t production_number,
                      const char *consumption, uint8_t consumption_number, const char *allocation) {
    mimic_id_init(&match->production, production);
    mimic_id_init(&match->consumption, consumption);
    mimic_point_hash(production_number, match->production_hash);
    mimic_point_hash(consumption_number, match->consumption_hash);
    memset(match->proof, 0, sizeof match->proof);
    match->allocation = (ProjectOrigin__Common__V1__Uuid)PROJECT_ORIGIN__COMMON__V1__UUID__INIT;
    match->allocation.value = (char *)allocation;
    match->event = (ProjectOrigin__Electricity__V1__AllocatedEvent)
        PROJECT_ORIGIN__ELECTRICITY__V1__ALLOCATED_EVENT__INIT;
    match->event.allocation_id = &match->allocation;
    match->event.production_certificate_id = &match->production.stream;
    match->event.consumption_certificate_id = &match->consumption.stream;
    match->event.production_source_slice_hash =
        (ProtobufCBinaryData){sizeof match->production_hash, match->production_hash};
    match->event.consumption_source_slice_hash =
        (ProtobufCBinaryData){sizeof match->consumption_hash, match->consumption_hash};
    match->event.equality_proof = (ProtobufCBinaryData){sizeof match->proof, match->proof};
}

void mimic_claim_init(struct mimic_claim *claim, const char *stream, const char *allocation) {
    mimic_id_init(&claim->id, stream);
    claim->allocation = (ProjectOrigin__Common__V1__Uuid)PROJECT_ORIGIN__COMMON__V1__UUID__INIT;
    claim->allocation.value = (char *)allocation;
    claim->event = (ProjectOrigin__Electricity__V1__ClaimedEvent)
        PROJECT_ORIGIN__ELECTRICITY__V1__CLAIMED_EVENT__INIT;
    claim->event.certificate_id = &claim->id.stream;
    claim->event.allocation_id = &claim->allocation;
}
