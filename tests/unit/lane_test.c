/* A lane's life on the log in memory: exactly once through crashes and doubtful commits, nothing of
 * a fenced owner, restored to exactly the end, and loud stops. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "outside/store_memory/store_memory.h"
#include "tests/support/toy.h"

enum { P = 1 };

static const int64_t second_ms = 1000;

static struct toy_world *world;
static struct toy_member member;
static struct lane *lane;

static void open_all(void) {
    const int32_t all[] = {0, 1, 2, 3};
    world = calloc(1, sizeof *world);
    toy_world_open(world);
    toy_member_open(&member, world);
    toy_member_assign(&member, all, TOY_PARTITIONS);
}

static void close_all(void) {
    toy_member_close(&member);
    toy_world_close(world);
    free(world);
}

TestSuite(lane, .init = open_all, .fini = close_all);

static void work_for(int64_t duration_ms) {
    toy_run(world, lane, duration_ms);
}

static void open_lane(void) {
    lane = toy_lane_open(&member, P);
    work_for(10);
}

static void expect_end(enum lane_end end) {
    cr_assert(lane_ended(lane), "it goes on");
    cr_expect_eq(toy_status(lane).end, end, "ended by %d: %s", toy_status(lane).end,
                 toy_status(lane).reason);
}

/* A new lane in the place of one that has ended. */
static void open_next(void) {
    lane_close(lane);
    open_lane();
    cr_assert_eq(toy_status(lane).state, LANE_STATE_WORKING, "%s", toy_status(lane).reason);
}

static void fault(enum memory_fault which) {
    memory_log_fault(world->log, "toy", P, which);
}

static int64_t committed(const char *topic) {
    return memory_log_committed(world->log, "toy", topic, P);
}

/* Everything is there once, in state, events and offsets. */
static void expect_state(const char *state, const char *events, int64_t commands) {
    cr_expect_str_eq(toy_state(world, P), state);
    cr_expect_str_eq(toy_events(world, P), events);
    cr_expect_eq(committed("toy.commands"), commands);
}

static void expect_sent(const char *values) {
    const char *sent = world->toy.sent;
    cr_expect_str_eq(sent, values);
}

Test(lane, works_and_names_its_transactions) {
    toy_command(world, P, "a");
    toy_command(world, P, "b");
    open_lane();
    work_for(10);
    expect_state("a b", "a b ", 2);
    toy_command(world, P, "c");
    work_for(10);
    expect_state("a b c", "a b c ", 3);
    const struct lane_status status = toy_status(lane);
    cr_expect_eq(status.state, LANE_STATE_WORKING);
    cr_expect_eq(status.transactions, 2);
    cr_expect_eq(status.records, 3);
    const struct log_record *record = memory_log_read(world->log, "toy.state", P, 2);
    cr_assert_eq(record->headers_count, 1);
    const struct text name = text_of("01000000-0000-0000-0000-000000000000/2/2/2");
    cr_expect_eq(record->headers[0].value.length, name.length);
    cr_expect_arr_eq(record->headers[0].value.data, name.data, name.length);
    lane_close(lane);
    cr_expect_eq(world->toy.closed, 1);
}

Test(lane, closes_batches_when_quiet_or_late_or_full) {
    open_lane();
    toy_command(world, P, "a");
    toy_settle(lane);
    cr_expect_eq(committed("toy.commands"), -1, "more may come");
    work_for(world->options.batch_quiet_ms);
    cr_expect_eq(committed("toy.commands"), 1, "nothing more came");

    /* A command each millisecond is never quiet, but the batch gets too old. */
    for (int64_t i = 0; i < world->options.batch_max_ms; i++) {
        cr_assert_eq(committed("toy.commands"), 1, "after %d", (int)i);
        toy_command(world, P, "b");
        work_for(1);
    }
    work_for(1);
    cr_expect_geq(committed("toy.commands"), world->options.batch_max_ms);
    work_for(10);

    const int64_t before = committed("toy.commands");
    world->options.batch_records_max = 10;
    for (uint32_t i = 0; i < 25; i++) {
        toy_command(world, P, "c");
    }
    toy_settle(lane);
    cr_expect_eq(committed("toy.commands"), before + 20, "full batches do not wait");
    lane_close(lane);
}

