/* The inside of the watch: what it has seen. */
#ifndef MILLRACE_SIMULATE_LEDGER_WATCH_INSIDE_H
#define MILLRACE_SIMULATE_LEDGER_WATCH_INSIDE_H

#include "domain/arena.h"
#include "domain/message.h"
#include "generated/c/registry_events.h"
#include "tests/simulate/ledger_watch.h"
#include "tests/support/memory_broker.h"

enum {
    WATCHED_MAX = 4096,
    WATCHED_SLOTS = 8192,    /* of the hash table; a power of two */
    WATCHED_MARK_BYTES = 36, /* "millrace.txn" begins with the writer's incarnation */
};

/* One submission, as the ledger and the registry tell it. */
struct watched {
    struct uuid id;
    struct uuid certificate_id;
    bool submitted;
    int32_t attempt;  /* of the last intent; 0: none yet */
    bool intent_open; /* no NotSent and no outcome since */
    char
        incarnation[WATCHED_MARK_BYTES]; /* that wrote the last intent, by its transaction's mark */
    uint8_t *transaction;                /* its bytes */
    uint32_t transaction_length;
    bool unknown;
    bool succeeded;
    bool refused;
    bool resolved;
    bool resolved_executed;
    bool may_execute_twice; /* an operator took the risk: it may be executed after all */
    uint32_t incidents;
    uint32_t requests;
    uint32_t executions;
};

/* A ReadStream that has become visible. */
struct watched_reading {
    struct uuid message_id;
    struct uuid certificate_id;
    char registry[16];
    int64_t asked_ms; /* by the log */
    int32_t partition;
    int64_t offset;
    bool answered; /* by a StreamRead since */
    bool refused;  /* a dead letter: the certificate is at another registry */
};

struct ledger_watch {
    struct ledger_watch_setup setup;
    struct memory_topic *commands;
    struct memory_topic *events;
    struct memory_topic *operations;
    int64_t commands_next[MEMORY_PARTITIONS_MAX];
    int64_t events_next[MEMORY_PARTITIONS_MAX];
    int64_t operations_next[MEMORY_PARTITIONS_MAX];
    struct watched submissions[WATCHED_MAX];
    uint32_t count;
    uint32_t slots[WATCHED_SLOTS]; /* index + 1 */
    uint32_t deeds_read;           /* lines of the registry's ledger */
    struct watched_reading *readings;
    uint32_t readings_count;
    uint32_t readings_capacity;
    struct ledger_counts counts;
    struct arena arena;
};

static inline bool watched_settled(const struct watched *watched) {
    return watched->succeeded || watched->refused || watched->resolved;
}

/* ---- ledger_watch_streams.c ---- */

/* A record of registry.operations. */
void watch_operation(struct ledger_watch *watch, const struct log_record *record,
                     const struct message *message);
/* A StreamRead: it shows what the registry had at some moment since it was asked for, at which no
 * submission of the certificate was open. */
void watch_stream(struct ledger_watch *watch, const struct log_record *record,
                  const struct registry_events_stream_read *event);
/* ReadStreams without an answer, where the registry can give one. */
uint32_t watch_unanswered(struct ledger_watch *watch);

#endif
