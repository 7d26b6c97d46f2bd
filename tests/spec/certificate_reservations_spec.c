/* Reservations: promises in our own books that keep slices for a purpose. */
#include <criterion/criterion.h>

#include "tests/support/certificate_spec.h"

#define RESERVED MESSAGE_CERTIFICATES_EVENTS_SLICES_RESERVED
#define RELEASED MESSAGE_CERTIFICATES_EVENTS_RESERVATION_RELEASED

static struct uuid slices[5];

/* 1,000 Wh of alice's in slices of 100, 300, 300, 250 and, bob's, 50. */
static void given_five_slices(void) {
    given_certificate(1000, "alice");
    const int64_t quantities[] = {100, 300, 300, 250, 50};
    const char *const owners[] = {NULL, NULL, NULL, NULL, "bob"};
    const struct message command = slice_certificate(first_slice(), "alice", 5, quantities, owners);
    given(command);
    for (uint32_t i = 0; i < 5; i++) {
        slices[i] = slice_of(command, i);
    }
}

static void then_reserved(struct uuid reservation_id, uint32_t count, const uint32_t *indices) {
    const struct certificates_events_slices_reserved *event = then_event(RESERVED);
    expect_uuid(&event->reservation_id, &reservation_id);
    cr_expect_not(event->has_transaction_id, "the registry knows nothing of it");
    cr_assert_eq(event->slices_count, count);
    for (uint32_t i = 0; i < count; i++) {
        expect_uuid(&event->slices[i], &slices[indices[i]]);
        expect_reserved(slices[indices[i]], reservation_id);
    }
}

Test(reserve, takes_an_exact_fit_first) {
    given_five_slices();

    when(reserve_slices(some_id(1), "alice", 250));

    then_reserved(some_id(1), 1, (const uint32_t[]){3});
    and_nothing_else();
    expect_free(slices[1]);
}

Test(reserve, takes_the_oldest_of_equal_fits) {
    given_five_slices();

    when(reserve_slices(some_id(1), "alice", 300));
    then_reserved(some_id(1), 1, (const uint32_t[]){1});
    and_nothing_else();

    when(reserve_slices(some_id(2), "alice", 300));
    then_reserved(some_id(2), 1, (const uint32_t[]){2});
    and_nothing_else();
}

Test(reserve, takes_the_largest_until_there_is_enough) {
    given_five_slices();

    when(reserve_slices(some_id(1), "alice", 601));

    then_reserved(some_id(1), 3, (const uint32_t[]){1, 2, 3});
    and_nothing_else();
    expect_free(slices[0]);
    expect_free(slices[4]);
}

Test(reserve, needs_enough_that_is_free_and_ones_own) {
    given_five_slices();

    when(reserve_slices(some_id(1), "alice", 951));
    then_rejected_because(MILLRACE_REASON_NOT_ENOUGH, "\"alice\" has 950 Wh free, not 951");
    and_nothing_else();

    given(reserve_slices(some_id(2), "alice", 300));
    when(reserve_slices(some_id(1), "alice", 651));
    then_rejected_because(MILLRACE_REASON_NOT_ENOUGH, "\"alice\" has 650 Wh free, not 651");
    and_nothing_else();

    given(allocate_slice(slices[2], "alice", some_id(3), 300));
    when(reserve_slices(some_id(1), "alice", 351));
    then_rejected_because(MILLRACE_REASON_NOT_ENOUGH, "\"alice\" has 350 Wh free, not 351");
    and_nothing_else();

    when(reserve_slices(some_id(1), "alice", 350));
    then_reserved(some_id(1), 2, (const uint32_t[]){3, 0});
    and_nothing_else();
}

Test(reserve, refuses) {
    given_five_slices();

    const struct message others = reserve_slices(some_id(1), "alice", 100);
    ((struct certificates_commands_reserve_slices *)others.body)->requested_by = text_of("bob");
    when(others);
    then_rejected(MILLRACE_REASON_NOT_OWNER);
    and_nothing_else();

    static const int64_t wrong[] = {0, -5, LIMIT_QUANTITY_WH_MAX + 1};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        when(reserve_slices(some_id(1), "alice", wrong[i]));
        then_rejected(MILLRACE_REASON_INVALID_QUANTITY);
        and_nothing_else();
    }

    given(reserve_slices(some_id(1), "alice", 100));
    when(reserve_slices(some_id(1), "alice", 100));
    then_rejected(MILLRACE_REASON_SLICE_RESERVED);
    and_nothing_else();
}

