#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config_check.h"
#include "cli/connections.h"
#include "cli/duration.h"
#include "cli/registries.h"
#include "cli/rights.h"
#include "cli/run/run.h"
#include "cli/schemas_live.h"
#include "cli/verbs.h"
#include "outside/clock_os/clock_os.h"
#include "outside/kafka/kafka_admin.h"
#include "outside/kafka/kafka_rights.h"
#include "registry_connector/registry_connector.h"

enum {
    TIMEOUT_MS = 30 * 1000, /* of all, if nobody says so */
    CALL_MS = 10 * 1000,    /* of one call to Kafka */
    KEY_TIMEOUT = 256,
};

const struct argp_option verb_config_check_options[] = {
    {"timeout", KEY_TIMEOUT, "DURATION", 0,
     "What has not answered after this (30s) is not waited for; nothing new is asked then", 0},
    {0},
};

/* Everything that is worked with. */
struct work {
    const struct invocation *invocation;
    struct connection connection;
    struct deployment deployment;
    struct topics_file *file;
    struct registries registries;
    struct checks checks;
    int64_t until_ms; /* monotonic */
};

static const struct output_column columns[] = {
    {"VERDICT", "verdict"},
    {"WHAT", "what"},
    {"NAME", "name"},
    {"DETAIL", "detail"},
};

static void take(void *values, int key, const char *argument, struct argp_state *state) {
    int64_t *timeout_ms = values;
    assert(key == KEY_TIMEOUT);
    if (!duration_parse(argument, timeout_ms) || *timeout_ms == 0) {
        argp_error(state, "--timeout is a duration such as 30s, not \"%s\"", argument);
    }
}

static int64_t now_ms(void) {
    const struct clock clock = clock_os();
    return clock.monotonic_ms(clock.self);
}

/* How long the next call may take. False: there is no time for one, and a line says so. */
static bool has_time(struct work *work, const char *what, int32_t *call_ms) {
    const int64_t left_ms = work->until_ms - now_ms();
    *call_ms = left_ms < CALL_MS ? (int32_t)left_ms : CALL_MS;
    if (left_ms > 0) {
        return true;
    }
    checks_add(&work->checks, CHECK_SILENT, what, "the rest",
               "not asked: the time was over; see what does not answer above, or give more with "
               "--timeout");
    return false;
}

/* --- Kafka --- */

static enum result look_at_cluster(struct work *work, struct kafka_admin *admin, uint32_t *brokers,
                                   struct error *error) {
    struct kafka_admin_cluster cluster = {.brokers_count = 0};
    char good[160];
    int32_t call_ms;
    if (!has_time(work, "kafka", &call_ms)) {
        return RESULT_FAILED;
    }
    const enum result result = kafka_admin_cluster(admin, call_ms, &cluster, error);
    (void)snprintf(good, sizeof good, "cluster %s, brokers: %u", cluster.id, cluster.brokers_count);
    checks_add_result(&work->checks, "kafka",
                      settings_text(&work->invocation->settings, "kafka.bootstrap.servers"), result,
                      error, good);
    *brokers = cluster.brokers_count;
    return result;
}

/* Topics that are not listed: are they not there, or not to be seen? */
static void ask_for_missing(struct work *work, struct kafka_rights *rights,
                            const struct topics_deployment *deployment,
                            const struct topic_live *live, uint32_t live_count,
                            enum result missing[TOPICS_MAX]) {
    for (uint32_t i = 0; i < work->file->topics_count; i++) {
        struct topic_target target;
        struct error error;
        bool listed = false;
        topic_target_of(work->file, &work->file->topics[i], deployment, &target);
        for (uint32_t j = 0; j < live_count; j++) {
            listed = listed || strcmp(live[j].name, target.name) == 0;
        }
        const int64_t left_ms = work->until_ms - now_ms();
        missing[i] = listed || left_ms <= 0
                         ? RESULT_FAILED
                         : kafka_rights_ask(rights, KAFKA_RIGHT_TOPIC_DESCRIBE, target.name,
                                            left_ms < CALL_MS ? (int32_t)left_ms : CALL_MS, &error);
    }
}

