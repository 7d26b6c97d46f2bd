/* From the transactions of a certificate's stream to its slices, by the registry's own rules: what
 * it has let into the stream it has executed, in this order. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_PROJECTION_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_PROJECTION_H

#include "domain/arena.h"
#include "domain/values.h"
#include "ports/error.h"
#include "ports/registry.h"

enum {
    PROJECTION_ANSWER_BYTES_MAX = 4 << 20,
    PROJECTION_TRANSACTIONS_MAX = 10000,
    PROJECTION_TRANSACTION_BYTES_MAX = 1 << 20,
    PROJECTION_ARENA_BYTES = 8 << 20, /* that it may need */
};

/* The answer to a question for this certificate's stream. `stream` has its contents in `arena`; its
 * `is_read` and `words` are the caller's. INVALID: these are no such transactions, or they cannot
 * have led to anything (`error` says which one), or there are more than is read of them. */
enum result projection_make(struct bytes answer, const struct uuid *certificate_id,
                            struct arena *arena, struct registry_stream *stream,
                            struct error *error);

#endif
