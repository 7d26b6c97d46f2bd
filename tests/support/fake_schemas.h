/* A schema registry in memory that can be away, for tests of whoever looks schemas up. */
#ifndef MILLRACE_TESTS_SUPPORT_FAKE_SCHEMAS_H
#define MILLRACE_TESTS_SUPPORT_FAKE_SCHEMAS_H

#include "ports/schemas.h"

enum { FAKE_SCHEMAS_MAX = 64 };

struct fake_schemas {
    struct {
        const char *subject;
        const char *text;        /* NULL: there is such an id, but it is no Avro schema */
    } schemas[FAKE_SCHEMAS_MAX]; /* id i + 1 */
    uint32_t count;
    bool away;
    bool locked;    /* it does not let us in */
    bool mixed_up;  /* it gives id 1 to everybody */
    uint32_t asked; /* calls that reached it, answered or not */
};

/* The port onto it; both are the caller's memory. */
struct schemas fake_schemas_port(struct fake_schemas *fake);

/* Register a text, which must outlive the fake; returns its id. */
int32_t fake_schemas_add(struct fake_schemas *fake, const char *subject, const char *text);

#endif
