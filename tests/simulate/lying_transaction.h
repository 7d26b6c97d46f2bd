/* The transactions of the lying registry: who it is about, and the operation as it was asked for.
 */
#ifndef MILLRACE_SIMULATE_LYING_TRANSACTION_H
#define MILLRACE_SIMULATE_LYING_TRANSACTION_H

#include "domain/arena.h"
#include "ports/registry.h"

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

#endif
