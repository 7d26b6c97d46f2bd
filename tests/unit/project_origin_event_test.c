/* Operations as events of Project Origin: what is in them, what their proofs prove, and what is
 * never made. */
#include "outside/registry_project_origin/event.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "domain/uuid.h"
#include "generated/project_origin/electricity.pb-c.h"
#include "outside/registry_project_origin/equality_proof.h"

#define ELECTRICITY(name) const ProjectOrigin__Electricity__V1__##name

static const char keys[] =
    "owner alice secret 0101010101010101010101010101010101010101010101010101010101010101\n"
    "owner bob secret 0202020202020202020202020202020202020202020202020202020202020202\n"
    "owner carol public 02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5\n"
    "issuer grid secret 0303030303030303030303030303030303030303030303030303030303030303\n";

static const struct rules_issuer issuers[] = {
    {{"DK1", 3}, {"nobody", 6}},
    {{"DK1", 3}, {"grid", 4}},
    {{"DK2", 3}, {"nobody", 6}},
};
static const struct rules rules = {.issuers = issuers, .issuers_count = 3};
static const struct origin_name names[] = {{{"narnia", 6}, "Narnia"}, {{"other", 5}, "Otherland"}};

static struct keyring keyring;
static struct blinding_secrets secrets;
static struct prover prover;
static struct origin_means means;
static struct arena arena;
static struct uuid production;
static struct uuid consumption;

static struct uuid uuid_of(const char *text) {
    struct uuid uuid;
    cr_assert(uuid_from_text(text_of(text), &uuid), "%s", text);
    return uuid;
}

static void add_secret(const char *name, uint8_t byte) {
    uint8_t secret[BLINDING_SECRET_MIN];
    struct error error;
    memset(secret, byte, sizeof secret);
    cr_assert_eq(blinding_secrets_add(&secrets, text_of(name),
                                      (struct bytes){secret, sizeof secret}, &error),
                 RESULT_OK, "%s", error.text);
}

static void open_all(void) {
    enum { ARENA_BYTES = 1 << 20 };
    struct error error;
    ristretto_init();
    arena_init(&arena, malloc(ARENA_BYTES), ARENA_BYTES);
    cr_assert_eq(keyring_parse("keys", text_of(keys), &keyring, &error), RESULT_OK, "%s",
                 error.text);
    blinding_secrets_init(&secrets);
    add_secret("first", 1);
    prover = prover_chosen();
    means = (struct origin_means){
        .names = names,
        .names_count = 2,
        .rules = &rules,
        .keyring = &keyring,
        .secrets = &secrets,
        .secret = text_of("first"),
        .prover = &prover,
    };
    production = uuid_of("7d444840-9dc0-11d1-b245-5ffdce74fad2");
    consumption = uuid_of("c56a4180-65aa-42ec-a945-5fd21dec0538");
}

static void close_all(void) {
    keyring_close(&keyring);
    blinding_secrets_deinit(&secrets);
    free(arena.base);
}

TestSuite(project_origin_event, .init = open_all, .fini = close_all);

static struct error last_error;

static enum result try(const struct uuid *certificate_id, struct millrace_operation operation,
                       struct origin_event *event) {
    return origin_event_make(&means, certificate_id, &operation, &arena, event, &last_error);
}

static void *take(void *context, size_t size) {
    return arena_take(context, size);
}

static void leave(void *context, void *memory) {
    (void)context;
    (void)memory; /* all of it ends with the arena */
}

/* The event, as somebody who gets its bytes reads it. */
static const void *make(const struct uuid *certificate_id, struct millrace_operation operation,
                        const char *signer, enum key_role role) {
    struct origin_event event;
    cr_assert_eq(try(certificate_id, operation, &event), RESULT_OK, "%s", last_error.text);
    cr_expect_eq(event.signer, keyring_find(&keyring, role, text_of(signer)));
    const size_t length = protobuf_c_message_get_packed_size(event.message);
    uint8_t *bytes = arena_take(&arena, length + 1);
    cr_assert_eq(protobuf_c_message_pack(event.message, bytes), length);
    ProtobufCAllocator allocator = {.alloc = take, .free = leave, .allocator_data = &arena};
    const void *read =
        protobuf_c_message_unpack(event.message->descriptor, &allocator, length, bytes);
    cr_assert_not_null(read);
    return read;
}

