#include "standin/project_origin/proof.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "standin/project_origin/transcript.h"

enum { POINT_BYTES = 32, SCALAR_BYTES = 32 };

static_assert(crypto_core_ristretto255_BYTES == POINT_BYTES, "a point has 32 bytes");
static_assert(crypto_core_ristretto255_SCALARBYTES == SCALAR_BYTES, "a scalar has 32 bytes");

/* The registry's generators: the quantity is on G, the blinding on H. */
struct generators {
    uint8_t g[POINT_BYTES];
    uint8_t h[POINT_BYTES];
};

static void make_generators(struct generators *generators) {
    static const char seed[] = "3.141592653589793238462643383279502884197169";
    uint8_t hash[crypto_hash_sha512_BYTES];
    (void)crypto_hash_sha512(hash, (const uint8_t *)seed, sizeof seed - 1);
    (void)crypto_core_ristretto255_from_hash(generators->g, hash);
    (void)crypto_hash_sha512(hash, hash, sizeof hash);
    (void)crypto_core_ristretto255_from_hash(generators->h, hash);
}

/* A product that is the identity is no failure, and has 32 zeros. */
static void multiply(uint8_t product[POINT_BYTES], const uint8_t *scalar, const uint8_t *point) {
    if (crypto_scalarmult_ristretto255(product, scalar, point) != 0) {
        memset(product, 0, POINT_BYTES);
    }
}

static void reduce(const uint8_t *scalar, uint8_t reduced[SCALAR_BYTES]) {
    uint8_t wide[2 * SCALAR_BYTES] = {0};
    memcpy(wide, scalar, SCALAR_BYTES);
    crypto_core_ristretto255_scalar_reduce(reduced, wide);
}

/* The order is the library's: a label, both commitments, what the prover said first, and both
 * generators. */
static void challenge(const struct generators *generators, const char *label, const uint8_t *left,
                      const uint8_t *right, const uint8_t *first, uint8_t out[SCALAR_BYTES]) {
    struct mimic_transcript transcript;
    uint8_t wide[2 * SCALAR_BYTES];
    mimic_transcript_init(&transcript, label, strlen(label));
    mimic_transcript_append(&transcript, "message_pair", left, POINT_BYTES);
    mimic_transcript_append(&transcript, "message_pair", right, POINT_BYTES);
    mimic_transcript_append(&transcript, "message_A", first, POINT_BYTES);
    mimic_transcript_append(&transcript, "generator_GH", generators->g, POINT_BYTES);
    mimic_transcript_append(&transcript, "generator_GH", generators->h, POINT_BYTES);
    mimic_transcript_challenge(&transcript, "challenge_c", wide, sizeof wide);
    crypto_core_ristretto255_scalar_reduce(out, wide);
}

bool mimic_proof_is_right(const uint8_t proof[MIMIC_PROOF_BYTES], const uint8_t *left,
                          const uint8_t *right, const char *label) {
    uint8_t c[SCALAR_BYTES];
    uint8_t z[SCALAR_BYTES];
    uint8_t first[POINT_BYTES];
    uint8_t difference[POINT_BYTES];
    uint8_t expected[SCALAR_BYTES];
    struct generators generators;
    reduce(proof, c);
    reduce(proof + SCALAR_BYTES, z);
    make_generators(&generators);
    int failed = crypto_core_ristretto255_sub(difference, left, right);
    multiply(difference, c, difference);
    multiply(first, z, generators.h);
    failed |= crypto_core_ristretto255_add(first, first, difference);
    assert(failed == 0); /* all are points */
    challenge(&generators, label, left, right, first, expected);
    return memcmp(c, expected, SCALAR_BYTES) == 0;
}
