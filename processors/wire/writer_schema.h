/* A writer's schema, parsed by libavro behind limits; the one door through which libavro is used.
 */
#ifndef MILLRACE_WIRE_WRITER_SCHEMA_H
#define MILLRACE_WIRE_WRITER_SCHEMA_H

#include <avro.h>

#include "wire/plan.h"

enum { WRITER_SCHEMA_NAME_MAX = 512 }; /* bytes of a full name */

struct writer_schema {
    avro_schema_t root; /* a record */
    char full_name[WRITER_SCHEMA_NAME_MAX];
};

/* Does a named type of the writer's (record, enum) stand for ours: same name without namespace, as
 * Avro has it, or the writer's full name among our aliases? */
bool writer_schema_name_matches(avro_schema_t type, const char *full_name,
                                const char *const *aliases);

#endif
