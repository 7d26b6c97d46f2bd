#include "wire/writer_schema.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING_MAX = 4 * PLAN_DEPTH_MAX }; /* brackets: a type within a type takes up to four */

/* libavro keeps the text of its last error in memory that all threads share. */
static pthread_mutex_t libavro_lock = PTHREAD_MUTEX_INITIALIZER;

/* libavro's parser calls itself for every level, so the levels are counted before it sees them. */
static bool nesting_within_limit(struct text text) {
    uint32_t depth = 0;
    bool quoted = false;
    for (uint32_t i = 0; i < text.length; i++) {
        const char c = text.data[i];
        if (quoted) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = false;
            }
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
            if (depth > NESTING_MAX) {
                return false;
            }
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return true;
}

static enum result parse(struct text text, avro_schema_t *root, struct error *error) {
    enum result result = RESULT_OK;
    pthread_mutex_lock(&libavro_lock);
    if (avro_schema_from_json_length(text.data, text.length, root) != 0) {
        result = error_set(error, RESULT_INVALID, "not an Avro schema: %s", avro_strerror());
    }
    pthread_mutex_unlock(&libavro_lock);
    return result;
}

static bool full_name_of(avro_schema_t type, char full_name[WRITER_SCHEMA_NAME_MAX]) {
    const char *space = avro_schema_namespace(type);
    const char *name = avro_schema_name(type);
    const bool spaced = space != NULL && space[0] != '\0';
    const int length = snprintf(full_name, WRITER_SCHEMA_NAME_MAX, "%s%s%s", spaced ? space : "",
                                spaced ? "." : "", name);
    return length > 0 && length < WRITER_SCHEMA_NAME_MAX;
}

enum result writer_schema_open(struct text text, struct writer_schema **schema,
                               struct error *error) {
    assert(schema != NULL && error != NULL);
    *schema = NULL;
    if (text.length == 0 || text.length > PLAN_SCHEMA_BYTES_MAX) {
        return error_set(error, RESULT_INVALID, "schema of %u bytes; 1 to %d are read", text.length,
                         PLAN_SCHEMA_BYTES_MAX);
    }
    if (!nesting_within_limit(text)) {
        return error_set(error, RESULT_INVALID, "schema nested deeper than %d", NESTING_MAX);
    }
    avro_schema_t root = NULL;
    const enum result result = parse(text, &root, error);
    if (result != RESULT_OK) {
        return result;
    }
    struct writer_schema *opened = calloc(1, sizeof *opened);
    assert(opened != NULL);
    opened->root = root;
    if (!is_avro_record(root) || !full_name_of(root, opened->full_name)) {
        writer_schema_close(opened);
        return error_set(error, RESULT_INVALID, "the schema is no record with a usable name");
    }
    *schema = opened;
    return RESULT_OK;
}

void writer_schema_close(struct writer_schema *schema) {
    if (schema != NULL) {
        avro_schema_decref(schema->root);
        free(schema);
    }
}

struct text writer_schema_full_name(const struct writer_schema *schema) {
    return text_of(schema->full_name);
}

bool writer_schema_name_matches(avro_schema_t type, const char *full_name,
                                const char *const *aliases) {
    const char *dot = strrchr(full_name, '.');
    if (strcmp(avro_schema_name(type), dot == NULL ? full_name : dot + 1) == 0) {
        return true;
    }
    char writers[WRITER_SCHEMA_NAME_MAX];
    if (aliases == NULL || !full_name_of(type, writers)) {
        return false;
    }
    for (uint32_t i = 0; aliases[i] != NULL; i++) {
        if (strcmp(aliases[i], writers) == 0) {
            return true;
        }
    }
    return false;
}
