#include "tests/simulate/terse_schema.h"

#include <assert.h>
#include <jansson.h>

static void drop_docs(json_t *value) {
    json_t *inner;
    if (json_is_object(value)) {
        const char *key;
        (void)json_object_del(value, "doc");
        json_object_foreach(value, key, inner) {
            drop_docs(inner);
        }
    } else if (json_is_array(value)) {
        size_t index;
        json_array_foreach(value, index, inner) {
            drop_docs(inner);
        }
    }
}

const char *terse_schema(enum message_type type) {
    static char *texts[MESSAGE_TYPES_COUNT];
    assert((uint32_t)type < MESSAGE_TYPES_COUNT);
    if (texts[type] == NULL) {
        json_t *schema = json_loads(message_types[type].schema, 0, NULL);
        assert(schema != NULL);
        drop_docs(schema);
        texts[type] = json_dumps(schema, JSON_COMPACT);
        assert(texts[type] != NULL);
        json_decref(schema);
    }
    return texts[type];
}
