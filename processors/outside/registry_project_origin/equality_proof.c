#include "outside/registry_project_origin/equality_proof.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "outside/registry_project_origin/equality_proof_inside.h"
#include "outside/registry_project_origin/transcript.h"

_Static_assert(EQUALITY_PROOF_BYTES == 2 * SCALAR_BYTES, "a proof is two scalars");
_Static_assert(WIDE_BYTES == crypto_generichash_BYTES_MAX, "a hash makes a scalar");
_Static_assert(2 * SCALAR_BYTES <= crypto_generichash_KEYBYTES_MAX, "two blindings make a key");

static struct bytes bytes_of(const struct point *point) {
    return (struct bytes){.data = point->bytes, .length = sizeof point->bytes};
}

/* The verifier's question, which follows from the statement and the announcement. */
static void challenge_of(struct text label, const struct point *left, const struct point *right,
                         const struct point *announcement, struct scalar *challenge) {
    struct proof_transcript transcript;
    uint8_t wide[WIDE_BYTES];
    proof_transcript_init(&transcript, label);
    proof_transcript_append(&transcript, "message_pair", bytes_of(left));
    proof_transcript_append(&transcript, "message_pair", bytes_of(right));
    proof_transcript_append(&transcript, "message_A", bytes_of(announcement));
    proof_transcript_append(&transcript, "generator_GH", bytes_of(&generator_g));
    proof_transcript_append(&transcript, "generator_GH", bytes_of(&generator_h));
    proof_transcript_challenge(&transcript, "challenge_c", wide, sizeof wide);
    scalar_reduce(wide, challenge);
}

void equality_proof_make_with(struct text label, const struct equality_side *left,
                              const struct equality_side *right, const struct scalar *nonce,
                              struct equality_proof *proof) {
    assert(left != NULL && right != NULL && nonce != NULL && proof != NULL);
    struct point announcement;
    struct scalar challenge;
    struct scalar response;
    point_multiply(nonce, &generator_h, &announcement);
    challenge_of(label, &left->commitment, &right->commitment, &announcement, &challenge);
    scalar_subtract(&left->blinding, &right->blinding, &response);
    scalar_multiply(&challenge, &response, &response);
    scalar_subtract(nonce, &response, &response);
    memcpy(proof->bytes, challenge.bytes, sizeof challenge.bytes);
    memcpy(proof->bytes + SCALAR_BYTES, response.bytes, sizeof response.bytes);
}

/* Nobody who does not know both blindings can tell it, and another statement has another one: so no
 * source of chance can be bad, and a proof that is made again is the same. */
static void derive_nonce(struct text label, const struct equality_side *left,
                         const struct equality_side *right, struct scalar *nonce) {
    static const char domain[] = "millrace equality proof nonce 1";
    uint8_t key[2 * SCALAR_BYTES];
    uint8_t wide[WIDE_BYTES];
    crypto_generichash_state state;
    memcpy(key, left->blinding.bytes, SCALAR_BYTES);
    memcpy(key + SCALAR_BYTES, right->blinding.bytes, SCALAR_BYTES);
    const bool hashed =
        crypto_generichash_init(&state, key, sizeof key, sizeof wide) == 0 &&
        crypto_generichash_update(&state, (const uint8_t *)domain, sizeof domain) == 0 &&
        crypto_generichash_update(&state, left->commitment.bytes, POINT_BYTES) == 0 &&
        crypto_generichash_update(&state, right->commitment.bytes, POINT_BYTES) == 0 &&
        crypto_generichash_update(&state, (const uint8_t *)label.data, label.length) == 0 &&
        crypto_generichash_final(&state, wide, sizeof wide) == 0;
    assert(hashed);
    scalar_reduce(wide, nonce);
    sodium_memzero(&state, sizeof state);
    sodium_memzero(key, sizeof key);
    sodium_memzero(wide, sizeof wide);
}

bool equality_proof_make(struct text label, const struct equality_side *left,
                         const struct equality_side *right, struct equality_proof *proof) {
    assert(left != NULL && right != NULL && proof != NULL);
    assert(label.data != NULL || label.length == 0);
    struct scalar witness;
    struct point hidden;
    struct point difference;
    scalar_subtract(&left->blinding, &right->blinding, &witness);
    point_multiply(&witness, &generator_h, &hidden);
    scalar_wipe(&witness);
    point_subtract(&left->commitment, &right->commitment, &difference);
    memset(proof, 0, sizeof *proof);
    if (!point_equal(&hidden, &difference)) {
        return false;
    }
    struct scalar nonce;
    derive_nonce(label, left, right, &nonce);
    equality_proof_make_with(label, left, right, &nonce, proof);
    scalar_wipe(&nonce);
    return true;
}

bool sum_proof_make(struct text label, const struct equality_side *source,
                    const struct equality_side *parts, uint32_t parts_count,
                    struct equality_proof *proof) {
    assert(source != NULL && proof != NULL);
    assert(parts != NULL || parts_count == 0);
    struct equality_side sum = {.commitment = {.bytes = {0}}};
    for (uint32_t i = 0; i < parts_count; i++) {
        point_add(&sum.commitment, &parts[i].commitment, &sum.commitment);
        scalar_add(&sum.blinding, &parts[i].blinding, &sum.blinding);
    }
    const bool made = equality_proof_make(label, source, &sum, proof);
    scalar_wipe(&sum.blinding);
    return made;
}

bool equality_proof_verify(struct text label, const struct point *left, const struct point *right,
                           const struct equality_proof *proof) {
    assert(left != NULL && right != NULL && proof != NULL);
    assert(label.data != NULL || label.length == 0);
    struct scalar challenge;
    struct scalar response;
    memcpy(challenge.bytes, proof->bytes, sizeof challenge.bytes);
    memcpy(response.bytes, proof->bytes + SCALAR_BYTES, sizeof response.bytes);
    if (!point_is_valid(left) || !point_is_valid(right) || !scalar_is_valid(&challenge) ||
        !scalar_is_valid(&response)) {
        return false;
    }
    struct point difference;
    struct point announcement;
    struct scalar expected;
    point_subtract(left, right, &difference);
    point_multiply(&challenge, &difference, &difference);
    point_multiply(&response, &generator_h, &announcement);
    point_add(&announcement, &difference, &announcement);
    challenge_of(label, left, right, &announcement, &expected);
    return scalar_equal(&challenge, &expected);
}

bool sum_proof_verify(struct text label, const struct point *source, const struct point *parts,
                      uint32_t parts_count, const struct equality_proof *proof) {
    assert(source != NULL && proof != NULL);
    assert(parts != NULL || parts_count == 0);
    for (uint32_t i = 0; i < parts_count; i++) {
        if (!point_is_valid(&parts[i])) {
            return false;
        }
    }
    struct point sum;
    commitment_sum(parts, parts_count, &sum);
    return equality_proof_verify(label, source, &sum, proof);
}
