/* A lane owns one partition for one incarnation: fence, restore, turns, and an end. Nothing here
 * starts a thread; `lane_step` is called by one (lane_thread.h), or by a simulation. */
#ifndef MILLRACE_LOOP_LANE_H
#define MILLRACE_LOOP_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/emitter.h"
#include "loop/options.h"
#include "loop/processor.h"
#include "metrics/counts.h"
#include "ports/clock.h"
#include "ports/error.h"
#include "ports/ids.h"
#include "ports/log.h"
#include "ports/logger.h"
#include "ports/store.h"

enum lane_state {
    LANE_STATE_OPENING = 0, /* store and processor are opened; `reason` says what it waits for */
    LANE_STATE_FENCING,     /* older owners are ended */
    LANE_STATE_LOCATING,    /* positions are asked */
    LANE_STATE_RESTORING,
    LANE_STATE_STARTING,
    LANE_STATE_WORKING,
    LANE_STATE_WAITING, /* working, but an input cannot go on yet; `reason` says why */
    LANE_STATE_STOPPED, /* something on a topic of ours cannot be read; `reason` says what */
    LANE_STATE_ENDED,
};

/* Why a lane ended, and by that what its group does about it. */
enum lane_end {
    LANE_END_NONE = 0,
    LANE_END_ASKED,     /* drained or closed by the group */
    LANE_END_ANEW,      /* its producer must do nothing more: a new lane takes its place at once */
    LANE_END_FENCED,    /* another owner has taken over: only a new assignment makes a new lane */
    LANE_END_NOT_OWNED, /* the partition was somebody else's before work began */
    LANE_END_DENIED,    /* it lacks a right: as after a failure, but the process says so */
    LANE_END_FAILED,
};

/* What all lanes of a group share. It and all it points to must outlive them. */
struct lane_setup {
    const struct processor_kind *kind;
    const struct log_group *log_group;
    const struct stores *stores;
    const struct emitter *emitter;
    const struct options *options;
    struct clock clock;
    struct ids ids;
    struct logger logger;
    struct counts *counts; /* of the process; NULL: none */
    int32_t partitions;    /* of every topic */
    int32_t call_ms; /* how long one call to the log may wait, at most 10,000; 0 in simulations */
};

/* A lane at one moment. */
struct lane_status {
    int32_t partition;
    enum lane_state state;
    enum lane_end end;
    char reason[512];             /* why it waits, stopped or ended; else empty */
    int64_t restore_remaining;    /* records and markers still to be read from changelogs */
    int64_t lags[LOG_TOPICS_MAX]; /* of each input: records not handled yet; -1: unknown */
    uint64_t transactions;        /* committed by this lane */
    uint64_t records;             /* input records handled and committed */
    struct uuid incarnation;      /* all zero before the fence */
    int64_t ticked_ms;            /* when it last showed to be alive; monotonic */
};

struct lane;

/* A lane for an assigned partition, from the thread of its group. Nothing is asked of anybody yet;
 * that begins with its first step. */
enum result lane_open(const struct lane_setup *setup, int32_t partition, struct lane **lane,
                      struct error *error);
/* Ends what has not ended, and frees the lane. */
void lane_close(struct lane *lane);

/* One iteration; waits nowhere but in single calls to the log. False when the lane has ended. */
bool lane_step(struct lane *lane);
/* When to step again if nothing happens before; monotonic. */
int64_t lane_due_ms(const struct lane *lane);
/* What to wait on between steps, or -1: of the log edge-triggered, of the processor
 * level-triggered. They change between steps. */
int lane_log_fd(const struct lane *lane);
int lane_processor_fd(const struct lane *lane);

/* --- From any thread. --- */

/* Take no more inputs, let calls that are out come back until `deadline_ms` (monotonic), commit,
 * end. A lane that does not work yet ends at once. */
void lane_drain(struct lane *lane, enum drain_cause cause, int64_t deadline_ms);
/* End at once, without a commit. */
void lane_ask_to_close(struct lane *lane);
bool lane_ended(const struct lane *lane);
/* When it last showed to be alive; monotonic. */
int64_t lane_ticked_ms(const struct lane *lane);
void lane_status(struct lane *lane, struct lane_status *status);

#endif
