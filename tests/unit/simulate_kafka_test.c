/* The simulated Kafka does what is known of the real one, and each of its troubles is met. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/unit/simulate_kafka_rig.h"

enum { P = 1 };

static const int64_t second_ms = 1000;

static struct kafka_rig *rig;

static void open_rig(void) {
    rig = calloc(1, sizeof *rig);
    cr_assert_not_null(rig);
    kafka_rig_open(rig, 1);
}

static void close_rig(void) {
    kafka_rig_close(rig);
    free(rig);
}

TestSuite(simulate_kafka, .init = open_rig, .fini = close_rig);

static const char *const values[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
static const char all_values[] = "a b c d e f g h ";

static void command_all(const char *value) {
    for (int32_t p = 0; p < TOY_PARTITIONS; p++) {
        toy_command(&rig->world, p, value);
    }
}

static void expect_all_once(void) {
    for (int32_t p = 0; p < TOY_PARTITIONS; p++) {
        cr_expect_str_eq(toy_events(&rig->world, p), all_values, "partition %d: %s", p,
                         toy_events(&rig->world, p));
    }
}

Test(simulate_kafka, groups_share_the_partitions_and_hand_them_over) {
    kafka_rig_join(rig, 0, NULL);
    kafka_rig_group(rig, 0);
    for (uint32_t i = 0; i < 8; i++) {
        command_all(values[i]);
        kafka_rig_pass(rig, 100);
        if (i == 2 || i == 4) {
            kafka_rig_join(rig, i / 2, NULL);
            kafka_rig_group(rig, i / 2);
        } else if (i == 6) {
            group_stop(rig->groups[0]);
            kafka_rig_pass(rig, 100);
            kafka_rig_bury(rig, 0);
        }
        kafka_rig_pass(rig, 5 * second_ms);
    }
    expect_all_once();
    cr_expect_eq(rig->counts->rebalances, 4);
    cr_expect_eq(rig->counts->evicted, 0);
    cr_expect_eq(rig->counts->fenced, 0);
    cr_expect_eq(rig->counts->commits_in_doubt, 0);
}

/* --- Bare ports. --- */

static void join_alone(uint32_t which) {
    kafka_rig_join(rig, which, NULL);
    cr_assert_eq(kafka_rig_event(rig, which, 0).kind, LOG_GROUP_ASSIGNED);
}

static enum result commit(struct log *log, const char *value, int64_t next) {
    struct error error;
    return kafka_rig_commit(rig, log, P, value, next, &error);
}

static enum result begin(struct log *log, const char *value, int64_t next) {
    struct error error;
    return kafka_rig_begin(log, P, value, next, &error);
}

static enum result wait_for(struct log *log) {
    struct error error;
    return kafka_rig_wait(rig, log, &error);
}

static const char *events(void) {
    return toy_events(&rig->world, P);
}

static int64_t committed(void) {
    return memory_log_committed(kafka_log(rig->kafka), "toy", "toy.commands", P);
}

Test(simulate_kafka, a_late_end_ends_the_next_transaction_of_the_same_owner) {
    join_alone(0);
    struct log log = kafka_rig_lane(rig, 0, P);
    rig->weather->end_again_permille = 1000;
    rig->weather->again_most_ms = 5 * second_ms;
    cr_assert_eq(begin(&log, "a", 1), RESULT_OK);
    struct error error;
    cr_assert_eq(log.commit_wait(log.self, 0, &error), RESULT_AGAIN);
    rig->weather->end_again_permille = 0;
    cr_expect_eq(wait_for(&log), RESULT_OK);
    cr_expect(log.worn(log.self));
    cr_expect_eq(rig->counts->ends_late, 0);
    /* What ports/log.h forbids, and why. */
    cr_assert_eq(begin(&log, "b", 2), RESULT_OK);
    cr_expect_str_eq(events(), "a ");
    kafka_rig_pass(rig, 10 * second_ms);
    cr_expect_str_eq(events(), "a b ");
    cr_expect_eq(committed(), 2);
    cr_expect_eq(rig->counts->ends_late, 1);
    cr_expect_eq(rig->counts->ends_of_another, 1);
    cr_expect_eq(rig->counts->ends_refused, 0);
    log.close(log.self);
}

