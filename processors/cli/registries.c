#include "cli/registries.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "outside/registry_project_origin/blinding_file.h"
#include "outside/registry_project_origin/opening.h"

static void take_origins(struct registries *registries, const struct deployment *deployment) {
    for (uint32_t i = 0; i < deployment->origins_count; i++) {
        const struct deployment_origin *origin = &deployment->origins[i];
        registries->origins[i] = (struct origin_settings){
            .name = origin->name,
            .own_name = origin->own_name,
            .tls_ca_file = origin->tls_ca_file,
            .tls_certificate_file = origin->tls_certificate_file,
            .tls_key_file = origin->tls_key_file,
            .connections_max = origin->connections_max,
            .schedule = {.first_ms = origin->poll_first_ms, .longest_ms = origin->poll_longest_ms},
        };
    }
}

void registries_init(struct registries *registries, const struct deployment *deployment,
                     const struct logger *logger) {
    assert(registries != NULL && deployment != NULL && logger != NULL);
    *registries = (struct registries){
        .deployment = deployment,
        .plain = {.logger = *logger},
        .prover = prover_chosen(),
    };
    take_origins(registries, deployment);
    registries->adapters[registries->adapters_count++] = registry_plain(&registries->plain);
    registries->origin = (struct registry_project_origin_adapter){
        .logger = *logger,
        .settings = registries->origins,
        .settings_count = deployment->origins_count,
        .rules = &deployment->rules,
        .keyring = &registries->keyring,
        .prover = &registries->prover,
    };
    if (deployment->origins_count > 0) {
        registries->adapters[registries->adapters_count++] =
            registry_project_origin(&registries->origin);
    }
    assert(registries->adapters_count <= REGISTRIES_ADAPTERS_MAX);
}

/* Only registries of Project Origin hide quantities. */
static bool openings_fit(void *self, struct text registry, int64_t quantity, struct bytes blinding,
                         struct bytes hash) {
    const struct deployment *deployment = self;
    for (uint32_t i = 0; i < deployment->origins_count; i++) {
        if (text_equal(text_of(deployment->origins[i].name), registry)) {
            return opening_is_right(quantity, blinding, hash);
        }
    }
    return true;
}

struct openings registries_openings(const struct deployment *deployment) {
    assert(deployment != NULL);
    ristretto_init();
    return (struct openings){.self = (void *)deployment, .fit = openings_fit};
}

/* The file of a setting that a registry cannot do without. */
static enum result file_of(const struct registries *registries, const struct settings *settings,
                           const char *name, const char **path, struct error *error) {
    const enum result result = settings_require(settings, name, path, error);
    return result == RESULT_OK ? result
                               : error_wrap(error,
                                            "the registry %s is spoken to by the adapter "
                                            "project-origin, which signs and blinds",
                                            registries->origins[0].name);
}

/* What came of reading the file of a setting. */
static enum result told(const struct settings *settings, const char *name, enum result result,
                        struct error *error) {
    if (result == RESULT_OK) {
        return RESULT_OK;
    }
    (void)error_wrap(error, "%s (%s)", name, settings_find(settings, name)->origin);
    error->result = result == RESULT_NOT_FOUND ? RESULT_INVALID : result;
    return error->result;
}

enum result registries_read_secrets(struct registries *registries, const struct settings *settings,
                                    struct error *error) {
    assert(registries != NULL && registries->secrets == NULL);
    const char *keys = NULL;
    const char *blinding = NULL;
    if (registries->deployment->origins_count == 0) {
        return RESULT_OK;
    }
    enum result result = file_of(registries, settings, "keys.file", &keys, error);
    if (result == RESULT_OK) {
        result = file_of(registries, settings, "blinding.file", &blinding, error);
    }
    if (result == RESULT_OK) {
        result =
            told(settings, "keys.file", keyring_open(keys, &registries->keyring, error), error);
    }
    if (result == RESULT_OK) {
        result = told(settings, "blinding.file",
                      blinding_file_open(blinding, &registries->secrets, error), error);
    }
    registries->origin.secrets = registries->secrets;
    return result;
}

void registries_deinit(struct registries *registries) {
    assert(registries != NULL);
    keyring_close(&registries->keyring);
    blinding_file_close(registries->secrets);
    registries->secrets = NULL;
    registries->origin.secrets = NULL;
}

static bool can_issue(const struct registries *registries, struct text area) {
    const struct rules *rules = &registries->deployment->rules;
    for (uint32_t i = 0; i < rules->issuers_count; i++) {
        const struct key *key =
            keyring_find(&registries->keyring, KEY_ROLE_ISSUER, rules->issuers[i].name);
        if (text_equal(rules->issuers[i].grid_area, area) && key != NULL && key->secret != NULL) {
            return true;
        }
    }
    return false;
}

bool registries_areas_without_key(const struct registries *registries, char *areas, size_t size) {
    assert(areas != NULL && size > 0);
    const struct rules *rules = &registries->deployment->rules;
    size_t used = 0;
    areas[0] = '\0';
    for (uint32_t i = 0; i < rules->issuers_count && used < size; i++) {
        const struct text area = rules->issuers[i].grid_area;
        bool before = false; /* an area stands once for each of its issuers */
        for (uint32_t j = 0; j < i; j++) {
            before = before || text_equal(rules->issuers[j].grid_area, area);
        }
        if (!before && !can_issue(registries, area)) {
            const int length = snprintf(areas + used, size - used, "%s%.*s", used > 0 ? ", " : "",
                                        (int)area.length, area.data);
            used += length > 0 ? (size_t)length : 0;
        }
    }
    return areas[0] != '\0';
}

void registries_tell(const struct registries *registries, const struct logger *logger) {
    if (registries->deployment->origins_count == 0) {
        return;
    }
    assert(registries->secrets != NULL && registries->secrets->count > 0);
    const struct blinding_secret *first = &registries->secrets->secrets[0];
    logger_info(
        logger, "keys and blinding secrets are read",
        LOGGER_FIELDS(logger_number("keys", registries->keyring.count),
                      logger_number("secret_keys", registries->keyring.secrets_count),
                      logger_number("blinding_secrets", registries->secrets->count),
                      logger_text("of_new_slices", (struct text){first->name, first->name_length}),
                      logger_string("prover", registries->prover.name)));
    if (registries->prover.shortcoming != NULL) {
        logger_warning(logger, "no range proofs are made",
                       LOGGER_FIELDS(logger_string("what", registries->prover.shortcoming)));
    }
    char areas[256];
    if (registries_areas_without_key(registries, areas, sizeof areas)) {
        logger_warning(logger,
                       "nothing can be issued at registries of Project Origin in some grid areas: "
                       "no issuer of theirs has a secret key in keys.file",
                       LOGGER_FIELDS(logger_string("grid_areas", areas)));
    }
}

enum result registries_reach(const struct registries *registries,
                             const struct registry_config *registry, const struct clock *clock,
                             struct error *error) {
    assert(registries != NULL && registry != NULL && clock != NULL);
    for (uint32_t i = 0; i < registries->origin.settings_count; i++) {
        const struct origin_settings *settings = &registries->origins[i];
        if (strcmp(settings->name, registry->name) == 0) {
            return registry_project_origin_reach(settings, registry->address, clock,
                                                 &registries->origin.logger, error);
        }
    }
    return registry_plain_reach(registry->address, clock, error);
}
