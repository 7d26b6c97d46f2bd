/* A slice of ours as it lies at the registry: its commitment, and the blinding that opens it. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_OPENING_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_OPENING_H

#include "outside/registry_project_origin/blinding.h"
#include "outside/registry_project_origin/equality_proof.h"
#include "ports/error.h"

/* What is known of a slice. */
struct opening_clues {
    const struct uuid *certificate_id;
    const struct uuid *slice_id;
    int64_t quantity;      /* Wh */
    struct bytes hash;     /* the registry's name for it; empty: not known */
    struct bytes blinding; /* given by whoever realigned it; empty: it follows from a secret */
};

struct opening {
    uint32_t quantity; /* Wh */
    struct equality_side side;
    struct slice_hash hash;
};

/* Of a slice that is about to be made: blinded with the secret of this name. INVALID: the quantity
 * is none. NOT_FOUND: there is no such secret. */
enum result opening_make(const struct blinding_secrets *secrets, struct text secret,
                         const struct opening_clues *clues, struct opening *opening,
                         struct error *error);

/* Of a slice that lies there: with the blinding that was given, else with that secret which brings
 * its hash, the named one first; where no hash is known, with the named one. INVALID: none opens
 * it, or what was given is no blinding or no quantity. */
enum result opening_find(const struct blinding_secrets *secrets, struct text secret,
                         const struct opening_clues *clues, struct opening *opening,
                         struct error *error);

/* Does this blinding open, with this quantity, what the registry has by this hash? No secret is
 * asked for. */
bool opening_is_right(int64_t quantity, struct bytes blinding, struct bytes hash);

/* Overwrites the blinding. */
void opening_wipe(struct opening *opening);

#endif
