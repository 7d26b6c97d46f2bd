#include "wire/plan_build.h"

#include <stdlib.h>

#include "wire/writer_schema.h"

bool plan_build_fail(struct plan_builder *builder, const char *format, ...) {
    char field[128] = "(record)";
    size_t used = 0;
    for (uint32_t i = 0; i < builder->path_count && used < sizeof field; i++) {
        const int length = snprintf(field + used, sizeof field - used, "%s%s", i == 0 ? "" : ".",
                                    builder->path[i]);
        assert(length >= 0);
        used += (size_t)length;
    }
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    error_set(builder->error, RESULT_INVALID, "field '%s': %s", field, what);
    return false;
}

struct plan_node *plan_build_nodes(struct plan_builder *builder, uint32_t count) {
    struct plan_node *nodes = NULL;
    if (count <= PLAN_MEMORY_MAX / sizeof *nodes) {
        nodes = arena_try(&builder->memory, count * sizeof *nodes);
    }
    if (nodes == NULL) {
        builder->exhausted = true;
        plan_build_fail(builder, "the schema is larger than %d bytes of plan can hold",
                        PLAN_MEMORY_MAX);
    }
    return nodes;
}

bool plan_build_enter(struct plan_builder *builder, avro_schema_t writer) {
    if (builder->depth == PLAN_DEPTH_MAX) {
        builder->exhausted = true;
        return plan_build_fail(builder, "types nested deeper than %d", PLAN_DEPTH_MAX);
    }
    if (is_avro_record(writer)) {
        for (uint32_t i = 0; i < builder->records_count; i++) {
            if (builder->records[i] == writer) {
                builder->exhausted = true;
                return plan_build_fail(builder, "record '%s' holds itself; messages are bounded",
                                       avro_schema_name(writer));
            }
        }
        builder->records[builder->records_count++] = writer;
    }
    builder->depth++;
    return true;
}

void plan_build_leave(struct plan_builder *builder, avro_schema_t writer) {
    assert(builder->depth > 0);
    builder->depth--;
    if (is_avro_record(writer)) {
        assert(builder->records_count > 0);
        builder->records_count--;
    }
}

void plan_build_place(const struct plan_slot *slot, struct plan_node *node) {
    const struct type_descriptor *type = slot->type;
    node->offset = slot->offset;
    node->presence_offset = slot->presence_offset;
    node->count_offset = slot->count_offset;
    node->has_presence = type->nullable && type->kind != TYPE_RECORD;
    node->by_pointer = type->nullable && type->kind == TYPE_RECORD;
    node->length_max = type->length_max;
    if (type->kind == TYPE_RECORD) {
        node->size = type->record->size;
    } else if (type->kind == TYPE_ARRAY) {
        node->size = type->item->size;
    }
}

/* A builder whose first node is the root of a plan for `record`. */
static struct plan_node *builder_start(struct plan_builder *builder,
                                       const struct record_descriptor *record,
                                       struct error *error) {
    void *memory = malloc(PLAN_MEMORY_MAX);
    assert(memory != NULL);
    *builder = (struct plan_builder){.error = error};
    arena_init(&builder->memory, memory, PLAN_MEMORY_MAX);
    struct plan_node *root = plan_build_nodes(builder, 1);
    assert(root != NULL);
    root->size = record->size;
    return root;
}

enum result plan_open(const struct writer_schema *schema, const struct record_descriptor *record,
                      struct plan *plan, struct error *error) {
    assert(schema != NULL && record != NULL);
    assert(plan != NULL && error != NULL);
    struct plan_builder builder;
    struct plan_node *root = builder_start(&builder, record, error);
    if (!plan_build_enter(&builder, schema->root) ||
        !plan_build_record(&builder, schema->root, record, root)) {
        free(builder.memory.base);
        return error->result;
    }
    *plan = (struct plan){.root = root, .record = record, .memory = builder.memory.base};
    return RESULT_OK;
}

void plan_open_own(const struct record_descriptor *record, struct plan *plan) {
    assert(record != NULL && plan != NULL);
    struct plan_builder builder;
    struct error error;
    struct plan_node *root = builder_start(&builder, record, &error);
    const struct type_descriptor type = {.kind = TYPE_RECORD, .record = record};
    const struct plan_slot slot = {.type = &type};
    const bool built = plan_build_own(&builder, &slot, root);
    assert(built);
    *plan = (struct plan){.root = root, .record = record, .memory = builder.memory.base};
}

void plan_close(struct plan *plan) {
    free(plan->memory);
    *plan = (struct plan){0};
}
