#include "outside/store_memory/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOTS_MIN = 64,
    VALUE_STEP = 32, /* bytes that a value's room is rounded up to, so that it may grow in place */
};

static uint32_t hash_of(struct bytes key) {
    /* FNV-1a over the key; keys are UUIDs, or a few more bytes. */
    uint32_t hash = 2166136261u;
    for (uint32_t i = 0; i < key.length; i++) {
        hash = (hash ^ key.data[i]) * 16777619u;
    }
    return hash ^ hash >> 15;
}

/* The slot of a key, or the free one where it belongs. There is always a free slot. */
static struct table_slot *slot_of(const struct table *table, struct bytes key, uint32_t hash) {
    assert(table->used < table->slots_count);
    const uint32_t mask = table->slots_count - 1;
    uint32_t i = hash & mask;
    while (table->slots[i].data != NULL) {
        const struct table_slot *slot = &table->slots[i];
        if (slot->hash == hash && bytes_equal(table_slot_key(slot), key)) {
            break;
        }
        i = (i + 1) & mask;
    }
    return &table->slots[i];
}

static void grow(struct table *table) {
    const struct table old = *table;
    table->slots_count = old.slots_count == 0 ? SLOTS_MIN : old.slots_count * 2;
    assert(table->slots_count > old.slots_count);
    table->slots = calloc(table->slots_count, sizeof *table->slots);
    assert(table->slots != NULL);
    for (uint32_t i = 0; i < old.slots_count; i++) {
        if (old.slots[i].data != NULL) {
            *slot_of(table, table_slot_key(&old.slots[i]), old.slots[i].hash) = old.slots[i];
        }
    }
    free(old.slots);
}

void table_deinit(struct table *table) {
    for (uint32_t i = 0; i < table->slots_count; i++) {
        free(table->slots[i].data);
    }
    free(table->slots);
    *table = (struct table){0};
}

bool table_get(const struct table *table, struct bytes key, struct bytes *value) {
    if (table->used == 0) {
        return false;
    }
    const struct table_slot *slot = slot_of(table, key, hash_of(key));
    if (slot->data == NULL) {
        return false;
    }
    *value = table_slot_value(slot);
    return true;
}

void table_put(struct table *table, struct bytes key, struct bytes value) {
    /* Three quarters full at most, so that a search stays short and always ends. */
    if ((uint64_t)table->used * 4 >= (uint64_t)table->slots_count * 3) {
        grow(table);
    }
    const uint32_t hash = hash_of(key);
    struct table_slot *slot = slot_of(table, key, hash);
    if (slot->data == NULL) {
        table->used++;
        *slot = (struct table_slot){.hash = hash, .key_length = key.length};
    }
    if (slot->data == NULL || value.length > slot->value_capacity) {
        assert(value.length <= UINT32_MAX - VALUE_STEP);
        slot->value_capacity = (value.length / VALUE_STEP + 1) * VALUE_STEP;
        uint8_t *data = realloc(slot->data, (size_t)key.length + slot->value_capacity);
        assert(data != NULL);
        if (key.length > 0) {
            memcpy(data, key.data, key.length);
        }
        slot->data = data;
    }
    if (value.length > 0) {
        memcpy(slot->data + key.length, value.data, value.length);
    }
    slot->value_length = value.length;
}

void table_remove(struct table *table, struct bytes key) {
    if (table->used == 0) {
        return;
    }
    struct table_slot *slot = slot_of(table, key, hash_of(key));
    if (slot->data == NULL) {
        return;
    }
    free(slot->data);
    slot->data = NULL;
    table->used--;
    /* Whoever was pushed on by the removed one moves back, so that no search ends too early. */
    const uint32_t mask = table->slots_count - 1;
    uint32_t hole = (uint32_t)(slot - table->slots);
    for (uint32_t i = (hole + 1) & mask; table->slots[i].data != NULL; i = (i + 1) & mask) {
        const uint32_t home = table->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            table->slots[hole] = table->slots[i];
            table->slots[i].data = NULL;
            hole = i;
        }
    }
}
