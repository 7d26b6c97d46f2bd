#include <criterion/criterion.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>

#include "configuration/deployment.h"

static struct settings settings;
static struct deployment deployment;
static struct error error;

static enum result read_with(const char *const *arguments) {
    static alignas(max_align_t) uint8_t memory[SETTINGS_MEMORY];
    static alignas(max_align_t) uint8_t more_memory[DEPLOYMENT_MEMORY];
    struct arena arena;
    settings_init(&settings, memory);
    arena_init(&arena, more_memory, sizeof more_memory);
    for (; *arguments != NULL; arguments++) {
        cr_assert_eq(settings_read_argument(&settings, *arguments, &error), RESULT_OK, "%s",
                     error.text);
    }
    return deployment_read(&settings, &arena, &deployment, &error);
}

Test(deployment, the_settings_have_the_loops_own_defaults) {
    const char *const nothing[] = {NULL};
    cr_assert_eq(read_with(nothing), RESULT_OK);
    const struct options defaults = options_default();
    cr_expect_arr_eq(&deployment.options, &defaults, sizeof defaults);
}

Test(deployment, each_time_out_reaches_its_own_place) {
    const char *const some[] = {"loop.session.timeout.ms=7000", "loop.in.flight.max=7",
                                "loop.batch.quiet.ms=1", NULL};
    cr_assert_eq(read_with(some), RESULT_OK);
    cr_expect_eq(deployment.options.session_timeout_ms, 7000);
    cr_expect_eq(deployment.options.in_flight_max, 7);
    cr_expect_eq(deployment.options.batch_quiet_ms, 1);
    cr_expect_eq(deployment.options.transaction_timeout_ms, 30000);
}

Test(deployment, rules_say_who_issues_and_who_owns) {
    const char *const some[] = {"rules.issuers.DK1=energinet, other",
                                "rules.issuers.DK2=energinet",
                                "rules.owners=alice,bob",
                                "rules.owner.keys.bob=00ff",
                                "rules.expiry.days=30",
                                NULL};
    cr_assert_eq(read_with(some), RESULT_OK, "%s", error.text);
    const struct rules *rules = &deployment.rules;
    cr_expect(rules_is_issuer(rules, text_of("DK1"), text_of("other")));
    cr_expect(!rules_is_issuer(rules, text_of("DK2"), text_of("other")));
    cr_expect(rules_is_owner(rules, text_of("alice")) && !rules_is_owner(rules, text_of("eve")));
    const struct bytes key = {.data = (const uint8_t *)"\x00\xff", .length = 2};
    const struct rules_owner *owner = rules_owner_by_key(rules, key);
    cr_assert(owner != NULL);
    cr_expect(text_equal(owner->name, text_of("bob")));
    cr_expect(rules->has_expiry && rules->expiry_days == 30);
}

Test(deployment, anybody_owns_where_nobody_is_named) {
    const char *const some[] = {"rules.owner.keys.bob=00ff", NULL};
    cr_assert_eq(read_with(some), RESULT_OK, "%s", error.text);
    cr_expect(rules_is_owner(&deployment.rules, text_of("eve")));
    cr_expect(!deployment.rules.has_expiry);
}

Test(deployment, registries_are_known_by_name) {
    const char *const some[] = {"registries.a.adapter=plain",   "registries.a.address=h:1",
                                "registries.b-2.adapter=plain", "registries.b-2.address=unix:/x",
                                "registries.a.in.flight.max=5", NULL};
    cr_assert_eq(read_with(some), RESULT_OK, "%s", error.text);
    cr_assert_eq(deployment.registries_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct registry_config *registry = &deployment.registries[i];
        const bool a = strcmp(registry->name, "a") == 0;
        cr_expect_str_eq(registry->address, a ? "h:1" : "unix:/x");
        cr_expect_eq(registry->in_flight_max, a ? 5 : 10000);
    }
    cr_expect(rules_registry_find(&deployment.rules, text_of("b-2")) != NULL);
    cr_expect(rules_registry_find(&deployment.rules, text_of("c")) == NULL);
}

Test(deployment, what_cannot_be_worked_with_is_refused_by_name) {
    static const char *const rows[][3] = {
        {"registries.a.adapter=plain", NULL, "registries.a.address"},
        {"registries.a.address=h:1", NULL, "registries.a.adapter"},
        {"rules.owners=al ice", NULL, "rules.owners (--set): \"al ice\""},
        {"rules.issuers.DK1=a/b", NULL, "rules.issuers.DK1"},
        {"rules.owner.keys.bob=0", NULL, "lower-case hex"},
        {"rules.owner.keys.bob=0G", NULL, "lower-case hex"},
        {"rules.owners=alice", "rules.owner.keys.bob=00", "bob is none of rules.owners"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const arguments[] = {rows[i][0], rows[i][1], NULL};
        cr_expect_eq(read_with(arguments), RESULT_INVALID, "row %zu", i);
        cr_expect(strstr(error.text, rows[i][2]) != NULL, "row %zu: %s", i, error.text);
    }
}
