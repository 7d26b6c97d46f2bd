/* The certificates processor where it needs most of a turn's memory: when one event of the registry
 * sets all going that waited behind it. Taking more than a turn has is an assert in production, so
 * a quarter of it must be left. */
#include <criterion/criterion.h>

#include "domain/limits.h"
#include "loop/turn.h"
#include "tests/support/certificates_rig.h"

#define TRANSFERRED MESSAGE_CERTIFICATES_EVENTS_SLICE_TRANSFERRED
#define RESERVED MESSAGE_CERTIFICATES_EVENTS_SLICES_RESERVED
#define RELEASED MESSAGE_CERTIFICATES_EVENTS_RESERVATION_RELEASED
#define REJECTED MESSAGE_CERTIFICATES_EVENTS_COMMAND_REJECTED

TestSuite(memory, .init = rig_open, .fini = rig_close);

static void expect_margin(size_t bytes_expected) {
    const size_t bytes = the_largest_handling();
    cr_expect_geq(bytes, bytes_expected, "%zu bytes: this is not the largest any more", bytes);
    cr_expect_leq(bytes, (size_t)TURN_HANDLING_BYTES_MAX / 4 * 3, "%zu bytes", bytes);
    cr_expect_eq(the_lane().state, LANE_STATE_WORKING, "%s", the_lane().reason);
}

/* A certificate of over 900 slices, of which `*largest` is one; returns how many submissions that
 * took. */
static uint32_t given_many_slices(struct uuid *largest) {
    const struct message issue = issue_certificate(1000, "alice");
    int64_t ones[LIMIT_PARTS_MAX];
    uint32_t submissions = 0;
    int64_t left = 1000;
    someone_sends(issue);
    let_run();
    registry_executes(submissions++);
    let_run();
    *largest = slice_of(issue, 0);
    for (uint32_t i = 0; i < LIMIT_PARTS_MAX; i++) {
        ones[i] = 1;
    }
    while (left > LIMIT_PARTS_MAX) {
        ones[LIMIT_PARTS_MAX - 1] = left - (LIMIT_PARTS_MAX - 1);
        const struct message command =
            slice_certificate(*largest, "alice", LIMIT_PARTS_MAX, ones, NULL);
        someone_sends(command);
        let_run();
        registry_executes(submissions++);
        let_run();
        *largest = slice_of(command, LIMIT_PARTS_MAX - 1);
        left = ones[LIMIT_PARTS_MAX - 1];
    }
    cr_assert_gt(state_of(the_certificate())->model.slices_count, 900);
    return submissions;
}

Test(memory, of_a_turn_suffices_for_a_full_mailbox_on_a_certificate_of_a_thousand_slices) {
    struct uuid largest;
    const uint32_t submission = given_many_slices(&largest);
    someone_sends(transfer_slice(largest, "alice", "bob"));
    for (uint32_t i = 0; i < LIMIT_WAITING_MAX; i++) {
        someone_sends(i % 2 == 0 ? reserve_slices(some_id(1000 + i), "alice", 900)
                                 : release_reservation(some_id(999 + i), "alice"));
    }
    let_run();
    whatever_was_written();
    cr_assert_eq(state_of(the_certificate())->work.waiting_count, LIMIT_WAITING_MAX);

    registry_executes(submission);
    let_run();

    then_written(TRANSFERRED);
    for (uint32_t i = 0; i < LIMIT_WAITING_MAX; i++) {
        then_written(i % 2 == 0 ? RESERVED : RELEASED);
    }
    expect_margin(8 << 20);
}

/* A command of nearly the largest size that is one: parts with long names, and too many of them. */
static struct message largest_command(struct uuid slice) {
    enum { PARTS = 248, NAME_BYTES = 256 };
    static char name[NAME_BYTES + 1];
    static const char *owners[PARTS];
    static int64_t quantities[PARTS];
    memset(name, 'n', NAME_BYTES);
    for (uint32_t i = 0; i < PARTS; i++) {
        owners[i] = name;
        quantities[i] = 1;
    }
    const struct message command = slice_certificate(slice, "alice", PARTS, quantities, owners);
    const uint32_t length = value_of(command).length;
    cr_assert(length <= LIMIT_COMMAND_BYTES_MAX && length > LIMIT_COMMAND_BYTES_MAX - 1024, "%u",
              length);
    return command;
}

/* The state's limit is reached before 64 of them wait. */
Test(memory, of_a_turn_suffices_for_the_largest_commands_that_wait) {
    struct uuid largest;
    const uint32_t submission = given_many_slices(&largest);
    someone_sends(transfer_slice(largest, "alice", "bob"));
    let_run();
    uint32_t waiting;
    do {
        waiting = state_of(the_certificate())->work.waiting_count;
        someone_sends(largest_command(largest));
        let_run();
    } while (state_of(the_certificate())->work.waiting_count > waiting);
    cr_assert_gt(waiting, 5, "%u wait", waiting);
    whatever_was_written();

    registry_executes(submission);
    let_run();

    then_written(TRANSFERRED);
    for (uint32_t i = 0; i < waiting; i++) {
        then_written(REJECTED);
    }
    expect_margin(1 << 20);
}
