/* What a processor gives to the loop: its topics and what to do with each record. The loop owns the
 * thread, the transaction, the store and the order of things; a processor owns its decisions. */
#ifndef MILLRACE_LOOP_PROCESSOR_H
#define MILLRACE_LOOP_PROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/turn.h"
#include "ports/error.h"
#include "ports/log.h"

/* What the loop tells a processor's lane when it starts, after the restore. */
struct lane_identity {
    int32_t partition;
    int32_t partitions;      /* of every topic of the deployment */
    struct uuid incarnation; /* made anew by each fence; names this lane's life */
    /* The last look before an effect: is the partition still this lane's, and has the lane not
     * been told to end? Cheap, never waits; from the lane's thread only. */
    bool (*alive)(void *alive_context);
    void *alive_context;
    /* Where an input ends, asked of the brokers: what is behind it was written after the question,
     * that is after the first of the calls that this answer took. Waits for a second at most.
     * AGAIN: no answer yet, call again for the same input. Anything else but OK: this question gets
     * none. From `tick` only. */
    enum result (*input_end_now)(void *input_end_context, uint32_t input, int64_t *end,
                                 struct error *error);
    void *input_end_context;
};

/* Why a lane drains. */
enum drain_cause {
    DRAIN_REVOKED,  /* another member may get the partition */
    DRAIN_STOPPING, /* the process was told to end, or the lane met what it cannot read */
};

/* One processor's part in one lane; every call comes from the lane's thread, one at a time. */
struct processor {
    void *self;

    /* A changelog record read while restoring, one changelog after the other in their order: stage
     * what the store shall hold for it by `turn_put` and `turn_remove`; nothing can be emitted.
     * AGAIN: cannot be read yet, called again later. INVALID: unreadable, the lane stops loudly. */
    enum result (*restore)(void *self, uint32_t changelog, const struct log_record *record,
                           struct turn *turn, struct error *error);

    /* The store stands at the ends of the changelogs: build what is kept in memory only. What is
     * staged here goes into the first transaction. AGAIN: nothing was kept, called again later. */
    enum result (*started)(void *self, const struct lane_identity *identity, struct turn *turn,
                           struct error *error);

    /* Handle one record of an input inside the open turn.
     * OK: handled, its offset goes into the transaction. AGAIN: cannot be handled yet (a schema
     * registry is away); the lane waits with this input and those behind it, and calls again.
     * INVALID: unreadable on a topic of our own; the lane takes no more inputs, loudly, and is
     * drained. With AGAIN and INVALID nothing of it may have been staged (asserted). */
    enum result (*handle)(void *self, uint32_t input, const struct log_record *record,
                          struct turn *turn, struct error *error);

    /* Take what came from elsewhere (registry replies) and what is due (timers), as many as fit
     * into the turn (`turn_has_room`). Called after the inputs, and whenever `wait_fd` or
     * `next_deadline_ms` say so. OK: all was taken. AGAIN: more is there, call again, after a
     * commit where there was no room. */
    enum result (*tick)(void *self, struct turn *turn, struct error *error);

    /* The turn was committed, known to be: carry out its effects (sends). Never called otherwise.
     */
    void (*committed)(void *self);

    /* No new work to the outside from now on: withdraw what is not on the wire yet, inside this
     * turn. Called in every turn from then on, until `drained`; replies keep coming by `tick`.
     * AGAIN: the turn was full, more is there. */
    enum result (*drain)(void *self, enum drain_cause cause, struct turn *turn,
                         struct error *error);
    bool (*drained)(void *self); /* nothing is out any more */

    int (*wait_fd)(void *self);              /* readable while `tick` has work; -1: none */
    int64_t (*next_deadline_ms)(void *self); /* monotonic; INT64_MAX: none */

    /* The lane ends, for whatever reason. Calls still out are handed to whoever collects late
     * replies; nothing is staged any more. Frees the processor's part of the lane. */
    void (*close)(void *self);
};

/* A kind of processor, made once per process; `lane_open` makes its part of one lane, from that
 * lane's thread, before its restore. */
struct processor_kind {
    const struct log_topology *topology;
    uint32_t tables; /* store tables used, at most STORE_TABLES_MAX - 1: one is the loop's */
    void *self;
    enum result (*lane_open)(void *self, int32_t partition, struct processor *processor,
                             struct error *error);
};

#endif
