/* The counters of one process: atomics that its lanes add to without a lock, and a lane's tally of
 * a turn, which counts only when the turn is committed. */
#ifndef MILLRACE_METRICS_COUNTS_H
#define MILLRACE_METRICS_COUNTS_H

#include <stdatomic.h>
#include <stdint.h>

#include "metrics/table.h"

enum { COUNTS_SERIES_MAX = 64 }; /* of one metric: its label values, or buckets and sum */

/* All zeroes is empty. Shared by all lanes of a process. */
struct counts {
    _Atomic uint64_t of[METRICS_COUNTED][COUNTS_SERIES_MAX];
};

/* A turn's part, of one lane; all zeroes is empty. */
struct tally {
    uint32_t touched; /* a bit for each metric that has something */
    uint64_t of[METRICS_COUNTED][COUNTS_SERIES_MAX];
};

/* `counts` may be NULL everywhere: nobody wants to know. The labels' values are indices into their
 * lists; 0 where there is no such label. */
void counts_add(struct counts *counts, enum metric metric, uint32_t first, uint32_t second);
/* A time, for a histogram; a negative one, of clocks that disagree, is 0. */
void counts_observe(struct counts *counts, enum metric metric, int64_t ms);

void tally_add(struct tally *tally, enum metric metric, uint32_t first, uint32_t second);
void tally_observe(struct tally *tally, enum metric metric, int64_t ms);
/* The turn is committed: add it, and begin anew. */
void counts_take(struct counts *counts, struct tally *tally);

/* --- Reading. --- */

uint64_t counts_value(const struct counts *counts, enum metric metric, uint32_t first,
                      uint32_t second);
/* Of a histogram: how many there were up to the bound with this index (not cumulative), where
 * metric_bounds_count stands for the rest; and the sum of all times. */
uint64_t counts_bucket(const struct counts *counts, enum metric metric, uint32_t bound);
uint64_t counts_sum_ms(const struct counts *counts, enum metric metric);

#endif
