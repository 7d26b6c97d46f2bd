/* How a writer's bytes become our struct: decided once per writer schema, then only followed. */
#ifndef MILLRACE_WIRE_PLAN_H
#define MILLRACE_WIRE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"
#include "ports/error.h"
#include "wire/descriptor.h"

enum {
    PLAN_SCHEMA_BYTES_MAX = 256 * 1024, /* of a writer schema's text */
    PLAN_DEPTH_MAX = 32,                /* types within types */
    PLAN_MEMORY_MAX = 256 * 1024,       /* bytes of one plan; types used many times multiply */
};

enum plan_op {
    PLAN_BOOLEAN,
    PLAN_INT,
    PLAN_LONG, /* int too: both are the same varint */
    PLAN_STRING,
    PLAN_BYTES,
    PLAN_UUID,
    PLAN_ENUM,       /* the writer's index becomes ours by `symbols` */
    PLAN_RECORD,     /* `children` in the writer's order, then our defaults */
    PLAN_ARRAY,      /* `children[0]` is the item */
    PLAN_UNION,      /* `children` are the writer's branches */
    PLAN_NULL,       /* nothing on the wire, null in the struct */
    PLAN_UNREADABLE, /* a branch of the writer's that has no place in our type */
    PLAN_DEFAULT,    /* nothing on the wire; `children[0]` reads `default_avro` */
    PLAN_SKIP_BOOLEAN,
    PLAN_SKIP_LONG,
    PLAN_SKIP_FIXED, /* `count` bytes */
    PLAN_SKIP_BYTES,
    PLAN_SKIP_ENUM, /* `count` symbols */
    PLAN_SKIP_RECORD,
    PLAN_SKIP_ARRAY,
    PLAN_SKIP_MAP, /* `children[0]` is the value */
};

/* One step. Which members mean something depends on `op`. */
struct plan_node {
    enum plan_op op;
    bool empty;        /* takes no bytes of the input, whatever the message */
    bool has_presence; /* set the bool at `presence_offset` when the value was read */
    bool by_pointer;   /* RECORD: the struct holds a pointer to it */
    const char *name;  /* of the field, for errors; NULL for items and branches */
    uint32_t offset;   /* of the value in its struct */
    uint32_t presence_offset;
    uint32_t count_offset; /* ARRAY */
    uint32_t size;         /* RECORD: bytes of its struct; ARRAY: bytes of one item */
    uint32_t length_max;   /* STRING, BYTES: bytes; ARRAY: items */
    uint32_t count;        /* of `children`, of `symbols`, of bytes */
    const struct plan_node *children;
    const uint32_t *symbols;   /* ENUM: our index for each of the writer's */
    struct bytes default_avro; /* DEFAULT: static memory of the descriptor */
};

struct plan {
    const struct plan_node *root; /* a PLAN_RECORD */
    const struct record_descriptor *record;
    void *memory; /* all nodes */
};

/* A writer schema, parsed. */
struct writer_schema;

/* Parse a schema's text. RESULT_INVALID: it is no Avro schema of a record, or beyond our limits.
 * End it with `writer_schema_close`. */
enum result writer_schema_open(struct text text, struct writer_schema **schema,
                               struct error *error);
void writer_schema_close(struct writer_schema *schema);

/* The root record's full name; lives as long as the schema. */
struct text writer_schema_full_name(const struct writer_schema *schema);

/* Decide how this writer's records become structs of `record`; the names of the two roots are not
 * compared. RESULT_INVALID: they cannot, `error` names the field and why. The plan does not need
 * the schema any longer. End it with `plan_close`. */
enum result plan_open(const struct writer_schema *schema, const struct record_descriptor *record,
                      struct plan *plan, struct error *error);

/* The plan for bytes that are written in our own schema. It cannot fail. */
void plan_open_own(const struct record_descriptor *record, struct plan *plan);

void plan_close(struct plan *plan);

#endif
