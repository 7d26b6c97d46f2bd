/* The certificates processor: commands come in, are decided one certificate at a time, run at the
 * registry first, and end in events, answers and the certificate's state. */
#ifndef MILLRACE_CERTIFICATES_CERTIFICATES_H
#define MILLRACE_CERTIFICATES_CERTIFICATES_H

#include <stdint.h>

#include "domain/rules.h"
#include "generated/c/message_types.h"
#include "generated/c/millrace.h"
#include "loop/emitter.h"
#include "loop/processor.h"
#include "ports/logger.h"
#include "ports/openings.h"
#include "ports/schemas.h"

/* The newest format of certificates.state.CertificateState that this program knows. */
enum { CERTIFICATES_FORMAT_VERSION = 1 };

/* Pieces of contradicting evidence about one submission that are told from new ones when they are
 * read again; as many as its state has room for. */
enum { CERTIFICATES_CONTRADICTIONS_MAX = 16 };

/* What every lane of the processor is given. All of it outlives the lanes. */
struct certificates_config {
    const struct rules *rules;
    const struct emitter *emitter; /* the schema ids that we write with */
    struct millrace_source source; /* of the messages that we make */
    int32_t state_format; /* that states are written in: from 1 to CERTIFICATES_FORMAT_VERSION */
    struct openings openings;      /* of the registries; `fit` NULL: none can be checked */
    const char *schemas_directory; /* copies of schemas on disk; NULL: none */
    /* A lane's own connection to the schema registry. */
    enum result (*schemas_open)(void *context, struct schemas *schemas, struct error *error);
    void *schemas_context;
    struct logger logger;
};

extern const struct log_topology certificates_topology;

/* The types of messages that it writes, dead letters apart. */
extern const enum message_type certificates_writes[];
extern const uint32_t certificates_writes_count;

/* The processor for the loop. `config` is borrowed. */
struct processor_kind certificates_kind(const struct certificates_config *config);

#endif
