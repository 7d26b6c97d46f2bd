/* What a place keeps from one life of its process to the next: a store for each lane. */
#ifndef MILLRACE_SIMULATE_DISK_H
#define MILLRACE_SIMULATE_DISK_H

#include "ports/store.h"
#include "tests/simulate/process.h"

enum { DISK_STORES_MAX = 32 };

struct disk_store {
    const char *processor;
    int32_t partition;
    uint32_t opened; /* how often; whoever opened it before the last has lost it */
    struct store kept;
};

/* All zeroes is empty. */
struct disk {
    struct disk_store stores[DISK_STORES_MAX];
    uint32_t count;
};

/* One life's way to the disk of its place. */
struct disk_user {
    struct disk *disk;
    const struct sim_process *process;
};

/* Stores that are closed by their lanes, and found again by the next. A process that was killed has
 * no way to them any more, though what is on its stack may still ask. */
struct stores disk_stores(struct disk_user *user);
/* Everything is lost. No lane has any of it. */
void disk_wipe(struct disk *disk);

#endif
