/* A lane restores to exactly the end; a store that stayed gets only what it has not heard of. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outside/store_memory/store_memory.h"
#include "tests/unit/lane_rig.h"

TestSuite(lane_restore, .init = lane_rig_open, .fini = lane_rig_close);

Test(lane_restore, restores_what_is_committed_and_no_more) {
    char value[16];
    lane_rig_start();
    for (uint32_t i = 0; i < 1200; i++) {
        snprintf(value, sizeof value, "%u", i % 10);
        memory_log_append_text(rig.world->log, "toy.commands", LANE_RIG_PARTITION,
                               toy_key(LANE_RIG_PARTITION, i % 4), value);
        if (i % 100 == 50) {
            lane_rig_work(10);
        }
    }
    lane_rig_work(10);
    toy_command(rig.world, LANE_RIG_PARTITION, "aborted");
    lane_rig_fault(MEMORY_FAULT_FAILED);
    lane_rig_work(10);
    const uint32_t visible = memory_log_visible(rig.world->log, "toy.state", LANE_RIG_PARTITION);
    cr_assert_eq(visible, 1200);
    const char *before = strdup(toy_state(rig.world, LANE_RIG_PARTITION));
    lane_close(rig.lane);
    rig.lane = toy_lane_open(&rig.member, LANE_RIG_PARTITION);
    while (toy_status(rig.lane).state != LANE_STATE_WORKING) {
        cr_assert(lane_step(rig.lane));
    }
    cr_expect_eq(rig.world->toy.restored, visible);
    lane_rig_work(10);
    char expected[4096];
    snprintf(expected, sizeof expected, "%s aborted", before);
    cr_expect_str_eq(toy_state(rig.world, LANE_RIG_PARTITION), expected);
    free((void *)before);
    lane_close(rig.lane);
}

Test(lane_restore, shows_how_far_the_restore_is_and_waits_for_brokers) {
    lane_rig_start();
    for (uint32_t i = 0; i < 2000; i++) {
        toy_command(rig.world, LANE_RIG_PARTITION, "a");
    }
    lane_rig_work(SECOND_MS);
    lane_close(rig.lane);
    rig.lane = toy_lane_open(&rig.member, LANE_RIG_PARTITION);
    while (toy_status(rig.lane).state != LANE_STATE_RESTORING) {
        cr_assert(lane_step(rig.lane));
    }
    const int64_t all = toy_status(rig.lane).restore_remaining;
    cr_expect_geq(all, 2000);
    lane_step(rig.lane);
    lane_step(rig.lane);
    memory_log_away(rig.world->log, true);
    lane_rig_work(60 * SECOND_MS);
    cr_expect_eq(toy_status(rig.lane).state, LANE_STATE_RESTORING);
    cr_expect_lt(toy_status(rig.lane).restore_remaining, all);
    cr_expect_gt(toy_status(rig.lane).restore_remaining, 0);
    memory_log_away(rig.world->log, false);
    lane_rig_work(SECOND_MS);
    cr_expect_eq(toy_status(rig.lane).state, LANE_STATE_WORKING);
    lane_close(rig.lane);
}

Test(lane_restore, reads_only_the_tail_into_a_store_that_stayed) {
    toy_world_keep_stores(rig.world);
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    lane_rig_work(10);
    toy_command(rig.world, LANE_RIG_PARTITION, "b");
    lane_rig_fault(MEMORY_FAULT_DOUBTFUL_COMMITTED);
    lane_rig_work(10);
    lane_rig_expect_end(LANE_END_ANEW);
    lane_rig_start_next();
    cr_expect_eq(rig.world->toy.restored, 1, "the one that the store had not heard of");
    toy_command(rig.world, LANE_RIG_PARTITION, "c");
    lane_rig_work(10);
    lane_rig_expect_state("a b c", "a b c ", 3);
    lane_close(rig.lane);
}

Test(lane_restore, builds_a_store_anew_that_does_not_belong_to_the_log) {
    struct error error;
    const char *key = toy_key(LANE_RIG_PARTITION, 0);
    const struct store_write foreign = {
        .table = 0,
        .key = {(const uint8_t *)key, (uint32_t)strlen(key)},
        .value = {(const uint8_t *)"foreign", 7},
    };
    const int64_t ahead[] = {1000};
    toy_world_keep_stores(rig.world);
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    lane_rig_work(10);
    lane_close(rig.lane);
    cr_assert_eq(rig.world->kept[LANE_RIG_PARTITION].apply(rig.world->kept[LANE_RIG_PARTITION].self,
                                                           &foreign, 1, ahead, &error),
                 RESULT_OK);
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "b");
    lane_rig_work(10);
    lane_rig_expect_state("a b", "a b ", 2);
    lane_close(rig.lane);
}

Test(lane_restore, builds_a_store_anew_that_is_older_than_the_log) {
    toy_world_keep_stores(rig.world);
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    lane_rig_work(10);
    lane_close(rig.lane);
    const struct store old = rig.world->kept[LANE_RIG_PARTITION];
    rig.world->kept[LANE_RIG_PARTITION] = (struct store){0};
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "b");
    lane_rig_work(10);
    lane_close(rig.lane);
    rig.world->kept[LANE_RIG_PARTITION].close(rig.world->kept[LANE_RIG_PARTITION].self);
    rig.world->kept[LANE_RIG_PARTITION] = old;
    /* The record that the old store had not heard of is compacted away; a newer one is there. */
    memory_log_truncate(rig.world->log, "toy.state", LANE_RIG_PARTITION, 2);
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "c");
    lane_rig_work(10);
    lane_rig_expect_state("a b c", "a b c ", 3);
    lane_close(rig.lane);
}

/* Found by the simulation: what a newer owner had written meanwhile was not restored, and yet the
 * store said that it had it. */
Test(lane_restore, marks_nothing_in_its_store_that_it_has_not_restored) {
    struct toy_member other;
    const struct stores others = stores_memory();
    const int32_t partition = LANE_RIG_PARTITION;
    toy_world_keep_stores(rig.world);
    toy_member_open(&other, rig.world);
    other.setup.lanes.stores = &others;
    toy_member_assign(&other, &partition, 1);
    struct lane *theirs = toy_lane_open(&other, LANE_RIG_PARTITION);
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    toy_run(rig.world, theirs, 10);
    lane_close(theirs);

    /* It knows how far it has to read; then somebody else goes on. */
    rig.lane = toy_lane_open(&rig.member, LANE_RIG_PARTITION);
    while (toy_status(rig.lane).state != LANE_STATE_RESTORING) {
        cr_assert(lane_step(rig.lane));
    }
    theirs = toy_lane_open(&other, LANE_RIG_PARTITION);
    toy_command(rig.world, LANE_RIG_PARTITION, "b");
    toy_run(rig.world, theirs, 10);
    cr_expect_str_eq(toy_state(rig.world, LANE_RIG_PARTITION), "a b");
    lane_rig_work(10);
    lane_close(rig.lane);
    lane_close(theirs);

    toy_member_assign(&rig.member, &partition, 1);
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "c");
    lane_rig_work(10);
    lane_rig_expect_state("a b c", "a b c ", 3);
    lane_close(rig.lane);
    toy_member_close(&other);
}
