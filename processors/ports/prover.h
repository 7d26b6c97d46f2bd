/* Proofs that a committed quantity is one of 32 bits, for registries that ask for such a proof with
 * every commitment that is new to them. */
#ifndef MILLRACE_PORTS_PROVER_H
#define MILLRACE_PORTS_PROVER_H

#include <stdint.h>

#include "domain/arena.h"
#include "domain/values.h"
#include "ports/error.h"

enum { PROVER_POINT_BYTES = 32, PROVER_SCALAR_BYTES = 32 };

/* What is to be proven, and what the prover must know for it. */
struct prover_statement {
    const uint8_t *commitment; /* PROVER_POINT_BYTES: to `quantity`, under `blinding` */
    uint32_t quantity;         /* Wh */
    const uint8_t *blinding;   /* PROVER_SCALAR_BYTES; a secret */
    struct text label;         /* what the proof is bound to: the certificate's id as text */
};

enum prover_verdict {
    PROVER_VERDICT_RIGHT,
    PROVER_VERDICT_WRONG,
    PROVER_VERDICT_UNREADABLE, /* these are no bytes of a proof */
};

/* May be used by several threads at a time. */
struct prover {
    const char *name;
    const char *shortcoming; /* what will not work with these proofs, for whoever runs it; NULL: all
                                does */
    void *self;

    /* The proof, in `arena`; the same statement gives the same bytes. It takes milliseconds of the
     * calling thread. FAILED: it could not be made, `error` says why. */
    enum result (*prove)(void *self, const struct prover_statement *statement, struct arena *arena,
                         struct bytes *proof, struct error *error);

    /* Whether a proof is one of this commitment (PROVER_POINT_BYTES) and label; for a registry to
     * test against. NULL: this prover cannot tell. */
    enum prover_verdict (*verify)(void *self, const uint8_t *commitment, struct text label,
                                  struct bytes proof);
};

/* The one that this program was built with: each room outside/prover_NAME has one, and
 * `make PROVER=NAME` chooses. */
struct prover prover_chosen(void);

#endif
