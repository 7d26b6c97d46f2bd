#include "configuration/settings.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *copy_of(struct settings *settings, const char *string) {
    const size_t size = strlen(string) + 1;
    char *copy = arena_try(&settings->arena, size);
    return copy == NULL ? NULL : memcpy(copy, string, size);
}

void settings_init(struct settings *settings, void *memory) {
    assert(settings != NULL && memory != NULL);
    assert(setting_keys_count <= SETTINGS_MAX / 2);
    settings->count = 0;
    arena_init(&settings->arena, memory, SETTINGS_MEMORY);
    for (uint32_t i = 0; i < setting_keys_count; i++) {
        const struct setting_key *key = &setting_keys[i];
        if (!setting_key_is_pattern(key)) {
            settings->items[settings->count++] = (struct setting){.key = key,
                                                                  .name = key->name,
                                                                  .value = key->fallback,
                                                                  .source = SETTING_SOURCE_DEFAULT,
                                                                  .origin = "default"};
        }
    }
}

static struct setting *find(struct settings *settings, const char *name) {
    for (uint32_t i = 0; i < settings->count; i++) {
        if (strcmp(settings->items[i].name, name) == 0) {
            return &settings->items[i];
        }
    }
    return NULL;
}

const struct setting *settings_find(const struct settings *settings, const char *name) {
    assert(settings != NULL && name != NULL);
    for (uint32_t i = 0; i < settings->count; i++) {
        if (strcmp(settings->items[i].name, name) == 0) {
            return settings->items[i].value == NULL ? NULL : &settings->items[i];
        }
    }
    return NULL;
}

static bool choice_allows(const char *choices, const char *value) {
    const size_t length = strlen(value);
    for (const char *choice = choices; choice != NULL;) {
        const size_t choice_length = strcspn(choice, "|");
        if (choice_length == length && strncmp(choice, value, length) == 0) {
            return true;
        }
        choice = choice[choice_length] == '|' ? choice + choice_length + 1 : NULL;
    }
    return false;
}

static enum result check_integer(const struct setting_key *key, const char *name, const char *value,
                                 const char *origin, struct error *error) {
    char *end = NULL;
    errno = 0;
    const long long number = strtoll(value, &end, 10);
    const bool is_number = errno == 0 && end != value && *end == '\0';
    if (is_number && number >= key->minimum && number <= key->maximum) {
        return RESULT_OK;
    }
    return error_set(error, RESULT_INVALID,
                     "%s (%s) must be a whole number from %lld to %lld%s%s, "
                     "not \"%.40s\"",
                     name, origin, (long long)key->minimum, (long long)key->maximum,
                     key->unit != NULL ? " " : "", key->unit != NULL ? key->unit : "", value);
}

static enum result check_value(const struct setting_key *key, const char *name, const char *value,
                               const char *origin, struct error *error) {
    if (strlen(value) >= SETTING_VALUE_MAX) {
        return error_set(error, RESULT_INVALID, "%s (%s) is longer than %d bytes", name, origin,
                         SETTING_VALUE_MAX);
    }
    switch (key->type) {
    case SETTING_TEXT:
    case SETTING_LIST:
        return RESULT_OK;
    case SETTING_INTEGER:
        return check_integer(key, name, value, origin, error);
    case SETTING_CHOICE:
        if (choice_allows(key->choices, value)) {
            return RESULT_OK;
        }
        return error_set(error, RESULT_INVALID, "%s (%s) must be one of %s, not \"%.40s\"", name,
                         origin, key->choices, value);
    }
    assert(false);
    return RESULT_INVALID;
}

static enum result unknown_name(const char *name, const char *origin, struct error *error) {
    char suggestion[SETTING_NAME_MAX];
    if (setting_suggestion(name, suggestion, sizeof suggestion) != NULL) {
        return error_set(error, RESULT_INVALID, "unknown setting %.128s (%s): did you mean %s?",
                         name, origin, suggestion);
    }
    return error_set(error, RESULT_INVALID,
                     "unknown setting %.128s (%s): `millrace config keys` lists what there is",
                     name, origin);
}

/* A new setting goes behind the last one whose row is not after its own: shown in table order. */
static struct setting *insert(struct settings *settings, const struct setting_key *key,
                              const char *name) {
    if (settings->count == SETTINGS_MAX) {
        return NULL;
    }
    uint32_t place = settings->count;
    while (place > 0 && settings->items[place - 1].key > key) {
        place--;
    }
    memmove(&settings->items[place + 1], &settings->items[place],
            (settings->count - place) * sizeof settings->items[0]);
    settings->items[place] = (struct setting){
        .key = key, .name = name, .source = SETTING_SOURCE_DEFAULT, .origin = "default"};
    settings->count++;
    return &settings->items[place];
}

static enum result store(struct settings *settings, const struct setting_key *key, const char *name,
                         const char *value, enum setting_source source, const char *origin,
                         struct error *error) {
    struct setting *setting = find(settings, name);
    if (setting != NULL && setting->source > source) {
        return RESULT_OK;
    }
    if (setting != NULL && setting->source == source && source == SETTING_SOURCE_FILE) {
        return error_set(error, RESULT_INVALID, "%s is given twice: %s and %s", name,
                         setting->origin, origin);
    }
    const char *name_copy = setting != NULL ? setting->name : copy_of(settings, name);
    const char *value_copy = copy_of(settings, value);
    const char *origin_copy = copy_of(settings, origin);
    if (setting == NULL && name_copy != NULL) {
        setting = insert(settings, key, name_copy);
    }
    if (setting == NULL || value_copy == NULL || origin_copy == NULL) {
        return error_set(error, RESULT_INVALID,
                         "%s (%s): more than %d settings or %d kB of them; make lists shorter",
                         name, origin, SETTINGS_MAX, SETTINGS_MEMORY / 1024);
    }
    setting->value = value_copy;
    setting->source = source;
    setting->origin = origin_copy;
    return RESULT_OK;
}

