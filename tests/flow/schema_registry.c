/* What the client of the schema registry asks of a real one. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "outside/schema_registry/schema_registry.h"
#include "wire/message.h"

static struct schema_registry *registry;
static struct schemas port;
static struct error error;

/* Each test is a process of its own, and so has subjects of its own. */
static const char *subject_of(const char *name) {
    static char subject[200];
    const char *prefix = getenv("FLOW_PREFIX");
    (void)snprintf(subject, sizeof subject, "%s%d.%s", prefix == NULL ? "flow-" : prefix,
                   (int)getpid(), name);
    return subject;
}

static void setup(void) {
    const struct schema_registry_options options = {.url = getenv("MILLRACE_SCHEMA_REGISTRY_URL")};
    cr_assert_eq(schema_registry_open(&options, &registry, &error), RESULT_OK, "%s", error.text);
    port = schema_registry_port(registry);
}

static void teardown(void) {
    port.close(port.self);
}

TestSuite(schema_registry_flow, .init = setup, .fini = teardown);

Test(schema_registry_flow, every_schema_can_be_registered_and_found_again) {
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        const struct text schema = {.data = message_types[i].schema,
                                    .length = message_types[i].schema_length};
        const char *subject = subject_of(message_types[i].full_name);
        int32_t id = 0;
        int32_t again = 0;
        cr_assert_eq(port.id_by_text(port.self, subject, schema, &id, &error), RESULT_NOT_FOUND,
                     "%s", error.text);
        cr_assert_eq(schema_registry_register(registry, subject, schema, &id, &error), RESULT_OK,
                     "%s", error.text);
        cr_assert_eq(schema_registry_register(registry, subject, schema, &again, &error), RESULT_OK,
                     "%s", error.text);
        cr_expect_eq(again, id);
        again = 0;
        cr_assert_eq(port.id_by_text(port.self, subject, schema, &again, &error), RESULT_OK, "%s",
                     error.text);
        cr_expect_eq(again, id);
        struct text latest;
        int32_t version = 0;
        cr_assert_eq(schema_registry_latest(registry, subject, &latest, &again, &version, &error),
                     RESULT_OK, "%s", error.text);
        cr_expect_eq(again, id);
        cr_expect_eq(version, 1);

        struct schema_cache *cache = schema_cache_open(&port, NULL);
        const struct schema_entry *entry;
        cr_assert_eq(schema_cache_find(cache, id, 0, &entry, &error), RESULT_OK, "%s", error.text);
        cr_expect_eq(entry->state, SCHEMA_READABLE, "%s: %s", subject, entry->text);
        cr_expect_eq((uint32_t)entry->type, i);
        schema_cache_close(cache);
    }
}

Test(schema_registry_flow, what_is_not_there_is_not_found) {
    struct text text;
    int32_t id;
    int32_t version;
    bool compatible;
    cr_expect_eq(port.text_by_id(port.self, INT32_MAX, &text, &error), RESULT_NOT_FOUND, "%s",
                 error.text);
    const char *subject = subject_of("nobody");
    cr_expect_eq(schema_registry_latest(registry, subject, &text, &id, &version, &error),
                 RESULT_NOT_FOUND, "%s", error.text);
    cr_expect_eq(schema_registry_compatible(registry, subject, text_of("\"int\""), &compatible,
                                            &text, &error),
                 RESULT_NOT_FOUND, "%s", error.text);
}

/* --- Several at once --- */

enum { AT_ONCE = 6, SUBJECTS = 12 };

struct contender {
    pthread_t thread;
    pthread_barrier_t *together;
    int32_t ids[SUBJECTS];
    struct error error; /* of the last call that failed; OK: none */
};

static void contend(struct contender *contender, struct schema_registry *own, uint32_t number) {
    const char *subject = message_types[number].full_name;
    const struct text schema = {.data = message_types[number].schema,
                                .length = message_types[number].schema_length};
    char name[200];
    struct error failure;
    (void)snprintf(name, sizeof name, "%s%d.at-once.%s", getenv("FLOW_PREFIX"), (int)getpid(),
                   subject);
    (void)pthread_barrier_wait(contender->together);
    enum result result =
        schema_registry_register(own, name, schema, &contender->ids[number], &failure);
    (void)pthread_barrier_wait(contender->together);
    if (result == RESULT_OK) {
        result = schema_registry_level_set(own, name, "FULL_TRANSITIVE", &failure);
    }
    if (result != RESULT_OK) {
        contender->error = failure;
    }
}

