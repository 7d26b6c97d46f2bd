/* The one table of verbs: what `millrace` can be asked to do. Help, dispatch, manual pages and the
 * completion of shells derive from it. */
#ifndef MILLRACE_CLI_COMMANDS_H
#define MILLRACE_CLI_COMMANDS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

struct invocation;

struct command {
    const char *words;      /* one or two: "send", "topics plan" */
    const char *arguments;  /* as usage shows them; "" for none */
    uint32_t arguments_min; /* words behind the verb that are no options */
    uint32_t arguments_max;
    const char *summary;               /* one sentence */
    const char *details;               /* more of it for --help; "" for nothing */
    const char *example;               /* one line that works */
    const struct argp_option *options; /* its own; ends with an empty one; NULL: none */
    bool knows_no_settings;            /* has not the options that all others have */
    int (*run)(struct invocation *invocation, int argc, char **argv);
};

extern const struct command commands[];
extern const uint32_t commands_count;

/* Do what the command line says; the result is the exit code. */
int commands_run(int argc, char **argv);

#endif
