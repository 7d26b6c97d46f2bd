#include "cli/completion.h"

#include <stdbool.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/invocation.h"

static int first_length(const struct command *command) {
    return (int)strcspn(command->words, " ");
}

/* The second word, or "". */
static const char *second_of(const struct command *command) {
    const char *second = command->words + first_length(command);
    return *second == ' ' ? second + 1 : second;
}

/* Verbs stand in groups in the table: is this the first of its group? */
static bool begins_group(uint32_t index) {
    const struct command *command = &commands[index];
    const int length = first_length(command);
    for (uint32_t i = 0; i < index; i++) {
        if (first_length(&commands[i]) == length &&
            strncmp(commands[i].words, command->words, (size_t)length) == 0) {
            return false;
        }
    }
    return true;
}

static void print_first_words(FILE *stream) {
    (void)fputs("    1:*) choices='--help --version", stream);
    for (uint32_t i = 0; i < commands_count; i++) {
        if (begins_group(i)) {
            (void)fprintf(stream, " %.*s", first_length(&commands[i]), commands[i].words);
        }
    }
    (void)fputs("' ;;\n", stream);
}

static void print_second_words(FILE *stream, uint32_t index) {
    const struct command *group = &commands[index];
    const int length = first_length(group);
    if (!begins_group(index) || *second_of(group) == '\0') {
        return;
    }
    (void)fprintf(stream, "    2:%.*s) choices='--help", length, group->words);
    for (uint32_t i = index; i < commands_count; i++) {
        if (first_length(&commands[i]) == length &&
            strncmp(commands[i].words, group->words, (size_t)length) == 0) {
            (void)fprintf(stream, " %s", second_of(&commands[i]));
        }
    }
    (void)fputs("' ;;\n", stream);
}

static void print_options(FILE *stream, const struct argp_option *option) {
    for (; option != NULL && option->name != NULL; option++) {
        (void)fprintf(stream, " --%s", option->name);
    }
}

static void print_case(FILE *stream, const struct command *command) {
    const char *any_second = *second_of(command) == '\0' ? "\\ *" : "";
    (void)fprintf(stream, "    '%s'%s) choices='--help", command->words, any_second);
    print_options(stream, command->options);
    print_options(stream, command->knows_no_settings ? NULL : invocation_options);
    (void)fputs("' ;;\n", stream);
}

void completion_bash(FILE *stream) {
    (void)fputs(
        "# Completes the words of millrace; written by `millrace completion`.\n"
        "_millrace() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} choices=\n"
        "    case \"$COMP_CWORD:${COMP_WORDS[1]}\" in\n",
        stream);
    print_first_words(stream);
    for (uint32_t i = 0; i < commands_count; i++) {
        print_second_words(stream, i);
    }
    (void)fputs(
        "    *)\n"
        "    [[ $word == -* ]] || return\n"
        "    case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n",
        stream);
    for (uint32_t i = 0; i < commands_count; i++) {
        print_case(stream, &commands[i]);
    }
    (void)fputs(
        "    esac\n"
        "    esac\n"
        "    COMPREPLY=($(compgen -W \"$choices\" -- \"$word\"))\n"
        "}\n"
        "complete -o default -F _millrace millrace\n",
        stream);
}

void completion_zsh(FILE *stream) {
    (void)fputs("autoload -U +X bashcompinit && bashcompinit\n", stream);
    completion_bash(stream);
}
