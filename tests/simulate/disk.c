#include "tests/simulate/disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "outside/store_memory/store_memory.h"

/* What one lane has of a store. Only the last one opened is the lane's whose store it is. */
struct disk_handle {
    struct disk_store *store;
    uint32_t opened;
    const struct sim_process *process;
};

/* NULL: the process is dead. */
static const struct store *kept_by(void *self, struct error *error) {
    const struct disk_handle *handle = self;
    if (handle->process->dead) {
        (void)error_set(error, RESULT_FAILED, "this process was killed");
        return NULL;
    }
    assert(handle->opened == handle->store->opened);
    return &handle->store->kept;
}

static enum result get(void *self, uint32_t table, struct bytes key, struct bytes *value,
                       struct error *error) {
    const struct store *kept = kept_by(self, error);
    return kept == NULL ? error->result : kept->get(kept->self, table, key, value, error);
}

static enum result apply(void *self, const struct store_write *writes, uint32_t count,
                         const int64_t *changelogs_next, struct error *error) {
    const struct store *kept = kept_by(self, error);
    return kept == NULL ? error->result
                        : kept->apply(kept->self, writes, count, changelogs_next, error);
}

static enum result positions(void *self, int64_t *changelogs_next, struct error *error) {
    const struct store *kept = kept_by(self, error);
    return kept == NULL ? error->result : kept->positions(kept->self, changelogs_next, error);
}

static enum result each(void *self, uint32_t table,
                        bool (*visit)(void *context, struct bytes key, struct bytes value),
                        void *context, struct error *error) {
    const struct store *kept = kept_by(self, error);
    return kept == NULL ? error->result : kept->each(kept->self, table, visit, context, error);
}

static enum result clear(void *self, struct error *error) {
    const struct store *kept = kept_by(self, error);
    return kept == NULL ? error->result : kept->clear(kept->self, error);
}

static void close_store(void *self) {
    free(self);
}

static struct disk_store *find(struct disk *disk, const char *processor, int32_t partition) {
    for (uint32_t i = 0; i < disk->count; i++) {
        struct disk_store *store = &disk->stores[i];
        if (store->partition == partition && strcmp(store->processor, processor) == 0) {
            return store;
        }
    }
    return NULL;
}

static enum result lane_open(void *self, const char *processor, int32_t partition, uint32_t tables,
                             uint32_t changelogs, struct store *store, struct error *error) {
    const struct disk_user *user = self;
    struct disk *disk = user->disk;
    struct disk_store *found = find(disk, processor, partition);
    if (found == NULL) {
        assert(disk->count < DISK_STORES_MAX);
        found = &disk->stores[disk->count++];
        *found = (struct disk_store){.processor = processor, .partition = partition};
        const struct stores memory = stores_memory();
        const enum result result = memory.lane_open(memory.self, processor, partition, tables,
                                                    changelogs, &found->kept, error);
        assert(result == RESULT_OK);
    }
    struct disk_handle *handle = malloc(sizeof *handle);
    assert(handle != NULL);
    *handle =
        (struct disk_handle){.store = found, .opened = ++found->opened, .process = user->process};
    *store = (struct store){
        .self = handle,
        .get = get,
        .apply = apply,
        .positions = positions,
        .each = each,
        .clear = clear,
        .close = close_store,
    };
    return RESULT_OK;
}

struct stores disk_stores(struct disk_user *user) {
    return (struct stores){.self = user, .lane_open = lane_open};
}

void disk_wipe(struct disk *disk) {
    for (uint32_t i = 0; i < disk->count; i++) {
        disk->stores[i].kept.close(disk->stores[i].kept.self);
    }
    disk->count = 0;
}
