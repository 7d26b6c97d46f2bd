/* Plans by schema id: in memory, from the schema registry, and from disk while that is away. */
#ifndef MILLRACE_WIRE_SCHEMA_CACHE_H
#define MILLRACE_WIRE_SCHEMA_CACHE_H

#include "domain/message.h"
#include "ports/schemas.h"
#include "wire/plan.h"

enum {
    SCHEMA_CACHE_UNKNOWN_MS = 30 * 1000, /* how long "no such id" is believed */
    SCHEMA_CACHE_RETRY_MS = 500,         /* how long a registry that is away is not asked again */
};

enum schema_state {
    SCHEMA_READABLE,     /* `type` and `plan` are set */
    SCHEMA_UNKNOWN_ID,   /* the registry does not have it */
    SCHEMA_UNKNOWN_TYPE, /* `text` is its name; none of our message types */
    SCHEMA_UNREADABLE,   /* `text` says why it cannot be read as ours; `type` is set when known */
};

struct schema_entry {
    int32_t id; /* 0: the entry is free */
    enum schema_state state;
    bool type_known;
    enum message_type type;
    struct plan plan;
    char text[256];
    int64_t until_ms; /* monotonic: not believed from then on; INT64_MAX: for ever */
    uint64_t used;    /* when it was last used, in look-ups */
};

/* Owned by one lane. It asks the registry first and falls back to disk, so that a registry that was
 * set up anew is never overruled by what an older one said. */
struct schema_cache;

/* `directory` is for copies on disk that several caches may share; NULL: none are kept. It must
 * exist and be writable. `schemas` is borrowed. */
struct schema_cache *schema_cache_open(const struct schemas *schemas, const char *directory);
void schema_cache_close(struct schema_cache *cache);

/* This id was found to stand for our own schema of this type: it need not be asked for again. */
void schema_cache_add_own(struct schema_cache *cache, int32_t id, enum message_type type);

/* What a schema id means. The entry lives until the next call. AGAIN, DENIED: the registry is away,
 * or does not let us in, and the disk does not have it; `error` says so. `now_ms` is monotonic. */
enum result schema_cache_find(struct schema_cache *cache, int32_t id, int64_t now_ms,
                              const struct schema_entry **entry, struct error *error);

#endif