Test(release, frees_all_that_is_still_held) {
    given_five_slices();
    given(reserve_slices(some_id(1), "alice", 550));
    given(reserve_slices(some_id(2), "alice", 100));

    when(release_reservation(some_id(1), "alice"));

    const struct certificates_events_reservation_released *event = then_event(RELEASED);
    const struct uuid reservation_id = some_id(1);
    expect_uuid(&event->reservation_id, &reservation_id);
    and_nothing_else();
    expect_free(slices[1]);
    expect_free(slices[2]);
    expect_reserved(slices[0], some_id(2));
}

Test(release, refuses) {
    given_five_slices();
    given(reserve_slices(some_id(1), "alice", 300));

    when(release_reservation(some_id(2), "alice"));
    then_rejected(MILLRACE_REASON_UNKNOWN_RESERVATION);
    and_nothing_else();

    when(release_reservation(some_id(1), "bob"));
    then_rejected(MILLRACE_REASON_NOT_OWNER);
    and_nothing_else();

    given(release_reservation(some_id(1), "alice"));
    when(release_reservation(some_id(1), "alice"));
    then_rejected(MILLRACE_REASON_UNKNOWN_RESERVATION);
    and_nothing_else();
}

Test(reserved, slice_is_moved_only_by_who_names_the_reservation) {
    given_five_slices();
    given(reserve_slices(some_id(1), "alice", 250));
    const struct message refused[] = {
        transfer_slice(slices[3], "alice", "bob"),
        slice_in_two(slices[3], "alice", 100, NULL, 150, NULL),
        with_reservation(slice_in_two(slices[3], "alice", 100, NULL, 150, NULL), some_id(2)),
        allocate_slice(slices[3], "alice", some_id(3), 250),
        with_reservation(allocate_slice(slices[3], "alice", some_id(3), 250), some_id(2)),
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        when(refused[i]);
        then_rejected(MILLRACE_REASON_SLICE_RESERVED);
        and_nothing_else();
    }

    when(with_reservation(slice_in_two(slices[3], "mallory", 100, NULL, 150, NULL), some_id(1)));
    then_rejected(MILLRACE_REASON_NOT_OWNER);
    and_nothing_else();

    when(with_reservation(allocate_slice(slices[3], "alice", some_id(3), 250), some_id(1)));
    then_submitted("plain");
    and_nothing_else();
}

Test(reserved, parts_that_stay_with_the_owner_stay_reserved) {
    given_five_slices();
    given(reserve_slices(some_id(1), "alice", 250));
    const int64_t quantities[] = {100, 100, 50};
    const char *const owners[] = {NULL, "alice", "bob"};
    const struct message command =
        with_reservation(slice_certificate(slices[3], "alice", 3, quantities, owners), some_id(1));

    given(command);

    const struct certificates_events_certificate_sliced *event =
        then_event(MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SLICED);
    cr_expect(event->slices[0].has_reservation_id && event->slices[1].has_reservation_id);
    cr_expect_not(event->slices[2].has_reservation_id, "what goes to another owner is free");
    and_nothing_else();
    expect_reserved(slice_of(command, 0), some_id(1));
    expect_reserved(slice_of(command, 1), some_id(1));
    expect_free(slice_of(command, 2));
}

Test(reserved, slice_that_is_allocated_is_reserved_no_more) {
    given_five_slices();
    given(reserve_slices(some_id(1), "alice", 550));

    given(with_reservation(allocate_slice(slices[1], "alice", some_id(3), 300), some_id(1)));
    expect_free(slices[1]);
    expect_reserved(slices[2], some_id(1));

    when(release_reservation(some_id(1), "alice"));
    then_event(RELEASED);
    and_nothing_else();
    expect_free(slices[2]);
    expect_slice(slices[1], 300, "alice", MILLRACE_SLICE_STATE_ALLOCATED);
}
