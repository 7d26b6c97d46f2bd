#include "cli/verify/uuid_map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 1024 };

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

static void **slot_of(const struct uuid_map *map, const struct uuid *id) {
    const uint32_t mask = map->slots_count - 1;
    for (uint32_t i = hash_of(id) & mask;; i = (i + 1) & mask) {
        if (map->slots[i] == NULL || uuid_equal(map->slots[i], id)) {
            return &map->slots[i];
        }
    }
}

void *uuid_map_find(const struct uuid_map *map, const struct uuid *id) {
    assert(map != NULL && id != NULL);
    return map->slots_count == 0 ? NULL : *slot_of(map, id);
}

static void grow(struct uuid_map *map) {
    free(map->slots);
    map->slots_count = map->slots_count == 0 ? SLOTS_FIRST : map->slots_count * 2;
    map->slots = calloc(map->slots_count, sizeof *map->slots);
    assert(map->slots != NULL);
    for (uint32_t i = 0; i < map->items_count; i++) {
        *slot_of(map, map->items[i]) = map->items[i];
    }
}

void *uuid_map_take(struct uuid_map *map, const struct uuid *id) {
    assert(map != NULL && id != NULL);
    assert(map->item_size >= sizeof *id);
    void *found = uuid_map_find(map, id);
    if (found != NULL) {
        return found;
    }
    if (map->items_count >= map->slots_count / 2) {
        grow(map);
    }
    if (map->items_count == map->items_room) {
        map->items_room = map->items_room == 0 ? SLOTS_FIRST : map->items_room * 2;
        map->items = realloc(map->items, map->items_room * sizeof *map->items);
        assert(map->items != NULL);
    }
    void *item = calloc(1, map->item_size);
    assert(item != NULL);
    memcpy(item, id, sizeof *id);
    map->items[map->items_count++] = item;
    *slot_of(map, id) = item;
    return item;
}

void uuid_map_deinit(struct uuid_map *map) {
    for (uint32_t i = 0; i < map->items_count; i++) {
        free(map->items[i]);
    }
    free(map->items);
    free(map->slots);
    *map = (struct uuid_map){.item_size = map->item_size};
}
