/* What happened in a run, as lines of prose with the virtual time; and what should not have. */
#ifndef MILLRACE_SIMULATE_TRANSCRIPT_H
#define MILLRACE_SIMULATE_TRANSCRIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "domain/values.h"
#include "tests/simulate/timeline.h"

enum {
    TRANSCRIPT_LINE_MAX = 240,
    TRANSCRIPT_KEPT = 60, /* the last lines are kept even when nothing is printed */
    VIOLATION_TEXT_MAX = 600,
    VIOLATION_NAME_MAX = 24,
};

struct transcript {
    const struct timeline *timeline;
    FILE *out; /* each line goes here as well; NULL: nowhere */
    bool keep; /* the last lines are kept; without it and `out` a line costs nothing */
    uint64_t lines;
    char kept[TRANSCRIPT_KEPT][TRANSCRIPT_LINE_MAX];

    /* The first violation; a run ends with it. */
    bool violated;
    char invariant[VIOLATION_NAME_MAX];
    char violation[VIOLATION_TEXT_MAX];
};

/* "  62.417 s  text": a sentence about who did what. Cheap when nobody listens. */
void transcript_say(struct transcript *transcript, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* An invariant does not hold. Only the first counts. `invariant`: "I2", "conservation", … */
void transcript_violation(struct transcript *transcript, const char *invariant, const char *format,
                          ...) __attribute__((format(printf, 3, 4)));
/* The kept lines, oldest first. */
void transcript_print_kept(const struct transcript *transcript, FILE *out);

/* The first eight characters of an id, which is how lines name things; in one of a few buffers. */
const char *short_id(const struct uuid *id);

#endif
