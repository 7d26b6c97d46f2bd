/* A slice's quantity as the registry sees it: a Pedersen commitment, quantity * G + blinding * H,
 * and the name that the registry knows the slice by. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_COMMITMENT_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_COMMITMENT_H

#include "outside/registry_project_origin/ristretto.h"

enum { SLICE_HASH_BYTES = 32 };

/* SHA-256 of a commitment: a slice's identity within its certificate. */
struct slice_hash {
    uint8_t bytes[SLICE_HASH_BYTES];
};

/* To a quantity in Wh; 0 is one too. Whoever loses the blinding can never work with the slice
 * again. */
void commitment_make(uint32_t quantity, const struct scalar *blinding, struct point *commitment);

void commitment_slice_hash(const struct point *commitment, struct slice_hash *hash);

/* The sum of `count` commitments, which commits to the sum of their quantities under the sum of
 * their blindings; of none it is the identity. */
void commitment_sum(const struct point *commitments, uint32_t count, struct point *sum);

#endif
