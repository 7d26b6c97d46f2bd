#include "wire/json.h"

enum { PATH_MAX_BYTES = 256 };

static const struct field_descriptor *field_named(const struct record_descriptor *record,
                                                  const char *name) {
    for (uint32_t i = 0; i < record->fields_count; i++) {
        if (strcmp(record->fields[i].name, name) == 0) {
            return &record->fields[i];
        }
    }
    return NULL;
}

/* Is the value of such a field written as text in JSON too? Then it needs no quotes here. A time
 * may also be a number. */
static bool takes_text(const struct type_descriptor *type, const char *value) {
    switch (type->kind) {
    case TYPE_STRING:
    case TYPE_UUID:
    case TYPE_BYTES:
    case TYPE_ENUM:
        return true;
    case TYPE_TIMESTAMP:
        return strpbrk(value, "T:Z") != NULL;
    case TYPE_BOOLEAN:
    case TYPE_INT:
    case TYPE_LONG:
    case TYPE_RECORD:
    case TYPE_ARRAY:
        break;
    }
    return false;
}

static json_t *value_of(const struct type_descriptor *type, const char *path, const char *value,
                        struct error *error) {
    if (type->nullable && strcmp(value, "null") == 0) {
        return json_null();
    }
    if (takes_text(type, value)) {
        json_t *text = json_string(value);
        if (text == NULL) {
            error_set(error, RESULT_INVALID, "'%s': the value is not UTF-8", path);
        }
        return text;
    }
    json_error_t what;
    json_t *json = json_loads(value, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &what);
    if (json == NULL) {
        error_set(error, RESULT_INVALID, "'%s': cannot read '%.64s' as JSON: %s", path, value,
                  what.text);
    }
    return json;
}

/* Follow the names before the last one, making objects on the way. NULL: `error` says why. */
static json_t *descend(const struct record_descriptor **record, json_t *object, char **rest,
                       const char *path, struct error *error) {
    char *dot;
    while ((dot = strchr(*rest, '.')) != NULL) {
        *dot = '\0';
        const struct field_descriptor *field = field_named(*record, *rest);
        if (field == NULL || field->type.kind != TYPE_RECORD) {
            error_set(error, RESULT_INVALID, "'%s': %s has no record '%s'", path,
                      (*record)->full_name, *rest);
            return NULL;
        }
        json_t *inner = json_object_get(object, *rest);
        if (!json_is_object(inner)) {
            inner = json_object();
            const int set = json_object_set_new(object, *rest, inner);
            assert(set == 0);
        }
        object = inner;
        *record = field->type.record;
        *rest = dot + 1;
    }
    return object;
}

enum result json_set_argument(const struct record_descriptor *record, json_t *object,
                              const char *argument, struct error *error) {
    assert(record != NULL && json_is_object(object));
    assert(argument != NULL && error != NULL);
    const char *equals = strchr(argument, '=');
    const size_t length = equals == NULL ? 0 : (size_t)(equals - argument);
    if (length == 0 || length >= PATH_MAX_BYTES) {
        return error_set(error, RESULT_INVALID, "'%.64s': write field=value", argument);
    }
    char path[PATH_MAX_BYTES] = {0};
    char names[PATH_MAX_BYTES] = {0};
    memcpy(path, argument, length);
    memcpy(names, argument, length);
    char *rest = names;
    json_t *holder = descend(&record, object, &rest, path, error);
    if (holder == NULL) {
        return error->result;
    }
    const struct field_descriptor *field = field_named(record, rest);
    /* A name that is not known is put in as it is: reading the object then names the nearest. */
    static const struct type_descriptor any = {.kind = TYPE_STRING};
    json_t *value = value_of(field == NULL ? &any : &field->type, path, equals + 1, error);
    if (value == NULL) {
        return error->result;
    }
    const int set = json_object_set_new(holder, rest, value);
    return set == 0 ? RESULT_OK
                    : error_set(error, RESULT_INVALID, "'%s': the name is not UTF-8", path);
}
