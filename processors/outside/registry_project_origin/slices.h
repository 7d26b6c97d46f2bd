/* What the registry calls the slices that a transaction of ours has made. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_SLICES_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_SLICES_H

#include "domain/arena.h"
#include "domain/values.h"
#include "generated/c/millrace.h"

/* From the transaction's bytes alone: the commitments are in them, whatever secret they were made
 * with. In `arena`, in the operation's order; returns how many. 0: the operation makes none, or
 * these are no bytes of such a transaction. */
uint32_t slices_of_transaction(const struct millrace_operation *operation, struct bytes transaction,
                               struct arena *arena, struct millrace_slice_hash **hashes);

#endif
