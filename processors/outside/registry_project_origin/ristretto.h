/* The group of the registry's commitments, ristretto255 (RFC 9496), and its scalars: libsodium's
 * functions without their traps. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_RISTRETTO_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_RISTRETTO_H

#include <stdbool.h>
#include <stdint.h>

enum {
    POINT_BYTES = 32,
    SCALAR_BYTES = 32,
    WIDE_BYTES = 64, /* uniform bytes that a scalar is made of */
};

/* An element of the group in its one encoding; the identity is 32 zero bytes. */
struct point {
    uint8_t bytes[POINT_BYTES];
};

/* An integer below the group's order L, little endian. */
struct scalar {
    uint8_t bytes[SCALAR_BYTES];
};

/* Before all else that asks libsodium for something; once is enough, and again does no harm. */
void ristretto_init(void);

/* The generators of Project Origin's commitments: G carries the quantity, H the blinding. */
extern const struct point generator_g;
extern const struct point generator_h;

/* Whether bytes of others are what these types promise; all functions below rest on it. */
bool point_is_valid(const struct point *point);
bool scalar_is_valid(const struct scalar *scalar);

void point_add(const struct point *a, const struct point *b, struct point *sum);
void point_subtract(const struct point *a, const struct point *b, struct point *difference);
/* In a time that does not depend on the scalar. */
void point_multiply(const struct scalar *factor, const struct point *point, struct point *product);
bool point_equal(const struct point *a, const struct point *b);

void scalar_of(uint32_t number, struct scalar *scalar);
/* Modulo L, as good as uniform. */
void scalar_reduce(const uint8_t wide[WIDE_BYTES], struct scalar *scalar);
void scalar_add(const struct scalar *a, const struct scalar *b, struct scalar *sum);
void scalar_subtract(const struct scalar *a, const struct scalar *b, struct scalar *difference);
void scalar_multiply(const struct scalar *a, const struct scalar *b, struct scalar *product);
/* In a time that does not depend on either. */
bool scalar_equal(const struct scalar *a, const struct scalar *b);
/* Overwrites it, also where a compiler sees that nobody reads it again. */
void scalar_wipe(struct scalar *scalar);

#endif
