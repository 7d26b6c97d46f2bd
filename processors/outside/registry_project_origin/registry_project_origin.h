/* The registry of Project Origin: it queues what it is sent, executes it later in the order of the
 * certificate's stream, and can be asked. */
#ifndef MILLRACE_OUTSIDE_REGISTRY_PROJECT_ORIGIN_H
#define MILLRACE_OUTSIDE_REGISTRY_PROJECT_ORIGIN_H

#include "outside/registry_project_origin/event.h"
#include "ports/logger.h"
#include "ports/registry.h"

/* When a transaction is asked for: first so long after the registry has it, then each time half as
 * long again, up to a longest; a fifth more or less by chance, so that many do not come at once. */
struct origin_schedule {
    int64_t first_ms;
    int64_t longest_ms;
};

/* One registry, by its configured name. The strings outlive every lane. */
struct origin_settings {
    const char *name;
    const char *own_name;             /* as it names itself in its transactions */
    const char *tls_ca_file;          /* NULL: whom the system trusts */
    const char *tls_certificate_file; /* NULL: none */
    const char *tls_key_file;         /* NULL: none */
    uint32_t connections_max;         /* of each lane */
    struct origin_schedule schedule;
};

struct registry_project_origin_adapter {
    struct logger logger; /* used by all connections, from their lanes' threads */
    const struct origin_settings *settings;
    uint32_t settings_count;
    const struct rules *rules;
    const struct keyring *keyring;
    const struct blinding_secrets *secrets; /* the first is that of new slices */
    const struct prover *prover;
};

/* The adapter "project-origin", with capabilities `status` and `stream`. An address is
 * `http://host:port` or `https://host:port`. A transaction is sent once, by one stream of HTTP/2;
 * then it is asked for until it is known what became of it: SUCCEEDED when it is committed or in
 * the certificate's stream, REFUSED when it failed and the stream does not have it, UNKNOWN when
 * that is not heard by the deadline. `self` must outlive every connection opened by it. */
struct registry_adapter registry_project_origin(struct registry_project_origin_adapter *self);

/* Connect until the registry has said its settings, send nothing, and end the connection; takes 5 s
 * at most. INVALID: the address or a file of TLS cannot be used. FAILED: nobody is there who speaks
 * HTTP/2 and is believed, `error` says why. */
enum result registry_project_origin_reach(const struct origin_settings *settings,
                                          const char *address, const struct clock *clock,
                                          const struct logger *logger, struct error *error);

#endif
