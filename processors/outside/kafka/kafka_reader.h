/* Reads topics for a tool: without a group, from where one likes to where one likes. */
#ifndef MILLRACE_OUTSIDE_KAFKA_READER_H
#define MILLRACE_OUTSIDE_KAFKA_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "outside/kafka/kafka_config.h"
#include "ports/error.h"
#include "ports/log.h"

enum {
    KAFKA_READER_TOPICS_MAX = 32,
    KAFKA_READER_HEADERS_MAX = 64, /* a dead letter carries its record's and its own */
};

enum kafka_reader_from {
    KAFKA_READER_FROM_BEGINNING,
    KAFKA_READER_FROM_END,    /* only what becomes visible after the opening */
    KAFKA_READER_FROM_OFFSET, /* `from_value`, or what exists nearest to it */
    KAFKA_READER_FROM_TIME,   /* the first record not older than `from_value`, ms since 1970 */
};

enum kafka_reader_until {
    /* Goes on with what comes. */
    KAFKA_READER_UNTIL_STOPPED,
    /* Everything that was written before the opening (high watermarks). A reader of committed
     * records waits for the transactions among it that are still open. */
    KAFKA_READER_UNTIL_WRITTEN,
    /* Everything before the first transaction that is open at the opening (last stable offsets, of
     * each partition). Waits for nobody. */
    KAFKA_READER_UNTIL_STABLE,
};

/* Where to begin in one partition, instead of `from`; or what exists nearest to it. */
struct kafka_reader_position {
    const char *topic; /* one of the plan's */
    int32_t partition;
    int64_t offset;
};

struct kafka_reader_plan {
    /* Without the deployment's prefix. Their ends are asked in this order: who names effects
     * before their causes finds, within the ends, the cause of everything that it reads. */
    const char *const *topics;
    uint32_t topics_count;
    int32_t partition; /* only this one of each topic; -1: all */
    enum kafka_reader_from from;
    int64_t from_value;
    const struct kafka_reader_position *positions;
    uint32_t positions_count;
    enum kafka_reader_until until;
    bool uncommitted; /* show also what is not committed and what was aborted */
};

/* One partition as it was at the opening. */
struct kafka_reader_range {
    const char *topic; /* the plan's */
    int32_t partition;
    int64_t first; /* the oldest offset that exists */
    int64_t from;  /* where reading begins */
    int64_t end;   /* the offset behind the last; of the kind that `until` names */
};

enum kafka_reader_event_kind {
    KAFKA_READER_NOTHING, /* the time is over */
    KAFKA_READER_RECORD,
    KAFKA_READER_END, /* all partitions were read to their ends; told from then on */
};

struct kafka_reader_event {
    enum kafka_reader_event_kind kind;
    struct log_record record; /* what it points to lives until the next call; topic: the plan's */
};

struct kafka_reader;

/* Asks Kafka for partitions and ends, two or three questions a topic that may take `timeout_ms`
 * each, and begins to read. The plan's strings must outlive the reader, which one thread uses.
 * NOT_FOUND: a topic or partition that is not there. DENIED: one may not see it, or is not let in.
 * FAILED: Kafka did not answer.
 * INVALID: librdkafka refuses a property. */
enum result kafka_reader_open(const struct kafka_config *config,
                              const struct kafka_reader_plan *plan, int32_t timeout_ms,
                              struct kafka_reader **reader, struct error *error);

/* The next record of any partition; in order within each. A Kafka that is away is waited for
 * (NOTHING). DENIED, FAILED: a partition cannot be read on; close the reader. */
enum result kafka_reader_next(struct kafka_reader *reader, int32_t timeout_ms,
                              struct kafka_reader_event *event, struct error *error);

/* All partitions that are read, by topic and partition; lives as long as the reader. */
const struct kafka_reader_range *kafka_reader_ranges(const struct kafka_reader *reader,
                                                     uint32_t *count);

/* NULL is harmless. */
void kafka_reader_close(struct kafka_reader *reader);

#endif
