#include <assert.h>
#include <string.h>

#include "outside/prover_bulletproofs/bulletproofs.h"
#include "ports/prover.h"

static enum result prove(void *self, const struct prover_statement *statement, struct arena *arena,
                         struct bytes *proof, struct error *error) {
    assert(statement != NULL && statement->commitment != NULL && statement->blinding != NULL);
    assert(arena != NULL && proof != NULL && error != NULL);
    (void)self;
    uint8_t commitment[PROVER_POINT_BYTES];
    uint8_t *made = arena_take(arena, BULLETPROOFS_PROOF_BYTES);
    const int32_t result =
        millrace_bulletproofs_prove((const uint8_t *)statement->label.data, statement->label.length,
                                    statement->quantity, statement->blinding, commitment, made);
    assert(result != BULLETPROOFS_INVALID);
    if (result != BULLETPROOFS_OK) {
        return error_set(error, RESULT_FAILED,
                         "the range proof of a commitment could not be made, because the crate "
                         "'bulletproofs' failed; what it said is on stderr");
    }
    /* A proof of another commitment would be refused, and nobody would know why. */
    assert(memcmp(commitment, statement->commitment, sizeof commitment) == 0);
    *proof = (struct bytes){.data = made, .length = BULLETPROOFS_PROOF_BYTES};
    return RESULT_OK;
}

static enum prover_verdict verify(void *self, const uint8_t *commitment, struct text label,
                                  struct bytes proof) {
    assert(commitment != NULL);
    (void)self;
    const int32_t result = millrace_bulletproofs_verify((const uint8_t *)label.data, label.length,
                                                        commitment, proof.data, proof.length);
    return result == BULLETPROOFS_OK        ? PROVER_VERDICT_RIGHT
           : result == BULLETPROOFS_INVALID ? PROVER_VERDICT_WRONG
                                            : PROVER_VERDICT_UNREADABLE;
}

struct prover prover_chosen(void) {
    return (struct prover){.name = "bulletproofs", .prove = prove, .verify = verify};
}
