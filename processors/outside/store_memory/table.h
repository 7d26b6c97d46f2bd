/* One table of a store in memory: bytes by key, in a hash table with open addressing. */
#ifndef MILLRACE_OUTSIDE_STORE_MEMORY_TABLE_H
#define MILLRACE_OUTSIDE_STORE_MEMORY_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "outside/store_memory/entries.h"

struct table_slot {
    uint32_t hash;  /* of the key */
    uint32_t entry; /* its number, from 1; 0: the slot is free */
};

struct table {
    struct table_slot *slots; /* a key's own slot is at its hash's share of them */
    uint32_t slots_count;     /* 0 before the first entry */
    uint32_t used;            /* slots that are not free */
    struct entries entries;
};

void table_deinit(struct table *table);
/* The value lies in the table until the next change. */
bool table_get(const struct table *table, struct bytes key, struct bytes *value);
/* Key and value are copied. Running out of memory ends the process. */
void table_put(struct table *table, struct bytes key, struct bytes value);
void table_remove(struct table *table, struct bytes key);
/* Until `visit` returns false. */
void table_each(const struct table *table,
                bool (*visit)(void *context, struct bytes key, struct bytes value), void *context);

#endif
