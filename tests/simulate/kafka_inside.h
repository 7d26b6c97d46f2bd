/* The inside of the simulated Kafka, as its files see each other: what clients have out, what the
 * brokers know beyond the log in memory, and the coordinators of groups. */
#ifndef MILLRACE_SIMULATE_KAFKA_INSIDE_H
#define MILLRACE_SIMULATE_KAFKA_INSIDE_H

#include "tests/simulate/kafka.h"
#include "tests/support/memory_broker.h"

enum {
    SIM_REQUEST_TIMEOUT_MS = 4000, /* then a client asks again (socket.timeout.ms) */
    SIM_BREAK_MS = 100,            /* a broken connection is noticed after this, or later */
    SIM_COORDINATORS_MAX = 8,
    SIM_SEATS_MAX = 64,
    SIM_EVENTS_MAX = 4,
    SIM_NONE = 0, /* no member id, no assignment */
};

/* Offsets that a producer's open transaction will commit. */
struct sim_offsets {
    bool given;
    struct memory_group *group;
    const struct log_topology *topology;
    int32_t partition;
    int64_t inputs[LOG_TOPICS_MAX];
};

struct sim_member;

/* A member as its coordinator knows it. */
struct sim_seat {
    uint32_t id;
    struct sim_member *client;
    int64_t heard_ms;
    bool joined;    /* waits for the rebalance to end */
    uint64_t given; /* partitions, as bits */
};

struct sim_coordinator {
    struct kafka *kafka;
    struct memory_group *group;
    uint32_t generation;
    uint32_t ids; /* handed out so far */
    bool preparing;
    uint64_t preparations; /* so far */
    struct sim_seat seats[SIM_SEATS_MAX];
    uint32_t seats_count;
};

enum sim_verdict {
    SIM_VERDICT_OK,
    SIM_VERDICT_REBALANCE, /* give up what you have and join */
    SIM_VERDICT_UNKNOWN,   /* you are no member any more */
    SIM_VERDICT_FENCED,    /* a newer process has your instance name */
};

/* What a coordinator answers to a join. */
struct sim_membership {
    enum sim_verdict verdict;
    uint32_t id;
    uint32_t generation;
    uint64_t given;
};

enum sim_member_state {
    SIM_MEMBER_JOINING,
    SIM_MEMBER_STEADY,
    SIM_MEMBER_TOLD, /* the process must hear, and end its lanes, before it joins again */
    SIM_MEMBER_FAILED,
};

struct sim_member {
    struct sim_member *following;
    struct kafka *kafka;
    struct sim_process *process;
    bool dead; /* its process was killed */
    bool closed;
    const struct log_topology *topology;
    const char *instance; /* NULL: dynamic */
    struct sim_coordinator *coordinator;

    enum sim_member_state state;
    struct sim_membership membership; /* as heard last; id 0: none */
    struct sim_membership answer;     /* on its way to the latest join */
    uint32_t joins;                   /* so far; only the latest one's answer is heard */
    int64_t repeat_ms;                /* when to join again without an answer */

    enum log_group_event_kind events[SIM_EVENTS_MAX]; /* not polled yet */
    uint32_t events_count;
    bool revoking;              /* `revoke_done` is awaited */
    bool lost;                  /* it has heard that the assignment is not its own any more */
    struct sim_membership held; /* that of the assignment that was polled */
    uint64_t assignment;        /* which one is held, from 1; 0: none */
    uint64_t assignments;       /* so far */
    int32_t partitions[MEMORY_PARTITIONS_MAX];
    uint32_t lanes_open;
    int64_t polled_ms; /* by the clock of the process */
};

/* A request that is repeated until an answer is heard. */
struct sim_request {
    bool out;
    bool answered;
    uint32_t number; /* of the latest attempt: answers to others are not heard */
    int64_t repeat_ms;
};

/* Reading one partition of a topic. */
struct sim_fetch {
    struct memory_topic *topic;
    bool out;
    int64_t from;
    int64_t end; /* committed data are at hand up to here */
};

struct sim_delivery;

struct sim_lane {
    struct sim_lane *following;
    struct kafka *kafka;
    struct sim_process *process;
    bool dead;
    bool closed;
    struct sim_member *member;
    const struct log_topology *topology;
    int32_t partition;
    uint64_t assignment;              /* that it belongs to */
    struct sim_membership membership; /* in whose name it commits */
    struct memory_producer *producer; /* of its transactional id */
    uint32_t epoch;                   /* 0: not fenced in */

    struct sim_request request; /* fence, then positions, then ends of inputs */
    uint32_t answered_epoch;
    enum result answered;
    struct log_positions positions;
    uint32_t asked_input;
    int64_t answered_end;

    struct sim_fetch inputs[LOG_TOPICS_MAX];
    struct sim_fetch changelogs[LOG_TOPICS_MAX];
    int64_t next[LOG_TOPICS_MAX];
    int64_t ends[LOG_TOPICS_MAX];
    bool started;

    struct sim_delivery *delivery; /* the transaction under way */
    int64_t written_next[LOG_TOPICS_MAX];
    bool worn;
};

