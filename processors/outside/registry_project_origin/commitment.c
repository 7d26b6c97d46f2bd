#include "outside/registry_project_origin/commitment.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(SLICE_HASH_BYTES == crypto_hash_sha256_BYTES, "a slice's hash is a SHA-256");

void commitment_make(uint32_t quantity, const struct scalar *blinding, struct point *commitment) {
    assert(blinding != NULL && commitment != NULL);
    assert(scalar_is_valid(blinding));
    struct scalar factor;
    struct point shown;
    struct point blinded;
    scalar_of(quantity, &factor);
    point_multiply(&factor, &generator_g, &shown);
    point_multiply(blinding, &generator_h, &blinded);
    point_add(&shown, &blinded, commitment);
    scalar_wipe(&factor);
    sodium_memzero(&shown, sizeof shown); /* who has it finds a quantity of 32 bits by trying */
    sodium_memzero(&blinded, sizeof blinded);
}

void commitment_slice_hash(const struct point *commitment, struct slice_hash *hash) {
    assert(commitment != NULL && hash != NULL);
    const int hashed = crypto_hash_sha256(hash->bytes, commitment->bytes, sizeof commitment->bytes);
    assert(hashed == 0);
}

void commitment_sum(const struct point *commitments, uint32_t count, struct point *sum) {
    assert(sum != NULL);
    assert(commitments != NULL || count == 0);
    struct point total = {.bytes = {0}};
    for (uint32_t i = 0; i < count; i++) {
        point_add(&total, &commitments[i], &total);
    }
    *sum = total;
}
