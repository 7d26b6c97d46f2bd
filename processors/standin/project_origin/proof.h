/* Do two commitments hold the same quantity? The registry's equality proofs, checked by code of the
 * stand-in's own: merlin's transcript (STROBE-128 over Keccak-f[1600]) and ristretto255. */
#ifndef MILLRACE_STANDIN_PROJECT_ORIGIN_PROOF_H
#define MILLRACE_STANDIN_PROJECT_ORIGIN_PROOF_H

#include <stdbool.h>
#include <stdint.h>

enum { MIMIC_PROOF_BYTES = 64 };

/* `left` and `right` are points of 32 bytes, `label` is text. The proof is two scalars, which are
 * reduced where they are not. */
bool mimic_proof_is_right(const uint8_t proof[MIMIC_PROOF_BYTES], const uint8_t *left,
                          const uint8_t *right, const char *label);

#endif
