/* The inside of a lane, for the files it is made of. */
#ifndef MILLRACE_LOOP_LANE_INSIDE_H
#define MILLRACE_LOOP_LANE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "loop/lane.h"
#include "loop/restore.h"
#include "loop/turn_inside.h"

enum {
    LANE_RETRY_MS = 100,         /* between calls that are answered with "again" */
    LANE_COMMIT_RETRY_MS = 10,   /* the same for the end of a commit */
    LANE_BACKOFF_FIRST_MS = 100, /* until a record that cannot be handled yet is tried again */
    LANE_BACKOFF_MAX_MS = 5000,
    LANE_SLICE_RECORDS = 128, /* handled before more urgent inputs are looked at again */
    LANE_REPORT_MS = 200,     /* between two reports of progress in the status */
    LANE_PROGRESS_MS = 5000,  /* between two lines in the log about a restore */
    LANE_ASK_MS = 1000,       /* how long a processor's question to the log may take */
};

enum lane_command {
    LANE_COMMAND_NONE = 0,
    LANE_COMMAND_DRAIN,
    LANE_COMMAND_CLOSE,
};

/* Something that cannot go on yet is tried again later, less and less often. */
struct lane_backoff {
    int64_t until_ms; /* monotonic; 0: it is not waiting */
    int32_t step_ms;
};

struct lane_input {
    struct log_batch batch;
    uint32_t taken; /* records of the batch that are handled */
    int64_t next;   /* offset of the first record not handled */
    struct lane_backoff backoff;
};

struct lane {
    const struct lane_setup *setup;
    const struct log_topology *topology;
    int32_t partition;
    struct logger logger;

    /* What is open, each closed by the lane's end. */
    struct log log;
    struct store store;
    bool turn_open;
    bool store_open;
    struct processor processor;
    bool processor_open;
    struct turn turn;

    enum lane_state state;
    enum lane_end end;
    int64_t due_ms;
    struct lane_identity identity;
    struct log_positions positions;
    struct restore restore;
    struct lane_backoff backoff; /* of the restore and the start */
    int64_t progress_ms;         /* monotonic; when the log was last told of the restore */
    bool started;                /* the processor is; the inputs may not be yet */

    /* Turns. */
    struct lane_input inputs[LOG_TOPICS_MAX];
    uint32_t handled;        /* input records in this turn */
    uint64_t changes_seen;   /* of the batch, when content was last looked at */
    int64_t content_ms;      /* since when this turn has something to commit; INT64_MAX: nothing */
    int64_t changed_ms;      /* when that last grew */
    bool inputs_closed;      /* no more inputs are taken */
    bool dead;               /* the processor must not be called any more */
    bool tick_more;          /* the last tick left work */
    bool committing;         /* a transaction is begun and its end not known */
    int64_t commit_began_ms; /* monotonic */
    uint64_t sequence;       /* of transactions in this incarnation */
    int64_t changelogs_next[LOG_TOPICS_MAX];
    bool draining;
    bool drain_told; /* the processor knows */
    enum drain_cause drain_cause;
    int64_t drain_deadline_ms;
    uint64_t transactions;
    uint64_t records;

    /* Shared with other threads. */
    atomic_int command; /* enum lane_command; only ever raised */
    atomic_int command_cause;
    atomic_llong command_deadline_ms;
    atomic_llong ticked_ms;
    atomic_bool ended;
    pthread_mutex_t mutex; /* guards `status` */
    struct lane_status status;
    int64_t reported_ms;
};

/* Now, and a sign of life. */
int64_t lane_tick(struct lane *lane);
/* Enter a state; `error` says why, or is NULL. */
void lane_enter(struct lane *lane, enum lane_state state, const struct error *error);
/* The end: everything is closed. `error` may be NULL where the lane was asked to end. */
void lane_finish(struct lane *lane, enum lane_end end, const struct error *error);
/* The lane ends, and a new one with a new producer takes its place. */
void lane_begin_anew(struct lane *lane, enum metric_rebuilt_cause cause, const struct error *error);
/* Something cannot be read and the processor must not go on: nothing is called any more. */
void lane_die(struct lane *lane, const struct error *error);
/* A call to the log or the processor did not succeed, and no repetition helps: INVALID stops the
 * lane, anything else ends it. */
void lane_fall(struct lane *lane, const struct error *error, enum result result);
/* Say that a lane stopped. */
void lane_lament(const struct lane *lane, const struct error *error);
/* Tell others how far it is, now or when the last report is old. */
void lane_report(struct lane *lane, int64_t now_ms, bool now);

void lane_back_off(struct lane_backoff *backoff, int64_t now_ms);

/* lane_start.c: one iteration of each state on the way to work. */
void lane_start_opening(struct lane *lane);
void lane_start_fencing(struct lane *lane);
void lane_start_locating(struct lane *lane);
void lane_start_restoring(struct lane *lane);
void lane_start_starting(struct lane *lane);
/* lane_turn.c: one iteration of work. */
void lane_work(struct lane *lane);
/* lane_commit.c */
void lane_commit_begin(struct lane *lane, int64_t now_ms);
void lane_commit_wait(struct lane *lane);

#endif
