/* A lane's life on the log in memory: exactly once through crashes and doubtful commits, and
 * nothing of a fenced owner. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/lane_rig.h"

TestSuite(lane, .init = lane_rig_open, .fini = lane_rig_close);

Test(lane, works_and_names_its_transactions) {
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    toy_command(rig.world, LANE_RIG_PARTITION, "b");
    lane_rig_start();
    lane_rig_work(10);
    lane_rig_expect_state("a b", "a b ", 2);
    toy_command(rig.world, LANE_RIG_PARTITION, "c");
    lane_rig_work(10);
    lane_rig_expect_state("a b c", "a b c ", 3);
    const struct lane_status status = toy_status(rig.lane);
    cr_expect_eq(status.state, LANE_STATE_WORKING);
    cr_expect_eq(status.transactions, 2);
    cr_expect_eq(status.records, 3);
    const struct log_record *record =
        memory_log_read(rig.world->log, "toy.state", LANE_RIG_PARTITION, 2);
    cr_assert_eq(record->headers_count, 1);
    const struct text name = text_of("01000000-0000-0000-0000-000000000000/2/2/2");
    cr_expect_eq(record->headers[0].value.length, name.length);
    cr_expect_arr_eq(record->headers[0].value.data, name.data, name.length);
    lane_close(rig.lane);
    cr_expect_eq(rig.world->toy.closed, 1);
}

Test(lane, closes_batches_when_quiet_or_late_or_full) {
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    toy_settle(rig.lane);
    cr_expect_eq(lane_rig_committed("toy.commands"), -1, "more may come");
    lane_rig_work(rig.world->options.batch_quiet_ms);
    cr_expect_eq(lane_rig_committed("toy.commands"), 1, "nothing more came");

    /* A command each millisecond is never quiet, but the batch gets too old. */
    for (int64_t i = 0; i < rig.world->options.batch_max_ms; i++) {
        cr_assert_eq(lane_rig_committed("toy.commands"), 1, "after %d", (int)i);
        toy_command(rig.world, LANE_RIG_PARTITION, "b");
        lane_rig_work(1);
    }
    lane_rig_work(1);
    cr_expect_geq(lane_rig_committed("toy.commands"), rig.world->options.batch_max_ms);
    lane_rig_work(10);

    const int64_t before = lane_rig_committed("toy.commands");
    rig.world->options.batch_records_max = 10;
    for (uint32_t i = 0; i < 25; i++) {
        toy_command(rig.world, LANE_RIG_PARTITION, "c");
    }
    toy_settle(rig.lane);
    cr_expect_eq(lane_rig_committed("toy.commands"), before + 20, "full batches do not wait");
    lane_close(rig.lane);
}

Test(lane, is_exactly_once_when_it_dies_before_a_commit) {
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    lane_rig_start();
    lane_rig_work(10);
    toy_command(rig.world, LANE_RIG_PARTITION, "b");
    toy_settle(rig.lane);
    cr_expect_str_eq(rig.world->toy.handled, "a b ");
    memory_log_crash(&rig.member.log_group);
    lane_rig_work(10);
    cr_expect_not(toy_status(rig.lane).end == LANE_END_NONE);
    lane_close(rig.lane);
    lane_rig_expect_state("a", "a ", 1);

    struct toy_member other;
    const int32_t partition = LANE_RIG_PARTITION;
    toy_member_open(&other, rig.world);
    toy_member_assign(&other, &partition, 1);
    rig.lane = toy_lane_open(&other, LANE_RIG_PARTITION);
    lane_rig_work(20);
    lane_rig_expect_state("a b", "a b ", 2);
    cr_expect_str_eq(rig.world->toy.handled, "a b b ", "it was handled twice, and counts once");
    lane_close(rig.lane);
    toy_member_close(&other);
}

Test(lane, starts_anew_after_a_doubtful_commit) {
    static const struct {
        enum memory_fault fault;
        bool committed;
    } rows[] = {
        {MEMORY_FAULT_DOUBTFUL_COMMITTED, true},
        {MEMORY_FAULT_DOUBTFUL_ABORTED, false},
        {MEMORY_FAULT_DOUBTFUL_OPEN, false},
        {MEMORY_FAULT_FAILED, false},
    };
    char state[256] = "";
    char events[256] = "";
    char value[32];
    lane_rig_start();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(value, sizeof value, "send-%zu", i);
        toy_command(rig.world, LANE_RIG_PARTITION, value);
        lane_rig_fault(rows[i].fault);
        lane_rig_work(10);
        lane_rig_expect_end(LANE_END_ANEW);
        lane_rig_expect_sent(i < 2 ? "" : "send-1 ");
        snprintf(state + strlen(state), sizeof state - strlen(state), "%s%s", i == 0 ? "" : " ",
                 value);
        snprintf(events + strlen(events), sizeof events - strlen(events), "%s ", value);
        cr_expect_eq(strcmp(toy_state(rig.world, LANE_RIG_PARTITION), state) == 0,
                     rows[i].committed);
        lane_rig_start_next();
        lane_rig_work(10);
        lane_rig_expect_state(state, events, (int64_t)i + 1);
        /* What had been committed in doubt is found, and is not an effect of the new lane. */
        cr_expect_eq(strstr(rig.world->toy.sent, value) != NULL, !rows[i].committed, "%s in %s",
                     value, rig.world->toy.sent);
        rig.world->toy.sent[0] = '\0';
        snprintf(rig.world->toy.sent, sizeof rig.world->toy.sent, "%s", i == 0 ? "" : "send-1 ");
    }
    lane_close(rig.lane);
}

