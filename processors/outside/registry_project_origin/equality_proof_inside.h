/* What the parts of the equality proof, and its test, know of each other. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_EQUALITY_PROOF_INSIDE_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_EQUALITY_PROOF_INSIDE_H

#include "outside/registry_project_origin/equality_proof.h"

/* With a nonce that is given, as a test vector has it. Two proofs of different statements with the
 * same nonce give the blindings away. */
void equality_proof_make_with(struct text label, const struct equality_side *left,
                              const struct equality_side *right, const struct scalar *nonce,
                              struct equality_proof *proof);

#endif
