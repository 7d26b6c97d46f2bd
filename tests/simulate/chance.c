#include "tests/simulate/chance.h"

#include <assert.h>

/* SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t next(struct chance *chance) {
    chance->state += 0x9e3779b97f4a7c15u;
    uint64_t z = chance->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct chance chance_stream(uint64_t seed, const char *subject) {
    struct chance chance = {.state = seed};
    uint64_t state = next(&chance);
    for (const char *c = subject; *c != '\0'; c++) {
        chance.state = state ^ (uint8_t)*c;
        state = next(&chance);
    }
    chance.state = state;
    return chance;
}

uint32_t chance_below(struct chance *chance, uint32_t below) {
    assert(below > 0);
    return (uint32_t)((next(chance) >> 32) * below >> 32);
}

int64_t chance_between(struct chance *chance, int64_t least, int64_t most) {
    assert(least <= most && most - least < UINT32_MAX);
    return least + chance_below(chance, (uint32_t)(most - least) + 1);
}

bool chance_permille(struct chance *chance, uint32_t permille) {
    return chance_below(chance, 1000) < permille;
}
