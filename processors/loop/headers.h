/* The headers of one record while they are put together: in the arena, counted at the end. */
#ifndef MILLRACE_LOOP_HEADERS_H
#define MILLRACE_LOOP_HEADERS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "domain/arena.h"
#include "domain/uuid.h"
#include "domain/values.h"
#include "ports/log.h"

struct headers {
    struct arena *arena;
    struct log_header *items;
    uint32_t count;
    uint32_t count_max;
};

/* The first header is left free for the name of the transaction. */
static inline void headers_begin(struct headers *headers, struct arena *arena, uint32_t count_max) {
    assert(count_max >= 1);
    *headers = (struct headers){
        .arena = arena,
        .items = arena_take(arena, count_max * sizeof(struct log_header)),
        .count = 1,
        .count_max = count_max,
    };
}

/* Neither name nor value are copied: they live as long as the arena's content. */
static inline void headers_refer(struct headers *headers, struct text name, struct text value) {
    assert(headers->count < headers->count_max);
    headers->items[headers->count++] = (struct log_header){
        .name = name,
        .value = {.data = (const uint8_t *)value.data, .length = value.length},
    };
}

/* The value is copied; the name is a constant. */
static inline void headers_copy(struct headers *headers, const char *name, struct text value) {
    headers_refer(headers, text_of(name), arena_text(headers->arena, value));
}

static inline void headers_uuid(struct headers *headers, const char *name,
                                const struct uuid *uuid) {
    char *text = arena_take(headers->arena, UUID_CHARACTERS);
    uuid_to_text(uuid, text);
    headers_refer(headers, text_of(name), (struct text){text, UUID_CHARACTERS});
}

/* Is it a header that we give to dead letters only? Whoever releases one takes them off. */
bool headers_is_of_dead_letter(struct text name);

#endif
