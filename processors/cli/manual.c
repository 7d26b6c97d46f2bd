#include "cli/manual.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "cli/exit_code.h"
#include "cli/invocation.h"
#include "configuration/keys.h"
#include "domain/version.h"

/* Text as roff takes it: nothing in it is a request. */
static void print_text(FILE *stream, const char *text) {
    if (*text == '.' || *text == '\'') {
        (void)fputs("\\&", stream);
    }
    for (; *text != '\0'; text++) {
        if (*text == '\\') {
            (void)fputs("\\e", stream);
        } else if (*text == '-') {
            (void)fputs("\\-", stream);
        } else if (*text == '\'') {
            (void)fputs("\\(aq", stream);
        } else if (*text == '`') {
            (void)fputs("\\(ga", stream);
        } else {
            (void)fputc(*text, stream);
        }
    }
}

static void print_line(FILE *stream, const char *text) {
    print_text(stream, text);
    (void)fputc('\n', stream);
}

void manual_name(const struct command *command, char name[MANUAL_NAME_SIZE]) {
    const int length = snprintf(name, MANUAL_NAME_SIZE, "millrace-%s", command->words);
    assert(length > 0 && length < MANUAL_NAME_SIZE);
    for (char *at = name; *at != '\0'; at++) {
        *at = *at == ' ' ? '-' : *at;
    }
}

static void print_title(FILE *stream, const char *name, const char *summary) {
    (void)fputs(".TH ", stream);
    for (const char *at = name; *at != '\0'; at++) {
        (void)fputc(toupper((unsigned char)*at), stream);
    }
    (void)fprintf(stream, " 1 \"\" \"millrace %s\" \"Millrace\"\n.SH NAME\n", MILLRACE_VERSION);
    print_text(stream, name);
    (void)fputs(" \\- ", stream);
    print_line(stream, summary);
}

static void print_options(FILE *stream, const struct argp_option *option) {
    for (; option != NULL && option->name != NULL; option++) {
        (void)fputs(".TP\n\\fB", stream);
        if (option->key > ' ' && option->key <= '~') {
            (void)fprintf(stream, "\\-%c\\fR, \\fB", option->key);
        }
        (void)fputs("\\-\\-", stream);
        print_text(stream, option->name);
        (void)fputs("\\fR", stream);
        if (option->arg != NULL) {
            (void)fputs("=\\fI", stream);
            print_text(stream, option->arg);
            (void)fputs("\\fR", stream);
        }
        (void)fputc('\n', stream);
        print_text(stream, option->doc);
        (void)fputs(".\n", stream);
    }
}

void manual_of_verb(FILE *stream, const struct command *command) {
    char name[MANUAL_NAME_SIZE];
    manual_name(command, name);
    print_title(stream, name, command->summary);
    (void)fprintf(stream, ".SH SYNOPSIS\n.B millrace %s\n[\\fIOPTION\\fR...] ", command->words);
    print_line(stream, command->arguments);
    (void)fputs(".SH DESCRIPTION\n", stream);
    print_line(stream, command->summary);
    print_line(stream, command->details);
    (void)fputs(".SH OPTIONS\n", stream);
    print_options(stream, command->options);
    print_options(stream, command->knows_no_settings ? NULL : invocation_options);
    (void)fputs(".SH EXAMPLE\n.nf\n", stream);
    print_line(stream, command->example);
    (void)fputs(".fi\n.SH SEE ALSO\n\\fBmillrace\\fR(1): settings, environment and exit codes.\n",
                stream);
}

static void print_verbs(FILE *stream) {
    (void)fputs(".SH VERBS\n", stream);
    for (uint32_t i = 0; i < commands_count; i++) {
        char name[MANUAL_NAME_SIZE];
        manual_name(&commands[i], name);
        (void)fputs(".TP\n\\fB", stream);
        print_text(stream, name);
        (void)fputs("\\fR(1)\n", stream);
        print_line(stream, commands[i].summary);
    }
}

static void print_settings(FILE *stream) {
    (void)fputs(
        ".SH SETTINGS\nGiven by \\fB\\-\\-set\\fR, the environment, a YAML file (\\fB\\-\\-"
        "config\\fR, else \\fImillrace.yaml\\fR), or by default, in this order.\n",
        stream);
    for (uint32_t i = 0; i < setting_keys_count; i++) {
        const struct setting_key *key = &setting_keys[i];
        (void)fputs(".TP\n\\fB", stream);
        print_text(stream, key->name);
        (void)fputs("\\fR", stream);
        if (key->fallback != NULL) {
            (void)fputs(" (", stream);
            print_text(stream, key->fallback);
            (void)fprintf(stream, "%s%s)", key->unit != NULL ? " " : "",
                          key->unit != NULL ? key->unit : "");
        }
        (void)fputc('\n', stream);
        print_line(stream, key->doc);
    }
}

void manual_of_all(FILE *stream) {
    print_title(stream, "millrace", "a stream processor for granular energy certificates.");
    (void)fputs(
        ".SH SYNOPSIS\n.B millrace\n\\fIVERB\\fR [\\fIOPTION\\fR...] "
        "[\\fIARGUMENT\\fR...]\n.SH DESCRIPTION\n"
        "Decides commands on certificates that lie on a topic of Kafka, runs each at an "
        "external registry at most once, and writes what happened as events.\n",
        stream);
    print_verbs(stream);
    print_settings(stream);
    (void)fputs(
        ".SH ENVIRONMENT\nEach setting can be given as a variable: MILLRACE_ and its name "
        "in upper case, with _ for everything but letters and digits. A secret may stand "
        "in a file that the variable with _FILE behind it names. MILLRACE_CONFIG names "
        "the file of settings.\n.SH EXIT STATUS\n",
        stream);
    for (uint32_t i = 0; i < exit_codes_count; i++) {
        (void)fprintf(stream, ".TP\n%d\n", exit_codes[i].code);
        print_line(stream, exit_codes[i].meaning);
    }
}
