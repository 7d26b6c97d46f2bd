/* One processor's supervision: opens lanes for what is assigned, drains them when it is taken away,
 * and sees to it that no partition is owned without a living lane. */
#ifndef MILLRACE_LOOP_GROUP_H
#define MILLRACE_LOOP_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/lane.h"

enum {
    GROUP_REJOINS_MAX = 3, /* within the window; once more, and the process ends */
    GROUP_REJOINS_WINDOW_MS = 600000,
};

struct group_setup {
    struct lane_setup lanes; /* and what it points to, must outlive the group */
    bool threads;            /* one a lane; else `group_step` steps the lanes: for simulations */
};

struct group_status {
    bool stopping;        /* told to end, or ending by itself */
    bool assigned;        /* it was given partitions, or heard that there are none for it */
    uint32_t rejoins;     /* times it has left and joined again */
    uint32_t rebuilt;     /* lanes that started anew with a new producer */
    uint32_t lanes_count; /* partitions that are assigned */
    int64_t ticked_ms;    /* when the group itself last showed to be alive; monotonic */
};

struct group;

enum result group_open(const struct group_setup *setup, struct group **group, struct error *error);
/* After `group_run` has returned, or `group_step` false: all lanes are closed by then. Leaving the
 * group for good is the caller's: it opened `log_group`. A lane that does not end is abandoned,
 * and the process must end. */
void group_close(struct group *group);

/* Work until told to stop. OK: all lanes were drained. FAILED: the membership or a lane could not
 * go on, `error` says why; the process ends and is started anew by whoever watches it. */
enum result group_run(struct group *group, struct error *error);

/* One iteration, waiting at most this long for something to happen. False: it has ended. */
bool group_step(struct group *group, int32_t timeout_ms);
/* When to step again if nothing happens before; monotonic, without threads only. */
int64_t group_due_ms(const struct group *group);
/* How it ended. */
enum result group_result(const struct group *group, struct error *error);

/* Drain all lanes and end. From any thread, and from a signal handler. */
void group_stop(struct group *group);

/* From any thread: what it does, and each assigned partition's lane, at most `lanes_max`. */
void group_status(struct group *group, struct group_status *status, struct lane_status *lanes,
                  uint32_t lanes_max);

#endif
