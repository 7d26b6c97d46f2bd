/* What the stand-in did, one JSON object a line, on disk before anybody hears of it. */
#ifndef MILLRACE_STANDIN_LEDGER_H
#define MILLRACE_STANDIN_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "ports/error.h"
#include "standin/request.h"

enum standin_ledger_what {
    LEDGER_REQUEST,
    LEDGER_EXECUTION,
    LEDGER_REFUSAL,
    LEDGER_UNPROCESSED, /* a request that came, and whose sender is told that nothing was done */
};

struct standin_ledger;

/* Opens or continues a file: numbers go on where it ends, and what it says was asked before is
 * remembered. INVALID: the file is something else. */
enum result standin_ledger_open(const char *path, struct standin_ledger **ledger,
                                struct error *error);
void standin_ledger_close(struct standin_ledger *ledger);

/* Write a line: n (1, 2, 3, …), what, the ids, and for a request the operation with its fields, the
 * action that follows and how many requests of this submission that makes. Returns that number. An
 * execution has the whole transaction where the request knows it.
 * The line is in the kernel's hands on return; if it cannot be, the process ends, for a registry
 * that forgets what it did is no witness. */
uint32_t standin_ledger_write(struct standin_ledger *ledger, enum standin_ledger_what what,
                              const struct standin_request *request, const char *action,
                              int64_t wall_ms);

#endif
