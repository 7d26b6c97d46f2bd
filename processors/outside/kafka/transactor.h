/* The producer of one lane: fences older owners, then commits whole transactions. */
#ifndef MILLRACE_OUTSIDE_KAFKA_TRANSACTOR_H
#define MILLRACE_OUTSIDE_KAFKA_TRANSACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "outside/kafka/client.h"
#include "ports/log.h"

/* How far a transaction has come; each step may be asked for again until it is done. */
enum kafka_transaction_step {
    KAFKA_TRANSACTION_NONE,
    KAFKA_TRANSACTION_OFFSETS, /* the inputs' offsets are sent; the records are on their way */
    KAFKA_TRANSACTION_FLUSH,   /* every record is delivered */
    KAFKA_TRANSACTION_END,     /* from here on it may have been committed */
};

struct kafka_transactor {
    struct kafka_client client;
    const struct kafka_config *config;
    const struct log_topology *topology;
    int32_t partition;
    int32_t partitions; /* of every topic */
    rd_kafka_topic_t *outputs[LOG_TOPICS_MAX];
    bool fenced_in; /* `fence` was OK */
    bool worn;
    /* The transaction under way: */
    enum kafka_transaction_step step;
    int64_t begun_ms;
    uint32_t unanswered_before; /* requests, when it began */
    uint32_t undelivered;       /* records without a delivery report yet */
    uint32_t outputs_used;      /* bit i: a record goes to output i */
    struct error failed;        /* the first record that was given up; OK: none was */
    rd_kafka_topic_partition_list_t *offsets;
    int64_t written_next[LOG_TOPICS_MAX]; /* by changelog: behind the last record; -1: none */
};

enum result kafka_transactor_open(struct kafka_transactor *transactor,
                                  const struct kafka_config *config,
                                  const struct log_topology *topology, int32_t partition,
                                  int32_t partitions, struct error *error);
/* Aborts what is open, where that is still certain to be ours. */
void kafka_transactor_close(struct kafka_transactor *transactor);

/* As in the port. `begin` keeps `offsets`, a list of the inputs' next offsets, and destroys it. */
enum result kafka_transactor_fence(struct kafka_transactor *transactor, int32_t timeout_ms,
                                   struct error *error);
enum result kafka_transactor_begin(struct kafka_transactor *transactor,
                                   const struct log_staged *records, uint32_t count,
                                   rd_kafka_topic_partition_list_t *offsets, struct error *error);
enum result kafka_transactor_wait(struct kafka_transactor *transactor,
                                  const rd_kafka_consumer_group_metadata_t *membership,
                                  int32_t timeout_ms, struct error *error);
void kafka_transactor_changelogs_next(const struct kafka_transactor *transactor,
                                      int64_t *changelogs_next);

#endif