Test(simulate_kafka, a_late_end_is_refused_once_there_is_a_newer_owner) {
    join_alone(0);
    struct log log = kafka_rig_lane(rig, 0, P);
    rig->weather->end_again_permille = 1000;
    rig->weather->again_most_ms = 5 * second_ms;
    cr_assert_eq(begin(&log, "a", 1), RESULT_OK);
    struct error error;
    cr_assert_eq(log.commit_wait(log.self, 0, &error), RESULT_AGAIN);
    rig->weather->end_again_permille = 0;
    cr_expect_eq(wait_for(&log), RESULT_OK);
    log.close(log.self);
    struct log next = kafka_rig_lane(rig, 0, P);
    cr_assert_eq(begin(&next, "b", 2), RESULT_OK);
    kafka_rig_pass(rig, 10 * second_ms);
    cr_expect_str_eq(events(), "a ");
    cr_expect_eq(rig->counts->ends_late, 1);
    cr_expect_eq(rig->counts->ends_of_another, 0);
    cr_expect_eq(rig->counts->ends_refused, 1);
    cr_expect_eq(wait_for(&next), RESULT_OK);
    cr_expect_str_eq(events(), "a b ");
    next.close(next.self);
}

Test(simulate_kafka, an_end_that_is_lost_for_good_leaves_its_owner_in_doubt) {
    join_alone(0);
    struct log log = kafka_rig_lane(rig, 0, P);
    rig->weather->end_lost_permille = 1000;
    cr_expect_eq(commit(&log, "a", 1), RESULT_DOUBTFUL);
    cr_expect_eq(rig->timeline.now_ms, rig->world.options.transaction_timeout_ms);
    cr_expect_eq(rig->counts->commits_in_doubt, 1);
    log.close(log.self);
    struct log next = kafka_rig_lane(rig, 0, P);
    cr_expect_str_eq(events(), "");
    cr_expect_eq(memory_log_end(kafka_log(rig->kafka), "toy.events", P), 2); /* and a marker */
    next.close(next.self);
}

Test(simulate_kafka, an_end_whose_answer_is_lost_is_repeated_and_wears_its_producer) {
    join_alone(0);
    struct log log = kafka_rig_lane(rig, 0, P);
    rig->weather->answer_lost_permille = 1000;
    cr_assert_eq(begin(&log, "a", 1), RESULT_OK);
    struct error error;
    cr_assert_eq(log.commit_wait(log.self, 0, &error), RESULT_AGAIN);
    cr_expect_str_eq(events(), "a ", "it is committed, but that is not known");
    rig->weather->answer_lost_permille = 0;
    cr_expect_eq(wait_for(&log), RESULT_OK);
    cr_expect(log.worn(log.self));
    cr_expect_eq(committed(), 1);
    log.close(log.self);
}

Test(simulate_kafka, a_slow_commit_wears_its_producer) {
    rig->world.options.commit_slow_ms = 1000;
    join_alone(0);
    struct log log = kafka_rig_lane(rig, 0, P);
    cr_expect_eq(commit(&log, "a", 1), RESULT_OK);
    cr_expect_not(log.worn(log.self));
    cr_assert_eq(begin(&log, "b", 2), RESULT_OK);
    kafka_rig_pass(rig, 1001);
    cr_expect_eq(wait_for(&log), RESULT_OK);
    cr_expect(log.worn(log.self));
    log.close(log.self);
}

Test(simulate_kafka, a_transaction_that_takes_too_long_is_aborted_and_its_owner_fenced) {
    join_alone(0);
    struct log log = kafka_rig_lane(rig, 0, P);
    cr_assert_eq(begin(&log, "a", 1), RESULT_OK);
    kafka_rig_pass(rig, rig->world.options.transaction_timeout_ms);
    cr_expect_eq(rig->counts->timed_out, 1);
    cr_expect_eq(wait_for(&log), RESULT_FENCED);
    cr_expect_str_eq(events(), "");
    cr_expect_eq(committed(), -1);
    log.close(log.self);
}

Test(simulate_kafka, an_open_transaction_holds_readers_back) {
    struct memory_log *log = kafka_log(rig->kafka);
    join_alone(0);
    struct log lane = kafka_rig_lane(rig, 0, P);
    cr_assert_eq(begin(&lane, "a", 1), RESULT_OK);
    memory_log_append_text(log, "toy.events", P, toy_key(P, 0), "outsider");
    cr_expect_eq(memory_log_stable_end(log, "toy.events", P), 0);
    cr_expect_eq(memory_log_end(log, "toy.events", P), 2);
    cr_expect_str_eq(events(), "");
    cr_expect_eq(wait_for(&lane), RESULT_OK);
    cr_expect_eq(memory_log_stable_end(log, "toy.events", P), 3);
    cr_expect_str_eq(events(), "a outsider ");
    lane.close(lane.self);
}

