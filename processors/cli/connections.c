#include "cli/connections.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "configuration/deployment.h"
#include "outside/clock_os/clock_os.h"
#include "wire/schema_disk.h"

/* The level that was asked for, or `fallback` where nobody asked. */
static enum logger_level level_of(const struct settings *settings, enum logger_level fallback) {
    static const struct {
        const char *word;
        enum logger_level level;
    } levels[] = {
        {"error", LOGGER_LEVEL_ERROR},
        {"warning", LOGGER_LEVEL_WARNING},
        {"info", LOGGER_LEVEL_INFO},
        {"debug", LOGGER_LEVEL_DEBUG},
    };
    const struct setting *setting = settings_find(settings, "log.level");
    if (setting->source == SETTING_SOURCE_DEFAULT) {
        return fallback;
    }
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (strcmp(setting->value, levels[i].word) == 0) {
            return levels[i].level;
        }
    }
    assert(false); /* it was checked when it was set */
    return fallback;
}

static enum logging_format format_of(const struct settings *settings) {
    const char *word = settings_text(settings, "log.format");
    if (strcmp(word, "auto") == 0) {
        return logging_format_of(STDERR_FILENO);
    }
    return strcmp(word, "json") == 0 ? LOGGING_FORMAT_JSON : LOGGING_FORMAT_TEXT;
}

static void connect_logging(const struct invocation *invocation, enum logger_level fallback,
                            struct logging *logging) {
    const struct settings *settings = &invocation->settings;
    const struct clock clock = clock_os();
    logging_init(logging, STDERR_FILENO, format_of(settings), level_of(settings, fallback), &clock);
}

static const char *after(const char *text, const char *prefix) {
    const size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* The property that a setting passes on to librdkafka. False: it is none, or not set. */
static bool property_of(const struct setting *setting, struct kafka_property *property) {
    static const struct {
        const char *prefix;
        enum kafka_property_scope scope;
    } scopes[] = {
        {"kafka.consumer.", KAFKA_PROPERTY_CONSUMER},
        {"kafka.producer.", KAFKA_PROPERTY_PRODUCER},
        {"kafka.", KAFKA_PROPERTY_ALL},
    };
    for (size_t i = 0; i < sizeof scopes / sizeof scopes[0] && setting->value != NULL; i++) {
        const char *name = after(setting->name, scopes[i].prefix);
        if (name != NULL) {
            *property = (struct kafka_property){
                .name = name, .value = setting->value, .scope = scopes[i].scope};
            return true;
        }
    }
    return false;
}

void connect_kafka(const struct invocation *invocation, enum logger_level fallback,
                   struct connection *connection) {
    const struct settings *settings = &invocation->settings;
    (void)invocation_require(invocation, "kafka.bootstrap.servers");
    connect_logging(invocation, fallback, &connection->logging);
    connection->options = deployment_options(settings);
    uint32_t count = 0;
    for (uint32_t i = 0; i < settings->count; i++) {
        count += property_of(&settings->items[i], &connection->properties[count]);
    }
    connection->kafka = (struct kafka_config){
        .properties = connection->properties,
        .properties_count = count,
        .topic_prefix = settings_text(settings, "topics.prefix"),
        .application = settings_text(settings, "application"),
        .instance = settings_text(settings, "instance"),
        .options = &connection->options,
        .logger = logging_logger(&connection->logging, "kafka"),
        .clock = clock_os(),
    };
}

struct schema_registry_options connection_registry_options(const struct invocation *invocation) {
    const struct settings *settings = &invocation->settings;
    return (struct schema_registry_options){
        .url = invocation_require(invocation, "schema.registry.url"),
        .user_info = settings_text(settings, "schema.registry.basic.auth.user.info"),
        .ca_location = settings_text(settings, "schema.registry.ssl.ca.location"),
    };
}

const char *connection_schemas_directory(const struct invocation *invocation,
                                         struct connection *connection) {
    const char *directory = settings_text(&invocation->settings, "schema.registry.cache.directory");
    struct error error;
    if (directory != NULL && schema_disk_check(directory, &error) != RESULT_OK) {
        const struct logger logger = logging_logger(&connection->logging, "schemas");
        logger_warning(&logger, "schemas are not kept on disk",
                       LOGGER_FIELDS(logger_error_field(&error)));
    }
    return directory;
}

struct schema_registry *connect_schema_registry(const struct invocation *invocation) {
    const struct schema_registry_options options = connection_registry_options(invocation);
    struct schema_registry *registry = NULL;
    struct error error;
    if (schema_registry_open(&options, &registry, &error) != RESULT_OK) {
        complain("%s", error.text);
        exit(EXIT_CODE_CONFIGURATION);
    }
    return registry;
}
