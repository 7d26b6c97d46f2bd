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
    {.words = "schemas plan",
     .arguments = "",
     .summary = "Show what the schema registry lacks to know our schemas.",
     .details = "Changes nothing. Exit code 3: there is something to do.",
     .example = "millrace schemas plan",
     .run = verb_schemas_plan},
    {.words = "schemas apply",
     .arguments = "",
     .summary = "Register our schemas, and prove that incompatible ones are refused.",
     .details = "Deletes nothing, and does nothing at all when one of our schemas may not follow "
                "what is registered. The proof is made with the subject "
                "millrace.CompatibilityProbe, which has no other use.",
     .example = "millrace schemas apply",
     .run = verb_schemas_apply},
    {.words = "schemas check",
     .arguments = "",
     .summary = "Check that our schemas are registered and their compatibility is enforced.",
     .details = "Refuses a lost or changed enum default, field default or logicalType, which "
                "servers let pass. Changes nothing. Exit code 3: something is not as it should "
                "be.",
     .example = "millrace schemas check -o json",
     .run = verb_schemas_check},
};

const uint32_t commands_count = sizeof commands / sizeof commands[0];