Test(lane, is_exactly_once_when_it_dies_before_a_commit) {
    toy_command(world, P, "a");
    open_lane();
    work_for(10);
    toy_command(world, P, "b");
    toy_settle(lane);
    cr_expect_str_eq(world->toy.handled, "a b ");
    memory_log_crash(&member.log_group);
    work_for(10);
    cr_expect_not(toy_status(lane).end == LANE_END_NONE);
    lane_close(lane);
    expect_state("a", "a ", 1);

    struct toy_member other;
    const int32_t partition = P;
    toy_member_open(&other, world);
    toy_member_assign(&other, &partition, 1);
    lane = toy_lane_open(&other, P);
    work_for(20);
    expect_state("a b", "a b ", 2);
    cr_expect_str_eq(world->toy.handled, "a b b ", "it was handled twice, and counts once");
    lane_close(lane);
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
    open_lane();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(value, sizeof value, "send-%zu", i);
        toy_command(world, P, value);
        fault(rows[i].fault);
        work_for(10);
        expect_end(LANE_END_ANEW);
        expect_sent(i < 2 ? "" : "send-1 ");
        snprintf(state + strlen(state), sizeof state - strlen(state), "%s%s", i == 0 ? "" : " ",
                 value);
        snprintf(events + strlen(events), sizeof events - strlen(events), "%s ", value);
        cr_expect_eq(strcmp(toy_state(world, P), state) == 0, rows[i].committed);
        open_next();
        work_for(10);
        expect_state(state, events, (int64_t)i + 1);
        /* What had been committed in doubt is found, and is not an effect of the new lane. */
        cr_expect_eq(strstr(world->toy.sent, value) != NULL, !rows[i].committed, "%s in %s", value,
                     world->toy.sent);
        world->toy.sent[0] = '\0';
        snprintf(world->toy.sent, sizeof world->toy.sent, "%s", i == 0 ? "" : "send-1 ");
    }
    lane_close(lane);
}

Test(lane, starts_anew_after_a_slow_commit_whose_effects_run) {
    open_lane();
    toy_command(world, P, "send-a");
    fault(MEMORY_FAULT_SLOW);
    work_for(10);
    expect_end(LANE_END_ANEW);
    expect_sent("send-a ");
    cr_expect_eq(world->toy.out_when_closed, 1, "whoever waits for late replies has it now");
    open_next();
    toy_command(world, P, "b");
    work_for(1);
    /* A transaction is being filled; the request of the older producer arrives. */
    cr_expect_not(memory_log_deliver_late_end(world->log, "toy", P));
    work_for(10);
    expect_state("send-a b", "send-a b ", 2);
    lane_close(lane);
}

Test(lane, would_be_torn_by_a_late_end_without_starting_anew) {
    /* The fault is real: the same producer's next transaction is ended by the late request. */
    open_lane();
    toy_command(world, P, "a");
    fault(MEMORY_FAULT_SLOW);
    work_for(10);
    cr_expect(memory_log_deliver_late_end(world->log, "toy", P));
    lane_close(lane);
}

Test(lane, takes_the_time_of_a_commit_as_slowness) {
    open_lane();
    toy_command(world, P, "a");
    fault(MEMORY_FAULT_HANGING);
    work_for(world->options.commit_slow_ms + second_ms);
    cr_assert_not(lane_ended(lane));
    fault(MEMORY_FAULT_NONE);
    work_for(second_ms);
    expect_end(LANE_END_ANEW);
    expect_state("a", "a ", 1);
    lane_close(lane);
}

Test(lane, gives_up_a_commit_without_an_answer) {
    open_lane();
    toy_command(world, P, "send-a");
    fault(MEMORY_FAULT_HANGING);
    work_for(world->options.transaction_timeout_ms - second_ms);
    cr_assert_not(lane_ended(lane));
    cr_expect_leq(world->now_ms - lane_ticked_ms(lane), second_ms, "it ticks meanwhile");
    work_for(2 * second_ms);
    expect_end(LANE_END_ANEW);
    expect_sent("");
    fault(MEMORY_FAULT_NONE);
    open_next();
    work_for(10);
    expect_state("send-a", "send-a ", 1);
    lane_close(lane);
}

Test(lane, leaves_nothing_behind_when_it_is_fenced) {
    struct toy_member other;
    const int32_t partition = P;
    open_lane();
    toy_command(world, P, "send-a");
    toy_settle(lane);

    /* It does not know yet that somebody else has the partition, and fills its transaction. */
    toy_member_open(&other, world);
    toy_member_assign(&other, &partition, 1);
    struct lane *newer = toy_lane_open(&other, P);
    toy_settle(newer);
    work_for(10);
    expect_end(LANE_END_FENCED);
    expect_sent("");
    expect_state("", "", -1);
    toy_run(world, newer, 10);
    expect_state("send-a", "send-a ", 1);
    expect_sent("send-a ");
    lane_close(lane);
    lane_close(newer);
    toy_member_close(&other);
}