Test(simulate_kafka, the_last_init_wins_and_zombies_are_refused) {
    join_alone(0);
    struct log old = kafka_rig_lane(rig, 0, P);
    cr_assert_eq(begin(&old, "a", 1), RESULT_OK);
    struct log young = kafka_rig_lane(rig, 0, P);
    cr_expect_eq(wait_for(&old), RESULT_FENCED, "its end is refused");
    cr_expect_eq(commit(&young, "b", 1), RESULT_OK);
    struct log youngest = kafka_rig_lane(rig, 0, P);
    cr_expect_eq(commit(&young, "c", 2), RESULT_FENCED, "its records are refused");
    cr_expect_str_eq(events(), "b ");
    cr_expect_gt(rig->counts->fenced, 1);
    old.close(old.self);
    young.close(young.self);
    youngest.close(youngest.self);
}

Test(simulate_kafka, a_lane_that_ends_aborts_what_it_has_begun) {
    join_alone(0);
    struct log log = kafka_rig_lane(rig, 0, P);
    cr_assert_eq(begin(&log, "a", 1), RESULT_OK);
    log.close(log.self);
    memory_log_append_text(kafka_log(rig->kafka), "toy.events", P, toy_key(P, 0), "b");
    cr_expect_str_eq(events(), "b ");
}

Test(simulate_kafka, a_record_that_no_broker_takes_is_refused_before_it_leaves) {
    enum { TOO_LARGE = 3 << 20 };
    join_alone(0);
    struct log log = kafka_rig_lane(rig, 0, P);
    uint8_t *value = calloc(1, TOO_LARGE);
    cr_assert_not_null(value);
    const struct log_staged record = {
        .output = TOY_EVENTS, .key = {value, 1}, .value = {value, TOO_LARGE}};
    const int64_t inputs[] = {0, 1};
    struct error error;
    cr_expect_eq(log.commit_begin(log.self, &record, 1, inputs, &error), RESULT_INVALID);
    log.close(log.self);
    free(value);
}

Test(simulate_kafka, an_init_whose_answer_is_lost_is_repeated) {
    join_alone(0);
    const struct log_group *group = &rig->members[0].log_group;
    struct log log;
    struct error error;
    cr_assert_eq(group->lane_open(group->self, P, &log, &error), RESULT_OK);
    rig->weather->answer_lost_permille = 1000;
    cr_assert_eq(log.fence(log.self, 0, &error), RESULT_AGAIN);
    rig->weather->answer_lost_permille = 0;
    cr_assert_eq(log.fence(log.self, 0, &error), RESULT_AGAIN);
    kafka_rig_pass(rig, 5 * second_ms);
    cr_assert_eq(log.fence(log.self, 0, &error), RESULT_OK);
    struct log_positions positions;
    cr_assert_eq(log.positions(log.self, 0, &positions, &error), RESULT_OK);
    cr_assert_eq(log.start(log.self, positions.inputs, 0, &error), RESULT_OK);
    cr_expect_eq(commit(&log, "a", 1), RESULT_OK);
    log.close(log.self);
}

Test(simulate_kafka, nobody_answers_while_the_brokers_are_away) {
    join_alone(0);
    struct log log = kafka_rig_lane(rig, 0, P);
    toy_command(&rig->world, P, "x");
    rig->weather->away = true;
    struct log_batch batch;
    struct error error;
    cr_assert_eq(log.poll(log.self, TOY_COMMANDS, 10, &batch, &error), RESULT_OK);
    cr_expect_eq(batch.count, 0);
    cr_assert_eq(begin(&log, "a", 1), RESULT_OK);
    kafka_rig_pass(rig, 3 * second_ms); /* shorter than a session */
    cr_expect_eq(log.commit_wait(log.self, 0, &error), RESULT_AGAIN);
    cr_expect_eq(memory_log_end(kafka_log(rig->kafka), "toy.events", P), 0);
    rig->weather->away = false;
    cr_expect_eq(wait_for(&log), RESULT_OK);
    cr_expect(log.worn(log.self));
    cr_assert_eq(log.poll(log.self, TOY_COMMANDS, 10, &batch, &error), RESULT_OK);
    cr_expect_eq(batch.count, 1);
    log.release(log.self, &batch);
    log.close(log.self);
}

