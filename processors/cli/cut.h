/* Where a comparison of all topics ends: one moment of a system that goes on working. */
#ifndef MILLRACE_CLI_CUT_H
#define MILLRACE_CLI_CUT_H

#include <stdint.h>

#include "cli/reading.h"
#include "cli/verify/verify.h"

enum { CUT_PARTITIONS_MAX = 1000 };

/* As `struct verify_positions` says why. By index into `verify_topics`. */
struct cut {
    int32_t partitions;
    struct verify_positions positions[CUT_PARTITIONS_MAX];
    int64_t firsts[VERIFY_TOPICS_COUNT][CUT_PARTITIONS_MAX]; /* the oldest offset that exists */
    int64_t dues[VERIFY_TOPICS_COUNT][CUT_PARTITIONS_MAX];   /* what lies behind it is late */
    /* What lies behind it is not read; but for states, of which all is. */
    int64_t ends[VERIFY_TOPICS_COUNT][CUT_PARTITIONS_MAX];
};

/* Ask Kafka, in the right order. Trouble ends the program with a reason. */
void cut_take(struct reading *reading, int32_t partitions, struct cut *cut);

#endif