Test(lane, does_not_work_when_the_partition_went_away_meanwhile) {
    const int32_t partition = P;
    struct log_group_event event;
    struct error error;
    toy_command(world, P, "a");
    lane = toy_lane_open(&member, P);
    memory_log_lose(&member.log_group, &partition, 1);
    cr_assert_eq(member.log_group.poll(member.log_group.self, 0, &event, &error), RESULT_OK);
    work_for(10);
    expect_end(LANE_END_NOT_OWNED);
    cr_expect_str_eq(world->toy.handled, "");
    lane_close(lane);
}

Test(lane, restores_what_is_committed_and_no_more) {
    char value[16];
    open_lane();
    for (uint32_t i = 0; i < 1200; i++) {
        snprintf(value, sizeof value, "%u", i % 10);
        memory_log_append_text(world->log, "toy.commands", P, toy_key(P, i % 4), value);
        if (i % 100 == 50) {
            work_for(10);
        }
    }
    work_for(10);
    toy_command(world, P, "aborted");
    fault(MEMORY_FAULT_FAILED);
    work_for(10);
    const uint32_t visible = memory_log_visible(world->log, "toy.state", P);
    cr_assert_eq(visible, 1200);
    const char *before = strdup(toy_state(world, P));
    lane_close(lane);
    lane = toy_lane_open(&member, P);
    while (toy_status(lane).state != LANE_STATE_WORKING) {
        cr_assert(lane_step(lane));
    }
    cr_expect_eq(world->toy.restored, visible);
    work_for(10);
    char expected[4096];
    snprintf(expected, sizeof expected, "%s aborted", before);
    cr_expect_str_eq(toy_state(world, P), expected);
    free((void *)before);
    lane_close(lane);
}

Test(lane, ends_when_it_lacks_a_right_and_nothing_is_written) {
    open_lane();
    work_for(10);
    toy_command(world, P, "a");
    fault(MEMORY_FAULT_DENIED);
    work_for(10);
    expect_end(LANE_END_DENIED);
    cr_expect_not_null(strstr(toy_status(lane).reason, "may not write"));
    cr_expect_str_eq(toy_state(world, P), "");
    open_next();
    work_for(10);
    cr_expect_str_eq(toy_state(world, P), "a");
    lane_close(lane);
}

Test(lane, shows_how_far_the_restore_is_and_waits_for_brokers) {
    open_lane();
    for (uint32_t i = 0; i < 2000; i++) {
        toy_command(world, P, "a");
    }
    work_for(second_ms);
    lane_close(lane);
    lane = toy_lane_open(&member, P);
    while (toy_status(lane).state != LANE_STATE_RESTORING) {
        cr_assert(lane_step(lane));
    }
    const int64_t all = toy_status(lane).restore_remaining;
    cr_expect_geq(all, 2000);
    lane_step(lane);
    lane_step(lane);
    memory_log_away(world->log, true);
    work_for(60 * second_ms);
    cr_expect_eq(toy_status(lane).state, LANE_STATE_RESTORING);
    cr_expect_lt(toy_status(lane).restore_remaining, all);
    cr_expect_gt(toy_status(lane).restore_remaining, 0);
    memory_log_away(world->log, false);
    work_for(second_ms);
    cr_expect_eq(toy_status(lane).state, LANE_STATE_WORKING);
    lane_close(lane);
}

Test(lane, waits_for_brokers_in_every_state) {
    memory_log_away(world->log, true);
    toy_command(world, P, "a");
    lane = toy_lane_open(&member, P);
    work_for(60 * second_ms);
    cr_expect_eq(toy_status(lane).state, LANE_STATE_FENCING);
    cr_expect_leq(world->now_ms - lane_ticked_ms(lane), second_ms);
    memory_log_away(world->log, false);
    work_for(second_ms);
    expect_state("a", "a ", 1);
    memory_log_away(world->log, true);
    toy_command(world, P, "b");
    work_for(60 * second_ms);
    cr_expect_eq(toy_status(lane).state, LANE_STATE_WORKING);
    memory_log_away(world->log, false);
    work_for(second_ms);
    expect_state("a b", "a b ", 2);
    lane_close(lane);
}

