/* What the registry connector needs besides what every processor has: its adapters, who this
 * process is, and a place for replies that come too late. */
#ifndef MILLRACE_CLI_RUN_REGISTRY_CONNECTOR_H
#define MILLRACE_CLI_RUN_REGISTRY_CONNECTOR_H

#include "cli/run/run.h"

enum result run_registry_connector_open(struct run_part *part, struct error *error);
void run_registry_connector_close(struct run_part *part);

#endif
