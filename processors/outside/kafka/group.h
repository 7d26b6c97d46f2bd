/* What a group and its lanes share. */
#ifndef MILLRACE_OUTSIDE_KAFKA_GROUP_H
#define MILLRACE_OUTSIDE_KAFKA_GROUP_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdint.h>

#include "outside/kafka/client.h"
#include "ports/log.h"

struct kafka_group {
    const struct kafka_config *config;
    const struct log_topology *topology;
    int32_t partitions;        /* of every topic */
    struct kafka_client asker; /* shared by all lanes */
    struct kafka_client member;
    rd_kafka_queue_t *events;                  /* the member's */
    rd_kafka_topic_partition_list_t *assigned; /* what we hold; NULL: nothing */
    rd_kafka_topic_partition_list_t *next;     /* assigned before `assigned` was given up */
    /* The membership in whose name the lanes commit: that of the assignment, never a later one. */
    rd_kafka_consumer_group_metadata_t *membership;
    bool revoking;  /* told to give up; `revoke_done` is awaited */
    int32_t *lanes; /* partitions of which all inputs are assigned */
    uint32_t lanes_count;
    _Atomic uint32_t lanes_open; /* closed by their own threads */
    _Atomic uint64_t assignment; /* which one is held, counted from 1; 0: none */
    uint64_t assignments;        /* so far */
    _Atomic int64_t polled_ms;   /* when the group was polled last */
    struct error forbidden;      /* what the member was told it has no right to; OK: nothing */
};

int64_t kafka_group_now_ms(const struct kafka_group *group);

/* Become a member, and stop being one; no lane is open. */
enum result kafka_group_join(struct kafka_group *group, struct error *error);
void kafka_group_leave(struct kafka_group *group);

/* Work on what the member's queue said; `event` is what the owner of the lanes must hear. */
void kafka_group_hear(struct kafka_group *group, rd_kafka_event_t *happened,
                      struct log_group_event *event);
/* Take over an assignment; the list becomes the group's. */
void kafka_group_take(struct kafka_group *group, rd_kafka_topic_partition_list_t *assigned,
                      struct log_group_event *event);
/* Forget the assignment that was held; its lanes are closed. */
void kafka_group_give_up(struct kafka_group *group);

/* Is this assignment still ours, as far as can be known without asking? From any thread. */
bool kafka_group_holds(struct kafka_group *group, uint64_t assignment);

/* A lane of the present assignment. */
enum result kafka_lane_open(struct kafka_group *group, int32_t partition, struct log *log,
                            struct error *error);

#endif
