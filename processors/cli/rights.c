#include "cli/rights.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/run/run.h"

enum { NAME_MAX_BYTES = 512 };

static void add(json_t *rows, const char *role, const char *operation, const char *resource,
                const char *name, const char *pattern) {
    const int appended = json_array_append_new(
        rows, json_pack("{s:s, s:s, s:s, s:s, s:s}", "role", role, "operation", operation,
                        "resource", resource, "name", name, "pattern", pattern));
    assert(appended == 0);
}

static void add_topic(json_t *rows, const char *role, const char *operation, const char *prefix,
                      const struct topic_wanted *topic) {
    char name[NAME_MAX_BYTES];
    (void)snprintf(name, sizeof name, "%s%s", prefix, topic->name);
    add(rows, role, operation, "Topic", name, "Literal");
}

static bool names(char *const *roles, uint32_t count, const char *role) {
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(roles[i], role) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_processor(const char *role) {
    for (uint32_t i = 0; i < run_processors_count; i++) {
        if (strcmp(run_processors[i].name, role) == 0) {
            return true;
        }
    }
    return false;
}

/* What a processor needs besides its topics: it looks at all of them before it starts. */
static void add_processor(json_t *rows, const char *role, const struct topics_file *file,
                          const char *prefix, const char *application) {
    char name[NAME_MAX_BYTES];
    for (uint32_t i = 0; i < file->topics_count; i++) {
        const struct topic_wanted *topic = &file->topics[i];
        if (!names(topic->written_by, topic->written_by_count, role) &&
            !names(topic->read_by, topic->read_by_count, role)) {
            add_topic(rows, role, "Describe", prefix, topic);
        }
    }
    (void)snprintf(name, sizeof name, "%s.%s", application, role);
    add(rows, role, "Read", "Group", name, "Literal");
    (void)snprintf(name, sizeof name, "%s.%s-", application, role);
    add(rows, role, "Write", "TransactionalId", name, "Prefixed");
}

/* Who looks at everything asks also how far the processors have come. */
static void add_reader(json_t *rows, const char *role, const char *application) {
    for (uint32_t i = 0; i < run_processors_count; i++) {
        char name[NAME_MAX_BYTES];
        (void)snprintf(name, sizeof name, "%s.%s", application, run_processors[i].name);
        add(rows, role, "Describe", "Group", name, "Literal");
    }
}

static void add_role(json_t *rows, const char *role, const struct topics_file *file,
                     const char *prefix, const char *application) {
    for (uint32_t i = 0; i < file->topics_count; i++) {
        const struct topic_wanted *topic = &file->topics[i];
        if (names(topic->written_by, topic->written_by_count, role)) {
            add_topic(rows, role, "Write", prefix, topic);
        }
        if (names(topic->read_by, topic->read_by_count, role)) {
            add_topic(rows, role, "Read", prefix, topic);
        }
    }
    if (is_processor(role)) {
        add_processor(rows, role, file, prefix, application);
    }
    if (strcmp(role, "cli") == 0) {
        add_reader(rows, role, application);
    }
}

/* Roles come in the order in which the file names them first. */
static void add_new_roles(json_t *rows, json_t *seen, char *const *roles, uint32_t count,
                          const struct topics_file *file, const char *prefix,
                          const char *application) {
    for (uint32_t i = 0; i < count; i++) {
        if (json_object_get(seen, roles[i]) == NULL) {
            json_object_set_new(seen, roles[i], json_true());
            add_role(rows, roles[i], file, prefix, application);
        }
    }
}

json_t *rights_rows(const struct topics_file *file, const char *prefix, const char *application) {
    assert(file != NULL && prefix != NULL && application != NULL);
    json_t *rows = json_array();
    json_t *seen = json_object();
    for (uint32_t i = 0; i < file->topics_count; i++) {
        const struct topic_wanted *topic = &file->topics[i];
        add_new_roles(rows, seen, topic->written_by, topic->written_by_count, file, prefix,
                      application);
        add_new_roles(rows, seen, topic->read_by, topic->read_by_count, file, prefix, application);
    }
    json_decref(seen);
    return rows;
}
