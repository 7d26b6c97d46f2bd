/* The registries of a deployment: which there are, and how each is spoken to. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "configuration/deployment_inside.h"

enum { OWN_NAME_BYTES_MAX = 128 };

/* What a registry of Project Origin has where nothing is set. */
enum { CONNECTIONS_MAX = 2, POLL_FIRST_MS = 500, POLL_LONGEST_MS = 10000 };

/* Of a call's time half is for its sending, and the last two seconds are for reading the stream,
 * which does not have refusals: between them must be time to ask. */
enum { CALL_TIMEOUT_MS_MIN = 4000 };

static const char origin_adapter[] = "project-origin";

/* What may only be set for a registry with that adapter. */
static const char *const origin_attributes[] = {
    "own.name",      "tls.ca.file",     "tls.certificate.file", "tls.key.file",
    "poll.first.ms", "poll.longest.ms", "connections.max",
};

/* NULL: it is not set. */
static const struct setting *setting_of(const struct settings *settings, const char *registry,
                                        const char *attribute) {
    char name[SETTING_NAME_MAX];
    const int length = snprintf(name, sizeof name, "registries.%s.%s", registry, attribute);
    return length > 0 && (size_t)length < sizeof name ? settings_find(settings, name) : NULL;
}

static const char *text_set(const struct settings *settings, const char *registry,
                            const char *attribute) {
    const struct setting *setting = setting_of(settings, registry, attribute);
    return setting == NULL || *setting->value == '\0' ? NULL : setting->value;
}

/* Its bounds were checked when it was set. */
static int64_t number_set(const struct settings *settings, const char *registry,
                          const char *attribute, int64_t fallback) {
    const struct setting *setting = setting_of(settings, registry, attribute);
    return setting == NULL ? fallback : strtoll(setting->value, NULL, 10);
}

/* --- Those that speak as Project Origin's do. --- */

static bool is_own_name(const char *name) {
    const size_t length = strlen(name);
    bool fits = length > 0 && length <= OWN_NAME_BYTES_MAX;
    for (size_t i = 0; i < length; i++) {
        fits = fits && name[i] > ' ' && name[i] <= '~';
    }
    return fits;
}

static enum result check_own_name(const struct deployment *deployment,
                                  const struct deployment_origin *origin, struct error *error) {
    if (!is_own_name(origin->own_name)) {
        return error_set(error, RESULT_INVALID,
                         "registries.%s.own.name must be how the registry names itself: 1 to %d "
                         "printable characters without blanks",
                         origin->name, OWN_NAME_BYTES_MAX);
    }
    for (uint32_t i = 0; i < deployment->origins_count; i++) {
        const struct deployment_origin *other = &deployment->origins[i];
        if (strcmp(other->own_name, origin->own_name) == 0) {
            return error_set(error, RESULT_INVALID,
                             "the registries %s and %s have the same name of their own, \"%s\": "
                             "one registry must have one name here, for its certificates belong to "
                             "one; see registries.NAME.own.name",
                             other->name, origin->name, origin->own_name);
        }
    }
    return RESULT_OK;
}

static enum result check_tls(const struct deployment_origin *origin, const char *address,
                             struct error *error) {
    if ((origin->tls_certificate_file == NULL) != (origin->tls_key_file == NULL)) {
        return error_set(error, RESULT_INVALID,
                         "registries.%s.tls.certificate.file and registries.%s.tls.key.file belong "
                         "together: set both, or none",
                         origin->name, origin->name);
    }
    const bool any = origin->tls_ca_file != NULL || origin->tls_certificate_file != NULL;
    if (any && strncmp(address, "http://", strlen("http://")) == 0) {
        return error_set(error, RESULT_INVALID,
                         "registries.%s.tls.* is set, and registries.%s.address begins with "
                         "http://, where nothing is encrypted: make it https://, or take the "
                         "files out",
                         origin->name, origin->name);
    }
    return RESULT_OK;
}

