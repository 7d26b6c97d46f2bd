#include "wire/plan_build.h"

static bool skip_record(struct plan_builder *builder, avro_schema_t writer,
                        struct plan_node *node) {
    const size_t written = avro_schema_record_size(writer);
    struct plan_node *children =
        written > UINT32_MAX ? NULL : plan_build_nodes(builder, (uint32_t)written);
    if (children == NULL) {
        return false;
    }
    node->op = PLAN_SKIP_RECORD;
    node->children = children;
    for (size_t i = 0; i < written; i++) {
        struct plan_node *child = &children[node->count];
        avro_schema_t type = avro_schema_record_field_get_by_index(writer, (int)i);
        if (!plan_build_skip(builder, type, child)) {
            return false;
        }
        if (!child->empty) {
            node->count++;
        }
    }
    node->empty = node->count == 0;
    return true;
}

static bool skip_union(struct plan_builder *builder, avro_schema_t writer, struct plan_node *node) {
    const size_t count = avro_schema_union_size(writer);
    struct plan_node *children =
        count > UINT32_MAX ? NULL : plan_build_nodes(builder, (uint32_t)count);
    if (children == NULL) {
        return false;
    }
    node->op = PLAN_UNION;
    node->children = children;
    node->count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        avro_schema_t branch = avro_schema_union_branch(writer, (int)i);
        if (!plan_build_skip(builder, branch, &children[i])) {
            return false;
        }
    }
    return true;
}

static bool skip_blocks(struct plan_builder *builder, enum plan_op op, avro_schema_t item,
                        struct plan_node *node) {
    struct plan_node *child = plan_build_nodes(builder, 1);
    node->op = op;
    node->children = child;
    node->count = 1;
    return child != NULL && plan_build_skip(builder, item, child);
}

static bool skip_fixed(struct plan_builder *builder, int64_t size, struct plan_node *node) {
    if (size < 0 || size > UINT32_MAX) {
        return plan_build_fail(builder, "fixed of an impossible size");
    }
    node->op = PLAN_SKIP_FIXED;
    node->count = (uint32_t)size;
    node->empty = size == 0;
    return true;
}

static bool skip_entered(struct plan_builder *builder, avro_schema_t writer,
                         struct plan_node *node) {
    switch (avro_typeof(writer)) {
    case AVRO_NULL:
        return skip_fixed(builder, 0, node);
    case AVRO_BOOLEAN:
        node->op = PLAN_SKIP_BOOLEAN;
        return true;
    case AVRO_INT32:
    case AVRO_INT64:
        node->op = PLAN_SKIP_LONG;
        return true;
    case AVRO_FLOAT:
        return skip_fixed(builder, sizeof(float), node);
    case AVRO_DOUBLE:
        return skip_fixed(builder, sizeof(double), node);
    case AVRO_STRING:
    case AVRO_BYTES:
        node->op = PLAN_SKIP_BYTES;
        return true;
    case AVRO_FIXED:
        return skip_fixed(builder, avro_schema_fixed_size(writer), node);
    case AVRO_ENUM:
        node->op = PLAN_SKIP_ENUM;
        node->count = (uint32_t)avro_schema_enum_number_of_symbols(writer);
        return true;
    case AVRO_RECORD:
        return skip_record(builder, writer, node);
    case AVRO_UNION:
        return skip_union(builder, writer, node);
    case AVRO_ARRAY:
        return skip_blocks(builder, PLAN_SKIP_ARRAY, avro_schema_array_items(writer), node);
    case AVRO_MAP:
        return skip_blocks(builder, PLAN_SKIP_MAP, avro_schema_map_values(writer), node);
    case AVRO_LINK:
        break;
    }
    return plan_build_fail(builder, "a type that Avro does not have");
}

bool plan_build_skip(struct plan_builder *builder, avro_schema_t writer, struct plan_node *node) {
    writer = plan_writer_type(writer);
    if (!plan_build_enter(builder, writer)) {
        return false;
    }
    const bool built = skip_entered(builder, writer, node);
    plan_build_leave(builder, writer);
    return built;
}
