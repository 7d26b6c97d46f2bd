/* A lane that is told to end brings home what is out, or hands it over, and begins nothing new. */
#include <criterion/criterion.h>

#include "tests/unit/lane_rig.h"

TestSuite(lane_drain, .init = lane_rig_open, .fini = lane_rig_close);

Test(lane_drain, drains_what_is_out_before_it_ends) {
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "send-a");
    lane_rig_work(10);
    lane_drain(rig.lane, DRAIN_REVOKED, rig.world->now_ms + 20 * SECOND_MS);
    toy_command(rig.world, LANE_RIG_PARTITION, "b");
    toy_settle(rig.lane);
    cr_expect_eq(rig.world->toy.late_ticks, 0, "a tick might have begun new work");
    lane_rig_work(10 * SECOND_MS);
    cr_expect_not(lane_ended(rig.lane));
    lane_rig_expect_state("send-a", "send-a ", 1);
    rig.world->toy.replies = 1;
    lane_rig_work(11 * SECOND_MS);
    lane_rig_expect_end(LANE_END_ASKED);
    lane_rig_expect_state("send-a reply", "send-a reply ", 1);
    cr_expect_eq(rig.world->toy.out_when_closed, 0);
    lane_close(rig.lane);
}

Test(lane_drain, hands_over_what_does_not_come_back_in_time) {
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "send-a");
    lane_rig_work(10);
    lane_drain(rig.lane, DRAIN_STOPPING, rig.world->now_ms + 20 * SECOND_MS);
    lane_rig_work(19 * SECOND_MS);
    cr_expect_not(lane_ended(rig.lane));
    lane_rig_work(2 * SECOND_MS);
    lane_rig_expect_end(LANE_END_ASKED);
    cr_expect_eq(rig.world->toy.out_when_closed, 1);
    lane_close(rig.lane);
}

Test(lane_drain, commits_what_is_staged_before_it_drains) {
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    toy_settle(rig.lane);
    lane_drain(rig.lane, DRAIN_STOPPING, rig.world->now_ms + SECOND_MS);
    toy_settle(rig.lane);
    lane_rig_expect_end(LANE_END_ASKED);
    lane_rig_expect_state("a", "a ", 1);
    lane_close(rig.lane);
}

Test(lane_drain, closes_at_once_without_a_commit) {
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    toy_settle(rig.lane);
    lane_ask_to_close(rig.lane);
    cr_expect_not(lane_step(rig.lane));
    lane_rig_expect_end(LANE_END_ASKED);
    lane_rig_expect_state("", "", -1);
    lane_close(rig.lane);
}

Test(lane_drain, sends_nothing_any_more_once_it_was_told_to_end) {
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "send-a");
    lane_rig_fault(MEMORY_FAULT_HANGING);
    lane_rig_work(10);
    lane_drain(rig.lane, DRAIN_STOPPING, rig.world->now_ms + 20 * SECOND_MS);
    lane_rig_fault(MEMORY_FAULT_NONE);
    lane_rig_work(SECOND_MS);
    lane_rig_expect_end(LANE_END_ASKED);
    lane_rig_expect_state("send-a", "send-a ", 1);
    lane_rig_expect_sent("");
    lane_close(rig.lane);
}

Test(lane_drain, ends_at_once_when_told_to_drain_before_it_works) {
    memory_log_away(rig.world->log, true);
    rig.lane = toy_lane_open(&rig.member, LANE_RIG_PARTITION);
    lane_rig_work(SECOND_MS);
    lane_drain(rig.lane, DRAIN_REVOKED, rig.world->now_ms + 20 * SECOND_MS);
    cr_expect_not(lane_step(rig.lane));
    lane_rig_expect_end(LANE_END_ASKED);
    lane_close(rig.lane);
}
