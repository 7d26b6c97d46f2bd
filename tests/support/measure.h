/* Two ways to do one job, measured in turns: medians, and what one costs over the
 * other. Nothing is passed or failed by the figures. */
#ifndef MILLRACE_TESTS_SUPPORT_MEASURE_H
#define MILLRACE_TESTS_SUPPORT_MEASURE_H

#include <stdatomic.h>
#include <stdint.h>

enum { MEASURE_ROUNDS = 3, MEASURE_MORE_MAX = 4 };

/* Wall clock and CPU time of this process, librdkafka's threads included. */
struct measure_moment {
    double wall_s;
    double cpu_s;
};

struct measure_way {
    const char *name;
    void (*run)(struct measure_way *way); /* one round; ends with one `measure_note` */
    double per_s[MEASURE_ROUNDS];
    double cpu_s_per_million[MEASURE_ROUNDS];
    double written_each; /* records written for each piece of the job; the same in every round; 0:
                            it writes none */
    uint32_t rounds;     /* run so far */
};

/* PROGRAM [COUNT [PARTITIONS [WAY]]] */
struct measure_arguments {
    uint32_t count; /* pieces of the job in a round */
    int32_t partitions;
    const char *only; /* the one way to run, for a profile; NULL: both */
};
/* Ends the program where no Kafka is named in the environment. */
struct measure_arguments measure_arguments(int argc, char **argv, uint32_t count);

struct measure_moment measure_now(void);
/* Waits until so much is reached. A way that makes no progress is not waited for: its threads may
 * hang in a call, so the program ends without them. */
void measure_await(const struct measure_way *way, const atomic_uint *reached, uint32_t count);
/* A round is over: `count` pieces since `began`. */
void measure_note(struct measure_way *way, const struct measure_moment *began, uint32_t count);

/* The middle one of a figure's rounds, which it sorts. */
double measure_median(double rounds[MEASURE_ROUNDS]);

/* Runs both ways in turns and prints what came of it: for people on stderr, and the line of values
 * where both ran. Ratios are of `ours` over `other`; `pieces` names what is counted. */
void measure_pair(const char *id, const char *pieces, struct measure_way *ours,
                  struct measure_way *other, const char *only);

/* The one line on stdout of a bench, which tests/bench/run reads. */
struct measure_value {
    const char *name;
    double value;
};
/* As `measure_pair`, with more values on the line that were measured apart. */
void measure_pair_and(const char *id, const char *pieces, struct measure_way *ours,
                      struct measure_way *other, const char *only, const struct measure_value *more,
                      uint32_t more_count);
void measure_print(const char *id, const struct measure_value *values, uint32_t count);

#endif
