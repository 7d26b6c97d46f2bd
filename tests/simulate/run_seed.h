/* Seeds in a process of their own, so that a crash is a finding like any other. */
#ifndef MILLRACE_SIMULATE_RUN_SEED_H
#define MILLRACE_SIMULATE_RUN_SEED_H

#include <sys/types.h>

#include "tests/simulate/world.h"

/* What came of them; lies in memory that the child shares. */
struct seed_result {
    bool ended;     /* the last run came to its end, violated or not */
    bool violated;  /* also when it crashed; no further seed was run */
    uint64_t seed;  /* the last one */
    uint64_t seeds; /* runs that came to their end */
    char invariant[VIOLATION_NAME_MAX];
    char violation[VIOLATION_TEXT_MAX];
    uint32_t faults_count;
    struct world_figures figures; /* of all of them */
};

struct seed_order {
    uint64_t first;
    uint64_t last;
    bool left_out[FAULTS_MAX];
    bool prints;      /* the whole transcript goes to the standard output */
    bool prints_last; /* its last lines do, when something was violated */
    bool tells_logs;  /* with what the processes log */
};

/* Memory for results that children can write to. */
struct seed_result *seed_results_open(uint32_t count);

/* Start them; the result is there when the child has ended. */
pid_t seed_start(const struct seed_order *order, struct seed_result *result);
/* What a child's end means for its result: a crash is a violation. */
void seed_ended(struct seed_result *result, int status);
/* Start, and wait. */
void seed_run(const struct seed_order *order, struct seed_result *result);

#endif
