/* Stores on disk: what a lane knew is there when it starts again, and only the tail of the log has
 * to be read. The log stays the truth: whatever is doubtful here is thrown away and read anew. */
#ifndef MILLRACE_OUTSIDE_STORE_ROCKSDB_H
#define MILLRACE_OUTSIDE_STORE_ROCKSDB_H

#include <stdint.h>

#include "ports/logger.h"
#include "ports/store.h"

struct store_rocksdb_config {
    const char *directory; /* the data directory; it is made where it is missing */
    const char *name;      /* <application>.<processor>: a directory in it, of one process */
    uint64_t memory_bytes; /* for all stores together: half for reading, half for writing */
    uint32_t lanes_max;    /* stores that may be open at a time */
    /* A store up to this size is read whole when it is opened, so that any damage shows at once;
     * of a larger one damage shows when it is met. */
    uint64_t whole_bytes_max;
    struct logger logger;
};

struct stores_rocksdb;

/* Takes the directory for this process. FAILED: another one has it. DENIED: no right to it. */
enum result stores_rocksdb_open(const struct store_rocksdb_config *config,
                                struct stores_rocksdb **stores, struct error *error);
/* After all its stores are closed. */
void stores_rocksdb_close(struct stores_rocksdb *stores);
struct stores stores_rocksdb_port(struct stores_rocksdb *stores);

#endif