static struct bytes bytes_of(ProtobufCBinaryData data) {
    return (struct bytes){data.data, (uint32_t)data.len};
}

static struct bytes hash_of(ProtobufCBinaryData commitment) {
    uint8_t *hash = arena_take(&arena, crypto_hash_sha256_BYTES);
    crypto_hash_sha256(hash, commitment.data, commitment.len);
    return (struct bytes){hash, crypto_hash_sha256_BYTES};
}

static struct point point_of(ProtobufCBinaryData commitment) {
    struct point point;
    cr_assert_eq(commitment.len, sizeof point);
    memcpy(&point, commitment.data, sizeof point);
    return point;
}

static struct equality_proof proof_of(ProtobufCBinaryData bytes) {
    struct equality_proof proof;
    cr_assert_eq(bytes.len, sizeof proof);
    memcpy(&proof, bytes.data, sizeof proof);
    return proof;
}

static void expect_key(ELECTRICITY(PublicKey) * key, const char *owner) {
    const struct key *known = keyring_find(&keyring, KEY_ROLE_OWNER, text_of(owner));
    cr_expect_eq(key->type, PROJECT_ORIGIN__ELECTRICITY__V1__KEY_TYPE__Secp256k1);
    cr_expect(bytes_equal(bytes_of(key->content),
                          (struct bytes){known->public_bytes, known->public_length}),
              "%s", owner);
}

static void expect_stream(const ProjectOrigin__Common__V1__FederatedStreamId *stream,
                          const char *registry, const char *id) {
    cr_expect_str_eq(stream->registry, registry);
    cr_expect_str_eq(stream->stream_id->value, id);
}

/* --- Operations as they come. --- */

static struct millrace_issue_operation issue(void) {
    static struct millrace_attribute attributes[] = {
        {{"FuelCode", 8}, {"F01", 3}, MILLRACE_ATTRIBUTE_KIND_CLEAR_TEXT},
        {{"Meter", 5}, {"571313", 6}, MILLRACE_ATTRIBUTE_KIND_HASHED},
    };
    return (struct millrace_issue_operation){
        .certificate_type = MILLRACE_CERTIFICATE_TYPE_PRODUCTION,
        .grid_area = text_of("DK1"),
        .period_start = 1767225600000,
        .period_end = 1767229200000,
        .quantity = 1000,
        .attributes = attributes,
        .attributes_count = 2,
        .slice_id = uuid_of("11111111-1111-4111-8111-111111111111"),
        .owner = text_of("alice"),
    };
}

static struct millrace_slice_operation slicing(void) {
    static struct millrace_operation_part parts[2];
    parts[0] = (struct millrace_operation_part){uuid_of("22222222-2222-4222-8222-222222222222"),
                                                250, text_of("alice")};
    parts[1] = (struct millrace_operation_part){uuid_of("33333333-3333-4333-8333-333333333333"),
                                                750, text_of("carol")};
    return (struct millrace_slice_operation){
        .slice_id = issue().slice_id,
        .quantity = 1000,
        .owner = text_of("alice"),
        .parts = parts,
        .parts_count = 2,
    };
}

static struct millrace_transfer_operation transfer(void) {
    return (struct millrace_transfer_operation){
        .slice_id = issue().slice_id,
        .quantity = 1000,
        .owner = text_of("alice"),
        .new_owner = text_of("carol"),
    };
}

static struct millrace_allocate_operation allocation(bool of_production) {
    return (struct millrace_allocate_operation){
        .allocation_id = uuid_of("44444444-4444-4444-8444-444444444444"),
        .certificate_type = of_production ? MILLRACE_CERTIFICATE_TYPE_PRODUCTION
                                          : MILLRACE_CERTIFICATE_TYPE_CONSUMPTION,
        .slice_id = of_production ? issue().slice_id : slicing().parts[0].slice_id,
        .quantity = 1000,
        .owner = of_production ? text_of("alice") : text_of("bob"),
        .counterpart_certificate_id = of_production ? consumption : production,
        .counterpart_registry = of_production ? text_of("other") : text_of("narnia"),
        .counterpart_slice_id = of_production ? slicing().parts[0].slice_id : issue().slice_id,
    };
}

