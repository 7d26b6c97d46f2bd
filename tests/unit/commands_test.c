#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"

Test(commands, every_verb_says_what_it_does_and_how) {
    for (uint32_t i = 0; i < commands_count; i++) {
        const struct command *command = &commands[i];
        char begin[128];
        snprintf(begin, sizeof begin, "millrace %s", command->words);
        cr_expect(command->run != NULL && command->arguments != NULL, "%s", command->words);
        cr_expect(command->summary[strlen(command->summary) - 1] == '.', "%s", command->words);
        cr_expect(command->details != NULL, "%s", command->words);
        cr_expect(strncmp(command->example, begin, strlen(begin)) == 0, "%s: %s", command->words,
                  command->example);
        cr_expect(command->arguments_min <= command->arguments_max, "%s", command->words);
        cr_expect(command->arguments_max <= 60, "%s", command->words);
    }
}

Test(commands, no_verb_hides_another) {
    for (uint32_t i = 0; i < commands_count; i++) {
        for (uint32_t j = 0; j < commands_count; j++) {
            const char *one = commands[i].words;
            const size_t length = strlen(one);
            const bool hides =
                i != j && strncmp(commands[j].words, one, length) == 0 &&
                (commands[j].words[length] == '\0' || commands[j].words[length] == ' ');
            cr_expect(!hides, "%s and %s", one, commands[j].words);
        }
    }
}
