#include "wire/plan_build.h"

static bool own_enum(struct plan_builder *builder, const struct enum_descriptor *ours,
                     struct plan_node *node) {
    uint32_t *symbols = arena_try(&builder->memory, ours->symbols_count * sizeof *symbols);
    if (symbols == NULL) {
        builder->exhausted = true;
        return plan_build_fail(builder, "the schema is too large");
    }
    for (uint32_t i = 0; i < ours->symbols_count; i++) {
        symbols[i] = i;
    }
    node->op = PLAN_ENUM;
    node->symbols = symbols;
    node->count = ours->symbols_count;
    return true;
}

static bool own_record(struct plan_builder *builder, const struct record_descriptor *record,
                       struct plan_node *node) {
    struct plan_node *children = plan_build_nodes(builder, record->fields_count);
    if (children == NULL) {
        return false;
    }
    node->op = PLAN_RECORD;
    node->children = children;
    node->count = record->fields_count;
    for (uint32_t i = 0; i < record->fields_count; i++) {
        const struct plan_slot slot = plan_slot_of(&record->fields[i]);
        if (!plan_build_own(builder, &slot, &children[i])) {
            return false;
        }
        children[i].name = record->fields[i].name;
    }
    return true;
}

static bool own_value(struct plan_builder *builder, const struct plan_slot *slot,
                      struct plan_node *node) {
    static const enum plan_op plain[] = {
        [TYPE_BOOLEAN] = PLAN_BOOLEAN, [TYPE_INT] = PLAN_INT,       [TYPE_LONG] = PLAN_LONG,
        [TYPE_TIMESTAMP] = PLAN_LONG,  [TYPE_STRING] = PLAN_STRING, [TYPE_UUID] = PLAN_UUID,
        [TYPE_BYTES] = PLAN_BYTES,
    };
    const struct type_descriptor *type = slot->type;
    plan_build_place(slot, node);
    if (type->kind == TYPE_ENUM) {
        return own_enum(builder, type->symbols, node);
    }
    if (type->kind == TYPE_RECORD) {
        return own_record(builder, type->record, node);
    }
    if (type->kind == TYPE_ARRAY) {
        struct plan_node *child = plan_build_nodes(builder, 1);
        const struct plan_slot item = {.type = type->item};
        node->op = PLAN_ARRAY;
        node->children = child;
        node->count = 1;
        return child != NULL && plan_build_own(builder, &item, child);
    }
    node->op = plain[type->kind];
    return true;
}

bool plan_build_own(struct plan_builder *builder, const struct plan_slot *slot,
                    struct plan_node *node) {
    if (!slot->type->nullable) {
        return own_value(builder, slot, node);
    }
    struct plan_node *branches = plan_build_nodes(builder, 2);
    node->op = PLAN_UNION;
    node->children = branches;
    node->count = 2;
    if (branches == NULL) {
        return false;
    }
    branches[0] = (struct plan_node){.op = PLAN_NULL, .empty = true};
    return own_value(builder, slot, &branches[1]);
}
