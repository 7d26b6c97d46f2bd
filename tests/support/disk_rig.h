/* A data directory for tests: stores on disk, processes that are killed, and files that suffer. */
#ifndef MILLRACE_TESTS_SUPPORT_DISK_RIG_H
#define MILLRACE_TESTS_SUPPORT_DISK_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "outside/store_rocksdb/store_rocksdb.h"

enum { DISK_RIG_PATH_MAX = 256 };

struct disk_rig {
    char root[DISK_RIG_PATH_MAX]; /* a directory of its own */
    uint64_t whole_bytes_max;     /* stores up to this size are read whole when they are opened */
    struct stores_rocksdb *opened;
    struct stores stores;
    uint32_t warnings; /* that were logged since the rig was opened */
    char warned[1024]; /* the last one's error */
};

void disk_rig_init(struct disk_rig *rig);
/* Remove everything. */
void disk_rig_deinit(struct disk_rig *rig);

/* Take the data directory and let go of it. */
enum result disk_rig_try(struct disk_rig *rig, struct error *error);
void disk_rig_open(struct disk_rig *rig);
void disk_rig_close(struct disk_rig *rig);

/* What the story below writes: entry n, from 1, is there after n applies, and the changelogs stand
 * at n and 2n. An entry of more than one lies in each table. */
enum { DISK_RIG_TABLES = 2, DISK_RIG_CHANGELOGS = 2, DISK_RIG_VALUE_BYTES = 4096 };
/* Partition 0's store, in a process that kills itself after so many applies more. */
void disk_rig_write_and_die(struct disk_rig *rig, uint32_t applies);
struct store disk_rig_store(struct disk_rig *rig);
/* One more apply. */
enum result disk_rig_apply(const struct store *store, uint32_t number, struct error *error);

/* How far the store is; it is right: each entry up to there is as it was written, and no other is.
 * DOUBTFUL: it said that it is damaged before it said anything wrong. */
enum result disk_rig_check(const struct store *store, uint32_t entries_max, uint32_t *entries);

/* The files of partition 0 whose name begins and ends so; returns how many. */
enum { DISK_RIG_FILES_MAX = 64 };
uint32_t disk_rig_files(const struct disk_rig *rig, const char *begin, const char *end,
                        char paths[][DISK_RIG_PATH_MAX]);
void disk_rig_cut(const char *path, int64_t length);
void disk_rig_flip(const char *path, int64_t offset);
int64_t disk_rig_size(const char *path);
/* Copy all files of partition 0 to a place beside it, and back. */
void disk_rig_keep(const struct disk_rig *rig);
void disk_rig_bring_back(const struct disk_rig *rig);

#endif
