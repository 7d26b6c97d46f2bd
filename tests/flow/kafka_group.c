/* Groups on Kafka: who gets which partitions, how they are handed over, and how a process ends. */
#include <criterion/criterion.h>
#include <string.h>

#include "outside/kafka/kafka_group.h"
#include "tests/support/kafka_cluster.h"
#include "tests/support/lane_driver.h"

enum { PARTITIONS = 4, CALL_MS = 10000 };

static const struct log_topology topology = {
    .processor = "group",
    .inputs = {"urgent", "commands"},
    .inputs_count = 2,
    .outputs = {"events"},
    .outputs_count = 1,
};

static struct kafka_cluster a; /* one process */
static struct kafka_cluster b; /* another */

static void open_clusters(void) {
    kafka_cluster_open(&a);
    kafka_cluster_create_all(&a, &topology, PARTITIONS);
    kafka_cluster_share(&b, &a, a.bootstrap, "b");
}

static void close_clusters(void) {
    kafka_cluster_close(&b);
    kafka_cluster_close(&a);
}

TestSuite(kafka_group, .init = open_clusters, .fini = close_clusters, .timeout = 120);

static struct log_group join(const struct kafka_cluster *process) {
    return kafka_cluster_join(process, &topology, PARTITIONS, CALL_MS);
}

/* Both polled in turn, as two processes would, until each has heard of an assignment. A process
 * that is told to give up does so. Returns how many partitions each has. */
struct shares {
    uint32_t count[2];
    int32_t partitions[2][PARTITIONS];
    uint32_t revoked[2]; /* times */
};

static struct shares settle(const struct log_group *first, const struct log_group *second) {
    const struct log_group *groups[] = {first, second};
    struct shares shares = {0};
    const int64_t begun_ms = lane_driver_now_ms();
    while (shares.count[0] + shares.count[1] != PARTITIONS || shares.count[1] == 0) {
        for (uint32_t i = 0; i < 2; i++) {
            struct log_group_event event;
            struct error error;
            cr_assert_eq(groups[i]->poll(groups[i]->self, 50, &event, &error), RESULT_OK, "%s",
                         error.text);
            if (event.kind == LOG_GROUP_REVOKED || event.kind == LOG_GROUP_LOST) {
                shares.count[i] = 0;
                shares.revoked[i]++;
                groups[i]->revoke_done(groups[i]->self);
            } else if (event.kind == LOG_GROUP_ASSIGNED) {
                shares.count[i] = event.partitions_count;
                memcpy(shares.partitions[i], event.partitions,
                       sizeof(int32_t) * event.partitions_count);
            }
        }
        cr_assert(lane_driver_now_ms() - begun_ms < LANE_DRIVER_DEADLINE_MS, "no assignment");
    }
    return shares;
}

static void commit_one(const struct log_group *group, int32_t partition, int64_t expected) {
    struct log_positions positions;
    const struct log log = lane_driver_open(group, partition, &positions);
    cr_assert_eq(positions.inputs[1], expected, "partition %d", partition);
    lane_driver_start(&log, positions.inputs);
    struct log_batch batch = lane_driver_poll(&log, 1, 1);
    cr_assert_eq(batch.records[0].offset, expected);
    log.release(log.self, &batch);
    const struct log_staged record = lane_driver_record(0, partition, PARTITIONS, "event");
    const int64_t inputs[] = {positions.inputs[0], expected + 1};
    struct error error;
    cr_assert_eq(lane_driver_commit(&log, &record, 1, inputs, &error), RESULT_OK, "%s", error.text);
    log.close(log.self);
}

Test(kafka_group, partitions_move_to_a_second_process_and_work_goes_on) {
    const struct log_group first = join(&a);
    int32_t all[16];
    cr_assert_eq(lane_driver_await(&first, LOG_GROUP_ASSIGNED, all), PARTITIONS);
    for (int32_t partition = 0; partition < PARTITIONS; partition++) {
        kafka_cluster_append_numbers(&a, "commands", partition, "key", 0, 3);
        commit_one(&first, partition, 0);
    }
    const struct log held = lane_driver_open(&first, 0, NULL);
    const struct log_group second = join(&b);
    cr_assert_eq(lane_driver_await(&first, LOG_GROUP_REVOKED, NULL), PARTITIONS);
    cr_expect(held.owned(held.self), "it is ours until it is given up");
    held.close(held.self);
    first.revoke_done(first.self);
    const struct shares shares = settle(&first, &second);
    cr_expect_eq(shares.count[0], PARTITIONS / 2);
    cr_expect_eq(shares.count[1], PARTITIONS / 2);
    for (uint32_t i = 0; i < PARTITIONS / 2; i++) {
        commit_one(&first, shares.partitions[0][i], 1);
        commit_one(&second, shares.partitions[1][i], 1);
    }
    /* A member that is known by name may come back: until its session is over nobody moves. */
    second.close(second.self);
    cr_assert_eq(lane_driver_await(&first, LOG_GROUP_REVOKED, NULL), PARTITIONS / 2);
    first.revoke_done(first.self);
    cr_assert_eq(lane_driver_await(&first, LOG_GROUP_ASSIGNED, NULL), PARTITIONS);
    for (int32_t partition = 0; partition < PARTITIONS; partition++) {
        commit_one(&first, partition, 2);
    }
    first.close(first.self);
}

