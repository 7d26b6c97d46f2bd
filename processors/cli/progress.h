/* Says on standard error how far something long has come: a bar on a terminal, elsewhere a line now
 * and then; nothing at all about what is done within two seconds. */
#ifndef MILLRACE_CLI_PROGRESS_H
#define MILLRACE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool silent;      /* with --quiet */
    bool terminal;    /* a bar that is drawn over itself */
    uint64_t total;   /* steps; 0: nobody knows */
    int64_t start_ms; /* monotonic */
    int64_t said_ms;  /* when something was said last */
    uint64_t said;    /* records by then */
    uint32_t skipped; /* calls since the clock was read */
    bool drawn;       /* a bar stands on the terminal */
};

enum { PROGRESS_LINE_MAX = 128 };

/* `total`: of steps. Asks whether standard error is a terminal. */
void progress_begin(struct progress *progress, bool silent, uint64_t total);

/* So many steps are done by now, with so many records; called for each record, it costs nothing. */
void progress_tell(struct progress *progress, uint64_t done, uint64_t records);

/* Wipe the bar away, if there is one. */
void progress_end(struct progress *progress);

/* The words, without an end of line; of the time since the beginning. */
void progress_format(const struct progress *progress, uint64_t done, uint64_t records,
                     uint64_t records_per_s, char line[PROGRESS_LINE_MAX]);

/* What `progress_tell` does at a moment: true, and the words, when it is time to say something. */
bool progress_due(struct progress *progress, int64_t now_ms, uint64_t done, uint64_t records,
                  char line[PROGRESS_LINE_MAX]);

#endif
