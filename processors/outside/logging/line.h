/* One line of the log while it is put together; what does not fit is left out, never an error. */
#ifndef MILLRACE_OUTSIDE_LOGGING_LINE_H
#define MILLRACE_OUTSIDE_LOGGING_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"

enum {
    LINE_BYTES_MAX = 4096,
    LINE_RESERVED = 8, /* kept for what closes a line */
};

struct line {
    char data[LINE_BYTES_MAX];
    uint32_t length; /* bytes */
    bool full;       /* something did not fit, and nothing is added any more */
};

void line_add(struct line *line, const char *string);
void line_add_number(struct line *line, int64_t number);
/* RFC 3339 in UTC with microseconds, without quotes. */
void line_add_time(struct line *line, int64_t wall_us);
/* In quotes and escaped as JSON demands; bytes that are no UTF-8 become U+FFFD. */
void line_add_quoted(struct line *line, struct text text);
/* As it is where it consists of plain visible characters, else quoted. */
void line_add_plain(struct line *line, struct text text);
/* End the line. `closing` always fits. */
void line_close(struct line *line, const char *closing);

#endif
