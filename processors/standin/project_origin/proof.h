/* Do two commitments hold the same quantity? The registry's equality proofs, checked by code of the
 * stand-in's own: merlin's transcript (STROBE-128 over Keccak-f[1600]) and ristretto255. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_PROOF_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_PROOF_H

#include <stdint.h>

enum { MIMIC_PROOF_BYTES = 64 };

enum mimic_proof {
    MIMIC_PROOF_RIGHT,
    MIMIC_PROOF_WRONG,
    MIMIC_PROOF_MALFORMED, /* not two scalars */
};

/* `left` and `right` are points of 32 bytes, `label` is text. */
enum mimic_proof mimic_proof_check(const uint8_t proof[MIMIC_PROOF_BYTES], const uint8_t *left,
                                   const uint8_t *right, const char *label);

#endif
