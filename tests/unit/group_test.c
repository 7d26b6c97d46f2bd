/* Supervision: lanes for what is assigned, drained when it goes, and no partition without one. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/toy.h"

enum { P = 1, MEMBERS = 2 };

static const int64_t second_ms = 1000;

static struct toy_world *world;
static struct toy_member members[MEMBERS];
static struct group *groups[MEMBERS];

static const int32_t all[] = {0, 1, 2, 3};

static void open_member(uint32_t which) {
    struct error error;
    toy_member_open(&members[which], world);
    cr_assert_eq(group_open(&members[which].setup, &groups[which], &error), RESULT_OK);
}

static void close_member(uint32_t which) {
    if (groups[which] != NULL) {
        group_close(groups[which]);
        toy_member_close(&members[which]);
        groups[which] = NULL;
    }
}

static void open_all(void) {
    world = calloc(1, sizeof *world);
    toy_world_open(world);
    open_member(0);
}

static void close_all(void) {
    for (uint32_t i = 0; i < MEMBERS; i++) {
        close_member(i);
    }
    toy_world_close(world);
    free(world);
}

TestSuite(group, .init = open_all, .fini = close_all);

/* Let every group step, each millisecond; a long time passes in larger steps. */
static void run(int64_t duration_ms) {
    const int64_t step_ms = duration_ms > second_ms ? 20 : 1;
    for (int64_t i = 0; i < duration_ms; i += step_ms) {
        for (uint32_t m = 0; m < MEMBERS; m++) {
            if (groups[m] != NULL) {
                (void)group_step(groups[m], 0);
            }
        }
        world->now_ms += step_ms;
    }
}

static struct group_status status_of(uint32_t which, struct lane_status lanes[TOY_PARTITIONS]) {
    struct group_status status;
    group_status(groups[which], &status, lanes, TOY_PARTITIONS);
    return status;
}

static void expect_lanes(uint32_t which, uint32_t count, enum lane_state state) {
    struct lane_status lanes[TOY_PARTITIONS];
    const struct group_status status = status_of(which, lanes);
    cr_expect_eq(status.lanes_count, count);
    for (uint32_t i = 0; i < status.lanes_count; i++) {
        cr_expect_eq(lanes[i].state, state, "partition %d: %s", lanes[i].partition,
                     lanes[i].reason);
    }
}

static void assign(uint32_t which, const int32_t *partitions, uint32_t count) {
    memory_log_assign(&members[which].log_group, partitions, count);
}

Test(group, works_on_what_is_assigned) {
    for (int32_t p = 0; p < TOY_PARTITIONS; p++) {
        toy_command(world, p, "a");
    }
    run(20);
    cr_expect_str_eq(world->toy.handled, "");
    assign(0, all, 3);
    run(50);
    expect_lanes(0, 3, LANE_STATE_WORKING);
    for (int32_t p = 0; p < TOY_PARTITIONS; p++) {
        cr_expect_str_eq(toy_state(world, p), p < 3 ? "a" : "", "partition %d", p);
    }
}

Test(group, knows_whether_it_was_told_what_to_work_on) {
    struct lane_status lanes[TOY_PARTITIONS];
    open_member(1);
    cr_expect_not(status_of(0, lanes).assigned);
    assign(0, all, 0);
    assign(1, all, TOY_PARTITIONS);
    run(50);
    cr_expect(status_of(0, lanes).assigned, "there is nothing for it, and it was told so");
    cr_expect(status_of(1, lanes).assigned);
    expect_lanes(0, 0, LANE_STATE_WORKING);
    expect_lanes(1, TOY_PARTITIONS, LANE_STATE_WORKING);
}

Test(group, hands_partitions_over_after_draining_them) {
    open_member(1);
    assign(0, all, TOY_PARTITIONS);
    run(50);
    toy_command(world, P, "send-a");
    run(20);
    memory_log_revoke(&members[0].log_group, all, TOY_PARTITIONS);
    run(10 * second_ms);
    cr_expect_eq(memory_log_rejoins(&members[0].log_group), 0);
    world->toy.replies = 1;
    run(100);
    expect_lanes(0, 0, LANE_STATE_WORKING);
    cr_expect_eq(world->toy.out_when_closed, 0);
    assign(0, all, 1);
    assign(1, all + 1, 3);
    toy_command(world, P, "b");
    toy_command(world, 0, "c");
    run(100);
    expect_lanes(0, 1, LANE_STATE_WORKING);
    expect_lanes(1, 3, LANE_STATE_WORKING);
    cr_expect_str_eq(toy_state(world, P), "send-a reply b");
    cr_expect_str_eq(toy_state(world, 0), "c");
}

