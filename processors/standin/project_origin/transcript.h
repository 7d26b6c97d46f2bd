/* Merlin's transcript: what both sides of a proof said, and a challenge that follows from all of
 * it (merlin.cool; STROBE v1.0.2 of strobe.sourceforge.io; Keccak of FIPS 202). */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_TRANSCRIPT_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_TRANSCRIPT_H

#include <stddef.h>
#include <stdint.h>

struct mimic_transcript {
    uint8_t state[200];
    uint8_t position; /* of the next byte */
    uint8_t began;    /* where the last operation began, plus one */
};

void mimic_transcript_init(struct mimic_transcript *transcript, const char *label, size_t length);
void mimic_transcript_append(struct mimic_transcript *transcript, const char *name,
                             const void *bytes, size_t length);
void mimic_transcript_challenge(struct mimic_transcript *transcript, const char *name,
                                uint8_t *bytes, size_t length);

#endif