Test(simulate_kafka, a_process_that_is_cut_off_writes_nothing_and_others_do) {
    join_alone(0);
    struct log cut = kafka_rig_lane(rig, 0, P);
    rig->processes[0].no_kafka = true;
    cr_assert_eq(begin(&cut, "a", 1), RESULT_OK);
    kafka_rig_join(rig, 1, NULL);
    struct log_group_event event = kafka_rig_event(rig, 1, 20 * second_ms);
    cr_assert_eq(event.kind, LOG_GROUP_ASSIGNED);
    cr_expect_eq(event.partitions_count, TOY_PARTITIONS);
    struct log log = kafka_rig_lane(rig, 1, P);
    cr_expect_eq(commit(&log, "b", 1), RESULT_OK);
    rig->processes[0].no_kafka = false;
    cr_expect_eq(wait_for(&cut), RESULT_FENCED);
    cr_expect_str_eq(events(), "b ");
    cut.close(cut.self);
    log.close(log.self);
}

Test(simulate_kafka, records_that_were_deleted_before_they_were_read_are_missed) {
    join_alone(0);
    struct log log = kafka_rig_lane(rig, 0, P);
    toy_command(&rig->world, P, "x");
    toy_command(&rig->world, P, "y");
    memory_log_truncate(kafka_log(rig->kafka), "toy.commands", P, 1);
    struct log_batch batch;
    struct error error;
    cr_expect_eq(log.poll(log.self, TOY_COMMANDS, 10, &batch, &error), RESULT_INVALID);
    log.close(log.self);
}

Test(simulate_kafka, an_offset_that_does_not_exist_any_more_is_no_position) {
    join_alone(0);
    struct log log = kafka_rig_lane(rig, 0, P);
    toy_command(&rig->world, P, "x");
    toy_command(&rig->world, P, "y");
    cr_assert_eq(commit(&log, "x", 1), RESULT_OK);
    log.close(log.self);
    struct log next = kafka_rig_fence(rig, 0, P);
    struct log_positions positions;
    struct error error;
    cr_expect_eq(next.positions(next.self, 0, &positions, &error), RESULT_OK);
    memory_log_truncate(kafka_log(rig->kafka), "toy.commands", P, 2);
    cr_expect_eq(next.positions(next.self, 0, &positions, &error), RESULT_INVALID);
    next.close(next.self);
}

Test(simulate_kafka, compaction_leaves_the_newest_of_each_key_and_all_offsets) {
    struct memory_log *log = kafka_log(rig->kafka);
    join_alone(0);
    struct log lane = kafka_rig_lane(rig, 0, P);
    cr_assert_eq(commit(&lane, "a", 1), RESULT_OK);
    memory_log_append_text(log, "toy.state", P, "other", "o");
    cr_assert_eq(commit(&lane, "b", 2), RESULT_OK);
    cr_assert_eq(begin(&lane, "c", 3), RESULT_OK);
    memory_log_append_text(log, "toy.state", P, "other", "p");
    kafka_compact(rig->kafka);
    cr_expect_eq(rig->counts->compacted, 1);
    cr_expect_eq(memory_log_visible(log, "toy.state", P), 2, "above the stable end nothing went");
    cr_expect_eq(memory_log_read(log, "toy.state", P, 0)->offset, 2);
    cr_expect_eq(wait_for(&lane), RESULT_OK);
    kafka_compact(rig->kafka);
    cr_expect_eq(rig->counts->compacted, 3);
    cr_expect_eq(memory_log_end(log, "toy.state", P), 8);
    cr_expect_eq(memory_log_visible(log, "toy.state", P), 2);
    cr_expect_str_eq(toy_state(&rig->world, P), "c");
    cr_expect_str_eq(events(), "a b c ", "a journal keeps all");
    lane.close(lane.self);
}

/* --- Groups. --- */

