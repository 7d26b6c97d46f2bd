/* How a call to the outside can end, in one word to branch on and one sentence to read. */
#ifndef MILLRACE_PORTS_ERROR_H
#define MILLRACE_PORTS_ERROR_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum result {
    RESULT_OK = 0,
    RESULT_AGAIN,     /* nothing happened yet; the same call later may succeed */
    RESULT_NOT_FOUND, /* it was asked and does not exist */
    RESULT_INVALID,   /* what was given cannot be worked on, now or later */
    RESULT_DENIED,    /* whoever was asked does not let us, and nothing happened */
    RESULT_FENCED,    /* another owner has taken over: this one ends and never starts again */
    RESULT_DOUBTFUL,  /* it may or may not have happened; only reading anew can tell */
    RESULT_FAILED,    /* it did not happen, and the resource must be opened anew */
};

/* A sentence for a person: what happened, to which thing, what to do next. */
struct error {
    enum result result;
    char text[512];
};

__attribute__((format(printf, 3, 4))) static inline enum result error_set(struct error *error,
                                                                          enum result result,
                                                                          const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error->result = result;
    (void)vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return result;
}

/* Put context before the sentence that came from below: "context: sentence". */
__attribute__((format(printf, 2, 3))) static inline enum result error_wrap(struct error *error,
                                                                           const char *format,
                                                                           ...) {
    char context[sizeof error->text];
    char inner[sizeof error->text];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
    memcpy(inner, error->text, sizeof inner);
    (void)snprintf(error->text, sizeof error->text, "%.200s: %.300s", context, inner);
    return error->result;
}

#endif
