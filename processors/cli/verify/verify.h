/* Rebuilds everything from what is written in Kafka, and says where it does not agree with itself:
 * a fold over records, which reads nothing by itself. README.md lists what is checked. */
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
};

/* The topics that are read, in the order in which `verify_record` must be given their records: what
 * is referred to before what refers to it, states before what they are compared with. */
enum verify_topic {
    VERIFY_TOPIC_DEAD_LETTERS,
    VERIFY_TOPIC_COMMANDS,
    VERIFY_TOPIC_OPERATIONS,
    VERIFY_TOPIC_REGISTRY_OPERATIONS,
    VERIFY_TOPIC_EVIDENCE,
    VERIFY_TOPIC_LEDGER_STATES,
    VERIFY_TOPIC_REGISTRY_COMMANDS,
    VERIFY_TOPIC_REGISTRY_EVENTS,
    VERIFY_TOPIC_STATES,
    VERIFY_TOPIC_EVENTS,
    VERIFY_TOPIC_ANSWERS,
    VERIFY_TOPICS_COUNT,
};
extern const char *const verify_topics[VERIFY_TOPICS_COUNT];

/* The cut. While processors run, no moment is still; so four are taken, one after the other:
 *   1. how far each processor has read,
 *   2. the ends of all topics but *.state: last stable offsets, behind which nothing has ended yet,
 *   3. the ends of *.state: high watermarks; and then every transaction before them is waited for,
 *   4. the ends of all topics but *.state again, now high watermarks; what lies between 2 and 4 is
 *      `late`, and so is what lies behind 3.
 * A transaction with a record before 2 had ended by then: all its records lie before 3 or 4. One
 * with a state before 3 has ended when 4 is taken: all its records lie before 4. Hence what stands
 * before 2 has its consequence before 4, what it refers to lies before 4 as well, and a state that
 * is the newest before 3 is the fold of some prefix of its events that ends between 2 and 4. */
struct verify_positions {
    int64_t certificates_commands; /* next offset that `certificates` will read; 0: none yet */
    int64_t registry_commands;     /* likewise of `registry-connector` */
    int64_t registry_events;       /* likewise of `certificates` */
    int32_t partitions;            /* of every topic; 0: unknown, placement is not checked */
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
    uint64_t moving;       /* states that were replaced, and compacted away, while they were read */
};

struct verify_report {
    struct verify_counts counts;
    uint64_t breaches_count;
    char breaches[VERIFY_BREACHES_MAX][VERIFY_BREACH_BYTES_MAX];
};

struct verify;

/* Takes a microsecond, and memory only with what is remembered. */
struct verify *verify_open(void);

/* The dead letters of all partitions come first, before any partition is begun. */
void verify_dead_letter(struct verify *verify, const struct verify_record *record);

/* One partition after the other: begin, all its records topic by topic, end. What was remembered of
 * a partition is forgotten with its end. */
void verify_begin(struct verify *verify, int32_t partition,
                  const struct verify_positions *positions);
void verify_record(struct verify *verify, const struct verify_record *record);
void verify_end(struct verify *verify);

/* After the last partition. The report lives as long as `verify`. */
const struct verify_report *verify_finish(struct verify *verify);

void verify_close(struct verify *verify);

#endif
