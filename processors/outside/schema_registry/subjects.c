#include <assert.h>

#include "outside/schema_registry/http.h"

enum result schema_registry_subjects(struct schema_registry *registry,
                                     void (*visit)(void *context, const char *subject),
                                     void *context, struct error *error) {
    assert(registry != NULL && visit != NULL);
    struct http_answer answer;
    const enum result result = http_call(registry, "GET", "subjects", NULL, &answer, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (answer.status != 200 || !json_is_array(answer.json)) {
        return http_unexpected(registry, "subjects", &answer, error);
    }
    for (size_t i = 0; i < json_array_size(answer.json); i++) {
        const char *subject = json_string_value(json_array_get(answer.json, i));
        if (subject != NULL) {
            visit(context, subject);
        }
    }
    return RESULT_OK;
}

static bool level_path(struct schema_registry *registry, char path[HTTP_URL_MAX],
                       const char *subject) {
    return http_path(registry, path, subject == NULL ? "config" : "config/",
                     subject == NULL ? "" : subject, "");
}

enum result schema_registry_level(struct schema_registry *registry, const char *subject,
                                  char level[SCHEMA_REGISTRY_LEVEL_MAX], struct error *error) {
    assert(registry != NULL && level != NULL);
    char path[HTTP_URL_MAX];
    if (!level_path(registry, path, subject)) {
        return http_too_long(subject, error);
    }
    struct http_answer answer;
    const enum result result = http_call(registry, "GET", path, NULL, &answer, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (answer.status == 404) {
        return error_set(error, RESULT_NOT_FOUND, "no compatibility level is set for '%s'",
                         subject == NULL ? "all subjects" : subject);
    }
    const char *set = json_string_value(json_object_get(answer.json, "compatibilityLevel"));
    if (answer.status != 200 || set == NULL || strlen(set) >= SCHEMA_REGISTRY_LEVEL_MAX) {
        return http_unexpected(registry, path, &answer, error);
    }
    (void)snprintf(level, SCHEMA_REGISTRY_LEVEL_MAX, "%s", set);
    return RESULT_OK;
}

enum result schema_registry_level_set(struct schema_registry *registry, const char *subject,
                                      const char *level, struct error *error) {
    assert(registry != NULL && level != NULL);
    char path[HTTP_URL_MAX];
    if (!level_path(registry, path, subject)) {
        return http_too_long(subject, error);
    }
    json_t *body = json_pack("{s:s}", "compatibility", level);
    assert(body != NULL);
    struct http_answer answer;
    enum result result = http_call(registry, "PUT", path, body, &answer, error);
    if (result == RESULT_OK && answer.status == 409) {
        /* Somebody else set the first one in the same moment; now it is there to be changed. */
        result = http_call(registry, "PUT", path, body, &answer, error);
    }
    json_decref(body);
    if (result != RESULT_OK) {
        return result;
    }
    if (answer.status == 400 || answer.status == 422) {
        return error_set(error, RESULT_INVALID,
                         "the schema registry refuses the level '%s': %.300s", level,
                         answer.message);
    }
    if (answer.status != 200) {
        return http_unexpected(registry, path, &answer, error);
    }
    return RESULT_OK;
}