static ELECTRICITY(IssuedEvent) * issued(void) {
    struct millrace_issue_operation operation = issue();
    return make(&production, (struct millrace_operation){.issue = &operation}, "grid",
                KEY_ROLE_ISSUER);
}

static ELECTRICITY(SlicedEvent) * sliced(struct millrace_slice_operation operation) {
    return make(&production, (struct millrace_operation){.slice = &operation}, "alice",
                KEY_ROLE_OWNER);
}

/* --- What is in the events. --- */

Test(project_origin_event, an_issue) {
    ELECTRICITY(IssuedEvent) *event = issued();
    expect_stream(event->certificate_id, "Narnia", "7d444840-9dc0-11d1-b245-5ffdce74fad2");
    cr_expect_eq(event->type,
                 PROJECT_ORIGIN__ELECTRICITY__V1__GRANULAR_CERTIFICATE_TYPE__PRODUCTION);
    cr_expect_eq(event->period->start->seconds, 1767225600);
    cr_expect_eq(event->period->end->seconds, 1767229200);
    cr_expect_str_eq(event->grid_area, "DK1");
    cr_expect_eq(event->asset_id_hash.len, 0);
    cr_expect_eq(event->quantity_commitment->range_proof.len, 0, "nobody proves here");
    const struct point commitment = point_of(event->quantity_commitment->content);
    cr_expect(point_is_valid(&commitment));
    expect_key(event->owner_public_key, "alice");
    cr_assert_eq(event->n_attributes, 2);
    cr_expect_str_eq(event->attributes[0]->key, "FuelCode");
    cr_expect_str_eq(event->attributes[0]->value, "F01");
    cr_expect_eq(event->attributes[0]->type,
                 PROJECT_ORIGIN__ELECTRICITY__V1__ATTRIBUTE_TYPE__CLEARTEXT);
    cr_expect_str_eq(event->attributes[1]->key, "Meter");
    cr_expect_eq(event->attributes[1]->type,
                 PROJECT_ORIGIN__ELECTRICITY__V1__ATTRIBUTE_TYPE__HASHED);
    /* printf 7d444840-9dc0-11d1-b245-5ffdce74fad2/571313 | sha256sum */
    cr_expect_str_eq(event->attributes[1]->value,
                     "c645ae7f53a78f780320a264524d9fa30da80009aedb516faed1cc9b7a4e479f");
}

Test(project_origin_event, a_slicing_of_what_was_issued) {
    ELECTRICITY(IssuedEvent) *before = issued();
    struct millrace_slice_operation operation = slicing();
    operation.has_registry_hash = true;
    operation.registry_hash = hash_of(before->quantity_commitment->content);
    ELECTRICITY(SlicedEvent) *event = sliced(operation);
    expect_stream(event->certificate_id, "Narnia", "7d444840-9dc0-11d1-b245-5ffdce74fad2");
    cr_expect(bytes_equal(bytes_of(event->source_slice_hash), operation.registry_hash));
    cr_assert_eq(event->n_new_slices, 2);
    expect_key(event->new_slices[0]->new_owner, "alice");
    expect_key(event->new_slices[1]->new_owner, "carol");
    const struct point source = point_of(before->quantity_commitment->content);
    const struct point parts[] = {point_of(event->new_slices[0]->quantity->content),
                                  point_of(event->new_slices[1]->quantity->content)};
    const struct equality_proof proof = proof_of(event->sum_proof);
    const struct text label = text_of("7d444840-9dc0-11d1-b245-5ffdce74fad2");
    cr_expect(sum_proof_verify(label, &source, parts, 2, &proof));
    cr_expect_not(sum_proof_verify(label, &source, parts, 1, &proof));
}

Test(project_origin_event, a_transfer) {
    struct millrace_transfer_operation operation = transfer();
    ELECTRICITY(TransferredEvent) *event = make(
        &production, (struct millrace_operation){.transfer = &operation}, "alice", KEY_ROLE_OWNER);
    expect_stream(event->certificate_id, "Narnia", "7d444840-9dc0-11d1-b245-5ffdce74fad2");
    cr_expect(bytes_equal(bytes_of(event->source_slice_hash),
                          hash_of(issued()->quantity_commitment->content)));
    expect_key(event->new_owner, "carol");
}

