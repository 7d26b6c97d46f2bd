#include <assert.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "configuration/settings.h"

static const char prefix[] = "MILLRACE_";

/* Variables that are read elsewhere: where the configuration is, and what scripts use. */
static const char *const others[] = {"MILLRACE_CONFIG", "MILLRACE_CACHE", "MILLRACE_FAULT"};

static bool is_of_others(const char *variable) {
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(variable, others[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool spelled_like(const char *variable, const char *name) {
    char spelled[SETTING_NAME_MAX + sizeof prefix];
    return setting_environment_name(name, spelled, sizeof spelled) &&
           strcmp(variable, spelled) == 0;
}

/* A registry's name may be written with dashes, which no variable can hold: where another setting
 * of a registry is known already, its spelling is taken. */
static bool name_of_registry(const struct settings *settings, const char *variable, char *name,
                             uint32_t size) {
    static const char family[] = "registries.";
    for (uint32_t i = 0; i < settings->count; i++) {
        const char *known = settings->items[i].name;
        if (strncmp(known, family, strlen(family)) != 0) {
            continue;
        }
        const int word = (int)strcspn(known + strlen(family), ".");
        for (uint32_t k = 0; k < setting_keys_count; k++) {
            const char *star = strchr(setting_keys[k].name, '*');
            if (star == NULL || strncmp(setting_keys[k].name, family, strlen(family)) != 0) {
                continue;
            }
            (void)snprintf(name, size, "%s%.*s%s", family, word, known + strlen(family), star + 1);
            if (spelled_like(variable, name)) {
                return true;
            }
        }
    }
    return false;
}

/* The name that a variable means: a known one that is spelled like it, else its words with dots. */
static void name_of(const struct settings *settings, const char *variable, char *name,
                    uint32_t size) {
    assert(size > 0);
    for (uint32_t i = 0; i < settings->count; i++) {
        if (spelled_like(variable, settings->items[i].name)) {
            (void)snprintf(name, size, "%s", settings->items[i].name);
            return;
        }
    }
    if (name_of_registry(settings, variable, name, size)) {
        return;
    }
    (void)snprintf(name, size, "%s", variable + strlen(prefix));
    for (char *c = name; *c != '\0'; c++) {
        *c = *c == '_' ? '.' : (char)tolower((unsigned char)*c);
    }
}

/* A secret's file, without the line end that editors leave behind. */
static enum result read_secret(const char *variable, const char *path, char *value, uint32_t size,
                               struct error *error) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t length = file < 0 ? -1 : read(file, value, size);
    if (file >= 0) {
        (void)close(file);
    }
    if (length < 0 || (uint32_t)length >= size || memchr(value, '\0', (size_t)length) != NULL) {
        return error_set(error, RESULT_INVALID,
                         "%s names %.200s: it cannot be read, or is no text of at most %u bytes",
                         variable, path, size - 1);
    }
    value[length] = '\0';
    value[strcspn(value, "\r\n")] = '\0';
    return RESULT_OK;
}

static enum result read_variable(struct settings *settings, const char *variable, const char *value,
                                 struct error *error) {
    static const char suffix[] = "_FILE";
    const size_t length = strlen(variable);
    const size_t suffix_length = sizeof suffix - 1;
    char name[SETTING_NAME_MAX];
    if (length > suffix_length && strcmp(variable + length - suffix_length, suffix) == 0) {
        char without[SETTING_NAME_MAX + sizeof prefix];
        (void)snprintf(without, sizeof without, "%.*s", (int)(length - suffix_length), variable);
        name_of(settings, without, name, sizeof name);
        if (setting_is_secret(name)) {
            static char secret[SETTING_VALUE_MAX];
            const enum result result = read_secret(variable, value, secret, sizeof secret, error);
            return result != RESULT_OK ? result
                                       : settings_set(settings, name, secret,
                                                      SETTING_SOURCE_ENVIRONMENT, variable, error);
        }
    }
    name_of(settings, variable, name, sizeof name);
    return settings_set(settings, name, value, SETTING_SOURCE_ENVIRONMENT, variable, error);
}

enum result settings_read_environment(struct settings *settings, char *const *environment,
                                      struct error *error) {
    assert(settings != NULL && environment != NULL);
    for (uint32_t i = 0; environment[i] != NULL; i++) {
        const char *entry = environment[i];
        const size_t length = strcspn(entry, "=");
        char variable[SETTING_NAME_MAX + sizeof prefix];
        if (strncmp(entry, prefix, strlen(prefix)) != 0 || entry[length] != '=') {
            continue;
        }
        if (length >= sizeof variable) {
            return error_set(
                error, RESULT_INVALID,
                "the variable %.128s… is no setting: `millrace config keys` lists them", entry);
        }
        memcpy(variable, entry, length);
        variable[length] = '\0';
        if (is_of_others(variable)) {
            continue;
        }
        const enum result result = read_variable(settings, variable, entry + length + 1, error);
        if (result != RESULT_OK) {
            return result;
        }
    }
    return RESULT_OK;
}
