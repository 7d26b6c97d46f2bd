/* The one table of time-outs and limits that a deployment may change; plain data with defaults. */
#ifndef MILLRACE_LOOP_OPTIONS_H
#define MILLRACE_LOOP_OPTIONS_H

#include <stdint.h>

struct options {
    int32_t session_timeout_ms;     /* 6,000: a member is dead after this silence */
    int32_t transaction_timeout_ms; /* 30,000: the broker aborts and fences after this */
    int32_t max_poll_interval_ms;   /* 300,000: must exceed revoke_drain_ms */
    int32_t revoke_drain_ms;        /* 20,000: how long calls that are out are waited for */
    int32_t call_timeout_ms;        /* 30,000: one registry call */
    int32_t unknown_after_ms;       /* 60,000: how long a foreign intent is held open */
    int32_t quarantine_ms;          /* 0 = not set: no "not executed" without it */
    int32_t commit_slow_ms;         /* 5,000: a commit that took longer ends the incarnation */
    int32_t batch_quiet_ms;         /* 3: a batch closes after this when nothing more comes */
    int32_t batch_max_ms;           /* 100: a batch closes after this under load */
    uint32_t batch_records_max;     /* 1,000 input records a turn */
    int32_t lane_silent_ms;         /* 30,000: a lane that has not ticked is dead */
    uint32_t in_flight_max;         /* 10,000 calls out per registry, shared by all lanes */
};

/* The defaults given above. */
struct options options_default(void);

#endif
