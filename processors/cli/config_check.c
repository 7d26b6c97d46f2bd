#include "cli/config_check.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DETAIL_MAX = 1536 };

static const char *word_of(enum check_verdict verdict) {
    switch (verdict) {
    case CHECK_OK:
        return "ok";
    case CHECK_WRONG:
    case CHECK_DENIED:
        return "wrong";
    case CHECK_SILENT:
    case CHECK_HIDDEN:
        return "unknown";
    case CHECK_VERDICTS:
        break;
    }
    assert(false);
    return "";
}

void checks_add(struct checks *checks, enum check_verdict verdict, const char *what,
                const char *name, const char *format, ...) {
    char detail[DETAIL_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    /* A text that was cut within a character, or is none, is not UTF-8: it must not be lost. */
    json_t *text = json_string(detail);
    for (char *c = detail; text == NULL && *c != '\0'; c++) {
        *c = (unsigned char)*c < 0x80 ? *c : '?';
    }
    text = text != NULL ? text : json_string(detail);
    const int appended = json_array_append_new(
        checks->rows, json_pack("{s:s, s:s, s:s, s:o}", "verdict", word_of(verdict), "what", what,
                                "name", name, "detail", text));
    assert(appended == 0);
    checks->counts[verdict]++;
}

void checks_add_result(struct checks *checks, const char *what, const char *name,
                       enum result result, const struct error *error, const char *good) {
    switch (result) {
    case RESULT_OK:
        checks_add(checks, CHECK_OK, what, name, "%s", good);
        return;
    case RESULT_DENIED:
        checks_add(checks, CHECK_DENIED, what, name, "%s", error->text);
        return;
    case RESULT_INVALID:
    case RESULT_NOT_FOUND:
        checks_add(checks, CHECK_WRONG, what, name, "%s", error->text);
        return;
    case RESULT_AGAIN:
    case RESULT_FENCED:
    case RESULT_DOUBTFUL:
    case RESULT_FAILED:
        checks_add(checks, CHECK_SILENT, what, name, "%s", error->text);
        return;
    }
    assert(false);
}

/* --- Topics --- */

static const struct topic_live *find_live(const struct checks_topics *topics, const char *name) {
    for (uint32_t i = 0; i < topics->live_count; i++) {
        if (strcmp(topics->live[i].name, name) == 0) {
            return &topics->live[i];
        }
    }
    return NULL;
}

/* How many copies must have a record before it counts; 0: not known. */
static uint32_t in_sync_min(const struct topic_live *live) {
    for (uint32_t i = 0; i < live->settings_count; i++) {
        if (strcmp(live->settings[i].name, "min.insync.replicas") == 0) {
            return (uint32_t)strtoul(live->settings[i].value, NULL, 10);
        }
    }
    return 0;
}

static void add_step(struct checks *checks, const struct topic_step *step) {
    if (step->kind == TOPIC_STEP_SET) {
        checks_add(checks, CHECK_WRONG, "topic", step->topic,
                   "%s is %s, not %s; `millrace topics apply` sets it", step->what, step->is,
                   step->wanted);
    } else if (strcmp(step->what, "partitions") == 0) {
        checks_add(checks, CHECK_WRONG, "topic", step->topic,
                   "it has %s partitions, not %s: keys would move, so this stays; put the true "
                   "number into topics.yaml, or make the topic anew while nothing is in it",
                   step->is, step->wanted);
    } else {
        checks_add(checks, CHECK_WRONG, "topic", step->topic,
                   "%s is %s, not %s; Kafka's kafka-reassign-partitions changes it", step->what,
                   step->is, step->wanted);
    }
}

/* What the file and the settings leave to the cluster, and no promise can rest on: all copies in
 * sync must have a record before it counts (acks=all), so it depends on how many that is. */
static bool add_copies(struct checks *checks, const struct checks_topics *topics,
                       const struct topic_live *live, uint32_t in_sync) {
    const uint32_t copies = live->replication_factor;
    if (in_sync > copies || in_sync > topics->brokers) {
        checks_add(checks, CHECK_WRONG, "topic", live->name,
                   "min.insync.replicas is %u, with copies: %u and brokers: %u, so nothing can be "
                   "written; start the brokers that are down, or lower it with `millrace topics "
                   "apply --set topics.min.insync.replicas=...`",
                   in_sync, copies, topics->brokers);
        return true;
    }
    if (copies == 1 && topics->brokers > 2 && topics->deployment->replication_factor != 1) {
        checks_add(checks, CHECK_WRONG, "topic", live->name,
                   "there is one copy on %u brokers, and what it has is lost with its broker; make "
                   "more with Kafka's kafka-reassign-partitions, or say "
                   "topics.replication.factor=1",
                   topics->brokers);
        return true;
    }
    if (copies > 1 && in_sync == 1 && topics->deployment->min_insync_replicas != 1) {
        checks_add(checks, CHECK_WRONG, "topic", live->name,
                   "min.insync.replicas is 1 of %u copies: a record counts that one broker has, "
                   "and is lost with it; set topics.min.insync.replicas=2 and run `millrace topics "
                   "apply`",
                   copies);
        return true;
    }
    return false;
}

static void add_missing(struct checks *checks, const char *name, enum result why) {
    if (why == RESULT_DENIED) {
        checks_add(checks, CHECK_DENIED, "topic", name,
                   "this user may not see whether it is there; grant it Describe on the topic");
    } else if (why == RESULT_NOT_FOUND) {
        checks_add(checks, CHECK_WRONG, "topic", name,
                   "it is not there; `millrace topics apply` creates it");
    } else {
        checks_add(checks, CHECK_SILENT, "topic", name, "no answer from Kafka about it; try again");
    }
}

static void add_topic(struct checks *checks, const struct checks_topics *topics, uint32_t index) {
    struct topic_target target;
    topic_target_of(topics->file, &topics->file->topics[index], topics->deployment, &target);
    const struct topic_live *live = find_live(topics, target.name);
    if (live == NULL) {
        add_missing(checks, target.name, topics->missing[index]);
        return;
    }
    const bool seen = topics->settings->result == RESULT_OK;
    const uint32_t in_sync = seen ? in_sync_min(live) : 0;
    bool wrong = add_copies(checks, topics, live, in_sync);
    for (uint32_t i = 0; i < topics->plan->steps_count; i++) {
        const struct topic_step *step = &topics->plan->steps[i];
        const bool known =
            step->kind == TOPIC_STEP_CONFLICT || (step->kind == TOPIC_STEP_SET && seen);
        if (known && strcmp(step->topic, target.name) == 0) {
            add_step(checks, step);
            wrong = true;
        }
    }
    if (!wrong && seen) {
        checks_add(
            checks, CHECK_OK, "topic", target.name,
            "partitions: %u, copies: %u, with a record at least: %u, %s", live->partitions,
            live->replication_factor, in_sync,
            topics->file->topics[index].cleanup == TOPIC_CLEANUP_COMPACT ? "compact" : "keep");
    } else if (!wrong) {
        checks_add(checks, CHECK_OK, "topic", target.name, "partitions: %u, copies: %u",
                   live->partitions, live->replication_factor);
    }
}

void checks_add_topics(struct checks *checks, const struct checks_topics *topics) {
    assert(checks != NULL && topics != NULL && topics->settings != NULL);
    for (uint32_t i = 0; i < topics->file->topics_count; i++) {
        add_topic(checks, topics, i);
    }
    if (topics->settings->result != RESULT_OK) {
        checks_add(checks, CHECK_HIDDEN, "topic", "settings",
                   "cleanup, retention and min.insync.replicas may not be seen by this user, who "
                   "need not; check them as one who may (DescribeConfigs on the topics)");
    }
}

/* --- Schemas --- */

void checks_add_subject(struct checks *checks, enum message_type type,
                        const struct schemas_plan *plan) {
    char detail[2 * SCHEMAS_DETAIL_MAX] = "";
    bool conflict = false;
    for (uint32_t i = 0; i < plan->steps_count; i++) {
        const struct schema_step *step = &plan->steps[i];
        const size_t length = strlen(detail);
        assert(step->type == type);
        (void)snprintf(detail + length, sizeof detail - length, "%s%s", i == 0 ? "" : "; ",
                       step->detail);
        conflict = conflict || step->kind == SCHEMA_STEP_CONFLICT;
    }
    const char *subject = message_types[type].full_name;
    if (plan->steps_count == 0) {
        checks_add(checks, CHECK_OK, "schema", subject, "registered as it is here, " SCHEMAS_LEVEL);
    } else if (conflict) {
        checks_add(checks, CHECK_WRONG, "schema", subject,
                   "%s; take back our change or give the new meaning a new message type, or find "
                   "out who registered the other one",
                   detail);
    } else {
        checks_add(checks, CHECK_WRONG, "schema", subject,
                   "to be done by `millrace schemas apply`: %s", detail);
    }
}

/* --- Rights --- */

void checks_add_right(struct checks *checks, const json_t *row, enum result result,
                      const struct error *error) {
    const char *role;
    const char *operation;
    const char *resource;
    const char *name;
    const char *pattern;
    char title[512];
    const int unpacked =
        json_unpack((json_t *)row, "{s:s, s:s, s:s, s:s, s:s}", "role", &role, "operation",
                    &operation, "resource", &resource, "name", &name, "pattern", &pattern);
    assert(unpacked == 0);
    (void)snprintf(title, sizeof title, "%s %s %s", operation, resource, name);
    if (result == RESULT_OK) {
        checks_add(checks, CHECK_OK, "right", title, "as %s", role);
    } else if (result == RESULT_DENIED) {
        checks_add(checks, CHECK_DENIED, "right", title,
                   "%s lacks it: grant this user %s on the %s %s (%s)", role, operation, resource,
                   name, pattern);
    } else if (result != RESULT_NOT_FOUND) {
        checks_add(checks, CHECK_SILENT, "right", title, "%s", error->text);
    }
}

enum exit_code checks_exit_code(const struct checks *checks) {
    if (checks->counts[CHECK_DENIED] > 0) {
        return EXIT_CODE_PERMISSION;
    }
    if (checks->counts[CHECK_WRONG] > 0) {
        return EXIT_CODE_DRIFT;
    }
    return checks->counts[CHECK_SILENT] > 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}