Test(project_origin_event, an_allocation_has_the_same_bytes_from_both_sides) {
    struct millrace_allocate_operation ours = allocation(true);
    struct millrace_allocate_operation theirs = allocation(false);
    struct origin_event events[2];
    cr_assert_eq(try(&production, (struct millrace_operation){.allocate = &ours}, &events[0]),
                 RESULT_OK, "%s", last_error.text);
    /* The other lane speaks to the other registry. */
    static const struct origin_name turned[] = {{{"other", 5}, "Otherland"},
                                                {{"narnia", 6}, "Narnia"}};
    means.names = turned;
    cr_assert_eq(try(&consumption, (struct millrace_operation){.allocate = &theirs}, &events[1]),
                 RESULT_OK, "%s", last_error.text);
    uint8_t bytes[2][1024];
    const size_t length = protobuf_c_message_pack(events[0].message, bytes[0]);
    cr_assert_eq(protobuf_c_message_pack(events[1].message, bytes[1]), length);
    cr_expect_arr_eq(bytes[0], bytes[1], length);
    cr_expect_neq(events[0].signer, events[1].signer);

    ELECTRICITY(AllocatedEvent) *event = (const void *)events[0].message;
    cr_expect_str_eq(event->allocation_id->value, "44444444-4444-4444-8444-444444444444");
    expect_stream(event->production_certificate_id, "Narnia",
                  "7d444840-9dc0-11d1-b245-5ffdce74fad2");
    expect_stream(event->consumption_certificate_id, "Otherland",
                  "c56a4180-65aa-42ec-a945-5fd21dec0538");
    cr_expect_eq(event->chronicler_signature.len, 0);
    struct scalar blindings[2];
    struct point commitments[2];
    const struct uuid slices[2] = {ours.slice_id, theirs.slice_id};
    const struct uuid *certificates[2] = {&production, &consumption};
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(blinding_derive(&secrets, means.secret, certificates[i], &slices[i],
                                     &blindings[i], &last_error),
                     RESULT_OK);
        commitment_make(1000, &blindings[i], &commitments[i]);
    }
    const struct equality_proof proof = proof_of(event->equality_proof);
    cr_expect(equality_proof_verify(text_of("44444444-4444-4444-8444-444444444444"),
                                    &commitments[0], &commitments[1], &proof));
}

Test(project_origin_event, a_claim_and_its_end) {
    struct millrace_claim_operation claim = {.allocation_id = allocation(true).allocation_id,
                                             .owner = text_of("alice")};
    ELECTRICITY(ClaimedEvent) *claimed =
        make(&production, (struct millrace_operation){.claim = &claim}, "alice", KEY_ROLE_OWNER);
    expect_stream(claimed->certificate_id, "Narnia", "7d444840-9dc0-11d1-b245-5ffdce74fad2");
    cr_expect_str_eq(claimed->allocation_id->value, "44444444-4444-4444-8444-444444444444");
    struct millrace_unclaim_operation unclaim = {.allocation_id = claim.allocation_id,
                                                 .owner = text_of("bob")};
    ELECTRICITY(UnclaimedEvent) *unclaimed =
        make(&production, (struct millrace_operation){.unclaim = &unclaim}, "bob", KEY_ROLE_OWNER);
    cr_expect_str_eq(unclaimed->allocation_id->value, "44444444-4444-4444-8444-444444444444");
}

Test(project_origin_event, a_withdrawal_has_no_byte) {
    struct millrace_withdraw_operation withdraw = {.grid_area = text_of("DK1")};
    struct origin_event event;
    cr_assert_eq(try(&production, (struct millrace_operation){.withdraw = &withdraw}, &event),
                 RESULT_OK, "%s", last_error.text);
    cr_expect_eq(protobuf_c_message_get_packed_size(event.message), 0);
    cr_expect_eq(event.signer, keyring_find(&keyring, KEY_ROLE_ISSUER, text_of("grid")));
}

/* --- Openings. --- */

