/* What a lane does with what it cannot handle, yet or ever: it waits, stops, or puts it aside. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/lane_rig.h"

TestSuite(lane_wait, .init = lane_rig_open, .fini = lane_rig_close);

Test(lane_wait, waits_for_brokers_in_every_state) {
    memory_log_away(rig.world->log, true);
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    rig.lane = toy_lane_open(&rig.member, LANE_RIG_PARTITION);
    lane_rig_work(60 * SECOND_MS);
    cr_expect_eq(toy_status(rig.lane).state, LANE_STATE_FENCING);
    cr_expect_leq(rig.world->now_ms - lane_ticked_ms(rig.lane), SECOND_MS);
    memory_log_away(rig.world->log, false);
    lane_rig_work(SECOND_MS);
    lane_rig_expect_state("a", "a ", 1);
    memory_log_away(rig.world->log, true);
    toy_command(rig.world, LANE_RIG_PARTITION, "b");
    lane_rig_work(60 * SECOND_MS);
    cr_expect_eq(toy_status(rig.lane).state, LANE_STATE_WORKING);
    memory_log_away(rig.world->log, false);
    lane_rig_work(SECOND_MS);
    lane_rig_expect_state("a b", "a b ", 2);
    lane_close(rig.lane);
}

Test(lane_wait, takes_urgent_inputs_first) {
    for (uint32_t i = 0; i < 300; i++) {
        toy_command(rig.world, LANE_RIG_PARTITION, "c");
    }
    toy_urgent(rig.world, LANE_RIG_PARTITION, "u1");
    lane_rig_start();
    cr_expect_eq(strncmp(rig.world->toy.handled, "u1 c", 4), 0);
    lane_rig_work(10);

    /* What comes while a batch is handled need not wait for the end of it. */
    rig.world->toy.handled[0] = '\0';
    for (uint32_t i = 0; i < 300; i++) {
        toy_command(rig.world, LANE_RIG_PARTITION, "c");
    }
    lane_step(rig.lane);
    toy_urgent(rig.world, LANE_RIG_PARTITION, "u2");
    lane_rig_work(10);
    const char *urgent = strstr(rig.world->toy.handled, "u2");
    cr_assert_not_null(urgent);
    cr_expect_not_null(strstr(urgent, "c c c c c c c c c c"), "%s", rig.world->toy.handled);
    lane_close(rig.lane);
}

Test(lane_wait, waits_with_what_cannot_be_handled_yet) {
    rig.world->toy.again = true;
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    toy_command(rig.world, LANE_RIG_PARTITION, "again-b");
    toy_command(rig.world, LANE_RIG_PARTITION, "c");
    lane_rig_work(10);
    lane_rig_expect_state("a", "a ", 1);
    cr_expect_eq(toy_status(rig.lane).state, LANE_STATE_WAITING);
    cr_expect_str_eq(toy_status(rig.lane).reason,
                     "toy.commands partition 1 offset 1: somebody is away");
    toy_urgent(rig.world, LANE_RIG_PARTITION, "u");
    lane_rig_work(10);
    lane_rig_expect_state("a u", "a u ", 1);
    lane_rig_work(60 * SECOND_MS);
    cr_expect_not(lane_ended(rig.lane));
    cr_expect_eq(toy_status(rig.lane).lags[TOY_COMMANDS], 2);
    rig.world->toy.again = false;
    lane_rig_work(6 * SECOND_MS);
    lane_rig_expect_state("a u again-b c", "a u again-b c ", 3);
    cr_expect_eq(toy_status(rig.lane).state, LANE_STATE_WORKING);
    cr_expect_str_eq(toy_status(rig.lane).reason, "");
    lane_close(rig.lane);
}

Test(lane_wait, holds_up_less_urgent_inputs_while_it_waits) {
    rig.world->toy.again = true;
    toy_urgent(rig.world, LANE_RIG_PARTITION, "again-u");
    toy_command(rig.world, LANE_RIG_PARTITION, "c");
    lane_rig_start();
    lane_rig_work(10);
    lane_rig_expect_state("", "", -1);
    rig.world->toy.again = false;
    lane_rig_work(SECOND_MS);
    lane_rig_expect_state("again-u c", "again-u c ", 1);
    lane_close(rig.lane);
}

/* Found by the simulation: the less urgent input's time had come, and it could not be taken. */
Test(lane_wait, rests_while_two_inputs_wait) {
    rig.world->toy.again = true;
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "again-c");
    lane_rig_work(20 * SECOND_MS); /* until it is tried again every few seconds only */
    toy_urgent(rig.world, LANE_RIG_PARTITION, "again-u");
    for (uint32_t i = 0; i < 100; i++) {
        lane_rig_work(100);
        cr_expect_gt(lane_due_ms(rig.lane), lane_ticked_ms(rig.lane), "%u", i);
    }
    rig.world->toy.again = false;
    lane_rig_work(6 * SECOND_MS);
    lane_rig_expect_state("again-u again-c", "again-u again-c ", 1);
    lane_close(rig.lane);
}

