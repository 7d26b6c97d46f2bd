/* The log as one lane may see it: fence, restore, read its inputs, and commit whole transactions.
 */
#ifndef MILLRACE_PORTS_LOG_H
#define MILLRACE_PORTS_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"
#include "ports/error.h"

enum {
    LOG_TOPICS_MAX = 16,  /* inputs, outputs or changelogs of one processor, each */
    LOG_ORIGIN_MAX = 320, /* bytes */
    LOG_HEADERS_MAX = 32, /* headers kept of a record; further ones are dropped */
};

struct log_header {
    struct text name;
    struct bytes value;
};

/* A record that was read. Everything it points to lives until its batch is released. */
struct log_record {
    const char *topic; /* name without the deployment's prefix */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    bool key_null;
    bool value_null; /* a tombstone */
    struct bytes key;
    struct bytes value;
    const struct log_header *headers;
    uint32_t headers_count;
};

/* Records of one topic in order. The log owns the memory; give it back with `release`, which an
 * empty batch does not need. */
struct log_batch {
    const struct log_record *records;
    uint32_t count;
    void *handle; /* the log's own */
};

/* A record to be written. The log copies what it needs before `commit_begin` returns. */
struct log_staged {
    uint32_t output; /* index into log_topology.outputs */
    bool key_null; /* only a dead letter of a record without a key: goes to the lane's partition */
    bool value_null;
    struct bytes key; /* placed by murmur2; falls into the lane's partition but for dead letters */
    struct bytes value;
    const struct log_header *headers; /* may be more than LOG_HEADERS_MAX: a dead letter's */
    uint32_t headers_count;
};

/* What one processor reads and writes. All names are without the deployment's prefix. */
struct log_topology {
    const char *processor; /* "certificates": names the group and the transactional id */
    const char *inputs[LOG_TOPICS_MAX];
    uint32_t inputs_count;
    const char *outputs[LOG_TOPICS_MAX];
    uint32_t outputs_count;
    const char *changelogs[LOG_TOPICS_MAX];
    uint32_t changelogs_count;
};

/* Where a lane stands when it takes over: taken after the fence, in this order. */
struct log_positions {
    int64_t inputs[LOG_TOPICS_MAX]; /* next offset to read: committed, else the beginning */
    int64_t changelog_starts[LOG_TOPICS_MAX]; /* first offset that still exists */
    int64_t changelog_ends[LOG_TOPICS_MAX];   /* high watermark: restore to exactly here */
    char origin[LOG_ORIGIN_MAX]; /* which cluster, and which deployment in it; ends in a zero */
};

/* One lane's view of the log: one partition, one transactional producer, used by one thread,
 * while the group's thread goes on polling. Its life is that of one incarnation.
 * No call blocks longer than its `timeout_ms` (at most 10 s), so that the lane can tick between;
 * `commit_wait` takes up to 10 s, whatever is given, when a coordinator does not answer. */
struct log {
    void *self;

    /* Become the owner: end what older owners have pending and fence them (init_transactions).
     * AGAIN: call again. FENCED, DENIED, FAILED: this lane ends. Called once in the life of a log.
     */
    enum result (*fence)(void *self, int32_t timeout_ms, struct error *error);

    /* Is the partition still assigned to this process, in the same generation of the group? */
    bool (*owned)(void *self);

    /* Where an input ended when last heard (its high watermark), or -1; asks nobody. For the lag.
     */
    int64_t (*input_end)(void *self, uint32_t input);

    /* Where an input ends (its high watermark), asked of the brokers: whatever is behind it was
     * written after the question, that is after the first of the calls that this answer took.
     * AGAIN: no answer yet, call again for the same input. DENIED, FAILED: this question gets none.
     * Only after `fence`. */
    enum result (*input_end_now)(void *self, uint32_t input, int32_t timeout_ms, int64_t *end,
                                 struct error *error);

    /* Committed offsets of the inputs and ends of the changelogs. Only after `fence`. */
    enum result (*positions)(void *self, int32_t timeout_ms, struct log_positions *positions,
                             struct error *error);

    /* Read a changelog, read_committed, from `from`; OK with an empty batch = nothing yet. `next`
     * is the offset behind the last thing seen, control records too: restored when next >= end.
     * Records come without their headers. INVALID: what stood there is gone. */
    enum result (*restore)(void *self, uint32_t changelog, int64_t from, int32_t timeout_ms,
                           struct log_batch *batch, int64_t *next, struct error *error);

