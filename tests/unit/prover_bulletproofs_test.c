/* Range proofs: made through the port, verified by the crate as the registry's verifier does it. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "outside/prover_bulletproofs/bulletproofs.h"
#include "outside/registry_project_origin/commitment.h"
#include "ports/prover.h"
#include "tests/support/vectors.h"

TestSuite(prover_bulletproofs, .init = ristretto_init);

static const char certificate[] = "7d444840-9dc0-11d1-b245-5ffdce74fad2";

/* 01 02 .. 1f 00 */
static struct scalar counted(void) {
    struct scalar scalar = {.bytes = {0}};
    for (uint8_t i = 0; i + 1 < SCALAR_BYTES; i++) {
        scalar.bytes[i] = (uint8_t)(i + 1);
    }
    return scalar;
}

static struct bytes proven(uint32_t quantity, const struct scalar *blinding, const char *label,
                           struct point *commitment, struct arena *arena) {
    const struct prover prover = prover_chosen();
    struct bytes proof;
    struct error error;
    commitment_make(quantity, blinding, commitment);
    const struct prover_statement statement = {
        .commitment = commitment->bytes,
        .quantity = quantity,
        .blinding = blinding->bytes,
        .label = text_of(label),
    };
    cr_assert_eq(prover.prove(prover.self, &statement, arena, &proof, &error), RESULT_OK, "%s",
                 error.text);
    return proof;
}

static int32_t verified(const char *label, const struct point *commitment, struct bytes proof) {
    return millrace_bulletproofs_verify((const uint8_t *)label, strlen(label), commitment->bytes,
                                        proof.data, proof.length);
}

Test(prover_bulletproofs, makes_proofs_that_are_verified) {
    static const uint32_t quantities[] = {0, 1, 250, 1u << 31, UINT32_MAX};
    struct arena arena = vectors_arena();
    const struct scalar blinding = counted();
    cr_expect_str_eq(prover_chosen().name, "bulletproofs");
    cr_expect_null(prover_chosen().shortcoming);
    for (size_t i = 0; i < sizeof quantities / sizeof quantities[0]; i++) {
        struct point commitment;
        const struct bytes proof =
            proven(quantities[i], &blinding, certificate, &commitment, &arena);
        cr_expect_eq(proof.length, BULLETPROOFS_PROOF_BYTES);
        cr_expect_eq(verified(certificate, &commitment, proof), BULLETPROOFS_OK, "%u",
                     quantities[i]);
    }
}

/* A transaction that is built again is the same; and what is hidden is hidden by other nonces as
 * soon as anything else is proven, or two proofs together would show it. */
Test(prover_bulletproofs, same_statement_gives_the_same_proof_and_no_other_does) {
    struct arena arena = vectors_arena();
    const struct scalar blinding = counted();
    struct scalar other_blinding;
    struct point commitment;
    scalar_of(7, &other_blinding);
    const struct bytes proofs[] = {
        proven(250, &blinding, certificate, &commitment, &arena),
        proven(251, &blinding, certificate, &commitment, &arena),
        proven(250, &other_blinding, certificate, &commitment, &arena),
        proven(250, &blinding, "7d444840-9dc0-11d1-b245-5ffdce74fad3", &commitment, &arena),
    };
    cr_expect(bytes_equal(proofs[0], proven(250, &blinding, certificate, &commitment, &arena)));
    for (size_t i = 1; i < sizeof proofs / sizeof proofs[0]; i++) {
        for (size_t at = 0; at < BULLETPROOFS_PROOF_BYTES; at += POINT_BYTES) {
            cr_expect_arr_neq(proofs[0].data + at, proofs[i].data + at, POINT_BYTES,
                              "proof %zu has the same at %zu", i, at);
        }
    }
}

Test(prover_bulletproofs, nothing_of_a_proof_can_be_changed) {
    struct arena arena = vectors_arena();
    const struct scalar blinding = counted();
    struct point commitment;
    struct point other;
    const struct bytes other_proof = proven(251, &blinding, certificate, &other, &arena);
    const struct bytes proof = proven(250, &blinding, certificate, &commitment, &arena);
    uint8_t changed[BULLETPROOFS_PROOF_BYTES + POINT_BYTES] = {0};
    cr_expect_eq(verified("7d444840-9dc0-11d1-b245-5ffdce74fad3", &commitment, proof),
                 BULLETPROOFS_INVALID, "another certificate");
    cr_expect_eq(verified(certificate, &other, proof), BULLETPROOFS_INVALID, "another commitment");
    cr_expect_eq(verified(certificate, &commitment, other_proof), BULLETPROOFS_INVALID);
    for (uint32_t at = 0; at < BULLETPROOFS_PROOF_BYTES; at += 7) {
        memcpy(changed, proof.data, proof.length);
        changed[at] ^= (uint8_t)(1u << at % 8);
        cr_expect_neq(verified(certificate, &commitment,
                               (struct bytes){.data = changed, .length = proof.length}),
                      BULLETPROOFS_OK, "byte %u", at);
    }
    memcpy(changed, proof.data, proof.length);
    for (uint32_t length = 0; length <= sizeof changed; length++) {
        const struct bytes cut = {.data = changed, .length = length};
        const int32_t result = verified(certificate, &commitment, cut);
        cr_expect_eq(result == BULLETPROOFS_OK, length == proof.length, "%u bytes", length);
        cr_expect(length % POINT_BYTES == 0 || result == BULLETPROOFS_UNREADABLE, "%u bytes",
                  length);
    }
}

Test(prover_bulletproofs, what_is_no_scalar_or_point_is_told_of) {
    struct arena arena = vectors_arena();
    const struct scalar blinding = counted();
    struct point commitment;
    uint8_t made[BULLETPROOFS_PROOF_BYTES];
    uint8_t wrong[SCALAR_BYTES];
    memset(wrong, 0xff, sizeof wrong);
    cr_expect_eq(millrace_bulletproofs_prove(NULL, 0, 250, wrong, commitment.bytes, made),
                 BULLETPROOFS_INVALID);
    const struct bytes proof = proven(250, &blinding, "", &commitment, &arena);
    cr_expect_eq(verified("", &commitment, proof), BULLETPROOFS_OK, "a label may be empty");
    cr_expect_eq(millrace_bulletproofs_verify(NULL, 0, wrong, proof.data, proof.length),
                 BULLETPROOFS_INVALID);
}

/* Its argument, where all went well. */
static void *prove_in_thread(void *argument) {
    struct arena arena = vectors_arena();
    const struct scalar blinding = counted();
    struct point commitment;
    arena.base += *(const uint32_t *)argument * 4096u;
    arena.capacity = 4096;
    const struct bytes proof = proven(250, &blinding, certificate, &commitment, &arena);
    return verified(certificate, &commitment, proof) == BULLETPROOFS_OK ? argument : NULL;
}

Test(prover_bulletproofs, serves_several_threads) {
    enum { THREADS = 4 };
    uint32_t numbers[THREADS] = {0, 1, 2, 3};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, prove_in_thread, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *right = NULL;
        cr_assert_eq(pthread_join(threads[i], &right), 0);
        cr_expect_not_null(right);
    }
}
