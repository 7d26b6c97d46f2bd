#include "outside/store_memory/entries.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_BYTES = 16368,                /* 16 KiB, with what malloc itself needs */
    HEAD_BYTES = 1,                    /* of a small entry: the key's length */
    SMALLEST_BYTES = sizeof(uint16_t), /* a slot that is free names the next one */
    SLOT_BITS = 12,
    SLOTS_MAX = 1 << SLOT_BITS, /* of a page */
    LARGE_STEP = 32, /* bytes that a large value's room is rounded up to, to grow in place */
};
#define LARGE_FLAG 0x80000000u

/* A page of slots of one size. It is in the list of those with room, or full, or free. */
struct entries_page {
    uint32_t behind; /* in its list, from 1; 0: none */
    uint32_t before;
    uint16_t slot_bytes;
    uint16_t used;  /* slots that hold an entry */
    uint16_t fresh; /* slots from here on were never used */
    uint16_t freed; /* a slot that was used once, from 1; its first bytes name the next */
    uint8_t slots[];
};

enum { SLOTS_BYTES = PAGE_BYTES - sizeof(struct entries_page) };

struct entries_large {
    uint32_t value_length;   /* bytes */
    uint32_t value_capacity; /* bytes */
    uint32_t key_length;     /* bytes */
    uint8_t data[];          /* key, then value */
};

/* --- Small entries: sizes, pages, slots. --- */

/* How many bytes of its slot an entry leaves unused is said in the slot's last byte, where sizes
 * go in steps; below, nothing is. */
static uint32_t tail_bytes(uint32_t slot_bytes) {
    return slot_bytes <= ENTRIES_EXACT_MAX ? 0 : 1;
}

/* The size of the slot for an entry; 0: it lies by itself, being large, or nothing at all. */
static uint32_t slot_bytes_for(struct bytes key, struct bytes value) {
    const uint64_t needed = (uint64_t)HEAD_BYTES + key.length + value.length;
    if (needed <= ENTRIES_EXACT_MAX) {
        return needed < SMALLEST_BYTES ? 0 : (uint32_t)needed;
    }
    const uint64_t rounded = (needed + 1 + ENTRIES_STEP - 1) / ENTRIES_STEP * ENTRIES_STEP;
    return rounded <= ENTRIES_SMALL_MAX ? (uint32_t)rounded : 0;
}

static uint32_t *roomy_of(struct entries *entries, uint32_t slot_bytes) {
    return &entries
                ->roomy[slot_bytes <= ENTRIES_EXACT_MAX
                            ? slot_bytes
                            : ENTRIES_EXACT_MAX + (slot_bytes - ENTRIES_EXACT_MAX) / ENTRIES_STEP];
}

static void push(struct entries *entries, uint32_t *list, uint32_t number) {
    struct entries_page *page = entries->pages[number];
    page->before = 0;
    page->behind = *list;
    if (*list != 0) {
        entries->pages[*list - 1]->before = number + 1;
    }
    *list = number + 1;
}

static void unlink_page(struct entries *entries, uint32_t *list, uint32_t number) {
    const struct entries_page *page = entries->pages[number];
    if (page->before == 0) {
        assert(*list == number + 1);
        *list = page->behind;
    } else {
        entries->pages[page->before - 1]->behind = page->behind;
    }
    if (page->behind != 0) {
        entries->pages[page->behind - 1]->before = page->before;
    }
}

static uint32_t new_page(struct entries *entries) {
    if (entries->pages_count == entries->pages_capacity) {
        entries->pages_capacity = entries->pages_capacity == 0 ? 16 : entries->pages_capacity * 2;
        entries->pages =
            realloc(entries->pages, entries->pages_capacity * sizeof(struct entries_page *));
        assert(entries->pages != NULL);
    }
    const uint32_t number = entries->pages_count++;
    assert(number < LARGE_FLAG >> SLOT_BITS); /* 8 GiB; a store on disk is for more */
    entries->pages[number] = malloc(PAGE_BYTES);
    assert(entries->pages[number] != NULL);
    return number;
}

