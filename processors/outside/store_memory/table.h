/* One table of a store in memory: bytes by key, in a hash table with open addressing. */
#ifndef MILLRACE_OUTSIDE_STORE_MEMORY_TABLE_H
#define MILLRACE_OUTSIDE_STORE_MEMORY_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/values.h"

/* A slot is free while `data` is NULL. */
struct table_slot {
    uint8_t *data;           /* key, then value; owned */
    uint32_t hash;           /* of the key */
    uint32_t key_length;     /* bytes */
    uint32_t value_length;   /* bytes */
    uint32_t value_capacity; /* bytes there is room for behind the key */
};

struct table {
    struct table_slot *slots;
    uint32_t slots_count; /* a power of two, or 0 before the first entry */
    uint32_t used;        /* slots that are not free */
};

void table_deinit(struct table *table);
/* The value lies in the table until the next change. */
bool table_get(const struct table *table, struct bytes key, struct bytes *value);
/* Key and value are copied. Running out of memory ends the process. */
void table_put(struct table *table, struct bytes key, struct bytes value);
void table_remove(struct table *table, struct bytes key);

static inline struct bytes table_slot_key(const struct table_slot *slot) {
    return (struct bytes){.data = slot->data, .length = slot->key_length};
}

static inline struct bytes table_slot_value(const struct table_slot *slot) {
    return (struct bytes){.data = slot->data + slot->key_length, .length = slot->value_length};
}

#endif
