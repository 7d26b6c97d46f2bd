/* What a shell needs to complete the words of `millrace`, made from the table of commands. */
#ifndef MILLRACE_CLI_COMPLETION_H
#define MILLRACE_CLI_COMPLETION_H

#include <stdio.h>

/* A script for bash, to be sourced. */
void completion_bash(FILE *stream);

/* The same for zsh, by way of its completion for bash. */
void completion_zsh(FILE *stream);

#endif
