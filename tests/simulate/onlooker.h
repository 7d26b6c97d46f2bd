/* `millrace verify` while processors work and fail: the cut is taken and the topics are read bit by
 * bit, as time goes on, and nothing may be found. It disturbs nobody: a run is the same without it.
 */
#ifndef MILLRACE_SIMULATE_ONLOOKER_H
#define MILLRACE_SIMULATE_ONLOOKER_H

#include "tests/simulate/chance.h"
#include "tests/simulate/feeding.h"

enum { ONLOOKER_PARTITIONS_MAX = 8, ONLOOKER_LOOKS = 2 };

struct world;

/* What it does next. */
enum onlooker_stage {
    ONLOOKER_WAITS,
    ONLOOKER_ASKS_POSITIONS, /* cut 1 */
    ONLOOKER_ASKS_OTHERS,    /* cut 2, a topic at a time */
    ONLOOKER_ASKS_STATES,    /* cut 3 */
    ONLOOKER_AWAITS_STABLE,
    ONLOOKER_ASKS_ENDS, /* cut 4 */
    ONLOOKER_READS,     /* a topic of a partition at a time */
};

struct onlooker {
    struct chance chance;
    enum onlooker_stage stage;
    int64_t at_ms;       /* of the next look */
    uint32_t looks;      /* so many were finished */
    uint32_t looks_left; /* 0: it does not look (any more) */
    uint32_t topic;      /* within a stage */
    int32_t partition;   /* that is read; -1: the dead letters of all */
    struct feeding feeding;
    struct verify_positions positions[ONLOOKER_PARTITIONS_MAX];
    int64_t dues[VERIFY_TOPICS_COUNT][ONLOOKER_PARTITIONS_MAX];
    int64_t ends[VERIFY_TOPICS_COUNT][ONLOOKER_PARTITIONS_MAX];
};

void onlooker_begin(struct onlooker *onlooker, struct world *world);
/* Time is about to move. */
void onlooker_step(struct onlooker *onlooker, struct world *world);
void onlooker_end(struct onlooker *onlooker);

#endif