Test(lane, starts_anew_after_a_slow_commit_whose_effects_run) {
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "send-a");
    lane_rig_fault(MEMORY_FAULT_SLOW);
    lane_rig_work(10);
    lane_rig_expect_end(LANE_END_ANEW);
    lane_rig_expect_sent("send-a ");
    cr_expect_eq(rig.world->toy.out_when_closed, 1, "whoever waits for late replies has it now");
    lane_rig_start_next();
    toy_command(rig.world, LANE_RIG_PARTITION, "b");
    lane_rig_work(1);
    /* A transaction is being filled; the request of the older producer arrives. */
    cr_expect_not(memory_log_deliver_late_end(rig.world->log, "toy", LANE_RIG_PARTITION));
    lane_rig_work(10);
    lane_rig_expect_state("send-a b", "send-a b ", 2);
    lane_close(rig.lane);
}

Test(lane, would_be_torn_by_a_late_end_without_starting_anew) {
    /* The fault is real: the same producer's next transaction is ended by the late request. */
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    lane_rig_fault(MEMORY_FAULT_SLOW);
    lane_rig_work(10);
    cr_expect(memory_log_deliver_late_end(rig.world->log, "toy", LANE_RIG_PARTITION));
    lane_close(rig.lane);
}

Test(lane, takes_the_time_of_a_commit_as_slowness) {
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    lane_rig_fault(MEMORY_FAULT_HANGING);
    lane_rig_work(rig.world->options.commit_slow_ms + SECOND_MS);
    cr_assert_not(lane_ended(rig.lane));
    lane_rig_fault(MEMORY_FAULT_NONE);
    lane_rig_work(SECOND_MS);
    lane_rig_expect_end(LANE_END_ANEW);
    lane_rig_expect_state("a", "a ", 1);
    lane_close(rig.lane);
}

Test(lane, gives_up_a_commit_without_an_answer) {
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "send-a");
    lane_rig_fault(MEMORY_FAULT_HANGING);
    lane_rig_work(rig.world->options.transaction_timeout_ms - SECOND_MS);
    cr_assert_not(lane_ended(rig.lane));
    cr_expect_leq(rig.world->now_ms - lane_ticked_ms(rig.lane), SECOND_MS, "it ticks meanwhile");
    lane_rig_work(2 * SECOND_MS);
    lane_rig_expect_end(LANE_END_ANEW);
    lane_rig_expect_sent("");
    lane_rig_fault(MEMORY_FAULT_NONE);
    lane_rig_start_next();
    lane_rig_work(10);
    lane_rig_expect_state("send-a", "send-a ", 1);
    lane_close(rig.lane);
}

Test(lane, leaves_nothing_behind_when_it_is_fenced) {
    struct toy_member other;
    const int32_t partition = LANE_RIG_PARTITION;
    lane_rig_start();
    toy_command(rig.world, LANE_RIG_PARTITION, "send-a");
    toy_settle(rig.lane);

    /* It does not know yet that somebody else has the partition, and fills its transaction. */
    toy_member_open(&other, rig.world);
    toy_member_assign(&other, &partition, 1);
    struct lane *newer = toy_lane_open(&other, LANE_RIG_PARTITION);
    toy_settle(newer);
    lane_rig_work(10);
    lane_rig_expect_end(LANE_END_FENCED);
    lane_rig_expect_sent("");
    lane_rig_expect_state("", "", -1);
    toy_run(rig.world, newer, 10);
    lane_rig_expect_state("send-a", "send-a ", 1);
    lane_rig_expect_sent("send-a ");
    lane_close(rig.lane);
    lane_close(newer);
    toy_member_close(&other);
}

Test(lane, does_not_work_when_the_partition_went_away_meanwhile) {
    const int32_t partition = LANE_RIG_PARTITION;
    struct log_group_event event;
    struct error error;
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    rig.lane = toy_lane_open(&rig.member, LANE_RIG_PARTITION);
    memory_log_lose(&rig.member.log_group, &partition, 1);
    cr_assert_eq(rig.member.log_group.poll(rig.member.log_group.self, 0, &event, &error),
                 RESULT_OK);
    lane_rig_work(10);
    lane_rig_expect_end(LANE_END_NOT_OWNED);
    cr_expect_str_eq(rig.world->toy.handled, "");
    lane_close(rig.lane);
}

Test(lane, ends_when_it_lacks_a_right_and_nothing_is_written) {
    lane_rig_start();
    lane_rig_work(10);
    toy_command(rig.world, LANE_RIG_PARTITION, "a");
    lane_rig_fault(MEMORY_FAULT_DENIED);
    lane_rig_work(10);
    lane_rig_expect_end(LANE_END_DENIED);
    cr_expect_not_null(strstr(toy_status(rig.lane).reason, "may not write"));
    cr_expect_str_eq(toy_state(rig.world, LANE_RIG_PARTITION), "");
    lane_rig_start_next();
    lane_rig_work(10);
    cr_expect_str_eq(toy_state(rig.world, LANE_RIG_PARTITION), "a");
    lane_close(rig.lane);
}
