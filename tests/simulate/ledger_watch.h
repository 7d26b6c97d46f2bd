/* Watches the promise itself: what the ledger's events say beside what the registry really got. It
 * reads registry.events as they become visible, and hears of each request the moment it is read. */
#ifndef MILLRACE_SIMULATE_LEDGER_WATCH_H
#define MILLRACE_SIMULATE_LEDGER_WATCH_H

#include "tests/simulate/lying_registry.h"
#include "tests/simulate/timeline.h"
#include "tests/simulate/transcript.h"
#include "tests/support/memory_log.h"
#include "wire/schema_cache.h"

struct ledger_watch_setup {
    struct memory_log *log;
    struct lying_registry *registry;
    struct schema_cache *cache; /* to read with */
    int32_t partitions;
    struct transcript *transcript;
};

struct ledger_watch;

/* From now on each request is looked at. */
struct ledger_watch *ledger_watch_open(const struct ledger_watch_setup *setup);
void ledger_watch_close(struct ledger_watch *watch);

/* Read what has become visible: I0, I1, I3, I4, I7, I8 at each event, and whether each reading of a
 * stream is one of the registry's own. */
void ledger_watch_read(struct ledger_watch *watch);

/* Each submission that is unknown now. */
void ledger_watch_each_unknown(const struct ledger_watch *watch,
                               void (*visit)(void *context, const struct uuid *certificate_id,
                                             const struct uuid *submission_id),
                               void *context);

/* Where everything stands, after `ledger_watch_read`. */
struct ledger_counts {
    uint32_t submitted;        /* SubmitTransactions that are visible */
    uint32_t open;             /* of those: neither settled nor unknown */
    uint32_t unknown;          /* unknown and not resolved */
    uint32_t unknown_executed; /* of these: the registry has executed it */
    uint32_t settled;
    uint32_t not_sent; /* attempts */
    uint32_t ever_unknown;
    uint32_t resolved;   /* by a verdict */
    uint32_t late_sends; /* requests of a submission that was unknown already */
    uint32_t incidents;
    uint32_t streams_read;
    uint32_t unanswered; /* ReadStreams, where the registry can give an answer */
};
struct ledger_counts ledger_watch_counts(struct ledger_watch *watch);

/* Faults are off, and nobody has given verdicts since: I10, a reply that a living process was given
 * is not lost. */
void ledger_watch_when_calm(struct ledger_watch *watch);
/* Nothing is open any more: I6 and I9, each submission against the registry. */
void ledger_watch_at_rest(struct ledger_watch *watch);

#endif
