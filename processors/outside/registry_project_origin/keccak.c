#include "outside/registry_project_origin/keccak.h"

#include <assert.h>
#include <stddef.h>

enum { ROUNDS = 24 };

/* FIPS 202, 3.2.5: bits 2^j - 1 of a round's constant come from a linear shift register that goes
 * on through all rounds; here they are put together. */
static const uint64_t round_constants[ROUNDS] = {
    0x0000000000000001u, 0x0000000000008082u, 0x800000000000808au, 0x8000000080008000u,
    0x000000000000808bu, 0x0000000080000001u, 0x8000000080008081u, 0x8000000000008009u,
    0x000000000000008au, 0x0000000000000088u, 0x0000000080008009u, 0x000000008000000au,
    0x000000008000808bu, 0x800000000000008bu, 0x8000000000008089u, 0x8000000000008003u,
    0x8000000000008002u, 0x8000000000000080u, 0x000000000000800au, 0x800000008000000au,
    0x8000000080008081u, 0x8000000000008080u, 0x0000000080000001u, 0x8000000080008008u,
};

/* 3.2.2: how far each lane is turned, modulo 64. */
static const uint8_t offsets[KECCAK_LANES] = {
    0,  1,  62, 28, 27, /* y = 0 */
    36, 44, 6,  55, 20, /* y = 1 */
    3,  10, 43, 25, 39, /* y = 2 */
    41, 45, 15, 21, 8,  /* y = 3 */
    18, 2,  61, 56, 14, /* y = 4 */
};

static uint64_t turned(uint64_t lane, unsigned bits) {
    return lane << (bits % 64) | lane >> ((64 - bits) % 64);
}

/* Each bit takes the parity of two columns beside it. */
static void theta(uint64_t lanes[KECCAK_LANES]) {
    uint64_t column[5];
    for (size_t x = 0; x < 5; x++) {
        column[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20];
    }
    for (size_t x = 0; x < 5; x++) {
        const uint64_t parity = column[(x + 4) % 5] ^ turned(column[(x + 1) % 5], 1);
        for (size_t y = 0; y < 5; y++) {
            lanes[x + 5 * y] ^= parity;
        }
    }
}

/* Each lane is turned and goes to its new place: (x, y) to (y, 2x + 3y). */
static void rho_and_pi(const uint64_t lanes[KECCAK_LANES], uint64_t moved[KECCAK_LANES]) {
    for (size_t y = 0; y < 5; y++) {
        for (size_t x = 0; x < 5; x++) {
            moved[y + 5 * ((2 * x + 3 * y) % 5)] = turned(lanes[x + 5 * y], offsets[x + 5 * y]);
        }
    }
}

/* The one step that is not linear: within a row. */
static void chi(const uint64_t moved[KECCAK_LANES], uint64_t lanes[KECCAK_LANES]) {
    for (size_t y = 0; y < 5; y++) {
        const uint64_t *row = moved + 5 * y;
        for (size_t x = 0; x < 5; x++) {
            lanes[x + 5 * y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
        }
    }
}

void keccak_permute(uint64_t lanes[KECCAK_LANES]) {
    assert(lanes != NULL);
    uint64_t moved[KECCAK_LANES];
    for (size_t round = 0; round < ROUNDS; round++) {
        theta(lanes);
        rho_and_pi(lanes, moved);
        chi(moved, lanes);
        lanes[0] ^= round_constants[round];
    }
}
