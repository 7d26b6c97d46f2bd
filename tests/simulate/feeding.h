/* Gives records of the simulated Kafka to `millrace verify`. */
#ifndef MILLRACE_SIMULATE_FEEDING_H
#define MILLRACE_SIMULATE_FEEDING_H

#include "cli/verify/verify.h"
#include "domain/arena.h"

struct world;

struct feeding {
    struct world *world;
    struct verify *verify;
    struct arena arena; /* of one message */
};

void feeding_open(struct feeding *feeding, struct world *world);
/* Says what is wrong, if something is, and ends. */
void feeding_finish(struct feeding *feeding);
void feeding_close(struct feeding *feeding);

/* What is committed of one partition of a topic, up to `end`; what lies behind `due` is late. */
void feeding_give(const struct feeding *feeding, enum verify_topic topic, int32_t partition,
                  int64_t due, int64_t end);

/* How far the processors have read. */
struct verify_positions feeding_positions(struct world *world, int32_t partition);

#endif
