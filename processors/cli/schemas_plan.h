/* What must be done to make a schema registry know our schemas: a value that `schemas plan` prints
 * and `schemas apply` carries out. */
#ifndef MILLRACE_CLI_SCHEMAS_PLAN_H
#define MILLRACE_CLI_SCHEMAS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"
#include "generated/c/message_types.h"

/* Teams upgrade when they like, producers and readers in any order. */
#define SCHEMAS_LEVEL "FULL_TRANSITIVE"

enum {
    SCHEMAS_STEPS_MAX = 2 * MESSAGE_TYPES_COUNT,
    SCHEMAS_DETAIL_MAX = 512,
};

/* The subject of one message type as it is at the registry. */
struct schema_live {
    bool exists;        /* there is such a subject */
    bool registered;    /* our very text is a version of it */
    int32_t id;         /* of our text */
    struct text latest; /* the newest version's text */
    const char *level;  /* compatibility of the subject; "" for none of its own */
    bool compatible;    /* the registry would take our text; asked where it is not registered */
    const char *why;    /* its words where it would not */
};

enum schema_step_kind {
    SCHEMA_STEP_REGISTER, /* a new subject, or a new version of it */
    SCHEMA_STEP_LEVEL,    /* set the compatibility of the subject */
    SCHEMA_STEP_CONFLICT, /* our schema may not follow what is there; nothing is done about it */
};

struct schema_step {
    enum schema_step_kind kind;
    enum message_type type; /* its full name is the subject */
    char detail[SCHEMAS_DETAIL_MAX];
};

struct schemas_plan {
    struct schema_step steps[SCHEMAS_STEPS_MAX];
    uint32_t steps_count;
};

/* What one subject needs, put behind what the plan holds already. Pure. */
void schemas_plan_add(struct schemas_plan *plan, enum message_type type,
                      const struct schema_live *live);

bool schemas_plan_has_conflict(const struct schemas_plan *plan);

#endif
