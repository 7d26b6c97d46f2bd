#include "outside/registry_project_origin/ristretto.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(POINT_BYTES == crypto_core_ristretto255_BYTES, "a point is 32 bytes");
_Static_assert(SCALAR_BYTES == crypto_core_ristretto255_SCALARBYTES, "a scalar is 32 bytes");
_Static_assert(WIDE_BYTES == crypto_core_ristretto255_NONREDUCEDSCALARBYTES, "and wide is 64");

/* Derived from the seed "3.141592653589793238462643383279502884197169": G from its SHA-512, H from
 * the SHA-512 of that. The test derives them again. */
const struct point generator_g = {.bytes = {0x86, 0xed, 0x6f, 0xfe, 0x68, 0xae, 0x05, 0xdc,
                                            0x07, 0x91, 0x83, 0x6f, 0x54, 0xb4, 0x2b, 0x33,
                                            0x6a, 0x22, 0x14, 0xcc, 0xb6, 0xf8, 0x6d, 0x2f,
                                            0xac, 0x49, 0x49, 0x29, 0x49, 0xba, 0x9e, 0x7b}};
const struct point generator_h = {.bytes = {0xe2, 0x46, 0x7f, 0x81, 0xcd, 0x43, 0xcf, 0x2b,
                                            0x51, 0x22, 0xe2, 0x85, 0xf9, 0x37, 0x6a, 0x87,
                                            0xea, 0x5c, 0x9a, 0xfb, 0x9b, 0x11, 0xca, 0xd8,
                                            0x6c, 0x01, 0xd2, 0xcc, 0x71, 0xd6, 0x53, 0x64}};

void ristretto_init(void) {
    const int ready = sodium_init();
    assert(ready >= 0);
}

bool point_is_valid(const struct point *point) {
    assert(point != NULL);
    return crypto_core_ristretto255_is_valid_point(point->bytes) == 1;
}

bool scalar_is_valid(const struct scalar *scalar) {
    assert(scalar != NULL);
    uint8_t wide[WIDE_BYTES] = {0};
    struct scalar reduced;
    memcpy(wide, scalar->bytes, sizeof scalar->bytes);
    scalar_reduce(wide, &reduced);
    const bool valid = scalar_equal(&reduced, scalar);
    sodium_memzero(wide, sizeof wide);
    scalar_wipe(&reduced);
    return valid;
}

void point_add(const struct point *a, const struct point *b, struct point *sum) {
    assert(a != NULL && b != NULL && sum != NULL);
    const int added = crypto_core_ristretto255_add(sum->bytes, a->bytes, b->bytes);
    assert(added == 0);
}

void point_subtract(const struct point *a, const struct point *b, struct point *difference) {
    assert(a != NULL && b != NULL && difference != NULL);
    const int subtracted = crypto_core_ristretto255_sub(difference->bytes, a->bytes, b->bytes);
    assert(subtracted == 0);
}

void point_multiply(const struct scalar *factor, const struct point *point, struct point *product) {
    assert(factor != NULL && point != NULL && product != NULL);
    struct point result;
    /* libsodium takes a product that is the identity for a failure, since it would be no key. Here
     * it is a result like any other, and a valid point has no other way to fail. */
    if (crypto_scalarmult_ristretto255(result.bytes, factor->bytes, point->bytes) != 0) {
        assert(point_is_valid(point));
        memset(result.bytes, 0, sizeof result.bytes);
    }
    *product = result;
}

bool point_equal(const struct point *a, const struct point *b) {
    assert(a != NULL && b != NULL);
    return sodium_memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void scalar_of(uint32_t number, struct scalar *scalar) {
    assert(scalar != NULL);
    *scalar = (struct scalar){.bytes = {(uint8_t)number, (uint8_t)(number >> 8),
                                        (uint8_t)(number >> 16), (uint8_t)(number >> 24)}};
}

void scalar_reduce(const uint8_t wide[WIDE_BYTES], struct scalar *scalar) {
    assert(wide != NULL && scalar != NULL);
    crypto_core_ristretto255_scalar_reduce(scalar->bytes, wide);
}

void scalar_add(const struct scalar *a, const struct scalar *b, struct scalar *sum) {
    assert(a != NULL && b != NULL && sum != NULL);
    crypto_core_ristretto255_scalar_add(sum->bytes, a->bytes, b->bytes);
}

void scalar_subtract(const struct scalar *a, const struct scalar *b, struct scalar *difference) {
    assert(a != NULL && b != NULL && difference != NULL);
    crypto_core_ristretto255_scalar_sub(difference->bytes, a->bytes, b->bytes);
}

void scalar_multiply(const struct scalar *a, const struct scalar *b, struct scalar *product) {
    assert(a != NULL && b != NULL && product != NULL);
    crypto_core_ristretto255_scalar_mul(product->bytes, a->bytes, b->bytes);
}

bool scalar_equal(const struct scalar *a, const struct scalar *b) {
    assert(a != NULL && b != NULL);
    return sodium_memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void scalar_wipe(struct scalar *scalar) {
    assert(scalar != NULL);
    sodium_memzero(scalar->bytes, sizeof scalar->bytes);
}
