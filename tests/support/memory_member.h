/* Members of groups and their lanes, as the files that implement the ports see each other. */
#ifndef MILLRACE_TESTS_SUPPORT_MEMORY_MEMBER_H
#define MILLRACE_TESTS_SUPPORT_MEMORY_MEMBER_H

#include "tests/support/memory_broker.h"

enum { MEMORY_EVENTS_MAX = 64 };

struct memory_event {
    enum log_group_event_kind kind;
    int32_t partitions[MEMORY_PARTITIONS_MAX];
    uint32_t partitions_count;
};

struct memory_member {
    struct memory_log *log;
    const struct log_topology *topology;
    struct memory_group *group;
    bool assigned[MEMORY_PARTITIONS_MAX]; /* as far as the member knows */
    struct memory_event events[MEMORY_EVENTS_MAX];
    uint32_t events_first;
    uint32_t events_count;
    struct memory_event current; /* the one polled last */
    pthread_cond_t arrived;
    uint32_t rejoins;
    bool unheard;
    enum log_group_event_kind fenced; /* what the next poll says; NOTHING: it does not */
    bool away;                        /* no broker answers */
    uint32_t missed;                  /* questions without an answer */
    bool crashed;
};

struct memory_lane {
    struct memory_log *log;
    struct memory_member *member;
    const struct log_topology *topology;
    struct memory_producer *producer;
    struct memory_group *group;
    int32_t partition;
    uint32_t generation; /* of the partition's ownership when the lane was opened */
    uint32_t epoch;      /* of the producer since the fence; 0: not fenced yet */
    int64_t next[LOG_TOPICS_MAX];
    bool started;
    struct log_record *staged; /* copies of what is not appended yet */
    void **blocks;
    uint32_t *outputs;
    uint32_t staged_count;
    bool committing;
    int64_t inputs[LOG_TOPICS_MAX];       /* offsets that the transaction commits */
    int64_t written_next[LOG_TOPICS_MAX]; /* per changelog, of the last transaction; -1: none */
    bool worn;
    bool crashed;
    int wake_fd;
};

enum result memory_lane_open(struct memory_member *member, int32_t partition, struct log *log,
                             struct error *error);

#endif
