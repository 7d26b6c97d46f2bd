/* Opens what verbs talk to, from the settings; what cannot be opened ends the program with a
 * reason. */
#ifndef MILLRACE_CLI_CONNECTIONS_H
#define MILLRACE_CLI_CONNECTIONS_H

#include "cli/invocation.h"
#include "outside/schema_registry/schema_registry.h"

/* Close it with schema_registry_close. */
struct schema_registry *connect_schema_registry(const struct invocation *invocation);

#endif
