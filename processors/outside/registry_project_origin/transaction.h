/* A transaction of Project Origin: an event of a certificate, signed, and the id that follows. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_TRANSACTION_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_TRANSACTION_H

#include <protobuf-c/protobuf-c.h>

#include "domain/arena.h"
#include "outside/registry_project_origin/key.h"
#include "ports/error.h"
#include "ports/registry.h"

enum {
    ORIGIN_TRANSACTION_BYTES_MAX = 65536,  /* as SubmissionIntended can hold it */
    ORIGIN_TRANSACTION_ID_CHARACTERS = 44, /* Base64 of a SHA-256 */
};

struct origin_order {
    const char *registry;          /* its own name for itself, UTF-8 */
    struct uuid certificate_id;    /* names the stream */
    struct uuid submission_id;     /* the nonce: what makes this transaction unlike all others */
    const ProtobufCMessage *event; /* of project_origin.electricity.v1; strings are UTF-8 */
    const struct key *key;         /* who signs; its secret is known */
};

/* Build and sign it, all in `arena`: the same order gives the same bytes and the same id. INVALID:
 * it is larger than what can be kept of it. */
enum result origin_transaction_make(const struct origin_order *order, struct arena *arena,
                                    struct registry_transaction *transaction, struct error *error);

#endif
