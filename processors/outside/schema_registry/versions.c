#include <assert.h>

#include "outside/schema_registry/http.h"

/* Refused, perhaps only because somebody else registered the same in the same moment: then it is
 * there now. `error` has the refusal, which stays where it is not. */
static enum result find_registered(struct schema_registry *registry, const char *subject,
                                   struct text schema, int32_t *id, struct error *error) {
    const struct schemas port = schema_registry_port(registry);
    struct error look_error;
    const enum result result = port.id_by_text(port.self, subject, schema, id, &look_error);
    if (result == RESULT_AGAIN || result == RESULT_DENIED) {
        *error = look_error;
    }
    return result == RESULT_OK ? RESULT_OK : error->result;
}

enum result schema_registry_register(struct schema_registry *registry, const char *subject,
                                     struct text schema, int32_t *id, struct error *error) {
    assert(registry != NULL && subject != NULL && id != NULL);
    char path[HTTP_URL_MAX];
    if (!http_path(registry, path, "subjects/", subject, "/versions")) {
        return http_too_long(subject, error);
    }
    struct http_answer answer;
    const enum result result = http_post_schema(registry, path, schema, &answer, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (answer.status == 409 || answer.status == 422) {
        (void)error_set(error, RESULT_INVALID, "the schema registry refuses '%s': %.300s", subject,
                        answer.message);
        return find_registered(registry, subject, schema, id, error);
    }
    if (!http_number(&answer, "id", id)) {
        return http_unexpected(registry, path, &answer, error);
    }
    return RESULT_OK;
}

enum result schema_registry_latest(struct schema_registry *registry, const char *subject,
                                   struct text *schema, int32_t *id, int32_t *version,
                                   struct error *error) {
    assert(registry != NULL && subject != NULL);
    assert(schema != NULL && id != NULL && version != NULL);
    char path[HTTP_URL_MAX];
    if (!http_path(registry, path, "subjects/", subject, "/versions/latest")) {
        return http_too_long(subject, error);
    }
    struct http_answer answer;
    const enum result result = http_call(registry, "GET", path, NULL, &answer, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (http_not_there(&answer)) {
        return error_set(error, RESULT_NOT_FOUND, "'%s' is not registered", subject);
    }
    if (!http_text(&answer, "schema", schema) || !http_number(&answer, "id", id) ||
        !http_number(&answer, "version", version)) {
        return http_unexpected(registry, path, &answer, error);
    }
    return RESULT_OK;
}

enum result schema_registry_compatible(struct schema_registry *registry, const char *subject,
                                       struct text schema, bool *compatible, struct text *why,
                                       struct error *error) {
    assert(registry != NULL && subject != NULL);
    assert(compatible != NULL && why != NULL);
    char path[HTTP_URL_MAX];
    if (!http_path(registry, path, "compatibility/subjects/", subject, "/versions?verbose=true")) {
        return http_too_long(subject, error);
    }
    struct http_answer answer;
    const enum result result = http_post_schema(registry, path, schema, &answer, error);
    if (result != RESULT_OK) {
        return result;
    }
    if (http_not_there(&answer)) {
        return error_set(error, RESULT_NOT_FOUND, "'%s' is not registered", subject);
    }
    const json_t *verdict = json_object_get(answer.json, "is_compatible");
    if (answer.status != 200 || !json_is_boolean(verdict)) {
        return http_unexpected(registry, path, &answer, error);
    }
    *compatible = json_is_true(verdict);
    *why = text_of("");
    const json_t *first = json_array_get(json_object_get(answer.json, "messages"), 0);
    if (json_is_string(first)) { /* Confluent's list; Apicurio has one "reason" */
        *why = text_of(json_string_value(first));
    } else {
        (void)http_text(&answer, "reason", why);
    }
    return RESULT_OK;
}
