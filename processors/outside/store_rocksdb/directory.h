/* The data directory: a directory for each lane of one processor, which belongs to one process. */
#ifndef MILLRACE_OUTSIDE_STORE_ROCKSDB_DIRECTORY_H
#define MILLRACE_OUTSIDE_STORE_ROCKSDB_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "ports/error.h"

enum { DIRECTORY_PATH_MAX = 512 };

struct directory {
    char path[DIRECTORY_PATH_MAX];
    int lock_fd;
};

/* Make <root>/<name> where it is missing, and take it for this process, for as long as that lives.
 * FAILED: another process has it. DENIED: the file system does not let us. */
enum result directory_open(struct directory *directory, const char *root, const char *name,
                           struct error *error);
void directory_close(struct directory *directory);

/* The path of a partition's lane, made where it is missing. */
enum result directory_lane(const struct directory *directory, int32_t partition,
                           char path[DIRECTORY_PATH_MAX], struct error *error);
/* Is there nothing in it? */
bool directory_is_empty(const char *path);
/* AGAIN: `bytes` more do not fit on the disk now. */
enum result directory_has_room(const struct directory *directory, int32_t partition, uint64_t bytes,
                               struct error *error);

#endif