    /* Start reading the inputs at these offsets. */
    enum result (*start)(void *self, const int64_t *inputs, int32_t timeout_ms,
                         struct error *error);

    /* What has arrived for one input, at most `count_max` records; never waits. INVALID: records
     * that were not read yet are gone; it is never skipped over them. */
    enum result (*poll)(void *self, uint32_t input, uint32_t count_max, struct log_batch *batch,
                        struct error *error);
    void (*release)(void *self, struct log_batch *batch);

    /* One whole transaction: the records and the offsets of all inputs (next to read), all or
     * nothing. Then `commit_wait` until it is not AGAIN.
     * OK: known to be committed. DOUBTFUL, FAILED, FENCED: this lane ends; nothing may be assumed.
     * DENIED: a right is lacking; nothing of the transaction is written.
     * INVALID: a record can never be written (too large); nothing of the transaction is. */
    enum result (*commit_begin)(void *self, const struct log_staged *records, uint32_t count,
                                const int64_t *inputs, struct error *error);
    enum result (*commit_wait)(void *self, int32_t timeout_ms, struct error *error);

    /* After `commit_wait` was OK: for each changelog the offset behind the last record that this
     * transaction wrote there; entries it did not write to stay as they are. */
    void (*changelogs_next)(void *self, int64_t *changelogs_next);

    /* True after a commit that was slow, or during which a connection broke or a request timed
     * out: a late request of it may still arrive, so this producer must begin nothing more. */
    bool (*worn)(void *self);

    /* An eventfd that is written to when something arrives where `poll` had found nothing. It is
     * watched edge-triggered and nobody reads it, so that no arrival can be lost in between. */
    int (*wait_fd)(void *self);

    /* Ends the producer and all reading. Aborts what is open where it still can. From the lane's
     * thread, also after any failure. */
    void (*close)(void *self);
};

enum log_group_event_kind {
    LOG_GROUP_NOTHING = 0,
    LOG_GROUP_ASSIGNED,  /* `partitions` are ours from now on, all inputs of each; there may be none
                            for us, and then nothing will be revoked */
    LOG_GROUP_REVOKED,   /* drain and close the lanes of `partitions`, then call `revoke_done` */
    LOG_GROUP_LOST,      /* they are somebody else's already: close at once, then `revoke_done` */
    LOG_GROUP_FAILED,    /* the membership cannot go on; what `poll` returns says what then */
    LOG_GROUP_FORGOTTEN, /* as FAILED with FENCED, but a broker left a question of this membership
                            without an answer: it may have forgotten us, and there is no other */
};

struct log_group_event {
    enum log_group_event_kind kind;
    const int32_t *partitions; /* valid until the next poll */
    uint32_t partitions_count;
};

/* One processor's membership in its group; used by the one thread that starts and ends lanes. */
struct log_group {
    void *self;
    /* DENIED, FAILED: the membership cannot go on; the process ends. FENCED: it has ended, and all
     * partitions with it, but another may be had: `rejoin`. */
    enum result (*poll)(void *self, int32_t timeout_ms, struct log_group_event *event,
                        struct error *error);
    void (*revoke_done)(void *self);
    /* A lane's log for an assigned partition: new producer, nothing contacted yet. Called again for
     * the same partition when a lane starts anew, after its older log was closed. */
    enum result (*lane_open)(void *self, int32_t partition, struct log *log, struct error *error);
    /* Leave the group and join it again: the answer to a partition without a living lane.
     * All lanes are closed before. */
    enum result (*rejoin)(void *self, struct error *error);
    /* Does a broker answer now? Asks, and waits for the answer. */
    bool (*reachable)(void *self, int32_t timeout_ms);
    /* Leave the group for good. All lanes are closed before. */
    void (*close)(void *self);
};

/* A producer without transactions, for what must be written whoever owns the partition: evidence.
 * Safe from any thread. `write` returns at once; `flush` waits for what was written. */
struct log_plain {
    void *self;
    enum result (*write)(void *self, const char *topic, struct bytes key, struct bytes value,
                         const struct log_header *headers, uint32_t headers_count,
                         struct error *error);
    enum result (*flush)(void *self, int32_t timeout_ms, struct error *error);
    void (*close)(void *self);
};

#endif
