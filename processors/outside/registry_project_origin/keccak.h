/* The permutation Keccak-f[1600] (FIPS 202, section 3). */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_KECCAK_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_KECCAK_H

#include <stdint.h>

enum {
    KECCAK_LANES = 25,
    KECCAK_BYTES = 200, /* byte i of the state is in lane i / 8, the lowest byte first */
};

/* Lane (x, y) of the standard is `lanes[x + 5 * y]`. */
void keccak_permute(uint64_t lanes[KECCAK_LANES]);

#endif
