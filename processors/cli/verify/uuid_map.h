/* What was remembered by an id: finds, makes and visits things whose first member is a uuid. */
#ifndef MILLRACE_CLI_VERIFY_UUID_MAP_H
#define MILLRACE_CLI_VERIFY_UUID_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "domain/values.h"

/* Grows with what is put in. Starts as all zeroes but for `item_size`. */
struct uuid_map {
    size_t item_size; /* bytes of an item, its id included */
    void **slots;     /* by hash; a power of two of them */
    uint32_t slots_count;
    void **items; /* in the order in which they were made */
    uint32_t items_count;
    uint32_t items_room;
};

/* NULL: nothing is remembered by this id. */
void *uuid_map_find(const struct uuid_map *map, const struct uuid *id);

/* The item of this id; a new one is all zeroes but for the id. Stays where it is. */
void *uuid_map_take(struct uuid_map *map, const struct uuid *id);

/* Frees all items; what they point to must have been freed before. */
void uuid_map_deinit(struct uuid_map *map);

#endif
