#include "outside/store_rocksdb/store_rocksdb.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "outside/store_rocksdb/database.h"
#include "outside/store_rocksdb/trouble.h"

enum {
    GENERATION_BYTES_MIN = 1 << 20,
    GENERATION_BYTES_MAX = 8 << 20,
    ENTRY_BYTES = 64,      /* what an entry takes in memory besides its key and value */
    ROOM_BYTES = 32 << 20, /* that a store must find free when it is opened */
};

struct stores_rocksdb {
    struct directory directory;
    struct database_memory memory;
    struct logger logger;
};

struct store_rocksdb {
    struct database database;
    struct logger logger;
    rocksdb_writebatch_t *batch;
    rocksdb_pinnableslice_t *pinned; /* the value that was asked for last; NULL: none */
    bool damaged;                    /* nothing of it may be believed any more */
};

/* The table, then the key: so a table is one range. */
static size_t key_of(uint32_t table, struct bytes key, char whole[DATABASE_KEY_MAX]) {
    assert(table < STORE_TABLES_MAX && key.length <= STORE_KEY_MAX);
    whole[0] = (char)(1 + table);
    if (key.length > 0) {
        memcpy(whole + 1, key.data, key.length);
    }
    return 1 + (size_t)key.length;
}

static void unpin(struct store_rocksdb *store) {
    if (store->pinned != NULL) {
        rocksdb_pinnableslice_destroy(store->pinned);
        store->pinned = NULL;
    }
}

/* The lane must begin anew; where there is damage, with a store that is built anew. */
static enum result fail(struct store_rocksdb *store, const char *what, char *sentence,
                        struct error *error) {
    const char *path = store->database.path;
    switch (trouble_of(sentence)) {
    case TROUBLE_NO_ROOM:
        (void)error_set(error, RESULT_DOUBTFUL,
                        "%s the state in %.160s: the disk is full (%.160s); free space there, the "
                        "lane goes on by itself and nothing is lost",
                        what, path, sentence);
        break;
    case TROUBLE_RESOURCES:
    case TROUBLE_DENIED:
    case TROUBLE_LOCKED:
        (void)error_set(error, RESULT_DOUBTFUL, "%s the state in %.160s: %.200s", what, path,
                        sentence);
        break;
    case TROUBLE_DAMAGE:
        store->damaged = true;
        (void)error_set(error, RESULT_DOUBTFUL,
                        "%s the state in %.160s: it is damaged (%.160s) and is built anew from the "
                        "log",
                        what, path, sentence);
        logger_warning(&store->logger,
                       "the state on disk is damaged and is built anew from the log",
                       LOGGER_FIELDS(logger_string("path", path), logger_error_field(error)));
        break;
    }
    rocksdb_free(sentence);
    return RESULT_DOUBTFUL;
}

static enum result get(void *self, uint32_t table, struct bytes key, struct bytes *value,
                       struct error *error) {
    struct store_rocksdb *store = self;
    const struct database *database = &store->database;
    char whole[DATABASE_KEY_MAX];
    char *failed = NULL;
    assert(table < database->tables);
    unpin(store);
    store->pinned = rocksdb_get_pinned(database->db, database->reading, whole,
                                       key_of(table, key, whole), &failed);
    if (failed != NULL) {
        return fail(store, "reading", failed, error);
    }
    if (store->pinned == NULL) {
        return RESULT_NOT_FOUND;
    }
    size_t length;
    const char *data = rocksdb_pinnableslice_value(store->pinned, &length);
    assert(length <= UINT32_MAX);
    *value = (struct bytes){.data = (const uint8_t *)data, .length = (uint32_t)length};
    return RESULT_OK;
}

static enum result apply(void *self, const struct store_write *writes, uint32_t count,
                         const int64_t *changelogs_next, struct error *error) {
    struct store_rocksdb *store = self;
    uint64_t bytes = 0;
    assert(!store->damaged);
    unpin(store);
    rocksdb_writebatch_clear(store->batch);
    for (uint32_t i = 0; i < count; i++) {
        const struct store_write *write = &writes[i];
        char whole[DATABASE_KEY_MAX];
        const size_t length = key_of(write->table, write->key, whole);
        assert(write->table < store->database.tables);
        if (write->remove) {
            rocksdb_writebatch_delete(store->batch, whole, length);
        } else {
            rocksdb_writebatch_put(store->batch, whole, length, (const char *)write->value.data,
                                   write->value.length);
        }
        bytes += ENTRY_BYTES + length + write->value.length;
    }
    char *failed = database_write(&store->database, store->batch, bytes, changelogs_next);
    return failed == NULL ? RESULT_OK : fail(store, "writing", failed, error);
}

static enum result positions(void *self, int64_t *changelogs_next, struct error *error) {
    const struct store_rocksdb *store = self;
    (void)error;
    memcpy(changelogs_next, store->database.mark.changelogs_next,
           store->database.changelogs * sizeof changelogs_next[0]);
    return RESULT_OK;
}

