/* The one table of settings: what may be configured, with which default, and what it is for. */
#ifndef MILLRACE_CONFIGURATION_KEYS_H
#define MILLRACE_CONFIGURATION_KEYS_H

#include <stdbool.h>
#include <stdint.h>

enum setting_type {
    SETTING_TEXT,
    SETTING_INTEGER,
    SETTING_CHOICE, /* one of `choices` */
    SETTING_LIST,   /* texts without commas; written a,b,c where it must be one text */
};

/* A row of the table. A name may hold `*`: in the middle it stands for one word (no dots), at the
 * end for any rest. `millrace config keys`, the README and every error message derive from it. */
struct setting_key {
    const char *name;
    enum setting_type type;
    const char *fallback; /* the default as text; NULL: not set */
    const char *unit;     /* for people; NULL: none */
    int64_t minimum;      /* INTEGER: both ends are allowed */
    int64_t maximum;
    const char *choices; /* CHOICE: words divided by `|` */
    const char *doc;     /* one sentence */
};

extern const struct setting_key setting_keys[];
extern const uint32_t setting_keys_count;

/* The row that a name belongs to, the exact one before those with `*`; NULL: there is none. */
const struct setting_key *setting_key_find(const char *name);

/* Does the name end with `*`, or hold one: does it need a real name to be set? */
bool setting_key_is_pattern(const struct setting_key *key);

/* Must the value be kept off screens, logs and command lines? */
bool setting_is_secret(const char *name);

/* Why this Kafka property may not be set by a user: a promise rests on Millrace's own value. NULL:
 * it may be set. `name` is the whole setting, `kafka.` included. */
const char *setting_forbidden_because(const char *name);

/* The environment variable of a setting: MILLRACE_ and the name in upper case, everything but
 * letters and digits as `_`. False: it does not fit. */
bool setting_environment_name(const char *name, char *variable, uint32_t size);

/* What a user most likely meant by a name that is no setting; NULL: nothing is near.
 * The answer lives in `suggestion`, of `size` bytes. */
const char *setting_suggestion(const char *name, char *suggestion, uint32_t size);

#endif
