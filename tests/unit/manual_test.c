#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/completion.h"
#include "cli/invocation.h"
#include "cli/manual.h"
#include "configuration/keys.h"

/* What was written to a stream, from malloc. */
struct written {
    FILE *stream;
    char *text;
    size_t size;
};

static void begin(struct written *written) {
    written->stream = open_memstream(&written->text, &written->size);
    cr_assert_not_null(written->stream);
}

static void finish(struct written *written) {
    cr_assert_eq(fclose(written->stream), 0);
}

/* As roff writes it. */
static bool has(const struct written *written, const char *text) {
    char roff[512];
    size_t length = 0;
    for (; *text != '\0'; text++) {
        cr_assert_lt(length + 4, sizeof roff);
        const char single[] = {*text, '\0'};
        const char *written_as = *text == '-' ? "\\-" : *text == '\'' ? "\\(aq" : single;
        memcpy(roff + length, written_as, strlen(written_as));
        length += strlen(written_as);
    }
    roff[length] = '\0';
    return strstr(written->text, roff) != NULL;
}

Test(manual, has_a_page_for_each_verb_with_all_its_options) {
    for (uint32_t i = 0; i < commands_count; i++) {
        const struct command *command = &commands[i];
        struct written page;
        begin(&page);
        manual_of_verb(page.stream, command);
        finish(&page);
        cr_expect(has(&page, command->example), "%s", command->words);
        for (const struct argp_option *option = command->options;
             option != NULL && option->name != NULL; option++) {
            cr_expect(has(&page, option->name), "%s --%s", command->words, option->name);
        }
        const bool reads_a_file = has(&page, "--config");
        cr_expect_eq(reads_a_file, !command->knows_no_settings, "%s", command->words);
        free(page.text);
    }
}

Test(manual, of_all_names_verbs_settings_and_exit_codes) {
    struct written page;
    begin(&page);
    manual_of_all(page.stream);
    finish(&page);
    for (uint32_t i = 0; i < setting_keys_count; i++) {
        cr_expect(has(&page, setting_keys[i].name), "%s", setting_keys[i].name);
    }
    for (uint32_t i = 0; i < commands_count; i++) {
        char name[MANUAL_NAME_SIZE];
        manual_name(&commands[i], name);
        cr_expect(has(&page, name), "%s", name);
    }
    cr_expect_not_null(strstr(page.text, "\n.TP\n77\n"));
    free(page.text);
}

Test(manual, has_no_line_that_roff_would_take_for_a_request) {
    const struct command command = {.words = "dot",
                                    .arguments = "",
                                    .summary = ".it begins with a dot.",
                                    .details = "'and a `quote\\",
                                    .example = "millrace dot"};
    struct written page;
    begin(&page);
    manual_of_verb(page.stream, &command);
    finish(&page);
    cr_expect_not_null(strstr(page.text, "\n\\&.it begins"));
    cr_expect_not_null(strstr(page.text, "\n\\&\\(aqand a \\(gaquote\\e\n"));
    free(page.text);
}

/* What bash would offer for a line, the last word of it being typed. */
static void offers(const char *words, const char *expected) {
    char script[] = "/tmp/millrace-completion-XXXXXX";
    const int file = mkstemp(script);
    FILE *stream = fdopen(file, "w");
    cr_assert_not_null(stream);
    completion_bash(stream);
    (void)fprintf(stream,
                  "COMP_WORDS=(millrace %s)\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_millrace\n"
                  "echo \"${COMPREPLY[*]}\"\n",
                  words);
    cr_assert_eq(fclose(stream), 0);
    char command[64];
    char offered[1024] = "";
    (void)snprintf(command, sizeof command, "bash %s", script);
    FILE *bash = popen(command, "r");
    cr_assert_not_null(bash);
    cr_expect_not_null(fgets(offered, sizeof offered, bash));
    cr_expect_eq(pclose(bash), 0);
    (void)remove(script);
    offered[strcspn(offered, "\n")] = '\0';
    cr_expect_str_eq(offered, expected, "%s: %s", words, offered);
}

Test(completion, offers_verbs_and_their_options) {
    offers("top", "topics");
    offers("topics ''", "--help plan apply check");
    offers("topics pl", "plan");
    offers("dead-letters r", "release");
    offers("send --w", "--wait");
    offers("send IssueCertificate --no", "--no-wait");
    offers("dead-letters release --ra", "--rate");
    offers("topics plan --se", "--set");
    offers("standin --lo", "--lose-answer");
    offers("standin --se", "--seed");
    offers("show abc", "");
}