static enum result each(void *self, uint32_t table,
                        bool (*visit)(void *context, struct bytes key, struct bytes value),
                        void *context, struct error *error) {
    struct store_rocksdb *store = self;
    const struct database *database = &store->database;
    const char first = (char)(1 + table);
    bool more = true;
    assert(table < database->tables && visit != NULL);
    rocksdb_readoptions_t *reading = rocksdb_readoptions_create();
    rocksdb_readoptions_set_fill_cache(reading, 0); /* it is read once, and may be large */
    rocksdb_iterator_t *iterator = rocksdb_create_iterator(database->db, reading);
    for (rocksdb_iter_seek(iterator, &first, 1); more && rocksdb_iter_valid(iterator);
         rocksdb_iter_next(iterator)) {
        size_t key_length;
        size_t length;
        const char *key = rocksdb_iter_key(iterator, &key_length);
        const char *value = rocksdb_iter_value(iterator, &length);
        assert(key_length >= 1 && key_length <= DATABASE_KEY_MAX && length <= UINT32_MAX);
        more = key[0] == first;
        if (more) {
            more =
                visit(context,
                      (struct bytes){.data = (const uint8_t *)key + 1,
                                     .length = (uint32_t)(key_length - 1)},
                      (struct bytes){.data = (const uint8_t *)value, .length = (uint32_t)length});
        }
    }
    char *failed = NULL;
    rocksdb_iter_get_error(iterator, &failed);
    rocksdb_iter_destroy(iterator);
    rocksdb_readoptions_destroy(reading);
    return failed == NULL ? RESULT_OK : fail(store, "reading", failed, error);
}

/* A new one in its place; which memory it may use is told by what it had. */
static enum result clear(void *self, struct error *error) {
    struct store_rocksdb *store = self;
    unpin(store);
    char *failed = database_clear(&store->database);
    return failed == NULL ? RESULT_OK : fail(store, "clearing", failed, error);
}

static void free_store(struct store_rocksdb *store) {
    rocksdb_writebatch_destroy(store->batch);
    free(store);
}

static void close_store(void *self) {
    struct store_rocksdb *store = self;
    unpin(store);
    database_close(&store->database, store->damaged);
    free_store(store);
}

static enum result open_store(struct stores_rocksdb *stores, int32_t partition,
                              struct store_rocksdb *store, struct error *error) {
    enum result result = directory_lane(&stores->directory, partition, store->database.path, error);
    if (result == RESULT_OK) {
        /* One that was closed for want of room waits here until there is some. */
        result = directory_has_room(&stores->directory, partition, ROOM_BYTES, error);
    }
    return result == RESULT_OK
               ? database_open(&store->database, &stores->memory, &store->logger, error)
               : result;
}

static enum result lane_open(void *self, const char *processor, int32_t partition, uint32_t tables,
                             uint32_t changelogs, struct store *port, struct error *error) {
    struct stores_rocksdb *stores = self;
    (void)processor; /* these are one processor's */
    assert(tables <= STORE_TABLES_MAX && changelogs <= LOG_TOPICS_MAX);
    struct store_rocksdb *store = calloc(1, sizeof *store);
    assert(store != NULL);
    store->database.tables = tables;
    store->database.changelogs = changelogs;
    store->logger = logger_for(&stores->logger, "store", partition);
    store->batch = rocksdb_writebatch_create();
    const enum result result = open_store(stores, partition, store, error);
    if (result != RESULT_OK) {
        free_store(store);
        return result;
    }
    *port = (struct store){
        .self = store,
        .get = get,
        .apply = apply,
        .positions = positions,
        .each = each,
        .clear = clear,
        .close = close_store,
    };
    return RESULT_OK;
}

static uint64_t between(uint64_t value, uint64_t least, uint64_t most) {
    return value < least ? least : value > most ? most : value;
}

enum result stores_rocksdb_open(const struct store_rocksdb_config *config,
                                struct stores_rocksdb **stores, struct error *error) {
    assert(config->memory_bytes > 0 && config->lanes_max > 0);
    struct stores_rocksdb *opened = calloc(1, sizeof *opened);
    assert(opened != NULL);
    const enum result result =
        directory_open(&opened->directory, config->directory, config->name, error);
    if (result != RESULT_OK) {
        free(opened);
        return result;
    }
    opened->logger = config->logger;
    opened->memory = (struct database_memory){
        .cache = rocksdb_cache_create_lru(config->memory_bytes / 2),
        .generation_bytes = between(config->memory_bytes / 2 / config->lanes_max,
                                    GENERATION_BYTES_MIN, GENERATION_BYTES_MAX),
        .whole_bytes_max = config->whole_bytes_max,
    };
    *stores = opened;
    return RESULT_OK;
}

void stores_rocksdb_close(struct stores_rocksdb *stores) {
    rocksdb_cache_destroy(stores->memory.cache);
    directory_close(&stores->directory);
    free(stores);
}

struct stores stores_rocksdb_port(struct stores_rocksdb *stores) {
    return (struct stores){.self = stores, .lane_open = lane_open};
}