Test(kafka_group, a_process_that_starts_again_in_time_disturbs_nobody) {
    const struct log_group first = join(&a);
    struct log_group second = join(&b);
    const struct shares before = settle(&first, &second);
    second.close(second.self);
    second = join(&b);
    int32_t again[16];
    cr_assert_eq(lane_driver_await(&second, LOG_GROUP_ASSIGNED, again), before.count[1]);
    cr_expect_arr_eq(again, before.partitions[1], sizeof(int32_t) * before.count[1]);
    const int64_t until_ms = lane_driver_now_ms() + a.options.session_timeout_ms;
    while (lane_driver_now_ms() < until_ms) {
        const struct log_group *groups[] = {&first, &second};
        for (uint32_t i = 0; i < 2; i++) {
            struct log_group_event event;
            struct error error;
            cr_assert_eq(groups[i]->poll(groups[i]->self, 100, &event, &error), RESULT_OK);
            cr_assert_eq(event.kind, LOG_GROUP_NOTHING, "event %d", event.kind);
        }
    }
    second.close(second.self);
    first.close(first.self);
}

Test(kafka_group, two_processes_of_one_name_are_told_apart) {
    const struct log_group first = join(&a);
    cr_assert_eq(lane_driver_await(&first, LOG_GROUP_ASSIGNED, NULL), PARTITIONS);
    struct kafka_cluster twin;
    kafka_cluster_share(&twin, &a, a.bootstrap, "a");
    const struct log_group second = join(&twin);
    cr_assert_eq(lane_driver_await(&second, LOG_GROUP_ASSIGNED, NULL), PARTITIONS);
    struct log_group_event event;
    struct error error = {.text = ""};
    const int64_t begun_ms = lane_driver_now_ms();
    do {
        (void)first.poll(first.self, 100, &event, &error);
        if (event.kind == LOG_GROUP_LOST || event.kind == LOG_GROUP_REVOKED) {
            first.revoke_done(first.self);
        }
        cr_assert(lane_driver_now_ms() - begun_ms < LANE_DRIVER_DEADLINE_MS);
    } while (event.kind != LOG_GROUP_FAILED);
    cr_expect_not_null(strstr(error.text, "give each its own"), "%s", error.text);
    second.close(second.self);
    first.close(first.self);
    kafka_cluster_close(&twin);
}

Test(kafka_group, leaves_and_joins_again) {
    const struct log_group group = join(&a);
    cr_assert_eq(lane_driver_await(&group, LOG_GROUP_ASSIGNED, NULL), PARTITIONS);
    kafka_cluster_append_numbers(&a, "commands", 2, "key", 0, 2);
    commit_one(&group, 2, 0);
    struct error error;
    cr_assert_eq(group.rejoin(group.self, &error), RESULT_OK, "%s", error.text);
    cr_assert_eq(lane_driver_await(&group, LOG_GROUP_ASSIGNED, NULL), PARTITIONS);
    commit_one(&group, 2, 1);
    group.close(group.self);
}

/* --- What is refused at the start. --- */

static void refuse(const struct log_topology *wrong, enum result result, const char *because) {
    struct log_group group;
    struct error error;
    int32_t partitions;
    cr_expect_eq(kafka_group_open(&a.config, wrong, CALL_MS, &group, &partitions, &error), result,
                 "%s", error.text);
    cr_expect_not_null(strstr(error.text, because), "%s", error.text);
}

Test(kafka_group, refuses_topics_that_do_not_fit) {
    struct log_topology wrong = topology;
    wrong.inputs[1] = "missing";
    refuse(&wrong, RESULT_INVALID, "millrace topics apply");
    wrong = topology;
    wrong.outputs[0] = "wide";
    kafka_cluster_create(&a, "wide", PARTITIONS + 1, false);
    refuse(&wrong, RESULT_INVALID, "wide has 5 partitions, others of this deployment have 4");
}

Test(kafka_group, says_which_setting_is_wrong_and_who_does_not_answer) {
    a.properties[a.config.properties_count++] =
        (struct kafka_property){"no.such.property", "1", KAFKA_PROPERTY_ALL};
    refuse(&topology, RESULT_INVALID, "no.such.property");
    a.config.properties_count--;
    (void)snprintf(a.bootstrap, sizeof a.bootstrap, "127.0.0.1:1");
    struct log_group group;
    struct error error;
    int32_t partitions;
    cr_expect_eq(kafka_group_open(&a.config, &topology, 1000, &group, &partitions, &error),
                 RESULT_AGAIN, "%s", error.text);
}
