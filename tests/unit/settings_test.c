#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "configuration/nearest.h"
#include "configuration/settings.h"

static struct settings settings;
static struct error error;

static void start(void) {
    static alignas(max_align_t) uint8_t memory[SETTINGS_MEMORY];
    settings_init(&settings, memory);
}

/* A file with this text, gone when the test's process ends its work with it. */
static enum result read_text(const char *text) {
    char path[] = "/tmp/settings-test-XXXXXX";
    const int file = mkstemp(path);
    cr_assert(file >= 0);
    cr_assert_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    const enum result result = settings_read_file(&settings, path, &error);
    unlink(path);
    return result;
}

static enum result read_variable(const char *entry) {
    char copy[256];
    snprintf(copy, sizeof copy, "%s", entry);
    char *environment[] = {copy, NULL};
    return settings_read_environment(&settings, environment, &error);
}

static bool says(const char *part) {
    return strstr(error.text, part) != NULL;
}

Test(settings, argument_wins_over_environment_over_file_over_default) {
    start();
    cr_expect_str_eq(settings_text(&settings, "log.level"), "info");
    cr_expect_str_eq(settings_find(&settings, "log.level")->origin, "default");
    cr_assert_eq(read_text("log.level: debug\n"), RESULT_OK, "%s", error.text);
    cr_expect_str_eq(settings_text(&settings, "log.level"), "debug");
    cr_assert_eq(read_variable("MILLRACE_LOG_LEVEL=warning"), RESULT_OK, "%s", error.text);
    cr_expect_str_eq(settings_text(&settings, "log.level"), "warning");
    cr_assert_eq(settings_read_argument(&settings, "log.level=error", &error), RESULT_OK);
    cr_expect_str_eq(settings_text(&settings, "log.level"), "error");
    cr_expect_str_eq(settings_find(&settings, "log.level")->origin, "--set");

    /* The order in which the sources are read does not matter. */
    cr_assert_eq(read_variable("MILLRACE_LOG_LEVEL=debug"), RESULT_OK);
    cr_assert_eq(read_text("log: {level: info}\n"), RESULT_OK);
    cr_expect_str_eq(settings_text(&settings, "log.level"), "error");
}

Test(settings, nested_and_dotted_names_mean_the_same) {
    start();
    cr_assert_eq(read_text("kafka:\n  bootstrap.servers: a:1\n  consumer: {fetch.wait.max.ms: 5}\n"
                           "registries:\n  demo: {adapter: plain, address: 'unix:/x'}\n"
                           "rules:\n  owners: [alice, bob]\n  issuers: {DK.1: [i1, i2]}\n"),
                 RESULT_OK, "%s", error.text);
    cr_expect_str_eq(settings_text(&settings, "kafka.bootstrap.servers"), "a:1");
    cr_expect_str_eq(settings_text(&settings, "kafka.consumer.fetch.wait.max.ms"), "5");
    cr_expect_str_eq(settings_text(&settings, "registries.demo.address"), "unix:/x");
    cr_expect_str_eq(settings_text(&settings, "rules.issuers.DK.1"), "i1,i2");
    cr_expect(strstr(settings_find(&settings, "rules.owners")->origin, ":7") != NULL);
}

Test(settings, an_unknown_name_is_an_error_that_names_the_nearest) {
    static const struct {
        const char *given;
        const char *meant;
    } rows[] = {
        {"loop.sesion.timeout.ms=1", "did you mean loop.session.timeout.ms?"},
        {"registries.demo.adress=x", "did you mean registries.demo.address?"},
        {"kafak.bootstrap.servers=x", "did you mean kafka.bootstrap.servers?"},
        {"something.else.entirely=x", "`millrace config keys`"},
        {"registries.*.address=x", "unknown setting"},
        {"kafka.=x", "unknown setting"},
        {"=x", "--set NAME=VALUE"},
        {"log.level", "--set NAME=VALUE"},
    };
    start();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(settings_read_argument(&settings, rows[i].given, &error), RESULT_INVALID);
        cr_expect(says(rows[i].meant), "%s: %s", rows[i].given, error.text);
    }
    cr_expect_eq(read_variable("MILLRACE_LOG_LEVL=info"), RESULT_INVALID);
    cr_expect(says("MILLRACE_LOG_LEVL") && says("log.level"), "%s", error.text);
    cr_expect_eq(read_text("a: 1\nlog.levle: info\n"), RESULT_INVALID);
    cr_expect_eq(read_text("log.levle: info\n"), RESULT_INVALID);
    cr_expect(says(":1") && says("log.level?"), "%s", error.text);
}

