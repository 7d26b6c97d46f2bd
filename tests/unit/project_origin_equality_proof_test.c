/* Proofs that commitments hold the same, against what curve25519-dalek 4.1.3 and merlin 3.0.0
 * (Rust) make of the same. */
#include "outside/registry_project_origin/equality_proof.h"

#include <criterion/criterion.h>

#include "outside/registry_project_origin/equality_proof_inside.h"
#include "tests/support/vectors.h"

TestSuite(project_origin_equality_proof, .init = ristretto_init);

static struct equality_side side_of(uint32_t quantity, struct scalar blinding) {
    struct equality_side side = {.blinding = blinding};
    commitment_make(quantity, &side.blinding, &side.commitment);
    return side;
}

static struct scalar number(uint32_t value) {
    struct scalar scalar;
    scalar_of(value, &scalar);
    return scalar;
}

/* 01 02 .. 1f 00 */
static struct scalar counted(void) {
    struct scalar scalar = {.bytes = {0}};
    for (uint8_t i = 0; i + 1 < SCALAR_BYTES; i++) {
        scalar.bytes[i] = (uint8_t)(i + 1);
    }
    return scalar;
}

Test(project_origin_equality_proof, agrees_with_another_library) {
    const struct scalar zero = number(0);
    const struct scalar one = number(1);
    const struct scalar five = number(5);
    struct scalar largest;
    scalar_subtract(&zero, &one, &largest);
    const struct equality_side first = side_of(250, counted());
    const struct equality_side second = side_of(250, number(7));
    const struct {
        const char *label;
        const struct equality_side *left;
        const struct equality_side *right;
        const struct scalar *nonce;
        const char *proof;
    } rows[] = {
        {"test", &first, &second, &five,
         "1663c083c229783b4661a3b54775e27620ee351a98d747a042e35ee222521b01"
         "8b57c2aad2f22436dcbbdfe833ccf5e1ef44d7e346a7a472f1d8af19c45da601"},
        {"7d444840-9dc0-11d1-b245-5ffdce74fad2", &second, &first, &largest,
         "506f4d29fdd2e68dd0702bfb22ac6097e049542740b7de9659c24a2999b21201"
         "059a5a9217d1b64737d4630dcd08e56a681c168d8fd487436868e1e80bb96007"},
        {"same", &first, &first, &five,
         "9f8a79918d9e66a98949b9805e797b4a1a71ed61e8342c0f2195617a51d3da06"
         "0500000000000000000000000000000000000000000000000000000000000000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct equality_proof proof;
        equality_proof_make_with(text_of(rows[i].label), rows[i].left, rows[i].right, rows[i].nonce,
                                 &proof);
        vectors_expect(rows[i].label, proof.bytes, sizeof proof.bytes, rows[i].proof);
        cr_expect(equality_proof_verify(text_of(rows[i].label), &rows[i].left->commitment,
                                        &rows[i].right->commitment, &proof),
                  "%s", rows[i].label);
    }
}

Test(project_origin_equality_proof, sum_is_an_equality) {
    struct equality_proof proof;
    struct equality_proof same;
    const struct equality_side source = side_of(250, counted());
    const struct equality_side parts[] = {side_of(100, number(11)), side_of(150, number(12))};
    const struct equality_side sum = side_of(250, number(23));
    const struct scalar five = number(5);
    vectors_expect("the sum", sum.commitment.bytes, POINT_BYTES,
                   "ba8fc59b24e711480f7a7dab0e9341e81e3d0b712afb52075e7860bc5269cc20");
    equality_proof_make_with(text_of("sum"), &source, &sum, &five, &proof);
    vectors_expect("a sum's proof", proof.bytes, sizeof proof.bytes,
                   "b3f5fb6cc7ea29b147ddb875f0305559caa32bc2dfe78a2d392f67b4750e3f09"
                   "ba789d8b5b5d49fcdfd4ca43d742e921f55a143b1e82f26bcc8297db87ad080e");
    const struct point commitments[] = {parts[0].commitment, parts[1].commitment};
    cr_expect(sum_proof_verify(text_of("sum"), &source.commitment, commitments, 2, &proof));
    cr_assert(sum_proof_make(text_of("sum"), &source, parts, 2, &proof));
    cr_assert(equality_proof_make(text_of("sum"), &source, &sum, &same));
    cr_expect_arr_eq(proof.bytes, same.bytes, sizeof proof.bytes);
    cr_expect(sum_proof_verify(text_of("sum"), &source.commitment, commitments, 2, &proof));
}

Test(project_origin_equality_proof, holds_for_edges) {
    const struct equality_side source = side_of(UINT32_MAX, counted());
    struct equality_side parts[100];
    struct point commitments[100];
    struct equality_proof proof;
    for (uint32_t i = 0; i < 100; i++) {
        parts[i] = side_of(i == 0 ? UINT32_MAX : 0, number(i));
        commitments[i] = parts[i].commitment;
    }
    cr_assert(sum_proof_make(text_of("most parts"), &source, parts, 100, &proof));
    cr_expect(
        sum_proof_verify(text_of("most parts"), &source.commitment, commitments, 100, &proof));
    cr_expect_not(
        sum_proof_verify(text_of("most parts"), &source.commitment, commitments, 99, &proof),
        "a part of it, of quantity 0, is gone");
    cr_assert(sum_proof_make(text_of("one part"), &source, &source, 1, &proof));
    cr_expect(
        sum_proof_verify(text_of("one part"), &source.commitment, &source.commitment, 1, &proof));
    const struct equality_side nothing = side_of(0, number(0));
    cr_assert(equality_proof_make(text_of(""), &nothing, &nothing, &proof));
    cr_expect(equality_proof_verify(text_of(""), &nothing.commitment, &nothing.commitment, &proof));
}

Test(project_origin_equality_proof, what_is_not_equal_has_none) {
    static const struct equality_proof none;
    const struct equality_side left = side_of(250, counted());
    const struct equality_side other = side_of(251, number(7));
    const struct equality_side parts[] = {side_of(100, number(11)), side_of(149, number(12))};
    struct equality_side mistaken = side_of(250, number(7));
    struct equality_proof proof;
    mistaken.blinding = number(8);
    memset(&proof, 1, sizeof proof);
    cr_expect_not(equality_proof_make(text_of("test"), &left, &other, &proof));
    cr_expect_arr_eq(proof.bytes, none.bytes, sizeof proof.bytes);
    cr_expect_not(equality_proof_make(text_of("test"), &left, &mistaken, &proof));
    cr_expect_not(sum_proof_make(text_of("test"), &left, parts, 2, &proof));
    cr_expect_not(sum_proof_make(text_of("test"), &left, NULL, 0, &proof));
    const struct scalar five = number(5);
    equality_proof_make_with(text_of("test"), &left, &other, &five, &proof);
    cr_expect_not(
        equality_proof_verify(text_of("test"), &left.commitment, &other.commitment, &proof));
    cr_expect_not(
        equality_proof_verify(text_of("test"), &left.commitment, &left.commitment, &none));
}

Test(project_origin_equality_proof, nothing_of_it_can_be_changed) {
    const struct equality_side left = side_of(250, counted());
    const struct equality_side right = side_of(250, number(7));
    struct equality_proof proof;
    cr_assert(equality_proof_make(text_of("label"), &left, &right, &proof));
    const struct point *l = &left.commitment;
    const struct point *r = &right.commitment;
    cr_expect(equality_proof_verify(text_of("label"), l, r, &proof));
    cr_expect_not(equality_proof_verify(text_of("Label"), l, r, &proof), "another label");
    cr_expect_not(equality_proof_verify(text_of("label"), r, l, &proof), "the sides exchanged");
    cr_expect_not(equality_proof_verify(text_of("label"), l, l, &proof), "another pair");
    for (uint32_t bit = 0; bit < 8 * EQUALITY_PROOF_BYTES; bit++) {
        struct equality_proof changed = proof;
        changed.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_expect_not(equality_proof_verify(text_of("label"), l, r, &changed), "bit %u", bit);
    }
}

/* Bytes of others, which the group's functions themselves would not take. */
Test(project_origin_equality_proof, what_is_no_commitment_or_scalar_is_not_valid) {
    struct arena arena = vectors_arena();
    const struct equality_side left = side_of(250, counted());
    const struct equality_side right = side_of(250, number(7));
    struct equality_proof proof;
    struct point wrong;
    memset(wrong.bytes, 0xff, sizeof wrong.bytes);
    cr_assert(equality_proof_make(text_of("label"), &left, &right, &proof));
    cr_expect_not(equality_proof_verify(text_of("label"), &wrong, &right.commitment, &proof));
    cr_expect_not(equality_proof_verify(text_of("label"), &left.commitment, &wrong, &proof));
    cr_expect_not(sum_proof_verify(text_of("label"), &left.commitment, &wrong, 1, &proof));
    /* The same response modulo L, which is no canonical scalar. */
    const struct bytes order =
        vectors_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", &arena);
    for (uint32_t i = 0, carry = 0; i < SCALAR_BYTES; i++) {
        carry += (uint32_t)proof.bytes[SCALAR_BYTES + i] + order.data[i];
        proof.bytes[SCALAR_BYTES + i] = (uint8_t)carry;
        carry >>= 8;
    }
    cr_expect_not(
        equality_proof_verify(text_of("label"), &left.commitment, &right.commitment, &proof));
}

/* From Python: hashlib.blake2b(b"millrace equality proof nonce 1\0" + left commitment + right
 * commitment + label, key=left blinding + right blinding), modulo the group's order. Nobody
 * computes it who does not know what is to be hidden. */
Test(project_origin_equality_proof, nonce_is_a_secret) {
    struct arena arena = vectors_arena();
    const struct equality_side left = side_of(250, counted());
    const struct equality_side right = side_of(250, number(7));
    struct scalar nonce;
    struct equality_proof proof;
    struct equality_proof expected;
    memcpy(nonce.bytes,
           vectors_hex("6fa17ce5a7e911bb8ed1bdb1d0b62394e77ef4d18e37375a2b16dbb228caf20b", &arena)
               .data,
           sizeof nonce.bytes);
    equality_proof_make_with(text_of("test"), &left, &right, &nonce, &expected);
    cr_assert(equality_proof_make(text_of("test"), &left, &right, &proof));
    cr_expect_arr_eq(proof.bytes, expected.bytes, sizeof proof.bytes);
}

/* A = z * H + c * (left - right): what the prover announced, from the proof alone. */
static struct point announced(const struct equality_side *left, const struct equality_side *right,
                              const struct equality_proof *proof) {
    struct scalar challenge;
    struct scalar response;
    struct point difference;
    struct point announcement;
    memcpy(challenge.bytes, proof->bytes, SCALAR_BYTES);
    memcpy(response.bytes, proof->bytes + SCALAR_BYTES, SCALAR_BYTES);
    point_subtract(&left->commitment, &right->commitment, &difference);
    point_multiply(&challenge, &difference, &difference);
    point_multiply(&response, &generator_h, &announcement);
    point_add(&announcement, &difference, &announcement);
    return announcement;
}

/* z = a - c * w: with one nonce for two statements of one witness anybody computes w. The pairs are
 * those of three blindings, under two quantities and four labels. */
Test(project_origin_equality_proof, nonces_are_never_shared) {
    enum { LABELS = 4, SIDES = 3, QUANTITIES = 2, ALL = LABELS * QUANTITIES * SIDES * SIDES };
    static const char *const labels[LABELS] = {"", "a", "b", "ab"};
    struct point announcements[ALL];
    for (uint32_t i = 0; i < ALL; i++) {
        const uint32_t quantity = 100 + i / (SIDES * SIDES) % QUANTITIES;
        const struct text label = text_of(labels[i / (SIDES * SIDES * QUANTITIES)]);
        const struct equality_side sides[SIDES] = {side_of(quantity, counted()),
                                                   side_of(quantity, number(7)),
                                                   side_of(quantity, number(8))};
        const struct equality_side *left = &sides[i / SIDES % SIDES];
        const struct equality_side *right = &sides[i % SIDES];
        struct equality_proof proof;
        struct equality_proof again;
        cr_assert(equality_proof_make(label, left, right, &proof));
        cr_assert(equality_proof_make(label, left, right, &again));
        cr_expect_arr_eq(proof.bytes, again.bytes, sizeof proof.bytes, "made again");
        announcements[i] = announced(left, right, &proof);
        for (uint32_t other = 0; other < i; other++) {
            cr_expect_not(point_equal(&announcements[i], &announcements[other]), "%u and %u", i,
                          other);
        }
    }
}
