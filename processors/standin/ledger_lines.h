/* What a ledger says, line by line: a stand-in that was killed goes on where its ledger ends. */
#ifndef MILLRACE_STANDIN_LEDGER_LINES_H
#define MILLRACE_STANDIN_LEDGER_LINES_H

#include <jansson.h>

#include "ports/error.h"

/* Show all entries to `take`, the oldest first; an entry is NULL where the line is no JSON, and
 * lives until `take` returns. `take` returns what is wrong with it ("is not from …", constant
 * text), and NULL if nothing is. No file is an empty one. INVALID: something was wrong, and `error`
 * says in which line; FAILED: the file cannot be opened. */
enum result standin_ledger_lines(const char *path,
                                 const char *(*take)(void *self, const json_t *entry), void *self,
                                 struct error *error);

#endif
