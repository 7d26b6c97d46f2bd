/* What was remembered by an id: finds, makes and visits things whose first member is a uuid. */
#ifndef MILLRACE_CLI_VERIFY_UUID_MAP_H
#define MILLRACE_CLI_VERIFY_UUID_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "domain/values.h"

/* Grows with what is put in: each item takes its own size and 5 to 11 bytes more. Starts as all
 * zeroes but for `item_size`. */
struct uuid_map {
    size_t item_size;     /* bytes of an item, its id included */
    uint32_t *slots;      /* by hash: an item's number plus 1; 0: free */
    uint32_t slots_count; /* a power of two */
    uint8_t **blocks;     /* of items, in the order in which they were made */
    uint32_t blocks_room;
    uint32_t items_count;
};

/* NULL: nothing is remembered by this id. */
void *uuid_map_find(const struct uuid_map *map, const struct uuid *id);

/* The item of this id; a new one is all zeroes but for the id. Stays where it is. */
void *uuid_map_take(struct uuid_map *map, const struct uuid *id);

/* By number, in the order in which they were made. */
void *uuid_map_item(const struct uuid_map *map, uint32_t number);

/* Frees all items; what they point to must have been freed before. */
void uuid_map_deinit(struct uuid_map *map);

#endif
