/* Calls of one lane that are under way, from the staged intent to the settled outcome. */
#ifndef MILLRACE_REGISTRY_CONNECTOR_FLIGHT_H
#define MILLRACE_REGISTRY_CONNECTOR_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "generated/c/registry_events.h"
#include "ports/registry.h"

enum {
    FLIGHTS_BUCKETS = 4096,
    FLIGHT_TRANSACTION_ID_MAX = 256, /* bytes, as the schema bounds it */
    FLIGHT_CHANNEL_MAX = 64,         /* likewise */
};

enum flight_stage {
    FLIGHT_STAGED,    /* the intent is in the open turn */
    FLIGHT_COMMITTED, /* it is known to be committed; nothing was started yet */
    FLIGHT_STARTED,   /* the one attempt was given to the registry's adapter */
    FLIGHT_UNKNOWN,   /* its outcome is unknown; a late reply may still come */
    FLIGHT_OUTLIVED,  /* settled by other evidence, and the next submission is under way; what its
                         late reply says is written down as evidence */
};

/* What a reply is about, enough to write it down as evidence without the ledger. */
struct flight_subject {
    struct registry_call call;
    struct uuid incarnation; /* whose intent it is about */
    char transaction_id[FLIGHT_TRANSACTION_ID_MAX];
    uint32_t transaction_id_length;
    struct uuid intended_id; /* of the SubmissionIntended */
    struct uuid correlation_id;
    char channel[FLIGHT_CHANNEL_MAX];
    uint32_t channel_length; /* 0: none */
};

/* Of the intent with this metadata, by this incarnation. Texts are copied. */
void flight_subject_init(struct flight_subject *subject, const struct registry_call *call,
                         const struct uuid *incarnation, struct text transaction_id,
                         const struct millrace_metadata *intended);

struct flight {
    struct flight_subject subject;
    enum flight_stage stage;
    uint32_t registry;        /* index of the lane's */
    uint32_t operation;       /* what is asked for, as metrics name it */
    int64_t started_ms;       /* monotonic; of STARTED and later */
    bool counted;             /* what became of the call was counted */
    struct bytes transaction; /* from malloc, until it was started */
    struct flight *bucket_next;
    struct flight *staged_next; /* of STAGED */
};

/* One certificate has at most one, and one that is OUTLIVED. All zeroes is empty. */
struct flights {
    struct flight *buckets[FLIGHTS_BUCKETS];
    struct flight *staged; /* newest first */
};

/* A flight for an intent that is staged now; it outlives an older one that is UNKNOWN. */
struct flight *flights_add(struct flights *flights, uint32_t registry,
                           const struct registry_events_submission_intended *intended);
/* The certificate's newest. NULL: none. */
struct flight *flights_find(const struct flights *flights, const struct uuid *certificate_id);
/* The one that a reply is about. NULL: none, or forgotten. */
struct flight *flights_find_call(const struct flights *flights, const struct registry_call *call);
/* Not for STAGED ones. */
void flights_remove(struct flights *flights, struct flight *flight);
/* Visit all; `visit` may remove the flight it is given. */
void flights_each(struct flights *flights, void (*visit)(void *context, struct flight *flight),
                  void *context);
void flights_deinit(struct flights *flights);

#endif
