/* The schema registry as the codecs may see it: which id stands for which schema. */
#ifndef MILLRACE_PORTS_SCHEMAS_H
#define MILLRACE_PORTS_SCHEMAS_H

#include <stdint.h>

#include "domain/values.h"
#include "ports/error.h"

/* Used by one thread. Calls wait for an answer, at most a few seconds. Whatever is short of a clear
 * answer is AGAIN: a registry that is away, slow, or says what nobody can understand. DENIED: it
 * does not let us in, or not do this. */
struct schemas {
    void *self;

    /* The schema's text, which lives until the next call. NOT_FOUND: the registry itself says that
     * there is no such id. INVALID: there is one, but it is no self-contained Avro schema. */
    enum result (*text_by_id)(void *self, int32_t id, struct text *text, struct error *error);

    /* The id under which this very schema is registered for a subject. NOT_FOUND: it is not. */
    enum result (*id_by_text)(void *self, const char *subject, struct text text, int32_t *id,
                              struct error *error);

    void (*close)(void *self);
};

#endif