Test(group, closes_lost_partitions_without_waiting) {
    assign(0, all, TOY_PARTITIONS);
    toy_command(world, P, "send-a");
    run(50);
    toy_command(world, P, "b");
    run(1);
    memory_log_lose(&members[0].log_group, all, TOY_PARTITIONS);
    run(2);
    expect_lanes(0, 0, LANE_STATE_WORKING);
    cr_expect_eq(world->toy.closed, TOY_PARTITIONS);
    cr_expect_eq(world->toy.out_when_closed, 1);
    cr_expect_str_eq(toy_state(world, P), "send-a");
}

Test(group, makes_a_new_lane_after_a_doubtful_commit) {
    struct lane_status lanes[TOY_PARTITIONS];
    assign(0, all, TOY_PARTITIONS);
    toy_command(world, P, "a");
    run(50);
    status_of(0, lanes);
    const struct uuid before = lanes[P].incarnation;
    memory_log_fault(world->log, "toy", P, MEMORY_FAULT_DOUBTFUL_ABORTED);
    toy_command(world, P, "b");
    run(100);
    expect_lanes(0, TOY_PARTITIONS, LANE_STATE_WORKING);
    cr_expect_str_eq(toy_state(world, P), "a b");
    cr_expect_eq(status_of(0, lanes).rebuilt, 1);
    cr_expect_eq(status_of(0, lanes).rejoins, 0);
    cr_expect_not(uuid_equal(&lanes[P].incarnation, &before), "another incarnation");
}

Test(group, joins_again_when_a_lane_is_fenced_but_the_partition_stays) {
    struct lane_status lanes[TOY_PARTITIONS];
    assign(0, all, TOY_PARTITIONS);
    run(50);
    memory_log_fault(world->log, "toy", P, MEMORY_FAULT_FENCED);
    toy_command(world, P, "a");
    run(world->options.session_timeout_ms - second_ms);
    cr_expect_eq(memory_log_rejoins(&members[0].log_group), 0, "it may hear of a revocation yet");
    run(2 * second_ms);
    cr_expect_eq(memory_log_rejoins(&members[0].log_group), 1);
    cr_expect_eq(world->toy.closed, TOY_PARTITIONS, "all lanes are closed before");
    assign(0, all, TOY_PARTITIONS);
    run(100);
    expect_lanes(0, TOY_PARTITIONS, LANE_STATE_WORKING);
    cr_expect_str_eq(toy_state(world, P), "a");
    cr_expect_eq(status_of(0, lanes).rejoins, 1);
}

Test(group, takes_a_fence_quietly_when_the_partition_goes) {
    assign(0, all, TOY_PARTITIONS);
    run(50);
    memory_log_fault(world->log, "toy", P, MEMORY_FAULT_FENCED);
    toy_command(world, P, "a");
    run(second_ms);
    memory_log_lose(&members[0].log_group, all, TOY_PARTITIONS);
    run(60 * second_ms);
    cr_expect_eq(memory_log_rejoins(&members[0].log_group), 0);
    expect_lanes(0, 0, LANE_STATE_WORKING);
}

/* Lose a lane by a fault and join again, once. */
static void lose_lane(enum memory_fault fault) {
    assign(0, all, TOY_PARTITIONS);
    run(100);
    memory_log_fault(world->log, "toy", P, fault);
    toy_command(world, P, "a");
    run(10 * second_ms);
}

/* Lose the lane by a fault and join again until it is too often; returns what the group came to. */
static enum result give_up_by(enum memory_fault fault, struct error *error) {
    for (uint32_t i = 1; i <= GROUP_REJOINS_MAX; i++) {
        lose_lane(fault);
        cr_assert_eq(memory_log_rejoins(&members[0].log_group), i);
    }
    lose_lane(fault);
    cr_expect_not(group_step(groups[0], 0));
    cr_expect_eq(memory_log_rejoins(&members[0].log_group), GROUP_REJOINS_MAX);
    return group_result(groups[0], error);
}

Test(group, gives_up_after_joining_again_too_often) {
    struct error error;
    cr_expect_eq(give_up_by(MEMORY_FAULT_FENCED, &error), RESULT_FAILED);
    cr_expect_not_null(strstr(error.text, "partition 1"), "%s", error.text);
}

Test(group, says_so_when_it_gives_up_for_want_of_a_right) {
    struct error error;
    cr_expect_eq(give_up_by(MEMORY_FAULT_DENIED, &error), RESULT_DENIED);
    cr_expect_not_null(strstr(error.text, "may not write"), "%s", error.text);
}

Test(group, goes_on_when_it_seldom_has_to_join_again) {
    for (uint32_t i = 1; i <= 2 * GROUP_REJOINS_MAX; i++) {
        lose_lane(MEMORY_FAULT_FENCED);
        cr_assert_eq(memory_log_rejoins(&members[0].log_group), i);
        world->now_ms += GROUP_REJOINS_WINDOW_MS / GROUP_REJOINS_MAX;
    }
    cr_expect(group_step(groups[0], 0));
}

