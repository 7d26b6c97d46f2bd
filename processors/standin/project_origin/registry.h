/* The registry itself, without a network: it queues, executes when the time has come, and tells. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_REGISTRY_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_REGISTRY_H

#include "ports/clock.h"
#include "ports/error.h"
#include "standin/chance.h"
#include "standin/ledger.h"
#include "standin/project_origin/stream.h"
#include "standin/project_origin/timers.h"
#include "standin/project_origin/verifier.h"

/* Since it was opened. */
struct mimic_counts {
    uint64_t queued; /* that now wait */
    uint64_t committed;
    uint64_t failed;
    uint64_t poisoned;
    uint64_t lost;
};

struct mimic_registry {
    const struct mimic_network *network;
    const struct standin_latency *latency; /* of executing one transaction; may be changed */
    int64_t finalize_after_ms;
    struct clock clock;
    struct standin_chance *chance;
    struct standin_ledger *ledger;
    struct mimic_timers *timers;
    struct mimic_streams streams;
    struct mimic_statuses statuses;
    struct mimic_counts counts;
};

/* The fields before `streams` are set by the caller. */
void mimic_registry_init(struct mimic_registry *registry);
void mimic_registry_deinit(struct mimic_registry *registry);

/* PENDING, and then queued: the transaction is the registry's from then on. False: it names no
 * stream, so that upstream throws, and its status is PENDING all the same. */
bool mimic_registry_queue(struct mimic_registry *registry, struct mimic_transaction *transaction,
                          enum mimic_fate fate);

/* What it knows of a transaction; `message` is set for FAILED, else empty. Valid until the next
 * call. */
enum mimic_status mimic_registry_status(struct mimic_registry *registry,
                                        const uint8_t id[MIMIC_ID_BYTES], const char **message);

/* Commit what was committed before, as the file of a ledger tells. INVALID: it tells something that
 * cannot have been. No file is an empty one. */
enum result mimic_registry_restore(struct mimic_registry *registry, const char *ledger,
                                   struct error *error);

/* The certificate of a stream, as `struct mimic_case` asks a registry for it; NULL: there is none.
 */
const struct mimic_certificate *mimic_registry_find(void *self, const uint8_t id[MIMIC_UUID_BYTES]);

/* Commit; FINALIZED `finalize_after_ms` after `committed_ms`. For restoring only. */
void mimic_registry_commit(struct mimic_registry *registry, struct mimic_stream *stream,
                           struct mimic_transaction *transaction, const struct mimic_event *event,
                           int64_t committed_ms);

#endif
