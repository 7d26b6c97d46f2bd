/* From a certificate's stream to its slices: each event's part, and every stream that cannot be. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "generated/project_origin/registry.pb-c.h"
#include "outside/registry_project_origin/projection.h"
#include "outside/registry_project_origin/questions.h"
#include "outside/registry_project_origin/ristretto.h"
#include "tests/support/mimic_scene.h"

#define P "34fa59ed-476f-5ced-b30b-a7181683827c"
#define C "9b2a7ed0-0c3e-5d3e-8f0a-2b6a8f7b1c11"
#define ALLOCATION "7c1f0e52-9a61-5f6e-9b1e-0d2c3b4a5f60"

enum { PRODUCTION = 2, CONSUMPTION = 1, EVENTS_MAX = 8 };

static const struct uuid certificate_id = {.bytes = {0x34, 0xfa, 0x59, 0xed, 0x47, 0x6f, 0x5c, 0xed,
                                                     0xb3, 0x0b, 0xa7, 0x18, 0x16, 0x83, 0x82,
                                                     0x7c}};
static struct arena arena;
static struct registry_stream stream;
static struct error error;
static uint8_t answer[1 << 16];
static uint32_t length;
static struct mimic_person alice;
static struct mimic_person bob;

static void set_up(void) {
    ristretto_init();
    void *memory = malloc(PROJECTION_ARENA_BYTES);
    cr_assert_not_null(memory);
    arena_init(&arena, memory, PROJECTION_ARENA_BYTES);
    mimic_person_init(&alice, 1, false);
    mimic_person_init(&bob, 2, false);
    length = 0;
}

static void tear_down(void) {
    free(arena.base);
}

TestSuite(project_origin_projection, .init = set_up, .fini = tear_down);

/* --- Streams. --- */

static void append(const uint8_t *data, size_t size) {
    cr_assert_leq(length + size, sizeof answer);
    memcpy(answer + length, data, size);
    length += (uint32_t)size;
}

/* The next transaction of the stream, which claims to be of `certificate` and of this type. */
static void has_as(const char *certificate, const char *type, const void *payload, size_t size) {
    struct mimic_id id;
    mimic_id_init(&id, certificate);
    ProjectOrigin__Registry__V1__TransactionHeader header =
        PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION_HEADER__INIT;
    header.federated_stream_id = &id.stream;
    header.payload_type = (char *)type;
    ProjectOrigin__Registry__V1__Transaction transaction =
        PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION__INIT;
    transaction.header = &header;
    transaction.payload = (ProtobufCBinaryData){.data = (uint8_t *)payload, .len = size};
    ProjectOrigin__Registry__V1__Transaction *transactions[] = {&transaction};
    ProjectOrigin__Registry__V1__GetStreamTransactionsResponse response =
        PROJECT_ORIGIN__REGISTRY__V1__GET_STREAM_TRANSACTIONS_RESPONSE__INIT;
    response.transactions = transactions;
    response.n_transactions = 1;
    uint8_t bytes[8192];
    cr_assert_leq(protobuf_c_message_get_packed_size(&response.base), sizeof bytes);
    append(bytes, protobuf_c_message_pack(&response.base, bytes));
}

static void has(const ProtobufCMessage *event) {
    uint8_t bytes[4096];
    cr_assert_leq(protobuf_c_message_get_packed_size(event), sizeof bytes);
    has_as(P, event->descriptor->name, bytes, protobuf_c_message_pack(event, bytes));
}

static void has_issue(int type, uint8_t number) {
    static struct mimic_issue issue;
    mimic_issue_init(&issue, P, type, number, &alice);
    has(&issue.event.base);
}

static void has_cut(uint8_t number, uint8_t first, uint8_t second) {
    static struct mimic_cut cut;
    mimic_cut_init(&cut, P, number, first, second, &alice);
    has(&cut.event.base);
}

static void has_transfer(uint8_t number) {
    static struct mimic_transfer transfer;
    mimic_transfer_init(&transfer, P, number, &bob);
    has(&transfer.event.base);
}

static void has_match(uint8_t number) {
    static struct mimic_match match;
    mimic_match_init(&match, P, number, C, 77, ALLOCATION);
    has(&match.event.base);
}

