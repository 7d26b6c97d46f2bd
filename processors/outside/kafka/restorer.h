/* Reads a lane's changelogs: an instance of its own, which is several times as fast as sharing one,
 * and without a group, so that no offset can be committed by mistake. */
#ifndef MILLRACE_OUTSIDE_KAFKA_RESTORER_H
#define MILLRACE_OUTSIDE_KAFKA_RESTORER_H

#include <stdbool.h>
#include <stdint.h>

#include "outside/kafka/client.h"
#include "ports/log.h"

struct kafka_restorer {
    struct kafka_client client; /* opened by the first `kafka_restorer_read` */
    rd_kafka_queue_t *queue;
    rd_kafka_topic_t *topic; /* being read; NULL: none */
    uint32_t changelog;      /* which one that is */
    int64_t next;            /* offset behind the last thing seen of it */
};

/* As `restore` in the port. */
enum result kafka_restorer_read(struct kafka_restorer *restorer, const struct kafka_config *config,
                                const struct log_topology *topology, int32_t partition,
                                uint32_t changelog, int64_t from, int32_t timeout_ms,
                                struct log_batch *batch, int64_t *next, struct error *error);
void kafka_restorer_close(struct kafka_restorer *restorer, int32_t partition);

#endif