enum result settings_set(struct settings *settings, const char *name, const char *value,
                         enum setting_source source, const char *origin, struct error *error) {
    assert(settings != NULL && name != NULL && value != NULL && origin != NULL);
    assert(source != SETTING_SOURCE_DEFAULT);
    const struct setting_key *key = setting_key_find(name);
    if (key == NULL || strchr(name, '*') != NULL || strlen(name) >= SETTING_NAME_MAX) {
        return unknown_name(name, origin, error);
    }
    const char *because = setting_forbidden_because(name);
    if (because != NULL) {
        return error_set(error, RESULT_INVALID, "%s (%s) cannot be set: %s", name, origin, because);
    }
    const enum result result = check_value(key, name, value, origin, error);
    return result != RESULT_OK ? result : store(settings, key, name, value, source, origin, error);
}

enum result settings_read_argument(struct settings *settings, const char *argument,
                                   struct error *error) {
    assert(settings != NULL && argument != NULL);
    const char *equals = strchr(argument, '=');
    char name[SETTING_NAME_MAX];
    if (equals == NULL || equals == argument || (size_t)(equals - argument) >= sizeof name) {
        return error_set(error, RESULT_INVALID, "--set %.128s: write --set NAME=VALUE", argument);
    }
    memcpy(name, argument, (size_t)(equals - argument));
    name[equals - argument] = '\0';
    if (setting_is_secret(name)) {
        char variable[SETTING_NAME_MAX + 16];
        const bool fits = setting_environment_name(name, variable, sizeof variable);
        assert(fits);
        return error_set(error, RESULT_INVALID,
                         "--set %s: a secret on a command line can be read by everybody on this "
                         "machine; put it into a file and name that in %s_FILE",
                         name, variable);
    }
    return settings_set(settings, name, equals + 1, SETTING_SOURCE_ARGUMENT, "--set", error);
}

const char *settings_text(const struct settings *settings, const char *name) {
    assert(setting_key_find(name) != NULL);
    const struct setting *setting = settings_find(settings, name);
    return setting == NULL ? NULL : setting->value;
}

int64_t settings_integer(const struct settings *settings, const char *name) {
    const struct setting *setting = settings_find(settings, name);
    assert(setting != NULL && setting->key->type == SETTING_INTEGER);
    return strtoll(setting->value, NULL, 10); /* it was checked when it was set */
}

bool setting_list_next(const char **rest, struct text *item) {
    assert(rest != NULL && item != NULL);
    while (*rest != NULL) {
        const char *from = *rest + strspn(*rest, " \t");
        size_t length = strcspn(from, ",");
        *rest = from[length] == ',' ? from + length + 1 : NULL;
        while (length > 0 && (from[length - 1] == ' ' || from[length - 1] == '\t')) {
            length--;
        }
        if (length > 0) {
            *item = (struct text){.data = from, .length = (uint32_t)length};
            return true;
        }
    }
    return false;
}

enum result settings_require(const struct settings *settings, const char *name, const char **value,
                             struct error *error) {
    *value = settings_text(settings, name);
    if (*value != NULL && **value != '\0') {
        return RESULT_OK;
    }
    char variable[SETTING_NAME_MAX + 16];
    const bool fits = setting_environment_name(name, variable, sizeof variable);
    assert(fits);
    return error_set(error, RESULT_INVALID,
                     "%s is not set: put it into millrace.yaml, or give --set %s=…, or set %s",
                     name, name, variable);
}

enum result settings_check(const struct settings *settings, struct error *error) {
    assert(settings != NULL);
    static const struct {
        const char *larger;
        const char *smaller;
        const char *because;
    } orders[] = {
        {"loop.max.poll.interval.ms", "loop.revoke.drain.ms",
         "else Kafka gives the partition away while it drains"},
        {"loop.max.poll.interval.ms", "loop.session.timeout.ms", "librdkafka demands it"},
        {"loop.transaction.timeout.ms", "loop.batch.max.ms",
         "else every transaction runs out of time"},
        {"loop.unknown.after.ms", "loop.call.timeout.ms",
         "else a call is declared unknown while its reply may still come in time"},
    };
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        const int64_t larger = settings_integer(settings, orders[i].larger);
        const int64_t smaller = settings_integer(settings, orders[i].smaller);
        if (larger <= smaller) {
            return error_set(error, RESULT_INVALID,
                             "%s (%lld, from %s) must be greater than %s (%lld, from %s): %s",
                             orders[i].larger, (long long)larger,
                             settings_find(settings, orders[i].larger)->origin, orders[i].smaller,
                             (long long)smaller, settings_find(settings, orders[i].smaller)->origin,
                             orders[i].because);
        }
    }
    const int64_t quarantine = settings_integer(settings, "loop.quarantine.ms");
    const int64_t call = settings_integer(settings, "loop.call.timeout.ms");
    if (quarantine != 0 && quarantine < 2 * call) {
        return error_set(error, RESULT_INVALID,
                         "loop.quarantine.ms (%lld) must be 0 or at least twice "
                         "loop.call.timeout.ms (%lld)",
                         (long long)quarantine, (long long)call);
    }
    return RESULT_OK;
}