static void check_topics(struct work *work, struct kafka_admin *admin, struct kafka_rights *rights,
                         uint32_t brokers) {
    static struct topic_step steps[TOPICS_PLAN_MAX];
    const struct settings *settings = &work->invocation->settings;
    const struct topics_deployment deployment = {
        .prefix = settings_text(settings, "topics.prefix"),
        .replication_factor = (int32_t)settings_integer(settings, "topics.replication.factor"),
        .min_insync_replicas = (int32_t)settings_integer(settings, "topics.min.insync.replicas"),
    };
    struct topics_plan plan = {.steps = steps};
    enum result missing[TOPICS_MAX];
    const struct topic_live *live = NULL;
    uint32_t live_count = 0;
    struct error hidden;
    struct error error;
    int32_t call_ms;
    if (!has_time(work, "topic", &call_ms)) {
        return;
    }
    const enum result result =
        kafka_admin_topics_seen(admin, work->file, call_ms, &live, &live_count, &hidden, &error);
    if (result != RESULT_OK) {
        checks_add_result(&work->checks, "topic", "all", result, &error, "");
        return;
    }
    topics_plan_make(work->file, &deployment, live, live_count, &plan);
    ask_for_missing(work, rights, &deployment, live, live_count, missing);
    const struct checks_topics topics = {
        .file = work->file,
        .deployment = &deployment,
        .live = live,
        .live_count = live_count,
        .plan = &plan,
        .missing = missing,
        .brokers = brokers,
        .settings = &hidden,
    };
    checks_add_topics(&work->checks, &topics);
}

/* --- Rights --- */

static enum kafka_right right_of(const char *resource, const char *operation) {
    static const struct {
        const char *resource;
        const char *operation;
        enum kafka_right right;
    } rows[] = {
        {"Topic", "Describe", KAFKA_RIGHT_TOPIC_DESCRIBE},
        {"Topic", "Read", KAFKA_RIGHT_TOPIC_READ},
        {"Topic", "Write", KAFKA_RIGHT_TOPIC_WRITE},
        {"Group", "Describe", KAFKA_RIGHT_GROUP_DESCRIBE},
        {"Group", "Read", KAFKA_RIGHT_GROUP_READ},
        {"TransactionalId", "Write", KAFKA_RIGHT_TRANSACTIONAL_ID_WRITE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].resource, resource) == 0 && strcmp(rows[i].operation, operation) == 0) {
            return rows[i].right;
        }
    }
    assert(false); /* rights_rows lists nothing else */
    return KAFKA_RIGHT_TOPIC_DESCRIBE;
}

/* Is the role one of those that were named; or a processor, where none was? */
static bool is_wanted(const struct invocation *invocation, const char *role) {
    for (uint32_t i = 0; i < invocation->arguments_count; i++) {
        if (strcmp(invocation->arguments[i], role) == 0) {
            return true;
        }
    }
    for (uint32_t i = 0; invocation->arguments_count == 0 && i < run_processors_count; i++) {
        if (strcmp(run_processors[i].name, role) == 0) {
            return true;
        }
    }
    return false;
}

static const char *text_in(const json_t *row, const char *member) {
    return json_string_value(json_object_get(row, member));
}

static json_t *rights_wanted(const struct work *work) {
    const struct settings *settings = &work->invocation->settings;
    return rights_rows(work->file, settings_text(settings, "topics.prefix"),
                       settings_text(settings, "application"));
}

static void check_rights(struct work *work, struct kafka_rights *rights) {
    json_t *rows = rights_wanted(work);
    size_t index;
    json_t *row;
    json_array_foreach(rows, index, row) {
        struct error error;
        int32_t call_ms;
        if (!is_wanted(work->invocation, text_in(row, "role"))) {
            continue;
        }
        if (!has_time(work, "right", &call_ms)) {
            break;
        }
        const enum kafka_right right =
            right_of(text_in(row, "resource"), text_in(row, "operation"));
        const enum result result =
            kafka_rights_ask(rights, right, text_in(row, "name"), call_ms, &error);
        checks_add_right(&work->checks, row, result, &error);
    }
    json_decref(rows);
}

