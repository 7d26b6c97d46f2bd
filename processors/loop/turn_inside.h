/* The inside of a turn, for the loop itself and for tests of processors; they see only turn.h. */
#ifndef MILLRACE_LOOP_TURN_INSIDE_H
#define MILLRACE_LOOP_TURN_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/batch.h"
#include "loop/emitter.h"
#include "loop/turn.h"
#include "metrics/counts.h"
#include "ports/clock.h"
#include "ports/store.h"

struct turn {
    struct batch batch;
    const struct emitter *emitter;
    const struct store *store;
    int64_t wall_ms;      /* since 1970-01-01 UTC */
    int64_t monotonic_ms; /* since an arbitrary start */
    bool restoring;       /* nothing may be emitted */
    struct tally tally;   /* what counts if the turn is committed */
};

/* Take the memory of a lane's turns. `emitter` and `store` must outlive the turn. */
enum result turn_open(struct turn *turn, const struct emitter *emitter, const struct store *store,
                      struct error *error);
void turn_close(struct turn *turn);

/* Look at the clocks. */
void turn_look(struct turn *turn, const struct clock *clock);

#endif
