/* A log in memory with real transactions, for tests and simulations: nothing happens by itself, so
 * every run of the same calls gives the same result. Safe from several threads. */
#ifndef MILLRACE_TESTS_SUPPORT_MEMORY_LOG_H
#define MILLRACE_TESTS_SUPPORT_MEMORY_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "ports/clock.h"
#include "ports/log.h"

struct memory_log;

/* Every topic has `partitions` and comes into being when it is first named. `clock` gives records
 * their time and must outlive the log. */
struct memory_log *memory_log_open(int32_t partitions, const struct clock *clock);
/* From now on it says that it lies elsewhere. `origin` must outlive it. */
void memory_log_origin(struct memory_log *log, const char *origin);
/* All members and lanes are closed or crashed before. */
void memory_log_close(struct memory_log *log);

/* --- Outsiders: producers and readers that are no processor of ours. --- */

struct memory_record {
    bool key_null;
    bool value_null;
    struct bytes key;
    struct bytes value;
    const struct log_header *headers;
    uint32_t headers_count;
    uint32_t place; /* among the records of its transaction, as its producer staged them */
};

/* Write a record without a transaction, wherever its key belongs. Returns its offset. */
int64_t memory_log_append(struct memory_log *log, const char *topic, int32_t partition,
                          const struct memory_record *record);
/* The same with texts as key and value. */
int64_t memory_log_append_text(struct memory_log *log, const char *topic, int32_t partition,
                               const char *key, const char *value);

/* How many records a reader of committed data sees, and the one at `index` of them: valid until the
 * next record is written, what it points to as long as the log. */
uint32_t memory_log_visible(struct memory_log *log, const char *topic, int32_t partition);
const struct log_record *memory_log_read(struct memory_log *log, const char *topic,
                                         int32_t partition, uint32_t index);

/* All that a reader of committed data sees now, oldest first. `visit` may use the log, and write
 * to it; the record is valid until it returns, what it points to as long as the log. */
void memory_log_each(struct memory_log *log, const char *topic, int32_t partition,
                     void (*visit)(void *context, const struct log_record *record), void *context);

/* When it was decided to write a record: what one producer wrote, whatever the topic, can be put in
 * order by it. Each record outside of transactions has the same moment, before all others. */
struct memory_moment {
    int64_t transaction;
    uint32_t place;
};
struct memory_moment memory_log_moment(struct memory_log *log, const struct log_record *record);
bool memory_moment_before(const struct memory_moment *a, const struct memory_moment *b);

/* High watermark, and the offset below which no transaction is open. */
int64_t memory_log_end(struct memory_log *log, const char *topic, int32_t partition);
int64_t memory_log_stable_end(struct memory_log *log, const char *topic, int32_t partition);

/* What the group of a processor has committed, or -1. */
int64_t memory_log_committed(struct memory_log *log, const char *processor, const char *topic,
                             int32_t partition);

/* --- Members: one process's part in the group of its processor. --- */

/* `topology` must outlive the member. Closed by the port's `close`, or by a crash. */
struct log_group memory_log_join(struct memory_log *log, const struct log_topology *topology);

/* From now on the partitions belong to this member for the group's coordinator; others that had
 * them are not told: they become zombies. The member learns of it by its next poll. */
void memory_log_assign(const struct log_group *group, const int32_t *partitions, uint32_t count);
/* Ask the member to give them back; it still owns them until `revoke_done`. */
void memory_log_revoke(const struct log_group *group, const int32_t *partitions, uint32_t count);
/* Tell the member that they are somebody else's already. */
void memory_log_lose(const struct log_group *group, const int32_t *partitions, uint32_t count);
/* The membership cannot go on. */
void memory_log_fail(const struct log_group *group);
/* The membership has ended, and its partitions with it; the member may join again. `forgotten`: a
 * broker that died may be all there is to it. */
void memory_log_fence_member(const struct log_group *group, bool forgotten);
/* From now on no broker answers the question for one, or they do again. */
void memory_log_cut_off(const struct log_group *group, bool away);
/* How often it was asked, and no broker answered. */
uint32_t memory_log_missed(const struct log_group *group);
/* The member has not heard of its group for too long, or has again: its lanes do not know whether
 * they own their partitions. */
void memory_log_unheard(const struct log_group *group, bool unheard);
/* How often the member has left and joined again. */
uint32_t memory_log_rejoins(const struct log_group *group);

/* The process of a member, or of a single lane, dies: what it had open stays open until somebody
 * fences it. Only `close` may be called on it afterwards; it then merely frees memory. */
void memory_log_crash(const struct log_group *group);
void memory_log_crash_lane(const struct log *lane);

/* A producer without transactions. Closed by the port's `close`. */
struct log_plain memory_log_plain(struct memory_log *log);

/* --- Faults. --- */

enum memory_fault {
    MEMORY_FAULT_NONE = 0,
    MEMORY_FAULT_DOUBTFUL_COMMITTED, /* it is committed; the lane hears DOUBTFUL */
    MEMORY_FAULT_DOUBTFUL_ABORTED,   /* it is aborted; the lane hears DOUBTFUL */
    MEMORY_FAULT_DOUBTFUL_OPEN,      /* it stays open; the lane hears DOUBTFUL */
    MEMORY_FAULT_FAILED,             /* it is aborted, and the lane hears so */
    MEMORY_FAULT_FENCED,             /* somebody else initialised in between */
    MEMORY_FAULT_DENIED,             /* it is aborted, since this process lacks a right */
    MEMORY_FAULT_INVALID,            /* a record is too large to be written, ever */
    MEMORY_FAULT_SLOW,    /* it is committed after a while; the request to end it comes twice */
    MEMORY_FAULT_HANGING, /* no answer until another fault, or none, is set */
};

/* What happens to commits of a lane's partition from now on: to the next one only, but for HANGING,
 * which lasts. */
void memory_log_fault(struct memory_log *log, const char *processor, int32_t partition,
                      enum memory_fault fault);

/* The second request of a SLOW commit arrives now: it ends whatever its producer has open. True if
 * it was not refused. */
bool memory_log_deliver_late_end(struct memory_log *log, const char *processor, int32_t partition);

/* Everything below an offset is deleted: who has not read it finds it gone. */
void memory_log_truncate(struct memory_log *log, const char *topic, int32_t partition,
                         int64_t start);

/* Of each key below the last stable offset only the newest record stays. Returns how many records
 * are gone; what pointed to them is not valid any more. */
uint32_t memory_log_compact(struct memory_log *log, const char *topic);

/* All brokers are away, or back: calls that ask them answer AGAIN, polls find nothing. */
void memory_log_away(struct memory_log *log, bool away);

#endif
