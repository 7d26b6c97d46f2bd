#include "loop/overlay.h"

#include <assert.h>
#include <stdlib.h>

bool overlay_open(struct overlay *overlay) {
    *overlay = (struct overlay){.round = 1};
    overlay->writes = malloc(OVERLAY_WRITES_MAX * sizeof *overlay->writes);
    overlay->slots = calloc(OVERLAY_SLOTS, sizeof *overlay->slots);
    return overlay->writes != NULL && overlay->slots != NULL;
}

void overlay_close(struct overlay *overlay) {
    free(overlay->writes);
    free(overlay->slots);
    *overlay = (struct overlay){0};
}

void overlay_reset(struct overlay *overlay) {
    overlay->count = 0;
    overlay->round++;
    if (overlay->round == 0) {
        /* After four billion turns old slots would count again. */
        memset(overlay->slots, 0, OVERLAY_SLOTS * sizeof *overlay->slots);
        overlay->round = 1;
    }
}

static uint32_t hash_of(uint32_t table, struct bytes key) {
    return (uint32_t)(bytes_hash(table, key) >> 32);
}

/* The slot of a key, or the free one where it belongs. */
static struct overlay_slot *slot_of(const struct overlay *overlay, uint32_t table,
                                    struct bytes key) {
    assert(overlay->count <= OVERLAY_WRITES_MAX);
    uint32_t i = hash_of(table, key) % OVERLAY_SLOTS;
    while (overlay->slots[i].round == overlay->round) {
        const struct store_write *write = &overlay->writes[overlay->slots[i].write];
        if (write->table == table && bytes_equal(write->key, key)) {
            break;
        }
        i = (i + 1) % OVERLAY_SLOTS;
    }
    return &overlay->slots[i];
}

void overlay_write(struct overlay *overlay, struct arena *arena, const struct store_write *write) {
    assert(write->table < STORE_TABLES_MAX && write->key.length <= STORE_KEY_MAX);
    struct overlay_slot *slot = slot_of(overlay, write->table, write->key);
    if (slot->round != overlay->round) {
        assert(overlay->count < OVERLAY_WRITES_MAX);
        *slot = (struct overlay_slot){.round = overlay->round, .write = overlay->count++};
        overlay->writes[slot->write] =
            (struct store_write){.table = write->table, .key = arena_bytes(arena, write->key)};
    }
    struct store_write *newest = &overlay->writes[slot->write];
    newest->remove = write->remove;
    newest->value = write->remove ? (struct bytes){0} : arena_bytes(arena, write->value);
}

void overlay_append(struct overlay *overlay, struct arena *arena, const struct store_write *write) {
    assert(write->table < STORE_TABLES_MAX && write->key.length <= STORE_KEY_MAX);
    assert(overlay->count < OVERLAY_WRITES_MAX);
    struct store_write *last = &overlay->writes[overlay->count++];
    *last = *write;
    last->key = arena_bytes(arena, write->key);
    last->value = write->remove ? (struct bytes){0} : arena_bytes(arena, write->value);
}

const struct store_write *overlay_find(const struct overlay *overlay, uint32_t table,
                                       struct bytes key) {
    const struct overlay_slot *slot = slot_of(overlay, table, key);
    return slot->round == overlay->round ? &overlay->writes[slot->write] : NULL;
}
