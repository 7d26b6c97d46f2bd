#include "cli/commands.h"
#include "cli/verbs.h"

const struct command commands[] = {
    {.words = "config keys",
     .arguments = "",
     .summary = "List every setting there is, with its default and what it is for.",
     .details = "",
     .example = "millrace config keys",
     .run = verb_config_keys},
    {.words = "config show",
     .arguments = "",
     .summary = "Show the settings as they are, and where each comes from.",
     .details = "Secrets are not shown.",
     .example = "millrace config show -o json",
     .run = verb_config_show},
};

const uint32_t commands_count = sizeof commands / sizeof commands[0];
