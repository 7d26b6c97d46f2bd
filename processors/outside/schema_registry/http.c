#include "outside/schema_registry/http.h"

#include <assert.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdlib.h>

static void curl_start(void) {
    const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    assert(code == CURLE_OK);
}

static size_t keep(const char *data, size_t size, size_t count, void *context) {
    struct schema_registry *registry = context;
    const size_t length = size * count;
    if (length > HTTP_ANSWER_MAX - registry->answer_length) {
        return 0; /* curl ends the call */
    }
    memcpy(registry->answer + registry->answer_length, data, length);
    registry->answer_length += length;
    return length;
}

static void set_up(struct schema_registry *registry,
                   const struct schema_registry_options *options) {
    CURL *curl = registry->curl;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)SCHEMA_REGISTRY_CALL_MS);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)SCHEMA_REGISTRY_CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, registry->curl_error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, registry);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, registry->headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "millrace");
    if (options->user_info != NULL) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERPWD, options->user_info);
    }
    if (options->ca_location != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_location);
    }
}

enum result schema_registry_open(const struct schema_registry_options *options,
                                 struct schema_registry **registry, struct error *error) {
    assert(options != NULL && registry != NULL && error != NULL);
    const char *url = options->url;
    if (url == NULL || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)) {
        return error_set(error, RESULT_INVALID,
                         "schema.registry.url '%s' does not begin with http:// or https://",
                         url == NULL ? "" : url);
    }
    if (strlen(url) > HTTP_URL_MAX / 2) {
        return error_set(error, RESULT_INVALID, "schema.registry.url is longer than %d bytes",
                         HTTP_URL_MAX / 2);
    }
    static pthread_once_t started = PTHREAD_ONCE_INIT;
    (void)pthread_once(&started, curl_start);
    struct schema_registry *opened = calloc(1, sizeof *opened);
    assert(opened != NULL);
    opened->curl = curl_easy_init();
    opened->url = strdup(url);
    opened->answer = malloc(HTTP_ANSWER_MAX);
    opened->headers =
        curl_slist_append(NULL, "Content-Type: application/vnd.schemaregistry.v1+json");
    assert(opened->curl != NULL && opened->url != NULL);
    assert(opened->answer != NULL && opened->headers != NULL);
    set_up(opened, options);
    *registry = opened;
    return RESULT_OK;
}

void schema_registry_close(struct schema_registry *registry) {
    if (registry == NULL) {
        return;
    }
    json_decref(registry->json);
    curl_slist_free_all(registry->headers);
    curl_easy_cleanup(registry->curl);
    free(registry->answer);
    free(registry->url);
    free(registry);
}

/* A good answer that was cut off because it is too long: it will be no shorter the next time. */
static bool is_too_large(const struct schema_registry *registry, CURLcode code) {
    long status = 0;
    curl_easy_getinfo(registry->curl, CURLINFO_RESPONSE_CODE, &status);
    return code == CURLE_WRITE_ERROR && status == 200 && registry->answer_length > 0 &&
           registry->answer[0] == '{';
}

/* What to do about a certificate of the registry's that was not accepted; "" for anything else. */
static const char *advice_of(const struct schema_registry *registry, CURLcode code) {
    if (code == CURLE_SSL_CACERT_BADFILE) {
        return "; check schema.registry.ssl.ca.location";
    }
    if (code != CURLE_PEER_FAILED_VERIFICATION) {
        return "";
    }
    long trouble = X509_V_OK;
    curl_easy_getinfo(registry->curl, CURLINFO_SSL_VERIFYRESULT, &trouble);
    switch (trouble) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:
        /* Nothing is wrong with the chain, and so it is the name, which curl looks at first. */
        return "; use in schema.registry.url a name that is on its certificate";
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "; whoever runs it must renew it";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "; check the clocks";
    default:
        return "; put the certificate of who vouches for it into the file of "
               "schema.registry.ssl.ca.location";
    }
}

/* Read what came. Only JSON is from the registry itself: a page of some proxy's, even with status
 * 404, must not be taken for its word. */
