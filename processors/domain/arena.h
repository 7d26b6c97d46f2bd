/* A bump allocator over memory of the caller's: everything in it ends at once, by a reset. */
#ifndef MILLRACE_DOMAIN_ARENA_H
#define MILLRACE_DOMAIN_ARENA_H

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "domain/values.h"

struct arena {
    uint8_t *base;   /* memory of the caller's, `capacity` bytes, aligned like max_align_t */
    size_t used;     /* bytes handed out since the last reset */
    size_t capacity; /* bytes */
};

static inline void arena_init(struct arena *arena, void *memory, size_t capacity) {
    assert(arena != NULL && memory != NULL);
    assert((uintptr_t)memory % alignof(max_align_t) == 0);
    *arena = (struct arena){.base = memory, .used = 0, .capacity = capacity};
}

static inline void arena_reset(struct arena *arena) {
    arena->used = 0;
}

/* `size` zeroed bytes, aligned for any type; NULL when the arena is exhausted. */
static inline void *arena_try(struct arena *arena, size_t size) {
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX - align) {
        return NULL;
    }
    const size_t rounded = (size + align - 1) / align * align;
    if (rounded > arena->capacity - arena->used) {
        return NULL;
    }
    void *memory = arena->base + arena->used;
    arena->used += rounded;
    return memset(memory, 0, rounded);
}

/* Like `arena_try`, for sizes that the limits bound: running out is a bug, hence an assert. */
static inline void *arena_take(struct arena *arena, size_t size) {
    void *memory = arena_try(arena, size);
    assert(memory != NULL);
    return memory;
}

/* What is still free, for a writer that learns its size only by writing; not zeroed. What it wrote
 * is kept by `arena_keep`, before anything else is taken. */
static inline void *arena_rest(struct arena *arena, size_t *size) {
    *size = arena->capacity - arena->used;
    return arena->base + arena->used;
}

static inline void arena_keep(struct arena *arena, size_t size) {
    const size_t align = alignof(max_align_t);
    assert(size <= arena->capacity - arena->used);
    const size_t rounded = (size + align - 1) / align * align;
    const size_t rest = arena->capacity - arena->used;
    arena->used += rounded < rest ? rounded : rest;
}

/* A copy; unlike what is taken it is not zeroed first. */
static inline struct bytes arena_bytes(struct arena *arena, struct bytes bytes) {
    size_t room;
    uint8_t *copy = arena_rest(arena, &room);
    assert(bytes.length < room);
    if (bytes.length > 0) {
        memcpy(copy, bytes.data, bytes.length);
    }
    arena_keep(arena, bytes.length == 0 ? 1 : bytes.length);
    return (struct bytes){.data = copy, .length = bytes.length};
}

static inline struct text arena_text(struct arena *arena, struct text text) {
    const struct bytes copy =
        arena_bytes(arena, (struct bytes){(const uint8_t *)text.data, text.length});
    return (struct text){.data = (const char *)copy.data, .length = copy.length};
}

#endif
