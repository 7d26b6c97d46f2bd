/* What servers let pass when a schema changes, and we do not: a default or a logical type that was
 * lost or changed alters the meaning of messages that are written already. */
#ifndef MILLRACE_CLI_SCHEMA_RULES_H
#define MILLRACE_CLI_SCHEMA_RULES_H

#include <stdbool.h>

#include "ports/error.h"

/* May `newer` follow `older`? Both are schemas as JSON text. INVALID: no (the text says which field
 * and why), or one of them is no schema. What servers check themselves is not checked here. */
enum result schema_change_check(const char *older, const char *newer, struct error *error);

/* Do two texts say the same: without white space and docs, with full names; with defaults, enum
 * defaults, aliases, logical types and limits? Texts that are no schemas are never the same. */
bool schema_same(const char *a, const char *b);

#endif
