#include "cli/commands.h"

#include <argp.h>
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/invocation.h"
#include "configuration/nearest.h"
#include "domain/version.h"

enum { WORDS_MAX = 64 };

static size_t first_word(const struct command *command) {
    return strcspn(command->words, " ");
}

static bool begins_with_word(const struct command *command, const char *word) {
    const size_t length = first_word(command);
    return strlen(word) == length && strncmp(command->words, word, length) == 0;
}

/* How many words of the command line name this command: 0, 1 or 2. */
static int matching_words(const struct command *command, int argc, char **argv) {
    if (argc < 2 || !begins_with_word(command, argv[1])) {
        return 0;
    }
    const char *second = command->words + first_word(command);
    if (*second == '\0') {
        return 1;
    }
    return argc >= 3 && strcmp(argv[2], second + 1) == 0 ? 2 : 0;
}

static void print_list(FILE *stream, const char *group) {
    size_t width = 0;
    for (uint32_t i = 0; i < commands_count; i++) {
        const size_t length = strlen(commands[i].words);
        width = length > width ? length : width;
    }
    for (uint32_t i = 0; i < commands_count; i++) {
        if (group == NULL || begins_with_word(&commands[i], group)) {
            (void)fprintf(stream, "  millrace %-*s  %s\n", (int)width, commands[i].words,
                          commands[i].summary);
        }
    }
}

static void print_help(FILE *stream, const char *group) {
    (void)fprintf(stream, "Usage: millrace VERB [OPTION...] [ARGUMENT...]\n\n");
    print_list(stream, group);
    (void)fprintf(stream, "\n`millrace VERB --help` says more, with an example.\n");
}

static bool is_group(const char *word) {
    for (uint32_t i = 0; i < commands_count; i++) {
        if (begins_with_word(&commands[i], word)) {
            return true;
        }
    }
    return false;
}

static bool asks_for_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-?") == 0 || strcmp(word, "help") == 0;
}

static void suggest_verb(const char *given) {
    char nearest[WORDS_MAX] = "";
    uint32_t nearest_distance = UINT32_MAX;
    for (uint32_t i = 0; i < commands_count; i++) {
        char word[WORDS_MAX];
        (void)snprintf(word, sizeof word, "%.*s", (int)first_word(&commands[i]), commands[i].words);
        const uint32_t distance = word_distance(given, word);
        if (distance < nearest_distance) {
            nearest_distance = distance;
            memcpy(nearest, word, sizeof nearest);
        }
    }
    if (word_distance_is_near(given, nearest_distance)) {
        complain("there is no verb \"%s\": did you mean \"%s\"?", given, nearest);
    } else {
        complain("there is no verb \"%s\": `millrace --help` lists them", given);
    }
}

static int not_a_verb(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr, NULL);
        return EXIT_CODE_USAGE;
    }
    if (asks_for_help(argv[1])) {
        print_help(stdout, NULL);
        return EXIT_CODE_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)puts(argp_program_version);
        return EXIT_CODE_OK;
    }
    if (is_group(argv[1])) {
        const bool help = argc >= 3 && asks_for_help(argv[2]);
        print_help(help ? stdout : stderr, argv[1]);
        return help ? EXIT_CODE_OK : EXIT_CODE_USAGE;
    }
    suggest_verb(argv[1]);
    return EXIT_CODE_USAGE;
}

static int run(const struct command *command, int words, int argc, char **argv) {
    /* Static: half a megabyte of settings has no place on a stack. */
    static struct invocation invocation;
    static char name[WORDS_MAX];
    (void)snprintf(name, sizeof name, "millrace %s", command->words);
    invocation = (struct invocation){.command = command};
    argv[words] = name;
    return command->run(&invocation, argc - words, argv + words);
}

int commands_run(int argc, char **argv) {
    assert(argc >= 1 && argv != NULL);
    argp_err_exit_status = EXIT_CODE_USAGE;
    argp_program_version = "millrace " MILLRACE_VERSION;
    const struct command *best = NULL;
    int best_words = 0;
    for (uint32_t i = 0; i < commands_count; i++) {
        const int words = matching_words(&commands[i], argc, argv);
        if (words > best_words) {
            best_words = words;
            best = &commands[i];
        }
    }
    const int code = best == NULL ? not_a_verb(argc, argv) : run(best, best_words, argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        complain("standard output cannot be written");
        return code == EXIT_CODE_OK ? EXIT_CODE_FAILURE : code;
    }
    return code;
}