static void check_kafka(struct work *work) {
    struct kafka_admin *admin = NULL;
    struct kafka_rights *rights = NULL;
    struct error error;
    uint32_t brokers = 0;
    enum result result = kafka_admin_open(&work->connection.kafka, &admin, &error);
    if (result == RESULT_OK) {
        result = kafka_rights_open(&work->connection.kafka, &rights, &error);
    }
    if (result != RESULT_OK) {
        complain("%s", error.text); /* a property of librdkafka's is wrong */
        exit((int)exit_code_of(result));
    }
    result = look_at_cluster(work, admin, &brokers, &error);
    if (result == RESULT_OK) {
        check_topics(work, admin, rights, brokers);
        check_rights(work, rights);
    } else {
        checks_add(&work->checks, CHECK_SILENT, "topic", "all", "not asked, without Kafka");
        checks_add(&work->checks, CHECK_SILENT, "right", "all", "not asked, without Kafka");
    }
    kafka_rights_close(rights);
    kafka_admin_close(admin);
}

/* --- The schema registry, and registries --- */

static void check_schemas(struct work *work) {
    struct schema_registry *registry = connect_schema_registry(work->invocation);
    const char *url = settings_text(&work->invocation->settings, "schema.registry.url");
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        static struct schemas_plan plan;
        const enum message_type type = (enum message_type)i;
        struct error error;
        int32_t call_ms;
        if (!has_time(work, "schema", &call_ms)) {
            break;
        }
        plan.steps_count = 0;
        enum result result = schemas_look_at(registry, type, &plan, &error);
        if (result == RESULT_AGAIN || result == RESULT_DENIED) {
            checks_add_result(&work->checks, "schema", url, result, &error, "");
            break; /* it would be so for all others */
        }
        if (result == RESULT_OK && plan.steps_count == 0) {
            result = schemas_prove_level(registry, type, &error);
        }
        if (result == RESULT_OK) {
            checks_add_subject(&work->checks, type, &plan);
        } else {
            checks_add_result(&work->checks, "schema", message_types[i].full_name, result, &error,
                              "");
        }
    }
    schema_registry_close(registry);
}

/* What the connector has for registries of Project Origin; it was read before. */
static void check_secrets(struct work *work) {
    const struct registries *registries = &work->registries;
    const struct settings *settings = &work->invocation->settings;
    char areas[256];
    if (registries->secrets == NULL) {
        return; /* nobody needs them, or not whom this is about */
    }
    const struct blinding_secret *first = &registries->secrets->secrets[0];
    checks_add(&work->checks, CHECK_OK, "keys", settings_text(settings, "keys.file"),
               "keys: %u, of them secret: %u", registries->keyring.count,
               registries->keyring.secrets_count);
    checks_add(&work->checks, CHECK_OK, "blinding", settings_text(settings, "blinding.file"),
               "secrets: %u, that of new slices: %.*s", registries->secrets->count,
               (int)first->name_length, first->name);
    /* Whether the registry checks them, it does not say. */
    const char *shortcoming = registries->prover.shortcoming;
    checks_add(&work->checks, shortcoming == NULL ? CHECK_OK : CHECK_HIDDEN, "prover",
               registries->prover.name, "%s",
               shortcoming == NULL ? "range proofs are made" : shortcoming);
    if (registries_areas_without_key(registries, areas, sizeof areas)) {
        const bool needed = work->deployment.origins_count == work->deployment.registries_count;
        checks_add(&work->checks, needed ? CHECK_WRONG : CHECK_HIDDEN, "issuers", areas,
                   "keys.file has no secret key of any issuer there, so nothing can be issued at "
                   "registries of Project Origin: see rules.issuers and `millrace keys`");
    }
}

