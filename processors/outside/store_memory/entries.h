/* Where a table keeps its entries: packed by size in pages, so that an entry costs its key, its
 * value and two bytes; what is large lies by itself. */
#ifndef MILLRACE_OUTSIDE_STORE_MEMORY_ENTRIES_H
#define MILLRACE_OUTSIDE_STORE_MEMORY_ENTRIES_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"

enum {
    ENTRIES_EXACT_MAX = 128, /* bytes of an entry: up to here pages for each size */
    ENTRIES_STEP = 8,        /* bytes between sizes from there on */
    ENTRIES_SMALL_MAX = 1024,
    ENTRIES_SIZES = ENTRIES_EXACT_MAX + 1 + (ENTRIES_SMALL_MAX - ENTRIES_EXACT_MAX) / ENTRIES_STEP,
    ENTRIES_KEY_MAX = 64, /* bytes */
};

struct entries_page;
struct entries_large;

/* A place for a large entry. */
struct entries_place {
    struct entries_large *large; /* NULL: free */
    uint32_t free_behind;        /* the next free place, from 1; 0: none */
};

struct entries {
    struct entries_page **pages; /* by number */
    uint32_t pages_count;
    uint32_t pages_capacity;
    uint32_t pages_free;           /* a page without entries, from 1; 0: none */
    uint32_t roomy[ENTRIES_SIZES]; /* a page of this size with room, from 1; 0: none */
    struct entries_place *places;
    uint32_t places_count;
    uint32_t places_capacity;
    uint32_t places_free; /* from 1; 0: none */
};

void entries_deinit(struct entries *entries);
/* Both are copied. Running out of memory ends the process. The entry keeps its number. */
uint32_t entries_add(struct entries *entries, struct bytes key, struct bytes value);
/* Give an entry another value where it lies; false: it does not fit there. */
bool entries_replace(struct entries *entries, uint32_t entry, struct bytes value);
void entries_remove(struct entries *entries, uint32_t entry);
/* They lie in the entry until it is changed. */
struct bytes entries_key(const struct entries *entries, uint32_t entry);
struct bytes entries_value(const struct entries *entries, uint32_t entry);

#endif