static void *deploy(void *argument) {
    struct contender *contender = argument;
    const struct schema_registry_options options = {.url = getenv("MILLRACE_SCHEMA_REGISTRY_URL")};
    struct schema_registry *own;
    struct error failure;
    const enum result result = schema_registry_open(&options, &own, &failure);
    cr_assert_eq(result, RESULT_OK);
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        contend(contender, own, i);
    }
    schema_registry_close(own);
    return NULL;
}

Test(schema_registry_flow, who_deploys_the_same_at_the_same_moment_is_not_refused) {
    pthread_barrier_t together;
    struct contender contenders[AT_ONCE] = {{.error.result = RESULT_OK}};
    cr_assert_eq(pthread_barrier_init(&together, NULL, AT_ONCE), 0);
    for (uint32_t i = 0; i < AT_ONCE; i++) {
        contenders[i].together = &together;
        cr_assert_eq(pthread_create(&contenders[i].thread, NULL, deploy, &contenders[i]), 0);
    }
    for (uint32_t i = 0; i < AT_ONCE; i++) {
        cr_assert_eq(pthread_join(contenders[i].thread, NULL), 0);
        cr_expect_eq(contenders[i].error.result, RESULT_OK, "%s", contenders[i].error.text);
        cr_expect_arr_eq(contenders[i].ids, contenders[0].ids, sizeof contenders[0].ids);
    }
    pthread_barrier_destroy(&together);
}

static void find_subject(void *context, const char *subject) {
    bool *found = context;
    *found = *found || strcmp(subject, subject_of("Growing")) == 0;
}

Test(schema_registry_flow, what_does_not_fit_is_refused) {
    static const char first[] =
        "{\"type\":\"record\",\"name\":\"Growing\",\"namespace\":\"probe\",\"fields\":["
        "{\"name\":\"a\",\"type\":\"int\"}]}";
    static const char grown[] =
        "{\"type\":\"record\",\"name\":\"Growing\",\"namespace\":\"probe\",\"fields\":["
        "{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\",\"type\":\"int\",\"default\":0}]}";
    static const char wrong[] =
        "{\"type\":\"record\",\"name\":\"Growing\",\"namespace\":\"probe\",\"fields\":["
        "{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"c\",\"type\":\"int\"}]}";
    const char *subject = subject_of("Growing");
    int32_t id = 0;
    int32_t second = 0;
    cr_assert_eq(schema_registry_register(registry, subject, text_of(first), &id, &error),
                 RESULT_OK, "%s", error.text);
    cr_assert_eq(schema_registry_level_set(registry, subject, "FULL_TRANSITIVE", &error), RESULT_OK,
                 "%s", error.text);
    char level[SCHEMA_REGISTRY_LEVEL_MAX];
    cr_assert_eq(schema_registry_level(registry, subject, level, &error), RESULT_OK);
    cr_expect_str_eq(level, "FULL_TRANSITIVE");
    bool compatible = true;
    struct text why;
    cr_assert_eq(
        schema_registry_compatible(registry, subject, text_of(wrong), &compatible, &why, &error),
        RESULT_OK, "%s", error.text);
    cr_expect_not(compatible);
    cr_expect_eq(schema_registry_register(registry, subject, text_of(wrong), &second, &error),
                 RESULT_INVALID, "%s", error.text);
    cr_expect_eq(schema_registry_register(registry, subject, text_of("{"), &second, &error),
                 RESULT_INVALID, "%s", error.text);
    cr_assert_eq(
        schema_registry_compatible(registry, subject, text_of(grown), &compatible, &why, &error),
        RESULT_OK, "%s", error.text);
    cr_expect(compatible);
    cr_expect_eq(schema_registry_register(registry, subject, text_of(grown), &second, &error),
                 RESULT_OK, "%s", error.text);
    cr_expect_neq(second, id);
    bool found = false;
    cr_assert_eq(schema_registry_subjects(registry, find_subject, &found, &error), RESULT_OK);
    cr_expect(found);
}