/* The number of a page with room for an entry of this size. */
static uint32_t page_for(struct entries *entries, uint32_t slot_bytes) {
    uint32_t *roomy = roomy_of(entries, slot_bytes);
    if (*roomy != 0) {
        return *roomy - 1;
    }
    uint32_t number;
    if (entries->pages_free != 0) {
        number = entries->pages_free - 1;
        unlink_page(entries, &entries->pages_free, number);
    } else {
        number = new_page(entries);
    }
    *entries->pages[number] = (struct entries_page){.slot_bytes = (uint16_t)slot_bytes};
    push(entries, roomy, number);
    return number;
}

static uint8_t *slot_at(struct entries_page *page, uint32_t slot) {
    assert(slot < page->fresh);
    return page->slots + (size_t)slot * page->slot_bytes;
}

static bool is_full(const struct entries_page *page) {
    return page->freed == 0 &&
           (page->fresh == SLOTS_MAX ||
            ((uint32_t)page->fresh + 1) * page->slot_bytes > (uint32_t)SLOTS_BYTES);
}

static uint32_t take_slot(struct entries *entries, uint32_t number) {
    struct entries_page *page = entries->pages[number];
    uint32_t slot;
    assert(!is_full(page));
    if (page->freed != 0) {
        slot = page->freed - 1u;
        memcpy(&page->freed, slot_at(page, slot), sizeof page->freed);
    } else {
        slot = page->fresh++;
    }
    page->used++;
    if (is_full(page)) {
        unlink_page(entries, roomy_of(entries, page->slot_bytes), number);
    }
    return slot;
}

static void give_slot_back(struct entries *entries, uint32_t number, uint32_t slot) {
    struct entries_page *page = entries->pages[number];
    uint32_t *roomy = roomy_of(entries, page->slot_bytes);
    if (is_full(page)) {
        push(entries, roomy, number);
    }
    memcpy(slot_at(page, slot), &page->freed, sizeof page->freed);
    page->freed = (uint16_t)(slot + 1);
    assert(page->used > 0);
    if (--page->used == 0) {
        unlink_page(entries, roomy, number);
        push(entries, &entries->pages_free, number);
    }
}

static void copy(uint8_t *to, struct bytes from) {
    if (from.length > 0) {
        memcpy(to, from.data, from.length);
    }
}

/* The key's length stands there already. */
static void set_value(uint8_t *slot, uint32_t slot_bytes, struct bytes value) {
    copy(slot + HEAD_BYTES + slot[0], value);
    if (tail_bytes(slot_bytes) > 0) {
        slot[slot_bytes - 1] = (uint8_t)(slot_bytes - HEAD_BYTES - slot[0] - value.length);
    }
}

/* --- Large entries. --- */

static uint32_t add_large(struct entries *entries, struct bytes key, struct bytes value) {
    if (entries->places_free == 0) {
        if (entries->places_count == entries->places_capacity) {
            entries->places_capacity =
                entries->places_capacity == 0 ? 16 : entries->places_capacity * 2;
            entries->places =
                realloc(entries->places, entries->places_capacity * sizeof *entries->places);
            assert(entries->places != NULL);
        }
        assert(entries->places_count < LARGE_FLAG - 1);
        entries->places[entries->places_count] = (struct entries_place){.large = NULL};
        entries->places_free = ++entries->places_count;
    }
    assert(value.length <= UINT32_MAX - LARGE_STEP);
    const uint32_t capacity = (value.length / LARGE_STEP + 1) * LARGE_STEP;
    struct entries_large *large = malloc(sizeof *large + key.length + capacity);
    assert(large != NULL);
    *large = (struct entries_large){
        .value_length = value.length, .value_capacity = capacity, .key_length = key.length};
    copy(large->data, key);
    copy(large->data + key.length, value);
    const uint32_t number = entries->places_free - 1;
    entries->places_free = entries->places[number].free_behind;
    entries->places[number].large = large;
    return number | LARGE_FLAG;
}

static struct entries_large *large_of(const struct entries *entries, uint32_t entry) {
    assert((entry & LARGE_FLAG) != 0 && (entry & ~LARGE_FLAG) < entries->places_count);
    return entries->places[entry & ~LARGE_FLAG].large;
}

