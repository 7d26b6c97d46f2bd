/* Dead letters as an operator chooses them: by place or id, reason, key and time. */
#ifndef MILLRACE_CLI_DEAD_LETTERS_H
#define MILLRACE_CLI_DEAD_LETTERS_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/invocation.h"
#include "cli/moment.h"
#include "cli/reading.h"

enum {
    LETTERS_KEY_REASON = 256,
    LETTERS_KEY_KEY,
    LETTERS_KEY_FROM,
    LETTERS_KEY_UNTIL,
    LETTERS_KEY_OWN, /* where a verb's own options begin */
};

/* The first rows of a verb's table of options. */
#define LETTERS_OPTIONS                                                                       \
    {"reason", LETTERS_KEY_REASON, "WORD", 0, "Only those with this reason", 0},              \
        {"key", LETTERS_KEY_KEY, "KEY", 0, "Only those of this key (a certificate's id)", 0}, \
        {"from",                                                                              \
         LETTERS_KEY_FROM,                                                                    \
         "WHEN",                                                                              \
         0,                                                                                   \
         "Only those since a time (2026-01-01T00:00:00Z), or so long ago (10m)",              \
         0},                                                                                  \
    {                                                                                         \
        "until", LETTERS_KEY_UNTIL, "WHEN", 0, "Only those before a time, or so long ago", 0  \
    }

/* All zeroes chooses all. */
struct letters_choice {
    const char *const *wanted; /* places (partition@offset) or ids of commands; none: all */
    uint32_t wanted_count;
    const char *reason; /* NULL: all; likewise below */
    const char *key;
    bool has_from;
    bool has_until;
    int64_t from_ms; /* since 1970-01-01 UTC; inclusive */
    int64_t until_ms;
};

/* One of LETTERS_OPTIONS was given. */
void letters_take(struct letters_choice *choice, int key, const char *argument,
                  struct argp_state *state);

/* Give every dead letter that was chosen to `visit`, until it returns false; those that lie there
 * now, partition by partition in order. Trouble ends the program with a reason. */
void letters_each(struct reading *reading, const struct letters_choice *choice,
                  bool (*visit)(void *context, const struct read_record *read), void *context);

/* What a list says about one: where it lies, why, and what it is a copy of. A new reference. */
json_t *letters_row(const struct read_record *read);

#endif
