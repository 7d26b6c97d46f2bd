/* Kafka as a process meets it, over the log in memory: requests that take their time, come late or
 * twice or never, transactions that time out, a coordinator that hears heartbeats, compaction.
 * It follows what reliability work on real brokers has shown (librdkafka 2.0.2, Kafka 3.9). */
#ifndef MILLRACE_SIMULATE_KAFKA_H
#define MILLRACE_SIMULATE_KAFKA_H

#include "loop/options.h"
#include "ports/log.h"
#include "tests/simulate/chance.h"
#include "tests/simulate/process.h"
#include "tests/support/memory_log.h"

/* What the way to the brokers is like now. All zeroes: immediate and without trouble. The world
 * changes it while a run goes on. */
struct kafka_weather {
    int64_t way_most_ms;    /* a request, and an answer, take 0 … this long each */
    uint32_t slow_permille; /* a request takes up to `slow_most_ms` instead */
    int64_t slow_most_ms;
    /* What is said of requests to end a transaction hits this producer only; NULL: every one. */
    const char *only;
    uint32_t end_lost_permille;    /* a request to end a transaction never arrives */
    uint32_t answer_lost_permille; /* it does, or one to fence, and its answer is lost */
    /* Its connection breaks and it is repeated; up to `again_most_ms` later the first one arrives
     * all the same, most likely when its owner has begun another transaction. */
    uint32_t end_again_permille;
    int64_t again_most_ms;
    uint32_t heartbeat_lost_permille; /* one of them; a session needs three to be lost */
    bool away; /* no broker hears anybody; they live, so sessions and transactions time out */
};

struct kafka_counts {
    uint64_t commits;          /* asked for */
    uint64_t commits_in_doubt; /* whose process was told so */
    uint64_t ends_late;        /* requests that arrived after their producer had gone on */
    uint64_t ends_refused;     /* of those: fenced */
    uint64_t ends_of_another;  /* of those: ended a later transaction of the same producer */
    uint64_t timed_out;        /* transactions aborted and fenced by their time-out */
    uint64_t fenced;           /* requests of older owners that were refused */
    uint64_t rebalances;
    uint64_t evicted;   /* members whose session ended */
    uint64_t compacted; /* records that compaction took away */
};

struct kafka_setup {
    struct timeline *timeline;
    struct transcript *transcript;
    const struct options *options; /* session, transaction and rebalance time-outs, commit_slow */
    struct chance chance;
    int32_t partitions;
};

struct kafka;

struct kafka *kafka_open(const struct kafka_setup *setup);
/* All members and producers are closed before. */
void kafka_close(struct kafka *kafka);

struct memory_log *kafka_log(struct kafka *kafka);
struct kafka_weather *kafka_weather(struct kafka *kafka);
const struct kafka_counts *kafka_counts(const struct kafka *kafka);
/* Changes whenever something happened that a lane or a group may want to look at. */
uint64_t kafka_changes(const struct kafka *kafka);

/* A process's membership in the group of a processor. `instance`: static membership by this name,
 * which must differ within the group; NULL: dynamic. The port's calls belong to `process`.
 * All that is given here outlives the Kafka: what a process has sent may arrive after its death. */
struct log_group kafka_join(struct kafka *kafka, struct sim_process *process,
                            const struct log_topology *topology, const char *instance);
/* A producer without transactions of a process. */
struct log_plain kafka_plain(struct kafka *kafka, struct sim_process *process);
/* A process was killed: nothing of it is heard any more. Its ports are closed afterwards. */
void kafka_process_died(struct kafka *kafka, const struct sim_process *process);

/* Compaction of all compacted topics ("*.state"), as far as it may go: below the last stable
 * offset, all but the newest record of each key. */
void kafka_compact(struct kafka *kafka);

#endif
