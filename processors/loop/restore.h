/* Bring a store to the ends of its changelogs: all that is committed up to there, and no more. */
#ifndef MILLRACE_LOOP_RESTORE_H
#define MILLRACE_LOOP_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/processor.h"
#include "loop/proof.h"
#include "loop/turn_inside.h"
#include "ports/error.h"
#include "ports/log.h"
#include "ports/store.h"

enum restore_outcome {
    RESTORE_MORE,    /* something was done, and there is more */
    RESTORE_IDLE,    /* the log had nothing for now */
    RESTORE_WAITING, /* a record cannot be read yet; `error` says why */
    RESTORE_CLEARED, /* the store is not of this log, `error` says why: it is built anew */
    RESTORE_DONE,
    RESTORE_STOPPED, /* a record cannot be read, now or later */
    RESTORE_DENIED,  /* the changelog may not be read */
    RESTORE_FAILED,
};

struct restore {
    const struct log_topology *topology;
    const struct log *log;
    const struct store *store;
    const struct processor *processor;
    struct turn *turn;
    uint32_t own_table; /* of the store: the loop's */
    char origin[PROOF_ORIGIN_MAX];
    struct proof_mark marks[LOG_TOPICS_MAX]; /* the last record that was taken of each changelog */
    int64_t starts[LOG_TOPICS_MAX];
    bool proving;    /* the marks are looked for, one changelog after the other, before all else */
    uint32_t proven; /* marks that were found */
    uint32_t gone;   /* that are not there any more: compacted or deleted */
    uint32_t changelog;           /* the one being read */
    int64_t next[LOG_TOPICS_MAX]; /* offset of the first record not handled yet */
    int64_t ends[LOG_TOPICS_MAX];
    struct log_batch batch; /* records read */
    uint32_t taken;         /* and how many of them are handled */
    int64_t batch_next;     /* behind the last thing the batch has seen */
    uint64_t records;       /* handled so far */
};

/* Begin where the store stands; a store that cannot belong to this log is cleared first, `*cleared`
 * says so, and `error` why. All pointers in `restore`, and `own_table`, are set by the caller. */
enum result restore_begin(struct restore *restore, const struct log_positions *positions,
                          bool *cleared, struct error *error);
/* Read or handle one batch. */
enum restore_outcome restore_step(struct restore *restore, int32_t call_ms, struct error *error);
/* Give back what is still held. */
void restore_end(struct restore *restore);

/* Records and markers still to be read. */
int64_t restore_remaining(const struct restore *restore);

#endif
