#include <assert.h>

#include "cli/connections.h"
#include "cli/fresh_ids.h"
#include "cli/schemas_live.h"
#include "cli/verbs.h"

static const struct output_column columns[] = {
    {"ACTION", "action"},
    {"SUBJECT", "subject"},
    {"DETAIL", "detail"},
};

static const char *action_of(enum schema_step_kind kind) {
    switch (kind) {
    case SCHEMA_STEP_REGISTER:
        return "register";
    case SCHEMA_STEP_LEVEL:
        return "set";
    case SCHEMA_STEP_CONFLICT:
        return "conflict";
    }
    assert(false);
    return "";
}

static void print_plan(const struct invocation *invocation, const struct schemas_plan *plan) {
    json_t *rows = json_array();
    for (uint32_t i = 0; i < plan->steps_count; i++) {
        const struct schema_step *step = &plan->steps[i];
        const int appended = json_array_append_new(
            rows, json_pack("{s:s, s:s, s:s}", "action", action_of(step->kind), "subject",
                            message_types[step->type].full_name, "detail", step->detail));
        assert(appended == 0);
    }
    if (plan->steps_count > 0 || invocation->format != OUTPUT_FORMAT_TABLE) {
        output_rows(stdout, invocation->format, rows, columns, sizeof columns / sizeof columns[0]);
    }
    json_decref(rows);
}

static int failed(const struct error *error) {
    complain("%s", error->text);
    /* What it refuses is no setting of ours. */
    return error->result == RESULT_INVALID ? EXIT_CODE_FAILURE : (int)exit_code_of(error->result);
}

int verb_schemas_plan(struct invocation *invocation, int argc, char **argv) {
    invocation_begin(invocation, argc, argv, NULL);
    struct schema_registry *registry = connect_schema_registry(invocation);
    static struct schemas_plan plan;
    struct error error;
    const enum result result = schemas_look(registry, &plan, &error);
    schema_registry_close(registry);
    if (result != RESULT_OK) {
        return failed(&error);
    }
    print_plan(invocation, &plan);
    if (plan.steps_count == 0) {
        note(invocation, "all %d schemas are registered; nothing to do", MESSAGE_TYPES_COUNT);
        return EXIT_CODE_OK;
    }
    return EXIT_CODE_DRIFT;
}

static enum result apply(struct schema_registry *registry, const struct schemas_plan *plan,
                         struct error *error) {
    enum result result = RESULT_OK;
    for (uint32_t i = 0; result == RESULT_OK && i < plan->steps_count; i++) {
        result = schemas_carry_out(registry, &plan->steps[i], error);
    }
    if (result == RESULT_OK) {
        result = schemas_prove_levels(registry, error);
    }
    const struct ids ids = fresh_ids();
    return result == RESULT_OK ? schemas_prove_refusal(registry, &ids, error) : result;
}

int verb_schemas_apply(struct invocation *invocation, int argc, char **argv) {
    invocation_begin(invocation, argc, argv, NULL);
    struct schema_registry *registry = connect_schema_registry(invocation);
    static struct schemas_plan plan;
    struct error error;
    enum result result = schemas_look(registry, &plan, &error);
    if (result == RESULT_OK) {
        print_plan(invocation, &plan);
        if (schemas_plan_has_conflict(&plan)) {
            complain(
                "nothing was done: a schema of ours may not follow what is registered; take "
                "back the change, or give the new meaning a new message type");
            schema_registry_close(registry);
            return EXIT_CODE_FAILURE;
        }
        result = apply(registry, &plan, &error);
    }
    schema_registry_close(registry);
    if (result != RESULT_OK) {
        return failed(&error);
    }
    note(invocation, "all %d schemas are registered, %s, and the registry refuses what breaks it",
         MESSAGE_TYPES_COUNT, SCHEMAS_LEVEL);
    return EXIT_CODE_OK;
}

int verb_schemas_check(struct invocation *invocation, int argc, char **argv) {
    invocation_begin(invocation, argc, argv, NULL);
    struct schema_registry *registry = connect_schema_registry(invocation);
    static struct schemas_plan plan;
    struct error error;
    enum result result = schemas_look(registry, &plan, &error);
    if (result == RESULT_OK && plan.steps_count == 0) {
        result = schemas_prove_levels(registry, &error);
    }
    schema_registry_close(registry);
    if (result == RESULT_INVALID) {
        complain("%s", error.text);
        return EXIT_CODE_DRIFT;
    }
    if (result != RESULT_OK) {
        return failed(&error);
    }
    print_plan(invocation, &plan);
    if (plan.steps_count > 0) {
        complain(
            "the schema registry is not as it should be: `millrace schemas plan` says what "
            "would be done");
        return EXIT_CODE_DRIFT;
    }
    note(invocation, "all %d schemas are registered and their compatibility is enforced",
         MESSAGE_TYPES_COUNT);
    return EXIT_CODE_OK;
}
