/* Where a lane keeps its aggregates: tables of bytes by key, changed only by whole commits. */
#ifndef MILLRACE_PORTS_STORE_H
#define MILLRACE_PORTS_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"
#include "ports/error.h"

enum {
    STORE_TABLES_MAX = 4,
    STORE_KEY_MAX = 64, /* bytes */
};

struct store_write {
    uint32_t table;
    bool remove;
    struct bytes key;
    struct bytes value;
};

/* One lane's store, used by that lane's thread only. */
struct store {
    void *self;

    /* OK with `value` pointing into the store (valid until the next call), or NOT_FOUND. DOUBTFUL,
     * here and below: what is kept cannot be relied on any more; close it, open it again, and it is
     * whole or empty. */
    enum result (*get)(void *self, uint32_t table, struct bytes key, struct bytes *value,
                       struct error *error);

    /* All writes and the changelogs' next offsets in one atomic step. Called only with what the
     * log has committed. `changelogs_next` has one entry a changelog. DOUBTFUL also for want of
     * room. */
    enum result (*apply)(void *self, const struct store_write *writes, uint32_t count,
                         const int64_t *changelogs_next, struct error *error);

    /* The changelogs' next offsets as of the last `apply`; 0 each for an empty store. */
    enum result (*positions)(void *self, int64_t *changelogs_next, struct error *error);

    /* Visit every entry of a table, in any order; stops when `visit` returns false. No `apply`
     * meanwhile. */
    enum result (*each)(void *self, uint32_t table,
                        bool (*visit)(void *context, struct bytes key, struct bytes value),
                        void *context, struct error *error);

    /* Forget everything, positions too: what was kept is in doubt. */
    enum result (*clear)(void *self, struct error *error);

    void (*close)(void *self);
};

/* Where lanes get their stores from, each from its own thread. AGAIN: there is no room for one now;
 * the same call later may succeed. */
struct stores {
    void *self;
    enum result (*lane_open)(void *self, const char *processor, int32_t partition, uint32_t tables,
                             uint32_t changelogs, struct store *store, struct error *error);
};

#endif
