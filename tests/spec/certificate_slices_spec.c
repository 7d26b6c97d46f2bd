/* Slicing and transferring: parts of a certificate, and whose they are. */
#include <criterion/criterion.h>

#include "tests/support/certificate_spec.h"

#define SLICED MESSAGE_CERTIFICATES_EVENTS_CERTIFICATE_SLICED
#define TRANSFERRED MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED

Test(slice, asks_the_registry_with_ids_that_the_producer_knows) {
    given_certificate(1000, "alice");
    const struct message command = slice_in_two(first_slice(), "alice", 400, "bob", 600, NULL);

    when(command);

    const struct millrace_slice_operation *operation = then_submitted("plain")->slice;
    const struct uuid source = first_slice();
    expect_uuid(&operation->slice_id, &source);
    expect_text(operation->owner, "alice");
    cr_expect_eq(operation->quantity, 1000);
    cr_expect(operation->has_registry_hash, "the registry's name for it goes along");
    cr_assert_eq(operation->parts_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct uuid id = slice_of(command, i);
        expect_uuid(&operation->parts[i].slice_id, &id);
    }
    cr_expect_eq(operation->parts[0].quantity, 400);
    expect_text(operation->parts[0].owner, "bob");
    expect_text(operation->parts[1].owner, "alice");
    and_nothing_else();
    expect_slice(first_slice(), 1000, "alice", MILLRACE_SLICE_STATE_AVAILABLE);
}

Test(slice, puts_the_parts_in_the_place_of_the_slice) {
    given_certificate(1000, "alice");
    const struct message command = slice_in_two(first_slice(), "alice", 400, "bob", 600, NULL);
    given_in_flight(command);

    when_succeeded();

    const struct certificates_events_certificate_sliced *event = then_event(SLICED);
    const struct uuid source = first_slice();
    expect_uuid(&event->source_slice_id, &source);
    cr_expect_eq(event->version, 2);
    cr_assert_eq(event->slices_count, 2);
    cr_expect(event->slices[0].has_registry_hash && event->slices[1].has_registry_hash);
    cr_expect_not(bytes_equal(event->slices[0].registry_hash, event->slices[1].registry_hash));
    and_nothing_else();
    cr_expect_eq(the_model()->slices_count, 2, "the source is no more");
    expect_slice(slice_of(command, 0), 400, "bob", MILLRACE_SLICE_STATE_AVAILABLE);
    expect_slice(slice_of(command, 1), 600, "alice", MILLRACE_SLICE_STATE_AVAILABLE);
}

Test(slice, changes_nothing_when_the_registry_refuses) {
    given_certificate(1000, "alice");
    given_in_flight(slice_in_two(first_slice(), "alice", 400, NULL, 600, NULL));

    when_refused("Invalid sum proof");

    then_rejected_because(MILLRACE_REASON_REGISTRY_REFUSED, "Invalid sum proof");
    and_nothing_else();
    expect_slice(first_slice(), 1000, "alice", MILLRACE_SLICE_STATE_AVAILABLE);
}

Test(slice, refuses_parts_that_do_not_suit) {
    static const struct {
        const char *name;
        enum millrace_reason reason;
        uint32_t count;
        int64_t quantities[3];
        const char *owners[3];
    } rows[] = {
        {"none", MILLRACE_REASON_INVALID_QUANTITY, 0, {0}, {0}},
        {"one", MILLRACE_REASON_INVALID_QUANTITY, 1, {1000}, {0}},
        {"too little", MILLRACE_REASON_QUANTITY_MISMATCH, 2, {400, 599}, {0}},
        {"too much", MILLRACE_REASON_QUANTITY_MISMATCH, 2, {400, 601}, {0}},
        {"an empty one", MILLRACE_REASON_INVALID_QUANTITY, 3, {400, 600, 0}, {0}},
        {"a negative one", MILLRACE_REASON_INVALID_QUANTITY, 3, {500, 600, -100}, {0}},
        {"a sum that would overflow",
         MILLRACE_REASON_INVALID_QUANTITY,
         3,
         {INT64_MAX, INT64_MAX, 1002},
         {0}},
        {"an owner that is none", MILLRACE_REASON_UNKNOWN_OWNER, 2, {400, 600}, {"b b", NULL}},
    };
    given_certificate(1000, "alice");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        when(slice_certificate(first_slice(), "alice", rows[i].count, rows[i].quantities,
                               rows[i].owners));
        then_rejected(rows[i].reason);
        and_nothing_else();
    }
}

Test(slice, is_for_its_owner) {
    given_certificate(1000, "alice");

    when(slice_in_two(first_slice(), "bob", 400, NULL, 600, NULL));
    then_rejected(MILLRACE_REASON_NOT_OWNER);
    and_nothing_else();

    when(slice_in_two(some_id(5), "alice", 400, NULL, 600, NULL));
    then_rejected(MILLRACE_REASON_UNKNOWN_SLICE);
    and_nothing_else();

    when(with_reservation(slice_in_two(first_slice(), "alice", 400, NULL, 600, NULL), some_id(6)));
    then_rejected(MILLRACE_REASON_UNKNOWN_RESERVATION);
    and_nothing_else();
}

