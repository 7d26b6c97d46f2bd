/* The records and writes of one turn, in memory that is taken once in a lane's life. */
#ifndef MILLRACE_LOOP_BATCH_H
#define MILLRACE_LOOP_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/arena.h"
#include "domain/values.h"
#include "loop/overlay.h"
#include "ports/error.h"
#include "ports/log.h"

enum {
    BATCH_BYTES = 48 << 20, /* of the arena; pages that are never used cost nothing */
    BATCH_RECORDS_MAX = 16384,
    BATCH_OWN_WRITES_MAX = 17,  /* of the loop itself, kept free for what it adds at the end */
    BATCH_OWN_BYTES_MAX = 4096, /* the same of the arena */
    BATCH_MARK_BYTES = 80,      /* of the text that names a transaction, its number and its count */
};

struct batch {
    struct arena arena;
    struct log_staged *records; /* BATCH_RECORDS_MAX */
    struct log_header **marks;  /* of each record its header that names the transaction */
    uint8_t *mark_texts;        /* their values, BATCH_MARK_BYTES each */
    uint32_t records_count;
    struct overlay overlay;
    uint64_t changes; /* records and writes since the batch was opened; never reset */
};

enum result batch_open(struct batch *batch, struct error *error);
void batch_close(struct batch *batch);

/* Forget everything staged, and the memory of it. */
void batch_reset(struct batch *batch);

/* Is there room for the handling of any one further message? */
bool batch_has_room(const struct batch *batch);
/* Is there nothing to commit but offsets? */
bool batch_is_empty(const struct batch *batch);

/* Where a batch stands, to go back to when nothing was staged since: scratch memory must not add
 * up while nothing is committed. */
struct batch_place {
    uint64_t changes;
    size_t used; /* bytes of the arena */
};
struct batch_place batch_here(const struct batch *batch);
bool batch_changed(const struct batch *batch, const struct batch_place *since);
void batch_rewind(struct batch *batch, const struct batch_place *place);

/* Stage a record whose memory lives as long as the batch. `headers` has `headers_count` entries, of
 * which the first is left free for the transaction's name. */
void batch_stage(struct batch *batch, const struct log_staged *record, struct log_header *headers);
void batch_write(struct batch *batch, const struct store_write *write);
void batch_append(struct batch *batch, const struct store_write *write); /* as overlay_append */

/* Name the transaction in every record: "<incarnation>/<sequence>/<n>/<m>", n from 1 to m. So a
 * reader sees a set that is torn. Once, when everything is staged. */
void batch_mark(struct batch *batch, const struct uuid *incarnation, uint64_t sequence);

#endif
