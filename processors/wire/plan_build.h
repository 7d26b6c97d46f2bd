/* The parts of building a plan: reading into our type, skipping, and reading our own defaults. */
#ifndef MILLRACE_WIRE_PLAN_BUILD_H
#define MILLRACE_WIRE_PLAN_BUILD_H

#include <avro.h>

#include "domain/arena.h"
#include "wire/plan.h"

struct plan_builder {
    struct arena memory;
    struct error *error;
    avro_schema_t records[PLAN_DEPTH_MAX]; /* the writer's records that we are inside of */
    uint32_t records_count;
    const char *path[PLAN_DEPTH_MAX]; /* the fields that we are inside of, for errors */
    uint32_t path_count;
    uint32_t depth;
    bool exhausted; /* failed on a limit: no other branch of a union can help */
};

/* A place in a struct of ours that a value is read into: a field, or an item of an array. */
struct plan_slot {
    const struct type_descriptor *type;
    uint32_t offset;
    uint32_t presence_offset;
    uint32_t count_offset;
};

static inline struct plan_slot plan_slot_of(const struct field_descriptor *field) {
    return (struct plan_slot){.type = &field->type,
                              .offset = field->offset,
                              .presence_offset = field->presence_offset,
                              .count_offset = field->count_offset};
}

/* All of them return false with `builder->error` set. Nodes and arrays live in the builder. */

/* Read a value of the writer's type into a slot of ours. */
bool plan_build_value(struct plan_builder *builder, avro_schema_t writer,
                      const struct plan_slot *slot, struct plan_node *node);

/* Read a record of the writer's into a struct of ours; fills `children` and `count`. */
bool plan_build_record(struct plan_builder *builder, avro_schema_t writer,
                       const struct record_descriptor *record, struct plan_node *node);

/* Pass over a value of the writer's type. */
bool plan_build_skip(struct plan_builder *builder, avro_schema_t writer, struct plan_node *node);

/* Read a value that is written in our own schema: a default. */
bool plan_build_own(struct plan_builder *builder, const struct plan_slot *slot,
                    struct plan_node *node);

/* Fill what follows from the slot alone. */
void plan_build_place(const struct plan_slot *slot, struct plan_node *node);

/* `count` zeroed nodes. NULL: the plan would be too large. */
struct plan_node *plan_build_nodes(struct plan_builder *builder, uint32_t count);

/* Every type within a type is entered and left, so that depth and recursion are bounded. */
bool plan_build_enter(struct plan_builder *builder, avro_schema_t writer);
void plan_build_leave(struct plan_builder *builder, avro_schema_t writer);

/* Say what is wrong with the field that the builder is at. Always returns false. */
__attribute__((format(printf, 2, 3))) bool plan_build_fail(struct plan_builder *builder,
                                                           const char *format, ...);

/* The type itself, where a name stands for it. */
static inline avro_schema_t plan_writer_type(avro_schema_t writer) {
    while (is_avro_link(writer)) {
        writer = avro_schema_link_target(writer);
    }
    return writer;
}

#endif
