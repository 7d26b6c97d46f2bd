/* One lane's RocksDB: opened whole, or made anew with the reason told; keys and marks on disk. */
#ifndef MILLRACE_OUTSIDE_STORE_ROCKSDB_DATABASE_H
#define MILLRACE_OUTSIDE_STORE_ROCKSDB_DATABASE_H

#include <rocksdb/c.h>
#include <stdint.h>

#include "outside/store_rocksdb/directory.h"
#include "ports/error.h"
#include "ports/log.h"
#include "ports/logger.h"
#include "ports/store.h"

enum {
    DATABASE_KEY_MAX = 1 + STORE_KEY_MAX, /* the table, then the key */
    DATABASE_MARK_MAX = 8 + 8 * LOG_TOPICS_MAX,
};

/* A database is written in generations: the memory that holds one is written to a file of its own
 * as a whole, by `database_flush`. `flushed` lies in the same memory, and the mark in all later
 * ones; so a generation that was lost from the middle shows when the database is opened. */
struct database_mark {
    uint64_t generation;                     /* that this write belongs to, from 1 */
    int64_t changelogs_next[LOG_TOPICS_MAX]; /* offsets */
};

struct database {
    char path[DIRECTORY_PATH_MAX];
    uint32_t tables;
    uint32_t changelogs;
    rocksdb_t *db;
    rocksdb_options_t *options;
    rocksdb_block_based_table_options_t *table_options;
    rocksdb_writeoptions_t *writing;
    rocksdb_readoptions_t *reading;
    rocksdb_flushoptions_t *flushing;
    uint64_t generation_bytes; /* after how many a generation ends */
    uint64_t unflushed_bytes;  /* of the present generation */
    struct database_mark mark; /* as of the last write */
};

/* What all databases of a process share. */
struct database_memory {
    rocksdb_cache_t *cache;    /* of blocks, and of all indexes and filters */
    uint64_t generation_bytes; /* of each database, held in memory until they are written out */
    uint64_t whole_bytes_max;  /* a database up to this size is read whole when it is opened */
};

/* `database` has path, tables and changelogs, and is zero else. A damaged one is made anew, and the
 * log told why. AGAIN: the disk is full. FAILED: locked, or it cannot be made. */
enum result database_open(struct database *database, const struct database_memory *memory,
                          const struct logger *logger, struct error *error);
/* Close; a damaged one is removed as well. */
void database_close(struct database *database, bool damaged);

/* Write a batch with the marks: all or nothing. `sentence` is RocksDB's, to be freed by
 * rocksdb_free; NULL: it is done. */
char *database_write(struct database *database, rocksdb_writebatch_t *batch, uint64_t bytes,
                     const int64_t *changelogs_next);

/* Make it anew, empty. After a failure it can only be closed. */
char *database_clear(struct database *database);

#endif