Test(lane, reads_only_the_tail_into_a_store_that_stayed) {
    toy_world_keep_stores(world);
    open_lane();
    toy_command(world, P, "a");
    work_for(10);
    toy_command(world, P, "b");
    fault(MEMORY_FAULT_DOUBTFUL_COMMITTED);
    work_for(10);
    expect_end(LANE_END_ANEW);
    open_next();
    cr_expect_eq(world->toy.restored, 1, "the one that the store had not heard of");
    toy_command(world, P, "c");
    work_for(10);
    expect_state("a b c", "a b c ", 3);
    lane_close(lane);
}

Test(lane, builds_a_store_anew_that_does_not_belong_to_the_log) {
    struct error error;
    const char *key = toy_key(P, 0);
    const struct store_write foreign = {
        .table = 0,
        .key = {(const uint8_t *)key, (uint32_t)strlen(key)},
        .value = {(const uint8_t *)"foreign", 7},
    };
    const int64_t ahead[] = {1000};
    toy_world_keep_stores(world);
    open_lane();
    toy_command(world, P, "a");
    work_for(10);
    lane_close(lane);
    cr_assert_eq(world->kept[P].apply(world->kept[P].self, &foreign, 1, ahead, &error), RESULT_OK);
    open_lane();
    toy_command(world, P, "b");
    work_for(10);
    expect_state("a b", "a b ", 2);
    lane_close(lane);
}

Test(lane, builds_a_store_anew_that_is_older_than_the_log) {
    toy_world_keep_stores(world);
    open_lane();
    toy_command(world, P, "a");
    work_for(10);
    lane_close(lane);
    const struct store old = world->kept[P];
    world->kept[P] = (struct store){0};
    open_lane();
    toy_command(world, P, "b");
    work_for(10);
    lane_close(lane);
    world->kept[P].close(world->kept[P].self);
    world->kept[P] = old;
    /* The record that the old store had not heard of is compacted away; a newer one is there. */
    memory_log_truncate(world->log, "toy.state", P, 2);
    open_lane();
    toy_command(world, P, "c");
    work_for(10);
    expect_state("a b c", "a b c ", 3);
    lane_close(lane);
}

/* Found by the simulation: what a newer owner had written meanwhile was not restored, and yet the
 * store said that it had it. */
Test(lane, marks_nothing_in_its_store_that_it_has_not_restored) {
    struct toy_member other;
    const struct stores others = stores_memory();
    const int32_t partition = P;
    toy_world_keep_stores(world);
    toy_member_open(&other, world);
    other.setup.lanes.stores = &others;
    toy_member_assign(&other, &partition, 1);
    struct lane *theirs = toy_lane_open(&other, P);
    toy_command(world, P, "a");
    toy_run(world, theirs, 10);
    lane_close(theirs);

    /* It knows how far it has to read; then somebody else goes on. */
    lane = toy_lane_open(&member, P);
    while (toy_status(lane).state != LANE_STATE_RESTORING) {
        cr_assert(lane_step(lane));
    }
    theirs = toy_lane_open(&other, P);
    toy_command(world, P, "b");
    toy_run(world, theirs, 10);
    cr_expect_str_eq(toy_state(world, P), "a b");
    work_for(10);
    lane_close(lane);
    lane_close(theirs);

    toy_member_assign(&member, &partition, 1);
    open_lane();
    toy_command(world, P, "c");
    work_for(10);
    expect_state("a b c", "a b c ", 3);
    lane_close(lane);
    toy_member_close(&other);
}

Test(lane, takes_urgent_inputs_first) {
    for (uint32_t i = 0; i < 300; i++) {
        toy_command(world, P, "c");
    }
    toy_urgent(world, P, "u1");
    open_lane();
    cr_expect_eq(strncmp(world->toy.handled, "u1 c", 4), 0);
    work_for(10);

    /* What comes while a batch is handled need not wait for the end of it. */
    world->toy.handled[0] = '\0';
    for (uint32_t i = 0; i < 300; i++) {
        toy_command(world, P, "c");
    }
    lane_step(lane);
    toy_urgent(world, P, "u2");
    work_for(10);
    const char *urgent = strstr(world->toy.handled, "u2");
    cr_assert_not_null(urgent);
    cr_expect_not_null(strstr(urgent, "c c c c c c c c c c"), "%s", world->toy.handled);
    lane_close(lane);
}

