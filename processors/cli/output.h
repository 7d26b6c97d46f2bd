/* Data on standard output, in the form that was asked for: a table, JSON or YAML. */
#ifndef MILLRACE_CLI_OUTPUT_H
#define MILLRACE_CLI_OUTPUT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

enum output_format {
    OUTPUT_FORMAT_TABLE,
    OUTPUT_FORMAT_JSON,
    OUTPUT_FORMAT_YAML,
};

/* A column of a table: its title, and the member of each row that it shows. */
struct output_column {
    const char *title;
    const char *member;
};

/* Rows (an array of flat objects): all members as JSON or YAML, the given columns as a table.
 * Control characters from messages are shown as `?` in a table, so that they cannot drive the
 * terminal. */
void output_rows(FILE *stream, enum output_format format, const json_t *rows,
                 const struct output_column *columns, uint32_t columns_count);

/* One object: as a table a line a member that holds something, nested ones as JSON. */
void output_object(FILE *stream, enum output_format format, const json_t *object);

#endif
