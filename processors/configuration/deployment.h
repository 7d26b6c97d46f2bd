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

struct deployment {
    struct options options;
    struct rules rules;
    struct registry_config registries[DEPLOYMENT_REGISTRIES_MAX];
    uint32_t registries_count;
};

/* Texts are those of the settings, arrays lie in the arena: both must outlive the deployment.
 * INVALID: a value cannot be worked with; names the setting and where it was set. */
enum result deployment_read(const struct settings *settings, struct arena *arena,
                            struct deployment *deployment, struct error *error);

/* The time-outs alone. */
struct options deployment_options(const struct settings *settings);

#endif
