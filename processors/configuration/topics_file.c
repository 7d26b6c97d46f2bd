#include "configuration/topics_file.h"

#include <assert.h>
#include <cyaml/cyaml.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "configuration/nearest.h"

enum { ROLES_MAX = 16 };

static const cyaml_strval_t cleanup_words[] = {
    {.str = "keep", .val = TOPIC_CLEANUP_KEEP},
    {.str = "compact", .val = TOPIC_CLEANUP_COMPACT},
};

static const cyaml_schema_value_t role_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TOPIC_NAME_MAX),
};

static const cyaml_schema_field_t topic_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct topic_wanted, name, 1,
                           TOPIC_NAME_MAX),
    CYAML_FIELD_STRING_PTR("doc", CYAML_FLAG_POINTER, struct topic_wanted, doc, 1, 1000),
    CYAML_FIELD_ENUM("cleanup", CYAML_FLAG_STRICT, struct topic_wanted, cleanup, cleanup_words,
                     sizeof cleanup_words / sizeof cleanup_words[0]),
    CYAML_FIELD_INT("retention_ms", CYAML_FLAG_DEFAULT, struct topic_wanted, retention_ms),
    CYAML_FIELD_UINT("max_message_bytes", CYAML_FLAG_DEFAULT, struct topic_wanted,
                     max_message_bytes),
    CYAML_FIELD_SEQUENCE("written_by", CYAML_FLAG_POINTER, struct topic_wanted, written_by,
                         &role_value, 1, ROLES_MAX),
    CYAML_FIELD_SEQUENCE("read_by", CYAML_FLAG_POINTER, struct topic_wanted, read_by, &role_value,
                         1, ROLES_MAX),
    CYAML_FIELD_UINT_PTR("format", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct topic_wanted,
                         format),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t topic_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct topic_wanted, topic_fields),
};

static const cyaml_schema_field_t file_fields[] = {
    CYAML_FIELD_UINT("partitions", CYAML_FLAG_DEFAULT, struct topics_file, partitions),
    CYAML_FIELD_SEQUENCE("topics", CYAML_FLAG_POINTER, struct topics_file, topics, &topic_value, 1,
                         TOPICS_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct topics_file, file_fields),
};

/* What libcyaml says about the last error, kept for our own error. It gives context line by line,
 * the cause first. */
struct complaint {
    char text[300];
};

__attribute__((format(printf, 3, 0))) static void remember(cyaml_log_t level, void *context,
                                                           const char *format, va_list arguments) {
    struct complaint *complaint = context;
    const size_t used = strlen(complaint->text);
    if (level < CYAML_LOG_ERROR || used + 1 >= sizeof complaint->text) {
        return;
    }
    (void)vsnprintf(complaint->text + used, sizeof complaint->text - used, format, arguments);
    for (char *c = complaint->text + used; *c != '\0'; c++) {
        if (*c == '\n') {
            *c = ' ';
        }
    }
}

static const cyaml_config_t config = {
    .log_level = CYAML_LOG_ERROR,
    .mem_fn = cyaml_mem,
    .flags = CYAML_CFG_DEFAULT,
};

static enum result check_topic(const struct topics_file *file, uint32_t index, const char *path,
                               struct error *error) {
    const struct topic_wanted *topic = &file->topics[index];
    for (uint32_t i = 0; i < index; i++) {
        if (strcmp(file->topics[i].name, topic->name) == 0) {
            return error_set(error, RESULT_INVALID, "%s: the topic %s stands there twice", path,
                             topic->name);
        }
    }
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (strspn(topic->name, allowed) != strlen(topic->name)) {
        return error_set(error, RESULT_INVALID,
                         "%s: \"%s\" is no name for a topic: letters, digits, . _ and - only", path,
                         topic->name);
    }
    if (topic->retention_ms < -1 || topic->retention_ms == 0) {
        return error_set(error, RESULT_INVALID,
                         "%s: %s: retention_ms must be -1 (for ever) or positive", path,
                         topic->name);
    }
    if (topic->max_message_bytes < 1024 || topic->max_message_bytes > 64 * 1024 * 1024) {
        return error_set(error, RESULT_INVALID,
                         "%s: %s: max_message_bytes must be from 1024 to 67108864", path,
                         topic->name);
    }
    return RESULT_OK;
}

static enum result check(const struct topics_file *file, const char *path, struct error *error) {
    if (file->partitions < 1 || file->partitions > TOPIC_PARTITIONS_MAX) {
        return error_set(error, RESULT_INVALID, "%s: partitions must be from 1 to %d", path,
                         TOPIC_PARTITIONS_MAX);
    }
    for (uint32_t i = 0; i < file->topics_count; i++) {
        const enum result result = check_topic(file, i, path, error);
        if (result != RESULT_OK) {
            return result;
        }
    }
    return RESULT_OK;
}

enum result topics_file_open(const char *path, struct topics_file **file, struct error *error) {
    assert(path != NULL && file != NULL);
    struct complaint complaint = {.text = ""};
    cyaml_config_t with_log = config;
    with_log.log_fn = remember;
    with_log.log_ctx = &complaint;
    *file = NULL;
    if (access(path, R_OK) != 0) {
        return error_set(
            error, RESULT_NOT_FOUND,
            "the list of topics %.200s cannot be read: run this where it lies, or name "
            "it with --set topics.file=PATH",
            path);
    }
    cyaml_data_t *data = NULL;
    const cyaml_err_t outcome = cyaml_load_file(path, &with_log, &file_value, &data, NULL);
    if (outcome != CYAML_OK) {
        return error_set(error, RESULT_INVALID, "%.100s: %s: %s", path, cyaml_strerror(outcome),
                         complaint.text);
    }
    if (data == NULL) {
        return error_set(error, RESULT_INVALID,
                         "%.200s is empty: restore the list of topics that came with Millrace",
                         path);
    }
    *file = data;
    const enum result result = check(*file, path, error);
    if (result != RESULT_OK) {
        topics_file_close(*file);
        *file = NULL;
    }
    return result;
}

void topics_file_close(struct topics_file *file) {
    const cyaml_err_t outcome = cyaml_free(&config, &file_value, file, 0);
    assert(outcome == CYAML_OK);
}

const struct topic_wanted *topics_file_find(const struct topics_file *file, const char *name) {
    assert(file != NULL && name != NULL);
    for (uint32_t i = 0; i < file->topics_count; i++) {
        if (strcmp(file->topics[i].name, name) == 0) {
            return &file->topics[i];
        }
    }
    return NULL;
}

const char *topics_file_nearest(const struct topics_file *file, const char *name) {
    assert(file != NULL && name != NULL);
    const char *nearest = NULL;
    uint32_t nearest_distance = UINT32_MAX;
    for (uint32_t i = 0; i < file->topics_count; i++) {
        const uint32_t distance = word_distance(name, file->topics[i].name);
        if (distance < nearest_distance) {
            nearest_distance = distance;
            nearest = file->topics[i].name;
        }
    }
    return word_distance_is_near(name, nearest_distance) ? nearest : NULL;
}
