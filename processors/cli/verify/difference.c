#include "cli/verify/difference.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/json.h"

enum { PATH_BYTES_MAX = 128, VALUE_BYTES_MAX = 40 };

static void write_values(const char *path, const json_t *a, const json_t *b, char *text) {
    char *was = a == NULL ? NULL : json_dumps(a, JSON_ENCODE_ANY | JSON_COMPACT);
    char *is = b == NULL ? NULL : json_dumps(b, JSON_ENCODE_ANY | JSON_COMPACT);
    (void)snprintf(text, DIFFERENCE_BYTES_MAX, "%s: %.*s, %.*s", path, VALUE_BYTES_MAX,
                   was == NULL ? "missing" : was, VALUE_BYTES_MAX, is == NULL ? "missing" : is);
    free(was);
    free(is);
}

/* Go down to the first difference. False: there is none. */
static bool find(const char *path, json_t *a, json_t *b, char *text) {
    char inner[PATH_BYTES_MAX];
    if (json_equal(a, b) == 1) {
        return false;
    }
    if (json_is_object(a) && json_is_object(b)) {
        for (void *at = json_object_iter(a); at != NULL; at = json_object_iter_next(a, at)) {
            (void)snprintf(inner, sizeof inner, "%s%s%s", path, *path == '\0' ? "" : ".",
                           json_object_iter_key(at));
            if (find(inner, json_object_iter_value(at),
                     json_object_get(b, json_object_iter_key(at)), text)) {
                return true;
            }
        }
    }
    if (json_is_array(a) && json_is_array(b)) {
        for (size_t i = 0; i < json_array_size(a) && i < json_array_size(b); i++) {
            (void)snprintf(inner, sizeof inner, "%s[%zu]", path, i);
            if (find(inner, json_array_get(a, i), json_array_get(b, i), text)) {
                return true;
            }
        }
    }
    write_values(path, a, b, text);
    return true;
}

void difference_of(const struct record_descriptor *record, const void *a, const void *b,
                   char text[DIFFERENCE_BYTES_MAX]) {
    assert(record != NULL && a != NULL && b != NULL);
    json_t *a_json = json_from_struct(record, a);
    json_t *b_json = json_from_struct(record, b);
    if (!find("", a_json, b_json, text)) {
        (void)snprintf(text, DIFFERENCE_BYTES_MAX, "nothing");
    }
    json_decref(a_json);
    json_decref(b_json);
}
