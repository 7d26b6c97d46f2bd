/* A processor that is easy to judge, and the world around its lanes: time stands still unless a
 * test moves it, and the log is in memory.
 *
 * It appends every command's value to the state of its key: "a", "a b", "a b c"; a value that is
 * missing, twice, or out of order shows. Each appended value makes an event (the value) and a state
 * record (the whole). Some commands do more:
 *   "again ..."   cannot be handled while `again` is set
 *   "invalid"     cannot be read
 *   "letter"      becomes a dead letter
 *   "send ..."    is sent after the commit; a reply comes when the test gives one */
#ifndef MILLRACE_TESTS_SUPPORT_TOY_H
#define MILLRACE_TESTS_SUPPORT_TOY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "loop/group.h"
#include "loop/lane.h"
#include "tests/support/memory_log.h"

enum { TOY_URGENT = 0, TOY_COMMANDS = 1 };               /* inputs */
enum { TOY_EVENTS = 0, TOY_STATE = 1, TOY_LETTERS = 2 }; /* outputs */
enum {
    TOY_TEXT_MAX = 65536,
    TOY_PARTITIONS = 4,
};

extern const struct log_topology toy_topology;

/* What tests tell all toy processors of a world, and hear from them. */
struct toy {
    bool again;                 /* "again ..." cannot be handled */
    bool refuse_restore;        /* no state record can be read */
    bool refuse_tick;           /* nor anything in a tick */
    int32_t replies;            /* replies that are ready to be taken by ticks */
    char handled[TOY_TEXT_MAX]; /* the values in the order they were handled, a space behind each */
    char sent[TOY_TEXT_MAX];    /* the values that were sent, a space behind each */
    uint32_t restored;          /* state records that were given to `restore` */
    uint32_t late_ticks;     /* ticks of lanes that had to end, but were not told to drain before */
    uint32_t closed;         /* lanes' parts that were closed */
    int32_t out_when_closed; /* sends without a reply then, all together */
    pthread_mutex_t mutex;   /* lanes may have threads */
    pthread_mutex_t hold;    /* a test that holds it makes `handle` hang */
};

struct toy_world {
    struct memory_log *log;
    int64_t now_ms;
    struct clock clock;
    struct options options;
    struct emitter emitter;
    struct stores stores;
    struct toy toy;
    struct processor_kind kind;
    uint64_t ids;                      /* handed out so far */
    struct store kept[TOY_PARTITIONS]; /* stores that outlive their lanes, where asked for */
};

void toy_world_open(struct toy_world *world);
void toy_world_close(struct toy_world *world);
/* From now on each partition's store outlives its lanes, as one on disk does. */
void toy_world_keep_stores(struct toy_world *world);

/* A process: its membership, and what its lanes need. */
struct toy_member {
    struct toy_world *world;
    struct log_group log_group;
    struct group_setup setup;
};

void toy_member_open(struct toy_member *member, struct toy_world *world);
/* The member hears that these partitions are its own; for tests without a group. */
void toy_member_assign(struct toy_member *member, const int32_t *partitions, uint32_t count);
void toy_member_close(struct toy_member *member);

struct lane *toy_lane_open(struct toy_member *member, int32_t partition);
/* The process dies: nothing is ended in order. */
void toy_lane_crash(struct toy_member *member, struct lane *lane);

/* Step until the lane has nothing to do at this moment. */
void toy_settle(struct lane *lane);
/* The same, and let time pass, so that batches close and are committed. */
void toy_run(struct toy_world *world, struct lane *lane, int64_t duration_ms);
struct lane_status toy_status(struct lane *lane);

/* A key that belongs to a partition, counted from 0; a few are kept for each. */
const char *toy_key(int32_t partition, uint32_t number);
void toy_command(struct toy_world *world, int32_t partition, const char *value);
void toy_urgent(struct toy_world *world, int32_t partition, const char *value);
/* The newest visible state of key 0 of a partition, or "". */
const char *toy_state(struct toy_world *world, int32_t partition);
/* All visible events of a partition, a space behind each. */
const char *toy_events(struct toy_world *world, int32_t partition);

#endif
