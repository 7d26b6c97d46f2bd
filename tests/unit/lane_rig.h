/* A lane of the toy processor on the log in memory, as the only process there is. Each Test is a
 * process of its own, so there is one rig. */
#ifndef MILLRACE_TESTS_UNIT_LANE_RIG_H
#define MILLRACE_TESTS_UNIT_LANE_RIG_H

#include "tests/support/toy.h"

enum {
    LANE_RIG_PARTITION = 1,
    SECOND_MS = 1000,
};

struct lane_rig {
    struct toy_world *world;
    struct toy_member member; /* all partitions are its own */
    struct lane *lane;        /* of LANE_RIG_PARTITION; each test closes its own */
};

extern struct lane_rig rig;

/* For .init and .fini of a TestSuite. */
void lane_rig_open(void);
void lane_rig_close(void);

/* Open the lane, and let it work for a moment. */
void lane_rig_start(void);
/* A new lane in the place of one that has ended; it works. */
void lane_rig_start_next(void);
/* Steps and moves the clock, for so long. */
void lane_rig_work(int64_t duration_ms);
/* The lane's next commit ends this way. */
void lane_rig_fault(enum memory_fault fault);

/* Where the lane has got to in an input, or -1. */
int64_t lane_rig_committed(const char *topic);
void lane_rig_expect_end(enum lane_end end);
/* Everything is there once, in state, events and offsets. */
void lane_rig_expect_state(const char *state, const char *events, int64_t commands);
/* What was sent as effects of commits. */
void lane_rig_expect_sent(const char *values);

#endif
