/* The settings of one run: from the file, the environment and the command line, and where from. */
#ifndef MILLRACE_CONFIGURATION_SETTINGS_H
#define MILLRACE_CONFIGURATION_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "configuration/keys.h"
#include "domain/arena.h"
#include "ports/error.h"

enum {
    SETTINGS_MAX = 512,            /* settings, defaults included */
    SETTING_NAME_MAX = 128,        /* bytes */
    SETTING_VALUE_MAX = 32 * 1024, /* bytes; also of a secret's file */
    SETTINGS_MEMORY = 1024 * 1024, /* bytes for all names and values */
};

/* In the order of precedence: a later one wins. */
enum setting_source {
    SETTING_SOURCE_DEFAULT,
    SETTING_SOURCE_FILE,
    SETTING_SOURCE_ENVIRONMENT,
    SETTING_SOURCE_ARGUMENT,
};

struct setting {
    const struct setting_key *key;
    const char *name;  /* the real name where the key holds a `*` */
    const char *value; /* as text, checked; a list as a,b,c; NULL: not set */
    enum setting_source source;
    const char *origin; /* "millrace.yaml:12", "MILLRACE_LOG_LEVEL", "--set"; "default" */
};

struct settings {
    struct setting items[SETTINGS_MAX]; /* in the order of the table */
    uint32_t count;
    struct arena arena; /* names, values and origins */
};

/* All defaults. The memory (SETTINGS_MEMORY bytes) is the caller's and must outlive the settings.
 */
void settings_init(struct settings *settings, void *memory);

/* One value from one source. It is kept if nothing of a higher source is there already.
 * INVALID: unknown name, wrong value, or the same name twice in one file. */
enum result settings_set(struct settings *settings, const char *name, const char *value,
                         enum setting_source source, const char *origin, struct error *error);

/* A whole YAML file. NOT_FOUND: there is no such file. INVALID: with the line. */
enum result settings_read_file(struct settings *settings, const char *path, struct error *error);

/* Every MILLRACE_… variable (`environment` as in environ); read it after the file, whose names tell
 * how the words of a variable are to be written. */
enum result settings_read_environment(struct settings *settings, char *const *environment,
                                      struct error *error);

/* `name=value` from the command line. A secret is refused there: everybody can read it. */
enum result settings_read_argument(struct settings *settings, const char *argument,
                                   struct error *error);

/* What cannot be seen in one setting alone: two that contradict each other. */
enum result settings_check(const struct settings *settings, struct error *error);

/* NULL: there is no such setting, or it has no value. */
const struct setting *settings_find(const struct settings *settings, const char *name);

/* Values by name; the name must be in the table (else it is a bug). NULL: not set. */
const char *settings_text(const struct settings *settings, const char *name);
int64_t settings_integer(const struct settings *settings, const char *name);

/* The next item of a list's text, without blanks around it; `rest` moves on, NULL at the end.
 * Start with the setting's value. False: there are no more. */
bool setting_list_next(const char **rest, struct text *item);

/* Like `settings_text`, for what a verb cannot do without. INVALID: says how to set it. */
enum result settings_require(const struct settings *settings, const char *name, const char **value,
                             struct error *error);

#endif