static void has_claim(void) {
    static struct mimic_claim claim;
    mimic_claim_init(&claim, P, ALLOCATION);
    has(&claim.event.base);
}

static void has_unclaim(void) {
    ProjectOrigin__Common__V1__Uuid id = PROJECT_ORIGIN__COMMON__V1__UUID__INIT;
    id.value = (char *)ALLOCATION;
    ProjectOrigin__Electricity__V1__UnclaimedEvent event =
        PROJECT_ORIGIN__ELECTRICITY__V1__UNCLAIMED_EVENT__INIT;
    event.allocation_id = &id;
    has(&event.base);
}

static void has_withdrawal(void) {
    const ProjectOrigin__Electricity__V1__WithdrawnEvent event =
        PROJECT_ORIGIN__ELECTRICITY__V1__WITHDRAWN_EVENT__INIT;
    has(&event.base);
}

static enum result project(void) {
    arena_reset(&arena);
    error.text[0] = '\0';
    return projection_make((struct bytes){answer, length}, &certificate_id, &arena, &stream,
                           &error);
}

static void is_projected(int64_t transactions, uint32_t slices) {
    cr_assert_eq(project(), RESULT_OK, "%s", error.text);
    cr_expect_eq(stream.transactions, transactions);
    cr_assert_eq(stream.slices_count, slices, "%u slices", stream.slices_count);
    cr_expect(uuid_equal(&stream.certificate_id, &certificate_id));
}

static const struct registry_events_stream_slice *slice_of(uint8_t number) {
    uint8_t hash[32];
    mimic_point_hash(number, hash);
    for (uint32_t i = 0; i < stream.slices_count; i++) {
        if (bytes_equal(stream.slices[i].registry_hash, (struct bytes){hash, sizeof hash})) {
            return &stream.slices[i];
        }
    }
    cr_assert_fail("there is no slice %u", number);
    return NULL;
}

static void expect_slice(uint8_t number, const struct mimic_person *owner,
                         enum millrace_slice_state state) {
    const struct registry_events_stream_slice *slice = slice_of(number);
    cr_expect(bytes_equal(slice->owner_key, (struct bytes){owner->key.content.data,
                                                           (uint32_t)owner->key.content.len}));
    cr_expect_eq((int)slice->state, (int)state, "slice %u", number);
    cr_expect_eq(slice->has_allocation_id, state != MILLRACE_SLICE_STATE_AVAILABLE);
    cr_expect_eq(slice->has_counterpart_certificate_id, slice->has_allocation_id);
}

Test(project_origin_projection, a_stream_that_is_not_there_has_nothing) {
    is_projected(0, 0);
    cr_expect_not(stream.withdrawn);
}

Test(project_origin_projection, slices_are_made_and_change_hands) {
    has_issue(PRODUCTION, 1);
    is_projected(1, 1);
    expect_slice(1, &alice, MILLRACE_SLICE_STATE_AVAILABLE);
    has_cut(1, 2, 3);
    is_projected(2, 2);
    has_transfer(3);
    is_projected(3, 2);
    expect_slice(2, &alice, MILLRACE_SLICE_STATE_AVAILABLE);
    expect_slice(3, &bob, MILLRACE_SLICE_STATE_AVAILABLE);
    cr_expect_not(stream.withdrawn);
}

Test(project_origin_projection, allocated_claimed_and_free_again) {
    has_issue(PRODUCTION, 1);
    has_cut(1, 2, 3);
    has_match(2);
    is_projected(3, 2);
    expect_slice(2, &alice, MILLRACE_SLICE_STATE_ALLOCATED);
    expect_slice(3, &alice, MILLRACE_SLICE_STATE_AVAILABLE);
    cr_expect_eq(slice_of(2)->allocation_id.bytes[0], 0x7c);
    cr_expect_eq(slice_of(2)->counterpart_certificate_id.bytes[0], 0x9b);
    has_claim();
    is_projected(4, 2);
    expect_slice(2, &alice, MILLRACE_SLICE_STATE_CLAIMED);
    has_unclaim();
    is_projected(5, 2);
    expect_slice(2, &alice, MILLRACE_SLICE_STATE_AVAILABLE);
    has_withdrawal();
    is_projected(6, 2);
    cr_expect(stream.withdrawn);
}