static enum result add_origin(const struct settings *settings, const char *name,
                              const char *address, struct deployment *deployment,
                              struct error *error) {
    const char *own_name = text_set(settings, name, "own.name");
    const struct deployment_origin origin = {
        .name = name,
        .own_name = own_name != NULL ? own_name : name,
        .tls_ca_file = text_set(settings, name, "tls.ca.file"),
        .tls_certificate_file = text_set(settings, name, "tls.certificate.file"),
        .tls_key_file = text_set(settings, name, "tls.key.file"),
        .connections_max = (uint32_t)number_set(settings, name, "connections.max", CONNECTIONS_MAX),
        .poll_first_ms = number_set(settings, name, "poll.first.ms", POLL_FIRST_MS),
        .poll_longest_ms = number_set(settings, name, "poll.longest.ms", POLL_LONGEST_MS),
    };
    if (origin.poll_longest_ms < origin.poll_first_ms) {
        return error_set(error, RESULT_INVALID,
                         "registries.%s.poll.longest.ms (%lld) must not be less than "
                         "registries.%s.poll.first.ms (%lld)",
                         name, (long long)origin.poll_longest_ms, name,
                         (long long)origin.poll_first_ms);
    }
    if (deployment->options.call_timeout_ms < CALL_TIMEOUT_MS_MIN) {
        return error_set(error, RESULT_INVALID,
                         "loop.call.timeout.ms (%d) must be at least %d for the registry %s, which "
                         "says only when asked later what became of a transaction",
                         deployment->options.call_timeout_ms, CALL_TIMEOUT_MS_MIN, name);
    }
    if (check_own_name(deployment, &origin, error) != RESULT_OK ||
        check_tls(&origin, address, error) != RESULT_OK) {
        return RESULT_INVALID;
    }
    deployment->origins[deployment->origins_count++] = origin;
    return RESULT_OK;
}

/* A setting that does nothing was meant to do something. */
static enum result check_no_origin(const struct settings *settings, const char *name,
                                   const char *adapter, struct error *error) {
    for (size_t i = 0; i < sizeof origin_attributes / sizeof origin_attributes[0]; i++) {
        const struct setting *setting = setting_of(settings, name, origin_attributes[i]);
        if (setting != NULL) {
            return error_set(error, RESULT_INVALID,
                             "%s (%s) is for the adapter %s, and registries.%s.adapter is %s: take "
                             "it out, or change the adapter",
                             setting->name, setting->origin, origin_adapter, name, adapter);
        }
    }
    return RESULT_OK;
}

/* --- All of them. --- */

static enum result add_registry(const struct settings *settings, const struct setting *setting,
                                const char *name, struct deployment *deployment,
                                struct error *error) {
    const char *adapter = text_set(settings, name, "adapter");
    const char *address = text_set(settings, name, "address");
    if (adapter == NULL || address == NULL) {
        return error_set(error, RESULT_INVALID,
                         "the registry %s (%s) needs both registries.%s.adapter and "
                         "registries.%s.address",
                         name, setting->origin, name, name);
    }
    if (deployment->registries_count == DEPLOYMENT_REGISTRIES_MAX) {
        return error_set(error, RESULT_INVALID, "there are more than %d registries",
                         DEPLOYMENT_REGISTRIES_MAX);
    }
    deployment->registries[deployment->registries_count++] = (struct registry_config){
        .name = name,
        .adapter = adapter,
        .address = address,
        .in_flight_max = (uint32_t)number_set(settings, name, "in.flight.max",
                                              deployment->options.in_flight_max),
    };
    return strcmp(adapter, origin_adapter) == 0
               ? add_origin(settings, name, address, deployment, error)
               : check_no_origin(settings, name, adapter, error);
}

static bool is_known(const struct deployment *deployment, const char *name) {
    for (uint32_t i = 0; i < deployment->registries_count; i++) {
        if (strcmp(deployment->registries[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

enum result deployment_read_registries(const struct settings *settings, struct arena *arena,
                                       struct deployment *deployment, struct error *error) {
    assert(settings != NULL && arena != NULL && deployment->registries_count == 0);
    for (uint32_t i = 0; i < settings->count; i++) {
        const struct setting *setting = &settings->items[i];
        const char *rest = deployment_rest_of(setting, "registries.");
        if (rest == NULL) {
            continue;
        }
        const struct text word = {.data = rest, .length = (uint32_t)strcspn(rest, ".")};
        char *name = arena_take(arena, word.length + 1);
        memcpy(name, word.data, word.length);
        if (!is_known(deployment, name) &&
            add_registry(settings, setting, name, deployment, error) != RESULT_OK) {
            return RESULT_INVALID;
        }
    }
    struct rules_registry *registries =
        arena_take(arena, (deployment->registries_count + 1) * sizeof *registries);
    for (uint32_t i = 0; i < deployment->registries_count; i++) {
        const struct registry_config *config = &deployment->registries[i];
        registries[i] =
            (struct rules_registry){.name = text_of(config->name),
                                    .readable = strcmp(config->adapter, origin_adapter) == 0};
    }
    deployment->rules.registries = registries;
    deployment->rules.registries_count = deployment->registries_count;
    return RESULT_OK;
}
