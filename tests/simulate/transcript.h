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
    TRANSCRIPT_NAMES_MAX = 128,
    TRANSCRIPT_NAME_MAX = 24,
};

/* What a reader would call something: "process 2" is "connector 1", an id "issue A". */
struct transcript_name {
    char formal[TRANSCRIPT_NAME_MAX];
    char usual[TRANSCRIPT_NAME_MAX];
};

struct transcript {
    const struct timeline *timeline;
    FILE *out; /* each line goes here as well; NULL: nowhere */
    bool keep; /* the last lines are kept; without it and `out` a line costs nothing */
    uint64_t lines;
    char kept[TRANSCRIPT_KEPT][TRANSCRIPT_LINE_MAX];
    struct transcript_name names[TRANSCRIPT_NAMES_MAX];
    uint32_t names_count;

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
/* From now on lines say `usual` wherever they would say `formal`. */
void transcript_name(struct transcript *transcript, const char *formal, const char *usual);
/* The kept lines, oldest first. */
void transcript_print_kept(const struct transcript *transcript, FILE *out);

/* The first eight characters of an id, which is how lines name things; in one of a few buffers. */
const char *short_id(const struct uuid *id);

#endif
