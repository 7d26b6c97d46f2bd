/* A processor in this process on a real Kafka, without a schema registry, with what its lanes
 * commit counted: the half of a bench that is ours. */
#ifndef MILLRACE_TESTS_BENCH_METERED_H
#define MILLRACE_TESTS_BENCH_METERED_H

#include <pthread.h>
#include <stdint.h>

#include "domain/values.h"
#include "generated/c/message_types.h"
#include "loop/emitter.h"
#include "loop/group.h"
#include "loop/processor.h"
#include "ports/schemas.h"
#include "ports/store.h"
#include "tests/support/kafka_cluster.h"
#include "tests/support/measure.h"

enum { METERED_CALL_MS = 10000 };

/* Every schema has an id, which is its type's; `metered_schemas_open` is what processors ask for
 * their texts. */
const struct emitter *metered_emitter(void);
enum result metered_schemas_open(void *context, struct schemas *schemas, struct error *error);

/* UUIDv5 of a space of the benches': what the thing with a number is called in every run. */
struct uuid metered_id(const char *what, uint32_t number);

/* The value and key of message `number`, counted from 1; returns the bytes of the value. */
typedef uint32_t (*metered_write)(uint32_t number, struct uuid *key, uint8_t *value,
                                  uint32_t capacity);
/* Write messages 1 to `count` to a topic, each where its key places it, as a producer of no part in
 * the processor's transactions. */
void metered_fill(const struct kafka_cluster *cluster, const char *topic, int32_t partitions,
                  uint32_t count, metered_write write);

/* A processor at work, lanes in threads, on `log_group` or, where that is NULL, Kafka's own. It
 * must not move. */
struct metered_group {
    struct log_group log_group;
    struct stores stores;
    struct group_setup setup;
    struct group *group;
    pthread_t thread;
};
void metered_group_open(struct metered_group *running, const struct processor_kind *kind,
                        const struct kafka_cluster *cluster, int32_t partitions,
                        const struct log_group *log_group);
/* `name` is said with what went wrong. */
void metered_group_close(struct metered_group *running, const char *name);

/* Run the processor, lanes in threads, until `count` messages of a type are committed. The round
 * begins when all lanes may read. */
struct metered_round {
    const struct processor_kind *kind;
    const struct kafka_cluster *cluster; /* with all topics */
    int32_t partitions;
    enum message_type counted;
    uint32_t count;
};
void metered_run(const struct metered_round *round, struct measure_way *way);

#endif
