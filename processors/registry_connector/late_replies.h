/* Replies that come when their lane has ended: written to registry.evidence by a producer that
 * nobody fences, so that the next owner of the partition can settle what is open. */
#ifndef MILLRACE_REGISTRY_CONNECTOR_LATE_REPLIES_H
#define MILLRACE_REGISTRY_CONNECTOR_LATE_REPLIES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ports/clock.h"
#include "ports/log.h"
#include "ports/logger.h"
#include "ports/registry.h"
#include "registry_connector/flight.h"

enum {
    LATE_OBSERVER_MAX = 256,
    LATE_LINGER_MS = 60000, /* how long answers are waited for behind a time-out */
};

/* The process's one collector. */
struct late_replies {
    struct clock clock;
    struct logger logger;
    const struct log_plain *log; /* borrowed */
    struct millrace_source source;
    char observer[LATE_OBSERVER_MAX]; /* which program on which host */
    int32_t schema_id;                /* of EvidenceFound */
    pthread_mutex_t mutex;            /* guards the rest */
    struct late_connection *connections;
    pthread_t thread;
    bool threaded;
    atomic_bool stopping;
    int wake; /* eventfd: there is more to wait for */
};

struct late_replies_config {
    struct clock clock;
    struct logger logger;
    const struct log_plain *log;   /* must outlive the collector */
    struct millrace_source source; /* its texts too */
    struct text host;
    int32_t schema_id; /* of registry.evidence.EvidenceFound */
};

enum result late_replies_open(struct late_replies *late, const struct late_replies_config *config,
                              struct error *error);
/* From now on a thread of its own does the steps. */
enum result late_replies_run(struct late_replies *late, struct error *error);
/* Ends at the latest in `timeout_ms`: until then replies that are still out are waited for. */
void late_replies_close(struct late_replies *late, int32_t timeout_ms);

/* A reply that its lane cannot use any more becomes evidence now, if it says anything about the
 * outcome. Safe from any thread. */
void late_replies_testify(struct late_replies *late, const struct flight_subject *subject,
                          const struct registry_reply *reply);

/* Take over a connection with what is out on it, calls and questions. The connection is the
 * collector's from now on; `subjects` are copied. Safe from any thread. */
void late_replies_take(struct late_replies *late, const struct registry *registry,
                       const struct flight_subject *subjects, uint32_t subjects_count);

/* Fetch what has come, drop what is done. False: nothing is awaited any more. */
bool late_replies_step(struct late_replies *late);

#endif
