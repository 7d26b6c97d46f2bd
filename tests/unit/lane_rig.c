#include "tests/unit/lane_rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct lane_rig rig;

void lane_rig_open(void) {
    const int32_t all[] = {0, 1, 2, 3};
    rig.world = calloc(1, sizeof *rig.world);
    toy_world_open(rig.world);
    toy_member_open(&rig.member, rig.world);
    toy_member_assign(&rig.member, all, TOY_PARTITIONS);
}

void lane_rig_close(void) {
    toy_member_close(&rig.member);
    toy_world_close(rig.world);
    free(rig.world);
}

void lane_rig_work(int64_t duration_ms) {
    toy_run(rig.world, rig.lane, duration_ms);
}

void lane_rig_start(void) {
    rig.lane = toy_lane_open(&rig.member, LANE_RIG_PARTITION);
    lane_rig_work(10);
}

void lane_rig_expect_end(enum lane_end end) {
    cr_assert(lane_ended(rig.lane), "it goes on");
    const struct lane_status status = toy_status(rig.lane);
    cr_expect_eq(status.end, end, "ended by %d: %s", status.end, status.reason);
}

void lane_rig_start_next(void) {
    lane_close(rig.lane);
    lane_rig_start();
    const struct lane_status status = toy_status(rig.lane);
    cr_assert_eq(status.state, LANE_STATE_WORKING, "%s", status.reason);
}

void lane_rig_fault(enum memory_fault fault) {
    memory_log_fault(rig.world->log, "toy", LANE_RIG_PARTITION, fault);
}

int64_t lane_rig_committed(const char *topic) {
    return memory_log_committed(rig.world->log, "toy", topic, LANE_RIG_PARTITION);
}

void lane_rig_expect_state(const char *state, const char *events, int64_t commands) {
    cr_expect_str_eq(toy_state(rig.world, LANE_RIG_PARTITION), state);
    cr_expect_str_eq(toy_events(rig.world, LANE_RIG_PARTITION), events);
    cr_expect_eq(lane_rig_committed("toy.commands"), commands);
}

void lane_rig_expect_sent(const char *values) {
    const char *sent = rig.world->toy.sent;
    cr_expect_str_eq(sent, values);
}
