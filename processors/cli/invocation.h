/* One run of one verb: what was given on the command line, and the settings that follow from it. */
#ifndef MILLRACE_CLI_INVOCATION_H
#define MILLRACE_CLI_INVOCATION_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/exit_code.h"
#include "cli/output.h"
#include "configuration/settings.h"
#include "configuration/topics_file.h"
#include "domain/values.h"
#include "ports/error.h"

enum {
    INVOCATION_ARGUMENTS_MAX = 64,
    INVOCATION_SETS_MAX = 64, /* --set options */
};

struct command;

struct invocation {
    const struct command *command;
    const char *arguments[INVOCATION_ARGUMENTS_MAX]; /* words that are no options */
    uint32_t arguments_count;
    const char *configuration; /* --config; NULL: ./millrace.yaml if there is one */
    const char *sets[INVOCATION_SETS_MAX];
    uint32_t sets_count;
    enum output_format format;
    bool quiet;
    struct settings settings; /* valid after `invocation_begin` */
};

/* The options that all verbs have but those which read their command line by themselves; ends with
 * an empty one. */
extern const struct argp_option invocation_options[];

/* Who takes the options of a verb besides those (`command.options`): `take` is called for each one
 * given; it may end the program with a usage error (argp_error). */
struct verb_options {
    void (*take)(void *values, int key, const char *argument, struct argp_state *state);
    void *values;
};

/* Read the command line only, for a verb that needs no settings. Usage errors and --help end the
 * program here, as argp does. */
void invocation_parse(struct invocation *invocation, int argc, char **argv,
                      const struct verb_options *options);

/* Read the command line and the settings. A wrong configuration is reported and ends the program
 * with EXIT_CODE_CONFIGURATION. */
void invocation_begin(struct invocation *invocation, int argc, char **argv,
                      const struct verb_options *options);

/* The topics of this deployment; reported and ended like the configuration when they are wrong. */
struct topics_file *invocation_topics(const struct invocation *invocation);

/* How many partitions each of them has; likewise. */
int32_t invocation_partitions(const struct invocation *invocation);

/* An argument that is an id; a usage error ends the program. */
struct uuid invocation_id(const char *argument);

/* A setting that this verb cannot do without; likewise. */
const char *invocation_require(const struct invocation *invocation, const char *name);

/* For people, on standard error: "millrace: ...". `note` is silent with --quiet. */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);
__attribute__((format(printf, 2, 3))) void note(const struct invocation *invocation,
                                                const char *format, ...);

#endif
