/* Schemas without their docs: every lane parses them anew, and most of their text is prose. */
#ifndef MILLRACE_SIMULATE_TERSE_SCHEMA_H
#define MILLRACE_SIMULATE_TERSE_SCHEMA_H

#include "generated/c/message_types.h"

/* Made when it is first asked for; lives as long as the program. */
const char *terse_schema(enum message_type type);

#endif
