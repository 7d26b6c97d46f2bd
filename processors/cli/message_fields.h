/* Reads the few fields that many message types have, by their names, from any of them. */
#ifndef MILLRACE_CLI_MESSAGE_FIELDS_H
#define MILLRACE_CLI_MESSAGE_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"
#include "generated/c/message_types.h"
#include "generated/c/millrace.h"

/* A type by its full name ("certificates.commands.TransferSlice") or, where only one type is called
 * so, by the last word of it. False: there is none. */
bool message_type_named(const char *name, enum message_type *type);

/* The last word of the type's full name. */
const char *message_type_short(enum message_type type);

/* NULL: a type without metadata (a state). */
const struct millrace_metadata *message_metadata(enum message_type type, const void *body);

/* A field of the root record that is an id: "certificateId", "commandId", "submissionId". False:
 * this type has no such field, or it is null. */
bool message_id_field(enum message_type type, const void *body, const char *field, struct uuid *id);

/* A field of the root record that is an int or a long: "sequence", "attempt". False: likewise. */
bool message_number_field(enum message_type type, const void *body, const char *field,
                          int64_t *number);

#endif