Test(simulate_kafka, a_member_whose_heartbeats_are_lost_is_out_of_the_group) {
    join_alone(0);
    kafka_rig_pass(rig, 60 * second_ms);
    cr_expect_eq(rig->counts->evicted, 0);
    rig->weather->heartbeat_lost_permille = 1000;
    kafka_rig_pass(rig, 10 * second_ms);
    cr_expect_eq(rig->counts->evicted, 1);
    rig->weather->heartbeat_lost_permille = 0;
    const struct log_group *group = &rig->members[0].log_group;
    cr_expect_eq(kafka_rig_event(rig, 0, 10 * second_ms).kind, LOG_GROUP_LOST);
    group->revoke_done(group->self);
    cr_expect_eq(kafka_rig_event(rig, 0, 10 * second_ms).kind, LOG_GROUP_ASSIGNED);
}

Test(simulate_kafka, a_zombie_believes_until_it_hears) {
    const struct log_group *group = &rig->members[0].log_group;
    struct log_group_event event;
    struct error error;
    join_alone(0);
    struct log zombie = kafka_rig_lane(rig, 0, P);
    cr_expect(zombie.owned(zombie.self));
    rig->processes[0].paused = true;
    kafka_rig_pass(rig, 10 * second_ms);
    cr_expect_eq(rig->counts->evicted, 1);
    kafka_rig_join(rig, 1, NULL);
    cr_expect_eq(kafka_rig_event(rig, 1, 0).kind, LOG_GROUP_ASSIGNED);
    struct log owner = kafka_rig_lane(rig, 1, P);
    rig->processes[0].paused = false;
    cr_expect_not(zombie.owned(zombie.self), "it has not asked for longer than a session");
    cr_assert_eq(group->poll(group->self, 0, &event, &error), RESULT_OK);
    cr_expect_eq(event.kind, LOG_GROUP_NOTHING);
    cr_expect(zombie.owned(zombie.self), "it has not heard yet");
    cr_expect_eq(commit(&zombie, "z", 1), RESULT_FENCED);
    cr_expect_eq(commit(&owner, "a", 1), RESULT_OK);
    kafka_rig_pass(rig, 3 * second_ms);
    cr_expect_not(zombie.owned(zombie.self));
    cr_expect_eq(kafka_rig_event(rig, 0, 0).kind, LOG_GROUP_LOST);
    cr_expect_str_eq(events(), "a ");
    zombie.close(zombie.self);
    owner.close(owner.self);
}

Test(simulate_kafka, offsets_are_taken_of_members_of_this_generation_only) {
    join_alone(0);
    struct log zombie = kafka_rig_lane(rig, 0, P);
    rig->processes[0].paused = true;
    kafka_rig_pass(rig, 10 * second_ms);
    kafka_rig_join(rig, 1, NULL);
    rig->processes[0].paused = false;
    cr_expect_eq(commit(&zombie, "z", 1), RESULT_FENCED, "though nobody has fenced its producer");
    cr_expect_eq(committed(), -1);
    zombie.close(zombie.self);
    memory_log_append_text(kafka_log(rig->kafka), "toy.events", P, toy_key(P, 0), "b");
    cr_expect_str_eq(events(), "b ", "what it had begun was aborted");
}

Test(simulate_kafka, a_name_that_comes_back_has_its_old_place_without_a_rebalance) {
    kafka_rig_join(rig, 0, "one");
    kafka_rig_join(rig, 1, "two");
    cr_expect_eq(kafka_rig_event(rig, 0, 0).kind, LOG_GROUP_ASSIGNED);
    cr_expect_eq(kafka_rig_event(rig, 0, 3 * second_ms).kind, LOG_GROUP_REVOKED);
    rig->members[0].log_group.revoke_done(rig->members[0].log_group.self);
    cr_expect_eq(kafka_rig_event(rig, 0, 0).kind, LOG_GROUP_ASSIGNED);
    const struct log_group_event before = kafka_rig_event(rig, 1, 0);
    cr_assert_eq(before.partitions_count, 2);
    const int32_t first = before.partitions[0];
    const uint64_t rebalances = rig->counts->rebalances;
    kafka_rig_kill(rig, 1);
    kafka_rig_pass(rig, 3 * second_ms);
    kafka_rig_join(rig, 2, "two");
    const struct log_group_event after = kafka_rig_event(rig, 2, 0);
    cr_assert_eq(after.kind, LOG_GROUP_ASSIGNED);
    cr_expect_eq(after.partitions_count, 2);
    cr_expect_eq(after.partitions[0], first);
    kafka_rig_pass(rig, 60 * second_ms);
    cr_expect_eq(rig->counts->rebalances, rebalances);
    cr_expect_eq(rig->counts->evicted, 0);
}

