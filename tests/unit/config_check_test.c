/* What `config check` says about what it saw. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/config_check.h"

static struct topic_step steps[TOPICS_PLAN_MAX];
static struct topics_plan plan;
static struct checks checks;
static struct error settings;
static enum result missing[2];
static struct topics_deployment deployment;
static struct checks_topics topics;

static struct topic_wanted wanted[] = {
    {.name = "certificates.events",
     .cleanup = TOPIC_CLEANUP_KEEP,
     .retention_ms = -1,
     .max_message_bytes = 1000},
    {.name = "certificates.state",
     .cleanup = TOPIC_CLEANUP_COMPACT,
     .retention_ms = -1,
     .max_message_bytes = 1000},
};
static const struct topics_file file = {.partitions = 6, .topics = wanted, .topics_count = 2};
static struct topic_setting live_settings[2][5];
static struct topic_live live[2];

static void setup(void) {
    static const struct topic_setting as_wanted[2][5] = {
        {{"cleanup.policy", "delete"},
         {"retention.ms", "-1"},
         {"retention.bytes", "-1"},
         {"max.message.bytes", "1000"},
         {"min.insync.replicas", "2"}},
        {{"cleanup.policy", "compact"},
         {"retention.ms", "-1"},
         {"retention.bytes", "-1"},
         {"max.message.bytes", "1000"},
         {"min.insync.replicas", "2"}},
    };
    memcpy(live_settings, as_wanted, sizeof as_wanted);
    live[0] = (struct topic_live){"p.certificates.events", 6, 3, live_settings[0], 5};
    live[1] = (struct topic_live){"p.certificates.state", 6, 3, live_settings[1], 5};
    settings.result = RESULT_OK;
    deployment = (struct topics_deployment){
        .prefix = "p.", .replication_factor = -1, .min_insync_replicas = -1};
    plan = (struct topics_plan){.steps = steps};
    topics = (struct checks_topics){.file = &file,
                                    .deployment = &deployment,
                                    .live = live,
                                    .live_count = 2,
                                    .plan = &plan,
                                    .missing = missing,
                                    .brokers = 3,
                                    .settings = &settings};
    json_decref(checks.rows);
    checks = (struct checks){.rows = json_array()};
}

static void teardown(void) {
    json_decref(checks.rows);
    checks.rows = NULL;
}

TestSuite(config_check, .init = setup, .fini = teardown);

static void look(void) {
    topics_plan_make(&file, &deployment, topics.live, topics.live_count, &plan);
    checks_add_topics(&checks, &topics);
}

/* The one line whose verdict is not ok, or whose index is given: has it these words? */
static void expect_line(size_t index, const char *verdict, const char *name, const char *words) {
    const json_t *row = json_array_get(checks.rows, index);
    cr_assert_not_null(row, "there is no line %zu", index);
    const char *detail = json_string_value(json_object_get(row, "detail"));
    cr_expect_str_eq(json_string_value(json_object_get(row, "verdict")), verdict, "%s", detail);
    cr_expect_str_eq(json_string_value(json_object_get(row, "name")), name);
    cr_expect_not_null(strstr(detail, words), "\"%s\" is not in: %s", words, detail);
}

Test(config_check, topics_as_they_should_be_have_a_line_each) {
    look();
    cr_assert_eq(json_array_size(checks.rows), 2);
    expect_line(0, "ok", "p.certificates.events",
                "partitions: 6, copies: 3, with a record at least: 2, keep");
    expect_line(1, "ok", "p.certificates.state", "compact");
    cr_expect_eq(checks_exit_code(&checks), EXIT_CODE_OK);
}

Test(config_check, each_fault_of_a_topic_has_a_line) {
    live[0].partitions = 3;
    (void)snprintf(live_settings[0][0].value, sizeof live_settings[0][0].value, "compact");
    look();
    cr_assert_eq(json_array_size(checks.rows), 3);
    expect_line(0, "wrong", "p.certificates.events", "it has 3 partitions, not 6: keys would move");
    expect_line(1, "wrong", "p.certificates.events",
                "cleanup is compact, not keep; `millrace topics apply` sets it");
    expect_line(2, "ok", "p.certificates.state", "compact");
    cr_expect_eq(checks_exit_code(&checks), EXIT_CODE_DRIFT);
}

