/* An operation as the event of Project Origin that it asks for. What the registry would never get
 * over (it has no way to refuse what it cannot read, and tries it for ever) is refused here. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_EVENT_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_EVENT_H

#include <protobuf-c/protobuf-c.h>

#include "domain/arena.h"
#include "domain/rules.h"
#include "generated/c/millrace.h"
#include "outside/registry_project_origin/blinding.h"
#include "outside/registry_project_origin/keyring.h"
#include "ports/error.h"
#include "ports/prover.h"

/* A registry as we name it, and as it names itself in its transactions. */
struct origin_name {
    struct text configured;
    const char *own; /* UTF-8 */
};

/* What we have to build events with; only read, by as many threads as there are. */
struct origin_means {
    const struct origin_name *names; /* the registry that is spoken to is the first */
    uint32_t names_count;
    const struct rules *rules; /* who may issue in a grid area; that issuer's key signs */
    const struct keyring *keyring;
    const struct blinding_secrets *secrets;
    struct text secret; /* the name of that which new slices are blinded with */
    const struct prover *prover;
};

struct origin_event {
    const ProtobufCMessage *message; /* of project_origin.electricity.v1, in the arena */
    const struct key *signer;        /* its secret is known */
};

/* Exactly one of the operation's fields is set. The same operation gives the same event as long as
 * the means are the same. INVALID: it must not be sent, or cannot be built with these means;
 * `error` says why to whoever gave the command. FAILED: a proof could not be made. */
enum result origin_event_make(const struct origin_means *means, const struct uuid *certificate_id,
                              const struct millrace_operation *operation, struct arena *arena,
                              struct origin_event *event, struct error *error);

#endif
