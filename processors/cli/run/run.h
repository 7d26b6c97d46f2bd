/* A process that runs processors: wires each to Kafka, the schema registry and its store, starts
 * them, and ends them together. */
#ifndef MILLRACE_CLI_RUN_H
#define MILLRACE_CLI_RUN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/connections.h"
#include "cli/invocation.h"
#include "configuration/deployment.h"
#include "loop/emitter.h"
#include "loop/group.h"
#include "metrics/counts.h"
#include "ports/schemas.h"
#include "ports/store.h"

enum {
    RUN_PARTS_MAX = 2,
    RUN_NAME_MAX = 128, /* bytes */
};

struct run_part;
struct stores_rocksdb;
struct connector_gauges;
struct http_server;
struct supervision_thread;

/* A processor that can be run. */
struct run_processor {
    const char *name;
    const struct log_topology *topology;
    const enum message_type *writes; /* the types that it writes */
    const uint32_t *writes_count;
    /* Fill `part->kind` from what the run has. INVALID: the configuration cannot be worked with. */
    enum result (*open)(struct run_part *part, struct error *error);
    /* After its group has ended. */
    void (*close)(struct run_part *part);
};

extern const struct run_processor run_processors[];
extern const uint32_t run_processors_count;

/* Of one process; must not move. */
struct run {
    struct connection connection;
    const struct settings *settings;
    struct deployment deployment;
    struct arena arena; /* of the deployment */
    const struct topics_file *topics;
    struct schema_registry_options registry;
    const char *schemas_directory; /* NULL: none */
    const char *state_directory;   /* NULL: state is held in memory */
    uint64_t state_memory_bytes;   /* of each processor */
    struct logger logger;
    struct counts counts;                      /* of all lanes */
    struct kafka_statistics *kafka_statistics; /* of all members */
    struct http_server *pages;                 /* NULL: nowhere */
    struct supervision_thread *supervision;    /* NULL: nobody watches */
    pthread_mutex_t mutex; /* guards what pages look at: the parts, their groups, and below */
    struct run_part *parts[RUN_PARTS_MAX];
    uint32_t parts_count;
    struct connector_gauges *gauges; /* one a partition; NULL: no connector runs */
    int signals_fd;                  /* SIGINT and SIGTERM come here */
    int ended_fd;                    /* an eventfd: a part has ended by itself */
    int64_t stopping_ms;             /* monotonic: when its end began */
};

/* One processor of the process. */
struct run_part {
    struct run *run;
    const struct run_processor *processor;
    char source_name[RUN_NAME_MAX]; /* in the metadata of messages */
    char writer_name[RUN_NAME_MAX]; /* in the headers of dead letters */
    struct emitter emitter;
    struct processor_kind kind;
    void *config; /* the processor's own, from its `open` */
    struct log_group log_group;
    struct stores_rocksdb *on_disk; /* NULL: none */
    struct stores stores;
    bool joined;
    int32_t partitions;       /* of every topic */
    struct group_setup setup; /* of the group, which refers to it */
    struct group *group;
    char waits[512]; /* while it has no group: what for; else empty */
    pthread_t thread;
    bool threaded;
    enum result result; /* how it ended */
    struct error error;
};

/* Run these processors until a signal or until one of them cannot go on; the result is the exit
 * code. */
int run_processes(struct run *run, const struct invocation *invocation,
                  const struct run_processor *const *processors, uint32_t count);

/* Does topics.yaml ask only for formats of states that this binary can write? INVALID: it asks for
 * a later one. */
enum result run_check_formats(const struct topics_file *topics, struct error *error);

/* For a processor's lanes: a connection of their own to the schema registry. `context` is the run.
 */
enum result run_schemas_open(void *context, struct schemas *schemas, struct error *error);

/* What the connector's lanes show of themselves; NULL: no connector runs here. From any thread. */
const struct connector_gauges *run_gauges(struct run *run);

/* The format in which this state's records are to be written, of topics.yaml. */
int32_t run_state_format(const struct run *run, const char *topic);

/* Wait a moment before something is tried again. False: the process is told to end. */
bool run_may_go_on(const struct run *run, int32_t timeout_ms);

#endif
