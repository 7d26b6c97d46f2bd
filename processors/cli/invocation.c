#include "cli/invocation.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "domain/uuid.h"

static const char configuration_default[] = "millrace.yaml";

const struct argp_option invocation_options[] = {
    {"config", 'c', "FILE", 0, "Read settings from FILE (else from ./millrace.yaml, if it exists)",
     1},
    {"set", 's', "NAME=VALUE", 0, "Set one setting; wins over file and environment", 1},
    {"output", 'o', "FORMAT", 0, "Print data as table, json or yaml", 1},
    {"quiet", 'q', NULL, 0, "Say nothing but data and errors", 1},
    {0},
};

static enum output_format format_of(const char *word, const struct argp_state *state) {
    if (strcmp(word, "json") == 0) {
        return OUTPUT_FORMAT_JSON;
    }
    if (strcmp(word, "yaml") == 0) {
        return OUTPUT_FORMAT_YAML;
    }
    if (strcmp(word, "table") != 0) {
        argp_error(state, "--output is one of table, json and yaml, not \"%s\"", word);
    }
    return OUTPUT_FORMAT_TABLE;
}

static void take_argument(struct invocation *invocation, const char *argument,
                          const struct argp_state *state) {
    if (invocation->arguments_count == invocation->command->arguments_max) {
        argp_error(state, "there is nothing to do with \"%s\"", argument);
    }
    assert(invocation->arguments_count < INVOCATION_ARGUMENTS_MAX);
    invocation->arguments[invocation->arguments_count++] = argument;
}

/* What the two parsers share: the common options, and behind them the verb's own. */
struct parsing {
    struct invocation *invocation;
    const struct verb_options *options; /* NULL: the verb has none */
};

static error_t parse_own(int key, char *argument, struct argp_state *state) {
    const struct parsing *parsing = state->input;
    const struct argp_option *option = parsing->invocation->command->options;
    for (; option->name != NULL; option++) {
        if (option->key == key) {
            parsing->options->take(parsing->options->values, key, argument, state);
            return 0;
        }
    }
    return ARGP_ERR_UNKNOWN;
}

static error_t parse_common(int key, char *argument, struct argp_state *state) {
    const struct parsing *parsing = state->input;
    struct invocation *invocation = parsing->invocation;
    switch (key) {
    case ARGP_KEY_INIT:
        if (parsing->options != NULL) {
            state->child_inputs[0] = state->input;
        }
        return 0;
    case 'c':
        invocation->configuration = argument;
        return 0;
    case 's':
        if (invocation->sets_count == INVOCATION_SETS_MAX) {
            argp_error(state, "more than %d times --set: use a file", INVOCATION_SETS_MAX);
        }
        invocation->sets[invocation->sets_count++] = argument;
        return 0;
    case 'o':
        invocation->format = format_of(argument, state);
        return 0;
    case 'q':
        invocation->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        take_argument(invocation, argument, state);
        return 0;
    case ARGP_KEY_END:
        if (invocation->arguments_count < invocation->command->arguments_min) {
            argp_error(state, "something is missing: %s", invocation->command->arguments);
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void invocation_parse(struct invocation *invocation, int argc, char **argv,
                      const struct verb_options *options) {
    assert(invocation != NULL && invocation->command != NULL);
    const struct command *command = invocation->command;
    assert((command->options != NULL) == (options != NULL));
    const struct argp own = {.options = command->options, .parser = parse_own};
    const struct argp_child children[] = {{.argp = &own}, {0}};
    char doc[2048];
    const int length =
        snprintf(doc, sizeof doc, "%s\v%s%sExample:\n  %s", command->summary, command->details,
                 *command->details == '\0' ? "" : "\n\n", command->example);
    assert(length > 0 && (size_t)length < sizeof doc);
    const struct argp argp = {
        .options = invocation_options,
        .parser = parse_common,
        .args_doc = command->arguments,
        .doc = doc,
        .children = options != NULL ? children : NULL,
    };
    struct parsing parsing = {.invocation = invocation, .options = options};
    const error_t outcome = argp_parse(&argp, argc, argv, 0, NULL, &parsing);
    assert(outcome == 0); /* argp itself ends the program on wrong usage */
}

__attribute__((noreturn)) static void die(enum exit_code code, const struct error *error) {
    complain("%s", error->text);
    exit((int)code);
}

static enum result read_settings(struct invocation *invocation, struct error *error) {
    static alignas(max_align_t) uint8_t memory[SETTINGS_MEMORY];
    struct settings *settings = &invocation->settings;
    settings_init(settings, memory);
    const char *path = invocation->configuration;
    if (path == NULL) {
        path = getenv("MILLRACE_CONFIG");
    }
    enum result result =
        settings_read_file(settings, path != NULL ? path : configuration_default, error);
    if (result == RESULT_NOT_FOUND && path == NULL) {
        result = RESULT_OK; /* nobody asked for it */
    }
    if (result == RESULT_OK) {
        result = settings_read_environment(settings, environ, error);
    }
    for (uint32_t i = 0; result == RESULT_OK && i < invocation->sets_count; i++) {
        result = settings_read_argument(settings, invocation->sets[i], error);
    }
    return result == RESULT_OK ? settings_check(settings, error) : result;
}

void invocation_begin(struct invocation *invocation, int argc, char **argv,
                      const struct verb_options *options) {
    struct error error;
    invocation_parse(invocation, argc, argv, options);
    if (read_settings(invocation, &error) != RESULT_OK) {
        die(EXIT_CODE_CONFIGURATION, &error);
    }
}

struct topics_file *invocation_topics(const struct invocation *invocation) {
    struct error error;
    struct topics_file *file = NULL;
    if (topics_file_open(invocation_require(invocation, "topics.file"), &file, &error) !=
        RESULT_OK) {
        die(EXIT_CODE_CONFIGURATION, &error);
    }
    return file;
}

int32_t invocation_partitions(const struct invocation *invocation) {
    struct topics_file *topics = invocation_topics(invocation);
    const int32_t partitions = (int32_t)topics->partitions;
    topics_file_close(topics);
    return partitions;
}

struct uuid invocation_id(const char *argument) {
    struct uuid id;
    if (!uuid_from_text(text_of(argument), &id)) {
        complain("%s is no id: a UUID in lower case", argument);
        exit(EXIT_CODE_USAGE);
    }
    return id;
}

const char *invocation_require(const struct invocation *invocation, const char *name) {
    struct error error;
    const char *value = NULL;
    if (settings_require(&invocation->settings, name, &value, &error) != RESULT_OK) {
        die(EXIT_CODE_CONFIGURATION, &error);
    }
    return value;
}

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list arguments) {
    (void)fputs("millrace: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
}

void complain(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void note(const struct invocation *invocation, const char *format, ...) {
    if (invocation->quiet) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}
