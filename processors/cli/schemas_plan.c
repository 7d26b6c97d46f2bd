#include "cli/schemas_plan.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/schema_rules.h"

static struct schema_step *add_step(struct schemas_plan *plan, enum schema_step_kind kind,
                                    enum message_type type, const char *detail) {
    assert(plan->steps_count < SCHEMAS_STEPS_MAX);
    struct schema_step *step = &plan->steps[plan->steps_count++];
    step->kind = kind;
    step->type = type;
    (void)snprintf(step->detail, sizeof step->detail, "%s", detail);
    return step;
}

static void add_level(struct schemas_plan *plan, enum message_type type,
                      const struct schema_live *live) {
    char detail[SCHEMAS_DETAIL_MAX];
    if (live->exists && strcmp(live->level, SCHEMAS_LEVEL) == 0) {
        return;
    }
    (void)snprintf(detail, sizeof detail, "compatibility %s -> %s",
                   *live->level == '\0' ? "none of its own" : live->level, SCHEMAS_LEVEL);
    add_step(plan, SCHEMA_STEP_LEVEL, type, detail);
}

/* May our text follow the newest version? It is judged by our own rules first: servers let pass
 * what changes the meaning of messages that are written already. */
static void add_version(struct schemas_plan *plan, enum message_type type,
                        const struct schema_live *live) {
    const char *schema = message_types[type].schema;
    char *latest = strndup(live->latest.data, live->latest.length);
    struct error error;
    assert(latest != NULL);
    if (schema_same(latest, schema)) {
        add_step(plan, SCHEMA_STEP_REGISTER, type, "a new version in which only docs differ");
    } else if (schema_change_check(latest, schema, &error) != RESULT_OK) {
        add_step(plan, SCHEMA_STEP_CONFLICT, type, error.text);
    } else if (!live->compatible) {
        char detail[SCHEMAS_DETAIL_MAX];
        (void)snprintf(detail, sizeof detail, "not compatible with what is registered%s%s",
                       *live->why == '\0' ? "" : ": ", live->why);
        add_step(plan, SCHEMA_STEP_CONFLICT, type, detail);
    } else {
        add_step(plan, SCHEMA_STEP_REGISTER, type, "a new version");
    }
    free(latest);
}

void schemas_plan_add(struct schemas_plan *plan, enum message_type type,
                      const struct schema_live *live) {
    assert(plan != NULL && live != NULL && live->level != NULL);
    assert((uint32_t)type < MESSAGE_TYPES_COUNT);
    if (!live->exists) {
        /* The level second: some registries know no level of a subject that is not there. */
        add_step(plan, SCHEMA_STEP_REGISTER, type, "a new subject");
        add_level(plan, type, live);
        return;
    }
    /* The level first, so that the registry itself judges the new version by it. */
    add_level(plan, type, live);
    if (!live->registered) {
        add_version(plan, type, live);
    }
}

bool schemas_plan_has_conflict(const struct schemas_plan *plan) {
    for (uint32_t i = 0; i < plan->steps_count; i++) {
        if (plan->steps[i].kind == SCHEMA_STEP_CONFLICT) {
            return true;
        }
    }
    return false;
}
