/* The inside of the log in memory: topics with transaction markers, producers, groups. Nothing here
 * takes the lock; the files that implement the ports do. */
#ifndef MILLRACE_TESTS_SUPPORT_MEMORY_BROKER_H
#define MILLRACE_TESTS_SUPPORT_MEMORY_BROKER_H

#include <pthread.h>

#include "tests/support/memory_log.h"

enum {
    MEMORY_TOPICS_MAX = 64,
    MEMORY_PRODUCERS_MAX = 256,
    MEMORY_TOUCHED_MAX = 64, /* partitions in one transaction */
    MEMORY_GROUPS_MAX = 16,
    MEMORY_PARTITIONS_MAX = 64,
    MEMORY_NAME_MAX = 64,
    MEMORY_LANES_MAX = 256,
    MEMORY_NO_TRANSACTION = -1,
};

struct memory_entry {
    struct log_record record; /* its memory lies in `block` */
    void *block;
    int32_t transaction; /* index, or MEMORY_NO_TRANSACTION */
    uint32_t place;      /* among the records of its transaction */
    bool marker;         /* ends a transaction; occupies an offset, is never delivered */
    bool gone;           /* compacted away; its offset stays */
};

/* Offsets are indices, also of what is gone. */
struct memory_partition {
    struct memory_entry *entries;
    uint32_t count;
    uint32_t capacity;
    int64_t start; /* offset of the first record that still exists */
};

struct memory_topic {
    char name[MEMORY_NAME_MAX];
    struct memory_partition partitions[MEMORY_PARTITIONS_MAX];
};

enum memory_transaction_state {
    MEMORY_TRANSACTION_OPEN,
    MEMORY_TRANSACTION_COMMITTED,
    MEMORY_TRANSACTION_ABORTED,
};

struct memory_touched {
    struct memory_topic *topic;
    int32_t partition;
    int64_t first; /* offset of the transaction's first record there */
};

/* One transactional id. */
struct memory_producer {
    char id[MEMORY_NAME_MAX];
    uint32_t epoch; /* raised by each fence */
    int32_t open;   /* index of its open transaction, or MEMORY_NO_TRANSACTION */
    struct memory_touched touched[MEMORY_TOUCHED_MAX]; /* by the open transaction */
    uint32_t touched_count;
    uint32_t late; /* epoch of a request to commit that will arrive late; 0: none */
    enum memory_fault fault;
};

struct memory_offset {
    struct memory_topic *topic;
    int32_t partition;
    int64_t next;
};

struct memory_group {
    char processor[MEMORY_NAME_MAX];
    uint32_t generations[MEMORY_PARTITIONS_MAX]; /* raised when a partition gets a new owner */
    struct memory_offset offsets[MEMORY_TOPICS_MAX * MEMORY_PARTITIONS_MAX];
    uint32_t offsets_count;
};

struct memory_lane;

struct memory_log {
    pthread_mutex_t mutex;
    struct clock clock;
    int32_t partitions;
    const char *origin;
    bool away;
    struct memory_topic topics[MEMORY_TOPICS_MAX];
    uint32_t topics_count;
    uint64_t changes; /* how often something became visible, or may have */
    enum memory_transaction_state *transactions;
    uint32_t transactions_count;
    uint32_t transactions_capacity;
    struct memory_producer producers[MEMORY_PRODUCERS_MAX];
    uint32_t producers_count;
    struct memory_group groups[MEMORY_GROUPS_MAX];
    uint32_t groups_count;
    struct memory_lane *lanes[MEMORY_LANES_MAX]; /* open ones, to be woken */
    uint32_t lanes_count;
};

struct memory_topic *memory_topic(struct memory_log *log, const char *name);
struct memory_group *memory_group(struct memory_log *log, const char *processor);
struct memory_producer *memory_producer(struct memory_log *log, const char *processor,
                                        int32_t partition);
int64_t *memory_offset(struct memory_group *group, struct memory_topic *topic, int32_t partition);

/* Append a record, as part of a producer's open transaction or of none (NULL). */
int64_t memory_append(struct memory_log *log, struct memory_topic *topic, int32_t partition,
                      const struct memory_record *record, struct memory_producer *producer);

int32_t memory_transaction_begin(struct memory_log *log, struct memory_producer *producer);
/* Write the markers that end a producer's open transaction, if there is one. */
void memory_transaction_end(struct memory_log *log, struct memory_producer *producer,
                            enum memory_transaction_state state);

/* The offset below which no transaction is open. */
int64_t memory_stable_end(const struct memory_log *log, const struct memory_topic *topic,
                          int32_t partition);
/* Is an entry below the stable end delivered to a reader of committed data? */
bool memory_delivered(const struct memory_log *log, const struct memory_entry *entry);

/* Copies of delivered records from `*next` on, which moves behind what was seen, `count_max`
 * offsets at most; never past `end`, which is a stable end of now or before. To be given back by
 * `memory_batch_free`. */
void memory_read(struct memory_log *log, const struct memory_topic *topic, int32_t partition,
                 int64_t end, uint32_t count_max, int64_t *next, struct log_batch *batch);
void memory_batch_free(struct log_batch *batch);

/* A record's bytes in one block of their own. */
void *memory_record_copy(const struct log_record *from, struct log_record *to);

/* Something may have become visible in this partition: wake the lanes that read it. */
void memory_wake(struct memory_log *log, int32_t partition);

#endif
