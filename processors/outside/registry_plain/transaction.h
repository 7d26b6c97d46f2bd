/* A transaction of the plain registry: the canonical text of an operation, and its id. */
#ifndef MILLRACE_REGISTRY_PLAIN_TRANSACTION_H
#define MILLRACE_REGISTRY_PLAIN_TRANSACTION_H

#include "domain/arena.h"
#include "generated/c/millrace.h"
#include "ports/error.h"
#include "ports/registry.h"

enum {
    PLAIN_TRANSACTION_BYTES_MAX = 65536,  /* as SubmissionIntended can hold it */
    PLAIN_TRANSACTION_ID_CHARACTERS = 64, /* SHA-256 in hex */
};

/* Exactly one of the operation's fields is set. INVALID: it is larger than the protocol allows. */
enum result plain_transaction_make(const struct uuid *submission_id,
                                   const struct uuid *certificate_id,
                                   const struct millrace_operation *operation, struct arena *arena,
                                   struct registry_transaction *transaction, struct error *error);

#endif
