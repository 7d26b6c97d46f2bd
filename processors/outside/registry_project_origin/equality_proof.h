/* That two commitments hold the same quantity, shown without showing it: what the registry asks for
 * with an allocation (production and consumption) and with a slicing (the slice and the sum of what
 * it becomes). A Schnorr proof of the logarithm of their difference to the generator H. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_EQUALITY_PROOF_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_EQUALITY_PROOF_H

#include "domain/values.h"
#include "outside/registry_project_origin/commitment.h"

enum { EQUALITY_PROOF_BYTES = 64 };

/* The challenge, then the response: two scalars. */
struct equality_proof {
    uint8_t bytes[EQUALITY_PROOF_BYTES];
};

/* What the prover has of a slice. */
struct equality_side {
    struct point commitment;
    struct scalar blinding;
};

/* `label` binds the proof to what it is for: an allocation's id or a certificate's id as text. The
 * same arguments give the same bytes. False: these blindings do not open the two commitments to the
 * same quantity; no proof of it is to be had, and `proof` is all zeros. */
bool equality_proof_make(struct text label, const struct equality_side *left,
                         const struct equality_side *right, struct equality_proof *proof);

/* That `source` holds as much as the parts do together. False as above. */
bool sum_proof_make(struct text label, const struct equality_side *source,
                    const struct equality_side *parts, uint32_t parts_count,
                    struct equality_proof *proof);

/* Takes bytes of others: what is no commitment or no proof is not valid either. */
bool equality_proof_verify(struct text label, const struct point *left, const struct point *right,
                           const struct equality_proof *proof);
bool sum_proof_verify(struct text label, const struct point *source, const struct point *parts,
                      uint32_t parts_count, const struct equality_proof *proof);

#endif
