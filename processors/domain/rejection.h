/* A refusal by the business: a value like any other, never an error. */
#ifndef MILLRACE_DOMAIN_REJECTION_H
#define MILLRACE_DOMAIN_REJECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/arena.h"
#include "domain/message.h"
#include "domain/values.h"
#include "generated/c/millrace.h"

struct rejection {
    enum millrace_reason reason;
    struct text detail; /* for people; empty: the reason says it all */
};

/* What a CommandRejected says about the command. */
struct rejected_command {
    const struct uuid *certificate_id;
    const struct uuid *command_id;
    struct text type;        /* full name of its record */
    int64_t version;         /* of the certificate at which it was refused */
    bool has_transaction_id; /* the registry refused this transaction of it */
    struct text transaction_id;
};

/* The CommandRejected of a rejection, in the arena. */
struct message rejection_event(const struct rejection *rejection,
                               const struct rejected_command *command,
                               const struct millrace_metadata *metadata, struct arena *arena);

#endif