Test(simulate_kafka, of_two_with_one_name_the_older_one_fails) {
    kafka_rig_join(rig, 0, "one");
    cr_expect_eq(kafka_rig_event(rig, 0, 0).kind, LOG_GROUP_ASSIGNED);
    kafka_rig_join(rig, 1, "one");
    cr_expect_eq(kafka_rig_event(rig, 1, 0).kind, LOG_GROUP_ASSIGNED);
    cr_expect_eq(kafka_rig_event(rig, 0, 3 * second_ms).kind, LOG_GROUP_FAILED);
}

Test(simulate_kafka, a_rebalance_waits_for_all_but_not_for_ever) {
    join_alone(0);
    kafka_rig_join(rig, 1, NULL);
    cr_expect_eq(kafka_rig_event(rig, 0, 3 * second_ms).kind, LOG_GROUP_REVOKED);
    kafka_rig_pass(rig, rig->world.options.max_poll_interval_ms - 10 * second_ms);
    cr_expect_eq(kafka_rig_event(rig, 1, 0).kind, LOG_GROUP_NOTHING);
    kafka_rig_pass(rig, 10 * second_ms);
    cr_expect_eq(rig->counts->evicted, 1);
    const struct log_group_event event = kafka_rig_event(rig, 1, 0);
    cr_expect_eq(event.kind, LOG_GROUP_ASSIGNED);
    cr_expect_eq(event.partitions_count, TOY_PARTITIONS);
}

Test(simulate_kafka, leaving_and_joining_again_is_a_rebalance_of_its_own) {
    struct error error;
    join_alone(0);
    const struct log_group *group = &rig->members[0].log_group;
    cr_assert_eq(group->rejoin(group->self, &error), RESULT_OK);
    const struct log_group_event event = kafka_rig_event(rig, 0, 0);
    cr_expect_eq(event.kind, LOG_GROUP_ASSIGNED);
    cr_expect_eq(event.partitions_count, TOY_PARTITIONS);
    cr_expect_eq(rig->counts->rebalances, 2);
    cr_expect_eq(rig->counts->evicted, 0);
}

/* --- Evidence. --- */

static uint32_t evidence_count(void) {
    uint32_t count = 0;
    for (int32_t p = 0; p < TOY_PARTITIONS; p++) {
        count += memory_log_visible(kafka_log(rig->kafka), "toy.evidence", p);
    }
    return count;
}

static void write_evidence(const struct log_plain *plain) {
    struct error error;
    const struct bytes text = {(const uint8_t *)"evidence", 8};
    cr_assert_eq(plain->write(plain->self, "toy.evidence", text, text, NULL, 0, &error), RESULT_OK);
}

Test(simulate_kafka, evidence_leaves_a_little_later_and_not_at_all_from_the_dead) {
    struct log_plain plain = kafka_plain(rig->kafka, &rig->processes[0]);
    struct error error;
    write_evidence(&plain);
    cr_expect_eq(plain.flush(plain.self, 0, &error), RESULT_AGAIN);
    kafka_rig_pass(rig, 10);
    cr_expect_eq(plain.flush(plain.self, 0, &error), RESULT_OK);
    cr_expect_eq(evidence_count(), 1);
    write_evidence(&plain);
    kafka_rig_kill(rig, 0);
    kafka_rig_pass(rig, 60 * second_ms);
    cr_expect_eq(evidence_count(), 1);
    plain.close(plain.self);
}

Test(simulate_kafka, evidence_is_sent_again_until_it_is_taken) {
    struct log_plain plain = kafka_plain(rig->kafka, &rig->processes[0]);
    struct error error;
    rig->processes[0].no_kafka = true;
    write_evidence(&plain);
    kafka_rig_pass(rig, 60 * second_ms);
    cr_expect_eq(evidence_count(), 0);
    rig->processes[0].no_kafka = false;
    kafka_rig_pass(rig, second_ms);
    cr_expect_eq(evidence_count(), 1);
    rig->weather->away = true;
    write_evidence(&plain);
    kafka_rig_pass(rig, 301 * second_ms);
    cr_expect_eq(plain.flush(plain.self, 0, &error), RESULT_AGAIN);
    rig->weather->away = false;
    kafka_rig_pass(rig, second_ms);
    cr_expect_eq(evidence_count(), 2);
    cr_expect_eq(plain.flush(plain.self, 0, &error), RESULT_OK);
    plain.close(plain.self);
}
