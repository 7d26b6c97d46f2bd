#include <stdio.h>

#include "wire/plan_build.h"
#include "wire/writer_schema.h"

static const char *writer_type_name(avro_schema_t writer) {
    static const char *const names[] = {
        [AVRO_STRING] = "string",   [AVRO_BYTES] = "bytes", [AVRO_INT32] = "int",
        [AVRO_INT64] = "long",      [AVRO_FLOAT] = "float", [AVRO_DOUBLE] = "double",
        [AVRO_BOOLEAN] = "boolean", [AVRO_NULL] = "null",   [AVRO_RECORD] = "record",
        [AVRO_ENUM] = "enum",       [AVRO_FIXED] = "fixed", [AVRO_MAP] = "map",
        [AVRO_ARRAY] = "array",     [AVRO_UNION] = "union", [AVRO_LINK] = "name",
    };
    return names[avro_typeof(writer)];
}

static bool mismatch(struct plan_builder *builder, avro_schema_t writer, const char *ours) {
    return plan_build_fail(builder, "the writer has %s, we read %s", writer_type_name(writer),
                           ours);
}

/* The plain kinds: which of the writer's types can be read as ours (Avro's promotions), and how. */
struct plain {
    enum plan_op op;
    unsigned writers; /* bits of avro_type_t */
    const char *name;
};

static const struct plain *plain_of(enum type_kind kind) {
    static const unsigned text = 1u << AVRO_STRING | 1u << AVRO_BYTES;
    static const unsigned whole = 1u << AVRO_INT32 | 1u << AVRO_INT64;
    static const struct plain plains[] = {
        [TYPE_BOOLEAN] = {PLAN_BOOLEAN, 1u << AVRO_BOOLEAN, "boolean"},
        [TYPE_INT] = {PLAN_INT, 1u << AVRO_INT32, "int"},
        [TYPE_LONG] = {PLAN_LONG, whole, "long"},
        [TYPE_TIMESTAMP] = {PLAN_LONG, whole, "long"},
        [TYPE_STRING] = {PLAN_STRING, text, "string"},
        [TYPE_UUID] = {PLAN_UUID, text, "string"},
        [TYPE_BYTES] = {PLAN_BYTES, text, "bytes"},
    };
    return (size_t)kind < sizeof plains / sizeof plains[0] ? &plains[kind] : NULL;
}

/* Symbols are matched by name; one that we do not have is read as ours with index 0, the default.
 */
static bool build_enum(struct plan_builder *builder, avro_schema_t writer,
                       const struct enum_descriptor *ours, struct plan_node *node) {
    if (!is_avro_enum(writer)) {
        return mismatch(builder, writer, "enum");
    }
    if (!writer_schema_name_matches(writer, ours->full_name, ours->aliases)) {
        return plan_build_fail(builder, "the writer has enum '%s', we read '%s'",
                               avro_schema_name(writer), ours->full_name);
    }
    const int count = avro_schema_enum_number_of_symbols(writer);
    uint32_t *symbols = arena_try(&builder->memory, (size_t)count * sizeof *symbols);
    if (symbols == NULL) {
        builder->exhausted = true;
        return plan_build_fail(builder, "too many symbols");
    }
    for (int i = 0; i < count; i++) {
        const char *symbol = avro_schema_enum_get(writer, i);
        for (uint32_t k = 0; k < ours->symbols_count; k++) {
            if (strcmp(symbol, ours->symbols[k]) == 0) {
                symbols[i] = k;
            }
        }
    }
    node->op = PLAN_ENUM;
    node->symbols = symbols;
    node->count = (uint32_t)count;
    return true;
}

static bool build_array(struct plan_builder *builder, avro_schema_t writer,
                        const struct type_descriptor *item, struct plan_node *node) {
    if (!is_avro_array(writer)) {
        return mismatch(builder, writer, "array");
    }
    struct plan_node *child = plan_build_nodes(builder, 1);
    const struct plan_slot slot = {.type = item};
    node->op = PLAN_ARRAY;
    node->children = child;
    node->count = 1;
    return child != NULL &&
           plan_build_value(builder, avro_schema_array_items(writer), &slot, child);
}

/* Which branch was written shows only at run time. One that fits nothing of ours is no fault of
 * the schema until it is used; a union of which none fits is. */
static bool build_union(struct plan_builder *builder, avro_schema_t writer,
                        const struct plan_slot *slot, struct plan_node *node) {
    const size_t count = avro_schema_union_size(writer);
    struct plan_node *children =
        count > UINT32_MAX ? NULL : plan_build_nodes(builder, (uint32_t)count);
    if (children == NULL) {
        return false;
    }
    bool readable = false;
    for (size_t i = 0; i < count; i++) {
        avro_schema_t branch = plan_writer_type(avro_schema_union_branch(writer, (int)i));
        if (plan_build_value(builder, branch, slot, &children[i])) {
            readable = true;
        } else if (builder->exhausted) {
            return false;
        } else {
            children[i] = (struct plan_node){.op = PLAN_UNREADABLE};
        }
    }
    node->op = PLAN_UNION;
    node->empty = false;
    node->children = children;
    node->count = (uint32_t)count;
    return readable;
}

static bool build_named(struct plan_builder *builder, avro_schema_t writer,
                        const struct record_descriptor *record, struct plan_node *node) {
    if (!is_avro_record(writer)) {
        return mismatch(builder, writer, "record");
    }
    if (!writer_schema_name_matches(writer, record->full_name, record->aliases)) {
        return plan_build_fail(builder, "the writer has record '%s', we read '%s'",
                               avro_schema_name(writer), record->full_name);
    }
    return plan_build_record(builder, writer, record, node);
}

static bool build_entered(struct plan_builder *builder, avro_schema_t writer,
                          const struct plan_slot *slot, struct plan_node *node) {
    const struct type_descriptor *type = slot->type;
    if (is_avro_union(writer)) {
        return build_union(builder, writer, slot, node);
    }
    if (is_avro_null(writer)) {
        *node = (struct plan_node){.op = PLAN_NULL, .empty = true};
        return type->nullable ||
               plan_build_fail(builder, "the writer has null, ours is never null");
    }
    plan_build_place(slot, node);
    if (type->kind == TYPE_ENUM) {
        return build_enum(builder, writer, type->symbols, node);
    }
    if (type->kind == TYPE_RECORD) {
        return build_named(builder, writer, type->record, node);
    }
    if (type->kind == TYPE_ARRAY) {
        return build_array(builder, writer, type->item, node);
    }
    const struct plain *plain = plain_of(type->kind);
    assert(plain != NULL);
    node->op = plain->op;
    return (plain->writers & 1u << avro_typeof(writer)) != 0 ||
           mismatch(builder, writer, plain->name);
}

bool plan_build_value(struct plan_builder *builder, avro_schema_t writer,
                      const struct plan_slot *slot, struct plan_node *node) {
    writer = plan_writer_type(writer);
    if (!plan_build_enter(builder, writer)) {
        return false;
    }
    const bool built = build_entered(builder, writer, slot, node);
    plan_build_leave(builder, writer);
    return built;
}