Test(group, ends_when_its_membership_cannot_go_on) {
    struct error error;
    assign(0, all, TOY_PARTITIONS);
    run(50);
    memory_log_fail(&members[0].log_group);
    run(second_ms);
    cr_expect_not(group_step(groups[0], 0));
    cr_expect_eq(group_result(groups[0], &error), RESULT_FAILED);
    cr_expect_eq(world->toy.closed, TOY_PARTITIONS);
}

/* Kafka's client says it for another process of the same name, and sometimes for none. */
static void lose_name(bool forgotten) {
    assign(0, all, TOY_PARTITIONS);
    run(100);
    memory_log_fence_member(&members[0].log_group, forgotten);
    run(second_ms);
}

Test(group, joins_again_when_its_name_is_taken) {
    lose_name(false);
    cr_expect_eq(memory_log_rejoins(&members[0].log_group), 1);
    cr_expect_eq(world->toy.closed, TOY_PARTITIONS);
    assign(0, all, TOY_PARTITIONS);
    run(100);
    expect_lanes(0, TOY_PARTITIONS, LANE_STATE_WORKING);
}

Test(group, gives_up_when_its_name_is_taken_again_and_again) {
    struct error error;
    for (uint32_t i = 0; i <= GROUP_REJOINS_MAX; i++) {
        lose_name(false);
    }
    cr_assert_not(group_step(groups[0], 0));
    cr_expect_eq(memory_log_rejoins(&members[0].log_group), GROUP_REJOINS_MAX);
    cr_expect_eq(group_result(groups[0], &error), RESULT_FAILED);
    cr_expect_not_null(strstr(error.text, "has this name"), "%s", error.text);
}

/* Several restarts of a broker in ten minutes are no reason to end. */
Test(group, joins_again_as_often_as_a_broker_forgets_it) {
    for (uint32_t i = 1; i <= 2 * GROUP_REJOINS_MAX; i++) {
        lose_name(true);
        cr_assert_eq(memory_log_rejoins(&members[0].log_group), i);
    }
    cr_expect_eq(world->toy.closed, 2 * GROUP_REJOINS_MAX * TOY_PARTITIONS);
    for (uint32_t i = 0; i < GROUP_REJOINS_MAX; i++) {
        lose_name(false);
    }
    cr_expect(group_step(groups[0], 0), "what was forgotten does not count");
}

Test(group, does_not_leave_while_no_broker_answers) {
    memory_log_cut_off(&members[0].log_group, true);
    lose_lane(MEMORY_FAULT_FENCED);
    run(100 * second_ms);
    cr_expect_eq(memory_log_rejoins(&members[0].log_group), 0);
    cr_expect_gt(memory_log_missed(&members[0].log_group), 1);
    cr_expect_gt(group_due_ms(groups[0]), world->now_ms, "found by the simulation: it never rests");
    memory_log_cut_off(&members[0].log_group, false);
    run(world->options.session_timeout_ms + second_ms);
    cr_expect_eq(memory_log_rejoins(&members[0].log_group), 1);
}

Test(group, drains_when_told_to_stop) {
    struct error error;
    struct lane_status lanes[TOY_PARTITIONS];
    assign(0, all, TOY_PARTITIONS);
    run(50);
    toy_command(world, P, "send-a");
    run(20);
    group_stop(groups[0]);
    run(5 * second_ms);
    cr_expect(status_of(0, lanes).stopping);
    cr_expect(group_step(groups[0], 0), "a call is out");
    world->toy.replies = 1;
    run(100);
    cr_expect_not(group_step(groups[0], 0));
    cr_expect_eq(group_result(groups[0], &error), RESULT_OK);
    cr_expect_str_eq(toy_state(world, P), "send-a reply");
}

/* Found by the simulation: a process that stood still while it drained ended as soon as it went on,
 * with the replies that its lanes had. */
Test(group, lets_its_lanes_hand_over_although_their_time_is_over) {
    assign(0, all, TOY_PARTITIONS);
    run(100);
    toy_command(world, P, "send-a");
    run(100);
    group_stop(groups[0]);
    (void)group_step(groups[0], 0);
    world->now_ms += 600 * second_ms;
    for (uint32_t i = 0; i < 100 && group_step(groups[0], 0); i++) {
        world->now_ms++;
    }
    struct error error;
    cr_expect_eq(group_result(groups[0], &error), RESULT_OK, "%s", error.text);
    cr_expect_eq(world->toy.out_when_closed, 1, "whoever waits for late replies has it now");
}

Test(group, keeps_a_stopped_lane_beside_working_ones) {
    struct lane_status lanes[TOY_PARTITIONS];
    assign(0, all, TOY_PARTITIONS);
    toy_command(world, P, "invalid");
    run(60 * second_ms);
    toy_command(world, 0, "a");
    run(50);
    status_of(0, lanes);
    cr_expect_eq(lanes[P].state, LANE_STATE_STOPPED);
    cr_expect_eq(lanes[0].state, LANE_STATE_WORKING);
    cr_expect_str_eq(toy_state(world, 0), "a");
    cr_expect_eq(memory_log_rejoins(&members[0].log_group), 0);
}