static void remove_large(struct entries *entries, uint32_t entry) {
    struct entries_place *place = &entries->places[entry & ~LARGE_FLAG];
    free(place->large);
    *place = (struct entries_place){.free_behind = entries->places_free};
    entries->places_free = (entry & ~LARGE_FLAG) + 1;
}

/* --- All entries. --- */

void entries_deinit(struct entries *entries) {
    for (uint32_t i = 0; i < entries->pages_count; i++) {
        free(entries->pages[i]);
    }
    for (uint32_t i = 0; i < entries->places_count; i++) {
        free(entries->places[i].large);
    }
    free(entries->pages);
    free(entries->places);
    *entries = (struct entries){0};
}

uint32_t entries_add(struct entries *entries, struct bytes key, struct bytes value) {
    assert(key.length <= ENTRIES_KEY_MAX);
    const uint32_t slot_bytes = slot_bytes_for(key, value);
    if (slot_bytes == 0) {
        return add_large(entries, key, value);
    }
    const uint32_t number = page_for(entries, slot_bytes);
    const uint32_t slot = take_slot(entries, number);
    uint8_t *place = slot_at(entries->pages[number], slot);
    place[0] = (uint8_t)key.length;
    copy(place + HEAD_BYTES, key);
    set_value(place, slot_bytes, value);
    return number << SLOT_BITS | slot;
}

static uint8_t *small_of(const struct entries *entries, uint32_t entry, uint32_t *slot_bytes) {
    assert(entry >> SLOT_BITS < entries->pages_count);
    struct entries_page *page = entries->pages[entry >> SLOT_BITS];
    *slot_bytes = page->slot_bytes;
    return slot_at(page, entry & ((1u << SLOT_BITS) - 1));
}

bool entries_replace(struct entries *entries, uint32_t entry, struct bytes value) {
    const struct bytes key = entries_key(entries, entry);
    const uint32_t wanted = slot_bytes_for(key, value);
    if ((entry & LARGE_FLAG) != 0) {
        struct entries_large *large = large_of(entries, entry);
        /* What has become much smaller gives its room back. */
        if (wanted != 0 || value.length > large->value_capacity ||
            value.length < large->value_capacity / 2) {
            return false;
        }
        copy(large->data + large->key_length, value);
        large->value_length = value.length;
        return true;
    }
    uint32_t slot_bytes;
    uint8_t *slot = small_of(entries, entry, &slot_bytes);
    if (wanted != slot_bytes) {
        return false;
    }
    set_value(slot, slot_bytes, value);
    return true;
}

void entries_remove(struct entries *entries, uint32_t entry) {
    if ((entry & LARGE_FLAG) != 0) {
        remove_large(entries, entry);
    } else {
        give_slot_back(entries, entry >> SLOT_BITS, entry & ((1u << SLOT_BITS) - 1));
    }
}

struct bytes entries_key(const struct entries *entries, uint32_t entry) {
    if ((entry & LARGE_FLAG) != 0) {
        const struct entries_large *large = large_of(entries, entry);
        return (struct bytes){.data = large->data, .length = large->key_length};
    }
    uint32_t slot_bytes;
    const uint8_t *slot = small_of(entries, entry, &slot_bytes);
    return (struct bytes){.data = slot + HEAD_BYTES, .length = slot[0]};
}

struct bytes entries_value(const struct entries *entries, uint32_t entry) {
    if ((entry & LARGE_FLAG) != 0) {
        const struct entries_large *large = large_of(entries, entry);
        return (struct bytes){.data = large->data + large->key_length,
                              .length = large->value_length};
    }
    uint32_t slot_bytes;
    const uint8_t *slot = small_of(entries, entry, &slot_bytes);
    const uint32_t unused = tail_bytes(slot_bytes) > 0 ? slot[slot_bytes - 1] : 0;
    return (struct bytes){.data = slot + HEAD_BYTES + slot[0],
                          .length = slot_bytes - HEAD_BYTES - slot[0] - unused};
}
