#include "outside/store_rocksdb/database.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "outside/store_rocksdb/trouble.h"

enum {
    FORMAT_MAX = 96, /* bytes of the text that names the format */
    BLOCK_BYTES = 4096,
    FILTER_BITS = 10, /* a key: one search in a hundred for what is not there reads a block */
    FILES_OPEN_MAX = 256,
    FILE_BYTES = 32 << 20,
    LEVEL_BYTES = 128 << 20,
    LOG_BYTES = 1 << 20,
    LOG_LEVEL_ERROR = 3,
    FILES_SLOW = 32, /* young files, after which writing waits for compaction a little */
    FILES_STOP = 64, /* and altogether */
};

/* Our own records stand before all tables. */
static const char format_key[] = "\0format";
static const char mark_key[] = "\0mark";
static const char flushed_key[] = "\0flushed";
#define KEY(name) (name), (sizeof(name) - 1)

static void put_number(uint8_t *bytes, uint64_t number) {
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    }
}

static uint64_t get_number(const uint8_t *bytes) {
    uint64_t number = 0;
    for (int i = 0; i < 8; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

/* --- How RocksDB is to work. --- */

static rocksdb_block_based_table_options_t *table_options(const struct database_memory *memory) {
    rocksdb_block_based_table_options_t *options = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_size(options, BLOCK_BYTES);
    rocksdb_block_based_options_set_block_cache(options, memory->cache);
    /* Indexes and filters too, or their memory would grow with the state. */
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(options, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(options, 1);
    rocksdb_block_based_options_set_filter_policy(
        options, rocksdb_filterpolicy_create_bloom_full(FILTER_BITS));
    return options;
}

static rocksdb_options_t *options_for(const struct database *database,
                                      const struct database_memory *memory) {
    rocksdb_options_t *base = rocksdb_options_create();
    rocksdb_options_set_block_based_table_factory(base, database->table_options);
    rocksdb_options_set_compression(base, rocksdb_lz4_compression);
    /* We end a generation ourselves, long before RocksDB would. */
    rocksdb_options_set_write_buffer_size(base, 4 * memory->generation_bytes);
    rocksdb_options_set_max_open_files(base, FILES_OPEN_MAX);
    rocksdb_options_set_target_file_size_base(base, FILE_BYTES);
    rocksdb_options_set_max_bytes_for_level_base(base, LEVEL_BYTES);
    rocksdb_options_set_level0_slowdown_writes_trigger(base, FILES_SLOW);
    rocksdb_options_set_level0_stop_writes_trigger(base, FILES_STOP);
    rocksdb_options_set_paranoid_checks(base, 1);
    /* What was being written when the process died may be cut off; anything else is damage. */
    rocksdb_options_set_wal_recovery_mode(base, rocksdb_tolerate_corrupted_tail_records_recovery);
    rocksdb_options_set_skip_stats_update_on_db_open(base, 1);
    rocksdb_options_set_info_log_level(base, LOG_LEVEL_ERROR);
    rocksdb_options_set_max_log_file_size(base, LOG_BYTES);
    rocksdb_options_set_keep_log_file_num(base, 2);
    rocksdb_options_set_stats_dump_period_sec(base, 0);
    /* What was recovered stays in memory until we write it out, as a generation. */
    rocksdb_options_t *options = rocksdb_options_create();
    char *failed = NULL;
    rocksdb_get_options_from_string(base, "avoid_flush_during_recovery=true", options, &failed);
    assert(failed == NULL);
    rocksdb_options_destroy(base);
    return options;
}

static void release(struct database *database) {
    rocksdb_options_destroy(database->options);
    rocksdb_block_based_options_destroy(database->table_options);
    rocksdb_writeoptions_destroy(database->writing);
    rocksdb_readoptions_destroy(database->reading);
    rocksdb_flushoptions_destroy(database->flushing);
}

/* --- Our own records. Each function returns RocksDB's sentence, or NULL. --- */

static char *sentence_of(const char *text) {
    const size_t size = strlen(text) + 1;
    char *sentence = malloc(size); /* as RocksDB does */
    assert(sentence != NULL);
    memcpy(sentence, text, size);
    return sentence;
}

static int format_of(const struct database *database, char format[FORMAT_MAX]) {
    const int length =
        snprintf(format, FORMAT_MAX, "millrace store 1, %" PRIu32 " tables, %" PRIu32 " changelogs",
                 database->tables, database->changelogs);
    assert(length > 0 && length < FORMAT_MAX);
    return length;
}

static size_t mark_bytes(const struct database *database) {
    return 8 + 8 * (size_t)database->changelogs;
}

static void put_mark(const struct database *database, rocksdb_writebatch_t *batch) {
    uint8_t bytes[DATABASE_MARK_MAX];
    put_number(bytes, database->mark.generation);
    for (uint32_t i = 0; i < database->changelogs; i++) {
        put_number(bytes + 8 + 8 * (size_t)i, (uint64_t)database->mark.changelogs_next[i]);
    }
    rocksdb_writebatch_put(batch, KEY(mark_key), (const char *)bytes, mark_bytes(database));
}

static void put_flushed(rocksdb_writebatch_t *batch, uint64_t generation) {
    uint8_t bytes[8];
    put_number(bytes, generation);
    rocksdb_writebatch_put(batch, KEY(flushed_key), (const char *)bytes, sizeof bytes);
}

/* Reads a record of at most `size` bytes; `length` is SIZE_MAX where there is none. */
static char *read_own(const struct database *database, const char *key, size_t key_length,
                      void *bytes, size_t size, size_t *length) {
    char *failed = NULL;
    char *value = rocksdb_get(database->db, database->reading, key, key_length, length, &failed);
    if (failed != NULL) {
        return failed;
    }
    if (value == NULL || *length > size) {
        *length = SIZE_MAX;
    } else {
        memcpy(bytes, value, *length);
    }
    rocksdb_free(value);
    return NULL;
}

static char *check_format(const struct database *database) {
    char wanted[FORMAT_MAX];
    char found[FORMAT_MAX];
    size_t length;
    const int wanted_length = format_of(database, wanted);
    char *failed = read_own(database, KEY(format_key), found, sizeof found - 1, &length);
    if (failed != NULL) {
        return failed;
    }
    if (length == SIZE_MAX) {
        return sentence_of("it does not say which format it has");
    }
    found[length] = '\0';
    if (length == (size_t)wanted_length && memcmp(found, wanted, length) == 0) {
        return NULL;
    }
    char text[2 * FORMAT_MAX + 64];
    (void)snprintf(text, sizeof text, "its format is \"%s\", this program's \"%s\"", found, wanted);
    return sentence_of(text);
}

/* A generation that is missing between others shows here: the mark is at most one ahead. */
static char *read_mark(struct database *database, uint64_t *flushed) {
    uint8_t bytes[DATABASE_MARK_MAX] = {0};
    size_t length;
    char *failed = read_own(database, KEY(mark_key), bytes, sizeof bytes, &length);
    if (failed != NULL) {
        return failed;
    }
    if (length != mark_bytes(database)) {
        return sentence_of("it does not say how far it is");
    }
    database->mark.generation = get_number(bytes);
    for (uint32_t i = 0; i < database->changelogs; i++) {
        database->mark.changelogs_next[i] = (int64_t)get_number(bytes + 8 + 8 * (size_t)i);
        if (database->mark.changelogs_next[i] < 0) {
            return sentence_of("it says that it is at a negative offset");
        }
    }
    failed = read_own(database, KEY(flushed_key), bytes, sizeof bytes, &length);
    if (failed != NULL) {
        return failed;
    }
    *flushed = length == 8 ? get_number(bytes) : UINT64_MAX;
    if (*flushed != database->mark.generation && *flushed + 1 != database->mark.generation) {
        return sentence_of("a file with some of its writes is missing");
    }
    return NULL;
}

/* End a generation: what is in memory becomes a file, which says that it is the last. */
static char *flush(struct database *database, uint64_t generation) {
    char *failed = NULL;
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    put_flushed(batch, generation);
    rocksdb_write(database->db, database->writing, batch, &failed);
    rocksdb_writebatch_destroy(batch);
    if (failed == NULL) {
        rocksdb_flush(database->db, database->flushing, &failed);
    }
    if (failed == NULL) {
        database->mark.generation = generation + 1;
        database->unflushed_bytes = 0;
    }
    return failed;
}

/* --- Open and close. --- */

static char *create(struct database *database) {
    char *failed = NULL;
    rocksdb_options_set_create_if_missing(database->options, 1);
    rocksdb_options_set_error_if_exists(database->options, 1);
    database->db = rocksdb_open(database->options, database->path, &failed);
    rocksdb_options_set_create_if_missing(database->options, 0);
    rocksdb_options_set_error_if_exists(database->options, 0);
    if (failed != NULL) {
        return failed;
    }
    char format[FORMAT_MAX];
    const int length = format_of(database, format);
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    database->mark = (struct database_mark){.generation = 0};
    rocksdb_writebatch_put(batch, KEY(format_key), format, (size_t)length);
    put_mark(database, batch);
    rocksdb_write(database->db, database->writing, batch, &failed);
    rocksdb_writebatch_destroy(batch);
    return failed == NULL ? flush(database, 0) : failed;
}

/* A changed bit shows when it is read. Where that takes a moment only, nobody has to wait for it.
 */
static char *read_whole(const struct database *database, uint64_t bytes_max) {
    char *failed = NULL;
    uint64_t bytes = 0;
    if (rocksdb_property_int(database->db, "rocksdb.total-sst-files-size", &bytes) != 0 ||
        bytes > bytes_max) {
        return NULL;
    }
    rocksdb_readoptions_t *reading = rocksdb_readoptions_create();
    rocksdb_readoptions_set_fill_cache(reading, 0);
    rocksdb_iterator_t *iterator = rocksdb_create_iterator(database->db, reading);
    rocksdb_iter_seek_to_first(iterator);
    while (rocksdb_iter_valid(iterator)) {
        rocksdb_iter_next(iterator);
    }
    rocksdb_iter_get_error(iterator, &failed);
    rocksdb_iter_destroy(iterator);
    rocksdb_readoptions_destroy(reading);
    return failed;
}

static char *open_existing(struct database *database, uint64_t whole_bytes_max) {
    char *failed = NULL;
    uint64_t in_memory = 0;
    uint64_t flushed = 0;
    database->db = rocksdb_open(database->options, database->path, &failed);
    if (failed == NULL) {
        failed = check_format(database);
    }
    if (failed == NULL) {
        failed = read_mark(database, &flushed);
    }
    if (failed == NULL) {
        failed = read_whole(database, whole_bytes_max);
    }
    if (failed != NULL) {
        return failed;
    }
    if (rocksdb_property_int(database->db, "rocksdb.num-entries-active-mem-table", &in_memory) !=
            0 ||
        in_memory > 0) {
        return flush(database, database->mark.generation);
    }
    database->mark.generation = flushed + 1;
    return NULL;
}

static void shut(struct database *database) {
    if (database->db != NULL) {
        rocksdb_close(database->db);
        database->db = NULL;
    }
}

static char *destroy(const struct database *database) {
    char *failed = NULL;
    rocksdb_destroy_db(database->options, database->path, &failed);
    return failed;
}

static enum result failed_as(const struct database *database, char *sentence, struct error *error) {
    const char *path = database->path;
    switch (trouble_of(sentence)) {
    case TROUBLE_NO_ROOM:
        (void)error_set(error, RESULT_AGAIN,
                        "no room for the state in %.200s (%.160s); free space there, and it goes "
                        "on by itself",
                        path, sentence);
        break;
    case TROUBLE_LOCKED:
        (void)error_set(error, RESULT_FAILED,
                        "the state in %.200s is open in another process (%.160s); end that one, "
                        "or give each process a state.dir of its own",
                        path, sentence);
        break;
    case TROUBLE_DENIED:
        (void)error_set(error, RESULT_FAILED,
                        "the state in %.200s may not be read or written (%.160s); let this user, "
                        "or set state.dir to another place",
                        path, sentence);
        break;
    case TROUBLE_RESOURCES:
        (void)error_set(error, RESULT_FAILED,
                        "the state in %.200s: %.160s; raise the limits of this process", path,
                        sentence);
        break;
    case TROUBLE_DAMAGE:
        (void)error_set(error, RESULT_FAILED,
                        "the state in %.200s cannot be used (%.160s); set state.dir to another "
                        "place, or remove this one: it is built from the log",
                        path, sentence);
        break;
    }
    rocksdb_free(sentence);
    return error->result;
}

static char *open_or_create(struct database *database, uint64_t whole_bytes_max,
                            const struct logger *logger) {
    if (directory_is_empty(database->path)) {
        logger_info(logger, "no state is on disk yet: it is built from the log",
                    LOGGER_FIELDS(logger_string("path", database->path)));
        return create(database);
    }
    char *failed = open_existing(database, whole_bytes_max);
    if (failed == NULL || trouble_of(failed) != TROUBLE_DAMAGE) {
        return failed;
    }
    struct error why;
    (void)error_set(&why, RESULT_INVALID, "%.400s", failed);
    rocksdb_free(failed);
    logger_warning(logger, "the state on disk is damaged and is built anew from the log",
                   LOGGER_FIELDS(logger_string("path", database->path), logger_error_field(&why)));
    shut(database);
    failed = destroy(database);
    return failed == NULL ? create(database) : failed;
}

enum result database_open(struct database *database, const struct database_memory *memory,
                          const struct logger *logger, struct error *error) {
    assert(database->db == NULL && memory->generation_bytes > 0);
    assert(database->changelogs <= LOG_TOPICS_MAX);
    database->table_options = table_options(memory);
    database->options = options_for(database, memory);
    database->writing = rocksdb_writeoptions_create();
    database->reading = rocksdb_readoptions_create();
    database->flushing = rocksdb_flushoptions_create();
    database->generation_bytes = memory->generation_bytes;
    rocksdb_flushoptions_set_wait(database->flushing, 1);
    char *failed = open_or_create(database, memory->whole_bytes_max, logger);
    if (failed == NULL) {
        return RESULT_OK;
    }
    shut(database);
    release(database);
    return failed_as(database, failed, error);
}

void database_close(struct database *database, bool damaged) {
    shut(database);
    if (damaged) {
        /* What stays for want of rights or room is found damaged once more by the next. */
        rocksdb_free(destroy(database));
    }
    release(database);
}

char *database_write(struct database *database, rocksdb_writebatch_t *batch, uint64_t bytes,
                     const int64_t *changelogs_next) {
    char *failed = NULL;
    memcpy(database->mark.changelogs_next, changelogs_next,
           database->changelogs * sizeof changelogs_next[0]);
    put_mark(database, batch);
    rocksdb_write(database->db, database->writing, batch, &failed);
    if (failed != NULL) {
        return failed;
    }
    database->unflushed_bytes += bytes;
    return database->unflushed_bytes < database->generation_bytes
               ? NULL
               : flush(database, database->mark.generation);
}

char *database_clear(struct database *database) {
    shut(database);
    char *failed = destroy(database);
    return failed == NULL ? create(database) : failed;
}
