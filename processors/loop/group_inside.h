/* The inside of a group, for the files it is made of. */
#ifndef MILLRACE_LOOP_GROUP_INSIDE_H
#define MILLRACE_LOOP_GROUP_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "loop/group.h"
#include "loop/lane_thread.h"

enum { GROUP_POLL_MS = 100 }; /* how long nothing may be looked at while nothing is heard */

/* What the group does besides keeping its lanes alive. */
enum group_phase {
    GROUP_PHASE_WORKING = 0,
    GROUP_PHASE_REVOKING,  /* lanes of some partitions end, then the revocation is confirmed */
    GROUP_PHASE_REJOINING, /* all lanes end, then the group is left and joined again */
    GROUP_PHASE_STOPPING,  /* all lanes end, then the group does */
    GROUP_PHASE_ENDED,
};

/* Why the group is left and joined again. */
enum group_rejoin_cause {
    GROUP_REJOIN_LANE_DEAD, /* a partition is ours and has no living lane */
    /* The partitions are somebody else's already, so nothing is drained. */
    GROUP_REJOIN_FENCED,    /* another process has the name of this member */
    GROUP_REJOIN_FORGOTTEN, /* the same words, but a broker that died may have forgotten us: done as
                               often as it happens */
};

/* One partition's place. */
struct group_lane {
    bool assigned;
    struct lane *lane; /* NULL: none lives */
    bool threaded;     /* its thread runs and must be joined */
    bool leaving;      /* it was told to end, and the phase waits for it */
    struct lane_thread thread;
    int64_t dead_since_ms;   /* monotonic; when a living lane was seen to be missing */
    struct lane_status last; /* of the last lane, once it has ended */
};

struct group {
    const struct group_setup *setup;
    struct logger logger;
    int32_t partitions;
    enum group_phase phase;
    int64_t phase_deadline_ms; /* until then lanes that were told to end must have ended */
    bool pressed;              /* they were told so again, without patience */
    struct error error;        /* why it ends by itself; OK: it was told to */
    int64_t rejoined_ms[GROUP_REJOINS_MAX]; /* monotonic, of the last ones; INT64_MIN: none */
    int64_t cut_off_ms; /* monotonic, when no broker answered last; INT64_MIN: none was missed */
    int wake_fd;        /* an eventfd: a lane ended, or stop */
    atomic_bool stop;
    atomic_llong ticked_ms;
    pthread_mutex_t mutex; /* guards what `group_status` reads: counts and which lanes there are */
    struct group_status status;
    struct group_lane lanes[]; /* one a partition */
};

/* group_lanes.c */
void group_lane_open(struct group *group, int32_t partition);
/* Close a lane that has ended. */
void group_lane_close(struct group *group, struct group_lane *place);
void group_lane_drain(struct group *group, struct group_lane *place, enum drain_cause cause);
void group_lane_ask_to_close(struct group_lane *place);
/* True when no lane that was told to end is left. */
bool group_lanes_left(struct group *group);

/* group_watch.c: make lanes anew, and leave and join again where a partition has none. */
void group_watch(struct group *group, int64_t now_ms);
/* Leave and join again, or give up where that was done too often. */
void group_rejoin(struct group *group, const struct error *why, enum group_rejoin_cause cause);
/* Asks whether any broker answers, and notes when none did: nothing that a lane or the group should
 * have done meanwhile could be done. */
bool group_is_cut_off(struct group *group);
/* When a partition of ours that has no living lane is given up, monotonic. */
int64_t group_lane_dead_ms(const struct group *group, const struct group_lane *place);

int64_t group_now_ms(const struct group *group);
void group_enter(struct group *group, enum group_phase phase);
/* End by itself: drain what still works. */
void group_fail(struct group *group, const struct error *error);

#endif
