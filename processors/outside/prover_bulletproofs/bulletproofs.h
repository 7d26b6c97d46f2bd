/* What the crate beside this file (src/lib.rs) gives to C. No panic leaves it. */
#ifndef MILLRACE_PROVER_BULLETPROOFS_BULLETPROOFS_H
#define MILLRACE_PROVER_BULLETPROOFS_BULLETPROOFS_H

#include <stddef.h>
#include <stdint.h>

enum { BULLETPROOFS_PROOF_BYTES = 608 };

/* As in src/lib.rs. */
enum bulletproofs_result {
    BULLETPROOFS_OK = 0,
    BULLETPROOFS_INVALID = 1,    /* proving: the blinding is no scalar; verifying: a wrong proof */
    BULLETPROOFS_BROKEN = 2,     /* it panicked, or the crate refused what it must take */
    BULLETPROOFS_UNREADABLE = 3, /* verifying: these are no bytes of a proof */
};

/* Of a quantity under a blinding, 32 bytes: the commitment, 32 bytes, and the proof,
 * BULLETPROOFS_PROOF_BYTES; written only with OK. The same arguments give the same bytes. */
int32_t millrace_bulletproofs_prove(const uint8_t *label, size_t label_length, uint32_t quantity,
                                    const uint8_t *blinding, uint8_t *commitment, uint8_t *proof);

/* Whether the proof is one of this commitment, 32 bytes; as the registry's verifier does it. */
int32_t millrace_bulletproofs_verify(const uint8_t *label, size_t label_length,
                                     const uint8_t *commitment, const uint8_t *proof,
                                     size_t proof_length);

#endif