static void check_registries(struct work *work) {
    const struct clock clock = clock_os();
    for (uint32_t i = 0; i < work->deployment.registries_count; i++) {
        const struct registry_config *registry = &work->deployment.registries[i];
        struct error error;
        int32_t call_ms;
        if (!has_time(work, "registry", &call_ms)) {
            return;
        }
        const enum result result = registries_reach(&work->registries, registry, &clock, &error);
        if (result == RESULT_FAILED) {
            (void)error_wrap(&error, "see that it runs, and that registries.%.64s.address is right",
                             registry->name);
        }
        checks_add_result(&work->checks, "registry", registry->name, result, &error,
                          registry->address);
    }
}

/* --- All of it --- */

static enum result read_configuration(struct work *work, struct arena *arena, struct error *error) {
    work->file = invocation_topics(work->invocation);
    const enum result result = run_check_formats(work->file, error);
    return result != RESULT_OK
               ? result
               : deployment_read(&work->invocation->settings, arena, &work->deployment, error);
}

/* A role that nobody plays would be found to have all its rights. */
static bool roles_are_known(const struct work *work) {
    json_t *rows = rights_wanted(work);
    bool known = true;
    for (uint32_t i = 0; i < work->invocation->arguments_count; i++) {
        bool found = false;
        size_t index;
        json_t *row;
        json_array_foreach(rows, index, row) {
            found = found || strcmp(text_in(row, "role"), work->invocation->arguments[i]) == 0;
        }
        if (!found) {
            complain("there is no role \"%s\" in topics.yaml: see `millrace topics plan --rights`",
                     work->invocation->arguments[i]);
        }
        known = known && found;
    }
    json_decref(rows);
    return known;
}

static int report(const struct work *work) {
    const struct checks *checks = &work->checks;
    const uint32_t wrong = checks->counts[CHECK_WRONG] + checks->counts[CHECK_DENIED];
    const uint32_t unknown = checks->counts[CHECK_SILENT] + checks->counts[CHECK_HIDDEN];
    output_rows(stdout, work->invocation->format, checks->rows, columns,
                sizeof columns / sizeof columns[0]);
    if (wrong > 0 || checks->counts[CHECK_SILENT] > 0) {
        complain("wrong: %u, unknown: %u, of %zu that were checked", wrong, unknown,
                 json_array_size(checks->rows));
    } else {
        note(work->invocation, "nothing is wrong, unknown: %u, of %zu that were checked", unknown,
             json_array_size(checks->rows));
    }
    return (int)checks_exit_code(checks);
}

int verb_config_check(struct invocation *invocation, int argc, char **argv) {
    static struct work work;
    struct arena arena;
    struct error error;
    int64_t timeout_ms = TIMEOUT_MS;
    const struct verb_options own = {.take = take, .values = &timeout_ms};
    invocation_begin(invocation, argc, argv, &own);
    work.invocation = invocation;
    work.until_ms = now_ms() + timeout_ms;
    work.checks.rows = json_array();
    void *memory = malloc(DEPLOYMENT_MEMORY);
    assert(memory != NULL);
    arena_init(&arena, memory, DEPLOYMENT_MEMORY);
    connect_kafka(invocation, LOGGER_LEVEL_ERROR, &work.connection);
    enum result result = read_configuration(&work, &arena, &error);
    const struct logger silent = logger_silent();
    registries_init(&work.registries, &work.deployment, &silent);
    if (result == RESULT_OK && is_wanted(invocation, registry_connector_topology.processor)) {
        result = registries_read_secrets(&work.registries, &invocation->settings, &error);
    }
    if (result != RESULT_OK) {
        complain("%s", error.text);
        return (int)exit_code_of(result);
    }
    if (!roles_are_known(&work)) {
        return EXIT_CODE_USAGE;
    }
    (void)connection_registry_options(invocation); /* before anybody is asked */
    check_kafka(&work);
    check_schemas(&work);
    check_secrets(&work);
    check_registries(&work);
    const int code = report(&work);
    json_decref(work.checks.rows);
    registries_deinit(&work.registries);
    topics_file_close(work.file);
    free(memory);
    return code;
}