Test(project_origin_event, slices_of_an_older_secret_are_found_by_their_hash) {
    struct millrace_slice_operation operation = slicing();
    operation.has_registry_hash = true;
    operation.registry_hash = hash_of(issued()->quantity_commitment->content);
    add_secret("second", 2);
    means.secret = text_of("second");
    const ProtobufCBinaryData fresh = issued()->quantity_commitment->content;
    cr_expect_not(bytes_equal(hash_of(fresh), operation.registry_hash));
    ELECTRICITY(SlicedEvent) *event = sliced(operation);
    cr_expect(bytes_equal(bytes_of(event->source_slice_hash), operation.registry_hash));
}

Test(project_origin_event, what_is_given_away_need_not_be_opened) {
    static const uint8_t realigned[SLICE_HASH_BYTES] = {7};
    struct millrace_transfer_operation operation = transfer();
    operation.has_registry_hash = true;
    operation.registry_hash = (struct bytes){realigned, sizeof realigned};
    ELECTRICITY(TransferredEvent) *event = make(
        &production, (struct millrace_operation){.transfer = &operation}, "alice", KEY_ROLE_OWNER);
    cr_expect(bytes_equal(bytes_of(event->source_slice_hash), operation.registry_hash));
}

/* The slice of the other side, as it was made at its registry: by the secret of that time. */
static struct bytes counterpart_hash(struct text secret,
                                     const struct millrace_allocate_operation *allocate) {
    struct scalar blinding;
    struct point commitment;
    struct slice_hash *hash = arena_take(&arena, sizeof *hash);
    cr_assert_eq(blinding_derive(&secrets, secret, &allocate->counterpart_certificate_id,
                                 &allocate->counterpart_slice_id, &blinding, &last_error),
                 RESULT_OK);
    commitment_make((uint32_t)allocate->quantity, &blinding, &commitment);
    commitment_slice_hash(&commitment, hash);
    return (struct bytes){hash->bytes, sizeof hash->bytes};
}

Test(project_origin_event, a_counterpart_of_an_older_secret_is_found_by_its_hash) {
    struct millrace_allocate_operation operation = allocation(true);
    operation.has_counterpart_registry_hash = true;
    operation.counterpart_registry_hash = counterpart_hash(text_of("first"), &operation);
    add_secret("second", 2);
    means.secret = text_of("second");
    ELECTRICITY(AllocatedEvent) *event = make(
        &production, (struct millrace_operation){.allocate = &operation}, "alice", KEY_ROLE_OWNER);
    cr_expect(bytes_equal(bytes_of(event->consumption_source_slice_hash),
                          operation.counterpart_registry_hash));
    /* Nobody said which it is: then it is one of the newest secret. */
    operation.has_counterpart_registry_hash = false;
    operation.counterpart_registry_hash = (struct bytes){NULL, 0};
    event = make(&production, (struct millrace_operation){.allocate = &operation}, "alice",
                 KEY_ROLE_OWNER);
    cr_expect(bytes_equal(bytes_of(event->consumption_source_slice_hash),
                          counterpart_hash(text_of("second"), &operation)));
}

Test(project_origin_event, a_blinding_that_was_given_opens_its_slice) {
    struct scalar blinding;
    struct point commitment;
    struct slice_hash hash;
    scalar_of(7, &blinding);
    commitment_make(1000, &blinding, &commitment);
    commitment_slice_hash(&commitment, &hash);
    struct millrace_slice_operation operation = slicing();
    operation.has_blinding = true;
    operation.blinding = (struct bytes){blinding.bytes, sizeof blinding.bytes};
    operation.has_registry_hash = true;
    operation.registry_hash = (struct bytes){hash.bytes, sizeof hash.bytes};
    ELECTRICITY(SlicedEvent) *event = sliced(operation);
    const struct point parts[] = {point_of(event->new_slices[0]->quantity->content),
                                  point_of(event->new_slices[1]->quantity->content)};
    const struct equality_proof proof = proof_of(event->sum_proof);
    cr_expect(sum_proof_verify(text_of("7d444840-9dc0-11d1-b245-5ffdce74fad2"), &commitment, parts,
                               2, &proof));
}

/* --- What is never made. --- */

static void refuse(struct millrace_operation operation, const char *words) {
    struct origin_event event;
    cr_expect_eq(try(&production, operation, &event), RESULT_INVALID, "%s", words);
    cr_expect_not_null(strstr(last_error.text, words), "%s: %s", words, last_error.text);
}

