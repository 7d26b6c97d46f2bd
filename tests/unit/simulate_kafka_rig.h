/* The simulated Kafka with a few processes around it, for tests of it: time passes when a test
 * says so, and groups or bare ports of the toy processor run in the processes. */
#ifndef MILLRACE_TESTS_UNIT_SIMULATE_KAFKA_RIG_H
#define MILLRACE_TESTS_UNIT_SIMULATE_KAFKA_RIG_H

#include "tests/simulate/kafka.h"
#include "tests/support/toy.h"

enum { KAFKA_RIG_PROCESSES = 3 };

struct kafka_rig {
    struct toy_world world; /* its log is the simulated Kafka's */
    struct memory_log *own; /* that the world came with */
    struct timeline timeline;
    struct transcript transcript;
    struct kafka *kafka;
    struct kafka_weather *weather;
    const struct kafka_counts *counts;
    struct sim_process processes[KAFKA_RIG_PROCESSES];
    struct toy_member members[KAFKA_RIG_PROCESSES];
    struct group *groups[KAFKA_RIG_PROCESSES]; /* NULL: a bare port */
    bool joined[KAFKA_RIG_PROCESSES];
    bool ended[KAFKA_RIG_PROCESSES]; /* its group has, by itself or because it was told to */
};

void kafka_rig_open(struct kafka_rig *rig, uint64_t seed);
void kafka_rig_close(struct kafka_rig *rig);
/* A process joins; `instance` may be NULL. */
void kafka_rig_join(struct kafka_rig *rig, uint32_t which, const char *instance);
/* Its lanes run by themselves from now on. */
void kafka_rig_group(struct kafka_rig *rig, uint32_t which);
/* The process is killed, or stands still. */
void kafka_rig_kill(struct kafka_rig *rig, uint32_t which);
/* What is left of a process that ended is taken away; its place may be used anew. */
void kafka_rig_bury(struct kafka_rig *rig, uint32_t which);
/* Time passes; groups are stepped when they are due or something happened. */
void kafka_rig_pass(struct kafka_rig *rig, int64_t duration_ms);

/* --- Bare ports. --- */

/* Polls until the group says something, at most so long. */
struct log_group_event kafka_rig_event(struct kafka_rig *rig, uint32_t which, int64_t most_ms);
/* A lane that is fenced in. */
struct log kafka_rig_fence(struct kafka_rig *rig, uint32_t which, int32_t partition);
/* The same, and it reads its inputs; its changelog was read to the end. */
struct log kafka_rig_lane(struct kafka_rig *rig, uint32_t which, int32_t partition);
/* A transaction with an event and a state of this value begins; the inputs were read up to
 * `next`. */
enum result kafka_rig_begin(struct log *log, int32_t partition, const char *value, int64_t next,
                            struct error *error);
/* Wait for its end. */
enum result kafka_rig_wait(struct kafka_rig *rig, struct log *log, struct error *error);
/* Both. */
enum result kafka_rig_commit(struct kafka_rig *rig, struct log *log, int32_t partition,
                             const char *value, int64_t next, struct error *error);

#endif
