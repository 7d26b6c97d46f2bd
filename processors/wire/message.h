/* Record values to messages and back: envelope, schema and codec in one step. */
#ifndef MILLRACE_WIRE_MESSAGE_H
#define MILLRACE_WIRE_MESSAGE_H

#include "domain/arena.h"
#include "domain/dead_letter_reason.h"
#include "domain/message.h"
#include "wire/decode.h"
#include "wire/schema_cache.h"

/* A record's value and what of the record bears on how it is read. */
struct wire_input {
    const char *topic; /* without the deployment's prefix */
    bool value_null;
    struct bytes value;       /* must outlive the message: text and bytes point into it */
    bool schema_id_in_header; /* some header satisfies `envelope_header_has_schema_id` */
    bool refuse_other;        /* an enum that holds `Other` is unsupported-value */
};

/* Why a value is no message, as far as it could be found out. */
struct wire_failure {
    enum dead_letter_reason reason;
    char field[DECODE_FIELD_MAX]; /* empty: no field in particular */
    char text[512];               /* a sentence for a person */
    bool schema_id_known;
    int32_t schema_id;
    bool type_known;
    enum message_type type;
    bool command_id_known; /* `metadata.id` could be read even so */
    struct uuid command_id;
    bool denied; /* AGAIN, because the schema registry does not let us in */
};

/* Read a record's value. Everything decoded lives in the arena and in `input->value`.
 * OK: `message` is set. AGAIN: the schema registry is away; `failure->text` says so, and `denied`
 * whether it does not let us in, which lanes wait out as well; nothing else is set. INVALID: it can
 * never be read; `failure` is set. `now_ms` is monotonic. */
enum result wire_decode(struct schema_cache *cache, const struct wire_input *input,
                        struct arena *arena, int64_t now_ms, struct message *message,
                        struct wire_failure *failure);

/* Write a record's value: like `encode` when it does not fit into `capacity`. */
size_t wire_encode(enum message_type type, const void *body, int32_t schema_id, uint8_t *buffer,
                   size_t capacity);

/* The ids of the schemas that we write with, resolved once at start; 0 where not asked for. */
struct wire_ids {
    int32_t of[MESSAGE_TYPES_COUNT];
};

/* Look up the id of our own schema for each type, and let the cache know it. NOT_FOUND: one is not
 * registered, `error` says what to do; AGAIN: the registry is away, or mixes up its schemas;
 * DENIED: it does not let us in. `ids` may be partly filled then; the call can be repeated. */
enum result wire_ids_resolve(const struct schemas *schemas, struct schema_cache *cache,
                             const enum message_type *types, uint32_t types_count,
                             struct wire_ids *ids, struct error *error);

#endif
