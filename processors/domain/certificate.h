/* A certificate: who holds which part of its energy, and what may happen to it. Nothing here asks
 * the registry; it decides what to ask, and what follows from the answer. */
#ifndef MILLRACE_DOMAIN_CERTIFICATE_H
#define MILLRACE_DOMAIN_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/arena.h"
#include "domain/certificate_heads.h"
#include "domain/message.h"
#include "domain/rejection.h"
#include "domain/rules.h"
#include "domain/values.h"
#include "generated/c/certificates_state.h"
#include "generated/c/millrace.h"

enum {
    CERTIFICATE_EVENTS_MAX = 3,               /* events of one decision, a CommandRejected apart */
    CERTIFICATE_GROWTH_BYTES_MAX = 40 * 1000, /* bound of `certificate_growth_max` */
};

/* What a decision is about. */
struct certificate_input {
    struct message message;          /* a command, an operation or an event of the registry */
    const struct message *in_flight; /* the command that is at the registry; NULL: none */
    /* Of a RealignCertificate: the first slice whose quantity and blinding were checked, and do not
     * open what the registry has by its hash; NULL: none. */
    const struct uuid *unopened;
};

/* With what it is decided: the same for all decisions of a turn. */
struct certificate_context {
    const struct rules *rules;
    struct millrace_source source; /* of the messages that are made */
    int64_t now_ms;                /* wall clock: for timestamps and for Expired */
    struct arena *arena;           /* for what the decision points to; must outlive it */
};

/* What follows. All zeroes: nothing. A rejection comes before the events, and nothing of the model
 * changes by it; a submission comes alone. */
struct certificate_decision {
    bool rejected;
    struct rejection rejection;
    struct message events[CERTIFICATE_EVENTS_MAX]; /* structs of certificates.events, complete */
    uint32_t events_count;
    bool submit; /* ask `registry` to do `operation`; nothing happens before it said yes */
    struct text registry;
    struct millrace_operation operation;
    bool read_stream; /* ask the certificate's registry for its stream */
};

/* A certificate that was never issued. */
void certificate_init(struct certificates_state_certificate_model *model);

/* May this event come next? `evolve` asserts it, `verify` asks it. */
bool certificate_follows(const struct certificates_state_certificate_model *model,
                         const struct message *event);

/* The fold. What changes is made anew in `arena`, so a copy of the struct made before keeps its
 * value; texts and bytes are those of the event. */
void certificate_evolve(struct certificates_state_certificate_model *model,
                        const struct message *event, struct arena *arena);

/* What follows from an input: a command or operation whose turn has come, an outcome of the
 * submission in flight (SubmissionSucceeded, -Refused, -Unknown, -Resolved), a StreamRead that is
 * not stale, or an EvidenceContradicts. All else: nothing. */
void certificate_decide(const struct certificates_state_certificate_model *model,
                        const struct certificate_input *input,
                        const struct certificate_context *context,
                        struct certificate_decision *decision);

/* At most so many bytes more will the encoded model have when this command has succeeded. */
uint32_t certificate_growth_max(const struct certificates_state_certificate_model *model,
                                const struct message *command);

#endif
