#include "loop/turn.h"

#include <assert.h>

#include "loop/turn_inside.h"

enum result turn_open(struct turn *turn, const struct emitter *emitter, const struct store *store,
                      struct error *error) {
    assert(emitter != NULL && store != NULL);
    *turn = (struct turn){.emitter = emitter, .store = store};
    return batch_open(&turn->batch, error);
}

void turn_close(struct turn *turn) {
    batch_close(&turn->batch);
}

void turn_look(struct turn *turn, const struct clock *clock) {
    turn->wall_ms = clock->wall_ms(clock->self);
    turn->monotonic_ms = clock->monotonic_ms(clock->self);
}

void turn_count(struct turn *turn, enum metric metric, uint32_t first, uint32_t second) {
    assert(!turn->restoring);
    tally_add(&turn->tally, metric, first, second);
}

void turn_observe(struct turn *turn, enum metric metric, int64_t ms) {
    assert(!turn->restoring);
    tally_observe(&turn->tally, metric, ms);
}

int64_t turn_wall_ms(const struct turn *turn) {
    return turn->wall_ms;
}

int64_t turn_monotonic_ms(const struct turn *turn) {
    return turn->monotonic_ms;
}

struct arena *turn_arena(struct turn *turn) {
    return &turn->batch.arena;
}

bool turn_has_room(const struct turn *turn) {
    return batch_has_room(&turn->batch);
}

enum result turn_get(struct turn *turn, uint32_t table, struct bytes key, struct bytes *value,
                     struct error *error) {
    assert(key.length <= STORE_KEY_MAX);
    const struct store_write *write =
        turn->restoring ? NULL : overlay_find(&turn->batch.overlay, table, key);
    if (write == NULL) {
        const enum result result = turn->store->get(turn->store->self, table, key, value, error);
        if (result == RESULT_OK) {
            *value = arena_bytes(turn_arena(turn), *value); /* the store's own ends with the call */
        }
        return result;
    }
    if (write->remove) {
        return RESULT_NOT_FOUND;
    }
    *value = write->value;
    return RESULT_OK;
}

static void write_down(struct turn *turn, const struct store_write *write) {
    if (turn->restoring) {
        batch_append(&turn->batch, write);
    } else {
        batch_write(&turn->batch, write);
    }
}

void turn_put(struct turn *turn, uint32_t table, struct bytes key, struct bytes value) {
    const struct store_write write = {.table = table, .key = key, .value = value};
    write_down(turn, &write);
}

void turn_remove(struct turn *turn, uint32_t table, struct bytes key) {
    const struct store_write write = {.table = table, .remove = true, .key = key};
    write_down(turn, &write);
}

enum result turn_each(struct turn *turn, uint32_t table,
                      bool (*visit)(void *context, struct bytes key, struct bytes value),
                      void *context, struct error *error) {
    assert(turn->batch.overlay.count == 0);
    return turn->store->each(turn->store->self, table, visit, context, error);
}