Test(project_origin_projection, a_consumption_has_its_own_side_of_an_allocation) {
    struct mimic_match match;
    has_issue(CONSUMPTION, 5);
    mimic_match_init(&match, C, 77, P, 5, ALLOCATION);
    has(&match.event.base);
    is_projected(2, 1);
    expect_slice(5, &alice, MILLRACE_SLICE_STATE_ALLOCATED);
    cr_expect_eq(slice_of(5)->counterpart_certificate_id.bytes[0], 0x9b);
}

Test(project_origin_projection, others_write_their_ids_as_they_like) {
    struct mimic_claim claim;
    has_issue(PRODUCTION, 1);
    has_match(1);
    mimic_claim_init(&claim, P, "7C1F0E52-9A61-5F6E-9B1E-0D2C3B4A5F60");
    has(&claim.event.base);
    is_projected(3, 1);
    expect_slice(1, &alice, MILLRACE_SLICE_STATE_CLAIMED);
}

/* --- What cannot be. --- */

static void issue(void) {
    has_issue(PRODUCTION, 1);
}
static void another_issue(void) {
    has_issue(PRODUCTION, 2);
}
static void transfer_of_what_is_there(void) {
    has_transfer(1);
}
static void transfer_of_nothing(void) {
    has_transfer(9);
}
static void transfer_by_a_short_name(void) {
    struct mimic_transfer transfer;
    mimic_transfer_init(&transfer, P, 1, &bob);
    transfer.event.source_slice_hash.len = 31;
    has(&transfer.event.base);
}
static void transfer_to_nobody(void) {
    struct mimic_transfer transfer;
    mimic_transfer_init(&transfer, P, 1, &bob);
    transfer.event.new_owner = NULL;
    has(&transfer.event.base);
}
static void transfer_to_a_long_key(void) {
    struct mimic_transfer transfer;
    static uint8_t key[257];
    struct mimic_person other = bob;
    other.key.content = (ProtobufCBinaryData){sizeof key, key};
    mimic_transfer_init(&transfer, P, 1, &other);
    has(&transfer.event.base);
}
static void cut_of_nothing(void) {
    has_cut(9, 2, 3);
}
static void cut_into_twins(void) {
    has_cut(1, 2, 2);
}
static void cut_into_short_commitments(void) {
    struct mimic_cut cut;
    mimic_cut_init(&cut, P, 1, 2, 3, &alice);
    cut.parts[1].commitment.content.len = 31;
    has(&cut.event.base);
}
static void cut_without_commitments(void) {
    struct mimic_cut cut;
    mimic_cut_init(&cut, P, 1, 2, 3, &alice);
    cut.parts[0].slice.quantity = NULL;
    has(&cut.event.base);
}
static void match_of_nothing(void) {
    has_match(9);
}
static void match_by_no_id(void) {
    struct mimic_match match;
    mimic_match_init(&match, P, 1, C, 77, "none");
    has(&match.event.base);
}
static void match_with_nobody(void) {
    struct mimic_match match;
    mimic_match_init(&match, P, 1, C, 77, ALLOCATION);
    match.event.consumption_certificate_id = NULL;
    has(&match.event.base);
}
static void claim_of_nothing(void) {
    has_claim();
}
static void claim_by_no_id(void) {
    struct mimic_claim claim;
    mimic_claim_init(&claim, P, "none");
    has(&claim.event.base);
}
static void unclaim_of_nothing(void) {
    has_unclaim();
}
static void two_of_one_allocation(void) {
    has_cut(1, 2, 3);
    has_match(2);
    has_match(3);
}
static void claimed_twice(void) {
    has_cut(1, 2, 3);
    has_match(2);
    has_claim();
    has_match(3);
    has_claim();
}
static void type_of_a_later_version(void) {
    has_as(P, "project_origin.electricity.v1.ExpiredEvent", "", 0);
}
static void payload_of_another_type(void) {
    has_as(P, "project_origin.electricity.v1.TransferredEvent", "\xff\xff", 2);
}
static void of_another_certificate(void) {
    has_as(C, "project_origin.electricity.v1.WithdrawnEvent", "", 0);
}
static void without_a_header(void) {
    append((const uint8_t *)"\x0a\x00", 2);
}
static void no_transaction(void) {
    append((const uint8_t *)"\x0a\x02\xff\xff", 4);
}
static void cut_off(void) {
    append((const uint8_t *)"\x0a\x7fxx", 4);
}

