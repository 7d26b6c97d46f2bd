/* One simulated process with both processors in it, wired as `millrace run` wires them, over the
 * simulated Kafka, registry and schema registry. */
#ifndef MILLRACE_SIMULATE_INSTANCE_H
#define MILLRACE_SIMULATE_INSTANCE_H

#include "certificates/certificates.h"
#include "loop/group.h"
#include "registry_connector/registry_connector.h"
#include "tests/simulate/disk.h"
#include "tests/simulate/kafka.h"
#include "tests/simulate/lying_registry.h"
#include "tests/simulate/process.h"

enum {
    INSTANCE_REGISTRIES = 2,
    INSTANCE_PARTS = 2, /* certificates, registry-connector */
    INSTANCE_ALL_PARTS = (1 << INSTANCE_PARTS) - 1,
};

/* What all processes of a run share; it outlives them. */
struct deployment {
    struct timeline *timeline;
    struct transcript *transcript;
    struct kafka *kafka;
    struct lying_registry *registry;
    struct schemas schemas;
    const struct options *options;
    const struct rules *rules;
    struct emitter emitter; /* schema ids */
    int32_t partitions;
    struct chance ids; /* where fresh ids come from */
    bool tells_logs;   /* what processes log goes into the transcript */
};

/* One processor in the process. */
struct instance_part {
    struct processor_kind kind;
    struct log_group log_group;
    struct group_setup setup;
    struct group *group;
    bool ended; /* or never begun */
};

/* One life of a process. */
struct instance {
    struct sim_process process;
    struct deployment *deployment;
    /* As the world knows it, of any process. */
    bool (*is_over)(void *world, const struct millrace_writer *writer);
    char host[16]; /* several processes may run on one */
    char name[16]; /* of its place: what static membership goes by */
    struct log_plain plain;
    struct late_replies late;
    struct certificates_config certificates;
    struct registry_config registries[INSTANCE_REGISTRIES];
    struct registry_adapter adapter;
    struct registry_connector_config connector;
    struct disk_user disk_user;
    struct stores stores;
    struct instance_part parts[INSTANCE_PARTS];
    bool late_awaited;             /* the collector waits for something */
    bool all_ended;                /* its groups have, by themselves or because they were told to */
    int64_t lingers_until_ms;      /* once they have: for late replies; on the timeline */
    bool told;                     /* something was asked of it since its last step */
    bool stepping;                 /* its step is on the stack: it must not be freed */
    int64_t stepped_ms;            /* on the timeline */
    struct instance *ended_before; /* of the world's list of those that have ended */
    uint64_t kafka_seen;
    uint64_t registry_seen;
};

struct instance_setup {
    struct deployment *deployment;
    uint32_t place;    /* from 0 */
    uint32_t life;     /* from 1 */
    uint32_t parts;    /* the processors it runs: a bit for each */
    struct disk *disk; /* NULL: nothing outlives the process */
    bool is_static;    /* static membership */
    /* Is the process that these words name dead, as the system of its host would tell? */
    bool (*proven_dead)(void *world, const struct millrace_writer *writer);
    void (*meanwhile)(void *world, int64_t until_ms);
    void (*died)(void *world, struct sim_process *process);
    void *world;
};

/* The process starts. From malloc. */
struct instance *instance_start(const struct instance_setup *setup);
/* Is there a reason to step it now? */
bool instance_wants_step(const struct instance *instance);
/* Let it do what it can at this moment. False: it has ended by itself, or died. */
bool instance_step(struct instance *instance);
/* When it is to be stepped if nothing happens before; on the timeline. */
int64_t instance_due_ms(const struct instance *instance);
/* SIGTERM. */
void instance_stop(struct instance *instance);
/* All it has is closed. Not while it is stepping. */
void instance_end(struct instance *instance);
/* After the simulated Kafka is closed, whose members go by its process and its name. */
void instance_free(struct instance *instance);

#endif
