/* Opens what verbs talk to, from the settings; what cannot be opened ends the program with a
 * reason. */
#ifndef MILLRACE_CLI_CONNECTIONS_H
#define MILLRACE_CLI_CONNECTIONS_H

#include "cli/invocation.h"
#include "outside/kafka/kafka_config.h"
#include "outside/logging/logging.h"
#include "outside/schema_registry/schema_registry.h"

/* How Kafka is to be spoken to. Must not move, and must outlive what is opened with it. */
struct connection {
    struct options options;
    struct logging logging;
    struct kafka_property properties[SETTINGS_MAX];
    struct kafka_config kafka;
};

/* `fallback` is the least important level that is logged when the settings do not say. */
void connect_kafka(const struct invocation *invocation, enum logger_level fallback,
                   struct connection *connection);

/* Where the schema registry is and who we are to it. */
struct schema_registry_options connection_registry_options(const struct invocation *invocation);

/* Close it with schema_registry_close. */
/* Where schemas are kept on disk; NULL: nowhere. A directory that cannot be written to is told
 * once, by the connection's log, and used as far as it goes. */
const char *connection_schemas_directory(const struct invocation *invocation,
                                         struct connection *connection);
struct schema_registry *connect_schema_registry(const struct invocation *invocation);

#endif