Test(project_origin_projection, what_cannot_be_is_told_with_its_place) {
    static const struct {
        const char *name;
        void (*steps[2])(void);
        const char *words;
    } rows[] = {
        {"not issued", {transfer_of_what_is_there}, "transaction 1"},
        {"issued twice", {issue, another_issue}, "transaction 2"},
        {"no slice", {issue, transfer_of_nothing}, "a slice that is not there"},
        {"a short name", {issue, transfer_by_a_short_name}, "a slice that is not there"},
        {"to nobody", {issue, transfer_to_nobody}, "owner's key"},
        {"a long key", {issue, transfer_to_a_long_key}, "owner's key"},
        {"cut of nothing", {issue, cut_of_nothing}, "a slice that is not there"},
        {"twins", {issue, cut_into_twins}, "one commitment"},
        {"short commitments", {issue, cut_into_short_commitments}, "a commitment is none"},
        {"no commitment", {issue, cut_without_commitments}, "a commitment is none"},
        {"match of nothing", {issue, match_of_nothing}, "a slice that is not there"},
        {"no allocation id", {issue, match_by_no_id}, "no UUID"},
        {"no counterpart", {issue, match_with_nobody}, "no UUID"},
        {"claim of nothing", {issue, claim_of_nothing}, "an allocation that is not there"},
        {"no claim id", {issue, claim_by_no_id}, "no UUID"},
        {"unclaim of nothing", {issue, unclaim_of_nothing}, "an allocation that is not there"},
        {"one allocation twice", {issue, two_of_one_allocation}, "transaction 4"},
        {"claimed twice", {issue, claimed_twice}, "transaction 6"},
        {"a later version", {issue, type_of_a_later_version}, "known here"},
        {"another payload", {issue, payload_of_another_type}, "its type says"},
        {"another certificate", {issue, of_another_certificate}, "another certificate"},
        {"no header", {issue, without_a_header}, "another certificate"},
        {"no transaction", {issue, no_transaction}, "transaction 2"},
        {"cut off", {issue, cut_off}, "contract"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        length = 0;
        for (size_t j = 0; j < 2 && rows[i].steps[j] != NULL; j++) {
            rows[i].steps[j]();
        }
        cr_expect_eq(project(), RESULT_INVALID, "row %s", rows[i].name);
        cr_expect_not_null(strstr(error.text, rows[i].words), "row %s: %s", rows[i].name,
                           error.text);
    }
}

/* --- Too much of it. --- */

Test(project_origin_projection, has_limits) {
    static uint8_t large[PROJECTION_ANSWER_BYTES_MAX + 1];
    cr_expect_eq(projection_make((struct bytes){large, sizeof large}, &certificate_id, &arena,
                                 &stream, &error),
                 RESULT_INVALID);
    cr_expect_not_null(strstr(error.text, "bytes; at most"), "%s", error.text);

    /* The same withdrawal again and again, and one more. */
    has_issue(PRODUCTION, 1);
    const uint32_t first = length;
    has_withdrawal();
    const uint32_t size = length - first;
    memcpy(large, answer, first);
    for (uint32_t i = 0; i < PROJECTION_TRANSACTIONS_MAX; i++) {
        memcpy(large + first + i * size, answer + first, size);
    }
    const struct bytes most = {large, first + (PROJECTION_TRANSACTIONS_MAX - 1) * size};
    cr_expect_eq(projection_make(most, &certificate_id, &arena, &stream, &error), RESULT_OK);
    const struct bytes more = {large, first + PROJECTION_TRANSACTIONS_MAX * size};
    arena_reset(&arena);
    cr_expect_eq(projection_make(more, &certificate_id, &arena, &stream, &error), RESULT_INVALID);
    cr_expect_not_null(strstr(error.text, "more than are read"), "%s", error.text);
}
