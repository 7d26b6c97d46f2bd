/* Spans of time as people type them: 500ms, 30s, 2m, 1h. */
#ifndef MILLRACE_CLI_DURATION_H
#define MILLRACE_CLI_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* False: it is none, is negative, or is longer than a week. A bare number means seconds. */
bool duration_parse(const char *text, int64_t *duration_ms);

#endif
