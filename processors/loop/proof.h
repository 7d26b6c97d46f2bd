/* What a store can show to prove that it was filled from this very log: where that lies, and the
 * last record that it took from each changelog. It lies in a table of the loop's own. */
#ifndef MILLRACE_LOOP_PROOF_H
#define MILLRACE_LOOP_PROOF_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/batch.h"
#include "ports/error.h"
#include "ports/log.h"
#include "ports/store.h"

enum { PROOF_ORIGIN_MAX = 512 }; /* bytes */

/* A record that the store has. */
struct proof_mark {
    bool known; /* it has one */
    int64_t offset;
    uint64_t hash;
};

/* Of a record's key and value. */
uint64_t proof_of_staged(const struct log_staged *record);
uint64_t proof_of_record(const struct log_record *record);

/* Names the log that a lane reads: cluster, deployment, changelogs. Ends in a zero. */
void proof_origin(const struct log_topology *topology, const struct log_positions *positions,
                  char origin[PROOF_ORIGIN_MAX]);

/* Go into the batch's writes, for which it keeps room, with what else is applied. */
void proof_write_origin(struct batch *batch, uint32_t table, const char *origin);
void proof_write_mark(struct batch *batch, uint32_t table, uint32_t changelog,
                      const struct proof_mark *mark);

/* What a store has: an empty text, and nothing known, where it has none. DOUBTFUL as in the port.
 */
enum result proof_read_origin(const struct store *store, uint32_t table,
                              char origin[PROOF_ORIGIN_MAX], struct error *error);
enum result proof_read_mark(const struct store *store, uint32_t table, uint32_t changelog,
                            struct proof_mark *mark, struct error *error);

#endif
