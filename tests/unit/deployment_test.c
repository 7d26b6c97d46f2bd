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

Test(deployment, a_registry_of_project_origin_has_more_to_be_told) {
    const char *const some[] = {"registries.a.adapter=plain",
                                "registries.a.address=h:1",
                                "registries.b.adapter=project-origin",
                                "registries.b.address=https://h:2",
                                "registries.b.in.flight.max=7",
                                "registries.b.own.name=Energinet.DK",
                                "registries.b.tls.ca.file=ca",
                                "registries.b.tls.certificate.file=ours",
                                "registries.b.tls.key.file=key",
                                "registries.b.connections.max=3",
                                "registries.b.poll.first.ms=20",
                                "registries.b.poll.longest.ms=40",
                                "registries.c.adapter=project-origin",
                                "registries.c.address=http://h:3",
                                NULL};
    cr_assert_eq(read_with(some), RESULT_OK, "%s", error.text);
    cr_expect_eq(deployment.registries_count, 3);
    cr_assert_eq(deployment.origins_count, 2);
    for (uint32_t i = 0; i < deployment.rules.registries_count; i++) {
        const struct rules_registry *registry = &deployment.rules.registries[i];
        cr_expect_eq(registry->readable, !text_equal(registry->name, text_of("a")));
    }
    const bool b_first = strcmp(deployment.origins[0].name, "b") == 0;
    const struct deployment_origin *b = &deployment.origins[b_first ? 0 : 1];
    const struct deployment_origin *c = &deployment.origins[b_first ? 1 : 0];
    cr_expect_str_eq(b->own_name, "Energinet.DK");
    cr_expect_str_eq(b->tls_ca_file, "ca");
    cr_expect_str_eq(b->tls_certificate_file, "ours");
    cr_expect_str_eq(b->tls_key_file, "key");
    cr_expect_eq(b->connections_max, 3);
    cr_expect_eq(b->poll_first_ms, 20);
    cr_expect_eq(b->poll_longest_ms, 40);
    cr_expect_str_eq(c->name, "c");
    cr_expect_str_eq(c->own_name, "c");
    cr_expect_null(c->tls_ca_file);
    cr_expect_null(c->tls_certificate_file);
    cr_expect_null(c->tls_key_file);
    cr_expect_eq(c->connections_max, 2);
    cr_expect_eq(c->poll_first_ms, 500);
    cr_expect_eq(c->poll_longest_ms, 10000);
}

Test(deployment, what_a_registry_of_project_origin_is_told_must_fit) {
    static const char *const rows[][3] = {
        {"registries.b.own.name=two words", NULL, "registries.b.own.name must be"},
        {"registries.b.own.name=\n", NULL, "registries.b.own.name must be"},
        {"registries.b.own.name=c", NULL, "have the same name of their own, \"c\""},
        {"registries.b.tls.certificate.file=x", NULL, "belong together"},
        {"registries.b.tls.key.file=x", NULL, "belong together"},
        {"registries.c.tls.ca.file=x", NULL, "registries.c.address begins with http://"},
        {"registries.c.tls.certificate.file=x", "registries.c.tls.key.file=x",
         "registries.c.address begins with http://"},
        {"registries.b.poll.first.ms=41", "registries.b.poll.longest.ms=40",
         "registries.b.poll.longest.ms (40) must not be less"},
        {"loop.call.timeout.ms=3999", NULL,
         "loop.call.timeout.ms (3999) must be at least 4000 for the registry"},
        {"registries.a.own.name=x", NULL,
         "registries.a.own.name (--set) is for the adapter project-origin, and "
         "registries.a.adapter is plain"},
        {"registries.a.tls.ca.file=x", NULL, "registries.a.tls.ca.file (--set) is for"},
        {"registries.a.tls.certificate.file=x", NULL, "tls.certificate.file (--set) is for"},
        {"registries.a.tls.key.file=x", NULL, "registries.a.tls.key.file (--set) is for"},
        {"registries.a.connections.max=2", NULL, "registries.a.connections.max (--set) is for"},
        {"registries.a.poll.first.ms=2", NULL, "registries.a.poll.first.ms (--set) is for"},
        {"registries.a.poll.longest.ms=2", NULL, "registries.a.poll.longest.ms (--set) is for"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const arguments[] = {"registries.a.adapter=plain",
                                         "registries.a.address=h:1",
                                         "registries.b.adapter=project-origin",
                                         "registries.b.address=https://h:2",
                                         "registries.c.adapter=project-origin",
                                         "registries.c.address=http://h:3",
                                         rows[i][0],
                                         rows[i][1],
                                         NULL};
        cr_expect_eq(read_with(arguments), RESULT_INVALID, "row %zu", i);
        cr_expect(strstr(error.text, rows[i][2]) != NULL, "row %zu: %s", i, error.text);
    }
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
