#include "outside/registry_project_origin/transcript.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* Bytes of the state that an operation reads and writes: 1600 bits less twice the security of 128
 * bits, less two bytes for Strobe's own padding. */
enum { RATE = KECCAK_BYTES - 128 / 4 - 2 };

/* What an operation does, as Strobe writes it into its own transcript. */
enum strobe_flag {
    STROBE_INBOUND = 1u << 0,
    STROBE_APPLICATION = 1u << 1,
    STROBE_CIPHER = 1u << 2,
    STROBE_META = 1u << 4,
};

static void add_at(struct proof_transcript *transcript, uint32_t place, uint8_t byte) {
    assert(place < KECCAK_BYTES);
    transcript->lanes[place / 8] ^= (uint64_t)byte << place % 8 * 8;
}

static uint8_t byte_at(const struct proof_transcript *transcript, uint32_t place) {
    assert(place < KECCAK_BYTES);
    return (uint8_t)(transcript->lanes[place / 8] >> place % 8 * 8);
}

/* The end of a block: Strobe's padding, and cSHAKE's. */
static void end_block(struct proof_transcript *transcript) {
    add_at(transcript, transcript->position, transcript->begin);
    add_at(transcript, transcript->position + 1u, 0x04);
    add_at(transcript, RATE + 1, 0x80);
    keccak_permute(transcript->lanes);
    transcript->position = 0;
    transcript->begin = 0;
}

static void step(struct proof_transcript *transcript) {
    transcript->position++;
    if (transcript->position == RATE) {
        end_block(transcript);
    }
}

static void absorb(struct proof_transcript *transcript, const void *data, size_t length) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < length; i++) {
        add_at(transcript, transcript->position, bytes[i]);
        step(transcript);
    }
}

/* What is drawn is put out of the state, so that nobody gets back to it from a later one. */
static void squeeze(struct proof_transcript *transcript, uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        bytes[i] = byte_at(transcript, transcript->position);
        add_at(transcript, transcript->position, bytes[i]);
        step(transcript);
    }
}

static void begin_operation(struct proof_transcript *transcript, unsigned flags) {
    const uint8_t head[] = {transcript->begin, (uint8_t)flags};
    transcript->begin = (uint8_t)(transcript->position + 1u);
    absorb(transcript, head, sizeof head);
    /* What a cipher gives out is drawn from a block that has all before it. */
    if ((flags & STROBE_CIPHER) != 0 && transcript->position != 0) {
        end_block(transcript);
    }
}

/* What stands before a message or a challenge: its name and its length. */
static void add_head(struct proof_transcript *transcript, const char *name, uint32_t length) {
    const uint8_t little_endian[] = {(uint8_t)length, (uint8_t)(length >> 8),
                                     (uint8_t)(length >> 16), (uint8_t)(length >> 24)};
    begin_operation(transcript, STROBE_META | STROBE_APPLICATION);
    absorb(transcript, name, strlen(name));
    absorb(transcript, little_endian, sizeof little_endian);
}

void proof_transcript_init(struct proof_transcript *transcript, struct text label) {
    static const uint8_t domain[] = {1, RATE + 2, 1, 0, 1, 12 * 8}; /* of cSHAKE, and then: */
    static const char strobe[] = "STROBEv1.0.2";
    static const char merlin[] = "Merlin v1.0";
    assert(transcript != NULL);
    *transcript = (struct proof_transcript){.position = 0};
    absorb(transcript, domain, sizeof domain);
    absorb(transcript, strobe, sizeof strobe - 1);
    keccak_permute(transcript->lanes);
    transcript->position = 0;
    begin_operation(transcript, STROBE_META | STROBE_APPLICATION);
    absorb(transcript, merlin, sizeof merlin - 1);
    proof_transcript_append(
        transcript, "dom-sep",
        (struct bytes){.data = (const uint8_t *)label.data, .length = label.length});
}

void proof_transcript_append(struct proof_transcript *transcript, const char *name,
                             struct bytes message) {
    assert(transcript != NULL && name != NULL);
    add_head(transcript, name, message.length);
    begin_operation(transcript, STROBE_APPLICATION);
    absorb(transcript, message.data, message.length);
}

void proof_transcript_challenge(struct proof_transcript *transcript, const char *name,
                                uint8_t *challenge, uint32_t length) {
    assert(transcript != NULL && name != NULL);
    assert(challenge != NULL || length == 0);
    add_head(transcript, name, length);
    begin_operation(transcript, STROBE_INBOUND | STROBE_APPLICATION | STROBE_CIPHER);
    squeeze(transcript, challenge, length);
}
