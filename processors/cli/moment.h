/* Where reading a topic begins, as people type it: beginning, end, an offset, a time, or how long
 * ago. */
#ifndef MILLRACE_CLI_MOMENT_H
#define MILLRACE_CLI_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

enum moment_kind {
    MOMENT_BEGINNING,
    MOMENT_END,
    MOMENT_OFFSET,
    MOMENT_TIME,
};

struct moment {
    enum moment_kind kind;
    int64_t value; /* OFFSET; TIME: ms since 1970-01-01 UTC */
};

/* "beginning", "end", "42", "2026-01-01T00:00:00Z", "10m" (ten minutes before `now_ms`). False: it
 * is none of these. */
bool moment_parse(const char *text, int64_t now_ms, struct moment *moment);

#endif
