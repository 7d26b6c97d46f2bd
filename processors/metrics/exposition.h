/* What one scrape is told: samples of the table's metrics, in the text format of Prometheus
 * (0.0.4).
 */
#ifndef MILLRACE_METRICS_EXPOSITION_H
#define MILLRACE_METRICS_EXPOSITION_H

#include <stdint.h>
#include <stdio.h>

#include "metrics/counts.h"

struct exposition;

struct exposition *exposition_open(void);
void exposition_close(struct exposition *exposition);

/* A sample of a metric that is no histogram. `labels`: a value for each of its labels, copied. */
void exposition_add(struct exposition *exposition, enum metric metric, const char *const *labels,
                    double value);
/* All that is counted, zeroes too: who asks for a rate must see a counter before it moves. */
void exposition_add_counts(struct exposition *exposition, const struct counts *counts);

/* In the order of the table, each metric with its HELP and TYPE; those without samples are left
 * out. */
void exposition_write(const struct exposition *exposition, FILE *out);

#endif
