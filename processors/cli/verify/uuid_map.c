#include "cli/verify/uuid_map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 64, BLOCK_ITEMS = 256 };

/* Ids are random or hashes already, but for those that a user makes up: those must not make a
 * table slow. */
static uint32_t hash_of(const struct uuid *id) {
    uint64_t halves[2];
    memcpy(halves, id->bytes, sizeof halves);
    uint64_t hash = halves[0] ^ (halves[1] * UINT64_C(0x9e3779b97f4a7c15));
    hash ^= hash >> 29;
    hash *= UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(hash ^ (hash >> 32));
}

void *uuid_map_item(const struct uuid_map *map, uint32_t number) {
    assert(map != NULL && number < map->items_count);
    return map->blocks[number / BLOCK_ITEMS] + (number % BLOCK_ITEMS) * map->item_size;
}

static uint32_t *slot_of(const struct uuid_map *map, const struct uuid *id) {
    const uint32_t mask = map->slots_count - 1;
    for (uint32_t i = hash_of(id) & mask;; i = (i + 1) & mask) {
        if (map->slots[i] == 0 || uuid_equal(uuid_map_item(map, map->slots[i] - 1), id)) {
            return &map->slots[i];
        }
    }
}

void *uuid_map_find(const struct uuid_map *map, const struct uuid *id) {
    assert(map != NULL && id != NULL);
    if (map->slots_count == 0) {
        return NULL;
    }
    const uint32_t slot = *slot_of(map, id);
    return slot == 0 ? NULL : uuid_map_item(map, slot - 1);
}

static void grow_slots(struct uuid_map *map) {
    free(map->slots);
    map->slots_count = map->slots_count == 0 ? SLOTS_FIRST : map->slots_count * 2;
    map->slots = calloc(map->slots_count, sizeof *map->slots);
    assert(map->slots != NULL);
    for (uint32_t i = 0; i < map->items_count; i++) {
        *slot_of(map, uuid_map_item(map, i)) = i + 1;
    }
}

static void add_block(struct uuid_map *map) {
    const uint32_t blocks_count = map->items_count / BLOCK_ITEMS;
    if (blocks_count == map->blocks_room) {
        map->blocks_room = map->blocks_room == 0 ? 1 : map->blocks_room * 2;
        map->blocks = realloc(map->blocks, map->blocks_room * sizeof *map->blocks);
        assert(map->blocks != NULL);
    }
    map->blocks[blocks_count] = calloc(BLOCK_ITEMS, map->item_size);
    assert(map->blocks[blocks_count] != NULL);
}

void *uuid_map_take(struct uuid_map *map, const struct uuid *id) {
    assert(map != NULL && id != NULL);
    assert(map->item_size >= sizeof *id);
    void *found = uuid_map_find(map, id);
    if (found != NULL) {
        return found;
    }
    if (map->items_count >= map->slots_count / 4 * 3) {
        grow_slots(map);
    }
    if (map->items_count % BLOCK_ITEMS == 0) {
        add_block(map);
    }
    map->items_count++;
    void *item = uuid_map_item(map, map->items_count - 1);
    memcpy(item, id, sizeof *id);
    *slot_of(map, id) = map->items_count;
    return item;
}

void uuid_map_deinit(struct uuid_map *map) {
    for (uint32_t i = 0; i < map->items_count; i += BLOCK_ITEMS) {
        free(map->blocks[i / BLOCK_ITEMS]);
    }
    free(map->blocks);
    free(map->slots);
    *map = (struct uuid_map){.item_size = map->item_size};
}
