/* What a registry's own ledger says was asked of it and what it did, one line at a time. */
#ifndef MILLRACE_CLI_VERIFY_WITNESS_H
#define MILLRACE_CLI_VERIFY_WITNESS_H

#include "cli/verify/verify.h"
#include "ports/error.h"

enum witness_what {
    WITNESS_REQUEST,
    WITNESS_EXECUTION,
    WITNESS_REFUSAL,
    WITNESS_UNPROCESSED,
};

/* A line of the ledger of `millrace standin`. INVALID: it is none. */
enum result witness_parse(const char *line, enum witness_what *what, struct uuid *submission_id,
                          struct error *error);

/* Take a whole file. The registry may be working meanwhile, so the file is read twice: before the
 * cut and the first record (`before`), for what must have its intent in the topics, and after
 * everything was folded, for what must be in the file. NOT_FOUND, INVALID: with the line. */
enum result witness_read(struct verify *verify, const char *path, bool before, struct error *error);

#endif
