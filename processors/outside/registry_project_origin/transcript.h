/* The transcript of a proof (merlin.cool): whatever prover and verifier both know goes in, and the
 * challenge that comes out depends on all of it. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_TRANSCRIPT_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_TRANSCRIPT_H

#include "domain/values.h"
#include "outside/registry_project_origin/keccak.h"

/* A Strobe-128 object (strobe.sourceforge.io/specs, 1.0.2) as far as transcripts need it: the
 * operations meta-AD, AD and PRF. May be copied, and needs no end. */
struct proof_transcript {
    uint64_t lanes[KECCAK_LANES];
    uint8_t position; /* of the next byte in the block */
    uint8_t begin;    /* where the operation began, plus one; 0: in a block before this one */
};

/* `label` says what the proof is for; another one makes every challenge another. */
void proof_transcript_init(struct proof_transcript *transcript, struct text label);

/* Append a message under a name of the proof's protocol. */
void proof_transcript_append(struct proof_transcript *transcript, const char *name,
                             struct bytes message);

/* Draw `length` bytes that depend on all that was appended and drawn so far. */
void proof_transcript_challenge(struct proof_transcript *transcript, const char *name,
                                uint8_t *challenge, uint32_t length);

#endif
