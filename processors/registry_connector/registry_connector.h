/* The registry connector: submissions come in, run at their registry at most once, and end in the
 * ledger's events. It keeps the send-once ledger and is the only one who speaks to registries. */
#ifndef MILLRACE_REGISTRY_CONNECTOR_REGISTRY_CONNECTOR_H
#define MILLRACE_REGISTRY_CONNECTOR_REGISTRY_CONNECTOR_H

#include <stdint.h>

#include "generated/c/message_types.h"
#include "generated/c/millrace.h"
#include "loop/emitter.h"
#include "loop/options.h"
#include "loop/processor.h"
#include "metrics/counts.h"
#include "ports/clock.h"
#include "ports/logger.h"
#include "ports/process.h"
#include "ports/registry.h"
#include "ports/schemas.h"
#include "registry_connector/gauges.h"
#include "registry_connector/late_replies.h"

/* What every lane of the processor is given. All of it outlives the lanes. */
struct registry_connector_config {
    const struct options *options;
    const struct emitter *emitter; /* the schema ids that we write with */
    struct millrace_source source; /* of the messages that we make */
    int32_t state_format; /* that ledgers are written in: from 1 to SUBMISSION_FORMAT_VERSION */
    const char *schemas_directory; /* copies of schemas on disk; NULL: none */
    /* A lane's own connection to the schema registry. */
    enum result (*schemas_open)(void *context, struct schemas *schemas, struct error *error);
    void *schemas_context;
    const struct registry_config *registries;
    uint32_t registries_count;
    const struct registry_adapter *adapters; /* all that there are */
    uint32_t adapters_count;
    struct process process;
    struct late_replies *late_replies;
    struct counts *counts;           /* of the process; NULL: none */
    struct connector_gauges *gauges; /* one a partition; NULL: none */
    struct clock clock;
    struct logger logger;
};

extern const struct log_topology registry_connector_topology;

/* The types of messages that it writes, dead letters apart; EvidenceFound is for `late_replies`. */
extern const enum message_type registry_connector_writes[];
extern const uint32_t registry_connector_writes_count;

/* The configuration as far as it can be judged without contacting anybody: at least one registry,
 * names that differ, adapters that exist, addresses that they understand. */
enum result registry_connector_check(const struct registry_connector_config *config,
                                     struct error *error);

/* The processor for the loop. `config` is borrowed, and was checked. */
struct processor_kind registry_connector_kind(const struct registry_connector_config *config);

#endif