static bool read_answer(struct schema_registry *registry, struct http_answer *answer) {
    curl_easy_getinfo(registry->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    registry->json =
        json_loadb(registry->answer, registry->answer_length, JSON_REJECT_DUPLICATES, NULL);
    answer->json = registry->json;
    answer->message = "";
    if (registry->json == NULL) {
        return false;
    }
    if (answer->status == 200) {
        return true;
    }
    const json_t *code = json_object_get(registry->json, "error_code");
    const char *message = json_string_value(json_object_get(registry->json, "message"));
    answer->error_code = json_integer_value(code);
    answer->message = message == NULL ? "" : message;
    return json_is_integer(code);
}

enum result http_call(struct schema_registry *registry, const char *method, const char *path,
                      const json_t *body, struct http_answer *answer, struct error *error) {
    assert(registry != NULL && method != NULL && path != NULL);
    assert(answer != NULL && error != NULL);
    char url[2 * HTTP_URL_MAX];
    (void)snprintf(url, sizeof url, "%s/%s", registry->url, path);
    char *sent = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    assert(body == NULL || sent != NULL);
    *answer = (struct http_answer){.message = ""};
    json_decref(registry->json);
    registry->json = NULL;
    registry->answer_length = 0;
    registry->curl_error[0] = '\0';
    CURL *curl = registry->curl;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    if (sent != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(sent));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, sent);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    const CURLcode code = curl_easy_perform(curl);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, NULL);
    free(sent);
    if (code != CURLE_OK) {
        answer->too_large = is_too_large(registry, code);
        return error_set(
            error, RESULT_AGAIN, "no answer from the schema registry at %s: %.200s%s",
            registry->url,
            registry->curl_error[0] != '\0' ? registry->curl_error : curl_easy_strerror(code),
            advice_of(registry, code));
    }
    if (!read_answer(registry, answer)) {
        return http_unexpected(registry, path, answer, error);
    }
    return RESULT_OK;
}

enum result http_unexpected(const struct schema_registry *registry, const char *path,
                            const struct http_answer *answer, struct error *error) {
    if (answer->status == 401 || answer->status == 403) {
        return error_set(error, RESULT_DENIED,
                         "the schema registry at %s does not let us in (HTTP %ld for /%.100s): "
                         "check schema.registry.basic.auth.user.info, and that this user may do it",
                         registry->url, answer->status, path);
    }
    const char *elsewhere = NULL;
    curl_easy_getinfo(registry->curl, CURLINFO_REDIRECT_URL, &elsewhere);
    if (elsewhere != NULL) {
        return error_set(error, RESULT_AGAIN,
                         "the schema registry at %s sends us on to %.200s (HTTP %ld for /%.100s): "
                         "if it has moved, change schema.registry.url",
                         registry->url, elsewhere, answer->status, path);
    }
    return error_set(error, RESULT_AGAIN,
                     "the schema registry at %s answered /%.100s with HTTP %ld, code %lld: %.200s",
                     registry->url, path, answer->status, (long long)answer->error_code,
                     answer->json == NULL ? "no JSON; is it a schema registry?" : answer->message);
}

bool http_path(struct schema_registry *registry, char path[HTTP_URL_MAX], const char *before,
               const char *subject, const char *after) {
    char *escaped = curl_easy_escape(registry->curl, subject, 0);
    assert(escaped != NULL);
    const int length = snprintf(path, HTTP_URL_MAX, "%s%s%s", before, escaped, after);
    curl_free(escaped);
    return length > 0 && length < HTTP_URL_MAX;
}

/* The registry's own words for "not there"; a 404 of anybody else's says nothing. */
enum { CODE_NO_SUBJECT = 40401, CODE_NO_SCHEMA = 40403 };

bool http_not_there(const struct http_answer *answer) {
    return answer->status == 404 &&
           (answer->error_code == CODE_NO_SUBJECT || answer->error_code == CODE_NO_SCHEMA);
}

bool http_text(const struct http_answer *answer, const char *name, struct text *text) {
    const json_t *member = json_object_get(answer->json, name);
    if (answer->status != 200 || !json_is_string(member) ||
        json_string_length(member) > UINT32_MAX) {
        return false;
    }
    *text = (struct text){.data = json_string_value(member),
                          .length = (uint32_t)json_string_length(member)};
    return true;
}

bool http_number(const struct http_answer *answer, const char *name, int32_t *number) {
    const json_t *member = json_object_get(answer->json, name);
    const json_int_t value = json_integer_value(member);
    if (answer->status != 200 || !json_is_integer(member) || value < 1 || value > INT32_MAX) {
        return false;
    }
    *number = (int32_t)value;
    return true;
}

enum result http_too_long(const char *subject, struct error *error) {
    return error_set(error, RESULT_INVALID, "subject '%.64s...' is too long", subject);
}

enum result http_post_schema(struct schema_registry *registry, const char *path, struct text schema,
                             struct http_answer *answer, struct error *error) {
    json_t *body = json_object();
    if (json_object_set_new(body, "schema", json_stringn(schema.data, schema.length)) != 0) {
        json_decref(body);
        return error_set(error, RESULT_INVALID, "the schema's text is not UTF-8");
    }
    const enum result result = http_call(registry, "POST", path, body, answer, error);
    json_decref(body);
    return result;
}
