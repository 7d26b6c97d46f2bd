/* One HTTP call to the schema registry at a time, bounded in time and size, answered in JSON. */
#ifndef MILLRACE_OUTSIDE_SCHEMA_REGISTRY_HTTP_H
#define MILLRACE_OUTSIDE_SCHEMA_REGISTRY_HTTP_H

#include <curl/curl.h>
#include <jansson.h>

#include "outside/schema_registry/schema_registry.h"

enum {
    HTTP_URL_MAX = 2048,
    HTTP_ANSWER_MAX = 4 << 20, /* bytes; a schema as a JSON string is longer than its text */
};

struct schema_registry {
    CURL *curl;
    struct curl_slist *headers;
    char *url;
    char *answer; /* HTTP_ANSWER_MAX bytes */
    size_t answer_length;
    json_t *json; /* the last answer; texts that were returned point into it */
    char curl_error[CURL_ERROR_SIZE];
};

/* What the registry answered. */
struct http_answer {
    long status;         /* HTTP */
    int64_t error_code;  /* the registry's own, 0 for none */
    const char *message; /* the registry's own words; "" for none */
    const json_t *json;  /* until the next call; not NULL when `status` is 200 */
    bool too_large;      /* AGAIN, because a good answer is longer than HTTP_ANSWER_MAX */
};

/* Call `<url>/<path>`; `body` NULL: GET, else JSON for `method`. OK: there is a whole answer that
 * the registry itself gave, whatever it says. AGAIN: there is none. */
enum result http_call(struct schema_registry *registry, const char *method, const char *path,
                      const json_t *body, struct http_answer *answer, struct error *error);

/* The registry answered what we cannot do anything with: says so, AGAIN. */
enum result http_unexpected(const struct schema_registry *registry, const char *path,
                            const struct http_answer *answer, struct error *error);

/* `http_call` with a schema as the body, the way all calls about schemas have it. */
enum result http_post_schema(struct schema_registry *registry, const char *path, struct text schema,
                             struct http_answer *answer, struct error *error);

/* Does the registry itself say that there is no such subject, schema or id? */
bool http_not_there(const struct http_answer *answer);

/* A member of a good answer. False: the answer has none of that kind. */
bool http_text(const struct http_answer *answer, const char *name, struct text *text);
bool http_number(const struct http_answer *answer, const char *name, int32_t *number);

/* A subject's name as a part of a path. False: it does not fit, which `http_too_long` says. */
bool http_path(struct schema_registry *registry, char path[HTTP_URL_MAX], const char *before,
               const char *subject, const char *after);
enum result http_too_long(const char *subject, struct error *error);

#endif
