#include "cli/connections.h"

#include <stdlib.h>

struct schema_registry *connect_schema_registry(const struct invocation *invocation) {
    const struct settings *settings = &invocation->settings;
    const struct schema_registry_options options = {
        .url = invocation_require(invocation, "schema.registry.url"),
        .user_info = settings_text(settings, "schema.registry.basic.auth.user.info"),
        .ca_location = settings_text(settings, "schema.registry.ssl.ca.location"),
    };
    struct schema_registry *registry = NULL;
    struct error error;
    if (schema_registry_open(&options, &registry, &error) != RESULT_OK) {
        complain("%s", error.text);
        exit(EXIT_CODE_CONFIGURATION);
    }
    return registry;
}