Test(lane, waits_with_what_cannot_be_handled_yet) {
    world->toy.again = true;
    open_lane();
    toy_command(world, P, "a");
    toy_command(world, P, "again-b");
    toy_command(world, P, "c");
    work_for(10);
    expect_state("a", "a ", 1);
    cr_expect_eq(toy_status(lane).state, LANE_STATE_WAITING);
    cr_expect_str_eq(toy_status(lane).reason,
                     "toy.commands partition 1 offset 1: somebody is away");
    toy_urgent(world, P, "u");
    work_for(10);
    expect_state("a u", "a u ", 1);
    work_for(60 * second_ms);
    cr_expect_not(lane_ended(lane));
    cr_expect_eq(toy_status(lane).lags[TOY_COMMANDS], 2);
    world->toy.again = false;
    work_for(6 * second_ms);
    expect_state("a u again-b c", "a u again-b c ", 3);
    cr_expect_eq(toy_status(lane).state, LANE_STATE_WORKING);
    cr_expect_str_eq(toy_status(lane).reason, "");
    lane_close(lane);
}

Test(lane, holds_up_less_urgent_inputs_while_it_waits) {
    world->toy.again = true;
    toy_urgent(world, P, "again-u");
    toy_command(world, P, "c");
    open_lane();
    work_for(10);
    expect_state("", "", -1);
    world->toy.again = false;
    work_for(second_ms);
    expect_state("again-u c", "again-u c ", 1);
    lane_close(lane);
}

/* Found by the simulation: the less urgent input's time had come, and it could not be taken. */
Test(lane, rests_while_two_inputs_wait) {
    world->toy.again = true;
    open_lane();
    toy_command(world, P, "again-c");
    work_for(20 * second_ms); /* until it is tried again every few seconds only */
    toy_urgent(world, P, "again-u");
    for (uint32_t i = 0; i < 100; i++) {
        work_for(100);
        cr_expect_gt(lane_due_ms(lane), lane_ticked_ms(lane), "%u", i);
    }
    world->toy.again = false;
    work_for(6 * second_ms);
    expect_state("again-u again-c", "again-u again-c ", 1);
    lane_close(lane);
}

Test(lane, stops_at_what_it_cannot_read_and_still_takes_replies) {
    struct lane *other = toy_lane_open(&member, P + 1);
    open_lane();
    toy_command(world, P, "send-a");
    work_for(10);
    toy_command(world, P, "b");
    toy_command(world, P, "invalid");
    toy_command(world, P, "c");
    toy_command(world, P + 1, "d");
    work_for(10);
    toy_run(world, other, 10);
    cr_expect_eq(toy_status(lane).state, LANE_STATE_STOPPED);
    cr_expect_str_eq(toy_status(lane).reason,
                     "toy.commands partition 1 offset 2: this cannot be read");
    expect_state("send-a b", "send-a b ", 2);
    cr_expect_str_eq(toy_events(world, P + 1), "d ", "other lanes go on");
    world->toy.replies = 1;
    toy_urgent(world, P, "u");
    work_for(60 * second_ms);
    expect_state("send-a b reply", "send-a b reply ", 2);
    cr_expect_eq(toy_status(lane).state, LANE_STATE_STOPPED);
    cr_expect_leq(world->now_ms - lane_ticked_ms(lane), second_ms);
    lane_drain(lane, DRAIN_REVOKED, world->now_ms + second_ms);
    work_for(10);
    expect_end(LANE_END_ASKED);
    lane_close(lane);
    lane_close(other);
}

Test(lane, stops_altogether_where_its_own_state_cannot_be_read) {
    open_lane();
    toy_command(world, P, "a");
    work_for(10);
    lane_close(lane);
    world->toy.refuse_restore = true;
    open_lane();
    cr_expect_eq(toy_status(lane).state, LANE_STATE_STOPPED);
    cr_expect_str_eq(toy_status(lane).reason, "this state cannot be read");
    lane_drain(lane, DRAIN_STOPPING, world->now_ms + second_ms);
    toy_settle(lane);
    expect_end(LANE_END_ASKED);
    lane_close(lane);

    world->toy.refuse_restore = false;
    open_lane();
    toy_command(world, P, "b");
    toy_settle(lane);
    world->toy.refuse_tick = true;
    work_for(10);
    cr_expect_eq(toy_status(lane).state, LANE_STATE_STOPPED);
    expect_state("a", "a ", 1);
    lane_close(lane);
}

