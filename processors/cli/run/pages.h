/* The pages of a running process: /metrics, /livez and /readyz. */
#ifndef MILLRACE_CLI_RUN_PAGES_H
#define MILLRACE_CLI_RUN_PAGES_H

#include "cli/run/run.h"

/* Answer from now on, where the settings say so. INVALID: the address cannot be listened at. */
enum result pages_open(struct run *run, const char *listen, struct error *error);
/* Harmless when not open. */
void pages_close(struct run *run);

#endif
