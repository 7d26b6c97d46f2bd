#include "standin/project_origin/transcript.h"

#include <string.h>

enum { ROUNDS = 24, RATE = 166 }; /* STROBE-128: 200 bytes, less 2 × 128 bits, less 2 */

/* Flags of an operation. */
enum { INBOUND = 1, APPLICATION = 2, CIPHER = 4, META = 16 };

static uint64_t rotate(uint64_t lane, unsigned by) {
    return by == 0 ? lane : lane << by | lane >> (64 - by);
}

/* The bit that each round flips is made by the linear feedback shift register of FIPS 202, 3.2.5.
 */
static uint64_t round_constant(uint8_t *lfsr) {
    uint64_t constant = 0;
    for (unsigned bit = 0; bit < 7; bit++) {
        if ((*lfsr & 1) != 0) {
            constant |= UINT64_C(1) << ((1u << bit) - 1);
        }
        *lfsr = (uint8_t)(*lfsr << 1 ^ ((*lfsr & 0x80) != 0 ? 0x71 : 0));
    }
    return constant;
}

static void theta(uint64_t a[25]) {
    uint64_t parity[5];
    for (unsigned x = 0; x < 5; x++) {
        parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    }
    for (unsigned i = 0; i < 25; i++) {
        a[i] ^= parity[(i + 4) % 5] ^ rotate(parity[(i + 1) % 5], 1);
    }
}

/* Rho and pi: each lane is turned by a triangular number and goes to another place. */
static void move(uint64_t a[25]) {
    unsigned x = 1;
    unsigned y = 0;
    uint64_t lane = a[1];
    for (unsigned t = 0; t < 24; t++) {
        const unsigned next_y = (2 * x + 3 * y) % 5;
        x = y;
        y = next_y;
        const uint64_t kept = a[x + 5 * y];
        a[x + 5 * y] = rotate(lane, (t + 1) * (t + 2) / 2 % 64);
        lane = kept;
    }
}

static void chi(uint64_t a[25]) {
    for (unsigned y = 0; y < 25; y += 5) {
        uint64_t row[5];
        memcpy(row, a + y, sizeof row);
        for (unsigned x = 0; x < 5; x++) {
            a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
        }
    }
}

static void permute(uint8_t state[200]) {
    uint64_t a[25] = {0};
    uint8_t lfsr = 1;
    for (unsigned i = 0; i < 200; i++) {
        a[i / 8] |= (uint64_t)state[i] << (8 * (i % 8));
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        theta(a);
        move(a);
        chi(a);
        a[0] ^= round_constant(&lfsr);
    }
    for (unsigned i = 0; i < 200; i++) {
        state[i] = (uint8_t)(a[i / 8] >> (8 * (i % 8)));
    }
}

static void run(struct mimic_transcript *transcript) {
    transcript->state[transcript->position] ^= transcript->began;
    transcript->state[transcript->position + 1] ^= 0x04;
    transcript->state[RATE + 1] ^= 0x80;
    permute(transcript->state);
    transcript->position = 0;
    transcript->began = 0;
}

static void absorb(struct mimic_transcript *transcript, const void *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        transcript->state[transcript->position++] ^= ((const uint8_t *)bytes)[i];
        if (transcript->position == RATE) {
            run(transcript);
        }
    }
}

static void begin(struct mimic_transcript *transcript, uint8_t flags) {
    const uint8_t head[] = {transcript->began, flags};
    transcript->began = (uint8_t)(transcript->position + 1);
    absorb(transcript, head, sizeof head);
    if ((flags & CIPHER) != 0 && transcript->position != 0) {
        run(transcript);
    }
}

static void announce(struct mimic_transcript *transcript, const char *name, size_t length) {
    uint8_t bytes[4];
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(length >> (8 * i));
    }
    begin(transcript, META | APPLICATION);
    absorb(transcript, name, strlen(name));
    absorb(transcript, bytes, sizeof bytes); /* of the same operation */
}

void mimic_transcript_append(struct mimic_transcript *transcript, const char *name,
                             const void *bytes, size_t length) {
    announce(transcript, name, length);
    begin(transcript, APPLICATION);
    absorb(transcript, bytes, length);
}

void mimic_transcript_init(struct mimic_transcript *transcript, const char *label, size_t length) {
    static const uint8_t head[] = {1, RATE + 2, 1, 0, 1, 12 * 8};
    static const char version[] = "STROBEv1.0.2";
    static const char protocol[] = "Merlin v1.0";
    *transcript = (struct mimic_transcript){0};
    memcpy(transcript->state, head, sizeof head);
    memcpy(transcript->state + sizeof head, version, sizeof version - 1);
    permute(transcript->state);
    begin(transcript, META | APPLICATION);
    absorb(transcript, protocol, sizeof protocol - 1);
    mimic_transcript_append(transcript, "dom-sep", label, length);
}

void mimic_transcript_challenge(struct mimic_transcript *transcript, const char *name,
                                uint8_t *bytes, size_t length) {
    announce(transcript, name, length);
    begin(transcript, INBOUND | APPLICATION | CIPHER);
    for (size_t i = 0; i < length; i++) {
        bytes[i] = transcript->state[transcript->position];
        transcript->state[transcript->position++] = 0;
        if (transcript->position == RATE) {
            run(transcript);
        }
    }
}
