/* Wires the certificates processor. */
#ifndef MILLRACE_CLI_RUN_CERTIFICATES_H
#define MILLRACE_CLI_RUN_CERTIFICATES_H

#include "cli/run/run.h"

enum result run_certificates_open(struct run_part *part, struct error *error);
void run_certificates_close(struct run_part *part);

#endif