Test(project_origin_event, keys_that_are_not_there) {
    struct millrace_transfer_operation stranger = transfer();
    stranger.new_owner = text_of("dave");
    refuse((struct millrace_operation){.transfer = &stranger}, "no key of the owner \"dave\"");
    struct millrace_transfer_operation half = transfer();
    half.owner = text_of("carol");
    half.new_owner = text_of("bob");
    refuse((struct millrace_operation){.transfer = &half},
           "only the public key of the owner \"carol\"");
    struct millrace_issue_operation elsewhere = issue();
    elsewhere.grid_area = text_of("DK2");
    refuse((struct millrace_operation){.issue = &elsewhere},
           "no secret key of an issuer of the grid area \"DK2\"");
}

Test(project_origin_event, slices_that_cannot_be_opened) {
    static const uint8_t other[SLICE_HASH_BYTES] = {1};
    static const uint8_t large[SCALAR_BYTES] = {[SCALAR_BYTES - 1] = 0xff};
    struct millrace_slice_operation operation = slicing();
    operation.has_registry_hash = true;
    operation.registry_hash = (struct bytes){other, sizeof other};
    refuse((struct millrace_operation){.slice = &operation}, "none of the configured blinding");
    operation.has_blinding = true;
    operation.blinding = (struct bytes){other, sizeof other};
    refuse((struct millrace_operation){.slice = &operation}, "does not open what the registry has");
    operation.blinding = (struct bytes){large, sizeof large};
    refuse((struct millrace_operation){.slice = &operation}, "no number below the group's order");
    operation.blinding.length = 31;
    refuse((struct millrace_operation){.slice = &operation}, "not 32 bytes long");
    struct millrace_transfer_operation transferred = transfer();
    transferred.has_registry_hash = true;
    transferred.registry_hash = (struct bytes){other, sizeof other - 1};
    refuse((struct millrace_operation){.transfer = &transferred}, "31 bytes");
    struct millrace_allocate_operation allocate = allocation(true);
    allocate.has_counterpart_registry_hash = true;
    allocate.counterpart_registry_hash = (struct bytes){other, sizeof other};
    refuse((struct millrace_operation){.allocate = &allocate},
           "22222222-2222-4222-8222-222222222222 cannot be worked with: none of the configured");
}

Test(project_origin_event, what_the_registry_would_never_get_over) {
    struct millrace_transfer_operation circle = transfer();
    circle.new_owner = circle.owner;
    refuse((struct millrace_operation){.transfer = &circle}, "a transfer to oneself");

    struct millrace_slice_operation twins = slicing();
    twins.parts[0] = twins.parts[1];
    twins.parts[0].quantity = twins.parts[1].quantity = 500;
    refuse((struct millrace_operation){.slice = &twins}, "two slices would have one commitment");

    struct millrace_slice_operation itself = slicing();
    itself.parts[0].slice_id = itself.slice_id;
    itself.parts[0].quantity = 1000;
    refuse((struct millrace_operation){.slice = &itself}, "two slices would have one commitment");

    struct millrace_slice_operation less = slicing();
    less.parts[1].quantity = 749;
    refuse((struct millrace_operation){.slice = &less}, "do not add up");

    struct millrace_issue_operation too_much = issue();
    too_much.quantity = (int64_t)UINT32_MAX + 1;
    refuse((struct millrace_operation){.issue = &too_much}, "4294967296 Wh");
    too_much.quantity = 0;
    refuse((struct millrace_operation){.issue = &too_much}, "0 Wh");

    struct millrace_issue_operation odd = issue();
    odd.period_start += 1;
    refuse((struct millrace_operation){.issue = &odd}, "none of whole seconds");
    odd = issue();
    odd.period_end = odd.period_start;
    refuse((struct millrace_operation){.issue = &odd}, "none of whole seconds");

    struct millrace_issue_operation cut = issue();
    cut.attributes[0].value = (struct text){"F\0", 2};
    refuse((struct millrace_operation){.issue = &cut}, "character of code 0");

    struct millrace_allocate_operation nowhere = allocation(true);
    nowhere.counterpart_registry = text_of("plain");
    refuse((struct millrace_operation){.allocate = &nowhere}, "registry \"plain\" is none");
}
