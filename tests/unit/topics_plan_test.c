#include <criterion/criterion.h>

#include "configuration/topics_plan.h"

static struct topic_step steps[TOPICS_PLAN_MAX];
static struct topics_plan plan = {.steps = steps};
static const struct topics_deployment plainly = {
    .prefix = "", .replication_factor = -1, .min_insync_replicas = -1};

static uint32_t format_one = 1;
static struct topic_wanted wanted[] = {
    {.name = "certificates.events",
     .cleanup = TOPIC_CLEANUP_KEEP,
     .retention_ms = -1,
     .max_message_bytes = 1048588},
    {.name = "certificates.state",
     .cleanup = TOPIC_CLEANUP_COMPACT,
     .retention_ms = -1,
     .max_message_bytes = 1048588,
     .format = &format_one},
};
static const struct topics_file file = {.partitions = 6, .topics = wanted, .topics_count = 2};

static struct topic_setting as_wanted[2][4] = {
    {{"cleanup.policy", "delete"},
     {"retention.ms", "-1"},
     {"retention.bytes", "-1"},
     {"max.message.bytes", "1048588"}},
    {{"cleanup.policy", "compact"},
     {"retention.ms", "-1"},
     {"retention.bytes", "-1"},
     {"max.message.bytes", "1048588"}},
};

static struct topic_live live[] = {
    {"certificates.events", 6, 1, as_wanted[0], 4},
    {"certificates.state", 6, 1, as_wanted[1], 4},
};

Test(topics_plan, an_empty_cluster_gets_every_topic) {
    topics_plan_make(&file, &plainly, NULL, 0, &plan);
    cr_assert_eq(plan.steps_count, 2);
    cr_expect_eq(steps[0].kind, TOPIC_STEP_CREATE);
    cr_expect_eq(steps[0].target.partitions, 6);
    cr_expect_str_eq(steps[0].wanted, "6 partitions, keep");
    cr_expect_str_eq(steps[1].wanted, "6 partitions, compact");
    cr_expect_eq(steps[0].target.replication_factor, -1);
    cr_expect_str_eq(steps[0].target.settings[0].value, "delete");
    cr_expect_str_eq(steps[1].target.settings[0].value, "compact");
    cr_expect(topics_plan_is_drift(&plan) && !topics_plan_has_conflict(&plan));
}

Test(topics_plan, nothing_is_done_where_nothing_differs) {
    topics_plan_make(&file, &plainly, live, 2, &plan);
    cr_expect_eq(plan.steps_count, 0);
    cr_expect(!topics_plan_is_drift(&plan));
}

Test(topics_plan, each_setting_that_differs_is_a_step_to_the_whole_target) {
    strcpy(as_wanted[0][0].value, "compact");
    strcpy(as_wanted[1][1].value, "604800000");
    topics_plan_make(&file, &plainly, live, 2, &plan);
    cr_assert_eq(plan.steps_count, 2);
    cr_expect_eq(steps[0].kind, TOPIC_STEP_SET);
    cr_expect_str_eq(steps[0].what, "cleanup");
    cr_expect_str_eq(steps[0].is, "compact");
    cr_expect_str_eq(steps[0].wanted, "keep");
    cr_expect_str_eq(steps[0].target.settings[0].name, "cleanup.policy");
    cr_expect_str_eq(steps[0].target.settings[0].value, "delete");
    cr_expect_str_eq(steps[1].what, "retention.ms");
    cr_expect_eq(steps[1].target.settings_count, 4);
    cr_expect_str_eq(steps[1].target.settings[1].name, "retention.ms");
    cr_expect_str_eq(steps[1].target.settings[1].value, "-1");
}

Test(topics_plan, partitions_and_copies_are_never_changed) {
    live[0].partitions = 3;
    live[1].partitions = 12;
    const struct topics_deployment three = {
        .prefix = "", .replication_factor = 3, .min_insync_replicas = -1};
    topics_plan_make(&file, &three, live, 2, &plan);
    cr_assert_eq(plan.steps_count, 4);
    for (uint32_t i = 0; i < plan.steps_count; i++) {
        cr_expect_eq(steps[i].kind, TOPIC_STEP_CONFLICT, "step %u", i);
    }
    cr_expect_str_eq(steps[0].is, "3");
    cr_expect_str_eq(steps[0].wanted, "6");
    cr_expect(topics_plan_has_conflict(&plan) && topics_plan_is_drift(&plan));
}

Test(topics_plan, what_stands_in_no_file_is_listed_and_left_alone) {
    const struct topic_live more[] = {live[0],
                                      live[1],
                                      {.name = "certificates.old"},
                                      {.name = "certificatesold"},
                                      {.name = "other"}};
    topics_plan_make(&file, &plainly, more, 5, &plan);
    cr_assert_eq(plan.steps_count, 1);
    cr_expect_eq(steps[0].kind, TOPIC_STEP_UNMANAGED);
    cr_expect_str_eq(steps[0].topic, "certificates.old");
    cr_expect(!topics_plan_is_drift(&plan));
}

Test(topics_plan, a_prefix_separates_deployments) {
    const struct topics_deployment team = {
        .prefix = "team.", .replication_factor = 3, .min_insync_replicas = 2};
    const struct topic_live more[] = {live[0], {.name = "team.left-over"}};
    topics_plan_make(&file, &team, more, 2, &plan);
    cr_assert_eq(plan.steps_count, 3);
    cr_expect_str_eq(steps[0].topic, "team.certificates.events");
    cr_expect_eq(steps[0].target.replication_factor, 3);
    cr_expect_str_eq(steps[0].target.settings[4].name, "min.insync.replicas");
    cr_expect_str_eq(steps[0].target.settings[4].value, "2");
    cr_expect_str_eq(steps[2].topic, "team.left-over");
}
