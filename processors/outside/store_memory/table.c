#include "outside/store_memory/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 64 };

static uint32_t hash_of(struct bytes key) {
    return (uint32_t)(bytes_hash(0, key) >> 32);
}

/* The slot that a key of this hash would have if it were alone. */
static uint32_t home_of(uint32_t hash, uint32_t slots_count) {
    return (uint32_t)((uint64_t)hash * slots_count >> 32);
}

static uint32_t behind(const struct table *table, uint32_t slot) {
    return slot + 1 == table->slots_count ? 0 : slot + 1;
}

static struct bytes key_at(const struct table *table, const struct table_slot *slot) {
    return entries_key(&table->entries, slot->entry - 1);
}

/* The slot of a key, or the free one where it belongs. There is always a free slot. */
static struct table_slot *slot_of(const struct table *table, struct bytes key, uint32_t hash) {
    assert(table->used < table->slots_count);
    uint32_t i = home_of(hash, table->slots_count);
    while (table->slots[i].entry != 0) {
        const struct table_slot *slot = &table->slots[i];
        if (slot->hash == hash && bytes_equal(key_at(table, slot), key)) {
            break;
        }
        i = behind(table, i);
    }
    return &table->slots[i];
}

/* By a quarter, so that few slots are free. Those of the old table are in the order of their
 * hashes, so it is one walk through both. */
static void grow(struct table *table) {
    struct table_slot *old = table->slots;
    const uint32_t old_count = table->slots_count;
    table->slots_count = old_count == 0 ? SLOTS_MIN : old_count + old_count / 4;
    assert(table->slots_count > old_count);
    table->slots = calloc(table->slots_count, sizeof *table->slots);
    assert(table->slots != NULL);
    for (uint32_t i = 0; i < old_count; i++) {
        if (old[i].entry != 0) {
            uint32_t to = home_of(old[i].hash, table->slots_count);
            while (table->slots[to].entry != 0) {
                to = behind(table, to);
            }
            table->slots[to] = old[i];
        }
    }
    free(old);
}

void table_deinit(struct table *table) {
    entries_deinit(&table->entries);
    free(table->slots);
    *table = (struct table){0};
}

bool table_get(const struct table *table, struct bytes key, struct bytes *value) {
    if (table->used == 0) {
        return false;
    }
    const struct table_slot *slot = slot_of(table, key, hash_of(key));
    if (slot->entry == 0) {
        return false;
    }
    *value = entries_value(&table->entries, slot->entry - 1);
    return true;
}

void table_put(struct table *table, struct bytes key, struct bytes value) {
    /* Five sixths full at most, so that a search stays short and always ends. */
    if ((uint64_t)table->used * 6 >= (uint64_t)table->slots_count * 5) {
        grow(table);
    }
    const uint32_t hash = hash_of(key);
    struct table_slot *slot = slot_of(table, key, hash);
    if (slot->entry == 0) {
        table->used++;
    } else if (entries_replace(&table->entries, slot->entry - 1, value)) {
        return;
    } else {
        entries_remove(&table->entries, slot->entry - 1);
    }
    *slot =
        (struct table_slot){.hash = hash, .entry = entries_add(&table->entries, key, value) + 1};
}

void table_remove(struct table *table, struct bytes key) {
    if (table->used == 0) {
        return;
    }
    struct table_slot *slot = slot_of(table, key, hash_of(key));
    if (slot->entry == 0) {
        return;
    }
    entries_remove(&table->entries, slot->entry - 1);
    slot->entry = 0;
    table->used--;
    /* Whoever was pushed on by the removed one moves back, so that no search ends too early. */
    uint32_t hole = (uint32_t)(slot - table->slots);
    for (uint32_t i = behind(table, hole); table->slots[i].entry != 0; i = behind(table, i)) {
        const uint32_t home = home_of(table->slots[i].hash, table->slots_count);
        /* Is the hole between its home and itself, around the end of the table or not? */
        if (hole <= i ? home <= hole || home > i : home <= hole && home > i) {
            table->slots[hole] = table->slots[i];
            table->slots[i].entry = 0;
            hole = i;
        }
    }
}

void table_each(const struct table *table,
                bool (*visit)(void *context, struct bytes key, struct bytes value), void *context) {
    for (uint32_t i = 0; i < table->slots_count; i++) {
        const struct table_slot *slot = &table->slots[i];
        if (slot->entry != 0 &&
            !visit(context, key_at(table, slot), entries_value(&table->entries, slot->entry - 1))) {
            break;
        }
    }
}
