/* What the generator tells the codecs about each struct: its fields, where they lie, their bounds.
 */
#ifndef MILLRACE_WIRE_DESCRIPTOR_H
#define MILLRACE_WIRE_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"

struct record_descriptor;

/* How a value is held in C, and by that how it is written in Avro. */
enum type_kind {
    TYPE_BOOLEAN,   /* bool */
    TYPE_INT,       /* int32_t */
    TYPE_LONG,      /* int64_t */
    TYPE_TIMESTAMP, /* int64_t, milliseconds since 1970-01-01 UTC */
    TYPE_STRING,    /* struct text, valid UTF-8 */
    TYPE_UUID,      /* struct uuid; lower-case canonical text on the wire */
    TYPE_BYTES,     /* struct bytes */
    TYPE_ENUM,      /* an enum in the order of the schema's symbols */
    TYPE_RECORD,    /* the struct by value; a pointer to it where nullable */
    TYPE_ARRAY,     /* a pointer to items that lie one behind the other */
};

/* Symbol 0 is the default, `Other`: every symbol that we do not know is read as it. */
struct enum_descriptor {
    const char *full_name;
    const char *const *aliases; /* older full names, NULL at the end; NULL when there are none */
    const char *const *symbols; /* in the order of the schema, NULL at the end */
    uint32_t symbols_count;
};

struct type_descriptor {
    enum type_kind kind;
    bool nullable;       /* null comes before the type in the schema's union */
    uint32_t size;       /* bytes of one such value in its struct; the stride in an array */
    uint32_t length_max; /* STRING, BYTES: bytes; ARRAY: items */
    const struct record_descriptor *record; /* RECORD */
    const struct enum_descriptor *symbols;  /* ENUM */
    const struct type_descriptor *item;     /* ARRAY: never nullable, never an array */
};

struct field_descriptor {
    const char *name;
    const char *const *aliases; /* older names, NULL at the end; NULL when there are none */
    struct type_descriptor type;
    uint32_t offset;          /* of the value in its struct */
    uint32_t presence_offset; /* of `has_x`, a bool; for nullable ones other than records */
    uint32_t count_offset;    /* of `x_count`, a uint32_t; for arrays */
    bool has_default;
    struct bytes default_avro; /* the default in the field's own Avro encoding */
};

struct record_descriptor {
    const char *full_name;
    const char *const *aliases; /* older full names, NULL at the end; NULL when there are none */
    const struct field_descriptor *fields;
    const uint32_t *by_name; /* indices into `fields`, in the order of the bytes of the names */
    uint32_t fields_count;
    uint32_t size; /* bytes of the struct */
};

/* Is a nullable field null in this struct? `body` is the struct that the field belongs to. */
static inline bool field_is_null(const struct field_descriptor *field, const void *body) {
    if (!field->type.nullable) {
        return false;
    }
    const uint8_t *base = body;
    if (field->type.kind == TYPE_RECORD) {
        const void *record;
        memcpy(&record, base + field->offset, sizeof record);
        return record == NULL;
    }
    bool present;
    memcpy(&present, base + field->presence_offset, sizeof present);
    return !present;
}

/* The struct of a record field, by value or behind its pointer; not for null. */
static inline const void *field_record(const struct field_descriptor *field, const void *body) {
    const uint8_t *value = (const uint8_t *)body + field->offset;
    if (!field->type.nullable) {
        return value;
    }
    const void *record;
    memcpy(&record, value, sizeof record);
    return record;
}

/* The items of an array field and how many there are. */
static inline const void *field_items(const struct field_descriptor *field, const void *body,
                                      uint32_t *count) {
    const uint8_t *base = body;
    const void *items;
    memcpy(count, base + field->count_offset, sizeof *count);
    memcpy(&items, base + field->offset, sizeof items);
    return items;
}

#endif
