/* Submissions whose outcome is unknown: found among the newest states, as JSON. */
#ifndef MILLRACE_CLI_UNKNOWN_H
#define MILLRACE_CLI_UNKNOWN_H

#include "cli/reading.h"

/* Every submission that is unknown now, the oldest first: an array of objects with submissionId,
 * certificateId, commandId (null where the certificate does not know it any more), registry,
 * attempt, since, ageSeconds, transactionId, writer, incarnation, intendedAt and evidence. A new
 * reference. */
json_t *unknown_list(struct reading *reading, int64_t now_ms);

/* The one with this id: its submission's, its certificate's or its command's. NULL: there is none.
 * Borrowed from the list. */
const json_t *unknown_find(const json_t *list, const char *id);

/* From a newest registry.state.LedgerState as JSON. NULL: nothing of it is unknown. A new
 * reference. */
json_t *unknown_of_ledger(const json_t *ledger, int64_t now_ms);

#endif
