/* Messages as JSON, both ways: what `send` takes, `tail` shows and the golden files hold.
 * schemas/README.md says what each kind of value looks like. */
#ifndef MILLRACE_WIRE_JSON_H
#define MILLRACE_WIRE_JSON_H

#include <jansson.h>

#include "domain/arena.h"
#include "ports/error.h"
#include "wire/descriptor.h"

/* The struct as a JSON object with the schema's names, all fields, in the schema's order. A new
 * reference. Text must be valid UTF-8, as decoding makes sure of. */
json_t *json_from_struct(const struct record_descriptor *record, const void *body);

/* A JSON object as the record's Avro bytes, in the arena. A field may be missing when its schema
 * has a default. RESULT_INVALID: `error` names the field, what is wrong and, for a name that we do
 * not know, the nearest one that we do. */
enum result json_to_avro(const struct record_descriptor *record, const json_t *json,
                         struct arena *arena, struct bytes *avro, struct error *error);

/* The same as a struct in the arena; checked against all limits of the schema. */
enum result json_to_struct(const struct record_descriptor *record, const json_t *json,
                           struct arena *arena, void **body, struct error *error);

/* Put `path=value`, as on a command line, into an object: "sliceId=...", "metadata.channel=cli".
 * The value is read as the field's type asks: text as it stands, arrays and records as JSON, and
 * "null" as null where that may be. RESULT_INVALID as above. */
enum result json_set_argument(const struct record_descriptor *record, json_t *object,
                              const char *argument, struct error *error);

#endif
