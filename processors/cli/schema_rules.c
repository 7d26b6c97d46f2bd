#include "cli/schema_rules.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/schema_tree.h"

enum { SHOWN_MAX = 100 }; /* bytes of a JSON value in a message */

/* Where in a schema a difference was found. */
struct place {
    const char *type;  /* full name of the record or enum */
    const char *field; /* NULL: the type itself */
    struct error *error;
};

static void show(const json_t *value, char *text) {
    char *dumped =
        value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    (void)snprintf(text, SHOWN_MAX, "%s", dumped == NULL ? "nothing" : dumped);
    free(dumped);
}

static enum result refuse(const struct place *place, const char *what, const json_t *older,
                          const json_t *newer) {
    char was[SHOWN_MAX];
    char is[SHOWN_MAX];
    show(older, was);
    show(newer, is);
    return error_set(place->error, RESULT_INVALID,
                     "%s%s%s: the %s was %s and is %s now; messages "
                     "that are written already would change their meaning",
                     place->type, place->field != NULL ? ", field " : "",
                     place->field != NULL ? place->field : "", what, was, is);
}

/* A default that was there must stay as it is; one may be added. */
static enum result check_default(const struct place *place, const char *what, const json_t *older,
                                 const json_t *newer) {
    const json_t *was = json_object_get(older, "default");
    const json_t *is = json_object_get(newer, "default");
    if (was == NULL || (is != NULL && json_equal(was, is))) {
        return RESULT_OK;
    }
    return refuse(place, what, was, is);
}

/* The type that a schema is at its root: "string", "array", or a full name. */
static const char *base_of(const json_t *schema) {
    if (json_is_string(schema)) {
        return json_string_value(schema);
    }
    const json_t *name = json_object_get(schema, "name");
    const json_t *type = json_object_get(schema, "type");
    return json_is_string(name)   ? json_string_value(name)
           : json_is_string(type) ? json_string_value(type)
                                  : "";
}

/* The branch of a union (or the one type there is) with this base. */
static const json_t *branch_of(const json_t *schema, const char *base) {
    if (!json_is_array(schema)) {
        return strcmp(base_of(schema), base) == 0 ? schema : NULL;
    }
    size_t index;
    const json_t *branch;
    json_array_foreach(schema, index, branch) {
        if (strcmp(base_of(branch), base) == 0) {
            return branch;
        }
    }
    return NULL;
}

static enum result check_type(const struct place *place, const json_t *older, const json_t *newer) {
    size_t index;
    const json_t *branch;
    if (json_is_array(older)) {
        json_array_foreach(older, index, branch) {
            if (check_type(place, branch, newer) != RESULT_OK) {
                return RESULT_INVALID;
            }
        }
        return RESULT_OK;
    }
    const json_t *match = branch_of(newer, base_of(older));
    if (match == NULL) {
        return RESULT_OK; /* another type: the server judges that */
    }
    const json_t *was = json_object_get(older, "logicalType");
    const json_t *is = json_object_get(match, "logicalType");
    if ((was == NULL) != (is == NULL) || (was != NULL && !json_equal(was, is))) {
        return refuse(place, "logicalType", was, is);
    }
    static const char *const inner[] = {"items", "values"};
    for (size_t i = 0; i < sizeof inner / sizeof inner[0]; i++) {
        const json_t *item = json_object_get(older, inner[i]);
        const json_t *item_now = json_object_get(match, inner[i]);
        if (item != NULL && item_now != NULL && check_type(place, item, item_now) != RESULT_OK) {
            return RESULT_INVALID;
        }
    }
    return RESULT_OK;
}

static bool has_alias(const json_t *named, const char *name) {
    size_t index;
    const json_t *alias;
    json_array_foreach(json_object_get(named, "aliases"), index, alias) {
        if (json_is_string(alias) && strcmp(json_string_value(alias), name) == 0) {
            return true;
        }
    }
    return false;
}

static const json_t *find_field(const json_t *record, const char *name) {
    size_t index;
    const json_t *field;
    json_array_foreach(json_object_get(record, "fields"), index, field) {
        if (strcmp(json_string_value(json_object_get(field, "name")), name) == 0 ||
            has_alias(field, name)) {
            return field;
        }
    }
    return NULL;
}

static enum result check_fields(struct place *place, const json_t *older, const json_t *newer) {
    size_t index;
    const json_t *field;
    json_array_foreach(json_object_get(older, "fields"), index, field) {
        place->field = json_string_value(json_object_get(field, "name"));
        const json_t *field_now = find_field(newer, place->field);
        if (field_now == NULL) {
            continue; /* taken out: the server judges that */
        }
        if (check_default(place, "default", field, field_now) != RESULT_OK ||
            check_type(place, json_object_get(field, "type"), json_object_get(field_now, "type")) !=
                RESULT_OK) {
            return RESULT_INVALID;
        }
    }
    place->field = NULL;
    return RESULT_OK;
}

static const json_t *find_type(const json_t *types, const char *name) {
    const json_t *found = json_object_get(types, name);
    json_t *writable = (json_t *)types;
    void *at = json_object_iter(writable);
    for (; found == NULL && at != NULL; at = json_object_iter_next(writable, at)) {
        found = has_alias(json_object_iter_value(at), name) ? json_object_iter_value(at) : NULL;
    }
    return found;
}

static enum result check_named_types(json_t *older_types, const json_t *newer_types,
                                     struct error *error) {
    void *at = json_object_iter(older_types);
    for (; at != NULL; at = json_object_iter_next(older_types, at)) {
        const json_t *older = json_object_iter_value(at);
        const json_t *newer = find_type(newer_types, json_object_iter_key(at));
        if (newer == NULL) {
            continue; /* no longer used: the server judges what that does to fields */
        }
        struct place place = {.type = json_object_iter_key(at), .error = error};
        const json_t *kind = json_object_get(older, "type");
        const bool is_enum = json_is_string(kind) && strcmp(json_string_value(kind), "enum") == 0;
        if (is_enum && check_default(&place, "enum default", older, newer) != RESULT_OK) {
            return RESULT_INVALID;
        }
        if (check_fields(&place, older, newer) != RESULT_OK) {
            return RESULT_INVALID;
        }
    }
    return RESULT_OK;
}

enum result schema_change_check(const char *older, const char *newer, struct error *error) {
    assert(older != NULL && newer != NULL && error != NULL);
    json_t *older_tree = schema_tree_parse(older);
    json_t *newer_tree = schema_tree_parse(newer);
    enum result result;
    if (older_tree == NULL || newer_tree == NULL) {
        result = error_set(error, RESULT_INVALID, "the %s text is no Avro schema",
                           older_tree == NULL ? "registered" : "new");
    } else {
        json_t *older_types = schema_tree_named_types(older_tree);
        json_t *newer_types = schema_tree_named_types(newer_tree);
        result = check_named_types(older_types, newer_types, error);
        json_decref(older_types);
        json_decref(newer_types);
    }
    json_decref(older_tree);
    json_decref(newer_tree);
    return result;
}

bool schema_same(const char *a, const char *b) {
    assert(a != NULL && b != NULL);
    json_t *a_tree = schema_tree_parse(a);
    json_t *b_tree = schema_tree_parse(b);
    const bool same = a_tree != NULL && b_tree != NULL && json_equal(a_tree, b_tree) == 1;
    json_decref(a_tree);
    json_decref(b_tree);
    return same;
}
