/* The unknown outcomes of one lane in quarantine: since when each is, when its writer was found
 * dead, and which verdicts "not executed" were written down late enough to count. Kept in memory
 * only, on this lane's monotonic clock: every owner begins anew. */
#ifndef MILLRACE_REGISTRY_CONNECTOR_QUARANTINE_H
#define MILLRACE_REGISTRY_CONNECTOR_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/submission.h"
#include "generated/c/registry_state.h"
#include "loop/options.h"
#include "loop/processor.h"
#include "ports/clock.h"
#include "ports/logger.h"
#include "ports/process.h"

enum {
    QUARANTINE_BUCKETS = 1024,
    QUARANTINE_LOOK_MS = 5000,     /* between two looks whether writers live */
    QUARANTINE_ASK_MS = 1000,      /* between two questions where the operations end */
    QUARANTINE_ASK_AGAIN_MS = 100, /* after one without an answer; doubled each time */
    QUARANTINE_ASK_AGAIN_MAX_MS = 5000,
};

/* A process that wrote intents which are unknown now. */
struct quarantine_writer {
    struct millrace_writer writer; /* its text is in memory of its own */
    uint32_t intents;
    bool dead;       /* proven, and nobody rises from it */
    int64_t dead_ms; /* of `dead`: when this lane found it; monotonic */
    struct quarantine_writer *next;
};

/* What closes a quarantine: each has its own beginning. */
enum quarantine_kind {
    QUARANTINE_OF_THE_DEAD,  /* since the writer is found dead */
    QUARANTINE_OF_THE_RISKY, /* since the outcome is unknown: "may execute twice" */
    QUARANTINE_KINDS,
};

/* One certificate's unknown outcome. */
struct quarantine {
    struct uuid certificate_id;
    struct uuid submission_id;
    int64_t unknown_at;               /* ms since 1970, as it was written down; to be shown only */
    int64_t unknown_ms;               /* since when it is unknown to this lane; monotonic */
    struct quarantine_writer *writer; /* of the open intent */
    /* The first offset of the operations that was not written yet when the quarantine had ended;
     * -1: not known to be over. */
    int64_t counts_from[QUARANTINE_KINDS];
    struct quarantine *next;
};

struct quarantines {
    const struct options *options;
    struct process process;
    struct clock clock;
    struct logger logger;
    struct quarantine *buckets[QUARANTINE_BUCKETS];
    uint32_t count;
    int64_t oldest_at; /* the least `unknown_at`, when it was last looked for */
    bool oldest_left;  /* since then that one may have been settled */
    struct quarantine_writer *writers;
    int64_t due_ms;   /* when there is something to be done; monotonic */
    int64_t look_ms;  /* not before */
    int64_t ask_ms;   /* likewise */
    bool asking;      /* a question has no answer yet */
    int64_t asked_ms; /* of `asking`: when it was first put; monotonic */
    int32_t again_ms; /* after how long it was put again last; 0: it was not */
};

/* `options` is borrowed. */
void quarantines_init(struct quarantines *quarantines, const struct options *options,
                      const struct process *process, const struct clock *clock,
                      const struct logger *logger);
/* Also of all zeroes. */
void quarantines_deinit(struct quarantines *quarantines);

/* A ledger stands like this from now on: what is unknown comes in, what is settled goes. */
void quarantines_follow(struct quarantines *quarantines,
                        const struct registry_state_ledger_state *ledger, int64_t now_ms);

/* Since when the oldest of them is unknown, as it was written down; ms since 1970; 0: there is
 * none.
 */
int64_t quarantines_oldest_at(struct quarantines *quarantines);

/* What a verdict by this rule, which stands at this offset of the operations, has to go by. */
struct submission_facts quarantines_facts(struct quarantines *quarantines,
                                          const struct uuid *certificate_id,
                                          enum millrace_closing_rule rule, int64_t offset);

/* Do what is due: look whether writers live, and ask the brokers where the operations, the input
 * `operations`, end. */
void quarantines_tick(struct quarantines *quarantines, const struct lane_identity *identity,
                      uint32_t operations);
/* When that is; monotonic, INT64_MAX: never. */
int64_t quarantines_next_ms(const struct quarantines *quarantines);

#endif
