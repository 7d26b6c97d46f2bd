#include "outside/store_memory/store_memory.h"

#include <assert.h>
#include <stdlib.h>

#include "outside/store_memory/table.h"
#include "ports/log.h"

struct store_memory {
    struct table tables[STORE_TABLES_MAX];
    uint32_t tables_count;
    int64_t changelogs_next[LOG_TOPICS_MAX]; /* offsets */
    uint32_t changelogs_count;
};

static enum result get(void *self, uint32_t table, struct bytes key, struct bytes *value,
                       struct error *error) {
    const struct store_memory *store = self;
    (void)error;
    assert(table < store->tables_count && key.length <= STORE_KEY_MAX);
    return table_get(&store->tables[table], key, value) ? RESULT_OK : RESULT_NOT_FOUND;
}

static enum result apply(void *self, const struct store_write *writes, uint32_t count,
                         const int64_t *changelogs_next, struct error *error) {
    struct store_memory *store = self;
    (void)error;
    for (uint32_t i = 0; i < count; i++) {
        const struct store_write *write = &writes[i];
        assert(write->table < store->tables_count && write->key.length <= STORE_KEY_MAX);
        if (write->remove) {
            table_remove(&store->tables[write->table], write->key);
        } else {
            table_put(&store->tables[write->table], write->key, write->value);
        }
    }
    for (uint32_t i = 0; i < store->changelogs_count; i++) {
        store->changelogs_next[i] = changelogs_next[i];
    }
    return RESULT_OK;
}

static enum result positions(void *self, int64_t *changelogs_next, struct error *error) {
    const struct store_memory *store = self;
    (void)error;
    for (uint32_t i = 0; i < store->changelogs_count; i++) {
        changelogs_next[i] = store->changelogs_next[i];
    }
    return RESULT_OK;
}

static enum result each(void *self, uint32_t table,
                        bool (*visit)(void *context, struct bytes key, struct bytes value),
                        void *context, struct error *error) {
    const struct store_memory *store = self;
    (void)error;
    assert(table < store->tables_count && visit != NULL);
    table_each(&store->tables[table], visit, context);
    return RESULT_OK;
}

static enum result clear(void *self, struct error *error) {
    struct store_memory *store = self;
    (void)error;
    for (uint32_t i = 0; i < store->tables_count; i++) {
        table_deinit(&store->tables[i]);
    }
    for (uint32_t i = 0; i < store->changelogs_count; i++) {
        store->changelogs_next[i] = 0;
    }
    return RESULT_OK;
}

static void close_store(void *self) {
    struct store_memory *store = self;
    for (uint32_t i = 0; i < store->tables_count; i++) {
        table_deinit(&store->tables[i]);
    }
    free(store);
}

static enum result lane_open(void *self, const char *processor, int32_t partition, uint32_t tables,
                             uint32_t changelogs, struct store *store, struct error *error) {
    (void)self;
    (void)processor;
    (void)partition;
    assert(tables <= STORE_TABLES_MAX && changelogs <= LOG_TOPICS_MAX);
    struct store_memory *memory = calloc(1, sizeof *memory);
    if (memory == NULL) {
        return error_set(error, RESULT_FAILED, "no memory for a store; give the process more");
    }
    memory->tables_count = tables;
    memory->changelogs_count = changelogs;
    *store = (struct store){
        .self = memory,
        .get = get,
        .apply = apply,
        .positions = positions,
        .each = each,
        .clear = clear,
        .close = close_store,
    };
    return RESULT_OK;
}

struct stores stores_memory(void) {
    return (struct stores){.self = NULL, .lane_open = lane_open};
}