Test(lane_wait, stops_at_what_it_cannot_read_and_still_takes_replies) {
    struct lane *other = toy_lane_open(&rig.member, LANE_RIG_PARTITION + 1);
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "send-a");
    lane_rig_work(10);
    toy_command(rig.world, LANE_RIG_PARTITION, "b");
    toy_command(rig.world, LANE_RIG_PARTITION, "invalid");
    toy_command(rig.world, LANE_RIG_PARTITION, "c");
    toy_command(rig.world, LANE_RIG_PARTITION + 1, "d");
    lane_rig_work(10);
    toy_run(rig.world, other, 10);
    cr_expect_eq(toy_status(rig.lane).state, LANE_STATE_STOPPED);
    cr_expect_str_eq(toy_status(rig.lane).reason,
                     "toy.commands partition 1 offset 2: this cannot be read");
    lane_rig_expect_state("send-a b", "send-a b ", 2);
    cr_expect_str_eq(toy_events(rig.world, LANE_RIG_PARTITION + 1), "d ", "other lanes go on");
    rig.world->toy.replies = 1;
    toy_urgent(rig.world, LANE_RIG_PARTITION, "u");
    lane_rig_work(60 * SECOND_MS);
    lane_rig_expect_state("send-a b reply", "send-a b reply ", 2);
    cr_expect_eq(toy_status(rig.lane).state, LANE_STATE_STOPPED);
    cr_expect_leq(rig.world->now_ms - lane_ticked_ms(rig.lane), SECOND_MS);
    lane_drain(rig.lane, DRAIN_REVOKED, rig.world->now_ms + SECOND_MS);
    lane_rig_work(10);
    lane_rig_expect_end(LANE_END_ASKED);
    lane_close(rig.lane);
    lane_close(other);
}

Test(lane_wait, stops_altogether_where_its_own_state_cannot_be_read) {
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    lane_rig_work(10);
    lane_close(rig.lane);
    rig.world->toy.refuse_restore = true;
    lane_rig_start();
    cr_expect_eq(toy_status(rig.lane).state, LANE_STATE_STOPPED);
    cr_expect_str_eq(toy_status(rig.lane).reason, "this state cannot be read");
    lane_drain(rig.lane, DRAIN_STOPPING, rig.world->now_ms + SECOND_MS);
    toy_settle(rig.lane);
    lane_rig_expect_end(LANE_END_ASKED);
    lane_close(rig.lane);

    rig.world->toy.refuse_restore = false;
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "b");
    toy_settle(rig.lane);
    rig.world->toy.refuse_tick = true;
    lane_rig_work(10);
    cr_expect_eq(toy_status(rig.lane).state, LANE_STATE_STOPPED);
    lane_rig_expect_state("a", "a ", 1);
    lane_close(rig.lane);
}

Test(lane_wait, stops_where_records_are_gone_that_it_did_not_read) {
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    lane_rig_work(10);
    lane_close(rig.lane);
    toy_command(rig.world, LANE_RIG_PARTITION, "b");
    toy_command(rig.world, LANE_RIG_PARTITION, "c");
    memory_log_truncate(rig.world->log, "toy.commands", LANE_RIG_PARTITION, 2);
    lane_rig_start();
    cr_expect_eq(toy_status(rig.lane).state, LANE_STATE_STOPPED);
    cr_expect_str_eq(toy_status(rig.lane).reason, "records of toy.commands are gone");
    lane_rig_work(60 * SECOND_MS);
    lane_rig_expect_state("a", "a ", 1);
    lane_close(rig.lane);
}

Test(lane_wait, stops_when_a_record_can_never_be_written) {
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "send-a");
    lane_rig_fault(MEMORY_FAULT_INVALID);
    lane_rig_work(10);
    cr_expect_eq(toy_status(rig.lane).state, LANE_STATE_STOPPED);
    cr_expect_str_eq(toy_status(rig.lane).reason, "a record is too large");
    lane_rig_expect_sent("");
    lane_close(rig.lane);
}

Test(lane_wait, copies_dead_letters_and_goes_on) {
    toy_command(rig.world, LANE_RIG_PARTITION, "letter");
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    lane_rig_start();
    lane_rig_work(10);
    lane_rig_expect_state("a", "a ", 2);
    cr_assert_eq(memory_log_visible(rig.world->log, "dead-letters", LANE_RIG_PARTITION), 1);
    const struct log_record *letter =
        memory_log_read(rig.world->log, "dead-letters", LANE_RIG_PARTITION, 0);
    cr_expect_eq(letter->value.length, 6);
    lane_close(rig.lane);
}
