/* Rebuilds everything from what is written in Kafka, and says where it does not agree with itself:
 * a fold over records, which reads nothing by itself. */
#ifndef MILLRACE_CLI_VERIFY_H
#define MILLRACE_CLI_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/message.h"
#include "domain/values.h"
#include "ports/log.h"

enum {
    VERIFY_BREACHES_MAX = 100, /* kept; further ones are only counted */
    VERIFY_BREACH_BYTES_MAX = 500,
    VERIFY_TOPICS_COUNT = 10,
};

/* The topics that are read, in the order in which `verify_record` must be given their records. */
extern const char *const verify_topics[VERIFY_TOPICS_COUNT];

/* The cut. While processors run, no moment is still; so three are taken, one after the other:
 *   1. how far each processor has read its commands,
 *   2. the ends of all topics but *.state,
 *   3. the ends of *.state,
 *   4. the ends of all topics but *.state again; what lies between 2 and 4 is `late`.
 * What stands before 2 must have its consequence before 4; a state must be the fold of some prefix
 * of its events that ends between 2 and 4. An end is a high watermark, so that a transaction which
 * is visible in one topic is visible in all of them when they are read to their ends. */
struct verify_positions {
    int64_t certificates_commands; /* next offset that `certificates` will read; 0: none yet */
    int64_t registry_commands;     /* likewise of `registry-connector` */
};

/* A record in the order of its topic and partition. */
struct verify_record {
    const struct log_record *record;
    const struct message *message; /* NULL: it could not be decoded, or is a tombstone */
    bool late;
};

struct verify_counts {
    uint64_t records;
    uint64_t commands;     /* records on certificates.commands */
    uint64_t applied;      /* commands by their last answer */
    uint64_t rejected;     /* likewise */
    uint64_t unknown;      /* likewise: answered Unknown, and no final answer yet */
    uint64_t waiting;      /* in the mailbox of a certificate */
    uint64_t at_registry;  /* under way at a registry */
    uint64_t repeated;     /* the same command again */
    uint64_t unread;       /* behind what `certificates` has read */
    uint64_t dead_letters; /* on the topic of that name */
    uint64_t certificates;
    uint64_t events; /* on certificates.events */
    uint64_t submissions;
    uint64_t intents;
    uint64_t transactions; /* of Kafka, with records of ours */
    uint64_t requests;     /* at the registry, by its own ledger */
    uint64_t compacted;    /* transactions of which compaction may have taken records */
};

struct verify_report {
    struct verify_counts counts;
    uint64_t breaches_count;
    char breaches[VERIFY_BREACHES_MAX][VERIFY_BREACH_BYTES_MAX];
};

struct verify;

struct verify *verify_open(void);

/* The dead letters of all partitions come first, before any partition is begun. */
void verify_dead_letter(struct verify *verify, const struct verify_record *record);

/* One partition after the other: begin, all its records topic by topic, end. */
void verify_begin(struct verify *verify, int32_t partition,
                  const struct verify_positions *positions);
void verify_record(struct verify *verify, const struct verify_record *record);
void verify_end(struct verify *verify);

/* After the last partition. The report lives as long as `verify`. */
const struct verify_report *verify_finish(struct verify *verify);

void verify_close(struct verify *verify);

#endif