Test(lane, stops_where_records_are_gone_that_it_did_not_read) {
    open_lane();
    toy_command(world, P, "a");
    work_for(10);
    lane_close(lane);
    toy_command(world, P, "b");
    toy_command(world, P, "c");
    memory_log_truncate(world->log, "toy.commands", P, 2);
    open_lane();
    cr_expect_eq(toy_status(lane).state, LANE_STATE_STOPPED);
    cr_expect_str_eq(toy_status(lane).reason, "records of toy.commands are gone");
    work_for(60 * second_ms);
    expect_state("a", "a ", 1);
    lane_close(lane);
}

Test(lane, stops_when_a_record_can_never_be_written) {
    open_lane();
    toy_command(world, P, "send-a");
    fault(MEMORY_FAULT_INVALID);
    work_for(10);
    cr_expect_eq(toy_status(lane).state, LANE_STATE_STOPPED);
    cr_expect_str_eq(toy_status(lane).reason, "a record is too large");
    expect_sent("");
    lane_close(lane);
}

Test(lane, copies_dead_letters_and_goes_on) {
    toy_command(world, P, "letter");
    toy_command(world, P, "a");
    open_lane();
    work_for(10);
    expect_state("a", "a ", 2);
    cr_assert_eq(memory_log_visible(world->log, "dead-letters", P), 1);
    const struct log_record *letter = memory_log_read(world->log, "dead-letters", P, 0);
    cr_expect_eq(letter->value.length, 6);
    lane_close(lane);
}

Test(lane, drains_what_is_out_before_it_ends) {
    open_lane();
    toy_command(world, P, "send-a");
    work_for(10);
    lane_drain(lane, DRAIN_REVOKED, world->now_ms + 20 * second_ms);
    toy_command(world, P, "b");
    toy_settle(lane);
    cr_expect_eq(world->toy.late_ticks, 0, "a tick might have begun new work");
    work_for(10 * second_ms);
    cr_expect_not(lane_ended(lane));
    expect_state("send-a", "send-a ", 1);
    world->toy.replies = 1;
    work_for(11 * second_ms);
    expect_end(LANE_END_ASKED);
    expect_state("send-a reply", "send-a reply ", 1);
    cr_expect_eq(world->toy.out_when_closed, 0);
    lane_close(lane);
}

Test(lane, hands_over_what_does_not_come_back_in_time) {
    open_lane();
    toy_command(world, P, "send-a");
    work_for(10);
    lane_drain(lane, DRAIN_STOPPING, world->now_ms + 20 * second_ms);
    work_for(19 * second_ms);
    cr_expect_not(lane_ended(lane));
    work_for(2 * second_ms);
    expect_end(LANE_END_ASKED);
    cr_expect_eq(world->toy.out_when_closed, 1);
    lane_close(lane);
}

Test(lane, commits_what_is_staged_before_it_drains) {
    open_lane();
    toy_command(world, P, "a");
    toy_settle(lane);
    lane_drain(lane, DRAIN_STOPPING, world->now_ms + second_ms);
    toy_settle(lane);
    expect_end(LANE_END_ASKED);
    expect_state("a", "a ", 1);
    lane_close(lane);
}

Test(lane, closes_at_once_without_a_commit) {
    open_lane();
    toy_command(world, P, "a");
    toy_settle(lane);
    lane_ask_to_close(lane);
    cr_expect_not(lane_step(lane));
    expect_end(LANE_END_ASKED);
    expect_state("", "", -1);
    lane_close(lane);
}

Test(lane, sends_nothing_any_more_once_it_was_told_to_end) {
    open_lane();
    toy_command(world, P, "send-a");
    fault(MEMORY_FAULT_HANGING);
    work_for(10);
    lane_drain(lane, DRAIN_STOPPING, world->now_ms + 20 * second_ms);
    fault(MEMORY_FAULT_NONE);
    work_for(second_ms);
    expect_end(LANE_END_ASKED);
    expect_state("send-a", "send-a ", 1);
    expect_sent("");
    lane_close(lane);
}

Test(lane, ends_at_once_when_told_to_drain_before_it_works) {
    memory_log_away(world->log, true);
    lane = toy_lane_open(&member, P);
    work_for(second_ms);
    lane_drain(lane, DRAIN_REVOKED, world->now_ms + 20 * second_ms);
    cr_expect_not(lane_step(lane));
    expect_end(LANE_END_ASKED);
    lane_close(lane);
}
