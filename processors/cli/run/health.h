/* How the process stands: alive and ready or not, and why not. What /livez, /readyz and whoever
 * watches the process go by. */
#ifndef MILLRACE_CLI_RUN_HEALTH_H
#define MILLRACE_CLI_RUN_HEALTH_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/run/run.h"

/* One processor at one moment. */
struct health_part {
    const struct run_processor *processor;
    bool working; /* its group has begun; else it still waits for servers */
    struct group_status group;
    struct lane_status *lanes; /* of assigned partitions; from malloc */
    uint32_t lanes_count;
};

/* A process at one moment. */
struct health {
    /* Every group and every lane has moved lately. If not, only a new process helps. */
    bool alive;
    /* Every processor has partitions, and each of these a lane that is fenced in, restored and
     * takes what comes. A registry that is down does not count: its work is queued, and no other
     * process could do better. */
    bool ready;
    /* Every processor was given its partitions, which may be none where others have them all, and
     * every lane works: what a start is waited for. */
    bool begun;
    json_t *dead;    /* sentences: why it is not alive */
    json_t *unready; /* why it is not ready */
    struct health_part parts[RUN_PARTS_MAX];
    uint32_t parts_count;
};

/* From any thread, while the run is open. Free it with health_free. */
void health_look(struct run *run, struct health *health);
void health_free(struct health *health);

/* The two answers alone. */
bool health_alive(struct run *run);
bool health_ready(struct run *run);

/* What /readyz says, registries and progress included; a new reference. */
json_t *health_report(struct run *run, const struct health *health);

#endif
