/* What the settings mean to the processors: time-outs, rules and registries as plain values. */
#ifndef MILLRACE_CONFIGURATION_DEPLOYMENT_H
#define MILLRACE_CONFIGURATION_DEPLOYMENT_H

#include <stdint.h>

#include "configuration/settings.h"
#include "domain/arena.h"
#include "domain/rules.h"
#include "loop/options.h"
#include "ports/error.h"
#include "ports/registry.h"

enum {
    DEPLOYMENT_REGISTRIES_MAX = 32,
    DEPLOYMENT_MEMORY = 1024 * 1024, /* bytes that the arena must have room for */
};

/* What more is known of a registry that is spoken to by the adapter "project-origin". */
struct deployment_origin {
    const char *name;                 /* as certificates name it */
    const char *own_name;             /* as it names itself in transactions */
    const char *tls_ca_file;          /* NULL: whom the system trusts */
    const char *tls_certificate_file; /* NULL: none */
    const char *tls_key_file;         /* NULL: none */
    uint32_t connections_max;         /* of each lane */
    int64_t poll_first_ms;            /* after it took a transaction */
    int64_t poll_longest_ms;          /* between two questions */
};

struct deployment {
    struct options options;
    struct rules rules;
    struct registry_config registries[DEPLOYMENT_REGISTRIES_MAX];
    uint32_t registries_count;
    struct deployment_origin origins[DEPLOYMENT_REGISTRIES_MAX]; /* those that are such */
    uint32_t origins_count;
};

/* Texts are those of the settings, arrays lie in the arena: both must outlive the deployment.
 * INVALID: a value cannot be worked with; names the setting and where it was set. */
enum result deployment_read(const struct settings *settings, struct arena *arena,
                            struct deployment *deployment, struct error *error);

/* The time-outs alone. */
struct options deployment_options(const struct settings *settings);

#endif