Test(settings, wrong_values_are_errors_that_say_what_is_right) {
    static const struct {
        const char *given;
        const char *part;
    } rows[] = {
        {"log.level=loud", "error|warning|info|debug"},
        {"loop.call.timeout.ms=soon", "whole number from 1 to"},
        {"loop.call.timeout.ms=0", "whole number from 1 to"},
        {"loop.call.timeout.ms=", "whole number from 1 to"},
        {"loop.call.timeout.ms=99999999999999999999", "whole number from 1 to"},
        {"kafka.acks=1", "cannot be set"},
        {"kafka.producer.partitioner=random", "murmur2"},
        {"kafka.consumer.isolation.level=read_uncommitted", "cannot be set"},
    };
    start();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(settings_read_argument(&settings, rows[i].given, &error), RESULT_INVALID);
        cr_expect(says(rows[i].part), "%s: %s", rows[i].given, error.text);
    }
}

Test(settings, a_file_that_is_no_configuration_is_refused_with_its_line) {
    static const struct {
        const char *text;
        const char *part;
    } rows[] = {
        {"log.level: info\nlog: {level: debug}\n", "given twice"},
        {"- a\n", "NAME: VALUE"},
        {"log: {level: [a, b]}\n", "is one value"},
        {"rules.owners: [a, 'b,c']\n", "without commas"},
        {"rules.owners: [{a: b}]\n", "plain texts"},
        {"log: {level: info\n", "not YAML"},
        {"\"log.level\": \"in\\0fo\"\n", "plain text"},
        {"a: {b: {c: {d: {e: {f: {g: {h: {i: 1}}}}}}}}\n", "too deep"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        cr_expect_eq(read_text(rows[i].text), RESULT_INVALID, "%s", rows[i].text);
        cr_expect(says(rows[i].part), "%s: %s", rows[i].text, error.text);
    }
    start();
    cr_expect_eq(read_text(""), RESULT_OK);
    cr_expect_eq(settings_read_file(&settings, "/nowhere/millrace.yaml", &error), RESULT_NOT_FOUND);
}

Test(settings, a_secret_comes_from_a_file_and_never_from_the_command_line) {
    start();
    char path[] = "/tmp/settings-test-XXXXXX";
    const int file = mkstemp(path);
    cr_assert(file >= 0);
    cr_assert_eq(write(file, "hush=hush\n", 10), 10);
    close(file);
    char entry[128];
    snprintf(entry, sizeof entry, "MILLRACE_KAFKA_SASL_PASSWORD_FILE=%s", path);
    cr_expect_eq(read_variable(entry), RESULT_OK, "%s", error.text);
    unlink(path);
    cr_expect_str_eq(settings_text(&settings, "kafka.sasl.password"), "hush=hush");
    cr_expect(setting_is_secret("kafka.sasl.password"));
    cr_expect(setting_is_secret("kafka.producer.ssl.key.password"));
    cr_expect(setting_is_secret("schema.registry.basic.auth.user.info"));
    cr_expect(!setting_is_secret("kafka.bootstrap.servers"));

    cr_expect_eq(settings_read_argument(&settings, "kafka.sasl.password=x", &error),
                 RESULT_INVALID);
    cr_expect(says("MILLRACE_KAFKA_SASL_PASSWORD_FILE") && !says("=x"), "%s", error.text);
    cr_expect_eq(read_variable("MILLRACE_KAFKA_SASL_PASSWORD_FILE=/nowhere"), RESULT_INVALID);
}

Test(settings, a_variable_finds_names_with_dashes_that_the_file_knows) {
    start();
    cr_assert_eq(read_text("registries: {my-registry: {adapter: plain}}\n"), RESULT_OK);
    cr_assert_eq(read_variable("MILLRACE_REGISTRIES_MY_REGISTRY_ADAPTER=plain"), RESULT_OK, "%s",
                 error.text);
    cr_expect_str_eq(settings_find(&settings, "registries.my-registry.adapter")->origin,
                     "MILLRACE_REGISTRIES_MY_REGISTRY_ADAPTER");
    cr_assert_eq(read_variable("MILLRACE_REGISTRIES_MY_REGISTRY_ADDRESS=h:1"), RESULT_OK, "%s",
                 error.text);
    cr_expect_str_eq(settings_text(&settings, "registries.my-registry.address"), "h:1");
    cr_expect_eq(read_variable("MILLRACE_CACHE=/x"), RESULT_OK);
    cr_expect_eq(read_variable("MILLRACE=x"), RESULT_OK);
    cr_expect_eq(read_variable("HOME=/x"), RESULT_OK);
}

Test(settings, two_that_contradict_each_other_are_refused) {
    start();
    cr_expect_eq(settings_check(&settings, &error), RESULT_OK, "%s", error.text);
    static const char *const rows[] = {"loop.revoke.drain.ms=300000",
                                       "loop.transaction.timeout.ms=1000",
                                       "loop.unknown.after.ms=30000", "loop.quarantine.ms=59999"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        cr_assert_eq(settings_read_argument(&settings, rows[i], &error), RESULT_OK);
        if (i == 1) {
            cr_assert_eq(settings_read_argument(&settings, "loop.batch.max.ms=1000", &error),
                         RESULT_OK);
        }
        cr_expect_eq(settings_check(&settings, &error), RESULT_INVALID, "%s", rows[i]);
    }
}

Test(settings, what_is_missing_is_named_with_all_ways_to_set_it) {
    const char *value = NULL;
    start();
    cr_expect_eq(settings_require(&settings, "schema.registry.url", &value, &error),
                 RESULT_INVALID);
    cr_expect(says("--set schema.registry.url") && says("MILLRACE_SCHEMA_REGISTRY_URL"), "%s",
              error.text);
}

Test(settings, every_key_of_the_table_has_a_right_default_and_a_doc) {
    for (uint32_t i = 0; i < setting_keys_count; i++) {
        const struct setting_key *key = &setting_keys[i];
        start();
        cr_expect(key->doc != NULL && key->doc[strlen(key->doc) - 1] == '.', "%s", key->name);
        if (key->fallback != NULL) {
            cr_expect_eq(
                settings_set(&settings, key->name, key->fallback, SETTING_SOURCE_FILE, "x", &error),
                RESULT_OK, "%s", error.text);
        }
    }
}

Test(settings, a_list_is_read_item_by_item) {
    const char *rest = " alice, bob ,,c";
    const char *const expected[] = {"alice", "bob", "c"};
    struct text item;
    for (size_t i = 0; i < 3; i++) {
        cr_assert(setting_list_next(&rest, &item));
        cr_expect(text_equal(item, text_of(expected[i])), "item %zu", i);
    }
    cr_expect(!setting_list_next(&rest, &item));
    rest = "";
    cr_expect(!setting_list_next(&rest, &item));
}

Test(nearest, counts_letters_put_in_taken_out_replaced_or_swapped) {
    static const struct {
        const char *a;
        const char *b;
        uint32_t distance;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "", 3},
        {"abc", "abc", 0},
        {"abc", "acb", 1},
        {"abc", "abd", 1},
        {"kitten", "sitting", 3},
        {"levle", "level", 1},
        {"abcd", "badc", 2},
        {"config", "confg", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(word_distance(rows[i].a, rows[i].b), rows[i].distance, "%s %s", rows[i].a,
                     rows[i].b);
    }
    cr_expect(word_distance_is_near("config", 1) && !word_distance_is_near("send", 2));
}