Test(config_check, copies_are_judged_where_nobody_says_how_many) {
    static const struct {
        uint32_t brokers;
        uint32_t copies;
        const char *in_sync;
        int32_t copies_said;
        int32_t in_sync_said;
        const char *words; /* NULL: it is right */
    } rows[] = {
        {1, 1, "1", -1, -1, NULL},
        {2, 1, "1", -1, -1, NULL},
        {3, 1, "1", -1, -1, "one copy on 3 brokers"},
        {3, 1, "1", 1, -1, NULL},
        {3, 3, "2", -1, -1, NULL},
        {3, 3, "1", -1, -1, "min.insync.replicas is 1 of 3 copies"},
        {3, 3, "1", -1, 1, NULL},
        {3, 2, "3", -1, -1, "nothing can be written"},
        {1, 3, "2", -1, -1, "nothing can be written"},
        {2, 3, "2", -1, -1, NULL},
        {3, 3, "1", -1, 2, "min.insync.replicas is 1, not 2"},
        {3, 2, "2", 3, -1, "replication factor is 2, not 3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setup();
        topics.brokers = rows[i].brokers;
        deployment.replication_factor = rows[i].copies_said;
        deployment.min_insync_replicas = rows[i].in_sync_said;
        for (size_t j = 0; j < 2; j++) {
            live[j].replication_factor = rows[i].copies;
            (void)snprintf(live_settings[j][4].value, sizeof live_settings[j][4].value, "%s",
                           rows[i].in_sync);
        }
        look();
        const char *detail =
            json_string_value(json_object_get(json_array_get(checks.rows, 0), "detail"));
        cr_expect_eq(checks.counts[CHECK_OK] == 2, rows[i].words == NULL, "row %zu: %s", i, detail);
        if (rows[i].words != NULL) {
            bool found = false;
            for (size_t j = 0; j < json_array_size(checks.rows); j++) {
                detail =
                    json_string_value(json_object_get(json_array_get(checks.rows, j), "detail"));
                found = found || strstr(detail, rows[i].words) != NULL;
            }
            cr_expect(found, "row %zu: %s", i, detail);
        }
    }
}

Test(config_check, what_is_not_listed_is_missing_hidden_or_unknown) {
    missing[0] = RESULT_NOT_FOUND;
    missing[1] = RESULT_DENIED;
    topics.live_count = 0;
    look();
    cr_assert_eq(json_array_size(checks.rows), 2);
    expect_line(0, "wrong", "p.certificates.events", "`millrace topics apply` creates it");
    expect_line(1, "wrong", "p.certificates.state", "grant it Describe on the topic");
    cr_expect_eq(checks_exit_code(&checks), EXIT_CODE_PERMISSION);
    setup();
    topics.live_count = 1;
    missing[1] = RESULT_FAILED;
    look();
    expect_line(1, "unknown", "p.certificates.state", "no answer");
    cr_expect_eq(checks_exit_code(&checks), EXIT_CODE_FAILURE);
}

Test(config_check, settings_that_may_not_be_seen_are_not_held_against_the_topics) {
    for (size_t i = 0; i < 2; i++) {
        live[i].settings_count = 0;
    }
    settings.result = RESULT_DENIED;
    live[1].partitions = 1;
    look();
    cr_assert_eq(json_array_size(checks.rows), 3);
    expect_line(0, "ok", "p.certificates.events", "partitions: 6, copies: 3");
    expect_line(1, "wrong", "p.certificates.state", "it has 1 partitions, not 6");
    expect_line(2, "unknown", "settings", "DescribeConfigs");
    cr_expect_eq(checks_exit_code(&checks), EXIT_CODE_DRIFT);
    setup();
    settings.result = RESULT_DENIED;
    look();
    cr_expect_eq(checks_exit_code(&checks), EXIT_CODE_OK);
}

Test(config_check, a_subject_has_one_line_with_all_that_is_to_be_done) {
    static struct schemas_plan subject;
    const enum message_type type = MESSAGE_REGISTRY_STATE_LEDGER_STATE;
    const char *name = message_types[type].full_name;
    checks_add_subject(&checks, type, &subject);
    expect_line(0, "ok", name, "registered");
    const struct schema_live nothing = {.level = "", .why = ""};
    schemas_plan_add(&subject, type, &nothing);
    cr_assert_eq(subject.steps_count, 2);
    checks_add_subject(&checks, type, &subject);
    expect_line(1, "wrong", name, "a new subject; compatibility none of its own");
    subject = (struct schemas_plan){
        .steps = {{.kind = SCHEMA_STEP_CONFLICT, .type = type, .detail = "it is foreign"}},
        .steps_count = 1};
    checks_add_subject(&checks, type, &subject);
    expect_line(2, "wrong", name, "it is foreign; take back");
    cr_expect_eq(json_array_size(checks.rows), 3);
    cr_expect_eq(checks_exit_code(&checks), EXIT_CODE_DRIFT);
}

Test(config_check, a_right_is_there_missing_or_unknown) {
    struct error error;
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s}", "role", "cli", "operation", "Read",
                            "resource", "Topic", "name", "p.t", "pattern", "Literal");
    (void)error_set(&error, RESULT_FAILED, "no answer");
    checks_add_right(&checks, row, RESULT_OK, NULL);
    checks_add_right(&checks, row, RESULT_FAILED, &error);
    cr_expect_eq(checks_exit_code(&checks), EXIT_CODE_FAILURE);
    checks_add_right(&checks, row, RESULT_DENIED, &error);
    checks_add_right(&checks, row, RESULT_NOT_FOUND, &error);
    cr_expect_eq(json_array_size(checks.rows), 3);
    expect_line(0, "ok", "Read Topic p.t", "as cli");
    expect_line(1, "unknown", "Read Topic p.t", "no answer");
    expect_line(2, "wrong", "Read Topic p.t", "grant this user Read on the Topic p.t (Literal)");
    cr_expect_eq(checks_exit_code(&checks), EXIT_CODE_PERMISSION);
    json_decref(row);
}

Test(config_check, words_from_outside_are_shown_whatever_they_are) {
    checks_add(&checks, CHECK_WRONG, "kafka", "x", "before %s after", "\xff");
    expect_line(0, "wrong", "x", "before ? after");
}
