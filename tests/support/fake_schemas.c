#include "tests/support/fake_schemas.h"

#include <assert.h>

static enum result text_by_id(void *self, int32_t id, struct text *text, struct error *error) {
    struct fake_schemas *fake = self;
    fake->asked++;
    if (fake->away) {
        return error_set(error, RESULT_AGAIN, "the schema registry is away");
    }
    if (fake->locked) {
        return error_set(error, RESULT_DENIED, "the schema registry does not let us in");
    }
    if (id < 1 || (uint32_t)id > fake->count) {
        return error_set(error, RESULT_NOT_FOUND, "no schema has id %d", id);
    }
    if (fake->schemas[id - 1].text == NULL) {
        return error_set(error, RESULT_INVALID, "schema id %d is of type PROTOBUF", id);
    }
    *text = text_of(fake->schemas[id - 1].text);
    return RESULT_OK;
}

static enum result id_by_text(void *self, const char *subject, struct text text, int32_t *id,
                              struct error *error) {
    struct fake_schemas *fake = self;
    fake->asked++;
    if (fake->away) {
        return error_set(error, RESULT_AGAIN, "the schema registry is away");
    }
    if (fake->locked) {
        return error_set(error, RESULT_DENIED, "the schema registry does not let us in");
    }
    for (uint32_t i = 0; i < fake->count; i++) {
        if (strcmp(fake->schemas[i].subject, subject) == 0 &&
            text_equal(text_of(fake->schemas[i].text), text)) {
            *id = fake->mixed_up ? 1 : (int32_t)i + 1;
            return RESULT_OK;
        }
    }
    return error_set(error, RESULT_NOT_FOUND, "'%s' has no such schema", subject);
}

static void close_nothing(void *self) {
    assert(self != NULL);
}

struct schemas fake_schemas_port(struct fake_schemas *fake) {
    return (struct schemas){
        .self = fake, .text_by_id = text_by_id, .id_by_text = id_by_text, .close = close_nothing};
}

int32_t fake_schemas_add(struct fake_schemas *fake, const char *subject, const char *text) {
    assert(fake->count < FAKE_SCHEMAS_MAX);
    fake->schemas[fake->count].subject = subject;
    fake->schemas[fake->count].text = text;
    return (int32_t)++fake->count;
}
