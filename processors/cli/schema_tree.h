/* A schema as JSON, brought into one form: full names, no docs, no needless objects. */
#ifndef MILLRACE_CLI_SCHEMA_TREE_H
#define MILLRACE_CLI_SCHEMA_TREE_H

#include <jansson.h>

/* Parse a text; NULL when it is no schema. Free it with json_decref. */
json_t *schema_tree_parse(const char *text);

/* Every named type within, by full name: a new object that refers to parts of `tree`. */
json_t *schema_tree_named_types(json_t *tree);

#endif
