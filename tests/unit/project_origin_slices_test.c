/* What the registry calls our slices: SHA-256 of the commitments that lie in the transaction. */
#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>

#include "generated/project_origin/electricity.pb-c.h"
#include "generated/project_origin/registry.pb-c.h"
#include "outside/registry_project_origin/ristretto.h"
#include "outside/registry_project_origin/slices.h"

#define ELECTRICITY(name) ProjectOrigin__Electricity__V1__##name
#define ELECTRICITY_INIT(name) PROJECT_ORIGIN__ELECTRICITY__V1__##name##__INIT

static _Alignas(16) uint8_t memory[1 << 16];
static struct arena arena;
static uint8_t contents[2][POINT_BYTES];
static ELECTRICITY(Commitment) commitments[2];

static void set_up(void) {
    arena_init(&arena, memory, sizeof memory);
    for (int i = 0; i < 2; i++) {
        memset(contents[i], i + 1, sizeof contents[i]);
        commitments[i] = (ELECTRICITY(Commitment))ELECTRICITY_INIT(COMMITMENT);
        commitments[i].content = (ProtobufCBinaryData){sizeof contents[i], contents[i]};
    }
}

TestSuite(project_origin_slices, .init = set_up);

/* An event as it lies in a transaction. */
static struct bytes sent(const ProtobufCMessage *event) {
    ProjectOrigin__Registry__V1__Transaction transaction =
        PROJECT_ORIGIN__REGISTRY__V1__TRANSACTION__INIT;
    transaction.payload.len = protobuf_c_message_get_packed_size(event);
    transaction.payload.data = arena_take(&arena, transaction.payload.len + 1);
    (void)protobuf_c_message_pack(event, transaction.payload.data);
    const size_t length = protobuf_c_message_get_packed_size(&transaction.base);
    uint8_t *bytes = arena_take(&arena, length + 1);
    (void)protobuf_c_message_pack(&transaction.base, bytes);
    return (struct bytes){.data = bytes, .length = (uint32_t)length};
}

static void expect_named(const struct millrace_slice_hash *hash, uint8_t slice, int commitment) {
    uint8_t expected[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(expected, contents[commitment], sizeof contents[commitment]);
    cr_expect_eq(hash->slice_id.bytes[0], slice);
    cr_assert_eq(hash->registry_hash.length, sizeof expected);
    cr_expect_arr_eq(hash->registry_hash.data, expected, sizeof expected);
}

Test(project_origin_slices, of_an_issue) {
    struct millrace_issue_operation issue = {.slice_id = {{7}}};
    const struct millrace_operation operation = {.issue = &issue};
    ELECTRICITY(IssuedEvent) event = ELECTRICITY_INIT(ISSUED_EVENT);
    struct millrace_slice_hash *hashes;
    cr_expect_eq(slices_of_transaction(&operation, sent(&event.base), &arena, &hashes), 0);
    event.quantity_commitment = &commitments[0];
    cr_assert_eq(slices_of_transaction(&operation, sent(&event.base), &arena, &hashes), 1);
    expect_named(&hashes[0], 7, 0);
    commitments[0].content.len--;
    cr_expect_eq(slices_of_transaction(&operation, sent(&event.base), &arena, &hashes), 0);
}

Test(project_origin_slices, of_a_slicing) {
    struct millrace_operation_part parts[] = {{.slice_id = {{8}}}, {.slice_id = {{9}}}};
    struct millrace_slice_operation slice = {.parts = parts, .parts_count = 2};
    const struct millrace_operation operation = {.slice = &slice};
    ELECTRICITY(SlicedEvent) event = ELECTRICITY_INIT(SLICED_EVENT);
    ELECTRICITY(SlicedEvent__Slice) made[2];
    ELECTRICITY(SlicedEvent__Slice) * pointers[] = {&made[0], &made[1]};
    for (int i = 0; i < 2; i++) {
        made[i] = (ELECTRICITY(SlicedEvent__Slice))ELECTRICITY_INIT(SLICED_EVENT__SLICE);
        made[i].quantity = &commitments[i];
    }
    event.new_slices = pointers;
    event.n_new_slices = 2;
    struct millrace_slice_hash *hashes;
    cr_assert_eq(slices_of_transaction(&operation, sent(&event.base), &arena, &hashes), 2);
    expect_named(&hashes[0], 8, 0);
    expect_named(&hashes[1], 9, 1);
    event.n_new_slices = 1;
    cr_expect_eq(slices_of_transaction(&operation, sent(&event.base), &arena, &hashes), 0);
}

Test(project_origin_slices, of_nothing_else) {
    struct millrace_transfer_operation transfer = {.quantity = 1};
    struct millrace_issue_operation issue = {.quantity = 1};
    const struct millrace_operation transferred = {.transfer = &transfer};
    const struct millrace_operation issued = {.issue = &issue};
    ELECTRICITY(IssuedEvent) event = ELECTRICITY_INIT(ISSUED_EVENT);
    event.quantity_commitment = &commitments[0];
    struct millrace_slice_hash *hashes;
    cr_expect_eq(slices_of_transaction(&transferred, sent(&event.base), &arena, &hashes), 0);
    /* What another adapter had made, before the registry was spoken to in this way. */
    const struct bytes plain = {(const uint8_t *)"\xff{\"issue\":1}", 12};
    cr_expect_eq(slices_of_transaction(&issued, plain, &arena, &hashes), 0);
    struct bytes cut = sent(&event.base);
    cut.length -= 2;
    cr_expect_eq(slices_of_transaction(&issued, cut, &arena, &hashes), 0);
}
