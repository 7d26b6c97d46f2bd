/* The inside of the simulated operator: what he knows, and how he says something. */
#ifndef MILLRACE_SIMULATE_OPERATOR_INSIDE_H
#define MILLRACE_SIMULATE_OPERATOR_INSIDE_H

#include "domain/arena.h"
#include "generated/c/certificates_state.h"
#include "tests/simulate/operator.h"

enum {
    OPERATOR_BUCKETS = 256,
    OPERATOR_PARTITIONS_MAX = 64,
    OPERATOR_NONE = -1,
};

enum operator_topic {
    OPERATOR_COMMANDS, /* registry.commands: what was asked for */
    OPERATOR_EVENTS,   /* registry.events: what became of it */
    OPERATOR_CERTIFICATES,
    OPERATOR_TOPICS,
};

/* Where a submission stands, by what can be read. */
enum operator_stage {
    OPERATOR_STAGE_QUEUED,
    OPERATOR_STAGE_BEGUN, /* intended, or at the registry */
    OPERATOR_STAGE_UNKNOWN,
    OPERATOR_STAGE_SETTLED,
    OPERATOR_STAGES,
};

struct operator_submission {
    struct uuid id;
    struct uuid certificate_id;
    char registry[16]; /* by its configured name; empty: nobody has said it yet */
    enum operator_stage stage;
    bool tried;
    int64_t tried_ms;
    bool risked;  /* "not executed" was said with MayExecuteTwice */
    int32_t next; /* in its bucket, or OPERATOR_NONE */
};

struct operator_certificate {
    struct uuid id;
    bool misaligned;
    bool tried;
    int64_t tried_ms;
    int32_t next;
};

/* A record as he has written it. */
struct operator_note {
    const char *topic; /* NULL: none yet */
    int32_t partition;
    uint8_t *key;
    uint32_t key_length;
    uint8_t *value;
    uint32_t value_length;
    bool denies; /* it says "not executed" */
    struct uuid submission_id;
};

struct operator{
    struct operator_setup setup;
    struct chance chance;
    struct operator_counts counts;
    struct operator_note last;
    struct arena arena;
    int64_t read[OPERATOR_TOPICS][OPERATOR_PARTITIONS_MAX]; /* offset of the next record */
    struct operator_submission *submissions;
    uint32_t submissions_count;
    uint32_t submissions_capacity;
    int32_t submission_buckets[OPERATOR_BUCKETS];
    struct operator_certificate *certificates;
    uint32_t certificates_count;
    uint32_t certificates_capacity;
    int32_t certificate_buckets[OPERATOR_BUCKETS];
};

/* Read what has become visible. */
void operator_reads(struct operator* person);
/* NULL: never heard of. */
struct operator_submission *operator_submission(const struct operator* person,
                                                const struct uuid *submission_id);
/* The newest visible state of a certificate, in the arena and in the log; NULL: none. */
const struct certificates_state_certificate_state *operator_books(
    struct operator* person, const struct uuid *certificate_id);

#endif
