/* The transactions of the lying registry: who it is about, and the operation as it was asked for.
 */
#ifndef MILLRACE_SIMULATE_LYING_TRANSACTION_H
#define MILLRACE_SIMULATE_LYING_TRANSACTION_H

#include "domain/arena.h"
#include "ports/registry.h"

enum { LYING_NAME_BYTES = sizeof(struct uuid) + 1 }; /* of a slice */

/* What a registry finds in the bytes of a request. */
struct lying_transaction {
    struct uuid submission_id;
    struct uuid certificate_id;
    const struct millrace_operation *operation;
};

/* The same inputs give the same bytes, in `arena`. */
struct registry_transaction lying_transaction_make(const struct uuid *submission_id,
                                                   const struct uuid *certificate_id,
                                                   const struct millrace_operation *operation,
                                                   struct arena *arena);
/* Bytes that `lying_transaction_make` made, opened: in `arena` and in the bytes themselves. */
struct lying_transaction lying_transaction_read(struct bytes bytes, struct arena *arena);

/* The registry's own name for the slice that a submission makes, by its number in it from 0. */
void lying_name_of(const struct uuid *submission_id, uint32_t number,
                   uint8_t name[LYING_NAME_BYTES]);
/* As `registry.slices_of`, of bytes that `lying_transaction_make` made. */
uint32_t lying_names(const struct millrace_operation *operation, struct bytes transaction,
                     struct arena *arena, struct millrace_slice_hash **hashes);

#endif
