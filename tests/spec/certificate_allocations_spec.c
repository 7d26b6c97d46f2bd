/* Allocating, claiming, unclaiming: a slice and its counterpart. */
#include <criterion/criterion.h>

#include "tests/support/certificate_spec.h"

#define ALLOCATED MESSAGE_CERTIFICATES_EVENTS_SLICE_ALLOCATED
#define CLAIMED MESSAGE_CERTIFICATES_EVENTS_SLICE_CLAIMED
#define UNCLAIMED MESSAGE_CERTIFICATES_EVENTS_SLICE_UNCLAIMED

Test(allocate, promises_a_whole_slice_to_its_counterpart) {
    given_certificate(1000, "alice");

    when(with_claim(allocate_slice(first_slice(), "alice", some_id(2), 1000), some_id(8)));
    const struct millrace_allocate_operation *operation = then_submitted("plain")->allocate;
    const struct uuid allocation_id = some_id(2);
    const struct uuid counterpart = some_id(900);
    const struct uuid counterpart_slice = some_id(901);
    expect_uuid(&operation->allocation_id, &allocation_id);
    expect_uuid(&operation->counterpart_certificate_id, &counterpart);
    expect_uuid(&operation->counterpart_slice_id, &counterpart_slice);
    expect_text(operation->counterpart_registry, "readable");
    expect_text(operation->owner, "alice");
    expect_text(operation->grid_area, "DK1");
    cr_expect_eq(operation->certificate_type, MILLRACE_CERTIFICATE_TYPE_PRODUCTION);
    cr_expect_eq(operation->quantity, 1000);
    cr_expect(operation->has_registry_hash);
    cr_expect_not(operation->has_counterpart_registry_hash, "nobody said it");
    and_nothing_else();

    when_succeeded();
    const struct certificates_events_slice_allocated *event = then_event(ALLOCATED);
    const struct uuid claim_id = some_id(8);
    const struct uuid slice_id = first_slice();
    expect_uuid(&event->slice_id, &slice_id);
    expect_uuid(&event->allocation_id, &allocation_id);
    cr_expect(event->has_claim_id);
    expect_uuid(&event->claim_id, &claim_id);
    expect_uuid(&event->counterpart_certificate_id, &counterpart);
    and_nothing_else();
    expect_slice(first_slice(), 1000, "alice", MILLRACE_SLICE_STATE_ALLOCATED);
}

Test(allocate, passes_on_what_the_registry_calls_the_counterpart) {
    given_certificate(1000, "alice");
    const struct bytes name = {(const uint8_t *)"the other's", 11};

    const struct message named = allocate_slice(first_slice(), "alice", some_id(2), 1000);
    struct certificates_commands_allocate_slice *command = named.body;
    command->has_counterpart_registry_hash = true;
    command->counterpart_registry_hash = name;
    when(named);
    const struct millrace_allocate_operation *operation = then_submitted("plain")->allocate;
    cr_expect(operation->has_counterpart_registry_hash);
    cr_expect(bytes_equal(operation->counterpart_registry_hash, name));
    and_nothing_else();
}

Test(allocate, refuses) {
    given_certificate(1000, "alice");

    when(allocate_slice(first_slice(), "alice", some_id(2), 999));
    then_rejected(MILLRACE_REASON_QUANTITY_MISMATCH);
    and_nothing_else();

    when(allocate_slice(first_slice(), "bob", some_id(2), 1000));
    then_rejected(MILLRACE_REASON_NOT_OWNER);
    and_nothing_else();

    when(allocate_slice(some_id(5), "alice", some_id(2), 1000));
    then_rejected(MILLRACE_REASON_UNKNOWN_SLICE);
    and_nothing_else();

    const struct message elsewhere = allocate_slice(first_slice(), "alice", some_id(2), 1000);
    ((struct certificates_commands_allocate_slice *)elsewhere.body)->counterpart_registry =
        text_of("nowhere");
    when(elsewhere);
    then_rejected(MILLRACE_REASON_UNKNOWN_REGISTRY);
    and_nothing_else();

    const struct message to_itself = allocate_slice(first_slice(), "alice", some_id(2), 1000);
    ((struct certificates_commands_allocate_slice *)to_itself.body)->counterpart_certificate_id =
        the_certificate();
    when(to_itself);
    then_rejected(MILLRACE_REASON_UNKNOWN_CERTIFICATE);
    and_nothing_else();

    when(with_reservation(allocate_slice(first_slice(), "alice", some_id(2), 1000), some_id(6)));
    then_rejected(MILLRACE_REASON_UNKNOWN_RESERVATION);
    and_nothing_else();
}

Test(allocated, slice_does_not_move) {
    given_certificate(1000, "alice");
    given(allocate_slice(first_slice(), "alice", some_id(2), 1000));
    const struct message refused[] = {
        transfer_slice(first_slice(), "alice", "bob"),
        slice_in_two(first_slice(), "alice", 400, NULL, 600, NULL),
        allocate_slice(first_slice(), "alice", some_id(3), 1000),
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        when(refused[i]);
        then_rejected(MILLRACE_REASON_SLICE_NOT_AVAILABLE);
        and_nothing_else();
    }
}

Test(allocation_id, is_used_once) {
    given_certificate(1000, "alice");
    const struct message slicing = slice_in_two(first_slice(), "alice", 400, NULL, 600, NULL);
    given(slicing);
    given(allocate_slice(slice_of(slicing, 0), "alice", some_id(2), 400));

    when(allocate_slice(slice_of(slicing, 1), "alice", some_id(2), 600));
    then_rejected(MILLRACE_REASON_ALLOCATION_ID_IN_USE);
    and_nothing_else();

    given(claim_slice(slice_of(slicing, 0), "alice", some_id(2)));
    given(unclaim_slice(slice_of(slicing, 0), "alice", some_id(2)));
    when(allocate_slice(slice_of(slicing, 0), "alice", some_id(2), 400));
    then_rejected(MILLRACE_REASON_ALLOCATION_ID_IN_USE);
    and_nothing_else();

    when(allocate_slice(slice_of(slicing, 0), "alice", some_id(3), 400));
    then_submitted("plain");
    and_nothing_else();
}

