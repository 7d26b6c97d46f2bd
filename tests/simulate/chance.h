/* Chance that repeats: each subject draws from a stream of its own, made of the seed and the
 * subject's name, so that leaving out one fault changes nothing of what else is drawn. */
#ifndef MILLRACE_SIMULATE_CHANCE_H
#define MILLRACE_SIMULATE_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

struct chance chance_stream(uint64_t seed, const char *subject);
/* 0 … below - 1; `below` is at least 1. */
uint32_t chance_below(struct chance *chance, uint32_t below);
/* least … most, both included. */
int64_t chance_between(struct chance *chance, int64_t least, int64_t most);
/* True so many times in a thousand. */
bool chance_permille(struct chance *chance, uint32_t permille);

#endif
