/* The manual pages (section 1, roff), made from the tables of commands, settings and exit codes. */
#ifndef MILLRACE_CLI_MANUAL_H
#define MILLRACE_CLI_MANUAL_H

#include <stdint.h>
#include <stdio.h>

#include "cli/commands.h"

enum { MANUAL_NAME_SIZE = 96 };

/* "millrace-topics-plan": of a page and, with ".1", of its file. */
void manual_name(const struct command *command, char name[MANUAL_NAME_SIZE]);

/* The page of one verb. */
void manual_of_verb(FILE *stream, const struct command *command);

/* millrace(1): all verbs, all settings, the exit codes. */
void manual_of_all(FILE *stream);

#endif
