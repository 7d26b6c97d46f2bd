#include <assert.h>

#include "outside/schema_registry/http.h"

static enum result text_by_id(void *self, int32_t id, struct text *text, struct error *error) {
    struct schema_registry *registry = self;
    assert(id > 0 && text != NULL);
    char path[64];
    (void)snprintf(path, sizeof path, "schemas/ids/%d", id);
    struct http_answer answer;
    const enum result result = http_call(registry, "GET", path, NULL, &answer, error);
    if (result != RESULT_OK && answer.too_large) {
        return error_set(error, RESULT_INVALID, "schema id %d is longer than the %d MiB we read",
                         id, HTTP_ANSWER_MAX >> 20);
    }
    if (result != RESULT_OK) {
        return result;
    }
    if (http_not_there(&answer)) {
        return error_set(error, RESULT_NOT_FOUND, "schema id %d is not in the schema registry", id);
    }
    if (!http_text(&answer, "schema", text)) {
        return http_unexpected(registry, path, &answer, error);
    }
    const char *type = json_string_value(json_object_get(answer.json, "schemaType"));
    if (type != NULL && strcmp(type, "AVRO") != 0) {
        return error_set(error, RESULT_INVALID, "schema id %d is of type %.32s, not Avro", id,
                         type);
    }
    if (json_array_size(json_object_get(answer.json, "references")) > 0) {
        return error_set(error, RESULT_INVALID, "schema id %d refers to other schemas", id);
    }
    return RESULT_OK;
}

static enum result id_by_text(void *self, const char *subject, struct text text, int32_t *id,
                              struct error *error) {
    struct schema_registry *registry = self;
    assert(subject != NULL && id != NULL);
    char path[HTTP_URL_MAX];
    if (!http_path(registry, path, "subjects/", subject, "?normalize=true")) {
        return http_too_long(subject, error);
    }
    struct http_answer answer;
    const enum result result = http_post_schema(registry, path, text, &answer, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (http_not_there(&answer)) {
        return error_set(error, RESULT_NOT_FOUND, "'%s' has no such schema at %s", subject,
                         registry->url);
    }
    if (!http_number(&answer, "id", id)) {
        return http_unexpected(registry, path, &answer, error);
    }
    return RESULT_OK;
}

static void close_registry(void *self) {
    schema_registry_close(self);
}

struct schemas schema_registry_port(struct schema_registry *registry) {
    assert(registry != NULL);
    return (struct schemas){.self = registry,
                            .text_by_id = text_by_id,
                            .id_by_text = id_by_text,
                            .close = close_registry};
}
