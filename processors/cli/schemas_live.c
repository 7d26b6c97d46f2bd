#include "cli/schemas_live.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/uuid.h"

#define PROBE_SUBJECT "millrace.CompatibilityProbe"

static const char probe_first[] =
    "{\"type\":\"record\",\"name\":\"CompatibilityProbe\",\"namespace\":\"millrace\","
    "\"doc\":\"Shows that this registry refuses incompatible schemas. Nobody writes it.\","
    "\"fields\":[]}";

/* What the answers of one subject are kept in: they live only until the registry's next call. */
struct kept {
    char *latest;
    char level[SCHEMA_REGISTRY_LEVEL_MAX];
    char why[SCHEMAS_DETAIL_MAX];
};

static enum result look_at_level(struct schema_registry *registry, const char *subject,
                                 struct kept *kept, struct error *error) {
    const enum result result = schema_registry_level(registry, subject, kept->level, error);
    if (result == RESULT_NOT_FOUND) {
        kept->level[0] = '\0';
        return RESULT_OK;
    }
    return result;
}

static enum result look_at_text(struct schema_registry *registry, enum message_type type,
                                struct schema_live *live, struct kept *kept, struct error *error) {
    const struct message_type_entry *entry = &message_types[type];
    const struct text schema = {.data = entry->schema, .length = entry->schema_length};
    const struct schemas port = schema_registry_port(registry);
    enum result result = port.id_by_text(port.self, entry->full_name, schema, &live->id, error);
    if (result != RESULT_NOT_FOUND) {
        live->registered = result == RESULT_OK;
        return result;
    }
    struct text why;
    result = schema_registry_compatible(registry, entry->full_name, schema, &live->compatible, &why,
                                        error);
    if (result == RESULT_OK) {
        (void)snprintf(kept->why, sizeof kept->why, "%.*s", (int)why.length, why.data);
    }
    return result;
}

static enum result look_at(struct schema_registry *registry, enum message_type type,
                           struct schema_live *live, struct kept *kept, struct error *error) {
    const char *subject = message_types[type].full_name;
    struct text latest;
    int32_t id;
    int32_t version;
    *live = (struct schema_live){.level = kept->level, .why = kept->why};
    enum result result = schema_registry_latest(registry, subject, &latest, &id, &version, error);
    if (result == RESULT_NOT_FOUND) {
        return RESULT_OK;
    }
    if (result != RESULT_OK) {
        return result;
    }
    live->exists = true;
    kept->latest = strndup(latest.data, latest.length);
    assert(kept->latest != NULL);
    live->latest = text_of(kept->latest);
    result = look_at_level(registry, subject, kept, error);
    return result == RESULT_OK ? look_at_text(registry, type, live, kept, error) : result;
}

enum result schemas_look_at(struct schema_registry *registry, enum message_type type,
                            struct schemas_plan *plan, struct error *error) {
    assert(registry != NULL && plan != NULL);
    struct schema_live live;
    struct kept kept = {.latest = NULL};
    const enum result result = look_at(registry, type, &live, &kept, error);
    if (result == RESULT_OK) {
        schemas_plan_add(plan, type, &live);
    }
    free(kept.latest);
    return result;
}

enum result schemas_look(struct schema_registry *registry, struct schemas_plan *plan,
                         struct error *error) {
    enum result result = RESULT_OK;
    plan->steps_count = 0;
    for (uint32_t i = 0; result == RESULT_OK && i < MESSAGE_TYPES_COUNT; i++) {
        result = schemas_look_at(registry, (enum message_type)i, plan, error);
    }
    return result;
}

enum result schemas_carry_out(struct schema_registry *registry, const struct schema_step *step,
                              struct error *error) {
    const struct message_type_entry *entry = &message_types[step->type];
    const struct text schema = {.data = entry->schema, .length = entry->schema_length};
    int32_t id;
    switch (step->kind) {
    case SCHEMA_STEP_REGISTER:
        return schema_registry_register(registry, entry->full_name, schema, &id, error);
    case SCHEMA_STEP_LEVEL:
        return schema_registry_level_set(registry, entry->full_name, SCHEMAS_LEVEL, error);
    case SCHEMA_STEP_CONFLICT:
        break;
    }
    assert(false); /* a conflict is for people */
    return RESULT_INVALID;
}

/* A schema with one field more, which must be there and has no default. */
static char *incompatible_with(const char *schema, const char *field) {
    json_t *record = json_loads(schema, 0, NULL);
    assert(record != NULL);
    json_array_append_new(json_object_get(record, "fields"),
                          json_pack("{s:s, s:s}", "name", field, "type", "string"));
    char *text = json_dumps(record, JSON_COMPACT);
    json_decref(record);
    assert(text != NULL);
    return text;
}

enum result schemas_prove_level(struct schema_registry *registry, enum message_type type,
                                struct error *error) {
    const struct message_type_entry *entry = &message_types[type];
    char *probe = incompatible_with(entry->schema, "millraceProbe");
    bool compatible = true;
    struct text why;
    const enum result result = schema_registry_compatible(registry, entry->full_name,
                                                          text_of(probe), &compatible, &why, error);
    free(probe);
    if (result == RESULT_OK && compatible) {
        return error_set(error, RESULT_INVALID,
                         "the schema registry would take an incompatible schema for %s: its level "
                         "is not enforced; run `millrace schemas apply`",
                         entry->full_name);
    }
    return result;
}

enum result schemas_prove_levels(struct schema_registry *registry, struct error *error) {
    enum result result = RESULT_OK;
    for (uint32_t i = 0; result == RESULT_OK && i < MESSAGE_TYPES_COUNT; i++) {
        result = schemas_prove_level(registry, (enum message_type)i, error);
    }
    return result;
}

enum result schemas_prove_refusal(struct schema_registry *registry, const struct ids *ids,
                                  struct error *error) {
    assert(registry != NULL && ids != NULL);
    int32_t id;
    enum result result =
        schema_registry_register(registry, PROBE_SUBJECT, text_of(probe_first), &id, error);
    if (result == RESULT_OK) {
        result = schema_registry_level_set(registry, PROBE_SUBJECT, SCHEMAS_LEVEL, error);
    }
    if (result != RESULT_OK) {
        return result;
    }
    /* A name that was never tried: what was taken once is taken again without a look. */
    char field[8 + UUID_CHARACTERS + 1] = "probe_";
    const struct uuid fresh = ids->fresh(ids->self);
    uuid_to_text(&fresh, field + strlen("probe_"));
    field[strlen("probe_") + UUID_CHARACTERS] = '\0';
    for (char *c = field; *c != '\0'; c++) {
        *c = *c == '-' ? '_' : *c;
    }
    char *probe = incompatible_with(probe_first, field);
    result = schema_registry_register(registry, PROBE_SUBJECT, text_of(probe), &id, error);
    free(probe);
    if (result == RESULT_INVALID) {
        return RESULT_OK; /* refused, as it must be */
    }
    if (result == RESULT_OK) {
        return error_set(error, RESULT_INVALID,
                         "the schema registry took an incompatible schema for " PROBE_SUBJECT
                         ", whose compatibility is " SCHEMAS_LEVEL ": it checks nothing");
    }
    return result;
}
