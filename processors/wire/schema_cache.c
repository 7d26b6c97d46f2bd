#include "wire/schema_cache.h"

#include <assert.h>
#include <stdlib.h>

#include "wire/schema_disk.h"
#include "wire/writer_schema.h"

/* Ids are spread over buckets; a full bucket loses the entry that was not used for longest. Ids
 * that nobody registered can so never push out more than their own bucket holds. */
enum { BUCKETS = 64, WAYS = 8 };

struct schema_cache {
    const struct schemas *schemas;
    char *directory; /* NULL: no copies on disk */
    int64_t retry_ms;
    uint64_t lookups;
    struct error away; /* what was wrong when the registry was last away */
    struct schema_entry entries[BUCKETS][WAYS];
    char *text; /* PLAN_SCHEMA_BYTES_MAX bytes to read a copy into; with a directory only */
};

struct schema_cache *schema_cache_open(const struct schemas *schemas, const char *directory) {
    assert(schemas != NULL);
    struct schema_cache *cache = calloc(1, sizeof *cache);
    assert(cache != NULL);
    cache->schemas = schemas;
    cache->retry_ms = INT64_MIN;
    if (directory != NULL) {
        cache->directory = strdup(directory);
        cache->text = malloc(PLAN_SCHEMA_BYTES_MAX);
        assert(cache->directory != NULL && cache->text != NULL);
    }
    return cache;
}

static void entry_clear(struct schema_entry *entry) {
    plan_close(&entry->plan);
    *entry = (struct schema_entry){0};
}

void schema_cache_close(struct schema_cache *cache) {
    if (cache == NULL) {
        return;
    }
    for (uint32_t i = 0; i < BUCKETS; i++) {
        for (uint32_t k = 0; k < WAYS; k++) {
            plan_close(&cache->entries[i][k].plan);
        }
    }
    free(cache->directory);
    free(cache->text);
    free(cache);
}

/* A free entry for an id; the least recently used of its bucket when there is none. */
static struct schema_entry *entry_take(struct schema_cache *cache, int32_t id) {
    struct schema_entry *bucket = cache->entries[(uint32_t)id % BUCKETS];
    struct schema_entry *taken = &bucket[0];
    for (uint32_t i = 0; i < WAYS; i++) {
        if (bucket[i].id == id || bucket[i].id == 0) {
            taken = &bucket[i];
            break;
        }
        if (bucket[i].used < taken->used) {
            taken = &bucket[i];
        }
    }
    entry_clear(taken);
    taken->id = id;
    taken->used = cache->lookups;
    taken->until_ms = INT64_MAX;
    return taken;
}

static struct schema_entry *entry_known(struct schema_cache *cache, int32_t id, int64_t now_ms) {
    struct schema_entry *bucket = cache->entries[(uint32_t)id % BUCKETS];
    for (uint32_t i = 0; i < WAYS; i++) {
        if (bucket[i].id == id) {
            bucket[i].used = cache->lookups;
            return now_ms < bucket[i].until_ms ? &bucket[i] : NULL;
        }
    }
    return NULL;
}

static bool type_named(struct text full_name, enum message_type *type) {
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        const struct record_descriptor *record = message_types[i].record;
        bool named = text_equal(full_name, text_of(record->full_name));
        for (uint32_t k = 0; !named && record->aliases != NULL && record->aliases[k] != NULL; k++) {
            named = text_equal(full_name, text_of(record->aliases[k]));
        }
        if (named) {
            *type = (enum message_type)i;
            return true;
        }
    }
    return false;
}

/* What a schema's text means for us. */
static void entry_fill(struct schema_entry *entry, struct text text) {
    struct error error = {0};
    struct writer_schema *schema;
    if (writer_schema_open(text, &schema, &error) != RESULT_OK) {
        entry->state = SCHEMA_UNREADABLE;
        (void)snprintf(entry->text, sizeof entry->text, "%.255s", error.text);
        return;
    }
    const struct text full_name = writer_schema_full_name(schema);
    entry->type_known = type_named(full_name, &entry->type);
    if (!entry->type_known) {
        entry->state = SCHEMA_UNKNOWN_TYPE;
        (void)snprintf(entry->text, sizeof entry->text, "%.255s", full_name.data);
    } else if (plan_open(schema, message_types[entry->type].record, &entry->plan, &error) ==
               RESULT_OK) {
        entry->state = SCHEMA_READABLE;
    } else {
        entry->state = SCHEMA_UNREADABLE;
        (void)snprintf(entry->text, sizeof entry->text, "%.255s", error.text);
    }
    writer_schema_close(schema);
}

void schema_cache_add_own(struct schema_cache *cache, int32_t id, enum message_type type) {
    assert(cache != NULL && id > 0);
    assert((uint32_t)type < MESSAGE_TYPES_COUNT);
    struct schema_entry *entry = entry_take(cache, id);
    entry->state = SCHEMA_READABLE;
    entry->type = type;
    entry->type_known = true;
    plan_open_own(message_types[type].record, &entry->plan);
}

/* A registry that does not let us in is as good as away: its users or ours may be put right. */
static bool is_away(enum result result) {
    return result == RESULT_AGAIN || result == RESULT_DENIED;
}

/* Ask the registry, unless it was away a moment ago. */
static enum result ask(struct schema_cache *cache, int32_t id, int64_t now_ms, struct text *text,
                       struct error *error) {
    if (now_ms < cache->retry_ms) {
        *error = cache->away;
        return error->result;
    }
    const struct schemas *schemas = cache->schemas;
    const enum result result = schemas->text_by_id(schemas->self, id, text, error);
    if (is_away(result)) {
        cache->away = *error;
        cache->retry_ms = now_ms + SCHEMA_CACHE_RETRY_MS;
    }
    return result;
}

enum result schema_cache_find(struct schema_cache *cache, int32_t id, int64_t now_ms,
                              const struct schema_entry **entry, struct error *error) {
    assert(cache != NULL && id > 0);
    assert(entry != NULL && error != NULL);
    cache->lookups++;
    *entry = entry_known(cache, id, now_ms);
    if (*entry != NULL) {
        return RESULT_OK;
    }
    struct text text = {.data = "", .length = 0};
    enum result result = ask(cache, id, now_ms, &text, error);
    const bool from_registry = result == RESULT_OK;
    if (is_away(result) && cache->directory != NULL &&
        schema_disk_read(cache->directory, id, cache->text, PLAN_SCHEMA_BYTES_MAX, &text)) {
        result = RESULT_OK;
    }
    if (is_away(result)) {
        return result;
    }
    struct schema_entry *taken = entry_take(cache, id);
    *entry = taken;
    if (result == RESULT_OK) {
        entry_fill(taken, text);
        if (from_registry && cache->directory != NULL && taken->state == SCHEMA_READABLE) {
            schema_disk_write(cache->directory, id, text);
        }
        return RESULT_OK;
    }
    assert(result == RESULT_NOT_FOUND || result == RESULT_INVALID);
    taken->state = result == RESULT_NOT_FOUND ? SCHEMA_UNKNOWN_ID : SCHEMA_UNREADABLE;
    taken->until_ms = now_ms + SCHEMA_CACHE_UNKNOWN_MS;
    (void)snprintf(taken->text, sizeof taken->text, "%.255s", error->text);
    return RESULT_OK;
}