Test(slice, once_made_is_gone) {
    given_certificate(1000, "alice");
    given(slice_in_two(first_slice(), "alice", 400, NULL, 600, NULL));

    when(slice_in_two(first_slice(), "alice", 400, NULL, 600, NULL));
    then_rejected(MILLRACE_REASON_UNKNOWN_SLICE);
    and_nothing_else();
}

Test(slice, has_at_most_a_hundred_parts) {
    int64_t ones[LIMIT_PARTS_MAX + 1];
    for (uint32_t i = 0; i <= LIMIT_PARTS_MAX; i++) {
        ones[i] = 1;
    }
    given_certificate(LIMIT_PARTS_MAX + 1, "alice");

    when(slice_certificate(first_slice(), "alice", LIMIT_PARTS_MAX + 1, ones, NULL));
    then_rejected_because(MILLRACE_REASON_TOO_MANY_SLICES,
                          "a slicing has at most 100 parts, this one has 101");
    and_nothing_else();

    ones[LIMIT_PARTS_MAX - 1] = 2;
    when(slice_certificate(first_slice(), "alice", LIMIT_PARTS_MAX, ones, NULL));
    then_submitted("plain");
    and_nothing_else();
    when_succeeded();
    then_event(SLICED);
    and_nothing_else();
}

Test(slice, makes_at_most_a_thousand_slices) {
    int64_t parts[LIMIT_PARTS_MAX];
    for (uint32_t i = 0; i < LIMIT_PARTS_MAX; i++) {
        parts[i] = 1;
    }
    given_certificate(10000, "alice");
    struct uuid largest = first_slice();
    int64_t left = 10000;
    while (the_model()->slices_count + LIMIT_PARTS_MAX - 1 <= LIMIT_SLICES_MAX) {
        parts[LIMIT_PARTS_MAX - 1] = left - (LIMIT_PARTS_MAX - 1);
        const struct message command =
            slice_certificate(largest, "alice", LIMIT_PARTS_MAX, parts, NULL);
        given(command);
        largest = slice_of(command, LIMIT_PARTS_MAX - 1);
        left = parts[LIMIT_PARTS_MAX - 1];
    }
    const uint32_t room = LIMIT_SLICES_MAX - the_model()->slices_count;

    parts[room + 1] = left - (room + 1);
    when(slice_certificate(largest, "alice", room + 2, parts, NULL));
    then_rejected(MILLRACE_REASON_TOO_MANY_SLICES);
    and_nothing_else();

    parts[room] = left - room;
    given(slice_certificate(largest, "alice", room + 1, parts, NULL));
    cr_expect_eq(the_model()->slices_count, LIMIT_SLICES_MAX);
}

Test(transfer, gives_the_slice_to_another_owner) {
    given_certificate(1000, "alice");

    when(transfer_slice(first_slice(), "alice", "bob"));
    const struct millrace_transfer_operation *operation = then_submitted("plain")->transfer;
    const struct uuid slice_id = first_slice();
    expect_uuid(&operation->slice_id, &slice_id);
    expect_text(operation->owner, "alice");
    expect_text(operation->new_owner, "bob");
    cr_expect_eq(operation->quantity, 1000);
    cr_expect(operation->has_registry_hash);
    and_nothing_else();

    when_succeeded();
    const struct certificates_events_slice_transferred *event = then_event(TRANSFERRED);
    expect_uuid(&event->slice_id, &slice_id);
    expect_text(event->from_owner, "alice");
    expect_text(event->to_owner, "bob");
    and_nothing_else();
    expect_slice(first_slice(), 1000, "bob", MILLRACE_SLICE_STATE_AVAILABLE);
}

Test(transfer, may_go_back) {
    given_certificate(1000, "alice");
    given(transfer_slice(first_slice(), "alice", "bob"));

    when(transfer_slice(first_slice(), "alice", "carol"));
    then_rejected(MILLRACE_REASON_NOT_OWNER);

    when(transfer_slice(first_slice(), "bob", "alice"));
    then_submitted("plain");
    when_succeeded();
    then_event(TRANSFERRED);
    and_nothing_else();
    expect_slice(first_slice(), 1000, "alice", MILLRACE_SLICE_STATE_AVAILABLE);
}

Test(transfer, refuses) {
    given_certificate(1000, "alice");

    when(transfer_slice(first_slice(), "mallory", "bob"));
    then_rejected(MILLRACE_REASON_NOT_OWNER);
    and_nothing_else();

    when(transfer_slice(first_slice(), "alice", "alice"));
    then_rejected(MILLRACE_REASON_SAME_OWNER);
    and_nothing_else();

    when(transfer_slice(some_id(5), "alice", "bob"));
    then_rejected(MILLRACE_REASON_UNKNOWN_SLICE);
    and_nothing_else();

    when(transfer_slice(first_slice(), "alice", "no body"));
    then_rejected(MILLRACE_REASON_UNKNOWN_OWNER);
    and_nothing_else();
}
