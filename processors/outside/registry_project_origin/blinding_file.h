/* The file that blinding secrets come from, one a line: NAME SECRET, the secret in hex. Empty lines
 * and those that begin with `#` say nothing. */
#ifndef MILLRACE_REGISTRY_PROJECT_ORIGIN_BLINDING_FILE_H
#define MILLRACE_REGISTRY_PROJECT_ORIGIN_BLINDING_FILE_H

#include "outside/registry_project_origin/blinding.h"

enum { BLINDING_FILE_BYTES_MAX = 16384 };

/* The secrets of a file in its order, at least one, in locked memory. NOT_FOUND: there is no such
 * file. INVALID: says which line is wrong, or that others than its owner may read or write the
 * file. FAILED: it cannot be read now. Nothing of a line that is wrong is ever repeated. */
enum result blinding_file_open(const char *path, struct blinding_secrets **secrets,
                               struct error *error);

/* The same of text that was read from `origin`. */
enum result blinding_file_parse(const char *origin, struct text text,
                                struct blinding_secrets **secrets, struct error *error);

/* Overwrites them; NULL: nothing is done. */
void blinding_file_close(struct blinding_secrets *secrets);

#endif
