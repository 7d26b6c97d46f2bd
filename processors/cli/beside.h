/* The slices of a certificate beside those of its stream, as the registry's newest reading had it.
 */
#ifndef MILLRACE_CLI_BESIDE_H
#define MILLRACE_CLI_BESIDE_H

#include <jansson.h>

/* An array with an entry for each slice that is here or there: its `registryHash`, `sliceId`, and
 * `here` and `there`: its state, or null where it is not; `owner` by name and `ownerKey` as the
 * registry has it. A new reference. `stream` is a StreamRead; NULL: none was read, and so there is
 * nothing to compare with: null. */
json_t *beside_of(const json_t *slices, const json_t *stream);

#endif
