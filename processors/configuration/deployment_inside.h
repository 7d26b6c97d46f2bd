/* What the files that read a deployment share. */
#ifndef MILLRACE_CONFIGURATION_DEPLOYMENT_INSIDE_H
#define MILLRACE_CONFIGURATION_DEPLOYMENT_INSIDE_H

#include "configuration/deployment.h"

/* What stands behind the fixed part of a setting's name; NULL: another setting, or no value. */
const char *deployment_rest_of(const struct setting *setting, const char *prefix);

/* The registries, and as what the rules know them. As `deployment_read`. */
enum result deployment_read_registries(const struct settings *settings, struct arena *arena,
                                       struct deployment *deployment, struct error *error);

#endif
