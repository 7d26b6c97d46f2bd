#include "wire/plan_build.h"
#include "wire/writer_schema.h"

static bool field_has_alias(const struct field_descriptor *field, const char *name) {
    for (uint32_t i = 0; field->aliases != NULL && field->aliases[i] != NULL; i++) {
        if (strcmp(field->aliases[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Our field for one of the writer's: by name first, else by an alias of ours whose own name the
 * writer does not have. NULL: we have none. */
static const struct field_descriptor *field_for(const struct record_descriptor *record,
                                                avro_schema_t writer, const char *name) {
    for (uint32_t i = 0; i < record->fields_count; i++) {
        if (strcmp(record->fields[i].name, name) == 0) {
            return &record->fields[i];
        }
    }
    for (uint32_t i = 0; i < record->fields_count; i++) {
        const struct field_descriptor *field = &record->fields[i];
        if (field_has_alias(field, name) &&
            avro_schema_record_field_get_index(writer, field->name) < 0) {
            return field;
        }
    }
    return NULL;
}

/* A copy in the plan's memory: the name of a skipped field must outlive the schema. */
static const char *name_copy(struct plan_builder *builder, const char *name) {
    const size_t size = strlen(name) + 1;
    char *copy = arena_try(&builder->memory, size);
    if (copy == NULL) {
        builder->exhausted = true;
        plan_build_fail(builder, "the schema is too large");
        return NULL;
    }
    return memcpy(copy, name, size);
}

static bool build_field(struct plan_builder *builder, avro_schema_t writer,
                        const struct field_descriptor *field, const char *name,
                        struct plan_node *node) {
    assert(builder->path_count < PLAN_DEPTH_MAX);
    builder->path[builder->path_count++] = name;
    bool built;
    if (field == NULL) {
        node->name = name_copy(builder, name);
        built = node->name != NULL && plan_build_skip(builder, writer, node);
    } else {
        const struct plan_slot slot = plan_slot_of(field);
        built = plan_build_value(builder, writer, &slot, node);
        node->name = field->name;
    }
    builder->path_count--;
    return built;
}

static bool build_default(struct plan_builder *builder, const struct field_descriptor *field,
                          struct plan_node *node) {
    if (!field->has_default) {
        return plan_build_fail(builder, "the writer lacks '%s', which has no default", field->name);
    }
    struct plan_node *child = plan_build_nodes(builder, 1);
    const struct plan_slot slot = plan_slot_of(field);
    *node = (struct plan_node){.op = PLAN_DEFAULT,
                               .empty = true,
                               .name = field->name,
                               .default_avro = field->default_avro,
                               .children = child,
                               .count = 1};
    return child != NULL && plan_build_own(builder, &slot, child);
}

/* The writer's fields in the writer's order. Those that take no bytes and have no place with us
 * are left out, so that an array of them costs nothing to pass over. */
static bool build_written(struct plan_builder *builder, avro_schema_t writer,
                          const struct record_descriptor *record, struct plan_node *nodes,
                          uint32_t *count, bool *read) {
    const int written = (int)avro_schema_record_size(writer);
    for (int i = 0; i < written; i++) {
        const char *name = avro_schema_record_field_name(writer, i);
        avro_schema_t type = avro_schema_record_field_get_by_index(writer, i);
        const struct field_descriptor *field = field_for(record, writer, name);
        if (field != NULL && read[field - record->fields]) {
            field = NULL;
        }
        struct plan_node *node = &nodes[*count];
        if (!build_field(builder, type, field, name, node)) {
            return false;
        }
        if (field != NULL) {
            read[field - record->fields] = true;
        }
        if (field == NULL && node->empty) {
            *node = (struct plan_node){0};
        } else {
            (*count)++;
        }
    }
    return true;
}

bool plan_build_record(struct plan_builder *builder, avro_schema_t writer,
                       const struct record_descriptor *record, struct plan_node *node) {
    const size_t nodes_max = avro_schema_record_size(writer) + record->fields_count;
    struct plan_node *nodes =
        nodes_max > UINT32_MAX ? NULL : plan_build_nodes(builder, (uint32_t)nodes_max);
    bool *read = nodes == NULL ? NULL : arena_try(&builder->memory, record->fields_count);
    if (read == NULL) {
        builder->exhausted = true;
        return plan_build_fail(builder, "the schema is too large");
    }
    uint32_t count = 0;
    if (!build_written(builder, writer, record, nodes, &count, read)) {
        return false;
    }
    for (uint32_t i = 0; i < record->fields_count; i++) {
        if (!read[i] && !build_default(builder, &record->fields[i], &nodes[count++])) {
            return false;
        }
    }
    node->op = PLAN_RECORD;
    node->children = nodes;
    node->count = count;
    node->empty = true;
    for (uint32_t i = 0; i < count; i++) {
        node->empty = node->empty && nodes[i].empty;
    }
    return true;
}
