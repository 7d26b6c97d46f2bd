#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/schemas_plan.h"

static struct schemas_plan plan;
static const enum message_type type = MESSAGE_CERTIFICATES_COMMANDS_TRANSFER_SLICE;

/* Our own text with one part of it replaced, as the registry might have it. */
static struct text changed(const char *from, const char *to) {
    static char text[64 * 1024];
    const char *schema = message_types[type].schema;
    const char *at = strstr(schema, from);
    cr_assert(at != NULL, "%s", from);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - schema), schema, to, at + strlen(from));
    return text_of(text);
}

static void make(const struct schema_live *live) {
    plan.steps_count = 0;
    schemas_plan_add(&plan, type, live);
}

Test(schemas_plan, a_new_subject_is_registered_and_then_given_its_level) {
    make(&(struct schema_live){.exists = false, .level = "", .why = ""});
    cr_assert_eq(plan.steps_count, 2);
    cr_expect_eq(plan.steps[0].kind, SCHEMA_STEP_REGISTER);
    cr_expect_eq(plan.steps[1].kind, SCHEMA_STEP_LEVEL);
    cr_expect(!schemas_plan_has_conflict(&plan));
}

Test(schemas_plan, what_is_as_it_should_be_needs_nothing) {
    make(&(struct schema_live){.exists = true,
                               .registered = true,
                               .latest = text_of(message_types[type].schema),
                               .level = "FULL_TRANSITIVE",
                               .why = ""});
    cr_expect_eq(plan.steps_count, 0);
}

Test(schemas_plan, an_older_binary_finds_its_version_among_newer_ones) {
    make(&(struct schema_live){.exists = true,
                               .registered = true,
                               .latest = text_of("{\"type\":\"record\",\"name\":\"Newer\"}"),
                               .level = "FULL_TRANSITIVE",
                               .why = ""});
    cr_expect_eq(plan.steps_count, 0);
}

Test(schemas_plan, the_level_is_set_before_a_new_version_is_registered) {
    make(&(struct schema_live){.exists = true,
                               .latest = changed("The owner to be", "Who has it then"),
                               .level = "NONE",
                               .compatible = true,
                               .why = ""});
    cr_assert_eq(plan.steps_count, 2);
    cr_expect_eq(plan.steps[0].kind, SCHEMA_STEP_LEVEL);
    cr_expect(strstr(plan.steps[0].detail, "NONE -> FULL_TRANSITIVE") != NULL);
    cr_expect_eq(plan.steps[1].kind, SCHEMA_STEP_REGISTER);
    cr_expect(strstr(plan.steps[1].detail, "only docs") != NULL, "%s", plan.steps[1].detail);
}

Test(schemas_plan, what_servers_let_pass_is_a_conflict) {
    make(&(struct schema_live){.exists = true,
                               .latest = changed("\"default\": null", "\"default\":\"x\""),
                               .level = "FULL_TRANSITIVE",
                               .compatible = true,
                               .why = ""});
    cr_assert_eq(plan.steps_count, 1);
    cr_expect_eq(plan.steps[0].kind, SCHEMA_STEP_CONFLICT);
    cr_expect(strstr(plan.steps[0].detail, "the default was \"x\"") != NULL, "%s",
              plan.steps[0].detail);
}

Test(schemas_plan, what_the_registry_would_refuse_is_a_conflict_with_its_words) {
    make(&(struct schema_live){.exists = true,
                               .latest = changed("\"newOwner\"", "\"owner\""),
                               .level = "FULL_TRANSITIVE",
                               .compatible = false,
                               .why = "reader field newOwner is missing"});
    cr_assert_eq(plan.steps_count, 1);
    cr_expect(schemas_plan_has_conflict(&plan));
    cr_expect(strstr(plan.steps[0].detail, "newOwner is missing") != NULL);
}
