/* Teams that write commands: all kinds, right and wrong, again and again, and what is no command at
 * all. They know what they asked for, and nothing of what became of it but what they can read. */
#ifndef MILLRACE_SIMULATE_WORKLOAD_H
#define MILLRACE_SIMULATE_WORKLOAD_H

#include "domain/rules.h"
#include "generated/c/message_types.h"
#include "loop/emitter.h"
#include "tests/simulate/chance.h"
#include "tests/simulate/timeline.h"
#include "tests/simulate/transcript.h"
#include "tests/support/memory_log.h"

struct workload_setup {
    struct timeline *timeline;
    struct transcript *transcript;
    struct memory_log *log;
    const struct emitter *emitter; /* schema ids */
    struct chance chance;
    int32_t partitions;
    uint32_t certificates; /* of them, at most */
    uint32_t commands;     /* to be written in all, those that are none included */
    int64_t begin_ms;      /* spread over this time */
    int64_t end_ms;
    /* Which kinds of trouble there are, in a thousand commands. */
    uint32_t duplicate_permille;   /* the same record again */
    uint32_t rebuilt_permille;     /* the same command with other metadata */
    uint32_t conflicting_permille; /* the same id with other content */
    uint32_t impossible_permille;  /* refused by our rules */
    uint32_t malformed_permille;   /* no command */
    uint32_t burst_permille;       /* many at once on one certificate */
};

/* Commands that our rules refuse, if all else was done as it was asked for. */
#define IMPOSSIBLES(X)           \
    X(UNKNOWN_CERTIFICATE)       \
    X(ISSUED_ALREADY)            \
    X(NOT_ISSUER)                \
    X(BAD_PERIOD)                \
    X(BAD_QUANTITY)              \
    X(BAD_OWNER)                 \
    X(UNKNOWN_REGISTRY)          \
    X(LARGE_ATTRIBUTE)           \
    X(MANY_ATTRIBUTES)           \
    X(LARGE_COMMAND)             \
    X(UNKNOWN_SLICE)             \
    X(NOT_OWNER)                 \
    X(TO_ONESELF)                \
    X(TO_NOBODY)                 \
    X(SPENT_SLICE)               \
    X(RESERVED_SLICE)            \
    X(WRONG_RESERVATION)         \
    X(WRONG_SUM)                 \
    X(NEGATIVE_PART)             \
    X(ONE_PART)                  \
    X(MANY_PARTS)                \
    X(NOT_ENOUGH)                \
    X(RESERVATION_AGAIN)         \
    X(UNKNOWN_RESERVATION)       \
    X(RELEASE_BY_ANOTHER)        \
    X(WRONG_ALLOCATED_QUANTITY)  \
    X(ALLOCATION_TO_ITSELF)      \
    X(ALLOCATION_IN_NO_REGISTRY) \
    X(ALLOCATION_AGAIN)          \
    X(UNKNOWN_ALLOCATION)        \
    X(CLAIM_OF_FREE_SLICE)       \
    X(UNCLAIM_OF_UNCLAIMED)      \
    X(WITHDRAWAL_BY_OWNER)       \
    X(WRONG_VERSION)

enum impossible {
#define IMPOSSIBLE_MEMBER(name) IMPOSSIBLE_##name,
    IMPOSSIBLES(IMPOSSIBLE_MEMBER)
#undef IMPOSSIBLE_MEMBER
        IMPOSSIBLES_COUNT,
};

/* Records that are no command. */
#define MALFORMEDS(X)    \
    X(TOMBSTONE)         \
    X(EMPTY)             \
    X(RANDOM)            \
    X(TRUNCATED)         \
    X(TRAILING)          \
    X(UNKNOWN_SCHEMA)    \
    X(SCHEMA_IN_HEADER)  \
    X(SINGLE_OBJECT)     \
    X(ANOTHER_TYPE)      \
    X(ENUM_OUT_OF_RANGE) \
    X(ENUM_OTHER)        \
    X(UPPER_CASE_ID)     \
    X(LONG_TEXT)         \
    X(WRONG_PARTITION)   \
    X(NO_KEY)            \
    X(WRONG_KEY)         \
    X(UPPER_CASE_KEY)

enum malformed {
#define MALFORMED_MEMBER(name) MALFORMED_##name,
    MALFORMEDS(MALFORMED_MEMBER)
#undef MALFORMED_MEMBER
        MALFORMEDS_COUNT,
};

/* What was written so far. */
struct workload_counts {
    uint32_t written; /* records in all */
    uint32_t of_type[MESSAGE_TYPES_COUNT];
    uint32_t duplicates;
    uint32_t rebuilt;
    uint32_t conflicting;
    uint32_t borrowed; /* with the id of another certificate's command, which is no conflict */
    uint32_t bursts;
    uint32_t impossible[IMPOSSIBLES_COUNT];
    uint32_t malformed[MALFORMEDS_COUNT];
};

const char *impossible_name(enum impossible impossible);
const char *malformed_name(enum malformed malformed);

struct workload;

/* Writes by itself from now on, as time goes. */
struct workload *workload_open(const struct workload_setup *setup);
void workload_close(struct workload *workload);
const struct workload_counts *workload_counts(const struct workload *workload);
/* Somebody asks for something of certificate `number` now: the id of the command. */
struct uuid workload_asks(struct workload *workload, uint32_t number, enum message_type type);
/* And writes the same record again. */
void workload_repeats(struct workload *workload, const struct uuid *command_id);
struct uuid workload_certificate(const struct workload *workload, uint32_t number);
/* The rules that its certificates are subject to: issuers, owners, all but one with the keys that
 * registries show, the registries "main" and "other"; no expiry. */
const struct rules *workload_rules(void);
/* The same, with registries that can be read. */
const struct rules *workload_rules_readable(void);

#endif
