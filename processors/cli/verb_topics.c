#include <assert.h>

#include "cli/connections.h"
#include "cli/rights.h"
#include "cli/verbs.h"
#include "configuration/topics_plan.h"
#include "outside/kafka/kafka_admin.h"

enum { TIMEOUT_MS = 30 * 1000 }; /* of one call to Kafka */

static const struct output_column columns[] = {
    {"ACTION", "action"}, {"TOPIC", "topic"}, {"WHAT", "what"}, {"IS", "is"}, {"WANTED", "wanted"},
};

/* Everything that the three verbs work with. */
struct work {
    struct connection connection;
    struct topics_file *file;
    struct kafka_admin *admin;
    struct topic_step steps[TOPICS_PLAN_MAX];
    struct topics_plan plan;
};

static const char *action_of(enum topic_step_kind kind) {
    switch (kind) {
    case TOPIC_STEP_CREATE:
        return "create";
    case TOPIC_STEP_SET:
        return "set";
    case TOPIC_STEP_CONFLICT:
        return "conflict";
    case TOPIC_STEP_UNMANAGED:
        return "unmanaged";
    }
    assert(false);
    return "";
}

static void print_plan(const struct invocation *invocation, const struct topics_plan *plan) {
    json_t *rows = json_array();
    for (uint32_t i = 0; i < plan->steps_count; i++) {
        const struct topic_step *step = &plan->steps[i];
        const int appended = json_array_append_new(
            rows,
            json_pack("{s:s, s:s, s:s, s:s, s:s}", "action", action_of(step->kind), "topic",
                      step->topic, "what", step->what, "is", step->is, "wanted", step->wanted));
        assert(appended == 0);
    }
    if (plan->steps_count > 0 || invocation->format != OUTPUT_FORMAT_TABLE) {
        output_rows(stdout, invocation->format, rows, columns, sizeof columns / sizeof columns[0]);
    }
    json_decref(rows);
}

/* Look at the cluster and plan. */
static enum result look(const struct invocation *invocation, struct work *work,
                        struct error *error) {
    const struct settings *settings = &invocation->settings;
    const struct topics_deployment deployment = {
        .prefix = settings_text(settings, "topics.prefix"),
        .replication_factor = (int32_t)settings_integer(settings, "topics.replication.factor"),
        .min_insync_replicas = (int32_t)settings_integer(settings, "topics.min.insync.replicas"),
    };
    const struct topic_live *live = NULL;
    uint32_t live_count = 0;
    connect_kafka(invocation, LOGGER_LEVEL_WARNING, &work->connection);
    work->file = invocation_topics(invocation);
    work->plan = (struct topics_plan){.steps = work->steps};
    enum result result = kafka_admin_open(&work->connection.kafka, &work->admin, error);
    if (result == RESULT_OK) {
        result = kafka_admin_topics(work->admin, work->file, TIMEOUT_MS, &live, &live_count, error);
    }
    if (result == RESULT_OK) {
        topics_plan_make(work->file, &deployment, live, live_count, &work->plan);
    }
    return result;
}

static int end(struct work *work, enum result result, const struct error *error, int code) {
    kafka_admin_close(work->admin);
    topics_file_close(work->file);
    if (result != RESULT_OK) {
        complain("%s", error->text);
        return (int)exit_code_of(result);
    }
    return code;
}

static void explain_conflicts(const struct topics_plan *plan) {
    if (topics_plan_has_conflict(plan)) {
        complain(
            "a conflict is for you to settle: partitions and copies of a topic with records "
            "are never changed here, since keys would move");
    }
}

enum { KEY_RIGHTS = 256 };

const struct argp_option verb_topics_plan_options[] = {
    {"rights", KEY_RIGHTS, NULL, 0,
     "Instead: list the rights (ACLs) that each role of topics.yaml needs; asks nobody", 0},
    {0},
};

static void take(void *values, int key, const char *argument, struct argp_state *state) {
    (void)argument;
    (void)state;
    assert(key == KEY_RIGHTS);
    *(bool *)values = true;
}

static int print_rights(const struct invocation *invocation) {
    static const struct output_column rights[] = {
        {"ROLE", "role"}, {"OPERATION", "operation"}, {"RESOURCE", "resource"},
        {"NAME", "name"}, {"PATTERN", "pattern"},
    };
    struct topics_file *file = invocation_topics(invocation);
    json_t *rows = rights_rows(file, settings_text(&invocation->settings, "topics.prefix"),
                               settings_text(&invocation->settings, "application"));
    output_rows(stdout, invocation->format, rows, rights, sizeof rights / sizeof rights[0]);
    json_decref(rows);
    topics_file_close(file);
    return EXIT_CODE_OK;
}

int verb_topics_plan(struct invocation *invocation, int argc, char **argv) {
    static struct work work;
    struct error error;
    bool wants_rights = false;
    const struct verb_options own = {.take = take, .values = &wants_rights};
    invocation_begin(invocation, argc, argv, &own);
    if (wants_rights) {
        return print_rights(invocation);
    }
    const enum result result = look(invocation, &work, &error);
    if (result == RESULT_OK) {
        print_plan(invocation, &work.plan);
        explain_conflicts(&work.plan);
    }
    const bool drift = topics_plan_is_drift(&work.plan);
    if (result == RESULT_OK && !drift) {
        note(invocation, "all topics are as they should be; nothing to do");
    }
    return end(&work, result, &error, drift ? EXIT_CODE_DRIFT : EXIT_CODE_OK);
}

static enum result carry_out(struct work *work, struct error *error) {
    enum result result = RESULT_OK;
    for (uint32_t i = 0; result == RESULT_OK && i < work->plan.steps_count; i++) {
        const struct topic_step *step = &work->plan.steps[i];
        if (step->kind == TOPIC_STEP_CREATE) {
            result = kafka_admin_create(work->admin, &step->target, TIMEOUT_MS, error);
        } else if (step->kind == TOPIC_STEP_SET) {
            result = kafka_admin_set(work->admin, &step->target, TIMEOUT_MS, error);
        }
    }
    return result;
}

int verb_topics_apply(struct invocation *invocation, int argc, char **argv) {
    static struct work work;
    struct error error;
    invocation_begin(invocation, argc, argv, NULL);
    enum result result = look(invocation, &work, &error);
    if (result == RESULT_OK) {
        print_plan(invocation, &work.plan);
        result = carry_out(&work, &error);
    }
    const bool conflict = topics_plan_has_conflict(&work.plan);
    if (result == RESULT_OK) {
        explain_conflicts(&work.plan);
    }
    if (result == RESULT_OK && !conflict) {
        note(invocation, "all topics are as they should be");
    }
    return end(&work, result, &error, conflict ? EXIT_CODE_DRIFT : EXIT_CODE_OK);
}

int verb_topics_check(struct invocation *invocation, int argc, char **argv) {
    static struct work work;
    struct error error;
    invocation_begin(invocation, argc, argv, NULL);
    const enum result result = look(invocation, &work, &error);
    const bool drift = topics_plan_is_drift(&work.plan);
    if (result == RESULT_OK && drift) {
        print_plan(invocation, &work.plan);
        complain(
            "the topics are not as they should be: `millrace topics apply` makes them so, "
            "but for conflicts");
    } else if (result == RESULT_OK) {
        note(invocation, "all topics are as they should be");
    }
    return end(&work, result, &error, drift ? EXIT_CODE_DRIFT : EXIT_CODE_OK);
}
