/* One life of a simulated process: whether it lives, stands still or is cut off, and the points of
 * its way at which a fault may hit it. Everything of ours runs inside some process. */
#ifndef MILLRACE_SIMULATE_PROCESS_H
#define MILLRACE_SIMULATE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "ports/clock.h"
#include "tests/simulate/timeline.h"
#include "tests/simulate/transcript.h"

/* Where a process talks to the outside. The ports of the simulation come here at each call; a fault
 * that is armed for a point hits between what was before it and what comes after it. */
enum point {
    POINT_FENCE,       /* before init_transactions leaves */
    POINT_FENCED,      /* it was answered */
    POINT_POSITIONS,   /* before offsets and ends are asked */
    POINT_RESTORE,     /* before a piece of a changelog is asked */
    POINT_START,       /* restored; before the inputs are read */
    POINT_POLL,        /* records of an input are about to be given out */
    POINT_PRODUCE,     /* before a transaction's records leave */
    POINT_END,         /* they have left; before the request to commit leaves */
    POINT_COMMITTED,   /* a commit is known, and about to be told */
    POINT_SEND,        /* before a call is given to the registry's adapter */
    POINT_WIRE,        /* before a request's bytes are handed to the kernel */
    POINT_WIRED,       /* they were */
    POINT_REPLY,       /* a reply, or a stream that was read, is about to be given out */
    POINT_WITHDRAW,    /* before an attempt is destroyed */
    POINT_ASK,         /* before a question's bytes are handed to the kernel */
    POINT_EVIDENCE,    /* before a piece of evidence leaves */
    POINT_REVOKE_DONE, /* lanes have ended; before the partitions are given back */
    POINTS_COUNT,
};

enum blow {
    BLOW_NONE = 0,
    BLOW_KILL,  /* kill -9 */
    BLOW_PAUSE, /* SIGSTOP, and SIGCONT after `pause_ms` */
};

struct sim_process {
    uint32_t number; /* of the place it runs at, from 0 */
    uint32_t life;   /* how often that place was started, from 1 */
    struct timeline *timeline;
    struct transcript *transcript;
    bool dead;                   /* nothing it does has any effect any more */
    bool paused;                 /* it does nothing */
    bool no_kafka;               /* cut off from the brokers: requests and answers are lost */
    bool no_registry;            /* cut off from the registries */
    int64_t monotonic_offset_ms; /* its clocks against the timeline */
    int64_t wall_offset_ms;

    /* One fault that waits for its point. */
    enum blow blow;
    enum point blow_point;
    uint32_t blow_after; /* how often the point is passed unharmed before */
    int64_t pause_ms;

    /* Lets everybody but this process go on until a moment; of the world's. */
    void (*meanwhile)(void *world, int64_t until_ms);
    /* The process was killed at a point: the world hears of it at once. */
    void (*died)(void *world, struct sim_process *process);
    void *world;

    uint64_t reached[POINTS_COUNT]; /* how often it came to each */
    uint64_t hit[POINTS_COUNT];     /* how often a fault hit there */
};

/* The process comes to a point, where it may die or stand still; time may have passed and anything
 * may have happened when this returns, so nothing that was looked up before may be relied on, and
 * no lock may be held. False: it is dead; the port does nothing more, and fails. */
bool process_comes_to(struct sim_process *process, enum point point);

const char *point_name(enum point point);

/* Its own clocks. */
struct clock process_clock(struct sim_process *process);

#endif
