/* Chance that repeats: the same seed gives the same numbers. */
#ifndef MILLRACE_STANDIN_CHANCE_H
#define MILLRACE_STANDIN_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct standin_chance {
    uint64_t state;
};

enum standin_latency_shape { LATENCY_FIXED, LATENCY_UNIFORM, LATENCY_EXPONENTIAL };

/* How long the registry takes for a transaction. */
struct standin_latency {
    enum standin_latency_shape shape;
    int64_t low_ms;  /* FIXED: always; UNIFORM: at least; EXPONENTIAL: the mean */
    int64_t high_ms; /* UNIFORM: at most */
};

/* 0 ≤ x < 1. */
double standin_chance_draw(struct standin_chance *chance);
int64_t standin_latency_draw(const struct standin_latency *latency, struct standin_chance *chance);

/* "250", "250ms", "2s", "1m": milliseconds. False: it is none. */
bool standin_duration_parse(const char *text, int64_t *duration_ms);
/* "fixed:2s", "uniform:1s..3s", "exponential:2s". */
bool standin_latency_parse(const char *text, struct standin_latency *latency);

#endif
