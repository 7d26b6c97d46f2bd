/* What a turn wants the store to hold: one write for each key, the newest, found by its key. */
#ifndef MILLRACE_LOOP_OVERLAY_H
#define MILLRACE_LOOP_OVERLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/arena.h"
#include "ports/store.h"

enum {
    OVERLAY_WRITES_MAX = 8192,
    OVERLAY_SLOTS = 4 * OVERLAY_WRITES_MAX, /* a power of two; at most a quarter is used */
};

/* A slot counts only in its own round, so that a reset need not touch the others. */
struct overlay_slot {
    uint32_t round;
    uint32_t write; /* index into `writes` */
};

struct overlay {
    struct store_write *writes; /* OVERLAY_WRITES_MAX; keys and values lie in the turn's arena */
    uint32_t count;
    struct overlay_slot *slots; /* OVERLAY_SLOTS */
    uint32_t round;             /* of the present turn, from 1 */
};

/* False: no memory. */
bool overlay_open(struct overlay *overlay);
void overlay_close(struct overlay *overlay);
void overlay_reset(struct overlay *overlay);

/* Put or remove a key; key and value are copied into the arena. */
void overlay_write(struct overlay *overlay, struct arena *arena, const struct store_write *write);
/* The same, behind all others and not to be found: for who only hands them to the store, which
 * takes them in their order. */
void overlay_append(struct overlay *overlay, struct arena *arena, const struct store_write *write);
/* The newest write of a key in this turn, or NULL. */
const struct store_write *overlay_find(const struct overlay *overlay, uint32_t table,
                                       struct bytes key);

#endif