/* What goes to one partition, or the offsets, of a transaction. */
struct sim_piece {
    struct memory_topic *topic; /* NULL: offsets */
    int32_t partition;
    bool arrived;
    bool acknowledged;
    int64_t repeat_ms;
};

struct sim_staged {
    struct memory_record record;
    uint32_t piece;
};

/* A transaction on its way; it outlives its lane while requests of it are under way. */
struct sim_delivery {
    struct sim_delivery *before;
    struct sim_delivery *following;
    struct sim_lane *lane;
    uint32_t under_way; /* requests and answers */
    bool released;      /* the lane has done with it */
    uint32_t epoch;
    int32_t transaction; /* at the brokers, or MEMORY_NO_TRANSACTION */
    int64_t begun_ms;
    enum result failed; /* of a piece */
    bool unanswered;    /* a request was repeated */
    struct sim_request end;
    enum result ended;
    bool stuck; /* a request to end it has not arrived yet, though a later one has */
    int64_t inputs[LOG_TOPICS_MAX];
    int64_t written_next[LOG_TOPICS_MAX];
    struct sim_piece *pieces;
    uint32_t pieces_count;
    struct sim_staged *records;
    uint32_t records_count;
};

struct sim_plain {
    struct sim_plain *following;
    struct kafka *kafka;
    struct sim_process *process;
    bool dead;
    bool closed;
    uint32_t pending; /* records */
};

struct sim_evidence;

struct kafka {
    struct timeline *timeline;
    struct transcript *transcript;
    const struct options *options;
    struct chance chance;
    struct clock clock; /* of the brokers */
    struct memory_log *log;
    struct kafka_weather weather;
    struct kafka_counts counts;
    uint64_t changes;
    struct sim_offsets offsets[MEMORY_PRODUCERS_MAX]; /* by producer */
    struct sim_coordinator coordinators[SIM_COORDINATORS_MAX];
    uint32_t coordinators_count;
    struct sim_member *members;
    struct sim_lane *lanes;
    struct sim_plain *plains;
    struct sim_evidence *evidence;
    struct sim_delivery *deliveries;
};

/* --- The way (kafka.c). --- */

/* How long a request or an answer takes now. */
int64_t sim_way_ms(struct kafka *kafka);
/* When a request is repeated whose connection broke now. */
int64_t sim_break_ms(struct kafka *kafka);
/* Do this process and the brokers hear each other? */
bool sim_reaches(const struct kafka *kafka, const struct sim_process *process);
/* Let something happen so much later; at once if that is now. */
void sim_later(struct kafka *kafka, int64_t delay_ms,
               void (*happen)(void *context, uint64_t argument), void *context, uint64_t argument);
int64_t sim_process_ms(const struct sim_process *process);
enum result sim_gone(struct error *error);

/* --- Transactions at the brokers (kafka_broker.c). --- */

/* init_transactions: ends what is open, and returns the new epoch. */
uint32_t sim_broker_fence(struct kafka *kafka, struct memory_producer *producer);
/* A piece of a transaction arrives; the first one begins it. */
enum result sim_broker_take(struct sim_delivery *delivery, struct sim_piece *piece);
/* A request to end a transaction arrives. It names a producer and its epoch, and no transaction. */
enum result sim_broker_end(const struct sim_delivery *delivery, bool commit);
/* Are there offsets of this producer whose transaction is open? */
bool sim_broker_unstable(const struct kafka *kafka, const struct memory_producer *producer);

/* --- Groups (kafka_coordinator.c). --- */

struct sim_coordinator *sim_coordinator(struct kafka *kafka, const char *processor);
void sim_coordinator_join(struct sim_coordinator *coordinator, struct sim_member *member);
void sim_coordinator_leave(struct sim_coordinator *coordinator, uint32_t id);
enum sim_verdict sim_coordinator_hear(struct sim_coordinator *coordinator,
                                      const struct sim_member *member, uint32_t id,
                                      uint32_t generation);
/* May a lane commit offsets in this name? */
bool sim_coordinator_knows(const struct sim_coordinator *coordinator, uint32_t id,
                           uint32_t generation);
/* The coordinator answers the latest join of a member (kafka_member.c). */
void sim_member_answer(struct sim_member *member, const struct sim_membership *answer);

/* --- Lanes (kafka_lane.c, kafka_commit.c). --- */

struct log sim_lane_open(struct sim_member *member, int32_t partition);
enum result sim_commit_begin(struct sim_lane *lane, const struct log_staged *records,
                             uint32_t count, const int64_t *inputs, struct error *error);
enum result sim_commit_wait(struct sim_lane *lane, struct error *error);
/* The lane ends: aborts what may still be aborted. */
void sim_commit_close(struct sim_lane *lane);
void sim_delivery_free(struct sim_delivery *delivery);
/* Its owner has begun another transaction: the worst moment for a late request to end this one. */
void sim_delivery_comes_loose(struct sim_delivery *delivery);

/* --- Evidence (kafka_plain.c). --- */

void sim_evidence_free(struct kafka *kafka);

#endif
