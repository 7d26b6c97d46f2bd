#include "cli/schema_tree.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    NAME_MAX_BYTES = 512,
    DEPTH_MAX = 64,
};

static bool is_primitive(const char *name) {
    static const char *const primitives[] = {"null",  "boolean", "int",   "long",
                                             "float", "double",  "bytes", "string"};
    for (size_t i = 0; i < sizeof primitives / sizeof primitives[0]; i++) {
        if (strcmp(name, primitives[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_named(const char *kind) {
    return strcmp(kind, "record") == 0 || strcmp(kind, "error") == 0 || strcmp(kind, "enum") == 0 ||
           strcmp(kind, "fixed") == 0;
}

static json_t *full_name(const char *name, const char *space) {
    if (strchr(name, '.') != NULL || *space == '\0') {
        return json_string(name);
    }
    return json_sprintf("%s.%s", space, name);
}

static json_t *normal(const json_t *schema, const char *space, int depth);

static json_t *normal_list(const json_t *list, const char *space, int depth) {
    json_t *result = json_array();
    size_t index;
    const json_t *item;
    json_array_foreach(list, index, item) {
        json_t *inner = normal(item, space, depth + 1);
        if (inner == NULL) {
            json_decref(result);
            return NULL;
        }
        json_array_append_new(result, inner);
    }
    return result;
}

/* The aliases of a named type follow its namespace; those of a field are plain. */
static json_t *normal_aliases(const json_t *aliases, const char *space) {
    json_t *result = json_array();
    size_t index;
    const json_t *alias;
    json_array_foreach(aliases, index, alias) {
        if (json_is_string(alias)) {
            json_array_append_new(result, full_name(json_string_value(alias), space));
        }
    }
    return result;
}

static json_t *normal_fields(const json_t *fields, const char *space, int depth) {
    json_t *result = json_array();
    size_t index;
    const json_t *field;
    json_array_foreach(fields, index, field) {
        json_t *type = normal(json_object_get(field, "type"), space, depth + 1);
        if (type == NULL || !json_is_string(json_object_get(field, "name"))) {
            json_decref(type);
            json_decref(result);
            return NULL;
        }
        json_t *copy = json_copy((json_t *)field);
        json_object_del(copy, "doc");
        json_object_set_new(copy, "type", type);
        json_array_append_new(result, copy);
    }
    return result;
}

/* Replace one member by its normal form. False: it has none. */
static bool replace(json_t *object, const char *member, json_t *value) {
    return value != NULL && json_object_set_new(object, member, value) == 0;
}

static bool normal_named(json_t *copy, const char *kind, const char *outer, int depth) {
    const json_t *name = json_object_get(copy, "name");
    const json_t *own_space = json_object_get(copy, "namespace");
    if (!json_is_string(name)) {
        return false;
    }
    char space[NAME_MAX_BYTES];
    const char *dot = strrchr(json_string_value(name), '.');
    if (dot != NULL) {
        (void)snprintf(space, sizeof space, "%.*s", (int)(dot - json_string_value(name)),
                       json_string_value(name));
    } else {
        (void)snprintf(space, sizeof space, "%s",
                       json_is_string(own_space) ? json_string_value(own_space) : outer);
    }
    bool ok = replace(copy, "name", full_name(json_string_value(name), space));
    json_object_del(copy, "namespace");
    if (json_object_get(copy, "aliases") != NULL) {
        ok =
            ok && replace(copy, "aliases", normal_aliases(json_object_get(copy, "aliases"), space));
    }
    if (strcmp(kind, "record") == 0 || strcmp(kind, "error") == 0) {
        const json_t *fields = json_object_get(copy, "fields");
        ok = ok && json_is_array(fields) &&
             replace(copy, "fields", normal_fields(fields, space, depth));
    }
    return ok;
}

static json_t *normal_object(const json_t *schema, const char *space, int depth) {
    const json_t *kind = json_object_get(schema, "type");
    if (!json_is_string(kind)) {
        return normal(kind, space, depth + 1); /* {"type": {...}} says no more than what it holds */
    }
    const char *word = json_string_value(kind);
    json_t *copy = json_copy((json_t *)schema);
    json_object_del(copy, "doc");
    bool ok = true;
    if (is_named(word)) {
        ok = normal_named(copy, word, space, depth);
    } else if (strcmp(word, "array") == 0 || strcmp(word, "map") == 0) {
        const char *member = strcmp(word, "array") == 0 ? "items" : "values";
        ok = replace(copy, member, normal(json_object_get(copy, member), space, depth + 1));
    } else if (!is_primitive(word)) {
        ok = replace(copy, "type", full_name(word, space));
    }
    if (ok && json_object_size(copy) == 1) {
        json_t *only = json_incref(json_object_get(copy, "type"));
        json_decref(copy);
        return only;
    }
    if (!ok) {
        json_decref(copy);
        return NULL;
    }
    return copy;
}

static json_t *normal(const json_t *schema, const char *space, int depth) {
    if (schema == NULL || depth > DEPTH_MAX) {
        return NULL;
    }
    if (json_is_string(schema)) {
        const char *name = json_string_value(schema);
        return is_primitive(name) ? json_string(name) : full_name(name, space);
    }
    if (json_is_array(schema)) {
        return normal_list(schema, space, depth);
    }
    return json_is_object(schema) ? normal_object(schema, space, depth) : NULL;
}

json_t *schema_tree_parse(const char *text) {
    assert(text != NULL);
    json_t *parsed = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    json_t *tree = normal(parsed, "", 0);
    json_decref(parsed);
    return tree;
}

static void collect(json_t *schema, json_t *types) {
    size_t index;
    json_t *item;
    if (json_is_array(schema)) {
        json_array_foreach(schema, index, item) {
            collect(item, types);
        }
        return;
    }
    if (!json_is_object(schema)) {
        return;
    }
    const json_t *name = json_object_get(schema, "name");
    if (json_is_string(name)) {
        json_object_set(types, json_string_value(name), schema);
    }
    json_array_foreach(json_object_get(schema, "fields"), index, item) {
        collect(json_object_get(item, "type"), types);
    }
    collect(json_object_get(schema, "items"), types);
    collect(json_object_get(schema, "values"), types);
}

json_t *schema_tree_named_types(json_t *tree) {
    assert(tree != NULL);
    json_t *types = json_object();
    collect(tree, types);
    return types;
}