Test(claim, spends_an_allocated_slice) {
    given_certificate(1000, "alice");
    given(with_claim(allocate_slice(first_slice(), "alice", some_id(2), 1000), some_id(8)));

    when(claim_slice(first_slice(), "alice", some_id(2)));
    const struct millrace_claim_operation *operation = then_submitted("plain")->claim;
    const struct uuid counterpart = some_id(900);
    expect_uuid(&operation->counterpart_certificate_id, &counterpart);
    expect_text(operation->owner, "alice");
    cr_expect_eq(operation->quantity, 1000);
    and_nothing_else();

    when_succeeded();
    const struct certificates_events_slice_claimed *event = then_event(CLAIMED);
    const struct uuid claim_id = some_id(8);
    cr_expect(event->has_claim_id);
    expect_uuid(&event->claim_id, &claim_id);
    expect_uuid(&event->counterpart_certificate_id, &counterpart);
    and_nothing_else();
    expect_slice(first_slice(), 1000, "alice", MILLRACE_SLICE_STATE_CLAIMED);
}

Test(claim, needs_its_very_allocation) {
    given_certificate(1000, "alice");

    when(claim_slice(first_slice(), "alice", some_id(2)));
    then_rejected(MILLRACE_REASON_UNKNOWN_ALLOCATION);
    and_nothing_else();

    given(allocate_slice(first_slice(), "alice", some_id(2), 1000));
    when(claim_slice(first_slice(), "alice", some_id(3)));
    then_rejected(MILLRACE_REASON_UNKNOWN_ALLOCATION);
    and_nothing_else();

    when(claim_slice(first_slice(), "bob", some_id(2)));
    then_rejected(MILLRACE_REASON_NOT_OWNER);
    and_nothing_else();

    when(claim_slice(some_id(5), "alice", some_id(2)));
    then_rejected(MILLRACE_REASON_UNKNOWN_SLICE);
    and_nothing_else();
}

Test(claimed, slice_never_moves) {
    given_certificate(1000, "alice");
    given(allocate_slice(first_slice(), "alice", some_id(2), 1000));
    given(claim_slice(first_slice(), "alice", some_id(2)));
    const struct message refused[] = {
        transfer_slice(first_slice(), "alice", "bob"),
        slice_in_two(first_slice(), "alice", 400, NULL, 600, NULL),
        allocate_slice(first_slice(), "alice", some_id(3), 1000),
        claim_slice(first_slice(), "alice", some_id(2)),
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        when(refused[i]);
        then_rejected(MILLRACE_REASON_SLICE_NOT_AVAILABLE);
        and_nothing_else();
    }
    when(reserve_slices(some_id(1), "alice", 1000));
    then_rejected(MILLRACE_REASON_NOT_ENOUGH);
    and_nothing_else();
}

Test(unclaim, makes_the_slice_available_again) {
    given_certificate(1000, "alice");
    given(allocate_slice(first_slice(), "alice", some_id(2), 1000));
    given(claim_slice(first_slice(), "alice", some_id(2)));

    when(unclaim_slice(first_slice(), "alice", some_id(2)));
    const struct uuid counterpart = some_id(900);
    expect_uuid(&then_submitted("plain")->unclaim->counterpart_certificate_id, &counterpart);
    and_nothing_else();

    when_succeeded();
    const struct certificates_events_slice_unclaimed *event = then_event(UNCLAIMED);
    cr_expect_not(event->has_claim_id);
    expect_uuid(&event->counterpart_certificate_id, &counterpart);
    and_nothing_else();
    expect_slice(first_slice(), 1000, "alice", MILLRACE_SLICE_STATE_AVAILABLE);
    cr_expect_eq(the_model()->spent_allocations_count, 1);
}

Test(unclaim, needs_a_claim) {
    given_certificate(1000, "alice");

    when(unclaim_slice(first_slice(), "alice", some_id(2)));
    then_rejected(MILLRACE_REASON_UNKNOWN_ALLOCATION);
    and_nothing_else();

    given(allocate_slice(first_slice(), "alice", some_id(2), 1000));
    when(unclaim_slice(first_slice(), "alice", some_id(2)));
    then_rejected(MILLRACE_REASON_SLICE_NOT_AVAILABLE);
    and_nothing_else();

    given(claim_slice(first_slice(), "alice", some_id(2)));
    when(unclaim_slice(first_slice(), "bob", some_id(2)));
    then_rejected(MILLRACE_REASON_NOT_OWNER);
    and_nothing_else();
}

Test(unclaim, is_refused_when_too_many_allocation_ids_are_remembered) {
    given_certificate(1000, "alice");
    given(allocate_slice(first_slice(), "alice", some_id(2), 1000));
    given(claim_slice(first_slice(), "alice", some_id(2)));
    static struct uuid spent[LIMIT_SPENT_ALLOCATIONS_MAX];
    /* Ten thousand unclaims in the past, without going through them all. */
    struct certificates_state_certificate_model *model =
        (struct certificates_state_certificate_model *)the_model();
    model->spent_allocations = spent;
    model->spent_allocations_count = LIMIT_SPENT_ALLOCATIONS_MAX;

    when(unclaim_slice(first_slice(), "alice", some_id(2)));

    then_rejected(MILLRACE_REASON_TOO_LARGE);
}
